//! Which requests may be sent to a target, held against deciding every request of small policies for many draws.

use crate::small;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_compiler::model::{Condition, RouteBody, RouteId};
use wayleave_compiler::proof::access::{Access, Asked, Way, access};
use wayleave_compiler::proof::serving::{Serving, serving};
use wayleave_compiler::proof::silently;
use wayleave_compiler::{Options, Policy, Sources, check, spec};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::{Decision, Outcome, RuleName};
use wayleave_program::document::read_request;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{DEFAULT_NOW, Instant, Share, Value};

/// What was compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Policies.
    pub policies: u64,
    /// Requests and targets.
    pub asked: u64,
    /// Of those, how many may be sent.
    pub sent: u64,
    /// Requests of answers that turn some away.
    pub turned_away: u64,
}

/// Draws that fall into every part of every share that is written.
const DRAWS: [u64; 8] = [0, 120_000, 250_000, 380_000, 450_000, 550_000, 650_000, 900_000];

fn sound(text: &str) -> Option<Arc<Policy>> {
    check(&Sources::single("main.route", text), &Options { as_of: DEFAULT_NOW }).policy
}

/// A condition in words, as the policy reads it.
fn read(text: &str, words: &str) -> Option<(Arc<Policy>, Condition)> {
    let words = if words == "always" { "(caller.id is \"\" or caller.id is not \"\")" } else { words };
    let policy = sound(&format!("{text}flag the-flag when {words}\n"))?;
    let flag = policy.flags.iter().find(|flag| flag.name == "the-flag")?;
    let condition = flag.condition.clone();
    Some((policy, condition))
}

/// A condition, and the policy that can ask it.
type ReadBack = (Arc<Policy>, Condition);

/// One answer that leads to a target, as it is read back.
struct Read<'a> {
    way: &'a Way,
    all: ReadBack,
    /// The grants that are to be held, and what holds then.
    parts: Vec<(BTreeSet<String>, Vec<ReadBack>)>,
}

impl<'a> Read<'a> {
    fn of(text: &str, policy: &Policy, way: &'a Way) -> Option<Read<'a>> {
        let mut parts = Vec::new();
        for part in &way.parts {
            let grants = part.grants.iter().map(|one| policy.requirements[*one as usize].name.clone());
            let when: Option<Vec<_>> = part.when.iter().map(|words| read(text, words)).collect();
            parts.push((grants.collect(), when?));
        }
        Some(Read { way, all: read(text, &way.all)?, parts })
    }

    fn holds(&self, policy: &Policy, request: &Attributes, denies: &BTreeSet<&str>) -> bool {
        let is_so = |(policy, condition): &ReadBack| spec::holds(policy, condition, request);
        let granted = match request.get(BuiltIn::Granted.id()) {
            Some(Value::Set(names)) => names.clone(),
            _ => BTreeSet::new(),
        };
        let denied =
            self.way.unless.iter().any(|number| denies.contains(policy.denials[*number].name.as_str()));
        let some = |(grants, when): &(BTreeSet<String>, Vec<ReadBack>)| {
            grants.is_subset(&granted) && when.iter().any(is_so)
        };
        !denied && is_so(&self.all) && self.parts.iter().any(some)
    }
}

/// Every decision on a request, for draws that tell shares apart.
fn decisions(policy: &Arc<Policy>, request: &Attributes) -> Vec<Decision> {
    let with = |change: &dyn Fn(&mut Attributes)| {
        let mut own = request.clone();
        change(&mut own);
        spec::decide(policy, &own)
    };
    let mut all = vec![with(&|_| {})];
    all.extend(DRAWS.iter().map(|draw| with(&|own| own.set(BuiltIn::Draw.id(), Value::Share(Share(*draw))))));
    all
}

fn is_sent(decision: &Decision, target: TargetId) -> bool {
    decision.candidates().any(|(candidate, _)| candidate == target) || decision.shadow.contains(&target)
}

/// Compares what is said of a policy's targets with what becomes of its requests.
///
/// # Errors
/// With the policy and the request of which something else is said.
pub fn compare(seed: u64) -> Result<Tally, String> {
    let small = small::policy(seed);
    let Some(policy) = sound(&small.text) else { return Ok(Tally::default()) };
    let mut tally = Tally { policies: 1, ..Tally::default() };
    let targets: Vec<TargetId> = policy.catalogue.target_ids().collect();
    let asked = Asked { targets: &targets, of: None, from: DEFAULT_NOW };
    let found = access(&policy, asked, &silently);
    let problem = |what: String| Err(format!("seed {seed}: {what}\n{}", small.text));
    let mut read_back = Vec::new();
    for one in &found {
        let ways: Option<Vec<Read<'_>>> =
            one.ways.iter().map(|way| Read::of(&small.text, &policy, way)).collect();
        let able = read(&small.text, &one.able);
        let (Some(ways), Some(able)) = (ways, able) else {
            return problem(format!("what is said of it cannot be read: {one:#?}"));
        };
        read_back.push((one, ways, able));
    }
    let routes = (0..policy.routes.len() as u32).map(RouteId).collect();
    let mut answers = Vec::new();
    for one in serving(&policy, &routes, DEFAULT_NOW, &silently) {
        // Grants are no part of the language: what names them is left to the other comparison.
        let is_readable = !one.turned_away.when.iter().any(|words| words.contains("granted"));
        let when = one.turned_away.when.iter().filter(|_| is_readable).map(|words| read(&small.text, words));
        let Some(when) = when.collect::<Option<Vec<_>>>() else {
            return problem(format!("what is said of it cannot be read: {one:#?}"));
        };
        answers.push((one, is_readable.then_some(when)));
    }
    let able: BTreeMap<TargetId, ReadBack> =
        read_back.iter().map(|(one, _, able)| (one.target, able.clone())).collect();
    for document in small.requests() {
        let request = read_request(&policy.schema, &document).map_err(|errors| format!("{errors:?}"))?;
        let is_past = matches!(request.get(BuiltIn::TimeNow.id()), Some(Value::Instant(Instant(at))) if *at < DEFAULT_NOW.0);
        let all = decisions(&policy, &request);
        if is_past || all.iter().any(|decision| decision.outcome == Outcome::Limited) {
            continue;
        }
        let denies: BTreeSet<&str> = all[0]
            .reasons
            .iter()
            .filter_map(|reason| match &reason.by {
                RuleName::Deny(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        for (one, ways, (able_policy, able)) in &read_back {
            let is_able = spec::holds(able_policy, able, &request);
            let said = is_able && ways.iter().any(|way| way.holds(&policy, &request, &denies));
            let sent = all.iter().any(|decision| is_sent(decision, one.target));
            tally.asked += 1;
            tally.sent += u64::from(sent);
            if said != sent {
                let word = if sent { "may" } else { "may not" };
                let name = &policy.catalogue.target(one.target).name;
                return problem(format!("{document} {word} be sent to {name}, and it is said: {one:#?}"));
            }
        }
        tally.turned_away += turned_away(&policy, &answers, &able, &request, &all)
            .map_err(|what| format!("seed {seed}: {document} {what}\n{}", small.text))?;
    }
    named(&policy, &found).map(|()| tally)
}

/// An answer, and when it is said to turn requests away; none where that cannot be read back.
type Answer = (Serving, Option<Vec<ReadBack>>);

/// Whether a request that is turned away is said to be; one if it is.
fn turned_away(
    policy: &Policy,
    answers: &[Answer],
    able: &BTreeMap<TargetId, ReadBack>,
    request: &Attributes,
    all: &[Decision],
) -> Result<u64, String> {
    let Some(route) = &all[0].route else { return Ok(0) };
    let of = |(one, _): &&Answer| policy.routes[one.route.0 as usize].name == *route && one.arm == all[0].arm;
    let Some((answer, when)) = answers.iter().find(of) else {
        return Err("has an answer that is not told".to_owned());
    };
    let has_plan = match (&policy.routes[answer.route.0 as usize].body, answer.arm) {
        (RouteBody::Arms(arms), Some(arm)) => arms[arm as usize].outcome.plan().is_some(),
        _ => true,
    };
    let Some(when) = when.as_ref().filter(|_| has_plan) else { return Ok(0) };
    let nobody = all.iter().any(|decision| decision.plan.is_empty());
    let said = when.iter().any(|(policy, condition)| spec::holds(policy, condition, request));
    // What nobody of a plan is able to take is not told.
    let lost = all.iter().filter(|decision| decision.plan.is_empty()).flat_map(|decision| &decision.removed);
    let could = lost.clone().any(|removed| {
        able.get(&removed.target).is_some_and(|(policy, condition)| spec::holds(policy, condition, request))
    });
    match (!said || nobody) && (said || !could) {
        true => Ok(u64::from(nobody)),
        false => Err(format!("is turned away: {nobody}; it is said: {:?}", answer.turned_away)),
    }
}

/// Each part has a request that shows it.
fn named(policy: &Arc<Policy>, found: &[Access]) -> Result<(), String> {
    for one in found {
        for (way, part) in one.ways.iter().flat_map(|way| way.parts.iter().map(move |part| (way, part))) {
            let Some(request) = &part.request else { return Err(format!("nothing shows {way:#?}")) };
            if !decisions(policy, request).iter().any(|decision| is_sent(decision, one.target)) {
                return Err(format!("{request:?} does not show {way:#?}"));
            }
        }
    }
    Ok(())
}
