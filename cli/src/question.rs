//! A policy of which people ask something: read and sound, with the day that counts as today, and how its parts are named.

use crate::args::QuestionArgs;
use crate::commands::as_of;
use crate::load;
use crate::output::{Failure, Terminal, note, ordinal};
use std::path::Path;
use std::sync::Arc;
use wayleave_compiler::diagnostic::render::{printable, render_human};
use wayleave_compiler::model::RouteId;
use wayleave_compiler::source::{Sources, Span};
use wayleave_compiler::{Options, Policy, check};
use wayleave_program::value::Instant;

/// A policy that can be asked.
pub(crate) struct Question {
    pub(crate) policy: Arc<Policy>,
    pub(crate) sources: Sources,
    /// The day that counts as today begins then.
    pub(crate) now: Instant,
}

impl Question {
    /// Reads the policy of a file or a folder.
    ///
    /// # Errors
    /// When it cannot be read or has errors, which are drawn on standard error; and where the date is none.
    pub(crate) fn asked(arguments: &QuestionArgs, terminal: Terminal) -> Result<Question, Failure> {
        Question::of(&arguments.policy.policy, arguments.as_of.as_deref(), terminal)
    }

    /// The same of a path, from a day on.
    ///
    /// # Errors
    /// As for [`Question::asked`].
    pub(crate) fn of(path: &Path, date: Option<&str>, terminal: Terminal) -> Result<Question, Failure> {
        let now = as_of(date)?;
        let root = load::root_file(path)?;
        let sources = load::sources(&root)?;
        let checked = check(&sources, &Options { as_of: now });
        let Some(policy) = checked.policy else {
            note(&render_human(&checked.diagnostics, &sources, terminal.error_style()));
            return Err(Failure::new(format!("the policy `{}` has errors", root.display()))
                .mend("mend what is shown above"));
        };
        // A day begins where the policy's clock says.
        let now = date.and_then(|text| policy.schema.zone.read(text)).unwrap_or(now);
        Ok(Question { policy, sources, now })
    }

    /// A day of the policy's calendar, as `2026-11-22`.
    pub(crate) fn date(&self, instant: Instant) -> String {
        self.policy.schema.zone.write_date(instant)
    }

    /// `policies/main.route:12`
    pub(crate) fn place(&self, span: Span) -> String {
        format!("{}:{}", printable(&self.sources.file(span.file).path), self.sources.start(span).line)
    }

    /// What stands there, in one line.
    pub(crate) fn text(&self, span: Span) -> String {
        self.sources.one_line(span)
    }

    /// "the 2nd arm of `route code`", "`route chat`"
    pub(crate) fn answer(&self, route: RouteId, arm: Option<u32>) -> String {
        let name = printable(&self.policy.routes[route.0 as usize].name);
        match arm {
            Some(arm) => format!("the {} arm of `route {name}`", ordinal(arm + 1)),
            None => format!("`route {name}`"),
        }
    }
}

/// "a, b and c"
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
