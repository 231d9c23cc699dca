//! Plans: stages with groups and named plans written out. A target that stands twice keeps its first place.

use super::drafts::Draft;
use super::names::Kind;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Plan, PlanStage, Who};
use crate::source::FileId;
use wayleave_grammar::ast::{self, Item, Node, PlanExpression, PlanRef, Stage, StageKind};

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
                self.plans.insert(name.clone(), plan);
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
                    if !plan.stages.iter().any(|known| known.who == stage.who) {
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
        let one = |who: Who| PlanStage { who, within_ms };
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
            StageKind::Requested(_) => Some(vec![one(Who::Requested)]),
            StageKind::Plan(named) => {
                let mut plan = self.named_plan(file, &named)?;
                for stage in &mut plan.stages {
                    // The shorter of the two counts.
                    stage.within_ms = stage.within_ms.into_iter().chain(within_ms).min();
                }
                Some(plan.stages)
            }
            StageKind::Split(_) | StageKind::Ordering(_) => None,
        }
    }

    fn named_plan(&mut self, file: FileId, named: &PlanRef) -> Option<Plan> {
        let name_node = named.name()?;
        let name = name_node.text();
        self.mark_used(Kind::Plan, &name);
        if let Some(plan) = self.plans.get(&name) {
            return Some(plan.clone());
        }
        if self.names.get(Kind::Plan, &name).is_none() {
            self.unknown_name(Kind::Plan, &name, span(file, name_node.text_range()));
        }
        None
    }
}
