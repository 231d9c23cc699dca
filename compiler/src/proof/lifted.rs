//! R0312: a `deny` or `forbid` that holds for nobody who sends no headers and no metadata, or that sending one lifts.

use super::formula::Formula;
use super::groups::Groups;
use super::prover::Prover;
use super::query::Answer;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::decision::layers::LayerKind;
use crate::decision::{Computed, Rules};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::schema::{AttributeId, Combine, Origin, Schema, Source, Type};
use wayleave_program::value::{MemberId, Value};

/// A condition with what it names written out may be this large.
const WRITTEN_OUT: usize = 5_000;

/// So many ways of sending something are tried.
const WAYS: u64 = 256;

struct Asked<'s> {
    words: String,
    span: Span,
    boxes: &'s [RuleBox],
    tested: BTreeSet<AttributeId>,
}

pub(super) fn lifted(prover: &Prover<'_>, dead: &BTreeSet<Span>) -> Vec<Diagnostic> {
    let (policy, subject) = (prover.policy(), prover.subject);
    let denials =
        policy.denials.iter().zip(0_u32..).filter(|(rule, _)| !rule.is_tried).map(|(rule, index)| Asked {
            words: format!("deny {}", rule.name),
            span: rule.span,
            boxes: subject.own(LayerKind::Denials, index),
            tested: policy.tested(&rule.condition),
        });
    let prohibitions =
        policy.prohibitions.iter().zip(0_u32..).filter(|(rule, _)| !rule.is_tried).map(|(rule, index)| {
            Asked {
                words: format!("forbid {}", rule.name),
                span: rule.span,
                boxes: subject.own(LayerKind::Prohibitions, index),
                tested: policy.tested(&rule.condition),
            }
        });
    let sent: BTreeMap<AttributeId, Sent<'_>> =
        policy.schema.ids().filter_map(|id| Some((id, Sent::of(prover, id)?))).collect();
    let asked: Vec<Asked<'_>> = denials
        .chain(prohibitions)
        .filter(|one| !dead.contains(&one.span) && one.tested.iter().any(|id| sent.contains_key(id)))
        .collect();
    prover.told(&asked, ("whether a caller lifts the rule", &|one| one.span), |one| {
        lifted_one(prover, one, &sent)
    })
}

/// An attribute that a caller may send.
struct Sent<'s> {
    schema: &'s Schema,
    rules: &'s Rules,
    id: AttributeId,
    /// Those of its sources that the caller writes.
    own: Vec<&'s Source>,
    /// Whether a credential or a claim may say it too.
    has_other: bool,
    /// Whether what the caller writes comes before that.
    is_first: bool,
    combine: Combine,
    dimensions: Vec<Dimension>,
}

impl<'s> Sent<'s> {
    fn of(prover: &Prover<'s>, id: AttributeId) -> Option<Sent<'s>> {
        let schema = &prover.policy().schema;
        let rules = &prover.subject.rules;
        let Origin::Sources(sources, combine) = &schema.attribute(id).origin else { return None };
        let is_own = |source: &&Source| matches!(source, Source::Header(_) | Source::Metadata(_));
        let own: Vec<&Source> = sources.iter().filter(is_own).collect();
        let dimensions = rules.partition.dimensions(id);
        if own.is_empty() || dimensions.is_empty() {
            return None;
        }
        let is_first = sources.first().is_some_and(|first| is_own(&first));
        let has_other = own.len() < sources.len();
        Some(Sent { schema, rules, id, own, has_other, is_first, combine: *combine, dimensions })
    }

    fn default(&self, dimension: Dimension) -> u32 {
        self.rules.partition.defaults()[dimension.0 as usize]
    }

    /// What it can be, ascending as `combine` sees it, with the class of each.
    fn members(&self) -> Vec<(u32, u32)> {
        let Type::Named(named) = &self.schema.attribute(self.id).value_type else {
            // Of a truth, and of numbers, the classes themselves rise.
            let count = self.rules.partition.count(self.dimensions[0]);
            return (0..count).map(|class| (class, class)).collect();
        };
        let mut classes = self.rules.partition.defaults().to_vec();
        let mut found = Vec::new();
        for member in 0..named.members.len() as u32 {
            self.rules.partition.classify(self.id, &Value::Member(MemberId(member)), &mut classes);
            found.push((member, classes[self.dimensions[0].0 as usize]));
        }
        found
    }

    fn default_member(&self) -> u32 {
        let attribute = self.schema.attribute(self.id);
        match attribute.default.clone().unwrap_or_else(|| attribute.value_type.empty_value()) {
            Value::Member(member) => member.0,
            _ => self.default(self.dimensions[0]),
        }
    }

    /// What it can be while the caller sends nothing; none where it may be anything.
    fn unsent(&self) -> Option<Expression> {
        if self.schema.attribute(self.id).is_required && !self.has_other {
            // Such a request is refused; whoever sends it says something.
            return None;
        }
        if !self.has_other {
            let is_default = |dimension: &Dimension| {
                let classes = ClassSet::one(self.default(*dimension));
                Expression::Within(Constraint { dimension: *dimension, classes })
            };
            return Some(Expression::All(self.dimensions.iter().map(is_default).collect()));
        }
        let default = self.default_member();
        let counts = |member: u32| match self.combine {
            Combine::Highest => member >= default,
            Combine::Lowest => member <= default,
            Combine::First => true,
        };
        if self.combine == Combine::First {
            return None;
        }
        let classes = ClassSet::of(
            self.members().into_iter().filter(|(member, _)| counts(*member)).map(|(_, class)| class),
        );
        Some(Expression::Within(Constraint { dimension: self.dimensions[0], classes }))
    }

    /// From which classes the caller comes to these by sending something; of a single dimension.
    fn from(&self, to: u32) -> ClassSet {
        let dimension = self.dimensions[0];
        let count = self.rules.partition.count(dimension);
        match self.combine {
            Combine::First if self.has_other && self.is_first => ClassSet::all(count),
            Combine::First => ClassSet::one(self.default(dimension)),
            Combine::Highest | Combine::Lowest => {
                let members = self.members();
                let reaches = |from: u32| {
                    members.iter().any(|(member, class)| {
                        *class == to
                            && match self.combine {
                                Combine::Highest => from <= *member,
                                _ => from >= *member,
                            }
                    })
                };
                ClassSet::of(members.iter().filter(|(member, _)| reaches(*member)).map(|(_, class)| *class))
            }
        }
    }

    fn words(&self) -> String {
        let own: Vec<String> = self.own.iter().map(|source| format!("`{}`", source.label())).collect();
        super::prover::listed(&own)
    }
}

fn lifted_one<'s>(
    prover: &Prover<'s>,
    asked: &Asked<'s>,
    sent: &BTreeMap<AttributeId, Sent<'s>>,
) -> Option<Diagnostic> {
    let own: Vec<&Sent<'s>> = asked.tested.iter().filter_map(|id| sent.get(id)).collect();
    let holds = || Formula::Boxes(asked.boxes, None);
    let mut silent = vec![holds()];
    silent.extend(own.iter().filter_map(|one| one.unsent()).map(Formula::from));
    match prover.find(silent.clone()) {
        Answer::Some(_) => {}
        Answer::Unknown => {
            let question = format!("whether `{}` holds for somebody who sends no headers", asked.words);
            return Some(prover.too_large(asked.span, &question));
        }
        Answer::None => {
            let names: Vec<String> =
                own.iter().map(|one| format!("`{}`", attribute(prover, one.id))).collect();
            let message = format!("`{}` holds for nobody who sends no headers or metadata", asked.words);
            let help = format!(
                "take {} from the credential or a claim: whoever sends nothing gets round it",
                super::prover::listed(&names)
            );
            let diagnostic =
                Diagnostic::new(Code::R0312, message, asked.span, "holds only on the caller's own word");
            let diagnostic = diagnostic.with_help(help);
            return Some(match prover.shown(vec![holds()], &|_, _| true) {
                Answer::Some(shown) => prover.with_witness(diagnostic, &shown),
                Answer::None | Answer::Unknown => diagnostic,
            });
        }
    }
    own.iter().find_map(|one| lifted_by(prover, asked, one, &silent))
}

fn attribute<'s>(prover: &Prover<'s>, id: AttributeId) -> &'s str {
    &prover.policy().schema.attribute(id).name
}

/// Whether sending one attribute lifts a rule that holds of a request without it.
fn lifted_by<'s>(
    prover: &Prover<'s>,
    asked: &Asked<'s>,
    sent: &Sent<'s>,
    silent: &[Formula<'s>],
) -> Option<Diagnostic> {
    let partition = &prover.subject.rules.partition;
    let written = Writer::new(&prover.subject.rules).boxes(asked.boxes);
    let Some(written) = written else {
        let question = format!("whether sending `{}` lifts `{}`", attribute(prover, sent.id), asked.words);
        return Some(prover.too_large(asked.span, &question));
    };
    // Values that the rule does not tell apart are one.
    let groups: Vec<(Dimension, Groups)> = sent
        .dimensions
        .iter()
        .map(|dimension| {
            let mut sets = BTreeSet::new();
            add_sets(&written, *dimension, &mut sets);
            (*dimension, Groups::new(partition.count(*dimension), &sets, sent.default(*dimension), false))
        })
        .collect();
    let ways = groups.iter().try_fold(1_u64, |all, (_, groups)| all.checked_mul(groups.count() as u64));
    if ways.is_none_or(|ways| ways > WAYS) {
        let question = format!("whether sending `{}` lifts `{}`", attribute(prover, sent.id), asked.words);
        return Some(prover.too_large(asked.span, &question));
    }
    for number in 0..ways.unwrap_or_default() {
        let mut rest = number;
        let mut to: BTreeMap<Dimension, u32> = BTreeMap::new();
        for (dimension, groups) in &groups {
            let count = groups.count() as u64;
            to.insert(*dimension, groups.representative((rest % count) as usize));
            rest /= count;
        }
        let mut alone = partition.defaults().to_vec();
        to.iter().for_each(|(dimension, class)| alone[dimension.0 as usize] = *class);
        let Some(sending) = prover.requests.request(&alone) else { continue };
        let mut parts = silent.to_vec();
        if let [only] = sent.dimensions.as_slice() {
            // Every class that the rule cannot tell from this one may be sent.
            let (_, own) = &groups[0];
            let alike = (0..partition.count(*only)).filter(|class| own.of(*class) == own.of(to[only]));
            let from = alike.fold(ClassSet::none(), |all, class| all.or(&sent.from(class)));
            parts.push(Formula::from(Expression::Within(Constraint { dimension: *only, classes: from })));
        }
        parts.push(Formula::from(put(&written, &to)).negated());
        let Answer::Some(shown) = prover.shown(parts, &|_, _| true) else { continue };
        let value = sending.value(&prover.policy().schema, sent.id);
        let attribute_type = &prover.policy().schema.attribute(sent.id).value_type;
        let value = wayleave_program::document::write_value(attribute_type, &value);
        let message = format!("a caller lifts `{}` by sending {}", asked.words, sent.words());
        let help = format!(
            "with `{}` as {value} it does not hold of the request shown; take `{}` from the credential or a claim, or `combine` so that a caller can only tighten",
            attribute(prover, sent.id),
            attribute(prover, sent.id),
        );
        let diagnostic =
            Diagnostic::new(Code::R0312, message, asked.span, "the caller decides whether it holds");
        return Some(prover.with_witness(diagnostic.with_help(help), &shown));
    }
    None
}

fn add_sets<'e>(expression: &'e Expression, of: Dimension, sets: &mut BTreeSet<&'e ClassSet>) {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => {
            parts.iter().for_each(|part| add_sets(part, of, sets))
        }
        Expression::Not(part) => add_sets(part, of, sets),
        Expression::Within(constraint) => {
            if constraint.dimension == of {
                sets.insert(&constraint.classes);
            }
        }
    }
}

/// The same with these classes in the place of some dimensions.
fn put(expression: &Expression, to: &BTreeMap<Dimension, u32>) -> Expression {
    match expression {
        Expression::All(parts) => Expression::All(parts.iter().map(|part| put(part, to)).collect()),
        Expression::Any(parts) => Expression::Any(parts.iter().map(|part| put(part, to)).collect()),
        Expression::Not(part) => Expression::Not(Box::new(put(part, to))),
        Expression::Within(constraint) => match to.get(&constraint.dimension) {
            Some(class) if constraint.classes.contains(*class) => Expression::All(Vec::new()),
            Some(_) => Expression::Any(Vec::new()),
            None => expression.clone(),
        },
    }
}

/// Writes conditions out, with what they name in the place of names.
struct Writer<'r> {
    computed: BTreeMap<Dimension, &'r Computed>,
    size: usize,
}

impl<'r> Writer<'r> {
    fn new(rules: &'r Rules) -> Writer<'r> {
        let all = rules.computed.iter().chain(&rules.of_target);
        Writer { computed: all.map(|one| (one.dimension(), one)).collect(), size: 0 }
    }

    /// None where it grows too large.
    fn boxes(&mut self, boxes: &[RuleBox]) -> Option<Expression> {
        let mut ways = Vec::new();
        for one in boxes {
            let mut parts = Vec::new();
            for constraint in &one.constraints {
                parts.push(self.within(constraint)?);
            }
            for part in &one.residual {
                parts.push(self.expression(part)?);
            }
            ways.push(Expression::All(parts));
        }
        Some(Expression::Any(ways))
    }

    fn expression(&mut self, expression: &Expression) -> Option<Expression> {
        let mut each =
            |parts: &[Expression]| parts.iter().map(|part| self.expression(part)).collect::<Option<Vec<_>>>();
        Some(match expression {
            Expression::All(parts) => Expression::All(each(parts)?),
            Expression::Any(parts) => Expression::Any(each(parts)?),
            Expression::Not(part) => Expression::Not(Box::new(self.expression(part)?)),
            Expression::Within(constraint) => self.within(constraint)?,
        })
    }

    fn within(&mut self, constraint: &Constraint) -> Option<Expression> {
        self.size += 1;
        if self.size > WRITTEN_OUT {
            return None;
        }
        match self.computed.get(&constraint.dimension).copied() {
            None => Some(Expression::Within(constraint.clone())),
            Some(Computed::Truth(_, expression)) => {
                let own = self.expression(expression)?;
                match (constraint.classes.contains(1), constraint.classes.contains(0)) {
                    (true, false) => Some(own),
                    (false, true) => Some(Expression::Not(Box::new(own))),
                    (holds, _) => {
                        Some(if holds { Expression::All(Vec::new()) } else { Expression::Any(Vec::new()) })
                    }
                }
            }
            Some(Computed::First { arms, otherwise, .. }) => {
                let mut ways = Vec::new();
                let mut before: Vec<Expression> = Vec::new();
                for (expression, class) in arms {
                    let own = self.expression(expression)?;
                    if constraint.classes.contains(*class) {
                        let mut parts = before.clone();
                        self.size += parts.len();
                        parts.push(own.clone());
                        ways.push(Expression::All(parts));
                    }
                    before.push(Expression::Not(Box::new(own)));
                }
                if constraint.classes.contains(*otherwise) {
                    ways.push(Expression::All(before));
                }
                Some(Expression::Any(ways))
            }
        }
    }
}
