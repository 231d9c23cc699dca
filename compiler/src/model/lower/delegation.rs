//! Delegated files (`use "F" for CONDITION`): for whose requests they speak, what they may hold, and what of them may be
//! named elsewhere.

use super::conditions::Scope;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Condition;
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use wayleave_grammar::SyntaxKind;
use wayleave_grammar::ast::{Item, Node, Rule};

impl Lower<'_> {
    /// Finds the delegated files and refuses what they may not hold. Before anything of them is read.
    pub(super) fn delegate(&mut self, items: &[Placed<Item>]) {
        let mut used: BTreeMap<FileId, (Span, bool)> = BTreeMap::new();
        for (file, item) in items {
            let Item::Use(item) = item else { continue };
            let Some(path) = item.path() else { continue };
            let at = span(*file, path.range());
            let Some(to) = self.sources.used_at(at) else { continue };
            let is_delegated = item.delegated().is_some();
            if let Some((first, first_delegated)) = used.get(&to) {
                let is_partial = is_delegated || *first_delegated;
                if is_partial || first.file == at.file {
                    let (rest, help) = match is_partial {
                        true => (
                            ", and once for a part of the requests",
                            "use it once; several conditions are joined by `or`",
                        ),
                        false => ("", "remove one of them"),
                    };
                    let message = format!("`{}` is used twice{rest}", path.value());
                    let diagnostic = Diagnostic::new(Code::R0102, message, at, "again here")
                        .with_label(*first, "first used here")
                        .with_help(help);
                    self.report(diagnostic);
                }
                continue;
            }
            used.insert(to, (at, is_delegated));
            if is_delegated {
                self.declared.delegated.insert(to, None);
            }
        }
        for (file, item) in items {
            if self.declared.delegated.contains_key(file) {
                self.refuse_authority(*file, item);
            }
        }
    }

    /// The conditions of delegated files, once attributes and defines are known.
    pub(super) fn delegations(&mut self, items: &[Placed<Item>]) {
        for (file, item) in items {
            let Item::Use(item) = item else { continue };
            let (Some(path), Some(clause)) = (item.path(), item.delegated()) else { continue };
            let Some(to) = self.sources.used_at(span(*file, path.range())) else { continue };
            let Some(condition) = clause.condition() else { continue };
            let condition = self.condition(*file, &condition, Scope::Use);
            if let Some(slot) = self.declared.delegated.get_mut(&to) {
                *slot = condition;
            }
        }
    }

    fn refuse_authority(&mut self, file: FileId, item: &Item) {
        let refused = match item {
            Item::Edition(_)
            | Item::Deny(_)
            | Item::Forbid(_)
            | Item::Redact(_)
            | Item::Flag(_)
            | Item::RequireApproval(_)
            | Item::Limit(_)
            | Item::Budget(_)
            | Item::Cap(_)
            | Item::Log(_)
            | Item::Define(_)
            | Item::Group(_)
            | Item::Plan(_)
            | Item::Guarantee(_)
            | Item::Test(_)
            // Its own message says where it stands.
            | Item::Otherwise(_) => None,
            Item::Observe(observe) => match observe.rule() {
                Some(Rule::Approve(_)) => Some("observe approve"),
                _ => None,
            },
            Item::Route(route) if route.inside().is_some() => None,
            Item::Route(_) => Some("route"),
            Item::Timezone(_) => Some("timezone"),
            Item::Use(_) => Some("use"),
            Item::Type(_) => Some("type"),
            Item::Attribute(_) => Some("attribute"),
            Item::Classify(_) => Some("classify"),
            Item::Alias(_) => Some("alias"),
            Item::Provider(_) => Some("provider"),
            Item::Detector(_) => Some("detector"),
            Item::Approve(_) => Some("approve"),
            Item::Migrate(_) => Some("migrate"),
        };
        let Some(word) = refused else { return };
        let name = self.sources.file(file).name.clone();
        let at = keyword(file, item);
        let (message, help) = match word {
            "route" => (
                format!("`{name}` is delegated, so its routes stand inside another"),
                "add `inside ROUTE`: it then takes its part of that route's requests".to_owned(),
            ),
            word => (
                format!("`{name}` is delegated, and a delegated file cannot hold `{word}`"),
                "move it to the file that delegates; a delegated file directs and tightens its own requests"
                    .to_owned(),
            ),
        };
        self.report(Diagnostic::new(Code::R0105, message, at, "outside its authority").with_help(help));
    }

    /// The condition of a rule or claim, of a delegated file only for its own requests. None where it is wrong and
    /// reported.
    pub(super) fn rule_condition(
        &mut self,
        file: FileId,
        clause: Option<wayleave_grammar::ast::WhenClause>,
        scope: Scope,
    ) -> Option<Condition> {
        let own = self.when(file, clause, scope)?;
        match self.declared.delegated.get(&file) {
            None => Some(own),
            Some(delegated) => Some(Condition::All(vec![delegated.clone()?, own])),
        }
    }

    /// Whether a name may be used in a file; of a delegated file's own names one of another file is reported.
    pub(super) fn may_name(&mut self, what: &str, name: &str, declared: Span, at: Span) -> bool {
        if declared.file == at.file || !self.declared.delegated.contains_key(&declared.file) {
            return true;
        }
        let file = self.sources.file(declared.file).name.clone();
        let message = format!(
            "the {what} `{name}` is one of `{file}`, which is delegated, and can be named there alone"
        );
        let diagnostic = Diagnostic::new(Code::R0105, message, at, "named outside its file")
            .with_label(declared, "declared here")
            .with_help(format!("declare a {what} of your own"));
        self.report(diagnostic);
        false
    }
}

/// The word with which an item begins.
fn keyword(file: FileId, item: &Item) -> Span {
    let tokens = item.syntax().children_with_tokens().filter_map(wayleave_grammar::NodeOrToken::into_token);
    let first = tokens.into_iter().find(|token| token.kind() == SyntaxKind::Keyword);
    first.map_or_else(|| span_of(file, item), |token| Span::new(file, token.text_range()))
}
