//! From sources to a program, and every question one can ask about a policy. Pure: reads no file, clock or environment;
//! the same sources give the same answers, byte for byte.
//!
//! The pipeline: [`Sources::gather`] → [`check`] → [`decision::Compiled`], which implements the serving side's contract and is
//! held to [`spec::Reference`], the meaning by the letter.
//!
//! ```
//! use wayleave_compiler::{Options, Sources, check, decision::Compiled, examples};
//! use wayleave_program::{Program, attributes::Attributes, value::DEFAULT_NOW};
//!
//! let text = r#"
//!     edition 2026
//!     provider near { protocol: simulated  model small { supports: [chat]  context: 8k tokens } }
//!     approve everyone: near/*
//!     route chat to near/small
//!     otherwise deny "No route covers this request."
//! "#;
//! let checked = check(&Sources::single("main.route", text), &Options { as_of: DEFAULT_NOW });
//! let program = Compiled::new(checked.policy.expect("the policy is sound"));
//! let decision = program.decide(&Attributes::new(program.schema()));
//! assert_eq!(examples::outcome(&decision, program.catalogue()), "route chat, to near/small");
//! ```

pub mod source;

pub mod diagnostic;

pub mod model;

pub mod spec;

pub mod decision;

pub mod code;

pub mod portable;

pub mod proof;

pub mod change;

pub mod examples;

pub mod coverage;

pub mod fix;

mod hygiene;

mod unenforced;

mod view;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use model::Policy;
pub use model::lower::Memory;
pub use source::{FileId, LineColumn, SourceFile, SourceText, Sources, Span};
pub use unenforced::unenforced;
pub use view::source_view;

use std::sync::Arc;
use wayleave_program::value::Instant;

/// What a check depends on beside the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The day as of which the policy is checked.
    pub as_of: Instant,
}

/// What a check found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// By place: file, then first byte; errors before warnings at one place.
    pub diagnostics: Vec<Diagnostic>,
    /// The policy, if no diagnostic is an error.
    pub policy: Option<Arc<Policy>>,
}

/// Reads, resolves and types a policy, and reports all that a look at its text shows to be wrong with it.
pub fn check(sources: &Sources, options: &Options) -> Checked {
    check_with(sources, options, None, None).0
}

/// The same of a policy that is checked again and again: what was found of the files that are still the same, and lean on the same,
/// is taken over from the check before. A new memory remembers nothing.
pub fn check_again(sources: &Sources, options: &Options, memory: &mut Memory) -> Checked {
    check_with(sources, options, None, Some(memory)).0
}

/// The same, and what is wrong with it over all requests: every exact check, every guarantee. May take seconds for a large
/// policy.
pub fn check_exactly(sources: &Sources, options: &Options, progress: proof::Progress<'_>) -> Checked {
    check_with(sources, options, Some((progress, &proof::Stop::default())), None).0
}

/// The same while somebody waits for it, with what was found of each guarantee, in their order. None once it is stopped.
pub fn check_exactly_until(
    sources: &Sources,
    options: &Options,
    progress: proof::Progress<'_>,
    stop: &proof::Stop,
) -> Option<(Checked, Vec<proof::Proven>)> {
    let found = check_with(sources, options, Some((progress, stop)), None);
    (!stop.is_stopped()).then_some(found)
}

fn check_with(
    sources: &Sources,
    options: &Options,
    exactly: Option<(proof::Progress<'_>, &proof::Stop)>,
    memory: Option<&mut Memory>,
) -> (Checked, Vec<proof::Proven>) {
    let mut proven = Vec::new();
    if sources.files().is_empty() {
        return (Checked { diagnostics: Vec::new(), policy: None }, proven);
    }
    let (policy, mut diagnostics) = model::lower::lower(sources, memory);
    let mut policy = policy.map(Arc::new);
    if let Some(sound) = &policy {
        let foreign = hygiene::foreign_tests(sound, sources);
        if foreign.is_empty() {
            diagnostics.extend(hygiene::oddities(sound, options.as_of));
            if let Some((progress, stop)) = exactly {
                let found = proof::found(sound, sources, progress, None, stop);
                diagnostics.extend(found.diagnostics);
                proven = found.proven;
            }
            hygiene::silence(sources, &mut diagnostics, exactly.is_some());
            if diagnostics.iter().any(|told| told.severity == Severity::Error) {
                policy = None;
            }
        } else {
            diagnostics = foreign;
            policy = None;
        }
    }
    diagnostics.sort_by_key(|told| (told.primary.span, told.severity, told.code));
    limit(&mut diagnostics);
    fix::doubt_what_joins(sources, &mut diagnostics);
    (Checked { diagnostics, policy }, proven)
}

/// More than this are not kept: nobody reads them, and a broken generator writes millions.
const DIAGNOSTICS_LIMIT: usize = 1_000;

fn limit(diagnostics: &mut Vec<Diagnostic>) {
    let hidden = diagnostics.len().saturating_sub(DIAGNOSTICS_LIMIT);
    if hidden == 0 {
        return;
    }
    // What stops the compile goes last; both sorts keep the order of places.
    diagnostics.sort_by_key(|told| told.severity);
    diagnostics.truncate(DIAGNOSTICS_LIMIT);
    diagnostics.sort_by_key(|told| (told.primary.span, told.severity, told.code));
    if let Some(last) = diagnostics.last_mut() {
        last.help = Some(format!("{hidden} more like these are not shown; mend some of them first"));
    }
}
