//! What a request is answered from: the texts and policies as they stand, and what the client understands. Nothing in it
//! changes while a request is answered.

use crate::Host;
use crate::convert::{Encoding, Lines, Related};
use crate::features::completion::Snippets;
use crate::features::diagnostics::{self, CheckedPolicy};
use crate::workspace::{Document, Workspace};
use gen_lsp_types as lsp;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wayleave_compiler::source::{FileId, Span};

/// What the client said of itself at the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    pub(crate) encoding: Encoding,
    pub(crate) related: Related,
    pub(crate) snippets: Snippets,
}

/// All that a request is answered from.
pub(crate) struct Snapshot<'a> {
    pub(crate) client: Client,
    pub(crate) workspace: &'a Workspace,
    pub(crate) host: &'a Host<'a>,
    /// The client's own spelling of each open document's URI.
    pub(crate) uris: &'a BTreeMap<PathBuf, lsp::Uri>,
    /// Checked when they are first asked for.
    pub(crate) policies: &'a OnceCell<Vec<CheckedPolicy>>,
}

impl<'a> Snapshot<'a> {
    /// Every policy that an open document is part of.
    pub(crate) fn policies(&self) -> &'a [CheckedPolicy] {
        self.policies.get_or_init(|| diagnostics::check_all(self.workspace, self.host))
    }

    /// The policies that a file is part of, each with the file's number in it.
    pub(crate) fn policies_of(&self, path: &Path) -> impl Iterator<Item = (&'a CheckedPolicy, FileId)> {
        let found = |policy: &'a CheckedPolicy| {
            let file = policy.files().find(|file| policy.path(*file) == path);
            file.map(|file| (policy, file))
        };
        self.policies().iter().filter_map(found).collect::<Vec<_>>().into_iter()
    }

    /// An open document and its path.
    pub(crate) fn document(&self, uri: &lsp::Uri) -> Option<(PathBuf, &'a Document)> {
        let path = path_of(uri);
        let document = self.workspace.document(&path)?;
        Some((path, document))
    }

    /// A text with its lines, as this client counts them.
    pub(crate) fn lines<'t>(&self, text: &'t str) -> Lines<'t> {
        Lines::new(text, self.client.encoding)
    }

    /// A place of a policy's text as the client names it.
    pub(crate) fn location(&self, policy: &CheckedPolicy, span: Span) -> Option<lsp::Location> {
        let uri = self.uri_of(policy.path(span.file))?;
        let lines = self.lines(policy.text(span.file));
        Some(lsp::Location { uri, range: lines.range(span.start as usize, span.end as usize) })
    }

    /// As the client spells it, if it opened the file.
    pub(crate) fn uri_of(&self, path: &Path) -> Option<lsp::Uri> {
        self.uris.get(path).cloned().or_else(|| lsp::Uri::from_file_path(path).ok())
    }
}

/// The file of a URI; of one that names no file the URI itself.
pub(crate) fn path_of(uri: &lsp::Uri) -> PathBuf {
    uri.to_file_path().unwrap_or_else(|()| PathBuf::from(uri.as_str()))
}
