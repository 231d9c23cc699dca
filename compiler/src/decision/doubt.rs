//! Conditions of a request of which not all is known, in Kleene's three values: as they were written, because what a condition
//! says of the unknown depends on how it is said.

use super::boxes::{Constraint, Expression};
use super::layers::{Rules, WrittenRule};
use super::lower::Computed;
use super::matcher::{Code, Matcher};
use super::partition::{TARGET, UNKNOWN};
use crate::model::Policy;
use std::collections::BTreeSet;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::{AttributeId, BuiltIn};
use wayleave_program::value::{MemberId, Tokens, Value};

/// A truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    True,
    False,
    Maybe,
}

/// Whether an expression holds of a class vector in which some classes are unknown.
fn truth(expression: &Expression, classes: &[u32]) -> Truth {
    match expression {
        Expression::All(parts) => joined(parts, classes, Truth::False, Truth::True),
        Expression::Any(parts) => joined(parts, classes, Truth::True, Truth::False),
        Expression::Not(part) => match truth(part, classes) {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Maybe => Truth::Maybe,
        },
        Expression::Within(Constraint { dimension, classes: set }) => match classes[dimension.0 as usize] {
            UNKNOWN => Truth::Maybe,
            class if set.contains(class) => Truth::True,
            _ => Truth::False,
        },
    }
}

/// `decisive` as soon as a part is; else in doubt if a part is; else the other.
fn joined(parts: &[Expression], classes: &[u32], decisive: Truth, other: Truth) -> Truth {
    let mut all = other;
    for part in parts {
        match truth(part, classes) {
            found if found == decisive => return decisive,
            Truth::Maybe => all = Truth::Maybe,
            Truth::True | Truth::False => {}
        }
    }
    all
}

/// A request of which some attributes may be unknown.
pub(super) struct PartlyKnown<'a> {
    policy: &'a Policy,
    rules: &'a Rules,
    classes: Vec<u32>,
}

impl<'a> PartlyKnown<'a> {
    pub(super) fn new(policy: &'a Policy, rules: &'a Rules, attributes: &Attributes) -> PartlyKnown<'a> {
        let mut partly = PartlyKnown { policy, rules, classes: rules.partition.defaults().to_vec() };
        for id in rules.partition.given() {
            partly.set(id, attributes.get(id));
        }
        let tokens = |id: BuiltIn| match attributes.get(id.id()) {
            Some(Value::Tokens(tokens)) => Some(*tokens),
            _ => None,
        };
        let window = tokens(BuiltIn::RequestTokens).zip(tokens(BuiltIn::RequestOutput));
        let window = window.map(|(input, output)| Tokens(input.0.saturating_add(output.0.max(1))));
        partly.set(BuiltIn::RequestWindow.id(), window.map(Value::Tokens).as_ref());
        let local = match attributes.get(BuiltIn::TimeNow.id()) {
            Some(Value::Instant(now)) => Some(policy.schema.zone.local(*now)),
            _ => None,
        };
        partly.set(BuiltIn::TimeOfDay.id(), local.map(|local| Value::TimeOfDay(local.minute)).as_ref());
        let weekday = local.map(|local| Value::Member(MemberId(local.weekday)));
        partly.set(BuiltIn::TimeWeekday.id(), weekday.as_ref());
        for computed in &rules.computed {
            compute(computed, attributes, &mut partly.classes);
        }
        partly
    }

    fn set(&mut self, id: AttributeId, value: Option<&Value>) {
        match value {
            Some(value) => self.rules.partition.classify(id, value, &mut self.classes),
            None => self.rules.partition.forget(id, &mut self.classes),
        }
    }

    /// Turns to rules about one target.
    fn look_at(&mut self, target: TargetId) {
        self.classes[TARGET.0 as usize] = target.0;
        for computed in &self.rules.of_target {
            if let Computed::Truth(dimension, expression) = computed {
                self.classes[dimension.0 as usize] = class_of(truth(expression, &self.classes));
            }
        }
    }

    /// Every target that an approval may cover, ascending.
    pub(super) fn approvable(&mut self) -> Vec<TargetId> {
        let mut found = Vec::new();
        for target in self.policy.catalogue.target_ids() {
            self.look_at(target);
            let covers = |rule: &WrittenRule| {
                rule.targets.as_ref().is_some_and(|targets| targets.contains(&target))
                    && truth(&rule.expression, &self.classes) != Truth::False
            };
            if self.rules.written.approvals.iter().any(covers) {
                found.push(target);
            }
        }
        found
    }

    /// The attributes that hold texts, or what is found in them, and on which something in doubt depends that can still
    /// matter; all others are known.
    pub(super) fn dear(&mut self, denials: &Matcher) -> BTreeSet<AttributeId> {
        let rules = self.rules;
        let mut found = BTreeSet::new();
        let mut is_denied = self.is_denied_whatever_texts_say(denials);
        for rule in &rules.written.denials {
            match truth(&rule.expression, &self.classes) {
                Truth::True => is_denied |= !rule.is_tried,
                Truth::Maybe => found.extend(rule.dear.iter().copied()),
                Truth::False => {}
            }
        }
        if is_denied {
            return found;
        }
        let of_targets = || rules.written.others.iter().filter(|rule| rule.targets.is_some());
        for rule in rules.written.others.iter().filter(|rule| rule.targets.is_none()) {
            if truth(&rule.expression, &self.classes) == Truth::Maybe {
                found.extend(rule.dear.iter().copied());
            }
        }
        if of_targets().next().is_none() {
            return found;
        }
        for target in self.policy.catalogue.target_ids() {
            self.look_at(target);
            for rule in of_targets() {
                let is_about = rule.targets.as_ref().is_some_and(|targets| targets.contains(&target));
                if is_about && truth(&rule.expression, &self.classes) == Truth::Maybe {
                    found.extend(rule.dear.iter().copied());
                }
            }
        }
        found
    }

    /// Whether a denial holds that depends on no text.
    fn is_denied_whatever_texts_say(&self, denials: &Matcher) -> bool {
        let known: Vec<u32> =
            self.classes.iter().map(|class| if *class == UNKNOWN { 0 } else { *class }).collect();
        let mut held = Vec::new();
        denials.all(Code::Walked, &known, &mut held);
        held.iter().any(|rule| {
            let condition = &self.policy.denials[*rule as usize].condition;
            !self.policy.tested(condition).iter().any(|id| self.policy.schema.is_of_texts(*id))
        })
    }
}

fn class_of(truth: Truth) -> u32 {
    match truth {
        Truth::True => 1,
        Truth::False => 0,
        Truth::Maybe => UNKNOWN,
    }
}

fn compute(computed: &Computed, attributes: &Attributes, classes: &mut [u32]) {
    match computed {
        Computed::Truth(dimension, expression) => {
            classes[dimension.0 as usize] = class_of(truth(expression, classes));
        }
        Computed::First { attribute, dimension, arms, otherwise } => {
            if attributes.get(*attribute).is_some() {
                return;
            }
            let mut class = *otherwise;
            for (expression, member) in arms {
                match truth(expression, classes) {
                    Truth::False => continue,
                    Truth::True => class = *member,
                    Truth::Maybe => class = UNKNOWN,
                }
                break;
            }
            classes[dimension.0 as usize] = class;
        }
    }
}
