//! Declared items that name one another: each is built after those that it names, and circles among them are reported.

use super::names::Kind;
use super::{Lower, graph, span};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use wayleave_grammar::ast::Name;

/// An item whose name is declared, before it is built.
pub(super) struct Draft<T> {
    pub(super) file: FileId,
    pub(super) name: String,
    /// Where its name stands.
    pub(super) at: Span,
    pub(super) item: T,
}

impl Lower<'_> {
    /// Declares an item; none where its name is missing or taken.
    pub(super) fn draft<T>(
        &mut self,
        kind: Kind,
        file: FileId,
        name: Option<Name>,
        item: T,
    ) -> Option<Draft<T>> {
        let at = span(file, name.as_ref()?.text_range());
        let name = self.declare_name(kind, file, name)?;
        Some(Draft { file, name, at, item })
    }

    /// The positions of drafts, each after those that it names (`names`), without those that stand in a circle or need
    /// one that does. Each circle is reported once.
    pub(super) fn in_order<T>(
        &mut self,
        what: &str,
        drafts: &[Draft<T>],
        names: impl Fn(&T) -> Vec<String>,
    ) -> Vec<usize> {
        let positions: BTreeMap<&str, usize> =
            drafts.iter().enumerate().map(|(position, draft)| (draft.name.as_str(), position)).collect();
        let edges: Vec<Vec<usize>> = drafts
            .iter()
            .map(|draft| {
                names(&draft.item).iter().filter_map(|name| positions.get(name.as_str()).copied()).collect()
            })
            .collect();
        let order = graph::order(&edges);
        for circle in &order.circles {
            let names: Vec<(&str, Span)> = circle
                .iter()
                .map(|position| (drafts[*position].name.as_str(), drafts[*position].at))
                .collect();
            self.circle(what, &names);
        }
        order.nodes
    }

    fn circle(&mut self, what: &str, names: &[(&str, Span)]) {
        let Some(((first, at), others)) = names.split_first() else { return };
        let path: Vec<String> =
            names.iter().map(|(name, _)| name).chain([first]).map(|name| format!("`{name}`")).collect();
        let message = match others {
            [] => format!("the {what} `{first}` names itself"),
            _ => format!("these name each other in a circle: {}", path.join(" → ")),
        };
        let mut diagnostic = Diagnostic::new(Code::R0103, message, *at, "the circle begins and ends here")
            .with_help("let one of them stand without the others");
        for (name, span) in others {
            diagnostic = diagnostic.with_label(*span, format!("`{name}` is part of it"));
        }
        self.report(diagnostic);
    }
}
