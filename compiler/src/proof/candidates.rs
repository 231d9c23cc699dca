//! R0305: candidates that are never eligible where they stand; R0308: requests that the first stage of a plan serves and no
//! later one could take over; R0304: requests that a route turns away, because nobody of its plan can do what they need.

use super::formula::Formula;
use super::prover::{Prover, Shown, listed};
use super::query::Answer;
use super::reach::Reached;
use super::subject::{Ability, PlanOf, Subject, members};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Migration, Plan, Who};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::decision::{Decision, Outcome, RuleName};
use wayleave_program::schema::{APIS, BuiltIn, NEEDS};
use wayleave_program::value::{Tokens, Value};

/// The targets that a plan names, each once; those that `requested` brings in are not among them.
fn written(plan: &Plan) -> Vec<TargetId> {
    let mut found = Vec::new();
    for target in plan.stages.iter().flat_map(|stage| members(&stage.who)) {
        if !found.contains(&target) {
            found.push(target);
        }
    }
    found
}

/// The answers with a plan that some request reaches, each with classes of one.
fn answered<'r, 's>(prover: &Prover<'s>, reached: &'r Reached) -> Vec<(PlanOf<'s>, &'s Plan, &'r Vec<u32>)> {
    let with_plan =
        |plan: &PlanOf<'s>| Some((*plan, plan.plan?, reached.classes[plan.number as usize].as_ref()?));
    prover.subject.plans.iter().filter_map(with_plan).collect()
}

pub(super) fn never_eligible(prover: &Prover<'_>, reached: &Reached) -> Vec<Diagnostic> {
    let subject = prover.subject;
    let mut asked = Vec::new();
    for (of, plan, classes) in answered(prover, reached) {
        for target in written(plan) {
            // Most are eligible for the request that is known to get there.
            if !prover.requests.holds(&subject.is_eligible(target), classes) {
                asked.push((of, target, classes));
            }
        }
    }
    let what = "whether the candidate is ever eligible";
    prover.told(&asked, (what, &|(of, ..)| prover.place(of)), |(of, target, near)| {
        never_eligible_one(prover, of, *target, near)
    })
}

fn never_eligible_one(
    prover: &Prover<'_>,
    of: &PlanOf<'_>,
    target: TargetId,
    near: &[u32],
) -> Option<Diagnostic> {
    let subject = prover.subject;
    let (name, words, span) = (prover.target_name(target), prover.words(of), prover.place(of));
    match prover.find_near(vec![subject.is_answered(of.number), subject.is_eligible(target)], Some(near)) {
        Answer::Some(_) => return None,
        Answer::Unknown => {
            return Some(prover.too_large(span, &format!("whether `{name}` is ever eligible in {words}")));
        }
        Answer::None => {}
    }
    let is_removed = |_: &_, decision: &Decision| {
        prover.gave(of, decision) && decision.removed.iter().any(|removed| removed.target == target)
    };
    let message = format!("`{name}` is never eligible in {words}");
    let mut diagnostic = Diagnostic::new(Code::R0305, message, span, format!("`{name}` stands in this plan"));
    if let Answer::Some(shown) = prover.shown_plainly(vec![subject.is_answered(of.number)], &is_removed) {
        let removed = shown.decision.removed.iter().find(|removed| removed.target == target);
        let reasons: Vec<String> = removed
            .into_iter()
            .flat_map(|removed| &removed.reasons)
            .map(|reason| match &reason.by {
                RuleName::Unapproved => "no `approve` covers it".to_owned(),
                RuleName::Capability => "it lacks a capability".to_owned(),
                RuleName::Context => "its context is too small".to_owned(),
                RuleName::Approval(name) => format!("it needs the approval `{name}`"),
                by => format!("`{by}` holds"),
            })
            .collect();
        let help = format!(
            "of the request shown {}; take `{name}` out of the plan, or let some request of it through",
            listed(&reasons)
        );
        diagnostic = prover.with_witness(diagnostic.with_help(help), &shown);
    }
    Some(diagnostic)
}

/// A way in which the stages of a plan come to be: what the caller named, and when that is.
#[derive(Clone)]
struct Stages<'s> {
    first: Vec<TargetId>,
    /// Others of the same stage, that would take over.
    beside: Vec<TargetId>,
    later: Vec<TargetId>,
    /// What the caller named, where that is asked.
    named: Option<Vec<TargetId>>,
    when: Formula<'s>,
}

/// The first stage of a plan and the targets after it, for each list of targets that the caller can name.
fn stages<'s>(subject: &'s Subject<'s>, plan: &Plan) -> Vec<Stages<'s>> {
    let asks_named = plan.stages.iter().any(|stage| stage.who == Who::Requested);
    let one = |named: &[TargetId], when: Formula<'s>| {
        let mut all: Vec<(bool, Vec<TargetId>)> = Vec::new();
        for stage in &plan.stages {
            match &stage.who {
                Who::Requested => all.extend(named.iter().map(|target| (false, vec![*target]))),
                who => all.push((matches!(who, Who::Ordered(..)), members(who))),
            }
        }
        let mut all = all.into_iter();
        let (is_ordered, first) = all.next().unwrap_or_default();
        let mut later: Vec<TargetId> = Vec::new();
        for target in all.flat_map(|(_, targets)| targets) {
            if !first.contains(&target) && !later.contains(&target) {
                later.push(target);
            }
        }
        let named = asks_named.then(|| named.to_vec());
        let whole = Stages { first, beside: Vec::new(), later, named, when };
        if is_ordered { apart(&whole) } else { vec![whole] }
    };
    if !asks_named {
        return one(&[], Formula::constant(true));
    }
    let lists = || subject.named.iter();
    let none = Formula::Any(lists().map(|(_, when)| Formula::from(when)).collect()).negated();
    let named = lists().map(|(targets, when)| one(targets, Formula::from(when)));
    std::iter::once(one(&[], none)).chain(named).flatten().collect()
}

/// Of a first stage whose members are tried one after the other, each may be the only one that can.
fn apart<'s>(whole: &Stages<'s>) -> Vec<Stages<'s>> {
    let one = |first: &TargetId| {
        let beside = whole.first.iter().filter(|other| *other != first).copied().collect();
        Stages { first: vec![*first], beside, ..whole.clone() }
    };
    whole.first.iter().map(one).collect()
}

pub(super) fn without_backup(prover: &Prover<'_>, reached: &Reached) -> Vec<Diagnostic> {
    let answered = answered(prover, reached);
    let what = "whether every request has a fallback";
    prover.told(&answered, (what, &|(of, ..)| prover.place(of)), |(of, plan, _)| {
        without_backup_one(prover, of, plan)
    })
}

/// Whether a later target lacks something that one of the first has.
fn may_want(prover: &Prover<'_>, way: &Stages<'_>) -> bool {
    let facts = |target: &TargetId| prover.policy().catalogue.target(*target);
    let lacks = |first: &TargetId, later: &TargetId| {
        let (first, later) = (facts(first), facts(later));
        later.context < first.context || !first.supports.iter().all(|one| later.can(one))
    };
    way.later.iter().any(|later| way.first.iter().any(|first| lacks(first, later)))
}

fn without_backup_one(prover: &Prover<'_>, of: &PlanOf<'_>, plan: &Plan) -> Option<Diagnostic> {
    let subject = prover.subject;
    let ways: Vec<Stages<'_>> =
        stages(subject, plan).into_iter().filter(|way| may_want(prover, way)).collect();
    let span = prover.place(of);
    for way in &ways {
        // Those that only want for capability or context.
        let unable = |target: &TargetId| {
            Formula::All(vec![subject.is_allowed(*target), subject.is_able(*target).negated()])
        };
        let none_later =
            way.beside.iter().chain(&way.later).map(|target| subject.is_eligible(*target).negated());
        let mut parts = vec![
            Formula::Any(way.first.iter().map(|target| subject.is_eligible(*target)).collect()),
            Formula::Any(way.later.iter().map(unable).collect()),
            way.when.clone(),
            subject.is_answered(of.number),
        ];
        parts.extend(none_later);
        // In whichever of the ways it shows.
        let shows = |request: &Attributes, decision: &Decision| {
            ways.iter().any(|way| way_shows(prover, of, way, request, decision))
        };
        match prover.shown_plainly(parts, &shows) {
            Answer::None => {}
            Answer::Unknown => {
                let question = format!("whether every request of {} has a fallback", prover.words(of));
                return Some(prover.too_large(span, &question));
            }
            Answer::Some(shown) => return Some(backup_missing(prover, of, &shown)),
        }
    }
    None
}

/// Whether a decision shows that only the first stage could serve a request, for want of what others can do.
fn way_shows(
    prover: &Prover<'_>,
    of: &PlanOf<'_>,
    way: &Stages<'_>,
    request: &Attributes,
    decision: &Decision,
) -> bool {
    let is_written = way.named.as_ref().is_none_or(|own| *own == named(prover, request));
    let is_removed = |target: TargetId| decision.removed.iter().any(|removed| removed.target == target);
    let is_unable = |removed: &wayleave_program::decision::Removed| {
        let reasons = &removed.reasons;
        way.later.contains(&removed.target)
            && !reasons.is_empty()
            && reasons.iter().all(|reason| matches!(reason.by, RuleName::Capability | RuleName::Context))
    };
    let is_first = |target: TargetId| way.first.contains(&target) || is_moved(prover, &way.first, target);
    prover.gave(of, decision)
        && is_written
        && decision.candidates().any(|(target, _)| is_first(target))
        // Somebody in its place shows it only where it might be asked itself.
        && way.first.iter().any(|target| !is_removed(*target))
        // One that is not drawn is eligible all the same: all have to be taken out.
        && way.later.iter().chain(&way.beside).all(|target| is_removed(*target))
        && decision.removed.iter().any(is_unable)
}

/// The targets that a request names, where some plan asks for them.
fn named(prover: &Prover<'_>, request: &Attributes) -> Vec<TargetId> {
    let schema = &prover.policy().schema;
    if prover.subject.named.is_empty() {
        return Vec::new();
    }
    match &*request.value(schema, BuiltIn::RequestModel.id()) {
        Value::Text(model) => match prover.policy().catalogue.resolve(model) {
            Requested::Targets(targets) => targets,
            Requested::Alias(_) | Requested::Nothing => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Whether a target takes the place of one of others.
fn is_moved(prover: &Prover<'_>, others: &[TargetId], target: TargetId) -> bool {
    let moves = |migration: &Migration| migration.new == target && others.contains(&migration.old);
    prover.policy().migrations.iter().any(moves)
}

fn backup_missing(prover: &Prover<'_>, of: &PlanOf<'_>, shown: &Shown) -> Diagnostic {
    let first =
        shown.decision.candidates().next().map(|(target, _)| prover.target_name(target)).unwrap_or_default();
    let wants = wants(prover, shown);
    let message =
        format!("if `{first}` fails, nobody in {} can take over a request that {wants}", prover.words(of));
    let diagnostic = Diagnostic::new(Code::R0308, message, prover.place(of), "no fallback can do the same")
        .with_help("add a fallback that can, route such requests on their own, or write `// allow R0308: REASON` above");
    prover.with_witness(diagnostic, shown)
}

/// What a request needs of a target: "needs `vision`", "needs 200001 tokens".
fn wants(prover: &Prover<'_>, shown: &Shown) -> String {
    let value = |of: BuiltIn| shown.request.value(&prover.policy().schema, of.id()).into_owned();
    let tokens = |of: BuiltIn| match value(of) {
        Value::Tokens(Tokens(count)) => count,
        _ => 0,
    };
    let window = tokens(BuiltIn::RequestTokens).saturating_add(tokens(BuiltIn::RequestOutput).max(1));
    let needs: Vec<String> = match value(BuiltIn::RequestNeeds) {
        Value::Set(needs) => needs.iter().map(|need| format!("`{need}`")).collect(),
        _ => Vec::new(),
    };
    let is_embeddings = match value(BuiltIn::RequestApi) {
        Value::Member(api) => APIS.get(api.0 as usize) == Some(&"embeddings"),
        _ => false,
    };
    match (needs.is_empty(), window) {
        (true, 1) if is_embeddings => "is for embeddings".to_owned(),
        (false, window) if window > 1 => format!("needs {} and {window} tokens", listed(&needs)),
        (false, _) => format!("needs {}", listed(&needs)),
        (true, 1) => "is for chat".to_owned(),
        (true, window) => format!("needs {window} tokens"),
    }
}

/// Of each route, which requests nobody of its plans is able to serve.
pub(super) fn turned_away(prover: &Prover<'_>, reached: &Reached) -> Vec<Diagnostic> {
    let answered = answered(prover, reached);
    let mut of_route: Vec<Vec<(PlanOf<'_>, &Plan)>> = Vec::new();
    for (of, plan, _) in &answered {
        match of_route.last_mut() {
            Some(last) if last[0].0.route == of.route => last.push((*of, plan)),
            _ => of_route.push(vec![(*of, plan)]),
        }
    }
    let at = |plans: &Vec<(PlanOf<'_>, &Plan)>| prover.route(&plans[0].0).head;
    prover.told(&of_route, ("whether it turns requests away", &at), |plans| turned_away_one(prover, plans))
}

/// Whether one who always stands in a plan has a capability, and can do on its own whatever else somebody there can.
fn has_allrounder(prover: &Prover<'_>, plan: &Plan, need: &str) -> bool {
    let facts = |target: &TargetId| prover.policy().catalogue.target(*target);
    let all = prover.subject.in_plan(plan);
    let can_all = |one: &TargetId| {
        let one = facts(one);
        let does_as = |other: &TargetId| {
            let other = facts(other);
            let kinds = ["chat", "embeddings"];
            other.context <= one.context && kinds.iter().all(|kind| one.can(kind) || !other.can(kind))
        };
        one.can(need) && all.iter().all(does_as)
    };
    written(plan).iter().any(can_all)
}

fn turned_away_one<'s>(prover: &Prover<'s>, plans: &[(PlanOf<'s>, &'s Plan)]) -> Option<Diagnostic> {
    let subject = prover.subject;
    let route = prover.route(&plans[0].0);
    // Somebody is allowed, and nobody who stands there is able.
    let turned_away = |plan: &Plan| {
        let all = subject.in_plan(plan);
        let standing = |target: &TargetId| {
            Formula::All(vec![subject.stands(plan, *target), subject.is_allowed(*target)])
        };
        let able =
            |target: &TargetId| Formula::All(vec![subject.stands(plan, *target), subject.is_able(*target)]);
        Formula::All(vec![
            Formula::Any(all.iter().map(standing).collect()),
            Formula::Any(all.iter().map(able).collect()).negated(),
            subject.nobody_left(plan),
        ])
    };
    let shows = |_: &_, decision: &Decision| {
        decision.outcome == Outcome::Deny
            && decision.route.as_ref() == Some(&route.name)
            && decision
                .reasons
                .iter()
                .any(|reason| matches!(reason.by, RuleName::Capability | RuleName::Context))
    };
    // Somebody has each of the other abilities, so that this one is what is wanting.
    let with = |of: &PlanOf<'_>, plan: &Plan, others: &[Ability]| {
        let mut parts = vec![subject.is_answered(of.number), turned_away(plan)];
        for other in others {
            let able = |target: &TargetId| {
                Formula::All(vec![subject.stands(plan, *target), subject.is_able_to(*target, *other)])
            };
            parts.push(Formula::Any(subject.in_plan(plan).iter().map(able).collect()));
        }
        parts
    };
    let mut shown: Option<Shown> = None;
    let mut some = |need: Option<usize>, others: &[Ability], more: &dyn Fn() -> Vec<Formula<'s>>| {
        plans.iter().any(|(of, plan)| {
            if need.is_some_and(|need| has_allrounder(prover, plan, NEEDS[need])) {
                return false;
            }
            let parts = with(of, plan, others).into_iter().chain(more()).collect();
            let Answer::Some(found) = prover.shown(parts, &shows) else { return false };
            shown.get_or_insert(found);
            true
        })
    };
    let needs: Vec<String> = (0..NEEDS.len())
        .filter(|need| {
            some(Some(*need), &[Ability::Kind, Ability::Context], &|| subject.needs_only(Some(*need)))
        })
        .map(|need| format!("`{}`", NEEDS[need]))
        .collect();
    let needs = (!needs.is_empty()).then(|| format!("need {}", either(&needs)));
    let mut wants: Vec<String> = needs.into_iter().collect();
    let most = largest_context(prover, plans);
    if let Some(most) = most
        && some(None, &[Ability::Kind, Ability::Needs], &|| subject.needs_only(None))
    {
        wants.push(format!("need more than {most} tokens"));
    }
    if some(None, &[Ability::Needs, Ability::Context], &|| subject.needs_only(None)) {
        wants.push("speak an api that nobody here answers".to_owned());
    }
    // What wants for several things at once.
    if wants.is_empty() && some(None, &[], &Vec::new) {
        wants.push("want for more than one thing at once".to_owned());
    }
    let shown = shown?;
    let message = format!("`route {}` turns away requests that {}", route.name, either(&wants));
    let diagnostic = Diagnostic::new(Code::R0304, message, route.head, "nobody here is able to serve them")
        .with_help("add a target that is able to, if such requests are to be served");
    Some(prover.with_witness(diagnostic, &shown))
}

/// The most tokens that somebody in these plans holds.
fn largest_context(prover: &Prover<'_>, plans: &[(PlanOf<'_>, &Plan)]) -> Option<u64> {
    let targets = plans.iter().flat_map(|(_, plan)| prover.subject.in_plan(plan));
    targets.map(|target| prover.policy().catalogue.target(target).context.0).max()
}

/// "`vision`, `audio` or `files`"
fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
