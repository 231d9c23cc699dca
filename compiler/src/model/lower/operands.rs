//! What may be asked of a value of each type, and how it is written: operator and operand to a predicate.

use super::Lower;
use super::conditions::{Asked, Asking, Scope};
use super::names::Kind;
use super::values::{at as place, is_scale, literal};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::condition::PatternKind;
use crate::model::{Condition, FactId, Order, Pattern, Predicate, Subject, TargetField, Test};
use crate::source::{FileId, Span};
use std::collections::BTreeSet;
use wayleave_grammar::ast::{LiteralValue, OperatorKind as Op, Range, Value};
use wayleave_program::schema::{NamedType, Shape, Type};
use wayleave_program::value::MemberId;

/// One test as it is being read.
pub(super) struct Reading<'a> {
    pub(super) file: FileId,
    pub(super) asking: &'a Asking,
    pub(super) operator: Op,
    /// Of the operator.
    pub(super) at: Span,
    pub(super) operand: &'a Value,
}

impl Lower<'_> {
    pub(super) fn predicate(
        &mut self,
        file: FileId,
        asking: &Asking,
        operator: Op,
        at: Span,
        operand: &Value,
        scope: Scope,
    ) -> Option<Condition> {
        let reading = Reading { file, asking, operator, at, operand };
        if let Some(fact) = self.comparison(&reading, scope) {
            return fact;
        }
        if let (Op::Is | Op::IsNot, Value::List(list)) = (operator, operand)
            && (list.values().next().is_some() || !is_set(&asking.asked))
        {
            return self.is_list(&reading);
        }
        let predicate = match &asking.asked {
            Asked::Value(Type::Named(named)) => self.named(&reading, named),
            Asked::Value(Type::Text | Type::Model) if matches!(operator, Op::Like | Op::Matches) => {
                self.text_pattern(&reading).map(Predicate::Matches)
            }
            Asked::Value(Type::Text) => self.texts(&reading).map(Predicate::OneOfTexts),
            Asked::Value(Type::Model) => self.model_names(&reading),
            Asked::Value(Type::TextSet) => self.set(&reading, None),
            Asked::Value(Type::NamedSet(named)) => self.set(&reading, Some(named)),
            Asked::Value(Type::Bool) => return self.truth(&reading),
            Asked::Value(Type::Parts) => return None,
            Asked::Value(Type::Tokens | Type::Instant | Type::TimeOfDay | Type::Share) | Asked::Price => {
                self.intervals(&reading).map(Predicate::InIntervals)
            }
            Asked::Target => self.targets_asked(&reading).map(Predicate::OneOfTargets),
        }?;
        let test = Condition::Test(Test { subject: asking.subject, predicate });
        Some(if matches!(operator, Op::IsNot | Op::NotIn | Op::Lacks) {
            Condition::Not(Box::new(test))
        } else {
            test
        })
    }

    /// What stands behind `like` or `matches`.
    pub(super) fn text_pattern(&mut self, reading: &Reading<'_>) -> Option<Pattern> {
        let at = place(reading.file, reading.operand);
        let (text, kind) = match (reading.operator, literal(reading.operand)) {
            (Op::Like, Some(LiteralValue::Text(text))) => (text, PatternKind::Glob),
            (Op::Matches, Some(LiteralValue::Regex { pattern, is_any_case })) => {
                self.check_regex(at, &pattern)?;
                (pattern, if is_any_case { PatternKind::AnyCase } else { PatternKind::Regex })
            }
            (Op::Matches, Some(LiteralValue::Text(_))) => {
                let message = "`matches` takes a regular expression, and this is a plain text";
                let diagnostic = Diagnostic::new(Code::R0201, message, at, "no `r` before it")
                    .with_help("write `r` before the quotes, or `like` for a text with `*` and `?`")
                    .with_fix("make it a regular expression", at.before(), "r", Applicability::Maybe);
                self.report(diagnostic);
                return None;
            }
            (Op::Like, Some(LiteralValue::Regex { .. })) => {
                let message = "`like` takes a text with `*` and `?`, and this is a regular expression";
                let diagnostic = Diagnostic::new(Code::R0201, message, at, "a regular expression")
                    .with_help("write `matches` before it")
                    .with_fix("write `matches`", reading.at, "matches", Applicability::Always);
                self.report(diagnostic);
                return None;
            }
            _ if super::values::is_reported(reading.operand) => return None,
            (operator, _) => {
                let example = if operator == Op::Like { "like \"a*\"" } else { "matches r\"^a\"" };
                let message = format!("`{}` takes a pattern", operator.text());
                let found = super::values::describe(reading.operand);
                let diagnostic = Diagnostic::new(Code::R0201, message, at, found);
                self.report(diagnostic.with_help(format!("write `{} {example}`", reading.asking.name)));
                return None;
            }
        };
        let pattern = Pattern::new(&text, kind);
        if pattern.is_none() {
            let message = "this pattern is too large to be searched for with every request";
            let diagnostic = Diagnostic::new(Code::R0205, message, at, "too large");
            self.report(diagnostic.with_help("make its repetitions smaller"));
        }
        pattern
    }

    /// `is [a, b]`
    fn is_list<T>(&mut self, reading: &Reading<'_>) -> Option<T> {
        if is_set(&reading.asking.asked) {
            let name = &reading.asking.name;
            let message = format!("`{name}` is a set, and a set is compared with `[]` alone");
            let diagnostic = Diagnostic::new(Code::R0201, message, reading.at, "a list with members follows");
            let help = format!("ask for each member: `{name} has …`, joined by `and` or `or`");
            self.report(diagnostic.with_help(help));
            return None;
        }
        let word = if reading.operator == Op::Is { "in" } else { "not in" };
        let message = format!("`{}` asks for one value, and this is a list", reading.operator.text());
        let diagnostic = Diagnostic::new(Code::R0201, message, reading.at, "one value")
            .with_help(format!("write `{word}` before a list"))
            .with_fix(format!("write `{word}`"), reading.at, word, Applicability::Always);
        self.report(diagnostic);
        None
    }

    /// A comparison with another attribute: allowed where exactly one side is a fact of the target and the types agree.
    /// None where the operand is no attribute.
    fn comparison(&mut self, reading: &Reading<'_>, scope: Scope) -> Option<Option<Condition>> {
        let other = match reading.operand {
            Value::Attribute(name) => name.text(),
            Value::Name(name) if !self.is_value_of(&reading.asking.asked, &name.text()) => name.text(),
            _ => return None,
        };
        let (subject, asked) = self.attribute_or_field(&other)?;
        self.mark_used(Kind::Attribute, &other);
        let operand_at = place(reading.file, reading.operand);
        let sides = match (reading.asking.subject, subject) {
            (Subject::Attribute(_), Subject::Target(TargetField::Fact(fact))) => {
                Some((reading.asking.subject, fact, false))
            }
            (Subject::Target(TargetField::Fact(fact)), Subject::Attribute(_)) => Some((subject, fact, true)),
            _ => None,
        };
        let (Some((attribute, fact, is_flipped)), true) = (sides, same_type(&reading.asking.asked, &asked))
        else {
            self.report(compared(&reading.asking.name, &other, operand_at, sides.is_some()));
            return Some(None);
        };
        if !matches!(scope, Scope::Targets | Scope::Define) {
            let message = format!("`{other}` cannot be tested here");
            let diagnostic = Diagnostic::new(
                Code::R0212,
                message,
                operand_at,
                "no target is chosen yet where this is asked",
            );
            self.report(diagnostic.with_help("a rule about targets is an `approve` or a `forbid`"));
            return Some(None);
        }
        Some(self.compare_with_fact(reading, attribute, fact, is_flipped))
    }

    fn compare_with_fact(
        &mut self,
        reading: &Reading<'_>,
        attribute: Subject,
        fact: FactId,
        is_flipped: bool,
    ) -> Option<Condition> {
        let (order, is_denied) = match reading.operator {
            Op::Is => (Order::Equal, false),
            Op::IsNot => (Order::Equal, true),
            Op::Less => (if is_flipped { Order::Greater } else { Order::Less }, false),
            Op::LessOrEqual => (if is_flipped { Order::GreaterOrEqual } else { Order::LessOrEqual }, false),
            Op::Greater => (if is_flipped { Order::Less } else { Order::Greater }, false),
            Op::GreaterOrEqual => {
                (if is_flipped { Order::LessOrEqual } else { Order::GreaterOrEqual }, false)
            }
            Op::In | Op::NotIn | Op::Has | Op::Lacks | Op::Like | Op::Matches => {
                let message = format!("`{}` does not compare two attributes", reading.operator.text());
                let help = "write `is`, `is not`, `<`, `<=`, `>` or `>=`";
                self.report(
                    Diagnostic::new(Code::R0201, message, reading.at, "compares with constants")
                        .with_help(help),
                );
                return None;
            }
        };
        let is_ordered = matches!(
            &reading.asking.asked,
            Asked::Value(Type::Tokens | Type::Instant | Type::TimeOfDay | Type::Share)
        ) || matches!(&reading.asking.asked, Asked::Value(Type::Named(named)) if is_scale(named));
        if order != Order::Equal && !is_ordered {
            self.no_order(reading);
            return None;
        }
        let test =
            Condition::Test(Test { subject: attribute, predicate: Predicate::ComparesToFact(order, fact) });
        Some(if is_denied { Condition::Not(Box::new(test)) } else { test })
    }

    /// Whether a bare name is a value of what is asked, so that it is no attribute's name here.
    fn is_value_of(&self, asked: &Asked, name: &str) -> bool {
        match asked {
            Asked::Value(Type::Named(named) | Type::NamedSet(named)) => named.member(name).is_some(),
            Asked::Value(Type::Model) => self.declared.names.get(Kind::Alias, name).is_some(),
            Asked::Value(_) | Asked::Price | Asked::Target => false,
        }
    }

    fn no_order(&mut self, reading: &Reading<'_>) {
        let name = &reading.asking.name;
        let message =
            format!("the values of `{name}` have no order, so `{}` means nothing", reading.operator.text());
        let help = "test single values with `is` or `in […]`, or declare the type as a scale: `a < b`";
        self.report(Diagnostic::new(Code::R0204, message, reading.at, "needs a scale").with_help(help));
    }

    /// An operator that a type does not have.
    pub(super) fn refuse<T>(&mut self, reading: &Reading<'_>, what: &str, help: &str) -> Option<T> {
        let message = format!(
            "`{}` cannot be asked of `{}`, which is {what}",
            reading.operator.text(),
            reading.asking.name
        );
        self.report(
            Diagnostic::new(Code::R0201, message, reading.at, format!("not for {what}")).with_help(help),
        );
        None
    }

    fn named(&mut self, reading: &Reading<'_>, named: &NamedType) -> Option<Predicate> {
        let members = match reading.operator {
            Op::Is | Op::IsNot => BTreeSet::from([self.member(reading.file, named, reading.operand)?]),
            Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => {
                if !is_scale(named) {
                    self.no_order(reading);
                    return None;
                }
                let bound = self.member(reading.file, named, reading.operand)?;
                all(named).filter(|member| holds(reading.operator, *member, bound)).collect()
            }
            Op::In | Op::NotIn => self.members_in(reading, named)?,
            Op::Has | Op::Lacks | Op::Like | Op::Matches => {
                return self.refuse(reading, "a single value", "write `is VALUE` or `in [VALUE, VALUE]`");
            }
        };
        Some(Predicate::OneOfMembers(members))
    }

    fn members_in(&mut self, reading: &Reading<'_>, named: &NamedType) -> Option<BTreeSet<MemberId>> {
        let is_tree = named.shape == Shape::Tree;
        let below = |top: MemberId| all(named).filter(move |member| named.is_at_or_below(*member, top));
        match reading.operand {
            Value::List(list) => {
                if list.values().next().is_none() {
                    return self.empty_list(reading);
                }
                let mut members = BTreeSet::new();
                let mut is_whole = true;
                for value in list.values() {
                    match self.member(reading.file, named, &value) {
                        Some(top) if is_tree => members.extend(below(top)),
                        Some(member) => {
                            members.insert(member);
                        }
                        None => is_whole = false,
                    }
                }
                is_whole.then_some(members)
            }
            Value::Range(range) => self.member_range(reading, named, range),
            value if is_tree => Some(below(self.member(reading.file, named, value)?).collect()),
            value => {
                self.member(reading.file, named, value)?;
                let word = if reading.operator == Op::In { "is" } else { "is not" };
                // Of a scale a part may be meant: this value and those above it, or below.
                let doubt = if is_scale(named) { Applicability::Maybe } else { Applicability::Always };
                let message = format!(
                    "`{}` takes a list or a range, and this is a single value",
                    reading.operator.text()
                );
                let diagnostic = Diagnostic::new(Code::R0204, message, reading.at, "a single value follows")
                    .with_help(format!(
                        "write `{word}` for one value, or `<=` and `>=` for a part of a scale"
                    ))
                    .with_fix(format!("write `{word}`"), reading.at, word, doubt);
                self.report(diagnostic);
                None
            }
        }
    }

    /// `in []`
    fn empty_list<T>(&mut self, reading: &Reading<'_>) -> Option<T> {
        let message =
            format!("`{}` asks for a value of this list, and nothing is in it", reading.operator.text());
        let at = place(reading.file, reading.operand);
        let diagnostic = Diagnostic::new(Code::R0201, message, at, "an empty list");
        self.report(diagnostic.with_help("name values, or remove this test"));
        None
    }

    /// Named ranges include both ends.
    fn member_range(
        &mut self,
        reading: &Reading<'_>,
        named: &NamedType,
        range: &Range,
    ) -> Option<BTreeSet<MemberId>> {
        if !is_scale(named) {
            self.no_order(reading);
            return None;
        }
        let low = self.member(reading.file, named, &range.start()?)?;
        let high = self.member(reading.file, named, &range.end()?)?;
        if low > high {
            self.falling(place(reading.file, range), false);
            return None;
        }
        Some(all(named).filter(|member| (low..=high).contains(member)).collect())
    }

    /// A range whose first end is not below the second.
    pub(super) fn falling(&mut self, at: Span, is_empty: bool) {
        let (message, label, help) = match is_empty {
            true => (
                "both ends of this range are the same, so nothing is in it",
                "the second end is outside",
                "write a later second end, or `is` for one value",
            ),
            false => (
                "this range falls, so nothing is in it",
                "the first end is the higher one",
                "write the lower end first",
            ),
        };
        self.report(Diagnostic::new(Code::R0201, message, at, label).with_help(help));
    }

    fn texts(&mut self, reading: &Reading<'_>) -> Option<BTreeSet<String>> {
        let name = &reading.asking.name;
        match (reading.operator, reading.operand) {
            (Op::Is | Op::IsNot, value) => Some(BTreeSet::from([self.compared_text(reading, value)?])),
            (Op::In | Op::NotIn, Value::List(list)) => {
                let values: Vec<Value> = list.values().collect();
                if values.is_empty() {
                    return self.empty_list(reading);
                }
                let texts: Vec<Option<String>> =
                    values.iter().map(|value| self.compared_text(reading, value)).collect();
                texts.into_iter().collect()
            }
            (Op::In | Op::NotIn, value) => {
                let hint = match (name.as_str(), self.declared.names.get(Kind::Type, "team")) {
                    ("caller.team", None) => {
                        "declare `type team = company { … }` to ask for a part of a tree, or write a list: `in [\"a\", \"b\"]`"
                    }
                    _ => "write a list: `in [\"a\", \"b\"]`",
                };
                let _ = value;
                self.refuse(reading, "a text, without a list behind it", hint)
            }
            _ => self.refuse(
                reading,
                "a text",
                "write `is \"…\"`, `in [\"…\"]`, `like \"a*\"` or `matches r\"…\"`",
            ),
        }
    }

    /// A text that a condition compares with what is asked.
    fn compared_text(&mut self, reading: &Reading<'_>, value: &Value) -> Option<String> {
        let text = self.text(reading.file, &reading.asking.name, value)?;
        if reading.asking.subject == Subject::Target(TargetField::Name) {
            return self.model_name(place(reading.file, value), text);
        }
        self.compare_text(&reading.asking.name, &text, place(reading.file, value));
        Some(text)
    }

    /// A name that some model has; an unknown one is reported.
    fn model_name(&mut self, at: Span, text: String) -> Option<String> {
        if self.declared.catalogue.targets.iter().any(|target| target.model == text) {
            return Some(text);
        }
        let spans = self.declared.target_spans.iter().copied().map(Some);
        let candidates: Vec<(String, Option<Span>)> =
            self.declared.catalogue.targets.iter().map(|target| target.model.clone()).zip(spans).collect();
        let mut diagnostic = super::names::unknown("model", &text, at, &candidates);
        for fix in &mut diagnostic.fixes {
            fix.edits.iter_mut().for_each(|edit| edit.text = format!("{:?}", edit.text.trim_matches('"')));
        }
        self.report(diagnostic);
        None
    }

    fn set(&mut self, reading: &Reading<'_>, named: Option<&NamedType>) -> Option<Predicate> {
        match reading.operator {
            Op::Is | Op::IsNot if matches!(reading.operand, Value::List(_)) => Some(Predicate::IsEmpty),
            Op::Has | Op::Lacks => match (named, reading.operand) {
                (_, Value::List(_)) => {
                    let message =
                        format!("`{}` asks for one member, and this is a list", reading.operator.text());
                    let diagnostic =
                        Diagnostic::new(Code::R0201, message, place(reading.file, reading.operand), "a list");
                    self.report(
                        diagnostic.with_help("write one test for each member, joined by `and` or `or`"),
                    );
                    None
                }
                (Some(named), value) => {
                    let member = self.member(reading.file, named, value)?;
                    Some(Predicate::Has(named.name_of(member).to_owned()))
                }
                (None, value) => Some(Predicate::Has(self.compared_text(reading, value)?)),
            },
            _ => self.refuse(reading, "a set", "write `has MEMBER`, `lacks MEMBER` or `is []`"),
        }
    }

    /// `x is true`, `x is not false` and so on.
    fn truth(&mut self, reading: &Reading<'_>) -> Option<Condition> {
        let (Op::Is | Op::IsNot, Some(LiteralValue::Boolean(is_true))) =
            (reading.operator, literal(reading.operand))
        else {
            let name = &reading.asking.name;
            return self.refuse(reading, "true or false", &format!("write `{name}` or `not {name}`"));
        };
        let test = Condition::Test(Test { subject: reading.asking.subject, predicate: Predicate::IsTrue });
        let holds = is_true == (reading.operator == Op::Is);
        Some(if holds { test } else { Condition::Not(Box::new(test)) })
    }
}

fn is_set(asked: &Asked) -> bool {
    matches!(asked, Asked::Value(Type::TextSet | Type::NamedSet(_)))
}

fn same_type(a: &Asked, b: &Asked) -> bool {
    matches!((a, b), (Asked::Value(a), Asked::Value(b)) if a == b)
}

fn is_built_in(name: &str) -> bool {
    super::attributes::RESERVED.contains(&name.split('.').next().unwrap_or_default())
}

/// Two attributes compared where that is not allowed.
fn compared(one: &str, other: &str, at: Span, is_pair: bool) -> Diagnostic {
    let message = match is_pair {
        true => format!("`{one}` and `{other}` have different types, so they cannot be compared"),
        false => format!(
            "`{one}` is compared with `{other}`, and a condition tests one attribute against constants"
        ),
    };
    let help = match is_pair {
        true => "give the fact and the attribute the same named type".to_owned(),
        // What is of the request alone no target states.
        false if is_built_in(one) && is_built_in(other) => {
            format!(
                "write a value instead of `{other}`; what two things of a request have in common cannot be asked"
            )
        }
        false => format!(
            "write a value instead of `{}`; to compare with what a target states, declare `attribute target.{}`",
            other,
            other.replace('.', "-")
        ),
    };
    Diagnostic::new(Code::R0203, message, at, "an attribute, not a constant").with_help(help)
}

fn all(named: &NamedType) -> impl Iterator<Item = MemberId> + use<> {
    (0..u32::try_from(named.members.len()).unwrap_or(u32::MAX)).map(MemberId)
}

fn holds(operator: Op, member: MemberId, bound: MemberId) -> bool {
    match operator {
        Op::Less => member < bound,
        Op::LessOrEqual => member <= bound,
        Op::Greater => member > bound,
        _ => member >= bound,
    }
}
