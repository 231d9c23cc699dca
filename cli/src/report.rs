//! What a check found, in the format that was asked for: one list of diagnostics, six ways to write it.

pub(crate) mod junit;

use crate::args::ReportFormat;
use crate::output::Terminal;
use wayleave_compiler::Diagnostic;
use wayleave_compiler::diagnostic::render;
use wayleave_compiler::source::Sources;

/// This program, as a SARIF log names it.
pub(crate) fn maker(command: &str) -> render::Maker<'_> {
    render::Maker { version: env!("CARGO_PKG_VERSION"), command }
}

/// Diagnostics with what is needed to write them.
#[derive(Clone, Copy)]
pub(crate) struct Report<'a> {
    /// In the order of the policy.
    pub(crate) diagnostics: &'a [Diagnostic],
    /// What they are told of.
    pub(crate) sources: &'a Sources,
    /// The date as of which it was checked: `2026-11-22`.
    pub(crate) date: &'a str,
    /// Whether a diagnostic fails the check.
    pub(crate) fails: &'a dyn Fn(&Diagnostic) -> bool,
}

impl Report<'_> {
    /// The whole text; of none it is empty where the format has no frame around it.
    pub(crate) fn text(&self, format: ReportFormat, terminal: Terminal) -> String {
        let Report { diagnostics, sources, date, .. } = *self;
        match format {
            ReportFormat::Human => render::render_human(diagnostics, sources, terminal.output_style()),
            ReportFormat::Plain => render::render_plain(diagnostics, sources),
            ReportFormat::Json => format!("{:#}\n", render::render_json(diagnostics, sources, date)),
            ReportFormat::Sarif => {
                format!("{:#}\n", render::render_sarif(diagnostics, sources, maker("check")))
            }
            ReportFormat::Github => render::render_github(diagnostics, sources),
            ReportFormat::Junit => junit::of_check(self),
        }
    }
}
