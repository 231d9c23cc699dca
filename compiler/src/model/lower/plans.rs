//! Plans: stages with groups and named plans written out. A target that stands twice keeps its first place.

use super::drafts::Draft;
use super::names::Kind;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Ordering, Plan, PlanStage, Who};
use crate::source::FileId;
use std::sync::Arc;
use wayleave_grammar::ast::{self, Item, LiteralValue, Node, PlanExpression, PlanRef, Stage, StageKind};
use wayleave_program::catalogue::TargetId;
use wayleave_program::value::Share;

/// All of a whole, in millionths.
const WHOLE: u64 = 1_000_000;

impl Lower<'_> {
    pub(super) fn declare_plans(&mut self, items: &[Placed<Item>]) {
        let mut plans = Vec::new();
        for (file, item) in items {
            let Item::Plan(item) = item else { continue };
            plans.extend(self.draft(Kind::Plan, *file, item.name(), item.clone()));
        }
        let named = |item: &ast::Plan| {
            let named = item.syntax().descendants().filter_map(PlanRef::cast);
            named.filter_map(|plan| plan.name()).map(|name| name.text()).collect()
        };
        for position in self.in_order("plan", &plans, named) {
            let Draft { file, name, item, .. } = &plans[position];
            let Some(expression) = item.expression() else { continue };
            if let Some(plan) = self.plan(*file, &expression) {
                Arc::make_mut(&mut self.declared.plans).insert(name.clone(), plan);
            }
        }
    }

    /// A plan written out; none where a part of it is wrong and reported.
    pub(super) fn plan(&mut self, file: FileId, expression: &PlanExpression) -> Option<Plan> {
        let mut plan = Plan::default();
        let mut is_whole = true;
        for stage in expression.stages() {
            match self.stage(file, &stage) {
                Some(stages) => stages.into_iter().for_each(|stage| {
                    let is_known = plan.stages.iter().any(|known| known.who == stage.who);
                    if !is_known {
                        plan.stages.push(stage);
                    }
                }),
                None => is_whole = false,
            }
        }
        is_whole.then_some(plan)
    }

    fn stage(&mut self, file: FileId, stage: &Stage) -> Option<Vec<PlanStage>> {
        let within_ms = match stage.within() {
            Some(clause) => {
                let literal = clause.duration()?;
                Some(self.duration(span_of(file, &literal), "within", Some(literal.value()?))?)
            }
            None => None,
        };
        let one = move |who: Who| PlanStage { who, within_ms };
        match stage.kind()? {
            StageKind::Path(path) if path.is_all_models() => {
                let at = span_of(file, &path);
                let provider = path.provider().map(|name| name.text()).unwrap_or_default();
                let message = format!("a plan needs an order, and `{provider}/*` has none");
                let help = "name the models one by one with `else`, or list them in a `group`";
                self.report(
                    Diagnostic::new(Code::R0201, message, at, "all models of a provider").with_help(help),
                );
                None
            }
            StageKind::Path(path) => {
                Some(self.target_path(file, &path)?.into_iter().map(|id| one(Who::Target(id))).collect())
            }
            StageKind::Group(group) => {
                Some(self.group(file, &group)?.into_iter().map(|id| one(Who::Target(id))).collect())
            }
            StageKind::Requested(requested) => {
                self.noted.requested_at.get_or_insert(span_of(file, &requested));
                Some(vec![one(Who::Requested)])
            }
            StageKind::Plan(named) => {
                let mut plan = self.named_plan(file, &named)?;
                for stage in &mut plan.stages {
                    // The shorter of the two counts.
                    stage.within_ms = stage.within_ms.into_iter().chain(within_ms).min();
                }
                Some(plan.stages)
            }
            StageKind::Split(split) => self.split(file, &split).map(|who| vec![one(who)]),
            StageKind::Ordering(ordering) => self.ordering(file, &ordering).map(|who| vec![one(who)]),
        }
    }

    fn split(&mut self, file: FileId, split: &ast::Split) -> Option<Who> {
        let by = split.by().map(|name| self.told_apart_by(file, &name));
        let mut shares: Vec<(Share, TargetId)> = Vec::new();
        let mut is_whole = true;
        for share in split.shares() {
            let target = share.target().and_then(|path| self.one_target(file, &path, "a share goes to"));
            let (Some(literal), Some(target)) = (share.share(), target) else {
                is_whole = false;
                continue;
            };
            let LiteralValue::SharePpm(ppm) = literal.value()? else { return None };
            if ppm == 0 {
                let message = "a share of 0% is never drawn";
                let diagnostic = Diagnostic::new(Code::R0207, message, span_of(file, &literal), "nobody");
                self.report(diagnostic.with_help("remove this member, or give it a share"));
                is_whole = false;
            }
            if shares.iter().any(|(_, known)| *known == target) {
                let message =
                    format!("this split names `{}` twice", self.declared.catalogue.target(target).name);
                let diagnostic = Diagnostic::new(Code::R0102, message, span_of(file, &share), "again here");
                self.report(diagnostic.with_help("give it one share"));
                is_whole = false;
            }
            shares.push((Share(ppm), target));
        }
        let sum: u64 = shares.iter().map(|(share, _)| share.0).fold(0, u64::saturating_add);
        if is_whole && sum != WHOLE {
            let written = wayleave_program::sources::write_share(Share(sum));
            let message = format!("the shares of this split sum to {written}, not to 100%");
            let diagnostic =
                Diagnostic::new(Code::R0207, message, span_of(file, split), format!("{written} in all"));
            self.report(diagnostic.with_help("let the shares sum to 100%"));
            return None;
        }
        let by = by.map_or(Some(None), |by| by.map(Some));
        is_whole.then_some(Who::Split(by?, shares))
    }

    fn ordering(&mut self, file: FileId, item: &ast::Ordering) -> Option<Who> {
        let ordering = match item.word()?.as_str() {
            "cheapest" => Ordering::Cheapest,
            "fastest" => Ordering::Fastest,
            _ => Ordering::LeastBusy,
        };
        let list = item.targets()?;
        let mut members = Vec::new();
        for target in list.targets() {
            for member in self.target(file, &target)? {
                if !members.contains(&member) {
                    members.push(member);
                }
            }
        }
        if members.is_empty() {
            let diagnostic =
                Diagnostic::new(Code::R0206, "nothing stands in this list", span_of(file, &list), "empty");
            self.report(diagnostic.with_help("name the targets that are put in order"));
            return None;
        }
        if ordering == Ordering::Cheapest {
            self.noted.priced.ordering.get_or_insert(span_of(file, item));
            self.noted.priced.ordered.extend(&members);
        }
        Some(Who::Ordered(ordering, members))
    }

    fn named_plan(&mut self, file: FileId, named: &PlanRef) -> Option<Plan> {
        let name_node = named.name()?;
        let name = name_node.text();
        self.mark_used(Kind::Plan, &name);
        if let Some(declared) = self.declared.names.get(Kind::Plan, &name)
            && !self.may_name("plan", &name, declared, span(file, name_node.text_range()))
        {
            return None;
        }
        if let Some(plan) = self.declared.plans.get(&name) {
            return Some(plan.clone());
        }
        if self.declared.names.get(Kind::Plan, &name).is_none() {
            self.unknown_name(Kind::Plan, &name, span(file, name_node.text_range()));
        }
        None
    }
}
