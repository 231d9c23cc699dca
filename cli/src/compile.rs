//! From a policy on disk to a program that can be asked or served, with what people are shown of it.

use crate::load::Given;
use crate::output::{Failure, Terminal, note};
use crate::waiting::Waiting;
use crate::{environment, load};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayleave_compiler::decision::Compiled as Decider;
use wayleave_compiler::diagnostic::Diagnostic;
use wayleave_compiler::diagnostic::render::{Counts, Style, render_human, render_plain};
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Options, Policy, Severity, check, check_exactly, portable, source_view, unenforced};
use wayleave_program::source_view::SourceView;

/// A policy without errors.
pub(crate) struct Compiled {
    /// What decides.
    pub(crate) program: Arc<Decider>,
    /// Its text, for people.
    pub(crate) view: Arc<SourceView>,
    /// Its warnings, one line each; possibly empty.
    pub(crate) warnings: String,
}

/// A policy that is not used.
pub(crate) enum Broken {
    /// For these mistakes in its sources.
    Mistakes {
        /// What was found, errors and all else.
        diagnostics: Vec<Diagnostic>,
        /// Where.
        sources: Sources,
    },
    /// For what is no mistake of a text.
    Unusable(Failure),
}

impl Broken {
    /// Draws the mistakes on standard error; what is to be said of them.
    pub(crate) fn failure(self, root: &Path, style: Style) -> Failure {
        match self {
            Broken::Unusable(failure) => failure,
            Broken::Mistakes { diagnostics, sources } => {
                note(&render_human(&diagnostics, &sources, style));
                let counts = Counts::of(&diagnostics);
                Failure::new(format!("the policy `{}` has {counts}", root.display()))
                    .mend("mend what is shown above")
            }
        }
    }
}

/// Compiles a policy for today, to be served: what the proxy does not enforce is an error then. It can be asked at once;
/// machine code follows.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn compile_to_serve(given: Given, root: &Path) -> Result<Compiled, Broken> {
    let (sources, policy, warnings) = policy(given, root, Depth::Exact)?;
    let diagnostics = unenforced(&sources);
    if !diagnostics.is_empty() {
        return Err(Broken::Mistakes { diagnostics, sources });
    }
    let compiled = compiled(&sources, policy, warnings);
    let program = Arc::clone(&compiled.program);
    std::thread::spawn(move || {
        if let Err(reason) = program.make_native() {
            note(&format!("note: decisions are made without machine code: {reason}\n"));
        }
    });
    Ok(compiled)
}

/// The policy that a command line names, ready to be asked; its root file beside it.
///
/// # Errors
/// When it cannot be read or has errors, which are drawn on standard error.
pub(crate) fn compile_path(policy_path: &Path, terminal: Terminal) -> Result<(Compiled, PathBuf), Failure> {
    let root = load::root_file(policy_path)?;
    let given = load::given(&root)?;
    let found = policy(given, &root, Depth::Direct)
        .map_err(|broken| broken.failure(&root, terminal.error_style()))?;
    let (sources, policy, warnings) = found;
    Ok((compiled(&sources, policy, warnings), root))
}

/// The policy that is to be built, checked for today, with its warnings.
///
/// # Errors
/// As of [`compile_path`].
pub(crate) fn policy_to_build(root: &Path, terminal: Terminal) -> Result<(Arc<Policy>, String), Failure> {
    let sources = load::sources(root)?;
    let found = policy(Given::Sources(sources), root, Depth::Exact);
    let (_, policy, warnings) = found.map_err(|broken| broken.failure(root, terminal.error_style()))?;
    Ok((policy, warnings))
}

fn compiled(sources: &Sources, policy: Arc<Policy>, warnings: String) -> Compiled {
    let view = Arc::new(source_view(&policy, sources));
    Compiled { program: Arc::new(Decider::new(policy)), view, warnings }
}

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// What a look at the text shows: enough to be asked, so that a request can be tried on a policy whose guarantee fails.
    Direct,
    /// All that is proven too: what is served keeps what it promises.
    Exact,
}

/// A policy with its sources and warnings.
fn policy(given: Given, root: &Path, depth: Depth) -> Result<(Sources, Arc<Policy>, String), Broken> {
    let sources = match given {
        Given::Sources(sources) => sources,
        Given::Built(bytes) => return built(&bytes, root),
    };
    let options = Options { as_of: environment::now() };
    let mut checked = match depth {
        Depth::Direct => check(&sources, &options),
        Depth::Exact => Waiting::with("checking", |progress| check_exactly(&sources, &options, progress)),
    };
    checked.diagnostics.retain(|told| told.severity != Severity::Note);
    match checked.policy {
        Some(policy) => {
            let warnings = render_plain(&checked.diagnostics, &sources);
            Ok((sources, policy, warnings))
        }
        None => Err(Broken::Mistakes { diagnostics: checked.diagnostics, sources }),
    }
}

/// What was built has been checked then; its warnings were told then.
fn built(bytes: &[u8], root: &Path) -> Result<(Sources, Arc<Policy>, String), Broken> {
    let policy = portable::read(bytes).map_err(|unusable| {
        let failure = Failure::new(format!("`{}` cannot be used: {unusable}", root.display()));
        Broken::Unusable(failure.mend("build it again: `wayleave build POLICY -o FILE`"))
    })?;
    Ok((policy.sources(), policy, String::new()))
}
