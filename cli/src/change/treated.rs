//! In what the decisions on one request differ beside who is asked: what is masked, kept, capped and counted, and how long and how
//! often somebody is tried.

use super::Compared;
use crate::duration;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::Policy;
use wayleave_compiler::change::Shown;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::{Decision, Outcome};
use wayleave_program::plan::{Obligations, Place};

/// What is said, by what it is about.
type Said = BTreeMap<String, String>;

/// `log: metadata → full`, `limit per-caller: 120 requests per 1min → 60 requests per 1min`; of those who are asked by both.
/// Empty where one of them goes nowhere.
pub(super) fn differences(compared: &Compared, shown: &Shown) -> Vec<String> {
    let (Some((_, old)), Some((_, new))) = (&shown.old, &shown.new) else { return Vec::new() };
    if [old, new].iter().any(|decision| decision.outcome != Outcome::Route) {
        return Vec::new();
    }
    let (before, after) = (of_targets(old, &compared.old.policy), of_targets(new, &compared.new.policy));
    // In what, for whom.
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    let mut both = 0;
    for (target, own) in &before {
        let Some(other) = after.get(target) else { continue };
        both += 1;
        for row in rows(own, other) {
            match found.iter_mut().find(|(known, _)| *known == row) {
                Some((_, targets)) => targets.push(target),
                None => found.push((row, vec![target])),
            }
        }
    }
    let of_targets = found.into_iter().map(|(row, targets)| match targets.len() == both {
        true => row,
        false => format!("{row}, for {}", targets.join(" and ")),
    });
    let all = rows(&of_all(old, &compared.old.policy), &of_all(new, &compared.new.policy));
    of_targets.chain(all).collect()
}

fn rows(before: &Said, after: &Said) -> Vec<String> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let row = |what: &String| match (before.get(what), after.get(what)) {
        (Some(was), Some(is)) => (was != is).then(|| format!("{what}: {was} → {is}")),
        (Some(was), None) => Some(format!("{what}: {was} → gone")),
        (None, is) => is.map(|is| format!("{what}: new: {is}")),
    };
    all.into_iter().filter_map(row).collect()
}

/// What holds for each of those who are asked, by name.
fn of_targets(decision: &Decision, policy: &Policy) -> BTreeMap<String, Said> {
    let name = |target: TargetId| policy.catalogue.target(target).name.clone();
    let mut said: BTreeMap<String, Said> =
        decision.obligations.iter().map(|one| (name(one.target), owed(&one.obligations))).collect();
    for (target, within) in decision.candidates() {
        if let Some(within) = within {
            said.entry(name(target)).or_default().insert("within".to_owned(), duration::write(within));
        }
    }
    said
}

/// What holds whoever is asked.
fn of_all(decision: &Decision, policy: &Policy) -> Said {
    let mut said = Said::new();
    for name in &decision.counters {
        let counter = policy.counters.iter().find(|counter| counter.rule_name() == *name);
        let text = counter.map(|counter| policy.sources().one_line(counter.span)).unwrap_or_default();
        let (_, amount) = text.split_once(':').unwrap_or(("", "counts it"));
        said.insert(name.to_string(), amount.trim().to_owned());
    }
    let backoff = decision.backoff_ms;
    let failover: Vec<String> = decision.failover.iter().map(|class| class.name()).collect();
    let tries = [
        ("retry", (decision.retry > 0).then(|| decision.retry.to_string())),
        (
            "backoff",
            backoff.map(|(least, most)| format!("{}..{}", duration::write(least), duration::write(most))),
        ),
        ("hedge after", decision.hedge_ms.map(duration::write)),
        ("deadline", decision.deadline_ms.map(duration::write)),
        ("failover on", (!failover.is_empty()).then(|| failover.join(", "))),
    ];
    said.extend(tries.into_iter().filter_map(|(what, words)| Some((what.to_owned(), words?))));
    said
}

fn owed(obligations: &Obligations) -> Said {
    let place = |place: Place| match place {
        Place::Prompt => "in the prompt",
        Place::Response => "in the answer",
        Place::Both => "in the prompt and the answer",
    };
    let masked = obligations.redact.iter().map(|one| {
        let restored = if one.is_restored { ", put back" } else { "" };
        (format!("redact {}", one.find), format!("{}{restored}", place(one.place)))
    });
    let flags = obligations.flag.iter().map(|flag| (format!("flag {flag}"), "raised".to_owned()));
    let cap = obligations.cap.map(|cap| ("cap".to_owned(), format!("{cap} tokens")));
    let log = ("log".to_owned(), obligations.log.name().to_owned());
    masked.chain(flags).chain(cap).chain([log]).collect()
}
