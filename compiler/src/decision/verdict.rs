//! A decision as numbers, in buffers that are used again for the next one.

use super::layers::LayerKind;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::Outcome;
use wayleave_program::plan::TryOrder;
use wayleave_program::value::Share;

/// What stands behind an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// The denials of the verdict.
    Denials,
    /// No route answers.
    Otherwise,
    /// The arm that answers denies.
    Arm,
    /// A plan.
    Plan,
}

/// Why a target may not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Nothing approves it.
    Unapproved,
    /// A `forbid`, by its position.
    Forbidden(u32),
    /// It lacks something that the request needs.
    Capability,
    /// The request does not fit its context.
    Context,
    /// A `require approval`, by its position, that is not granted.
    Ungranted(u32),
}

impl Against {
    /// Which, and the rule.
    pub(super) fn numbers(self) -> [u32; 2] {
        match self {
            Against::Unapproved => [0, 0],
            Against::Forbidden(rule) => [1, rule],
            Against::Capability => [2, 0],
            Against::Context => [3, 0],
            Against::Ungranted(rule) => [4, rule],
        }
    }
}

/// A part of one of a verdict's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Where it begins.
    pub from: u32,
    /// The first behind it.
    pub to: u32,
}

impl Part {
    /// It, of the list that it is a part of.
    pub fn of<T>(self, list: &[T]) -> &[T] {
        &list[self.from as usize..self.to as usize]
    }
}

/// What is owed when one target is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwedBy {
    /// Which.
    pub target: TargetId,
    /// The rules, in [`Verdict::owing`].
    pub rules: Part,
    /// The lowest cap that has an effect.
    pub cap: Option<u64>,
}

/// A decision as numbers. All lists are in the order of the decision that they stand for.
#[derive(Debug)]
pub struct Verdict {
    /// What becomes of the request.
    pub outcome: Outcome,
    /// Why.
    pub behind: Behind,
    /// Denials that hold.
    pub denials: Vec<u32>,
    /// The answer, by its number among [`Rules::answers`](super::layers::Rules::answers).
    pub answer: Option<u32>,
    /// Stages: candidates, a time limit, and what reorders them.
    pub stages: Vec<(Part, Option<u64>, TryOrder)>,
    /// The candidates of all stages.
    pub candidates: Vec<TargetId>,
    /// Targets that may not be asked, each with its reasons.
    pub removed: Vec<(TargetId, Part)>,
    /// The reasons of all of them.
    pub against: Vec<Against>,
    /// Candidates and removed targets.
    pub order: Vec<TargetId>,
    /// Targets that get a copy.
    pub shadows: Vec<TargetId>,
    /// Migrations that apply, and whether the request is drawn for the new target.
    pub moves: Vec<(u32, bool)>,
    /// What is owed to each candidate and shadow.
    pub owed: Vec<OwedBy>,
    /// The rules of all of them, by their numbers among [`Rules::obligations`](super::layers::Rules::obligations).
    pub owing: Vec<u32>,
    /// Counters that apply.
    pub counters: Vec<u32>,
    /// Those of them that have no room.
    pub full: Vec<u32>,
    /// Denials on trial that held.
    pub tried: Vec<u32>,
    /// Rules on trial that held, with the target of which.
    pub tried_of: Vec<(u32, TargetId)>,
    /// The classes of the request, and of the target that was looked at last.
    pub classes: Vec<u32>,
    /// Rules of one layer that hold.
    pub(super) found: Vec<u32>,
    /// Indexed by [`LayerKind`]: boxes of divided layers of which the request's part holds.
    pub(super) held: [Vec<u32>; LayerKind::ALL.len()],
    /// The members of a stage.
    pub(super) members: Vec<(Share, TargetId)>,
    /// Those of them that may be asked.
    pub(super) eligible: Vec<(Share, TargetId)>,
    /// The targets that the caller named.
    pub(super) named: Vec<TargetId>,
}

impl Verdict {
    /// Room for one decision after the other.
    pub fn new() -> Verdict {
        Verdict {
            outcome: Outcome::Deny,
            behind: Behind::Otherwise,
            denials: Vec::new(),
            answer: None,
            stages: Vec::new(),
            candidates: Vec::new(),
            removed: Vec::new(),
            against: Vec::new(),
            order: Vec::new(),
            shadows: Vec::new(),
            moves: Vec::new(),
            owed: Vec::new(),
            owing: Vec::new(),
            counters: Vec::new(),
            full: Vec::new(),
            tried: Vec::new(),
            tried_of: Vec::new(),
            classes: Vec::new(),
            found: Vec::new(),
            held: Default::default(),
            members: Vec::new(),
            eligible: Vec::new(),
            named: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.denials.clear();
        self.answer = None;
        self.stages.clear();
        self.candidates.clear();
        self.removed.clear();
        self.against.clear();
        self.order.clear();
        self.shadows.clear();
        self.moves.clear();
        self.owed.clear();
        self.owing.clear();
        self.counters.clear();
        self.full.clear();
        self.tried.clear();
        self.tried_of.clear();
    }
}

impl Default for Verdict {
    fn default() -> Verdict {
        Verdict::new()
    }
}
