//! What a command asks of a policy's guarantees: by name, and of which requests.

use super::{Clock, Progress, Proven, guarantees_of};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Claim, Condition, Policy};
use crate::source::Sources;
use crate::{Options, check};

/// A guarantee of this name stands for what is assumed.
const ASSUMED: &str = "assumed-here";

/// Why guarantees could not be asked about.
#[derive(Debug)]
pub enum NotAsked {
    /// The policy has errors.
    Unsound(Vec<Diagnostic>),
    /// There is none of this name; those that there are.
    UnknownName(String, Vec<String>),
    /// What is assumed is no condition on requests; why.
    Assumption(String),
}

/// What a policy promises, proven: all of it or what has one of these names, of all requests or of those for which a condition
/// holds, written as after `when`.
///
/// # Errors
/// When that could not be asked.
pub fn prove(
    sources: &Sources,
    options: &Options,
    names: &[String],
    assumed: Option<&str>,
    progress: Progress<'_>,
    clock: Clock<'_>,
) -> Result<(std::sync::Arc<Policy>, Vec<Proven>), NotAsked> {
    let checked = check(sources, options);
    let Some(policy) = checked.policy else {
        let errors = checked.diagnostics.into_iter().filter(|told| told.severity == Severity::Error);
        return Err(NotAsked::Unsound(errors.collect()));
    };
    if let Some(unknown) = names.iter().find(|name| !policy.guarantees.iter().any(|one| one.name == **name)) {
        let known = policy.guarantees.iter().map(|one| one.name.clone()).collect();
        return Err(NotAsked::UnknownName(unknown.clone(), known));
    }
    let assumed = assumed.map(|text| assumption(sources, options, text)).transpose()?;
    let proven = guarantees_of(&policy, names, assumed.as_ref(), progress, clock);
    Ok((policy, proven))
}

/// A condition in the words of a policy: read as that of one more guarantee at the end of the root file.
fn assumption(sources: &Sources, options: &Options, text: &str) -> Result<Condition, NotAsked> {
    let root = &sources.files()[0];
    let mut name = ASSUMED.to_owned();
    while sources.files().iter().any(|file| file.text.contains(&name)) {
        name.push_str("-too");
    }
    let line = format!("\nguarantee {name}: denied when {text}\n");
    let mut read = |path: &str| {
        let found = sources.files().iter().find(|file| file.name == path);
        let found = found.ok_or_else(|| "it is not among the policy's files".to_owned())?;
        Ok(if found.name == root.name { format!("{}{line}", found.text) } else { found.text.clone() })
    };
    let failed = |words: String| NotAsked::Assumption(words);
    let with = Sources::gather(&root.name, &mut read).map_err(|error| failed(error.to_string()))?;
    let checked = check(&with, options);
    let Some(policy) = checked.policy else {
        let first = checked.diagnostics.iter().find(|told| told.severity == Severity::Error);
        return Err(failed(first.map(|told| told.message.clone()).unwrap_or_default()));
    };
    let end = with.files()[0].text.trim_end().len();
    let whole = policy.guarantees.iter().find(|one| one.name == name && one.span.end as usize == end);
    match whole.map(|one| &one.claim) {
        Some(Claim::Denied(condition)) => Ok(condition.clone()),
        _ => Err(failed("it is more than one condition".to_owned())),
    }
}
