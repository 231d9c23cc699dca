//! What is counted while a log is replayed. Threads count apart and are added up: nothing depends on which one met a record.
//! What is counted by is the words of policies and credentials, so that it stays small however long the log is.

use super::side::{Decided, Noted};
use super::told;
use super::{Asked, Side};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::change::equal::Gist;
use wayleave_program::catalogue::Price;
use wayleave_program::value::UsdMicros;
use wayleave_runtime::record::{DecisionRecord, RecordedTokens};

/// A kind beside those that policies themselves can differ by: one of them does not take the request.
pub(super) const REFUSED: &str = "refused";

/// One record under both.
pub(super) struct Compared<'a> {
    pub(super) sequence: u64,
    pub(super) record: &'a DecisionRecord,
    /// What the other policy decides, where there is one; and what is compared of it, or of what was decided then.
    pub(super) before: (Option<&'a Decided>, Option<Gist<'a>>),
    pub(super) after: (&'a Decided, Option<Gist<'a>>),
}

/// A way in which requests are decided differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    /// As `diff` names them, the weightiest first, or `refused`.
    pub(super) kinds: Vec<&'static str>,
    pub(super) from: String,
    pub(super) to: String,
}

/// How often, and the first of them.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) count: u64,
    pub(super) example: Example,
}

/// A request that is decided differently.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) sequence: u64,
    pub(super) id: String,
    pub(super) at_ms: i64,
    pub(super) caller: String,
    pub(super) team: String,
    /// What was decided, in a line, and the lines of the policy that decide.
    pub(super) was: (String, Vec<String>),
    pub(super) is: (String, Vec<String>),
}

/// How many of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) different: u64,
    pub(super) all: u64,
}

/// What the answers cost, in micros of a dollar times a million, of requests of which both sides are known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) requests: u64,
    pub(super) before: u128,
    pub(super) after: u128,
    /// Answered, and one of the targets states no price.
    pub(super) unpriced: u64,
    /// Not answered then, and routed now: how long the answers would be nobody knows.
    pub(super) not_answered: u64,
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Records that were asked for.
    pub(crate) read: u64,
    /// Of them, those that could be decided again.
    pub(crate) replayed: u64,
    /// Of them, those that are decided differently.
    pub(crate) different: u64,
    pub(super) changes: BTreeMap<Change, Changed>,
    pub(super) teams: BTreeMap<String, Part>,
    pub(super) routes: BTreeMap<String, Part>,
    /// By the target that is asked first, or that answered: how many before and after.
    pub(super) targets: BTreeMap<String, [u64; 2]>,
    pub(super) cost: Cost,
    /// The first and the last of the records that were decided again, in milliseconds since 1970.
    pub(super) period: Option<(i64, i64)>,
    /// By the reason why they cannot be decided again.
    pub(super) not_replayable: BTreeMap<String, u64>,
    /// By what the new policy says of them.
    pub(super) refused: BTreeMap<String, u64>,
    /// Of the new policy and of the old one.
    pub(super) sides: [Noted; 2],
}

impl Tally {
    /// Adds what another thread counted.
    pub(super) fn add(&mut self, other: Tally) {
        self.read += other.read;
        self.replayed += other.replayed;
        self.different += other.different;
        for (change, changed) in other.changes {
            match self.changes.get_mut(&change) {
                Some(own) => {
                    own.count += changed.count;
                    if changed.example.sequence < own.example.sequence {
                        own.example = changed.example;
                    }
                }
                None => {
                    self.changes.insert(change, changed);
                }
            }
        }
        for (all, own) in [(&mut self.teams, other.teams), (&mut self.routes, other.routes)] {
            for (name, part) in own {
                let entry = all.entry(name).or_default();
                entry.different += part.different;
                entry.all += part.all;
            }
        }
        for (name, [before, after]) in other.targets {
            let entry = self.targets.entry(name).or_default();
            entry[0] += before;
            entry[1] += after;
        }
        self.cost.requests += other.cost.requests;
        self.cost.before += other.cost.before;
        self.cost.after += other.cost.after;
        self.cost.unpriced += other.cost.unpriced;
        self.cost.not_answered += other.cost.not_answered;
        self.period = match (self.period, other.period) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
        for (all, own) in
            [(&mut self.not_replayable, other.not_replayable), (&mut self.refused, other.refused)]
        {
            own.into_iter().for_each(|(name, count)| *all.entry(name).or_default() += count);
        }
        for (all, own) in self.sides.iter_mut().zip(other.sides) {
            all.add(own);
        }
    }

    /// Counts a record that was decided again.
    pub(super) fn count(&mut self, asked: &Asked, compared: &Compared<'_>) {
        let record = compared.record;
        self.replayed += 1;
        let at = record.at_ms;
        self.period = Some(self.period.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        let kinds = kinds(compared);
        let is_different = !kinds.is_empty();
        self.different += u64::from(is_different);
        let none = "(none)";
        let route = record.route.as_deref().unwrap_or(none);
        let team = if record.caller.team.is_empty() { none } else { &record.caller.team };
        for (all, name) in [(&mut self.teams, team), (&mut self.routes, route)] {
            let part = entry(all, name);
            part.all += 1;
            part.different += u64::from(is_different);
        }
        if let Decided::Refused(reason) = compared.after.0 {
            *entry(&mut self.refused, reason) += 1;
        }
        let (before, after) = serving(compared);
        if let Some(name) = before {
            entry(&mut self.targets, name)[0] += 1;
        }
        if let Some(name) = after {
            entry(&mut self.targets, name)[1] += 1;
        }
        self.price(asked, record, before, after);
        if is_different {
            self.change(asked, compared, kinds);
        }
    }

    fn change(&mut self, asked: &Asked, compared: &Compared<'_>, kinds: Vec<&'static str>) {
        let label = |gist: &Option<Gist<'_>>| gist.as_ref().map_or_else(|| REFUSED.to_owned(), told::label);
        let change = Change { kinds, from: label(&compared.before.1), to: label(&compared.after.1) };
        match self.changes.get_mut(&change) {
            Some(changed) => changed.count += 1,
            None => {
                let changed = Changed { count: 1, example: example(asked, compared) };
                self.changes.insert(change, changed);
            }
        }
    }

    fn price(&mut self, asked: &Asked, record: &DecisionRecord, before: Option<&str>, after: Option<&str>) {
        if record.target.is_none() {
            self.cost.not_answered += u64::from(before.is_none() && after.is_some());
            return;
        }
        let old = asked.old.as_ref().unwrap_or(&asked.new);
        let of = |side: &Side, target: Option<&str>| match target {
            Some(target) => side.price(target).map(|price| amount(price, record.tokens)),
            None => Some(0),
        };
        match (of(old, before), of(&asked.new, after)) {
            (Some(before), Some(after)) => {
                self.cost.requests += 1;
                self.cost.before += before;
                self.cost.after += after;
            }
            (None, _) | (_, None) => self.cost.unpriced += 1,
        }
    }
}

/// The entry of that name, without a copy of the name where there is one.
fn entry<'m, T: Default>(all: &'m mut BTreeMap<String, T>, name: &str) -> &'m mut T {
    if !all.contains_key(name) {
        all.insert(name.to_owned(), T::default());
    }
    all.get_mut(name).expect("it was put there where it was not")
}

/// In which ways the two decisions differ; none where they are equal.
fn kinds(compared: &Compared<'_>) -> Vec<&'static str> {
    match (&compared.before.1, &compared.after.1) {
        (Some(before), Some(after)) => {
            before.differences(after).into_iter().map(|kind| kind.name()).collect()
        }
        (None, None) => match (compared.before.0, compared.after.0) {
            (Some(Decided::Refused(before)), Decided::Refused(after)) if before == after => Vec::new(),
            _ => vec![REFUSED],
        },
        (None, Some(_)) | (Some(_), None) => vec![REFUSED],
    }
}

/// Who answers, before and after: the first candidate that did not fail then. Where nothing else is known, that is the one
/// that is asked first.
fn serving<'a>(compared: &'a Compared<'a>) -> (Option<&'a str>, Option<&'a str>) {
    let record = compared.record;
    let failed: BTreeSet<&str> = record
        .attempts
        .iter()
        .filter(|attempt| attempt.cause.is_some())
        .map(|attempt| attempt.target.as_str())
        .collect();
    let first = |gist: &Option<Gist<'a>>| {
        let gist = gist.as_ref().filter(|gist| gist.is_routed())?;
        gist.candidates().find(|target| !failed.contains(target)).or_else(|| gist.candidates().next())
    };
    let before = match compared.before.0 {
        // What was decided then was carried out, too.
        None => record.target.as_deref().or_else(|| first(&compared.before.1)),
        Some(_) => first(&compared.before.1),
    };
    (before, first(&compared.after.1))
}

fn example(asked: &Asked, compared: &Compared<'_>) -> Example {
    let record = compared.record;
    let told = |side: &Side, decided: &Decided| match decided {
        Decided::Decision(decision) => (side.outcome(decision), side.lines(decision)),
        Decided::Refused(reason) => (format!("refused: {reason}"), Vec::new()),
    };
    let was = match compared.before.0 {
        Some(decided) => told(asked.old.as_ref().unwrap_or(&asked.new), decided),
        None => told::then(record, compared.before.1.as_ref()),
    };
    Example {
        sequence: compared.sequence,
        id: record.id.clone(),
        at_ms: record.at_ms,
        caller: record.caller.id.clone(),
        team: record.caller.team.clone(),
        was,
        is: told(&asked.new, compared.after.0),
    }
}

/// What these tokens cost, in micros of a dollar times a million.
fn amount(price: Price, tokens: RecordedTokens) -> u128 {
    let times = |count: u64, UsdMicros(micros): UsdMicros| u128::from(count) * u128::from(micros);
    let cached = tokens.cached.min(tokens.input);
    let written = tokens.cache_written.min(tokens.input - cached);
    let reasoning = tokens.reasoning.min(tokens.output);
    times(tokens.input - cached - written, price.input)
        + times(cached, price.cached.unwrap_or(price.input))
        + times(written, price.cache_write.unwrap_or(price.input))
        + times(tokens.output - reasoning, price.output)
        + times(reasoning, price.reasoning.unwrap_or(price.output))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// case-B9: each kind of token has its own price, and one without a price has that of its kind.
    #[test]
    fn each_token_is_counted_once_at_its_price() {
        let tokens = RecordedTokens {
            input: 100,
            output: 10,
            cached: 40,
            cache_written: 50,
            reasoning: 4,
            is_estimated: false,
        };
        let price = |cached, cache_write, reasoning| Price {
            input: UsdMicros(10),
            output: UsdMicros(100),
            cached,
            cache_write,
            reasoning,
        };
        assert_eq!(amount(price(None, None, None), tokens), 2_000);
        let stated = price(Some(UsdMicros(1)), Some(UsdMicros(12)), Some(UsdMicros(50)));
        assert_eq!(amount(stated, tokens), 100 + 40 + 600 + 600 + 200);
        let absurd = RecordedTokens { input: 5, cached: 9, cache_written: 9, ..RecordedTokens::default() };
        assert_eq!(amount(stated, absurd), 5);
    }
}
