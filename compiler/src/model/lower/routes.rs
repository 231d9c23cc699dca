//! The rules of "where": routes with their arms, and `otherwise`.

use super::conditions::Scope;
use super::drafts::Draft;
use super::names::Kind;
use super::parts::FileParts;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::{Arm, ArmOutcome, Condition, Otherwise, Route, RouteBody, RouteId};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use std::sync::Arc;
use wayleave_grammar::SyntaxKind;
use wayleave_grammar::ast::{self, Item, Node, Outcome};

/// A route of one file. The one around it may be of another.
#[derive(Debug, Clone)]
pub(super) struct Drafted {
    /// Without the route that it stands inside.
    pub(super) route: Route,
    /// Where its name stands.
    at: Span,
    /// The name behind `inside`, and where it stands.
    inside: Option<(String, Span)>,
}

impl Lower<'_> {
    /// The routes of a file.
    pub(super) fn routes(&mut self, items: &[Placed<Item>]) -> Vec<Drafted> {
        let mut routes = Vec::new();
        for (file, item) in items {
            let Item::Route(item) = item else { continue };
            let Some(draft) = self.draft(Kind::Route, *file, item.name(), item) else { continue };
            let inside = item.inside().and_then(|clause| clause.name());
            let condition = self.rule_condition(*file, item.when(), Scope::Route);
            let body = self.body(*file, &draft.name, item);
            // A route with an error leaves a hole, so that the others keep their numbers; no policy is built from it.
            let route = Route {
                name: draft.name,
                span: span_of(*file, item),
                head: head(*file, item),
                inside: None,
                condition: condition.unwrap_or_else(Condition::always),
                body: body.unwrap_or_else(|| RouteBody::Arms(Vec::new())),
            };
            let inside = inside.map(|name| (name.text(), span(*file, name.text_range())));
            routes.push(Drafted { route, at: draft.at, inside });
        }
        routes
    }

    /// The outer route of each that names one, by the position of both among all routes.
    pub(super) fn outer_routes(&mut self, files: &[Arc<FileParts>]) -> BTreeMap<usize, RouteId> {
        let routes = || files.iter().flat_map(|file| &file.routes);
        if routes().all(|drafted| drafted.inside.is_none()) {
            return BTreeMap::new();
        }
        let drafts: Vec<Draft<Option<&(String, Span)>>> = routes()
            .map(|Drafted { route, at, inside }| Draft {
                file: at.file,
                name: route.name.clone(),
                at: *at,
                item: inside.as_ref(),
            })
            .collect();
        // Routes keep the order of the policy; only the circles matter here.
        self.in_order("route", &drafts, |inside| inside.iter().map(|(name, _)| name.clone()).collect());
        let index: BTreeMap<&str, RouteId> = drafts
            .iter()
            .zip(0..)
            .map(|(draft, position)| (draft.name.as_str(), RouteId(position)))
            .collect();
        let mut outer = BTreeMap::new();
        for (position, draft) in drafts.iter().enumerate() {
            let Some((name, at)) = draft.item else { continue };
            match index.get(name.as_str()) {
                Some(found) => {
                    outer.insert(position, *found);
                }
                None => self.unknown_name(Kind::Route, name, *at),
            }
        }
        outer
    }

    fn body(&mut self, file: FileId, name: &str, item: &ast::Route) -> Option<RouteBody> {
        if let Some(to) = item.to() {
            return self.planned(file, &to).map(RouteBody::Plan);
        }
        let arms = item.arms()?;
        let mut lowered = Vec::new();
        let mut otherwise: Option<Span> = None;
        let mut is_whole = true;
        for arm in arms.arms() {
            let at = span_of(file, &arm);
            let outcome = self.arm_outcome(file, &arm);
            if let Some(first) = otherwise {
                self.after_otherwise(at, first, arm.is_otherwise());
                is_whole = false;
                continue;
            }
            let condition = match arm.is_otherwise() {
                true => Some(Condition::always()),
                false => arm.when().and_then(|clause| self.when(file, Some(clause), Scope::Route)),
            };
            otherwise = arm.is_otherwise().then_some(at);
            match (condition, outcome) {
                (Some(condition), Some(outcome)) => lowered.push(Arm { span: at, condition, outcome }),
                _ => is_whole = false,
            }
        }
        // An arm that could not be read may be the last one.
        if arms.syntax().children().any(|child| child.kind() == SyntaxKind::Error) {
            return None;
        }
        if otherwise.is_none() {
            let at = span_of(file, &arms);
            let at = Span { start: at.end.saturating_sub(1), ..at };
            let message = format!(
                "the arms of `route {name}` do not end with `otherwise`, so some of its requests would have no answer"
            );
            let diagnostic = Diagnostic::new(Code::R0104, message, at, "ends without `otherwise`")
                .with_help("add a last arm: `otherwise to provider/model`, or `otherwise deny \"…\"`")
                .with_fix(
                    "add an `otherwise`",
                    at.before(),
                    "  otherwise deny \"…\"\n",
                    Applicability::Placeholders,
                );
            self.report(diagnostic);
            return None;
        }
        is_whole.then_some(RouteBody::Arms(lowered))
    }

    /// A plan, and how it is tried.
    fn planned(&mut self, file: FileId, to: &ast::ToClause) -> Option<crate::model::Plan> {
        let plan = self.plan(file, &to.plan()?);
        let tries = self.tries(file, to);
        Some(crate::model::Plan { tries: tries?, ..plan? })
    }

    fn arm_outcome(&mut self, file: FileId, arm: &ast::Arm) -> Option<ArmOutcome> {
        match arm.outcome()? {
            Outcome::To(to) => self.planned(file, &to).map(ArmOutcome::Plan),
            Outcome::Deny(deny) => Some(ArmOutcome::Deny(self.words(file, deny.text())?)),
        }
    }

    /// The one `otherwise` of the policy, which stands in the root file.
    pub(super) fn otherwise(&mut self, items: &[Placed<Item>]) -> Option<Otherwise> {
        let mut found: Option<(Span, Otherwise)> = None;
        let mut is_unread = false;
        for (file, item) in items {
            let Item::Otherwise(item) = item else { continue };
            let at = span_of(*file, item);
            if *file != FileId(0) {
                let root = self.sources.file(FileId(0)).name.clone();
                let message =
                    format!("`otherwise` stands in the root file `{root}`, once for the whole policy");
                let diagnostic = Diagnostic::new(Code::R0104, message, at, "not in the root file");
                self.report(diagnostic.with_help(format!("move it to `{root}`, or remove it")));
                continue;
            }
            if let Some((first, _)) = &found {
                let diagnostic =
                    Diagnostic::new(Code::R0104, "the policy has two `otherwise` rules", at, "again here")
                        .with_label(*first, "the first stands here")
                        .with_help("keep one of them");
                self.report(diagnostic);
                continue;
            }
            // That its words are missing is told already.
            let Some(words) = self.words(*file, item.text()) else {
                is_unread = true;
                continue;
            };
            found = Some((at, Otherwise { span: at, words }));
        }
        if found.is_none() && !is_unread {
            self.missing_otherwise();
        }
        found.map(|(_, otherwise)| otherwise)
    }

    fn missing_otherwise(&mut self) {
        let root = self.sources.file(FileId(0));
        let text = root.text.trim_end();
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let at = Span { file: FileId(0), start: end, end };
        let line = "otherwise deny \"No route covers this request.\"";
        let diagnostic = Diagnostic::new(
            Code::R0104,
            "the policy does not say what happens to a request that no route takes",
            at,
            "no `otherwise` up to here",
        )
        .with_help(format!("add `{line}`"))
        .with_fix("add an `otherwise`", at, format!("\n\n{line}"), Applicability::Always);
        self.report(diagnostic);
    }
}

/// A route without its arms.
fn head(file: FileId, item: &ast::Route) -> Span {
    let whole = span_of(file, item);
    let end = item.arms().map_or(whole.end, |arms| {
        let before = item.when().map(|clause| clause.range().end());
        let before = before.max(item.inside().map(|clause| clause.range().end()));
        let before = before.or_else(|| item.name().map(|name| name.text_range().end()));
        before.unwrap_or_else(|| arms.range().start()).into()
    });
    Span { end, ..whole }
}
