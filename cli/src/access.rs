//! Who may be sent which requests, in words: for `who-can` and `what-can`.

use crate::change::price;
use crate::output::{Paint, Terminal, ordinal};
use crate::question::{Question, listed};
use serde_json::{Value, json};
use wayleave_compiler::diagnostic::render::{JSON_VERSION, printable};
use wayleave_compiler::model::{Ordering, Plan, RouteBody, RouteId, Who};
use wayleave_compiler::proof::access::{Access, Part, Way};
use wayleave_compiler::source::Span;
use wayleave_program::catalogue::TargetId;
use wayleave_program::document::write_request;
use wayleave_program::sources::write_share;

/// The condition of everything.
const ALWAYS: &str = "always";

/// One target: who may use it, and each answer that leads to it.
pub(crate) fn human(access: &Access, question: &Question, terminal: Terminal) -> String {
    let target = question.policy.catalogue.target(access.target);
    let name = terminal.paint(Paint::Cyan, &printable(&target.name));
    let price = target.price.map(|own| format!("  {}", price(Some(own)))).unwrap_or_default();
    let mut out = format!("{name}{price}\n");
    if access.ways.is_empty() {
        out.push_str("  no request is sent to it\n");
        return out;
    }
    if let Some(callers) = &access.callers {
        let callers = if callers == ALWAYS { "every caller".to_owned() } else { printable(callers) };
        out.push_str(&format!("  for {callers}\n"));
    }
    out.push_str(&format!("  as far as it is able: {}\n", printable(&access.able)));
    for way in &access.ways {
        out.push_str(&format!(
            "  {} at {}, {}\n",
            question.answer(way.route, way.arm),
            question.place(place(question, way.route, way.arm)),
            stands(question, access.target, way)
        ));
        conditions(&mut out, way, question);
        let denials = way.unless.iter().map(|number| question.policy.denials[*number].name.as_str());
        let denials: Vec<String> = denials.map(|name| format!("`deny {}`", printable(name))).collect();
        if !denials.is_empty() {
            out.push_str(&format!("    unless {} holds\n", joined(&denials, "or")));
        }
        if !way.is_all {
            out.push_str("    and maybe more: the rest was too much to be told apart\n");
        }
    }
    out
}

/// What all of its requests have in common, then each part of them.
fn conditions(out: &mut String, way: &Way, question: &Question) {
    out.push_str(&format!("    when {}\n", printable(&way.all)));
    let is_one = way.parts.len() == 1;
    for part in &way.parts {
        let grants = grants(part, question);
        let names: Vec<String> = grants.iter().map(|name| format!("`{}`", printable(name))).collect();
        let is_always = part.when.iter().all(|when| when == ALWAYS);
        let head = match (names.is_empty(), is_one) {
            (true, true) if is_always => continue,
            (true, true) => "and".to_owned(),
            (true, false) => "without any approval".to_owned(),
            (false, _) => format!("with the approval {}", joined(&names, "and")),
        };
        if is_always {
            out.push_str(&format!("    {head}\n"));
            continue;
        }
        let head = if head == "and" { head } else { format!("{head}, when") };
        for (index, when) in part.when.iter().enumerate() {
            let joint = if index == 0 { head.as_str() } else { "  or" };
            out.push_str(&format!("    {joint} {}\n", printable(when)));
        }
    }
}

fn grants<'q>(part: &Part, question: &'q Question) -> Vec<&'q str> {
    part.grants.iter().map(|number| question.policy.requirements[*number as usize].name.as_str()).collect()
}

/// "a, b or c"
fn joined(words: &[String], joint: &str) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} {joint} {last}", first.join(", ")),
        words => words.concat(),
    }
}

/// Where an answer stands: its arm, or its route without arms.
pub(crate) fn place(question: &Question, route: RouteId, arm: Option<u32>) -> Span {
    let route = &question.policy.routes[route.0 as usize];
    match (&route.body, arm) {
        (RouteBody::Arms(arms), Some(arm)) => arms[arm as usize].span,
        _ => route.head,
    }
}

/// The plan of an answer; none where it denies.
pub(crate) fn plan(question: &Question, route: RouteId, arm: Option<u32>) -> Option<&Plan> {
    let route = &question.policy.routes[route.0 as usize];
    match (&route.body, arm) {
        (RouteBody::Arms(arms), Some(arm)) => arms[arm as usize].outcome.plan(),
        (RouteBody::Plan(plan), _) => Some(plan),
        (RouteBody::Arms(_), None) => None,
    }
}

/// "as 2nd choice", "by `migrate next`"
fn stands(question: &Question, target: TargetId, way: &Way) -> String {
    let mut words = Vec::new();
    let stages = plan(question, way.route, way.arm).map_or(&[][..], |plan| plan.stages.as_slice());
    for (stage, choice) in stages.iter().zip(1..) {
        let choice = format!("as {} choice", ordinal(choice));
        match &stage.who {
            Who::Target(own) if *own == target => words.push(choice),
            Who::Requested => words.push(format!("{choice} of who names it")),
            Who::Split(_, shares) => {
                if let Some((share, _)) = shares.iter().find(|(_, own)| *own == target) {
                    words.push(format!("{choice} for {} of them", write_share(*share)));
                }
            }
            Who::Ordered(order, members) if members.contains(&target) => {
                let order = match order {
                    Ordering::Cheapest => "cheapest",
                    Ordering::Fastest => "fastest",
                    Ordering::LeastBusy => "least busy",
                };
                words.push(format!("{choice}, the {order} of {}", members.len()));
            }
            Who::Target(_) | Who::Ordered(..) => {}
        }
    }
    let by = way.moved_by.iter().map(|number| &question.policy.migrations[*number].name);
    words.extend(by.map(|name| format!("by `migrate {}`", printable(name))));
    listed(&words)
}

/// All of it, as one document.
pub(crate) fn json(all: &[Access], question: &Question) -> Value {
    let targets: Vec<Value> = all.iter().map(|access| one(access, question)).collect();
    json!({"version": JSON_VERSION, "as_of": question.date(question.now), "targets": targets})
}

fn one(access: &Access, question: &Question) -> Value {
    let policy = &question.policy;
    let part = |part: &Part| {
        json!({
            "when": part.when,
            "granted": grants(part, question),
            "witness": part.request.as_ref().map(|request| write_request(&policy.schema, request)),
        })
    };
    let way = |way: &Way| {
        let at = place(question, way.route, way.arm);
        json!({
            "route": policy.routes[way.route.0 as usize].name,
            "arm": way.arm,
            "file": question.sources.file(at.file).path,
            "line": question.sources.start(at).line,
            "stands": stands(question, access.target, way),
            "migrations": way.moved_by.iter().map(|number| &policy.migrations[*number].name).collect::<Vec<_>>(),
            "when": way.all,
            "ways": way.parts.iter().map(part).collect::<Vec<_>>(),
            "unless": way.unless.iter().map(|number| format!("deny {}", policy.denials[*number].name)).collect::<Vec<_>>(),
            "complete": way.is_all,
        })
    };
    json!({
        "target": policy.catalogue.target(access.target).name,
        "callers": access.callers,
        "able": access.able,
        "answers": access.ways.iter().map(way).collect::<Vec<_>>(),
    })
}
