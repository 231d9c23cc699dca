//! Every policy that an open document is part of, and those of the editor's folders, checked whole from its root, its own tests
//! included. What is proven of it joins later.

use super::beside::{Beside, beside};
use super::hover::Known;
use super::names::Names;
use super::proofs::{Exact, Proofs};
use crate::Host;
use crate::workspace::Workspace;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayleave_compiler::diagnostic::{Applicability, Diagnostic};
use wayleave_compiler::examples::ExampleResult;
use wayleave_compiler::proof::serving::Serving;
use wayleave_compiler::source::{FileId, Sources};
use wayleave_compiler::{Memory, Options, Policy, Severity, check_again, examples, fix};
use wayleave_program::value::Instant;

/// How many folders above a file are searched for the `main.route` that uses it.
const ANCESTORS: usize = 16;

/// The root file that stands for a folder.
const ROOT_NAME: &str = "main.route";

/// A policy, and what is wrong with it.
#[derive(Clone)]
pub struct CheckedPolicy {
    sources: Arc<Sources>,
    folder: PathBuf,
    paths: Vec<PathBuf>,
    /// By place; tests that fail last.
    pub diagnostics: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
    policy: Option<Arc<Policy>>,
    /// What came of its own tests, in their order.
    pub results: Vec<ExampleResult>,
    /// What is proven of it by now.
    pub proofs: Proofs,
    /// What each route and arm does with its requests, once that is found out.
    pub serving: Option<Arc<Vec<Serving>>>,
    /// Found when they are first asked for.
    names: OnceCell<Arc<Names>>,
    /// Of an earlier state, where they had been asked for.
    earlier_names: Option<Arc<Names>>,
    /// Looked for when they are first asked for.
    beside: OnceCell<Vec<Beside>>,
    as_of: Instant,
    /// For the next check.
    memory: Memory,
}

impl CheckedPolicy {
    /// Its files, texts and trees.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The policy itself, where a look at its text finds nothing wrong with it.
    pub fn policy(&self) -> Option<&Arc<Policy>> {
        self.policy.as_ref()
    }

    /// What a proof needs, where there is something to prove and nobody did.
    pub fn to_prove(&self) -> Option<(Arc<Sources>, Arc<Policy>)> {
        match self.proofs {
            Proofs::Pending => Some((Arc::clone(&self.sources), Arc::clone(self.policy.as_ref()?))),
            Proofs::Unsound | Proofs::Failed | Proofs::Done(_) => None,
        }
    }

    /// Takes what the exact checks found, which is all that the direct ones did and more. Whether that is news.
    pub fn take(&mut self, exact: Exact) -> bool {
        let mut diagnostics = exact.diagnostics.clone();
        diagnostics.extend(examples::diagnostics(&self.results));
        let is_news = diagnostics != self.diagnostics;
        self.diagnostics = diagnostics;
        self.notes.clone_from(&exact.notes);
        self.proofs = Proofs::Done(exact);
        is_news
    }

    /// Whether it is a state without errors of a policy that has some now.
    pub fn is_earlier(&self, now: &CheckedPolicy) -> bool {
        let root = |policy: &CheckedPolicy| policy.path(FileId(0)).to_owned();
        now.policy.is_none() && self.policy.is_some() && root(self) == root(now)
    }

    /// The same policy at another state of the editor, with all that was found of it and is proven by now; none where it is another
    /// one. What stands beside it is looked for again.
    fn again(&self, sources: &Sources, as_of: Instant) -> Option<CheckedPolicy> {
        let is_same = self.as_of == as_of && *self.sources == *sources;
        is_same.then(|| CheckedPolicy { beside: OnceCell::new(), ..self.clone() })
    }

    /// The names in its files.
    pub fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let earlier = self.earlier_names.as_deref();
            Arc::new(
                earlier.map_or_else(|| Names::of(&self.sources), |names| Names::again(&self.sources, names)),
            )
        })
    }

    /// All that is told of it, notes included.
    pub fn told(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().chain(&self.notes)
    }

    /// All that can be told of a place in it.
    pub fn known(&self) -> Known<'_> {
        Known {
            sources: &self.sources,
            names: self.names(),
            policy: self.policy.as_deref(),
            notes: &self.notes,
            proofs: &self.proofs,
            beside: &[],
            as_of: self.as_of,
        }
    }

    /// The files beside it that it does not use.
    pub fn beside(&self, workspace: &Workspace, host: &Host<'_>) -> &[Beside] {
        self.beside.get_or_init(|| beside(&self.folder, &self.sources, self.names(), workspace, host))
    }

    /// Its files, the root first.
    pub fn files(&self) -> impl Iterator<Item = FileId> + use<> {
        self.sources.ids()
    }

    /// The path of one of its files.
    pub fn path(&self, file: FileId) -> &Path {
        self.paths.get(file.0 as usize).unwrap_or(&self.folder)
    }

    /// The text of one of its files.
    pub fn text(&self, file: FileId) -> &str {
        &self.sources.file(file).text
    }
}

/// Checks each policy that has an open document in it, and that of each folder, once. Bounded by the open documents, the
/// folders and the files they use. `before`: as they were; what was proven then still holds of what is the same.
pub fn check_all(
    workspace: &Workspace,
    host: &Host<'_>,
    options: &Options,
    before: &[CheckedPolicy],
) -> Vec<CheckedPolicy> {
    workspace.look_anew();
    let mut gathered: BTreeMap<PathBuf, Option<Sources>> = BTreeMap::new();
    let mut roots: Vec<PathBuf> =
        workspace.paths().map(|path| root_of(path, workspace, host, &mut gathered)).collect();
    roots.extend(workspace.folders.iter().map(|folder| folder.join(ROOT_NAME)));
    roots.sort();
    roots.dedup();
    let mut policies = Vec::new();
    for root in roots {
        // A folder without a `main.route` has no policy of its own.
        let sources = gathered.remove(&root).unwrap_or_else(|| gather(&root, workspace, host));
        let Some(sources) = sources else { continue };
        let known = before.iter().filter(|known| known.path(FileId(0)) == root);
        let same = known.filter_map(|known| known.again(&sources, options.as_of)).next();
        policies.push(same.unwrap_or_else(|| checked(&root, sources, options, before)));
    }
    policies
}

/// The root of the policy that a file is part of: the `main.route` beside or above it that uses it, the nearest first;
/// else the file itself.
fn root_of(
    path: &Path,
    workspace: &Workspace,
    host: &Host<'_>,
    gathered: &mut BTreeMap<PathBuf, Option<Sources>>,
) -> PathBuf {
    for folder in path.ancestors().skip(1).take(ANCESTORS) {
        let root = folder.join(ROOT_NAME);
        if root == path {
            break;
        }
        let sources = gathered.entry(root.clone()).or_insert_with(|| gather(&root, workspace, host));
        let relative = path.strip_prefix(folder).unwrap_or(path);
        let uses = |sources: &Sources| sources.files().iter().any(|file| Path::new(&file.name) == relative);
        if sources.as_ref().is_some_and(uses) {
            return root;
        }
    }
    path.to_owned()
}

fn gather(root: &Path, workspace: &Workspace, host: &Host<'_>) -> Option<Sources> {
    let folder = root.parent().unwrap_or(Path::new(""));
    let mut read = |name: &str| workspace.read(&folder.join(name), host);
    Sources::gather_read(root.to_str()?, &mut read).ok()
}

fn checked(root: &Path, sources: Sources, options: &Options, before: &[CheckedPolicy]) -> CheckedPolicy {
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    let known = before.iter().find(|known| known.path(FileId(0)) == root);
    let mut memory = known.map(|known| known.memory.clone()).unwrap_or_default();
    let earlier_names = known.and_then(|known| known.names.get().or(known.earlier_names.as_ref())).cloned();
    let checked = check_again(&sources, options, &mut memory);
    let mut diagnostics = checked.diagnostics;
    // Notes are for hover.
    let is_note = |told: &mut Diagnostic| told.severity == Severity::Note;
    let notes = diagnostics.extract_if(.., is_note).collect();
    let results = checked.policy.as_ref().map(|policy| examples::run(policy)).unwrap_or_default();
    diagnostics.extend(examples::diagnostics(&results));
    let proofs = if checked.policy.is_some() { Proofs::Pending } else { Proofs::Unsound };
    let paths = sources.files().iter().map(|file| folder.join(&file.name)).collect();
    let names = OnceCell::new();
    let (policy, as_of) = (checked.policy, options.as_of);
    CheckedPolicy {
        sources: Arc::new(sources),
        folder,
        paths,
        diagnostics,
        notes,
        policy,
        results,
        proofs,
        serving: None,
        names,
        earlier_names,
        beside: OnceCell::new(),
        as_of,
        memory,
    }
}

/// The text of a file with every sure edit applied; none where there is none for it.
pub fn fixed_text(policy: &CheckedPolicy, file: FileId) -> Option<String> {
    let mut fixes = policy.diagnostics.iter().flat_map(|told| &told.fixes);
    let is_sure = fixes.any(|fix| {
        fix.applicability == Applicability::Always && fix.edits.iter().any(|edit| edit.span.file == file)
    });
    if !is_sure {
        return None;
    }
    let fixed = fix::fixed(&policy.sources, &Options { as_of: policy.as_of });
    let text = &fixed.sources.file(file).text;
    (text != policy.text(file)).then(|| text.clone())
}
