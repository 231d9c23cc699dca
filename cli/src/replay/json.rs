//! What a log shows of a policy, for programs.

use super::tally::{Change, Changed, Example, Part};
use super::{Replayed, told};
use crate::output::moment;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wayleave_compiler::diagnostic::render::JSON_VERSION;

/// All of it.
pub(crate) fn json(replayed: &Replayed) -> Value {
    let (asked, tally) = (&replayed.asked, &replayed.tally);
    let changes = told::changes(replayed);
    let change = |(change, changed): &(&Change, &Changed)| json!({"kinds": change.kinds, "from": change.from, "to": change.to, "requests": changed.count});
    let part =
        |(name, part): (&str, Part)| json!({"name": name, "different": part.different, "requests": part.all});
    let parts =
        |all: &BTreeMap<String, Part>| -> Vec<Value> { told::parts(all).into_iter().map(part).collect() };
    let reasons = |all: &BTreeMap<String, u64>| -> Vec<Value> {
        all.iter().map(|(reason, count)| json!({"reason": reason, "requests": count})).collect()
    };
    let targets = told::targets(replayed);
    let cost = &tally.cost;
    json!({
        "version": JSON_VERSION,
        "policy": asked.new.policy.fingerprint().policy,
        "against": asked.old.as_ref().map(|old| old.policy.fingerprint().policy.clone()),
        "requests": {
            "read": tally.read,
            "replayed": tally.replayed,
            "different": tally.different,
            "refused": reasons(&tally.refused),
            "not_replayable": reasons(&tally.not_replayable),
        },
        "period": tally.period.map(|(first, last)| json!({"from": moment(first), "to": moment(last)})),
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
        "teams": parts(&tally.teams),
        "routes": parts(&tally.routes),
        "targets": targets.iter().map(|(name, [before, after])| {
            json!({"name": name, "before": before, "after": after})
        }).collect::<Vec<_>>(),
        "cost": {
            "requests": cost.requests,
            "before_usd": dollars(cost.before),
            "after_usd": dollars(cost.after),
            "without_price": cost.unpriced,
            "not_answered": cost.not_answered,
        },
        "examples": changes
            .iter()
            .take(told::EXAMPLES)
            .map(|(change, changed)| example(change, &changed.example))
            .collect::<Vec<_>>(),
        "notes": told::notes(replayed),
    })
}

fn example(change: &Change, example: &Example) -> Value {
    let decided = |(outcome, lines): &(String, Vec<String>)| json!({"decision": outcome, "lines": lines});
    json!({
        "id": example.id,
        "at": moment(example.at_ms),
        "caller": example.caller,
        "team": example.team,
        "kinds": change.kinds,
        "was": decided(&example.was),
        "is": decided(&example.is),
    })
}

/// Micros of a dollar times a million, as dollars.
fn dollars(amount: u128) -> f64 {
    let micros = amount / 1_000_000;
    // Written out first: no number of micros is too long for that.
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000).parse().unwrap_or_default()
}
