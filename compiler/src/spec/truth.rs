//! Whether a condition holds of a request, in Kleene's three values: where an attribute is not known, it may or may not.

use super::request::Request;
use crate::model::{Condition, DefinitionBody, FactId, Order, Predicate, Subject, TargetField, Test};
use std::borrow::Cow;
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::value::{MemberId, Value};

/// A truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It depends on what is not known.
    Maybe,
}

impl Truth {
    pub(super) fn of(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }

    fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Maybe => Truth::Maybe,
        }
    }
}

impl Request<'_> {
    /// The truth of a condition; of one that tests the target, for that target. Depth is bounded by the grammar's nesting
    /// limit, and a definition that tests the target by the number of definitions below it.
    pub(super) fn truth(&self, condition: &Condition, target: Option<TargetId>) -> Truth {
        self.truth_with(condition, target, &self.target_definitions(condition, target))
    }

    /// The definitions that test the target, evaluated for it in their order; empty where none is needed.
    fn target_definitions(&self, condition: &Condition, target: Option<TargetId>) -> Vec<Truth> {
        let names_one = |id: &crate::model::DefinitionId| self.policy.definitions[id.0 as usize].tests_target;
        if target.is_none() || !condition.definitions().iter().any(names_one) {
            return Vec::new();
        }
        let mut known: Vec<Truth> = Vec::with_capacity(self.policy.definitions.len());
        for (index, definition) in self.policy.definitions.iter().enumerate() {
            let truth = match &definition.body {
                DefinitionBody::Define(body) if definition.tests_target => {
                    self.truth_with(body, target, &known)
                }
                DefinitionBody::Define(_) | DefinitionBody::Classify { .. } => self.definition(index),
            };
            known.push(truth);
        }
        known
    }

    fn truth_with(&self, condition: &Condition, target: Option<TargetId>, known: &[Truth]) -> Truth {
        match condition {
            Condition::All(parts) => {
                let mut all = Truth::True;
                for part in parts {
                    match self.truth_with(part, target, known) {
                        Truth::False => return Truth::False,
                        Truth::Maybe => all = Truth::Maybe,
                        Truth::True => {}
                    }
                }
                all
            }
            Condition::Any(parts) => {
                let mut any = Truth::False;
                for part in parts {
                    match self.truth_with(part, target, known) {
                        Truth::True => return Truth::True,
                        Truth::Maybe => any = Truth::Maybe,
                        Truth::False => {}
                    }
                }
                any
            }
            Condition::Not(part) => self.truth_with(part, target, known).not(),
            Condition::Defined(id) => {
                known.get(id.0 as usize).copied().unwrap_or_else(|| self.definition(id.0 as usize))
            }
            Condition::Test(test) => self.test(test, target),
        }
    }

    fn test(&self, test: &Test, target: Option<TargetId>) -> Truth {
        match test.subject {
            Subject::Attribute(id) => match self.value(id) {
                None => Truth::Maybe,
                Some(value) => self.attribute_test(&value, &test.predicate, target),
            },
            Subject::Target(field) => match target {
                None => Truth::Maybe,
                Some(target) => Truth::of(self.target_test(field, target, &test.predicate)),
            },
        }
    }

    fn attribute_test(&self, value: &Value, predicate: &Predicate, target: Option<TargetId>) -> Truth {
        match predicate {
            Predicate::NamesModel { aliases, targets, texts } if self.knows_model() => {
                let is_text = matches!(value, Value::Text(text) if texts.contains(text));
                let is_named = match self.requested() {
                    Requested::Alias(alias) => aliases.contains(alias),
                    Requested::Targets(named) => named.iter().any(|target| targets.contains(target)),
                    Requested::Nothing => false,
                };
                Truth::of(is_text || is_named)
            }
            Predicate::NamesModel { .. } => Truth::Maybe,
            Predicate::ComparesToFact(order, fact) => match target {
                None => Truth::Maybe,
                Some(target) => Truth::of(compare(*order, value, self.fact(*fact, target))),
            },
            _ => Truth::of(holds_of(predicate, value)),
        }
    }

    fn fact(&self, fact: FactId, target: TargetId) -> &Value {
        &self.policy.facts[fact.0 as usize].values[target.0 as usize]
    }

    fn target_test(&self, field: TargetField, id: TargetId, predicate: &Predicate) -> bool {
        let target = self.policy.catalogue.target(id);
        let within = |number: u64| match predicate {
            Predicate::InIntervals(intervals) => {
                intervals.iter().any(|interval| interval.contains(number.into()))
            }
            _ => false,
        };
        match field {
            TargetField::Itself => {
                matches!(predicate, Predicate::OneOfTargets(targets) if targets.contains(&id))
            }
            TargetField::Name => holds_of_text(predicate, &target.model),
            TargetField::Provider => {
                matches!(predicate, Predicate::OneOfMembers(members) if members.contains(&MemberId(target.provider.0)))
            }
            TargetField::Context => within(target.context.0),
            TargetField::Output => within(target.output.0),
            TargetField::Supports => match predicate {
                Predicate::Has(capability) => target.can(capability),
                Predicate::IsEmpty => target.supports.is_empty(),
                _ => false,
            },
            // A policy that tests a price and leaves one out is not built.
            TargetField::PriceInput => target.price.is_some_and(|price| within(price.input.0)),
            TargetField::PriceOutput => target.price.is_some_and(|price| within(price.output.0)),
            TargetField::Fact(fact) => holds_of(predicate, self.fact(fact, id)),
        }
    }
}

/// Whether a predicate is true of a value on its own.
fn holds_of(predicate: &Predicate, value: &Value) -> bool {
    match (predicate, value) {
        (Predicate::OneOfMembers(members), Value::Member(member)) => members.contains(member),
        (predicate, Value::Text(text)) => holds_of_text(predicate, text),
        (predicate, Value::Parts(parts)) => parts.iter().any(|part| holds_of_part(predicate, part)),
        (Predicate::IsTrue, Value::Bool(is_true)) => *is_true,
        (Predicate::Has(member), Value::Set(set)) => set.contains(member),
        (Predicate::IsEmpty, Value::Set(set)) => set.is_empty(),
        (Predicate::InIntervals(intervals), value) => {
            number(value).is_some_and(|number| intervals.iter().any(|interval| interval.contains(number)))
        }
        _ => false,
    }
}

/// As detectors do: of a text as it is, or of its plain form, so that characters which nobody sees hide nothing.
fn holds_of_part(predicate: &Predicate, part: &str) -> bool {
    let is_plain = |plain: &Cow<'_, str>| matches!(plain, Cow::Borrowed(_));
    let plain = wayleave_inspect::plain(part);
    holds_of_text(predicate, part) || !is_plain(&plain) && holds_of_text(predicate, &plain)
}

fn holds_of_text(predicate: &Predicate, text: &str) -> bool {
    match predicate {
        Predicate::OneOfTexts(texts) => texts.contains(text),
        Predicate::Matches(pattern) => pattern.is_match(text),
        _ => false,
    }
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Tokens(tokens) => Some(tokens.0.into()),
        Value::Money(amount) => Some(amount.0.into()),
        Value::Instant(instant) => Some(instant.0.into()),
        Value::Member(member) => Some(member.0.into()),
        Value::Share(share) => Some(share.0.into()),
        Value::TimeOfDay(minute) => Some(minute.0.into()),
        Value::Text(_) | Value::Set(_) | Value::Unknown | Value::Bool(_) | Value::Parts(_) => None,
    }
}

/// How a value stands to one of the same type; an unknown one equals nothing.
fn compare(order: Order, left: &Value, right: &Value) -> bool {
    if order == Order::Equal {
        return left != &Value::Unknown && left == right;
    }
    let (Some(left), Some(right)) = (number(left), number(right)) else { return false };
    match order {
        Order::Equal => left == right,
        Order::Less => left < right,
        Order::LessOrEqual => left <= right,
        Order::Greater => left > right,
        Order::GreaterOrEqual => left >= right,
    }
}
