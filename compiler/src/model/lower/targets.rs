//! Sets of targets: `provider/model`, `provider/*`, `any`, groups and lists of them.

use super::drafts::Draft;
use super::names::{Kind, unknown};
use super::{Lower, Placed, span};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use std::sync::Arc;
use wayleave_grammar::ast::{Group, GroupRef, Item, Name, Node, Target, TargetPath, Targets};
use wayleave_program::catalogue::TargetId;

impl Lower<'_> {
    pub(super) fn declare_groups(&mut self, items: &[Placed<Item>]) {
        let mut groups = Vec::new();
        for (file, item) in items {
            let Item::Group(item) = item else { continue };
            groups.extend(self.draft(Kind::Group, *file, item.name(), item.clone()));
        }
        let named = |item: &Group| {
            let named = item.syntax().descendants().filter_map(GroupRef::cast);
            named.filter_map(|group| group.name()).map(|name| name.text()).collect()
        };
        for position in self.in_order("group", &groups, named) {
            let Draft { file, name, item, .. } = &groups[position];
            let Some(list) = item.targets() else { continue };
            let mut members = Vec::new();
            if list.targets().next().is_none() {
                let message = format!("the group `{name}` stands for no target");
                let diagnostic =
                    Diagnostic::new(Code::R0206, message, super::span_of(*file, &list), "an empty list");
                self.report(
                    diagnostic.with_help("name its targets, such as `provider/model` or `provider/*`"),
                );
            }
            for target in list.targets() {
                for member in self.target(*file, &target).unwrap_or_default() {
                    if !members.contains(&member) {
                        members.push(member);
                    }
                }
            }
            Arc::make_mut(&mut self.declared.groups).insert(name.clone(), members);
        }
    }

    /// What a rule speaks about: ascending, each once. Empty where an error was reported.
    pub(super) fn target_set(&mut self, file: FileId, targets: &Targets) -> Vec<TargetId> {
        let mut set = Vec::new();
        if targets.each().is_empty() {
            let at = super::span_of(file, targets);
            let diagnostic =
                Diagnostic::new(Code::R0206, "this rule speaks about no target", at, "an empty list");
            self.report(diagnostic.with_help("name its targets, such as `provider/*` or `any`"));
        }
        for target in targets.each() {
            set.extend(self.target(file, &target).unwrap_or_default());
        }
        set.sort();
        set.dedup();
        set
    }

    /// One entry of a list of targets, in the order of the catalogue or the group.
    pub(super) fn target(&mut self, file: FileId, target: &Target) -> Option<Vec<TargetId>> {
        match target {
            Target::Path(path) => self.target_path(file, path),
            Target::Any(_) => Some(self.declared.catalogue.target_ids().collect()),
            Target::Group(group) => self.group(file, group),
        }
    }

    pub(super) fn group(&mut self, file: FileId, group: &GroupRef) -> Option<Vec<TargetId>> {
        let name_node = group.name()?;
        let name = name_node.text();
        self.mark_used(Kind::Group, &name);
        if let Some(declared) = self.declared.names.get(Kind::Group, &name)
            && !self.may_name("group", &name, declared, span(file, name_node.text_range()))
        {
            return None;
        }
        if let Some(members) = self.declared.groups.get(&name) {
            return Some(members.clone());
        }
        if self.declared.names.get(Kind::Group, &name).is_none() {
            self.unknown_name(Kind::Group, &name, span(file, name_node.text_range()));
        }
        None
    }

    pub(super) fn target_path(&mut self, file: FileId, path: &TargetPath) -> Option<Vec<TargetId>> {
        let provider_node = path.provider()?;
        let provider = provider_node.text();
        let of_provider = self.declared.targets.get(&provider);
        let named = of_provider.zip(path.model()).and_then(|(models, model)| models.get(&model.text()));
        if let Some(id) = named {
            return Some(vec![*id]);
        }
        let known = self.declared.catalogue.providers.iter().position(|known| known.name == provider);
        if known.is_none() {
            self.unknown_provider(file, &provider_node, path);
            return None;
        }
        let of_provider = |id: &TargetId| self.declared.catalogue.provider_of(*id).name == provider;
        let all: Vec<TargetId> = self.declared.catalogue.target_ids().filter(of_provider).collect();
        if path.is_all_models() {
            return Some(all);
        }
        let model_node = path.model()?;
        let model = model_node.text();
        self.unknown_model(span(file, model_node.text_range()), &provider, &model, &all);
        None
    }

    fn unknown_provider(&mut self, file: FileId, provider: &Name, path: &TargetPath) {
        let name = provider.text();
        let model = path.model().map(|model| model.text()).unwrap_or_default();
        let elsewhere = self.declared.catalogue.targets.iter().find(|target| target.model == model);
        let elsewhere = elsewhere.map(|target| target.name.clone());
        self.unknown_name(Kind::Provider, &name, span(file, provider.text_range()));
        if let (Some(elsewhere), Some(diagnostic)) = (elsewhere, self.diagnostics.last_mut())
            && diagnostic.fixes.is_empty()
        {
            diagnostic.help = Some(format!("a model of that name is declared as `{elsewhere}`"));
        }
    }

    fn unknown_model(&mut self, at: Span, provider: &str, model: &str, siblings: &[TargetId]) {
        let candidates: Vec<(String, Option<Span>)> = siblings
            .iter()
            .map(|id| {
                (
                    self.declared.catalogue.target(*id).model.clone(),
                    self.declared.target_spans.get(id.0 as usize).copied(),
                )
            })
            .collect();
        let mut diagnostic: Diagnostic = unknown("model", model, at, &candidates);
        diagnostic.message = format!("the provider `{provider}` has no model `{model}`");
        if diagnostic.fixes.is_empty()
            && let Some(other) = self.declared.catalogue.targets.iter().find(|target| target.model == model)
        {
            diagnostic.help = Some(format!("it is declared as `{}`", other.name));
        }
        self.report(diagnostic);
    }
}
