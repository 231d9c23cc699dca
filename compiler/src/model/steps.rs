//! A condition as a list of steps, parts before what joins them: how a built program holds it. Reading such a list needs no
//! recursion, so no list is too deep to be refused.

use super::{Condition, DefinitionId, Test};
use serde::{Deserialize, Serialize};
use wayleave_grammar::NESTING_LIMIT;

/// Parsing nests so deep at most, and lowering adds a `not` and a joint to a part.
const DEPTH_LIMIT: usize = 4 * NESTING_LIMIT as usize;

/// One step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Step {
    Test(Test),
    Defined(DefinitionId),
    /// Of the part before it.
    Not,
    /// Of so many parts before it.
    All(u32),
    /// Of so many parts before it.
    Any(u32),
}

impl From<Condition> for Vec<Step> {
    fn from(condition: Condition) -> Vec<Step> {
        let mut steps = Vec::new();
        add(condition, &mut steps);
        steps
    }
}

/// Depth is bounded as that of conditions is.
fn add(condition: Condition, steps: &mut Vec<Step>) {
    let joined = |parts: Vec<Condition>, steps: &mut Vec<Step>| {
        let count = u32::try_from(parts.len()).expect("fewer than 2^32 parts");
        parts.into_iter().for_each(|part| add(part, steps));
        count
    };
    let step = match condition {
        Condition::All(parts) => Step::All(joined(parts, steps)),
        Condition::Any(parts) => Step::Any(joined(parts, steps)),
        Condition::Not(part) => {
            add(*part, steps);
            Step::Not
        }
        Condition::Defined(id) => Step::Defined(id),
        Condition::Test(test) => Step::Test(test),
    };
    steps.push(step);
}

impl TryFrom<Vec<Step>> for Condition {
    type Error = &'static str;

    fn try_from(steps: Vec<Step>) -> Result<Condition, &'static str> {
        // Each part with its depth.
        let mut parts: Vec<(Condition, usize)> = Vec::new();
        for step in steps {
            let part = match step {
                Step::Test(test) => (Condition::Test(test), 1),
                Step::Defined(id) => (Condition::Defined(id), 1),
                Step::Not => {
                    let (part, depth) = parts.pop().ok_or(BROKEN)?;
                    (Condition::Not(Box::new(part)), depth + 1)
                }
                Step::All(count) => joined(&mut parts, count, Condition::All)?,
                Step::Any(count) => joined(&mut parts, count, Condition::Any)?,
            };
            if part.1 > DEPTH_LIMIT {
                return Err("a condition is nested too deeply");
            }
            parts.push(part);
        }
        match (parts.pop(), parts.is_empty()) {
            (Some((condition, _)), true) => Ok(condition),
            _ => Err(BROKEN),
        }
    }
}

const BROKEN: &str = "a condition is not whole";

fn joined(
    parts: &mut Vec<(Condition, usize)>,
    count: u32,
    join: fn(Vec<Condition>) -> Condition,
) -> Result<(Condition, usize), &'static str> {
    let from = parts.len().checked_sub(count as usize).ok_or(BROKEN)?;
    let own = parts.split_off(from);
    let depth = own.iter().map(|(_, depth)| *depth).max().unwrap_or_default();
    Ok((join(own.into_iter().map(|(part, _)| part).collect()), depth + 1))
}
