//! Members of lists: what a list holds is not offered for it again, and where a list is due its first member comes with the brackets.

use super::trial::Read;
use super::{Completion, Insert, PROBE, Place, holds_token, written};
use std::collections::BTreeSet;
use wayleave_grammar::{SyntaxKind, SyntaxNode, TextSize};

impl Place<'_> {
    /// What a list at the place holds already, before it and behind it.
    pub(super) fn held(&self) -> BTreeSet<String> {
        let mut held = BTreeSet::new();
        let behind = self.known.sources.file(self.file).parse.syntax();
        let at = TextSize::new(self.replaces().start);
        let behind = behind.token_at_offset(at).right_biased();
        for token in self.trial.read(PROBE).map(|read| read.token()).into_iter().chain(behind) {
            let is_list =
                |node: &SyntaxNode| matches!(node.kind(), SyntaxKind::List | SyntaxKind::TargetList);
            let Some(list) = token.parent_ancestors().find(is_list) else { continue };
            // The word that is being written is no member yet.
            let others = list.children().filter(|one| !holds_token(one, &token));
            held.extend(others.map(|one| one.text().trim().trim_matches('"').to_owned()));
        }
        held
    }

    /// The first member of a list that has to stand here, with its brackets.
    pub(super) fn in_brackets(&self, read: &Read) -> Vec<Completion> {
        let is_list = |node: SyntaxNode| node.kind() == SyntaxKind::List;
        // There a single value has to stand.
        if read.token().parent_ancestors().any(is_list) {
            return Vec::new();
        }
        let found = self.meant(read).map(|symbol| self.of_kind(&symbol, read)).unwrap_or_default();
        let bracketed = |one: &Completion| Insert::Plain(format!("[{}]", written(&one.label)));
        found.into_iter().map(|one| Completion { insert: bracketed(&one), ..one }).collect()
    }
}
