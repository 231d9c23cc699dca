//! One request under one policy: every attribute's value, classes and the window computed, the named model resolved.

use super::truth::Truth;
use crate::model::{ArmOutcome, Condition, DefinitionBody, Policy, Predicate, RouteBody, Subject};
use std::borrow::Cow;
use std::collections::BTreeSet;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::schema::{AttributeId, BuiltIn, Origin};
use wayleave_program::value::{Tokens, Value};

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
        let value = |id| Some(attributes.value(&policy.schema, id));
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

    /// `tokens` plus the greater of `output` and 1.
    fn window(&self) -> Option<Tokens> {
        let input = self.known_tokens(BuiltIn::RequestTokens)?;
        let output = self.known_tokens(BuiltIn::RequestOutput)?;
        Some(Tokens(input.0.saturating_add(output.0.max(1))))
    }

    /// The class of the first arm that holds, if that can be told.
    fn class(
        &self,
        arms: &[(Condition, wayleave_program::value::MemberId)],
        otherwise: wayleave_program::value::MemberId,
    ) -> Option<Value> {
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

/// The attributes that matter to some decision under a policy, ascending. Those of a classification count only where the
/// class does; what eligibility, `requested` and dates read counts always.
pub(super) fn reads(policy: &Policy) -> Vec<AttributeId> {
    let always = [
        BuiltIn::RequestApi,
        BuiltIn::RequestModel,
        BuiltIn::RequestNeeds,
        BuiltIn::RequestTokens,
        BuiltIn::RequestOutput,
        BuiltIn::TimeNow,
    ];
    let mut reads: BTreeSet<AttributeId> = always.into_iter().map(BuiltIn::id).collect();
    let mut pending: Vec<&Condition> = Vec::new();
    pending.extend(policy.approvals.iter().map(|rule| &rule.condition));
    pending.extend(policy.denials.iter().map(|rule| &rule.condition));
    pending.extend(policy.prohibitions.iter().map(|rule| &rule.condition));
    for route in &policy.routes {
        pending.push(&route.condition);
        if let RouteBody::Arms(arms) = &route.body {
            pending.extend(arms.iter().map(|arm| &arm.condition));
            debug_assert!(
                arms.iter().all(|arm| matches!(arm.outcome, ArmOutcome::Plan(_) | ArmOutcome::Deny(_)))
            );
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(condition) = pending.pop() {
        for id in condition.definitions() {
            if let DefinitionBody::Define(body) = &policy.definitions[id.0 as usize].body
                && seen.insert(id)
            {
                pending.push(body);
            }
        }
        for test in condition.tests() {
            let Subject::Attribute(id) = test.subject else { continue };
            debug_assert!(!matches!(test.predicate, Predicate::OneOfTargets(_)));
            if reads.insert(id) && policy.schema.attribute(id).origin == Origin::Classified {
                pending.extend(class_conditions(policy, id));
            }
        }
    }
    reads.remove(&BuiltIn::RequestWindow.id());
    reads.retain(|id| policy.schema.attribute(*id).origin != Origin::Classified);
    reads.into_iter().collect()
}

fn class_conditions(policy: &Policy, id: AttributeId) -> Vec<&Condition> {
    let arms = policy.definitions.iter().find_map(|definition| match &definition.body {
        DefinitionBody::Classify { attribute, arms, .. } if *attribute == id => Some(arms),
        _ => None,
    });
    arms.into_iter().flatten().map(|(condition, _)| condition).collect()
}
