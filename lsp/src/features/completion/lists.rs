//! Members of lists: what a list holds is not offered for it again, and where a list is due its first member comes with the brackets.

use super::trial::Read;
use super::{Completion, Insert, PROBE, Place, holds_token, written};
use std::collections::BTreeSet;
use wayleave_grammar::{NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, TextSize};

impl Place<'_> {
    /// What a list at the place holds already, before it and behind it; behind `sim/` or `group` the rest of what begins so.
    pub(super) fn held(&self) -> BTreeSet<String> {
        let mut held = BTreeSet::new();
        let behind = self.known.sources.file(self.file).parse.syntax();
        let at = TextSize::new(self.replaces().start);
        let behind = behind.token_at_offset(at).right_biased();
        // Among targets no name stands alone.
        let probe = self.trial.read(PROBE).or_else(|| self.trial.read(&format!("{PROBE}/{PROBE}")));
        let probe = probe.map(|read| read.token());
        let begun = probe.as_ref().map(begun).unwrap_or_default();
        for token in probe.into_iter().chain(behind) {
            let Some(list) = token.parent_ancestors().find(is_list) else { continue };
            // The word that is being written is no member yet.
            let others = list.children().filter(|one| !holds_token(one, &token));
            let rest = others.filter_map(|one| words(&one).strip_prefix(&begun[..]).map(<[String]>::concat));
            held.extend(rest.map(|rest| rest.trim_matches('"').to_owned()));
        }
        held
    }

    /// The first member of a list that has to stand here, with its brackets.
    pub(super) fn in_brackets(&self, read: &Read) -> Vec<Completion> {
        let is_list = |node: SyntaxNode| node.kind() == SyntaxKind::List;
        let behind = &self.known.sources.file(self.file).text[self.offset..];
        // There a single value has to stand, or the list stands already.
        if read.token().parent_ancestors().any(is_list) || behind.trim_start().starts_with('[') {
            return Vec::new();
        }
        let found = self.meant(read).map(|symbol| self.of_kind(&symbol, read)).unwrap_or_default();
        let bracketed = |one: &Completion| Insert::Plain(format!("[{}]", written(&one.label)));
        found.into_iter().map(|one| Completion { insert: bracketed(&one), ..one }).collect()
    }
}

fn is_list(node: &SyntaxNode) -> bool {
    matches!(node.kind(), SyntaxKind::List | SyntaxKind::TargetList)
}

/// What stands of a member before the word that is being written.
fn begun(token: &SyntaxToken) -> Vec<String> {
    let is_member = |node: &SyntaxNode| node.parent().is_some_and(|parent| is_list(&parent));
    let Some(member) = token.parent_ancestors().find(is_member) else { return Vec::new() };
    let mut before = words(&member);
    let is_before = |one: &SyntaxToken| one.text_range().end() <= token.text_range().start();
    before.truncate(tokens(&member).filter(is_before).count());
    before
}

fn words(member: &SyntaxNode) -> Vec<String> {
    tokens(member).map(|token| token.text().to_owned()).collect()
}

/// Without blanks and comments.
fn tokens(member: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    let tokens = member.descendants_with_tokens().filter_map(NodeOrToken::into_token);
    tokens.filter(|token| !token.kind().is_trivia())
}
