//! What is in the picture of a policy: boxes with their words, what lies within what, and which line of a plan leads where.
//! Knows nothing of places and formats.

use super::targets::{self, Targets};
use super::words::Words;
use super::{gates, routes};
use wayleave_compiler::Policy;
use wayleave_compiler::model::RouteId;
use wayleave_compiler::source::Sources;
use wayleave_program::value::Instant;

/// So many columns have the words of a gate.
pub(super) const GATE_COLUMNS: usize = 38;

/// And those of a route or an arm.
pub(super) const ROUTE_COLUMNS: usize = 44;

/// And those of a plan.
pub(super) const PLAN_COLUMNS: usize = 46;

/// And those of a target.
pub(super) const TARGET_COLUMNS: usize = 48;

/// What a box or a line means. It is coloured by that, and its words say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It is there.
    Plain,
    /// It may stop a request.
    Refuses,
    /// It lets a request go there.
    Approves,
    /// It wants a grant.
    Grants,
    /// It is not in force, or only tried.
    Idle,
    /// It can be passed over.
    Quiet,
}

/// A line of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

impl Line {
    pub(super) fn new(text: impl Into<String>, tone: Tone) -> Line {
        Line { text: text.into(), tone }
    }
}

/// A box: its first line is its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    /// The place, and below it the whole words.
    pub(crate) tip: String,
    pub(crate) tone: Tone,
    pub(crate) lines: Vec<Line>,
}

/// Boxes that say one kind of thing.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) title: String,
    pub(crate) cards: Vec<Card>,
}

/// A route: its own words, the routes inside it, and its arms.
#[derive(Debug)]
pub(crate) struct RoutePart {
    pub(crate) card: Card,
    /// Taken before its own arms.
    pub(crate) inner: Vec<RoutePart>,
    pub(crate) arms: Vec<ArmPart>,
}

impl RoutePart {
    /// Whether it is one plan and no more, so that its own words stand beside that.
    pub(crate) fn is_single(&self) -> bool {
        self.inner.is_empty() && matches!(self.arms.as_slice(), [only] if only.card.is_none())
    }

    fn boxes(&self) -> usize {
        let inner: usize = self.inner.iter().map(RoutePart::boxes).sum();
        1 + inner + 2 * self.arms.len()
    }

    /// It and the routes inside.
    fn routes(&self) -> usize {
        1 + self.inner.iter().map(RoutePart::routes).sum::<usize>()
    }

    /// Its plans and those of the routes inside, as they stand from top to bottom.
    pub(crate) fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.inner.iter().flat_map(RoutePart::rows).collect();
        rows.extend(self.arms.iter().flat_map(|arm| &arm.plan.rows));
        rows
    }
}

/// An arm with what it leads to.
#[derive(Debug)]
pub(crate) struct ArmPart {
    /// None of a route without arms and without routes inside.
    pub(crate) card: Option<Card>,
    pub(crate) plan: PlanPart,
}

/// Who is asked, from top to bottom.
#[derive(Debug)]
pub(crate) struct PlanPart {
    pub(crate) tip: String,
    pub(crate) tone: Tone,
    pub(crate) rows: Vec<Row>,
}

/// Lines of a plan that lead to one end, or to none.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) lines: Vec<Line>,
    pub(crate) to: Option<(End, Way)>,
}

/// Where a line leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// What stands for every target.
    Every,
    /// This target of this provider, both by their position in the picture.
    Target(usize, usize),
}

/// How a request gets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    First,
    Else,
    Migrated,
    Copied,
}

/// A provider with those of its models that are shown.
#[derive(Debug)]
pub(crate) struct ProviderPart {
    pub(crate) card: Card,
    /// What speaks about all of its models.
    pub(crate) rules: Vec<Card>,
    pub(crate) targets: Vec<TargetPart>,
}

/// A target with the rules that speak about it and not about all of its provider's.
#[derive(Debug)]
pub(crate) struct TargetPart {
    pub(crate) card: Card,
    pub(crate) rules: Vec<Card>,
}

/// What stands for every target, with the rules that speak about all of them.
#[derive(Debug)]
pub(crate) struct EveryPart {
    pub(crate) card: Card,
    pub(crate) rules: Vec<Card>,
}

/// A policy, or a part of it, as it is drawn.
#[derive(Debug)]
pub(crate) struct Picture {
    /// What is shown, in a line.
    pub(crate) title: String,
    /// What is to be seen, for those who do not see it.
    pub(crate) about: String,
    /// Where everything begins.
    pub(crate) request: Card,
    /// What may refuse a request whatever its route.
    pub(crate) denials: Gate,
    /// What must have room.
    pub(crate) counters: Option<Gate>,
    /// What may refuse a target, where several are concerned: they name it, and here it stands whole.
    pub(crate) prohibitions: Option<Gate>,
    pub(crate) routes: Vec<RoutePart>,
    pub(crate) otherwise: Card,
    pub(crate) every: Option<EveryPart>,
    pub(crate) providers: Vec<ProviderPart>,
}

impl Picture {
    /// The picture of a policy as of an instant; of one route, if one is named.
    pub(crate) fn of(policy: &Policy, sources: &Sources, now: Instant, only: Option<RouteId>) -> Picture {
        let words = Words::new(policy, sources, now);
        let shown = targets::Shown::of(policy, only);
        let routes = routes::routes(&words, &shown, only);
        let Targets { every, providers, prohibitions } = targets::targets(&words, &shown, &routes);
        let root = sources.files().first().map_or("the policy", |root| root.path.as_str());
        let part = only.map(|id| format!(", route {}", policy.routes[id.0 as usize].name));
        let title = words.clean(&format!("{root}{}, as of {}", part.unwrap_or_default(), words.date(now)));
        let count: usize = providers.iter().map(|provider| provider.targets.len()).sum();
        let about = format!(
            "From left to right: {} about requests as a whole, {} with plans, and {} by provider with the rules that speak \
             about them.",
            counted(policy.denials.len(), "denial", "denials"),
            counted(routes.iter().map(RoutePart::routes).sum(), "route", "routes"),
            counted(count, "target", "targets"),
        );
        Picture {
            title,
            about,
            request: Card {
                tip: "every request begins here".to_owned(),
                tone: Tone::Plain,
                lines: vec![Line::new("a request", Tone::Plain)],
            },
            denials: gates::denials(&words),
            counters: gates::counters(&words),
            prohibitions,
            routes,
            otherwise: gates::otherwise(&words),
            every,
            providers,
        }
    }

    /// How many boxes it has.
    pub(crate) fn boxes(&self) -> usize {
        let others = self.counters.iter().chain(&self.prohibitions);
        let gates: usize = others.chain([&self.denials]).map(|gate| gate.cards.len()).sum();
        let routes: usize = self.routes.iter().map(RoutePart::boxes).sum();
        let every = self.every.as_ref().map_or(0, |every| 1 + every.rules.len());
        let target = |target: &TargetPart| 1 + target.rules.len();
        let provider = |provider: &ProviderPart| {
            1 + provider.rules.len() + provider.targets.iter().map(target).sum::<usize>()
        };
        2 + gates + routes + every + self.providers.iter().map(provider).sum::<usize>()
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
