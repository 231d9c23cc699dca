//! Routes as boxes: their conditions, the routes inside, the arms in their order, and each plan line by line.

use super::picture::{
    ArmPart, Card, End, Line, PLAN_COLUMNS, PlanPart, ROUTE_COLUMNS, RoutePart, Row, Tone, Way,
};
use super::targets::{Fate, Shown};
use super::words::{Words, duration, folded};
use wayleave_compiler::model::{
    Arm, ArmOutcome, Migration, Ordering, Plan, PlanStage, Route, RouteBody, RouteId, Tries, Who,
};
use wayleave_compiler::source::Span;
use wayleave_program::catalogue::TargetId;
use wayleave_program::plan::FailureClass;
use wayleave_program::sources::write_share;
use wayleave_program::value::Share;

/// The routes that stand inside no other, or the one that is asked for with those around it.
pub(super) fn routes(words: &Words<'_>, shown: &Shown, only: Option<RouteId>) -> Vec<RoutePart> {
    let mut parts = Parts { words, shown, only };
    parts.inside(None)
}

struct Parts<'a> {
    words: &'a Words<'a>,
    shown: &'a Shown,
    only: Option<RouteId>,
}

impl Parts<'_> {
    /// Depth is bounded by the number of routes, none of which stands inside itself.
    fn inside(&mut self, outer: Option<RouteId>) -> Vec<RoutePart> {
        let ids = (0..).map(RouteId).zip(&self.words.policy.routes);
        let ids: Vec<RouteId> = ids
            .filter(|(id, route)| route.inside == outer && self.shown.fate(*id) != Fate::Hidden)
            .map(|(id, _)| id)
            .collect();
        ids.into_iter().map(|id| self.part(id)).collect()
    }

    fn part(&mut self, id: RouteId) -> RoutePart {
        let route = &self.words.policy.routes[id.0 as usize];
        let inner = self.inside(Some(id));
        let has_head = self.shown.fate(id) == Fate::Whole;
        let is_alone = inner.is_empty() && matches!(route.body, RouteBody::Plan(_));
        let columns = if is_alone { ROUTE_COLUMNS } else { ROUTE_COLUMNS + PLAN_COLUMNS };
        let mut lines = folded(&format!("route {}", self.words.clean(&route.name)), columns, 2, Tone::Plain);
        lines.extend(self.words.when(route.span, columns));
        if self.words.condition(route.span).is_none() && route.inside.is_none() {
            lines.push(Line::new("every request", Tone::Quiet));
        }
        if !has_head {
            let only = self.only.map(|id| self.words.clean(&self.words.policy.routes[id.0 as usize].name));
            let words = format!("its other parts are left out: this is about {}", only.unwrap_or_default());
            lines.extend(folded(&words, columns, 2, Tone::Quiet));
        }
        let card = Card { tip: self.words.tip(route.span), tone: Tone::Plain, lines };
        let arms = match (&route.body, has_head) {
            (_, false) => Vec::new(),
            (RouteBody::Plan(plan), true) => vec![self.only_plan(route, plan, !inner.is_empty())],
            (RouteBody::Arms(arms), true) => {
                arms.iter().zip(1..).map(|(arm, number)| self.arm(arm, number)).collect()
            }
        };
        RoutePart { card, inner, arms }
    }

    fn only_plan(&self, route: &Route, plan: &Plan, has_inner: bool) -> ArmPart {
        let card = has_inner.then(|| Card {
            tip: self.words.tip(route.head),
            tone: Tone::Plain,
            lines: vec![Line::new("all else of it", Tone::Plain)],
        });
        ArmPart { card, plan: self.plan(plan, route.span) }
    }

    fn arm(&self, arm: &Arm, number: usize) -> ArmPart {
        let condition = self.words.condition(arm.span);
        let text = condition.map_or_else(|| "otherwise".to_owned(), |text| format!("when {text}"));
        let lines = folded(&format!("{number}. {text}"), ROUTE_COLUMNS, 4, Tone::Plain);
        let card = Some(Card { tip: self.words.tip(arm.span), tone: Tone::Plain, lines });
        let plan = match &arm.outcome {
            ArmOutcome::Plan(plan) => self.plan(plan, arm.span),
            ArmOutcome::Deny(said) => {
                let mut lines = vec![Line::new("deny", Tone::Refuses)];
                let said = format!("\"{}\"", self.words.clean(said));
                lines.extend(folded(&said, PLAN_COLUMNS, 2, Tone::Quiet));
                let rows = vec![Row { lines, to: None }];
                PlanPart { tip: self.words.tip(arm.span), tone: Tone::Refuses, rows }
            }
        };
        ArmPart { card, plan }
    }

    fn plan(&self, plan: &Plan, whole: Span) -> PlanPart {
        let mut rows = Vec::new();
        for (index, stage) in plan.stages.iter().enumerate() {
            self.stage(stage, index, &mut rows);
        }
        let told = tries(&plan.tries);
        if !told.is_empty() {
            rows.push(Row { lines: folded(&told, PLAN_COLUMNS, 3, Tone::Quiet), to: None });
        }
        PlanPart { tip: self.words.tip(whole), tone: Tone::Plain, rows }
    }

    fn stage(&self, stage: &PlanStage, index: usize, rows: &mut Vec<Row>) {
        let (word, way) = if index == 0 { ("first", Way::First) } else { ("else", Way::Else) };
        let within = stage.within_ms.map(|ms| format!("  within {}", duration(ms))).unwrap_or_default();
        let head = |what: &str| Line::new(format!("{word:<7}{what}{within}"), Tone::Plain);
        let members = |rows: &mut Vec<Row>, members: Vec<(String, TargetId)>| {
            for (share, target) in members {
                let text = format!("{share:>10} {}", self.name(target));
                rows.push(self.row(vec![Line::new(text, Tone::Plain)], target, way));
                self.migrations(target, rows);
            }
        };
        match &stage.who {
            Who::Target(target) => {
                rows.push(self.row(vec![head(&self.name(*target))], *target, way));
                self.migrations(*target, rows);
            }
            Who::Requested => {
                let lines = vec![head("what the caller names")];
                rows.push(Row { lines, to: Some((End::Every, way)) });
            }
            Who::Split(by, shares) => {
                let by = by.map(|id| self.words.policy.schema.attribute(id).name.as_str());
                let by = by.map(|name| format!(" by {}", self.words.clean(name))).unwrap_or_default();
                rows.push(Row { lines: vec![head(&format!("split{by}"))], to: None });
                let shares = shares.iter().map(|(share, target)| (write_share(*share), *target)).collect();
                members(rows, shares);
            }
            Who::Ordered(ordering, targets) => {
                let of = match ordering {
                    Ordering::Cheapest => "cheapest of",
                    Ordering::Fastest => "fastest of",
                    Ordering::LeastBusy => "least-busy of",
                };
                rows.push(Row { lines: vec![head(of)], to: None });
                members(rows, targets.iter().map(|target| ("-".to_owned(), *target)).collect());
            }
        }
    }

    fn row(&self, lines: Vec<Line>, target: TargetId, way: Way) -> Row {
        let lines = lines.into_iter().flat_map(|line| indented(&line.text, line.tone)).collect();
        Row { lines, to: self.shown.end(target).map(|end| (end, way)) }
    }

    /// What moves requests from a target to another, and what is copied.
    fn migrations(&self, old: TargetId, rows: &mut Vec<Row>) {
        for migration in self.words.policy.migrations.iter().filter(|migration| migration.old == old) {
            rows.push(self.moved(migration));
            let shadow =
                migration.shadow.filter(|(_, until)| until.is_none_or(|until| until > self.words.now));
            if let Some((share, until)) = shadow {
                let until =
                    until.map(|until| format!(" until {}", self.words.date(until))).unwrap_or_default();
                let text =
                    format!("       copy {} to {}{until}", write_share(share), self.name(migration.new));
                rows.push(self.row(vec![Line::new(text, Tone::Quiet)], migration.new, Way::Copied));
            }
        }
    }

    fn moved(&self, migration: &Migration) -> Row {
        let now = self.words.now;
        let past = migration.ramp.iter().rfind(|(from, _)| *from <= now);
        let share = write_share(past.map_or(Share(0), |(_, share)| *share));
        let text = format!("       → {share} {} today", self.name(migration.new));
        let mut lines = vec![Line::new(text, Tone::Plain)];
        let mut more = format!("migrate {}", self.words.clean(&migration.name));
        if let Some((from, share)) = migration.ramp.iter().find(|(from, _)| *from > now) {
            more.push_str(&format!(", {} from {}", write_share(*share), self.words.date(*from)));
        }
        if let Some(condition) = self.words.condition(migration.span) {
            more.push_str(&format!(", when {condition}"));
        }
        lines.extend(folded(&more, PLAN_COLUMNS - 9, 3, Tone::Quiet).into_iter().map(|line| {
            let text = format!("         {}", line.text);
            Line { text, ..line }
        }));
        self.row(lines, migration.new, Way::Migrated)
    }

    fn name(&self, target: TargetId) -> String {
        self.words.clean(&self.words.policy.catalogue.target(target).name)
    }
}

/// A line that begins with blanks, folded so that what follows is set in alike.
fn indented(text: &str, tone: Tone) -> Vec<Line> {
    let depth = text.len() - text.trim_start().len();
    if unicode_width::UnicodeWidthStr::width(text) <= PLAN_COLUMNS {
        return vec![Line::new(text, tone)];
    }
    let lines = folded(text, PLAN_COLUMNS.saturating_sub(depth.max(7)), 3, tone).into_iter().enumerate();
    let set_in = |(index, line): (usize, Line)| {
        let by = if index == 0 { depth } else { depth.max(7) };
        Line { text: format!("{}{}", " ".repeat(by), line.text), ..line }
    };
    lines.map(set_in).collect()
}

/// How candidates are tried, where that is not what it is without a word.
fn tries(tries: &Tries) -> String {
    let mut told = Vec::new();
    if let Some(ms) = tries.hedge_ms {
        told.push(format!("hedge after {}", duration(ms)));
    }
    if tries.retry > 0 {
        told.push(format!("retry {}", tries.retry));
    }
    if let Some((least, most)) = tries.backoff_ms {
        told.push(format!("backoff {}..{}", duration(least), duration(most)));
    }
    if let Some(ms) = tries.deadline_ms {
        told.push(format!("deadline {}", duration(ms)));
    }
    if tries.failover.as_slice() != FailureClass::DEFAULT {
        let classes: Vec<String> = tries.failover.iter().map(|class| class.name()).collect();
        told.push(format!("failover on {}", classes.join(", ")));
    }
    told.join(" · ")
}
