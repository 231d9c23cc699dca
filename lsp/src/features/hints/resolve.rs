//! Who the names in a plan or a list stand for. Asked of sound policies only, in which every name has one meaning.

use wayleave_compiler::Policy;
use wayleave_compiler::source::{FileId, Sources};
use wayleave_grammar::ast::{self, Item, StageKind, Target, TargetPath};
use wayleave_program::catalogue::TargetId;

/// Groups in groups and plans in plans are followed so far. They never stand in a circle, and nobody writes more.
const DEPTH: usize = 16;

/// Where names are looked up.
#[derive(Clone, Copy)]
pub(super) struct Resolve<'r> {
    pub(super) policy: &'r Policy,
    pub(super) sources: &'r Sources,
}

impl Resolve<'_> {
    /// A target that is written out.
    pub(super) fn target(&self, path: &TargetPath) -> Option<TargetId> {
        let name = format!("{}/{}", path.provider()?.text(), path.model()?.text());
        self.policy.catalogue.find_target(&name)
    }

    /// The targets that an ordering writes out, where they stand.
    pub(super) fn paths(&self, ordering: &ast::Ordering) -> Vec<TargetPath> {
        let targets = ordering.targets().into_iter().flat_map(|list| list.targets().collect::<Vec<_>>());
        let paths = targets.filter_map(|target| match target {
            Target::Path(path) => Some(path),
            Target::Any(_) | Target::Group(_) => None,
        });
        paths.filter(|path| !path.is_all_models()).collect()
    }

    /// All models of a provider.
    pub(super) fn all_models(&self, path: &TargetPath) -> Vec<TargetId> {
        let catalogue = &self.policy.catalogue;
        let Some(name) = path.provider().map(|name| name.text()) else { return Vec::new() };
        let is_its = |id: &TargetId| {
            let provider = catalogue.target(*id).provider;
            catalogue.providers[provider.0 as usize].name == name
        };
        catalogue.target_ids().filter(is_its).collect()
    }

    /// The members of a group, as a file names it.
    pub(super) fn group(&self, file: FileId, group: &ast::GroupRef) -> Vec<TargetId> {
        let mut found = Vec::new();
        self.add_group(file, group, DEPTH, &mut found);
        found
    }

    /// The targets of a plan, as a file names it: those that are written.
    pub(super) fn plan(&self, file: FileId, plan: &ast::PlanRef) -> Vec<TargetId> {
        let mut found = Vec::new();
        self.add_plan(file, plan, DEPTH, &mut found);
        found
    }

    /// The targets of a list, each once.
    pub(super) fn each(&self, file: FileId, targets: impl Iterator<Item = Target>) -> Vec<TargetId> {
        let mut found = Vec::new();
        targets.for_each(|target| self.add_target(file, &target, DEPTH, &mut found));
        found
    }

    fn add(found: &mut Vec<TargetId>, target: TargetId) {
        if !found.contains(&target) {
            found.push(target);
        }
    }

    fn add_target(&self, file: FileId, target: &Target, depth: usize, found: &mut Vec<TargetId>) {
        match target {
            Target::Path(path) if path.is_all_models() => {
                self.all_models(path).into_iter().for_each(|target| Self::add(found, target));
            }
            Target::Path(path) => self.target(path).into_iter().for_each(|target| Self::add(found, target)),
            Target::Any(_) => self.policy.catalogue.target_ids().for_each(|target| Self::add(found, target)),
            Target::Group(group) => self.add_group(file, group, depth, found),
        }
    }

    fn add_group(&self, file: FileId, group: &ast::GroupRef, depth: usize, found: &mut Vec<TargetId>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let name = group.name().map(|name| name.text());
        let is_it = |item: &Item| match item {
            Item::Group(item) => item.name().map(|own| own.text()) == name,
            _ => false,
        };
        if let Some((file, Item::Group(item))) = self.declared(file, is_it)
            && let Some(list) = item.targets()
        {
            list.targets().for_each(|target| self.add_target(file, &target, depth, found));
        }
    }

    fn add_plan(&self, file: FileId, plan: &ast::PlanRef, depth: usize, found: &mut Vec<TargetId>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let name = plan.name().map(|name| name.text());
        let is_it = |item: &Item| match item {
            Item::Plan(item) => item.name().map(|own| own.text()) == name,
            _ => false,
        };
        let Some((file, Item::Plan(item))) = self.declared(file, is_it) else { return };
        for stage in item.expression().iter().flat_map(|plan| plan.stages()) {
            match stage.kind() {
                Some(StageKind::Path(path)) => {
                    self.target(&path).into_iter().for_each(|target| Self::add(found, target));
                }
                Some(StageKind::Split(split)) => {
                    let targets = split.shares().filter_map(|share| self.target(&share.target()?));
                    targets.for_each(|target| Self::add(found, target));
                }
                Some(StageKind::Ordering(ordering)) => {
                    let targets =
                        ordering.targets().into_iter().flat_map(|list| list.targets().collect::<Vec<_>>());
                    targets.for_each(|target| self.add_target(file, &target, depth, found));
                }
                Some(StageKind::Group(group)) => self.add_group(file, &group, depth, found),
                Some(StageKind::Plan(plan)) => self.add_plan(file, &plan, depth, found),
                Some(StageKind::Requested(_)) | None => {}
            }
        }
    }

    /// What is declared so: in the file itself, or in another that is not delegated, as the names of such are its own.
    fn declared(&self, file: FileId, is_it: impl Fn(&Item) -> bool) -> Option<(FileId, Item)> {
        let is_delegated =
            |other: FileId| self.policy.delegations.iter().any(|(delegated, _)| *delegated == other);
        let others = self.sources.ids().filter(|other| *other != file && !is_delegated(*other));
        let mut files = std::iter::once(file).chain(others);
        files.find_map(|file| {
            let item = self.sources.file(file).parse.root().items().find(&is_it)?;
            Some((file, item))
        })
    }
}
