//! What two policies promise: which guarantees are kept, added, removed, weaker, and which fail now.

use super::both::Which;
use crate::decision::boxes::Expression;
use crate::model::{Claim, Policy};
use crate::proof::Verdict;
use crate::proof::formula::Formula;
use crate::proof::query::{Answer, Requests, WORK_LIMIT};
use std::collections::BTreeMap;
use wayleave_program::catalogue::TargetId;

/// What became of a guarantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It held, and fails now.
    Fails,
    /// It is gone.
    Removed,
    /// It claims less.
    Weakened,
    /// It fails as before.
    FailsAsBefore,
    /// It was not found out whether it holds.
    Unknown,
    /// It failed, and holds now.
    HoldsNow,
    /// It is new, and holds.
    Added,
    /// It claims something else that is no less.
    Changed,
    /// It holds as before.
    Kept,
}

impl State {
    /// As documents spell it.
    pub fn name(self) -> &'static str {
        match self {
            State::Fails => "fails",
            State::Removed => "removed",
            State::Weakened => "weakened",
            State::FailsAsBefore => "fails as before",
            State::Unknown => "unknown",
            State::HoldsNow => "holds now",
            State::Added => "added",
            State::Changed => "changed",
            State::Kept => "kept",
        }
    }

    /// Whether something that was promised is not any more.
    pub fn is_loss(self) -> bool {
        matches!(self, State::Fails | State::Removed | State::Weakened)
    }
}

/// A guarantee of either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub state: State,
    /// What it said, on one line.
    pub old: Option<String>,
    /// What it says.
    pub new: Option<String>,
}

/// How a claim stands to the one of the same name before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claims {
    Same,
    Less,
    Other,
}

/// By name, how the claims of both stand to each other. `claims`: by side and guarantee, what it claims and of what;
/// `given`: what is asked of requests.
pub(super) fn claims(
    requests: &Requests<'_>,
    policies: [&Policy; 2],
    claims: [&[Expression]; 2],
    pairs: &[(TargetId, TargetId)],
    given: &[Formula<'_>],
) -> BTreeMap<String, Claims> {
    let mut found = BTreeMap::new();
    for (number, old) in policies[0].guarantees.iter().enumerate() {
        let Some(other) = policies[1].guarantees.iter().position(|new| new.name == old.name) else {
            continue;
        };
        let of = |which: Which, number: usize| {
            let own = &claims[which as usize][2 * number..2 * number + 2];
            (Formula::from(&own[0]), Formula::from(&own[1]))
        };
        let new = &policies[1].guarantees[other];
        let is_same_kind = match (&old.claim, &new.claim) {
            (Claim::Always(..), Claim::Always(..))
            | (Claim::Denied(_), Claim::Denied(_))
            | (Claim::Served(_), Claim::Served(_)) => true,
            (Claim::AtLeast(before, counted, _), Claim::AtLeast(after, others, _)) => {
                before <= after && counted == others
            }
            (Claim::Redacted(before, _), Claim::Redacted(after, _)) => {
                before.iter().all(|finding| after.contains(finding))
            }
            _ => false,
        };
        let state = if !is_same_kind {
            Claims::Less
        } else {
            let (one, two) = (of(Which::Old, number), of(Which::New, other));
            let is_always = matches!(old.claim, Claim::Always(..));
            // Whether the first excludes something that the second does not.
            let excludes_more = |first: Which, targets: Option<(TargetId, TargetId)>| {
                let old = excluded(is_always, &one, targets.map(|pair| pair.0));
                let new = excluded(is_always, &two, targets.map(|pair| pair.1));
                let (more, less) = if first == Which::Old { (old, new) } else { (new, old) };
                let mut query = requests.query();
                query.when(more).unless(less);
                given.iter().for_each(|given| {
                    query.when(given.clone());
                });
                let mut work = WORK_LIMIT;
                !matches!(query.find(None, &mut work), Answer::None)
            };
            let is_of_targets = matches!(old.claim, Claim::Always(..) | Claim::Redacted(..));
            let of_some = |first: Which| match is_of_targets {
                true => pairs.iter().any(|pair| excludes_more(first, Some(*pair))),
                false => excludes_more(first, None),
            };
            let is_stronger = of_some(Which::New) || count(&old.claim) != count(&new.claim);
            match (of_some(Which::Old), is_stronger) {
                (true, _) => Claims::Less,
                (false, true) => Claims::Other,
                (false, false) => Claims::Same,
            }
        };
        found.insert(old.name.clone(), state);
    }
    found
}

/// How many it asks for, and which findings.
fn count(claim: &Claim) -> (u32, Vec<String>) {
    match claim {
        Claim::AtLeast(count, ..) => (*count, Vec::new()),
        Claim::Redacted(findings, _) => (0, findings.clone()),
        Claim::Always(..) | Claim::Denied(_) | Claim::Served(_) => (0, Vec::new()),
    }
}

/// What a claim excludes: the weaker one excludes less.
fn excluded<'f>(
    is_always: bool,
    (always, when): &(Formula<'f>, Formula<'f>),
    target: Option<TargetId>,
) -> Formula<'f> {
    let excluded = match is_always {
        true => Formula::All(vec![when.clone(), always.clone().negated()]),
        false => when.clone(),
    };
    match target {
        Some(target) => excluded.of(target),
        None => excluded,
    }
}

/// Every guarantee of either. `verdicts`: of each side's, in its order.
pub(super) fn promises(
    policies: [&Policy; 2],
    claims: &BTreeMap<String, Claims>,
    verdicts: [&[Verdict]; 2],
) -> Vec<Promise> {
    let text = |policy: &Policy, number: usize| {
        let span = policy.guarantees[number].span;
        let text = policy.texts.get(span.file.0 as usize).map_or("", |(_, text)| text.as_str());
        let own = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        Some(own.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let holds = |verdict: Verdict| matches!(verdict, Verdict::Holds | Verdict::Vacuous);
    let mut found = Vec::new();
    for (number, old) in policies[0].guarantees.iter().enumerate() {
        let before = verdicts[0][number];
        let other = policies[1].guarantees.iter().position(|new| new.name == old.name);
        let Some(other) = other else {
            let (name, old) = (old.name.clone(), text(policies[0], number));
            found.push(Promise { name, state: State::Removed, old, new: None });
            continue;
        };
        let after = verdicts[1][other];
        let claims = claims.get(&old.name).copied().unwrap_or(Claims::Same);
        let state = match (holds(before), after) {
            (_, Verdict::Unknown) => State::Unknown,
            (true, Verdict::Fails) => State::Fails,
            (false, Verdict::Fails) => State::FailsAsBefore,
            (_, _) if claims == Claims::Less => State::Weakened,
            (false, _) => State::HoldsNow,
            (true, _) if claims == Claims::Other => State::Changed,
            (true, _) => State::Kept,
        };
        found.push(Promise {
            name: old.name.clone(),
            state,
            old: text(policies[0], number),
            new: text(policies[1], other),
        });
    }
    for (number, new) in policies[1].guarantees.iter().enumerate() {
        if policies[0].guarantees.iter().any(|old| old.name == new.name) {
            continue;
        }
        let state = match verdicts[1][number] {
            Verdict::Fails => State::Fails,
            Verdict::Unknown => State::Unknown,
            Verdict::Holds | Verdict::Vacuous => State::Added,
        };
        found.push(Promise { name: new.name.clone(), state, old: None, new: text(policies[1], number) });
    }
    found.sort_by(|one, other| (one.state, &one.name).cmp(&(other.state, &other.name)));
    found
}
