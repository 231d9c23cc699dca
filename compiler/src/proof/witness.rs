//! From the classes of a request to a document on which `decide` shows the same: what is required is written out, and draws
//! are chosen so that they fall as they have to.

use crate::decision::Compiled;
use crate::model::{Policy, RouteBody, Who};
use crate::spec;
use std::collections::BTreeSet;
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::Decision;
use wayleave_program::document::{read_request, write_request};
use wayleave_program::schema::{AttributeId, BuiltIn, Inspected, Origin, Type};
use wayleave_program::value::{Share, Value};

/// All of what can be drawn.
const WHOLE: u64 = 1_000_000;

/// So many callers are looked at for one whose draws all fall as they have to.
const CALLERS: u32 = 3_000;

/// The request that shows it, and what is decided on it; none where no draws do. `shows`: whether a request and the decision
/// on it are what is claimed.
pub(crate) fn shown(
    program: &Compiled,
    request: &Attributes,
    shows: &dyn Fn(&Attributes, &Decision) -> bool,
) -> Option<(Attributes, Decision)> {
    let policy = &**program.policy();
    let request = written_out(policy, request);
    let tried = |request: Attributes| {
        let decision = decide(program, &request);
        shows(&request, &decision).then_some((request, decision))
    };
    if let Some(found) = tried(request.clone()) {
        return Some(found);
    }
    let by = drawn_by(policy);
    if by.is_empty() {
        return None;
    }
    // One draw in place of all is the plainest.
    for share in boundaries(policy) {
        let mut with = request.clone();
        with.set(BuiltIn::Draw.id(), Value::Share(Share(share)));
        if let Some(found) = tried(with) {
            return Some(found);
        }
    }
    (1..=CALLERS).find_map(|number| {
        let mut with = request.clone();
        for id in &by {
            with.set(*id, Value::Text(number.to_string()));
        }
        tried(with)
    })
}

/// What is decided, which is what the meaning says.
fn decide(program: &Compiled, request: &Attributes) -> Decision {
    let schema = &program.policy().schema;
    let is_of_system =
        |id: &AttributeId| matches!(schema.attribute(*id).origin, Origin::Findings(Inspected::System, _));
    // As it is read from a document: what is found in the system prompt is found in the prompt.
    let read = schema
        .ids()
        .filter(is_of_system)
        .any(|id| request.get(id).is_some())
        .then(|| read_request(schema, &write_request(schema, request)));
    let request = read.as_ref().and_then(|read| read.as_ref().ok()).unwrap_or(request);
    let decision = program.decide(request);
    debug_assert_eq!(decision, spec::decide(program.policy(), request), "the program decides by the letter");
    decision
}

/// The same with as few attributes as still show it.
pub(crate) fn plainest(
    program: &Compiled,
    mut request: Attributes,
    mut decision: Decision,
    shows: &dyn Fn(&Attributes, &Decision) -> bool,
) -> (Attributes, Decision) {
    let policy = &**program.policy();
    let together = written_together(policy);
    let mut is_plainer = true;
    while std::mem::take(&mut is_plainer) {
        for ids in &together {
            if ids.iter().all(|id| request.get(*id).is_none()) {
                continue;
            }
            let mut less = Attributes::new(&policy.schema);
            for other in policy.schema.ids().filter(|other| !ids.contains(other)) {
                if let Some(value) = request.get(other) {
                    less.set(other, value.clone());
                }
            }
            let decided = decide(program, &less);
            if shows(&less, &decided) {
                (request, decision, is_plainer) = (less, decided, true);
            } else if !ids.iter().any(draws)
                && let Some((with, decided)) = shown(program, &less, shows)
                && adds_draws_alone(policy, &less, &with)
            {
                let less = with;
                (request, decision, is_plainer) = (less, decided, true);
            }
        }
    }
    (request, decision)
}

/// What could be left out: each attribute, and all that is found in one text, which a document writes in one place.
fn written_together(policy: &Policy) -> Vec<Vec<AttributeId>> {
    let schema = &policy.schema;
    let mut together: Vec<Vec<AttributeId>> =
        schema.ids().filter(|id| !schema.attribute(*id).is_required).map(|id| vec![id]).collect();
    for of in [Inspected::Prompt, Inspected::System] {
        let is_found = |id: &AttributeId| matches!(&schema.attribute(*id).origin, Origin::Findings(text, _) if *text == of);
        let found: Vec<AttributeId> = schema.ids().filter(is_found).collect();
        if found.len() > 1 {
            together.push(found);
        }
    }
    together
}

/// Whether an attribute says nothing but how draws fall.
fn draws(id: &AttributeId) -> bool {
    [BuiltIn::Draw, BuiltIn::RequestId].iter().any(|of| of.id() == *id)
}

/// Whether a request says nothing that another does not, but for how draws fall.
fn adds_draws_alone(policy: &Policy, less: &Attributes, with: &Attributes) -> bool {
    let is_more = |id: &AttributeId| with.get(*id).is_some() && less.get(*id).is_none();
    policy.schema.ids().filter(is_more).all(|id| draws(&id))
}

/// With what a request document has to say.
fn written_out(policy: &Policy, request: &Attributes) -> Attributes {
    let schema = &policy.schema;
    let mut written = request.clone();
    for id in schema.ids() {
        let attribute = schema.attribute(id);
        if attribute.is_required && request.get(id).is_none() {
            written.set(id, request.value(schema, id).into_owned());
        }
        // In a given text nobody looks for what is not found.
        let of_texts = |inspected: Inspected| request.get(inspected.texts().id()).is_some();
        if let Origin::Findings(inspected, _) = attribute.origin
            && of_texts(inspected)
            && request.get(id).is_none()
        {
            written.set(id, Value::Set(BTreeSet::new()));
        }
    }
    written
}

/// The attributes of texts that draws go by.
fn drawn_by(policy: &Policy) -> BTreeSet<AttributeId> {
    let mut by: BTreeSet<AttributeId> = policy
        .migrations
        .iter()
        .map(|migration| migration.sticky.unwrap_or(BuiltIn::RequestId.id()))
        .collect();
    for stage in
        policy.routes.iter().flat_map(|route| RouteBody::plans(&route.body)).flat_map(|plan| &plan.stages)
    {
        if let Who::Split(attribute, _) = &stage.who {
            by.insert(attribute.unwrap_or(BuiltIn::RequestId.id()));
        }
    }
    if !by.is_empty() {
        by.insert(BuiltIn::RequestId.id());
    }
    by.retain(|id| policy.schema.attribute(*id).value_type == Type::Text);
    by
}

/// Draws of which each falls differently from the one before, and some more.
pub(crate) fn boundaries(policy: &Policy) -> BTreeSet<u64> {
    let mut shares: BTreeSet<u64> = (0..WHOLE).step_by(10_000).collect();
    for migration in &policy.migrations {
        shares.extend(migration.ramp.iter().map(|(_, share)| share.0));
        shares.extend(migration.shadow.map(|(share, _)| share.0));
    }
    for stage in
        policy.routes.iter().flat_map(|route| RouteBody::plans(&route.body)).flat_map(|plan| &plan.stages)
    {
        if let Who::Split(_, members) = &stage.who {
            let mut end = 0;
            for (share, _) in members {
                end += share.0;
                shares.insert(end);
            }
        }
    }
    let below: BTreeSet<u64> = shares.iter().filter_map(|share| share.checked_sub(1)).collect();
    shares.extend(below);
    shares.retain(|share| *share < WHOLE);
    shares
}
