//! Names that an item cannot use because they use it: to name one of them would close a circle.

use crate::features::names::Kind;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::source::Sources;
use wayleave_grammar::SyntaxNode;
use wayleave_grammar::ast::{self, Item, Node};

/// The name of an item, of which kind it is, and all names of that kind which lead to it, its own included.
pub(super) fn around(sources: &Sources, item: &Item) -> Option<(Kind, BTreeSet<String>)> {
    let (kind, own, _) = named(item)?;
    let mut used_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in sources.files().iter().flat_map(|file| file.parse.root().items().collect::<Vec<_>>()) {
        let Some((of, name, node)) = named(&item) else { continue };
        if of == kind {
            for used in uses(kind, &node) {
                used_by.entry(used).or_default().push(name.clone());
            }
        }
    }
    let mut found = BTreeSet::new();
    let mut open = vec![own];
    while let Some(name) = open.pop() {
        if found.insert(name.clone()) {
            open.extend(used_by.get(&name).into_iter().flatten().cloned());
        }
    }
    Some((kind, found))
}

/// What kind of name an item declares that others of its kind can use, the name, and the item.
fn named(item: &Item) -> Option<(Kind, String, SyntaxNode)> {
    let (kind, name) = match item {
        Item::Route(item) => (Kind::Route, item.name()?.text()),
        Item::Plan(item) => (Kind::Plan, item.name()?.text()),
        Item::Group(item) => (Kind::Group, item.name()?.text()),
        Item::Define(item) => (Kind::Attribute, item.name()?.text()),
        Item::Classify(item) => (Kind::Attribute, item.name()?.text()),
        _ => return None,
    };
    Some((kind, name, item.syntax().clone()))
}

/// The names of its own kind that an item uses.
fn uses(kind: Kind, item: &SyntaxNode) -> Vec<String> {
    let used = |node: SyntaxNode| match kind {
        Kind::Route => ast::InsideClause::cast(node)?.name().map(|name| name.text()),
        Kind::Plan => ast::PlanRef::cast(node)?.name().map(|name| name.text()),
        Kind::Group => ast::GroupRef::cast(node)?.name().map(|name| name.text()),
        _ => ast::AttributeName::cast(node).map(|name| name.text()),
    };
    item.descendants().filter_map(used).collect()
}
