//! Limits and budgets by how much of them is used: `spent(BUDGET)`, `used(LIMIT)`.

use super::{Completion, DESCRIBED, Insert, PROBE, Place, Sort, written};
use crate::features::hover::{describe, item_at};
use crate::features::names::{Kind, Symbol};
use wayleave_grammar::SyntaxToken;
use wayleave_grammar::ast::{self, Item, Node};

impl Place<'_> {
    /// Every counter as a condition asks for it, where one can stand.
    pub(super) fn counters(&self) -> Vec<Completion> {
        let can_stand =
            self.trial.read(&format!("spent({PROBE})")).is_some_and(|read| is_counter(&read.token()));
        if !can_stand {
            return Vec::new();
        }
        let declared = self.known.names.declared(Kind::Counter, "");
        let all = declared.filter_map(|one| Some((word(self, one.span)?, one.symbol.name.clone(), one.span)));
        let all: Vec<_> = all.collect();
        let is_described = all.len() <= DESCRIBED;
        let offered = all.into_iter().map(|(word, name, at)| {
            // What is declared without quotes needs none; to try each name is to read a text.
            let is_plain = self.known.sources.text(at) == name;
            let text =
                if is_plain { format!("{word}({name})") } else { format!("{word}({})", written(&name)) };
            let describe = |name| describe(self.known, &Symbol::new(Kind::Counter, name));
            let documentation = if is_described { describe(name) } else { String::new() };
            self.offer(text.clone(), Sort::Name(Kind::Counter), documentation, Insert::Plain(text))
        });
        offered.collect()
    }

    /// The counters that a word in front of the brackets can speak of; all of them where there is none.
    pub(super) fn counters_of(&self, token: &SyntaxToken) -> Vec<Completion> {
        let asked = token.parent_ancestors().find_map(ast::Counter::cast).map(|counter| counter.keyword());
        let declared = self.known.names.declared(Kind::Counter, "");
        let fitting = declared.filter(|one| match (&asked, word(self, one.span)) {
            (Some(asked), Some(word)) => asked == word,
            (None, _) | (_, None) => true,
        });
        let symbols: Vec<Symbol> = fitting.map(|one| one.symbol.clone()).collect();
        symbols.into_iter().map(|symbol| self.name(symbol)).collect()
    }
}

fn is_counter(token: &SyntaxToken) -> bool {
    token.parent().and_then(ast::Counter::cast).is_some()
}

/// The word that asks for a counter, by how it is declared.
fn word(place: &Place<'_>, declared: wayleave_compiler::source::Span) -> Option<&'static str> {
    match item_at(place.known.sources, declared)? {
        Item::Budget(_) => Some("spent"),
        Item::Limit(_) => Some("used"),
        _ => None,
    }
}
