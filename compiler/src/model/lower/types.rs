//! Types: plain, scale and tree, declared or written in place.

use super::names::{Kind, twice};
use super::{Lower, Placed, span};
use crate::source::FileId;
use std::sync::Arc;
use wayleave_grammar::ast::{Item, Name, TreeBranch, TypeShape};
use wayleave_program::schema::{Member, NamedType, Shape, Type};
use wayleave_program::value::MemberId;

impl Lower<'_> {
    pub(super) fn declare_types(&mut self, items: &[Placed<Item>]) {
        for (file, item) in items {
            let Item::Type(item) = item else { continue };
            let Some(name) = self.declare_name(Kind::Type, *file, item.name()) else { continue };
            if let ("string" | "bool" | "tokens", Some(name_node)) = (name.as_str(), item.name()) {
                let at = span(*file, name_node.text_range());
                let message = format!("`{name}` is a built-in type");
                let diagnostic = crate::diagnostic::Diagnostic::new(
                    crate::diagnostic::Code::R0102,
                    message,
                    at,
                    "declared again here",
                );
                self.report(diagnostic.with_help("choose another name"));
                continue;
            }
            let Some(named) = item.shape().and_then(|shape| self.named_type(*file, &name, &shape)) else {
                continue;
            };
            Arc::make_mut(&mut self.declared.types).insert(name, named);
        }
    }

    /// The type that an attribute states. `owner` names a type that is written in place.
    pub(super) fn attribute_type(&mut self, file: FileId, owner: &str, shape: &TypeShape) -> Option<Type> {
        match shape {
            TypeShape::Named(name) => self.type_by_name(file, &name.name()?),
            TypeShape::Set(set) => match self.attribute_type(file, owner, &set.member()?)? {
                Type::Text => Some(Type::TextSet),
                Type::Named(named) => Some(Type::NamedSet(named)),
                _ => {
                    let message = "a set has members of `string` or of a type with named values";
                    self.error(
                        crate::diagnostic::Code::R0201,
                        message,
                        super::span_of(file, set),
                        "not such a type",
                    );
                    None
                }
            },
            TypeShape::Plain(_) | TypeShape::Scale(_) | TypeShape::Tree(_) => {
                self.named_type(file, owner, shape).map(Type::Named)
            }
        }
    }

    fn type_by_name(&mut self, file: FileId, name: &Name) -> Option<Type> {
        let text = name.text();
        match text.as_str() {
            "string" => return Some(Type::Text),
            "bool" => return Some(Type::Bool),
            "tokens" => return Some(Type::Tokens),
            _ => {}
        }
        self.mark_used(Kind::Type, &text);
        if let Some(named) = self.declared.types.get(&text) {
            return Some(Type::Named(Arc::clone(named)));
        }
        if self.declared.names.get(Kind::Type, &text).is_none() {
            let built_in = ["string", "bool", "tokens"].map(|name| (name.to_owned(), None));
            let mut candidates: Vec<_> = self
                .declared
                .names
                .of(Kind::Type)
                .map(|(name, span)| (name.to_owned(), Some(span)))
                .collect();
            candidates.extend(built_in);
            let diagnostic = super::names::unknown("type", &text, span(file, name.text_range()), &candidates);
            self.report(diagnostic);
        }
        None
    }

    fn named_type(&mut self, file: FileId, name: &str, shape: &TypeShape) -> Option<Arc<NamedType>> {
        let mut members = Vec::new();
        let mut seen = std::collections::BTreeMap::new();
        let shape = match shape {
            TypeShape::Plain(plain) => {
                plain.values().for_each(|value| self.add_member(file, &value, None, &mut members, &mut seen));
                Shape::Plain
            }
            TypeShape::Scale(scale) => {
                scale.values().for_each(|value| self.add_member(file, &value, None, &mut members, &mut seen));
                Shape::Scale
            }
            TypeShape::Tree(tree) => {
                self.add_branch(file, &tree.root()?, None, &mut members, &mut seen);
                Shape::Tree
            }
            TypeShape::Set(_) | TypeShape::Named(_) => return None,
        };
        if members.is_empty() {
            return None;
        }
        Some(Arc::new(NamedType { name: name.to_owned(), shape, members }))
    }

    fn add_member(
        &mut self,
        file: FileId,
        name: &Name,
        parent: Option<MemberId>,
        members: &mut Vec<Member>,
        seen: &mut std::collections::BTreeMap<String, crate::source::Span>,
    ) {
        let text = name.text();
        let at = span(file, name.text_range());
        if let Some(first) = seen.get(&text) {
            self.report(twice("value", &text, at, *first));
            return;
        }
        seen.insert(text.clone(), at);
        members.push(Member { name: text, parent });
    }

    /// Recursion is bounded by the grammar's nesting limit.
    fn add_branch(
        &mut self,
        file: FileId,
        branch: &TreeBranch,
        parent: Option<MemberId>,
        members: &mut Vec<Member>,
        seen: &mut std::collections::BTreeMap<String, crate::source::Span>,
    ) {
        let Some(name) = branch.name() else { return };
        let own = u32::try_from(members.len()).ok().map(MemberId);
        self.add_member(file, &name, parent, members, seen);
        for below in branch.branches() {
            self.add_branch(file, &below, own, members, seen);
        }
    }
}
