//! One request under one policy: every attribute's value, classes and the window computed, the named model resolved.

use super::truth::Truth;
use crate::model::{Condition, DefinitionBody, Period, Policy, Rule};
use std::borrow::Cow;
use std::collections::BTreeSet;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::schema::{AttributeId, BuiltIn, Origin};
use wayleave_program::value::{Instant, MemberId, Tokens, Value};

/// A request as the conditions of a policy see it.
pub(super) struct Request<'a> {
    pub(super) policy: &'a Policy,
    /// Indexed by attribute; none where it is not known.
    values: Vec<Option<Cow<'a, Value>>>,
    requested: Option<Requested>,
    /// Indexed by definition: those that do not test the target; `Maybe` for the others.
    definitions: Vec<Truth>,
}

impl<'a> Request<'a> {
    /// What is not given counts as its default.
    pub(super) fn known(policy: &'a Policy, attributes: &'a Attributes) -> Request<'a> {
        // Without a given draw each draw is made, so this one has no default.
        let value = |id| match id == BuiltIn::Draw.id() {
            true => attributes.get(id).map(Cow::Borrowed),
            false => {
                looked_for(policy, attributes, id).or_else(|| Some(attributes.value(&policy.schema, id)))
            }
        };
        Request::new(policy, attributes, value)
    }

    /// What is not given may be anything.
    pub(super) fn partly_known(policy: &'a Policy, attributes: &'a Attributes) -> Request<'a> {
        Request::new(policy, attributes, |id| attributes.get(id).map(Cow::Borrowed))
    }

    fn new(
        policy: &'a Policy,
        attributes: &'a Attributes,
        value: impl Fn(AttributeId) -> Option<Cow<'a, Value>>,
    ) -> Request<'a> {
        let values: Vec<Option<Cow<'a, Value>>> = policy.schema.ids().map(value).collect();
        let mut request = Request { policy, values, requested: None, definitions: Vec::new() };
        request.set(BuiltIn::RequestWindow.id(), request.window().map(Value::Tokens));
        let local = request.now().map(|now| policy.schema.zone.local(now));
        request.set(BuiltIn::TimeOfDay.id(), local.map(|local| Value::TimeOfDay(local.minute)));
        let weekday = local.map(|local| Value::Member(MemberId(local.weekday)));
        request.set(BuiltIn::TimeWeekday.id(), weekday);
        if let Some(Value::Text(model)) = request.value(BuiltIn::RequestModel.id()).as_deref() {
            request.requested = Some(policy.catalogue.resolve(model));
        }
        for definition in &policy.definitions {
            let truth = match &definition.body {
                DefinitionBody::Define(_) if definition.tests_target => Truth::Maybe,
                DefinitionBody::Define(condition) => request.truth(condition, None),
                DefinitionBody::Classify { attribute, arms, otherwise } => {
                    if attributes.get(*attribute).is_none() {
                        let class = request.class(arms, *otherwise);
                        request.set(*attribute, class);
                    }
                    Truth::Maybe
                }
            };
            request.definitions.push(truth);
        }
        request
    }

    fn set(&mut self, id: AttributeId, value: Option<Value>) {
        self.values[id.0 as usize] = value.map(Cow::Owned);
    }

    /// The request's time, where it is known.
    pub(super) fn now(&self) -> Option<Instant> {
        match self.value(BuiltIn::TimeNow.id()).as_deref() {
            Some(Value::Instant(now)) => Some(*now),
            _ => None,
        }
    }

    /// What was found in the prompt, of which the system prompt is a part, as far as some rule asks for it.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for id in self.policy.schema.ids() {
            if let (Origin::Findings(..), Some(Value::Set(names))) =
                (&self.policy.schema.attribute(id).origin, self.value(id).as_deref())
            {
                found.extend(names.iter().cloned());
            }
        }
        found.into_iter().collect()
    }

    /// Whether a rule is in force and holds.
    pub(super) fn rule<B>(&self, rule: &Rule<B>, target: Option<TargetId>) -> Truth {
        match self.in_force(rule.period) {
            Truth::True => self.truth(&rule.condition, target),
            Truth::False => Truth::False,
            Truth::Maybe => match self.truth(&rule.condition, target) {
                Truth::False => Truth::False,
                Truth::True | Truth::Maybe => Truth::Maybe,
            },
        }
    }

    /// Whether a rule holds and is not only tried. All attributes are known.
    pub(super) fn is_enforced<B>(&self, rule: &Rule<B>, target: Option<TargetId>) -> bool {
        !rule.is_tried && self.rule(rule, target) == Truth::True
    }

    /// Whether a period has begun and not ended at the request's time.
    fn in_force(&self, period: Period) -> Truth {
        if period == Period::default() {
            return Truth::True;
        }
        let Some(now) = self.now() else { return Truth::Maybe };
        Truth::of(period.from.is_none_or(|from| from <= now) && period.until.is_none_or(|until| now < until))
    }

    /// `tokens` plus the greater of `output` and 1.
    fn window(&self) -> Option<Tokens> {
        let input = self.known_tokens(BuiltIn::RequestTokens)?;
        let output = self.known_tokens(BuiltIn::RequestOutput)?;
        Some(Tokens(input.0.saturating_add(output.0.max(1))))
    }

    /// The class of the first arm that holds, if that can be told.
    fn class(&self, arms: &[(Condition, MemberId)], otherwise: MemberId) -> Option<Value> {
        for (condition, member) in arms {
            match self.truth(condition, None) {
                Truth::True => return Some(Value::Member(*member)),
                Truth::Maybe => return None,
                Truth::False => {}
            }
        }
        Some(Value::Member(otherwise))
    }

    /// The value, if it is known.
    pub(super) fn value(&self, id: AttributeId) -> Option<Cow<'_, Value>> {
        self.values[id.0 as usize].as_ref().map(|value| Cow::Borrowed(value.as_ref()))
    }

    /// What the caller's `model` means; nothing where it is not known.
    pub(super) fn requested(&self) -> &Requested {
        self.requested.as_ref().unwrap_or(&Requested::Nothing)
    }

    /// Whether it is known which model is asked for.
    pub(super) fn knows_model(&self) -> bool {
        self.requested.is_some()
    }

    /// The truth of a definition that does not test the target.
    pub(super) fn definition(&self, index: usize) -> Truth {
        self.definitions.get(index).copied().unwrap_or(Truth::Maybe)
    }

    /// Whether a condition holds. All attributes are known, so this is never in doubt.
    pub(super) fn holds(&self, condition: &Condition, target: Option<TargetId>) -> bool {
        let truth = self.truth(condition, target);
        debug_assert_ne!(truth, Truth::Maybe, "every condition is true or false of a known request");
        truth == Truth::True
    }

    fn known_tokens(&self, attribute: BuiltIn) -> Option<Tokens> {
        match self.value(attribute.id()).as_deref() {
            Some(Value::Tokens(tokens)) => Some(*tokens),
            _ => None,
        }
    }

    /// A count; 0 where it is not known.
    pub(super) fn tokens(&self, attribute: BuiltIn) -> Tokens {
        self.known_tokens(attribute).unwrap_or_default()
    }

    /// A text; empty where it is not known.
    pub(super) fn text(&self, attribute: BuiltIn) -> String {
        match self.value(attribute.id()).as_deref() {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// What a target must support: what the request needs, and the kind of its api.
    pub(super) fn capabilities(&self) -> Vec<String> {
        let api = self.policy.schema.attribute(BuiltIn::RequestApi.id());
        let is_embeddings = match (&api.value_type, self.value(BuiltIn::RequestApi.id()).as_deref()) {
            (wayleave_program::schema::Type::Named(named), Some(Value::Member(member))) => {
                named.name_of(*member) == "embeddings"
            }
            _ => false,
        };
        let mut capabilities = vec![if is_embeddings { "embeddings" } else { "chat" }.to_owned()];
        if let Some(Value::Set(needs)) = self.value(BuiltIn::RequestNeeds.id()).as_deref() {
            capabilities.extend(needs.iter().cloned());
        }
        capabilities
    }
}

/// What a detector finds in the texts that are known, where nobody has supplied its findings.
fn looked_for<'a>(policy: &Policy, attributes: &Attributes, id: AttributeId) -> Option<Cow<'a, Value>> {
    let Origin::Findings(inspected, detector) = policy.schema.attribute(id).origin else { return None };
    if attributes.get(id).is_some() {
        return None;
    }
    let Some(Value::Parts(parts)) = attributes.get(inspected.texts().id()) else { return None };
    let found = parts.iter().flat_map(|part| policy.find(detector, part)).collect();
    Some(Cow::Owned(Value::Set(found)))
}
