//! What is owed when a target is called. Of several rules of a kind the strictest counts.

use super::request::Request;
use crate::model::Policy;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::{Owed, RuleName};
use wayleave_program::plan::{LogLevel, Obligations, Place, Redaction};
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::Tokens;

pub(super) fn owed(policy: &Policy, request: &Request<'_>, target: TargetId) -> Owed {
    let flags = policy.flags.iter().filter(|flag| request.is_enforced(flag, Some(target)));
    let logs = policy.logs.iter().filter(|log| request.is_enforced(log, Some(target)));
    let obligations = Obligations {
        redact: redactions(policy, request, target),
        flag: flags.map(|flag| flag.name.clone()).collect(),
        cap: cap(policy, request, target),
        log: logs.map(|log| log.body.level).max().unwrap_or(LogLevel::Metadata),
    };
    Owed { target, obligations }
}

/// Redactions add up; originals are put back only if every rule that masks the prompt says so: what is masked in the
/// response alone has none.
fn redactions(policy: &Policy, request: &Request<'_>, target: TargetId) -> Vec<Redaction> {
    let mut masked: Vec<Redaction> = Vec::new();
    for rule in policy.redactions.iter().filter(|rule| request.is_enforced(rule, Some(target))) {
        let by = RuleName::Redact(rule.name.clone());
        for find in &rule.body.findings {
            match masked.iter_mut().find(|known| known.find == *find) {
                Some(known) => {
                    known.is_restored = match (known.place, rule.body.place) {
                        (_, Place::Response) => known.is_restored,
                        (Place::Response, _) => rule.body.is_restored,
                        _ => known.is_restored && rule.body.is_restored,
                    };
                    known.place = known.place.and(rule.body.place);
                    known.by.push(by.clone());
                }
                None => masked.push(Redaction {
                    find: find.clone(),
                    place: rule.body.place,
                    is_restored: rule.body.is_restored,
                    by: vec![by.clone()],
                }),
            }
        }
    }
    masked
}

/// The lowest cap, where it is below what was asked, or nothing was asked and a rule caps.
fn cap(policy: &Policy, request: &Request<'_>, target: TargetId) -> Option<u64> {
    let Tokens(own) = policy.catalogue.target(target).output;
    let Tokens(asked) = request.tokens(BuiltIn::RequestOutput);
    let rules = policy.caps.iter().filter(|cap| request.is_enforced(cap, Some(target)));
    let ruled = rules.map(|cap| cap.body.tokens).min();
    let lowest = ruled.map_or(own, |ruled| ruled.min(own));
    match asked {
        0 => ruled.map(|_| lowest),
        asked => (lowest < asked).then_some(lowest),
    }
}
