//! A condition of one of two policies, written for both: attributes, members, targets, definitions and facts by the numbers
//! that they have there.

use super::schema::Own;
use crate::model::{
    Condition, DefinitionBody, DefinitionId, FactId, Interval, Order, Policy, Predicate, Rule, Subject,
    TargetField, Test,
};
use std::collections::BTreeSet;
use std::ops::Range;
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::schema::{AttributeId, Type};
use wayleave_program::value::{MemberId, Value};

/// From the numbers of one policy to those of both.
pub(super) struct Renumber<'p> {
    policy: &'p Policy,
    own: &'p Own,
    targets: Range<u32>,
    /// How many providers stand before its own.
    providers: u32,
    /// By definition of the one, that of both.
    definitions: &'p [DefinitionId],
    /// How many facts stand before its own.
    facts: u32,
}

impl<'p> Renumber<'p> {
    /// `targets`: where its own stand; `providers`, `facts`: how many stand before its own.
    pub(super) fn new(
        policy: &'p Policy,
        own: &'p Own,
        targets: &Range<u32>,
        providers: usize,
        definitions: &'p [DefinitionId],
        facts: usize,
    ) -> Renumber<'p> {
        let facts = u32::try_from(facts).expect("few facts");
        let providers = u32::try_from(providers).expect("few providers");
        Renumber { policy, own, targets: targets.clone(), providers, definitions, facts }
    }

    pub(super) fn attribute(&self, id: AttributeId) -> AttributeId {
        self.own.attributes[id.0 as usize]
    }

    pub(super) fn member(&self, id: AttributeId, member: MemberId) -> MemberId {
        self.own.member(id, member)
    }

    pub(super) fn target(&self, target: TargetId) -> TargetId {
        TargetId(target.0 + self.targets.start)
    }

    pub(super) fn targets(&self, targets: &mut [TargetId]) {
        targets.iter_mut().for_each(|target| *target = self.target(*target));
    }

    pub(super) fn rule<Body: Clone>(&self, rule: &Rule<Body>) -> Rule<Body> {
        Rule { condition: self.condition(&rule.condition), ..rule.clone() }
    }

    /// Depth is bounded by the grammar's nesting limit.
    pub(super) fn condition(&self, condition: &Condition) -> Condition {
        let each = |parts: &[Condition]| parts.iter().map(|part| self.condition(part)).collect();
        match condition {
            Condition::All(parts) => Condition::All(each(parts)),
            Condition::Any(parts) => Condition::Any(each(parts)),
            Condition::Not(part) => Condition::Not(Box::new(self.condition(part))),
            Condition::Defined(id) => Condition::Defined(self.definition(*id)),
            Condition::Test(test) => self.test(test),
        }
    }

    fn definition(&self, id: DefinitionId) -> DefinitionId {
        self.definitions[id.0 as usize]
    }

    fn fact(&self, fact: FactId) -> FactId {
        FactId(fact.0 + self.facts)
    }

    fn test(&self, test: &Test) -> Condition {
        match test.subject {
            Subject::Target(field) => {
                let field = match field {
                    TargetField::Fact(fact) => TargetField::Fact(self.fact(fact)),
                    field => field,
                };
                let predicate = match &test.predicate {
                    // A provider is known by its number.
                    Predicate::OneOfMembers(members) if field == TargetField::Provider => {
                        let own = members.iter().map(|member| MemberId(member.0 + self.providers));
                        Predicate::OneOfMembers(own.collect())
                    }
                    Predicate::OneOfTargets(targets) => {
                        Predicate::OneOfTargets(targets.iter().map(|target| self.target(*target)).collect())
                    }
                    Predicate::ComparesToFact(order, fact) => {
                        Predicate::ComparesToFact(*order, self.fact(*fact))
                    }
                    predicate => predicate.clone(),
                };
                Condition::Test(Test { subject: Subject::Target(field), predicate })
            }
            Subject::Attribute(id) => {
                let given = self.of_attribute(id, &test.predicate);
                let Some(absent) = self.own.absent.get(&id) else { return given };
                let absent = Condition::Test(Test {
                    subject: Subject::Attribute(*absent),
                    predicate: Predicate::IsTrue,
                });
                let default = self.of_default(id, &test.predicate);
                Condition::Any(vec![
                    Condition::All(vec![absent.clone(), default]),
                    Condition::All(vec![Condition::Not(Box::new(absent)), given]),
                ])
            }
        }
    }

    /// Of what counts where nothing is given.
    fn of_default(&self, id: AttributeId, predicate: &Predicate) -> Condition {
        let attribute = self.policy.schema.attribute(id);
        let value = attribute.default.clone().unwrap_or_else(|| attribute.value_type.empty_value());
        if let Predicate::ComparesToFact(order, fact) = predicate {
            let ways = self.by_value(*fact).into_iter().map(|(fact, targets)| {
                let holds = compares(&value, *order, &fact);
                Condition::All(vec![self.one_of(targets), constant(holds)])
            });
            return Condition::Any(ways.collect());
        }
        constant(holds(self.policy, &value, predicate))
    }

    fn of_attribute(&self, id: AttributeId, predicate: &Predicate) -> Condition {
        let test = |predicate: Predicate| {
            Condition::Test(Test { subject: Subject::Attribute(self.attribute(id)), predicate })
        };
        match predicate {
            Predicate::OneOfMembers(members) => {
                test(Predicate::OneOfMembers(members.iter().map(|member| self.member(id, *member)).collect()))
            }
            Predicate::NamesModel { .. } => {
                let texts = model_texts(self.policy, predicate);
                if texts.is_empty() { constant(false) } else { test(Predicate::OneOfTexts(texts)) }
            }
            Predicate::ComparesToFact(order, fact) => self.compared(id, *order, *fact),
            predicate => test(predicate.clone()),
        }
    }

    /// For each value that the fact has: the target is one of those, and the attribute's value stands so to it.
    fn compared(&self, id: AttributeId, order: Order, fact: FactId) -> Condition {
        let test = |predicate: Predicate| {
            Condition::Test(Test { subject: Subject::Attribute(self.attribute(id)), predicate })
        };
        let attribute_type = &self.policy.schema.attribute(id).value_type;
        if let Type::TextSet | Type::NamedSet(_) = attribute_type {
            return test(Predicate::ComparesToFact(order, self.fact(fact)));
        }
        let ways = self.by_value(fact).into_iter().map(|(value, targets)| {
            let stands = match (&value, attribute_type) {
                (Value::Member(_), Type::Named(named)) => {
                    let members = (0..named.members.len() as u32).map(MemberId);
                    let own = members.filter(|member| compares(&Value::Member(*member), order, &value));
                    test(Predicate::OneOfMembers(own.map(|member| self.member(id, member)).collect()))
                }
                (Value::Text(text), _) => test(Predicate::OneOfTexts(BTreeSet::from([text.clone()]))),
                (Value::Bool(true), _) => test(Predicate::IsTrue),
                (Value::Bool(false), _) => Condition::Not(Box::new(test(Predicate::IsTrue))),
                (value, _) => match number(value) {
                    Some(number) => test(Predicate::InIntervals(vec![interval(order, number)])),
                    None => constant(false),
                },
            };
            Condition::All(vec![self.one_of(targets), stands])
        });
        Condition::Any(ways.collect())
    }

    fn one_of(&self, targets: BTreeSet<TargetId>) -> Condition {
        let predicate = Predicate::OneOfTargets(targets);
        Condition::Test(Test { subject: Subject::Target(TargetField::Itself), predicate })
    }

    /// The own targets by the value of a fact.
    fn by_value(&self, fact: FactId) -> Vec<(Value, BTreeSet<TargetId>)> {
        let mut found: Vec<(Value, BTreeSet<TargetId>)> = Vec::new();
        for (value, target) in self.policy.facts[fact.0 as usize].values.iter().zip(self.targets.clone()) {
            match found.iter_mut().find(|(known, _)| known == value) {
                Some((_, targets)) => {
                    targets.insert(TargetId(target));
                }
                None => found.push((value.clone(), BTreeSet::from([TargetId(target)]))),
            }
        }
        found
    }
}

fn constant(holds: bool) -> Condition {
    if holds { Condition::All(Vec::new()) } else { Condition::Any(Vec::new()) }
}

fn names_model(policy: &Policy, name: &str, predicate: &Predicate) -> bool {
    let Predicate::NamesModel { aliases, targets, texts } = predicate else { return false };
    texts.contains(name)
        || match policy.catalogue.resolve(name) {
            Requested::Alias(alias) => aliases.contains(&alias),
            Requested::Targets(named) => named.iter().any(|target| targets.contains(target)),
            Requested::Nothing => false,
        }
}

/// Whether a test holds of a value.
fn holds(policy: &Policy, value: &Value, predicate: &Predicate) -> bool {
    match (predicate, value) {
        (Predicate::OneOfMembers(members), Value::Member(member)) => members.contains(member),
        (Predicate::OneOfTexts(texts), Value::Text(text)) => texts.contains(text),
        (Predicate::NamesModel { .. }, Value::Text(text)) => names_model(policy, text, predicate),
        (Predicate::Matches(pattern), Value::Text(text)) => pattern.is_match(text),
        (Predicate::IsTrue, Value::Bool(is_true)) => *is_true,
        (Predicate::Has(member), Value::Set(set)) => set.contains(member),
        (Predicate::IsEmpty, Value::Set(set)) => set.is_empty(),
        (Predicate::InIntervals(intervals), value) => {
            number(value).is_some_and(|number| intervals.iter().any(|one| one.contains(number)))
        }
        _ => false,
    }
}

fn compares(value: &Value, order: Order, fact: &Value) -> bool {
    match (value, fact) {
        (Value::Member(value), Value::Member(fact)) => stands(order, value.0.into(), fact.0.into()),
        (value, fact) => match (number(value), number(fact)) {
            (Some(value), Some(fact)) => stands(order, value, fact),
            _ => order == Order::Equal && value == fact,
        },
    }
}

fn stands(order: Order, value: i128, fact: i128) -> bool {
    match order {
        Order::Equal => value == fact,
        Order::Less => value < fact,
        Order::LessOrEqual => value <= fact,
        Order::Greater => value > fact,
        Order::GreaterOrEqual => value >= fact,
    }
}

fn interval(order: Order, fact: i128) -> Interval {
    let (low, high) = match order {
        Order::Equal => (Some(fact), Some(fact + 1)),
        Order::Less => (None, Some(fact)),
        Order::LessOrEqual => (None, Some(fact + 1)),
        Order::Greater => (Some(fact + 1), None),
        Order::GreaterOrEqual => (Some(fact), None),
    };
    Interval { low, high }
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Tokens(tokens) => Some(tokens.0.into()),
        Value::Money(amount) => Some(amount.0.into()),
        Value::Instant(instant) => Some(instant.0.into()),
        Value::Share(share) => Some(share.0.into()),
        Value::TimeOfDay(minute) => Some(minute.0.into()),
        _ => None,
    }
}

/// Whether two conditions of two policies say the same, by names: then so do classes and names that are made of them.
pub(super) fn are_same(old: (&Policy, &Condition), new: (&Policy, &Condition)) -> bool {
    let ((before, one), (after, other)) = (old, new);
    let each = |ones: &[Condition], others: &[Condition]| {
        ones.len() == others.len()
            && ones.iter().zip(others).all(|(one, other)| are_same((before, one), (after, other)))
    };
    match (one, other) {
        (Condition::All(ones), Condition::All(others)) | (Condition::Any(ones), Condition::Any(others)) => {
            each(ones, others)
        }
        (Condition::Not(one), Condition::Not(other)) => are_same((before, one), (after, other)),
        (Condition::Defined(one), Condition::Defined(other)) => {
            let of = |policy: &'_ Policy, id: &DefinitionId| policy.definitions[id.0 as usize].body.clone();
            match (of(before, one), of(after, other)) {
                (DefinitionBody::Define(one), DefinitionBody::Define(other)) => {
                    are_same((before, &one), (after, &other))
                }
                _ => false,
            }
        }
        (Condition::Test(one), Condition::Test(other)) => is_same_test((before, one), (after, other)),
        _ => false,
    }
}

fn is_same_test((before, one): (&Policy, &Test), (after, other): (&Policy, &Test)) -> bool {
    let (Subject::Attribute(old), Subject::Attribute(new)) = (one.subject, other.subject) else {
        return false;
    };
    let (known, known_too) = (before.schema.attribute(old), after.schema.attribute(new));
    let is_same_attribute = known.name == known_too.name
        && known.value_type == known_too.value_type
        && known.default == known_too.default
        && known.is_required == known_too.is_required;
    let is_known = match (super::both::is_classified(before, old), super::both::is_classified(after, new)) {
        (true, true) => are_same_classes((before, old), (after, new)),
        (false, false) => true,
        _ => false,
    };
    let is_same_predicate = match (&one.predicate, &other.predicate) {
        (Predicate::ComparesToFact(..), _) | (_, Predicate::ComparesToFact(..)) => false,
        // By what they name, not by the numbers of it.
        (Predicate::NamesModel { .. }, Predicate::NamesModel { .. }) => {
            model_texts(before, &one.predicate) == model_texts(after, &other.predicate)
        }
        (one, other) => one == other,
    };
    is_same_attribute && is_known && is_same_predicate
}

/// The texts in a caller's `model` that name what a test asks for.
fn model_texts(policy: &Policy, predicate: &Predicate) -> BTreeSet<String> {
    let catalogue = &policy.catalogue;
    let targets = catalogue.targets.iter();
    let mut names: BTreeSet<&String> =
        targets.flat_map(|target| [&target.name, &target.model, &target.remote]).collect();
    names.extend(catalogue.aliases.iter().map(|alias| &alias.name));
    if let Predicate::NamesModel { texts, .. } = predicate {
        names.extend(texts);
    }
    names.into_iter().filter(|name| names_model(policy, name, predicate)).cloned().collect()
}

/// Whether two attributes are classified in the same way.
pub(super) fn are_same_classes(
    (before, old): (&Policy, AttributeId),
    (after, new): (&Policy, AttributeId),
) -> bool {
    let of = |policy: &Policy, id: AttributeId| {
        policy.definitions.iter().find_map(|definition| match &definition.body {
            DefinitionBody::Classify { attribute, arms, otherwise } if *attribute == id => {
                Some((arms.clone(), *otherwise))
            }
            _ => None,
        })
    };
    let (Some((ones, one)), Some((others, other))) = (of(before, old), of(after, new)) else { return false };
    before.schema.attribute(old).value_type == after.schema.attribute(new).value_type
        && one == other
        && ones.len() == others.len()
        && ones.iter().zip(&others).all(|((condition, member), (same, as_member))| {
            member == as_member && are_same((before, condition), (after, same))
        })
}
