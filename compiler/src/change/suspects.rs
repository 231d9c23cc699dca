//! Where two policies may decide differently: what holds of every request that they do, and of few others. Made of what is not
//! alike on both sides alone, so that of a large policy only what was changed is asked about.

use super::alike::{Alike, Group, Where};
use super::both::Which;
use super::side::{Side, phase};
use crate::decision::boxes::{ClassSet, Constraint, Expression};
use crate::decision::layers::LayerKind;
use crate::model::Who;
use crate::proof::formula::Formula;
use crate::proof::subject::Subject;
use wayleave_program::catalogue::TargetId;

/// Requests that are asked about together: those of which a `deny` holds on one side alone, or on neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// No `deny` holds.
    Undenied,
    /// Only an old one does.
    DeniedBefore,
    /// Only a new one does.
    DeniedNow,
}

impl Part {
    /// All; that a `deny` of both sides holds makes no difference.
    pub(super) const ALL: [Part; 3] = [Part::Undenied, Part::DeniedBefore, Part::DeniedNow];

    /// The sides of which no `deny` holds.
    pub(super) fn undenied(self) -> &'static [usize] {
        match self {
            Part::Undenied => &[0, 1],
            Part::DeniedBefore => &[1],
            Part::DeniedNow => &[0],
        }
    }

    /// That a request is of it.
    pub(super) fn base<'s>(self, sides: [&'s Side<'s>; 2]) -> Vec<Formula<'s>> {
        self.undenied().iter().map(|at| sides[*at].is_denied().negated()).collect()
    }
}

/// Where decisions may differ among the requests of a part, each way for itself: what one is about is soon told apart from all
/// else.
pub(super) fn ways<'s>(part: Part, sides: [&'s Side<'s>; 2], alike: &'s Alike) -> Vec<Formula<'s>> {
    let denied = |at: usize| {
        let unlike = alike.denials[at].chunks(1).map(|one| Formula::Boxes(sides[at].denials(), Some(one)));
        unlike.chain([sides[at].is_strange()]).collect::<Vec<_>>()
    };
    match part {
        Part::DeniedBefore => denied(0),
        Part::DeniedNow => denied(1),
        Part::Undenied => {
            let mut ways = Vec::new();
            ways.extend(answers(sides, alike));
            ways.extend(eligibility(sides, alike));
            ways.extend(owed(sides, alike));
            ways.extend(counters(sides, alike));
            ways.extend(migrations(sides, alike));
            ways.extend(names(sides, alike));
            ways
        }
    }
}

/// The same of each place at which something is not alike.
fn at_each<'s>(subject: &'s Subject<'s>, at: &'s Where, parts: Vec<Formula<'s>>) -> Vec<Formula<'s>> {
    match at {
        Where::Anywhere => vec![Formula::All(parts)],
        Where::Boxes(boxes) => boxes
            .iter()
            .map(|(kind, index, target)| {
                let own = Formula::Boxes(subject.rules.layer(*kind), Some(index)).of(*target);
                Formula::All(std::iter::once(own).chain(parts.iter().cloned()).collect())
            })
            .collect(),
    }
}

fn exclusive<'s>(one: Formula<'s>, other: Formula<'s>) -> Formula<'s> {
    Formula::Any(vec![
        Formula::All(vec![one.clone(), other.clone().negated()]),
        Formula::All(vec![one.negated(), other]),
    ])
}

/// An answer that the other side has not at its place, and the other side says something else.
fn answers<'s>(sides: [&'s Side<'s>; 2], alike: &'s Alike) -> Vec<Formula<'s>> {
    let mut ways = Vec::new();
    for (at, side) in sides.iter().enumerate() {
        let other = sides[1 - at];
        for number in &alike.answers[at] {
            let own = side.boxes(*number);
            // What has nothing in common with it says nothing there.
            let meets = |one: &u32| {
                other.boxes(*one).iter().any(|one| {
                    own.iter().any(|own| {
                        one.constraints.iter().all(|part| {
                            let same = own.constraints.iter().find(|known| known.dimension == part.dimension);
                            same.is_none_or(|known| !known.classes.and(&part.classes).is_empty())
                        })
                    })
                })
            };
            let same = other.numbers.clone().filter(|one| alike.say_the_same(*number, *one)).filter(meets);
            let mut same: Vec<Formula<'s>> = same.map(|one| other.is_answered(one)).collect();
            if alike.denies(*number) {
                same.push(other.is_left_over());
            }
            ways.push(Formula::All(vec![side.is_answered(*number), Formula::Any(same).negated()]));
        }
    }
    ways
}

/// A target that stands somewhere.
fn stands<'s>(sides: [&'s Side<'s>; 2], alike: &'s Alike, target: TargetId) -> Formula<'s> {
    let own = sides
        .iter()
        .enumerate()
        .filter_map(|(at, side)| Some(Formula::Boxes(side.answers(), Some(alike.stands[at].get(&target)?))));
    Formula::Any(own.collect())
}

fn eligibility<'s>(sides: [&'s Side<'s>; 2], alike: &'s Alike) -> Vec<Formula<'s>> {
    let mut ways = Vec::new();
    for (old, new) in alike.pairs() {
        let Some(at) = alike.unlike.get(&old) else { continue };
        let differs = Formula::Any(vec![
            exclusive(sides[0].is_eligible(old), sides[1].is_eligible(new)),
            // What may be granted is told apart from what may not.
            exclusive(sides[0].base(old), sides[1].base(new)),
        ]);
        ways.extend(at_each(sides[0].subject, at, vec![differs, stands(sides, alike, old)]));
    }
    ways
}

fn owed<'s>(sides: [&'s Side<'s>; 2], alike: &'s Alike) -> Vec<Formula<'s>> {
    let subject = sides[0].subject;
    let layer = subject.rules.layer(LayerKind::Obligations);
    let says = |which: Which, group: &Group, target: TargetId| {
        Formula::Boxes(layer, Some(alike.group(which, group))).of(target)
    };
    let mut ways = Vec::new();
    for (old, new) in alike.pairs() {
        for (group, at) in alike.owed.get(&old).into_iter().flatten() {
            let differs = match group {
                Group::Cap(u64::MAX) => Formula::constant(true),
                group => exclusive(says(Which::Old, group, old), says(Which::New, group, new)),
            };
            let mut parts = vec![differs, stands(sides, alike, old)];
            parts.push(sides[0].is_eligible(old));
            parts.push(sides[1].is_eligible(new));
            ways.extend(at_each(subject, at, parts));
        }
    }
    ways
}

fn counters<'s>(sides: [&'s Side<'s>; 2], alike: &'s Alike) -> Vec<Formula<'s>> {
    let counts = |side: &'s Side<'s>, number: Option<u32>| {
        number.map_or(Formula::constant(false), |number| side.counts(number))
    };
    let differs = |(old, new, is_same): &(Option<u32>, Option<u32>, bool)| {
        let (one, other) = (counts(sides[0], *old), counts(sides[1], *new));
        if *is_same { exclusive(one, other) } else { Formula::Any(vec![one, other]) }
    };
    alike.counters.iter().map(differs).collect()
}

/// A migration that is not alike, and does something at the time or would do something else than the other side's.
fn migrations<'s>(sides: [&'s Side<'s>; 2], alike: &'s Alike) -> Vec<Formula<'s>> {
    let mut ways = Vec::new();
    for (at, side) in sides.iter().enumerate() {
        for number in &alike.migrations[at] {
            let by = &side.policy().migrations[*number as usize];
            let mut parts = vec![side.migrates(*number)];
            if let Some(clock) = side.clock() {
                let all = 0..side.subject.rules.partition.count(clock);
                let does = |class: &u32| {
                    side.instant(*class).is_none_or(|now| {
                        let (share, shadow) = phase(by, now);
                        share.0 > 0 || shadow.0 > 0
                    })
                };
                let classes = ClassSet::of(all.filter(does));
                parts.push(Formula::from(Expression::Within(Constraint { dimension: clock, classes })));
            }
            ways.push(Formula::All(parts));
        }
    }
    ways
}

/// What a caller's `model` names is not the same, and a plan asks for it.
fn names<'s>(sides: [&'s Side<'s>; 2], alike: &'s Alike) -> Vec<Formula<'s>> {
    if alike.names_alike {
        return Vec::new();
    }
    let mut ways = Vec::new();
    for (at, side) in sides.iter().enumerate() {
        let other = sides[1 - at];
        let canonical = |targets: &[TargetId]| -> Vec<TargetId> {
            targets.iter().map(|target| alike.canonical(*target)).collect()
        };
        let asks = side.numbers.clone().filter(|number| {
            side.plan(*number).is_some_and(|plan| plan.stages.iter().any(|stage| stage.who == Who::Requested))
        });
        let asks = Formula::Any(asks.map(|number| side.holds(number)).collect());
        for (targets, named) in &side.named {
            let same = other.named.iter().filter(|(others, _)| canonical(others) == canonical(targets));
            let same = Formula::Any(same.map(|(_, named)| Formula::from(*named)).collect());
            ways.push(Formula::All(vec![Formula::from(*named), same.negated(), asks.clone()]));
        }
    }
    ways
}
