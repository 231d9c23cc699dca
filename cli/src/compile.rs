//! From a policy on disk to a program that can be asked or served, with what people are shown of it.

use crate::output::{Failure, Terminal, note};
use crate::{environment, load};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayleave_compiler::diagnostic::Diagnostic;
use wayleave_compiler::diagnostic::render::{Counts, render_human, render_plain};
use wayleave_compiler::source::Sources;
use wayleave_compiler::spec::Reference;
use wayleave_compiler::{Options, Severity, check, source_view, unenforced};
use wayleave_program::Program;
use wayleave_program::source_view::SourceView;

/// A policy without errors.
pub(crate) struct Compiled {
    /// What decides.
    pub(crate) program: Arc<dyn Program>,
    /// Its text, for people.
    pub(crate) view: Arc<SourceView>,
    /// Its warnings, one line each; possibly empty.
    pub(crate) warnings: String,
}

/// A policy with errors.
pub(crate) struct Broken {
    /// What was found, errors and all else.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Compiles sources for today, to be served: what the proxy does not enforce is an error then.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn compile_to_serve(sources: &Sources) -> Result<Compiled, Broken> {
    let compiled = compile(sources)?;
    let diagnostics = unenforced(sources);
    if diagnostics.is_empty() { Ok(compiled) } else { Err(Broken { diagnostics }) }
}

/// Compiles sources for today.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn compile(sources: &Sources) -> Result<Compiled, Broken> {
    let mut checked = check(sources, &Options { as_of: environment::now() });
    checked.diagnostics.retain(|told| told.severity != Severity::Note);
    match checked.policy {
        Some(policy) => Ok(Compiled {
            warnings: render_plain(&checked.diagnostics, sources),
            view: Arc::new(source_view(&policy, sources)),
            program: Arc::new(Reference::new(policy)),
        }),
        None => Err(Broken { diagnostics: checked.diagnostics }),
    }
}

/// The policy that a command line names, ready to be asked; its root file beside it.
///
/// # Errors
/// When it cannot be read or has errors, which are drawn on standard error.
pub(crate) fn compile_path(policy: &Path, terminal: Terminal) -> Result<(Compiled, PathBuf), Failure> {
    let root = load::root_file(policy)?;
    let sources = load::sources(&root)?;
    match compile(&sources) {
        Ok(compiled) => Ok((compiled, root)),
        Err(broken) => {
            note(&render_human(&broken.diagnostics, &sources, terminal.error_style()));
            let counts = Counts::of(&broken.diagnostics);
            Err(Failure::new(format!("the policy `{}` has {counts}", root.display()))
                .mend("mend what is shown above"))
        }
    }
}
