//! What follows from the rest of a policy and is not written where it counts: who a group or a plan stands for, in which order
//! the cheapest are tried, where a migration has got to by that day, and for which requests a fallback is passed over.

use super::diagnostics::CheckedPolicy;
use std::collections::BTreeSet;
use std::ops::Range;
use wayleave_compiler::Policy;
use wayleave_compiler::model::{Migration, RouteId};
use wayleave_compiler::proof::serving::{Conditions, Serving};
use wayleave_compiler::source::FileId;
use wayleave_grammar::SyntaxNode;
use wayleave_grammar::ast::{self, Item, Node, Outcome, StageKind};
use wayleave_program::catalogue::TargetId;
use wayleave_program::sources::write_share;
use wayleave_program::value::{Instant, Share};

mod resolve;

use resolve::Resolve;

/// Words behind a place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The byte that they stand before.
    pub at: u32,
    /// What is shown.
    pub label: String,
    /// What is shown of it on demand, in Markdown; empty where that is no more.
    pub more: String,
}

/// Characters of a hint: a longer one would push what is written out of sight.
const LABEL: usize = 60;

/// The hints of one file within a range of it, by place; none where the policy has errors.
pub fn hints(policy: &CheckedPolicy, file: FileId, range: &Range<usize>, as_of: Instant) -> Vec<Hint> {
    let Some(sound) = policy.policy() else { return Vec::new() };
    let resolve = Resolve { policy: sound, sources: policy.sources() };
    let hinting = Hinting { policy: sound, serving: policy.serving.as_deref(), resolve, file, as_of };
    let mut found = Vec::new();
    for item in policy.sources().file(file).parse.root().items() {
        let own = item.range();
        if usize::from(own.end()) < range.start || range.end < usize::from(own.start()) {
            continue;
        }
        match &item {
            Item::Route(route) => hinting.route(route, &mut found),
            Item::Plan(plan) => {
                plan.expression().iter().for_each(|plan| hinting.plan(plan, None, &mut found));
            }
            // What a test expects is to be read as it is written.
            Item::Test(_) => {}
            other => hinting.lists(other.syntax(), Place::List, &mut found),
        }
    }
    found.retain(|hint| range.contains(&(hint.at as usize)) || range.end == hint.at as usize);
    found.sort_by_key(|hint| hint.at);
    found
}

/// Where names of several targets stand.
#[derive(Clone, Copy)]
enum Place<'s> {
    /// In a list, where nobody is asked.
    List,
    /// In a plan, of an answer of which that is known: there migrations count.
    Plan(Option<&'s Serving>),
}

struct Hinting<'h> {
    policy: &'h Policy,
    serving: Option<&'h Vec<Serving>>,
    resolve: Resolve<'h>,
    file: FileId,
    as_of: Instant,
}

impl Hinting<'_> {
    fn route(&self, route: &ast::Route, found: &mut Vec<Hint>) {
        let name = route.name().map(|name| name.text()).unwrap_or_default();
        let id = self.policy.routes.iter().position(|known| known.name == name);
        let id = id.and_then(|index| u32::try_from(index).ok()).map(RouteId);
        let serving =
            |arm: Option<u32>| self.serving?.iter().find(|one| Some(one.route) == id && one.arm == arm);
        if let Some(plan) = route.to().and_then(|to| to.plan()) {
            self.plan(&plan, serving(None), found);
        }
        for (arm, number) in route.arms().iter().flat_map(|arms| arms.arms()).zip(0..) {
            if let Some(Outcome::To(to)) = arm.outcome()
                && let Some(plan) = to.plan()
            {
                self.plan(&plan, serving(Some(number)), found);
            }
        }
    }

    /// The stages of a plan; `serving`: what is known of the answer that it is.
    fn plan(&self, plan: &ast::PlanExpression, serving: Option<&Serving>, found: &mut Vec<Hint>) {
        self.lists(plan.syntax(), Place::Plan(serving), found);
        for (stage, number) in plan.stages().zip(0..) {
            let paths = match stage.kind() {
                Some(StageKind::Path(path)) => vec![path],
                Some(StageKind::Split(split)) => split.shares().filter_map(|share| share.target()).collect(),
                Some(StageKind::Ordering(ordering)) => {
                    found.extend(self.order(&ordering));
                    self.resolve.paths(&ordering)
                }
                Some(StageKind::Plan(_) | StageKind::Group(_) | StageKind::Requested(_)) | None => Vec::new(),
            };
            for path in paths {
                let Some(target) = self.resolve.target(&path) else { continue };
                let at = u32::from(path.range().end());
                found.extend(self.moved(at, target, serving));
                if number > 0 {
                    found.extend(serving.and_then(|serving| self.skipped(at, target, serving)));
                }
            }
        }
    }

    /// Where a migration has got to that leaves a target.
    fn moved(&self, at: u32, target: TargetId, serving: Option<&Serving>) -> Option<Hint> {
        let by = self.leaving(target, serving)?;
        let new = &self.policy.catalogue.target(by.new).name;
        let (share, next) = self.reached(by);
        let copied = by.shadow.filter(|(_, until)| until.is_none_or(|until| self.as_of < until));
        let label = match (share, copied, next) {
            (share, ..) if share > Share(0) => format!("→ {} {new} today", write_share(share)),
            (_, Some((copied, _)), _) => format!("copies {} to {new} today", write_share(copied)),
            (_, None, Some((from, share))) => {
                format!("→ {} {new} from {}", write_share(share), self.date(from))
            }
            (_, None, None) => return None,
        };
        let mut more = vec![format!("`migrate {}`, as of {}", by.name, self.date(self.as_of))];
        more.extend(
            by.ramp.iter().map(|(from, share)| format!("- {} {}", self.date(*from), write_share(*share))),
        );
        if let Some((copied, until)) = by.shadow {
            let until = until.map(|until| format!(" until {}", self.date(until))).unwrap_or_default();
            more.push(format!("- copies {}{until}", write_share(copied)));
        }
        Some(Hint { at, label, more: more.join("\n") })
    }

    /// The migration that leaves a target; where that is known, one that moves or copies some request of an answer.
    fn leaving(&self, target: TargetId, serving: Option<&Serving>) -> Option<&Migration> {
        let applies = |index: usize| {
            serving.is_none_or(|known| known.moves.contains(&index) || known.copies.contains(&index))
        };
        let mut all = self.policy.migrations.iter().enumerate();
        all.find(|(index, by)| by.old == target && applies(*index)).map(|(_, by)| by)
    }

    /// The share that is moved, and the next step.
    fn reached(&self, by: &Migration) -> (Share, Option<(Instant, Share)>) {
        let begun = by.ramp.iter().take_while(|(from, _)| *from <= self.as_of).count();
        let share = begun.checked_sub(1).map(|last| by.ramp[last].1).unwrap_or_default();
        (share, by.ramp.get(begun).copied())
    }

    fn date(&self, instant: Instant) -> String {
        self.policy.schema.zone.write_date(instant)
    }

    /// Requests of that day for which a fallback is passed over and not everybody else is too.
    fn skipped(&self, at: u32, target: TargetId, serving: &Serving) -> Option<Hint> {
        let (_, own) = serving.passed_over.iter().find(|(known, _)| *known == target)?;
        let of_all = self.of_all(serving);
        // All of it is of that day or later, so that a bare beginning is another day's.
        let is_later = |when: &str| when.starts_with("time.now >= ") && !when.contains(" and ");
        let is_told = |when: &&String| !of_all.contains(when) && !is_later(when);
        let when: Vec<&String> = own.when.iter().filter(is_told).collect();
        let label = match when.as_slice() {
            [] if own.is_all => return None,
            [] => "skipped for some requests".to_owned(),
            when => {
                let words: Vec<&str> = when.iter().map(|when| when.as_str()).collect();
                format!("skipped when {}", words.join(", or "))
            }
        };
        Some(Hint {
            at,
            label: shortened(&label),
            more: more_of(&self.policy.catalogue.target(target).name, own),
        })
    }

    /// What nobody of a plan is asked for: that is no matter of one of them.
    fn of_all<'s>(&self, serving: &'s Serving) -> BTreeSet<&'s String> {
        let mut lists = serving.passed_over.iter().map(|(_, own)| own.when.iter().collect::<BTreeSet<_>>());
        let Some(first) = lists.next() else { return BTreeSet::new() };
        let is_alone = serving.passed_over.len() < 2;
        let common = lists.fold(first, |all, own| all.intersection(&own).copied().collect());
        if is_alone { BTreeSet::new() } else { common }
    }

    /// In which order the cheapest are tried, where that is another than is written.
    fn order(&self, ordering: &ast::Ordering) -> Option<Hint> {
        if ordering.word().as_deref() != Some("cheapest") {
            return None;
        }
        let list = ordering.targets()?;
        let written: Vec<TargetId> = self.resolve.each(self.file, list.targets());
        let price = |target: &TargetId| {
            let price = self.policy.catalogue.target(*target).price;
            price.map_or(u128::MAX, |price| u128::from(price.input.0) + u128::from(price.output.0))
        };
        let mut tried = written.clone();
        tried.sort_by_key(price);
        (tried != written)
            .then(|| self.listed(u32::from(list.range().end()), "tries ", (&tried, Place::List), " else "))
    }

    /// What groups, plans and stars stand for.
    fn lists(&self, within: &SyntaxNode, place: Place<'_>, found: &mut Vec<Hint>) {
        for node in within.descendants() {
            let (range, targets, joint) = if let Some(group) = ast::GroupRef::cast(node.clone()) {
                (group.range(), self.resolve.group(self.file, &group), ", ")
            } else if let Some(plan) = ast::PlanRef::cast(node.clone()) {
                (plan.range(), self.resolve.plan(self.file, &plan), " else ")
            } else if let Some(path) = ast::TargetPath::cast(node).filter(|path| path.is_all_models()) {
                (path.range(), self.resolve.all_models(&path), ", ")
            } else {
                continue;
            };
            if !targets.is_empty() {
                found.push(self.listed(u32::from(range.end()), "= ", (&targets, place), joint));
            }
        }
    }

    fn listed(&self, at: u32, before: &str, (targets, place): (&[TargetId], Place<'_>), joint: &str) -> Hint {
        let name = |target: &TargetId| {
            let name = &self.policy.catalogue.target(*target).name;
            let by = match place {
                Place::Plan(serving) => self.leaving(*target, serving),
                Place::List => None,
            };
            match by.map(|by| (by, self.reached(by).0)) {
                Some((by, share)) if share > Share(0) => {
                    format!("{name} (→ {} {})", write_share(share), self.policy.catalogue.target(by.new).name)
                }
                Some(_) | None => name.clone(),
            }
        };
        let names: Vec<String> = targets.iter().map(name).collect();
        let label = format!("{before}{}", names.join(joint));
        let short = shortened(&label);
        let lines: Vec<String> =
            names.iter().zip(1..).map(|(name, number)| format!("{number}. `{name}`")).collect();
        let more = if short == label { String::new() } else { lines.join("\n") };
        Hint { at, label: short, more }
    }
}

/// Cut where it is too long.
fn shortened(label: &str) -> String {
    if label.chars().count() <= LABEL {
        return label.to_owned();
    }
    let cut: String = label.chars().take(LABEL - 1).collect();
    format!("{}…", cut.trim_end())
}

fn more_of(name: &str, own: &Conditions) -> String {
    let mut lines = vec![format!("`{name}` is passed over when")];
    lines.extend(own.when.iter().map(|when| format!("- `{when}`")));
    if !own.is_all {
        lines.push("- maybe more: the rest was too much to be told apart".to_owned());
    }
    lines.join("\n")
}
