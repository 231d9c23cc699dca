//! What every form of the answer says, in the same words: decisions in a line, amounts, and what to know beside the figures.

use super::Replayed;
use super::tally::{Change, Changed, Part};
use crate::change::usd;
use crate::output::moment;
use std::collections::BTreeMap;
use wayleave_compiler::change::equal::Gist;
use wayleave_program::decision::Outcome;
use wayleave_program::value::UsdMicros;
pub(super) use wayleave_runtime::admin::grouped;
use wayleave_runtime::record::DecisionRecord;

/// Examples that are shown: one of each of the most frequent changes.
pub(super) const EXAMPLES: usize = 5;

/// Rows of a table that are shown to people; the rest is counted.
pub(super) const ROWS: usize = 10;

/// What is decided, for counting by: without the names of routes and rules.
pub(super) fn label(gist: &Gist<'_>) -> String {
    match gist.outcome {
        Outcome::Route => gist.candidates().collect::<Vec<_>>().join(" else "),
        Outcome::Deny => "denied".to_owned(),
        Outcome::ApprovalRequired => "approval required".to_owned(),
        Outcome::Limited => "limited".to_owned(),
    }
}

/// What was decided then, in a line, and the places of the lines that decided.
pub(super) fn then(record: &DecisionRecord, gist: Option<&Gist<'_>>) -> (String, Vec<String>) {
    let route = record.route.as_ref().map(|name| format!("route {name}, ")).unwrap_or_default();
    let by = record.decision.as_ref().and_then(|decision| decision["by"].as_array());
    let by: Vec<&str> = by.into_iter().flatten().filter_map(|by| by.as_str()).collect();
    let words = match gist {
        Some(gist) if gist.is_routed() => format!("to {}", label(gist)),
        Some(gist) => format!("{} by {}", label(gist), by.join(", ")),
        None => String::new(),
    };
    let lines = record.lines.iter().map(|line| format!("{}:{}", line.file, line.line));
    (format!("{route}{words}"), lines.collect())
}

/// "1 request", "12,345 requests"
pub(super) fn requests(count: u64) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{} requests", grouped(count)) }
}

/// Micros of a dollar times a million as money: to the cent, or below a dollar as far as it goes.
pub(super) fn money(amount: u128) -> String {
    const CENT: u128 = 10_000;
    let micros = amount / 1_000_000;
    let shown = if micros < 1_000_000 { micros } else { (micros + CENT / 2) / CENT * CENT };
    usd(UsdMicros(u64::try_from(shown).unwrap_or(u64::MAX)))
}

/// The first line.
pub(super) fn answer(replayed: &Replayed) -> String {
    let tally = &replayed.tally;
    let of = format!("of {}", requests(tally.replayed));
    match (tally.read, tally.replayed, tally.different) {
        (0, ..) => "the log holds no such request".to_owned(),
        (read, 0, _) => format!("none of {} can be decided again", requests(read)),
        (_, all, 0) if replayed.is_all_refused() => {
            format!("{} would be refused by both, and nothing was decided", requests(all))
        }
        (_, _, 0) => format!("none {of} would be decided differently"),
        (.., different) => format!("{} {of} would be decided differently", grouped(different)),
    }
}

/// What it is compared with.
pub(super) fn compared_with(replayed: &Replayed) -> String {
    let new = &replayed.asked.new.shown;
    match &replayed.asked.old {
        Some(old) => format!("{} → {new}", old.shown),
        None => format!("what was decided then → {new}"),
    }
}

/// From when to when.
pub(super) fn period(replayed: &Replayed) -> Option<String> {
    let (first, last) = replayed.tally.period?;
    let [first, last] = [first, last].map(|at| moment(at)[..10].to_owned());
    Some(if first == last { format!("on {first}") } else { format!("from {first} to {last}") })
}

/// `$12.40 → $9.10 from … to …, of 80,000 answered requests`; none where nothing is known.
pub(super) fn cost(replayed: &Replayed) -> Option<String> {
    let cost = &replayed.tally.cost;
    let period = period(replayed)?;
    (cost.requests > 0).then(|| {
        let (before, after) = (money(cost.before), money(cost.after));
        let answered = grouped(cost.requests);
        let noun = if cost.requests == 1 { "request" } else { "requests" };
        format!("{before} → {after} {period}, of {answered} answered {noun}")
    })
}

/// The changes, the most frequent first.
pub(super) fn changes(replayed: &Replayed) -> Vec<(&Change, &Changed)> {
    let mut all: Vec<(&Change, &Changed)> = replayed.tally.changes.iter().collect();
    all.sort_by(|one, other| other.1.count.cmp(&one.1.count).then_with(|| one.0.cmp(other.0)));
    all
}

/// Those of which some are decided differently, the most first.
pub(super) fn parts(all: &BTreeMap<String, Part>) -> Vec<(&str, Part)> {
    let mut parts: Vec<(&str, Part)> = all
        .iter()
        .filter(|(_, part)| part.different > 0)
        .map(|(name, part)| (name.as_str(), *part))
        .collect();
    parts.sort_by(|one, other| other.1.different.cmp(&one.1.different).then_with(|| one.0.cmp(other.0)));
    parts
}

/// Targets that answer more or less than before, those that lose most first.
pub(super) fn targets(replayed: &Replayed) -> Vec<(&str, [u64; 2])> {
    let moved = replayed.tally.targets.iter().filter(|(_, [before, after])| before != after);
    let mut targets: Vec<(&str, [u64; 2])> = moved.map(|(name, counts)| (name.as_str(), *counts)).collect();
    targets.sort_by_key(|(_, [before, after])| i128::from(*after) - i128::from(*before));
    targets
}

/// What to know beside the figures.
pub(super) fn notes(replayed: &Replayed) -> Vec<String> {
    let tally = &replayed.tally;
    let mut notes = Vec::new();
    for (reason, count) in &tally.refused {
        notes.push(format!("{} would be refused: {reason}", requests(*count)));
    }
    for (reason, count) in &tally.not_replayable {
        notes.push(format!("{} cannot be decided again: {reason}", requests(*count)));
    }
    let sides = [(Some(&replayed.asked.new), "the policy"), (replayed.asked.old.as_ref(), "the old policy")];
    for ((side, policy), noted) in sides.into_iter().zip(&tally.sides) {
        let Some(side) = side else { continue };
        for (name, count) in &noted.unknown {
            let requests = requests(*count);
            notes.push(format!(
                "the log gives `{name}` ({requests}), which {policy} does not know: it is passed over"
            ));
        }
        if noted.decided > 0 {
            for attribute in side.never_given(noted) {
                let name = &attribute.name;
                notes.push(format!(
                    "no record gives `{name}`, which {policy} asks for: it counts as its default"
                ));
            }
        }
        if side.asks_texts() && noted.with_findings > 0 {
            let requests = requests(noted.with_findings);
            notes.push(format!(
                "the log keeps no text: what detectors found then counts for {policy} ({requests})"
            ));
        }
        for (name, count) in &noted.not_looked_for {
            let requests = requests(*count);
            notes.push(format!(
                "{policy} asks whether `{name}`, which nobody had looked for ({requests}): it counts as not found"
            ));
        }
    }
    let cost = &tally.cost;
    if cost.unpriced > 0 {
        let requests = requests(cost.unpriced);
        notes.push(format!("{requests} are left out of the cost: a target states no price"));
    }
    if cost.not_answered > 0 {
        let requests = requests(cost.not_answered);
        notes.push(format!(
            "{requests} are left out of the cost: they were not answered then and would be now"
        ));
    }
    notes
}
