//! `describe`: what each route serves, what one request can take at worst, who is passed over when, and what is turned away.

mod worst;

use crate::access::{place, plan};
use crate::args::{Describe, Format};
use crate::load;
use crate::output::{Exit, Failure, Paint, Terminal, print};
use crate::question::{Question, listed};
use crate::waiting::Waiting;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use wayleave_compiler::diagnostic::render::{JSON_VERSION, printable};
use wayleave_compiler::model::RouteId;
use wayleave_compiler::proof::serving::{Conditions, Serving, serving};
use worst::Worst;

pub(super) fn run(arguments: &Describe, terminal: Terminal) -> Result<Exit, Failure> {
    let own = &arguments.question;
    let mut names = arguments.routes.clone();
    let mut path = own.policy.policy.as_path();
    // In the policy's own folder it need not be named.
    if let Some(name) = path.to_str()
        && !path.exists()
        && load::root_file(Path::new(".")).is_ok()
    {
        names.insert(0, name.to_owned());
        path = Path::new(".");
    }
    let question = Question::of(path, own.as_of.as_deref(), terminal)?;
    let routes = routes(&question, &names)?;
    let found =
        Waiting::with("asking", |progress| serving(&question.policy, &routes, question.now, progress));
    match own.format {
        Format::Json => {
            let answers: Vec<Value> = found.iter().map(|one| document(one, &question)).collect();
            let all =
                json!({"version": JSON_VERSION, "as_of": question.date(question.now), "answers": answers});
            print(&format!("{all:#}\n"))?;
        }
        Format::Human => {
            for one in found.chunk_by(|one, other| one.route == other.route) {
                print(&human(one, &question, terminal))?;
            }
            print(&format!("as of {}\n", question.date(question.now)))?;
        }
    }
    Ok(Exit::Yes)
}

/// The routes of these names, or all.
fn routes(question: &Question, names: &[String]) -> Result<BTreeSet<RouteId>, Failure> {
    let all = &question.policy.routes;
    let id = |index: usize| RouteId(u32::try_from(index).unwrap_or(u32::MAX));
    if names.is_empty() {
        return Ok((0..all.len()).map(id).collect());
    }
    let find = |name: &String| {
        all.iter().position(|route| route.name == *name).map(id).ok_or_else(|| {
            let known: Vec<String> = all.iter().map(|route| printable(&route.name)).collect();
            Failure::new(format!("the policy has no route `{}`", printable(name)))
                .mend(format!("the routes are: {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

/// One route with its arms.
fn human(answers: &[Serving], question: &Question, terminal: Terminal) -> String {
    let Some(first) = answers.first() else { return String::new() };
    let route = &question.policy.routes[first.route.0 as usize];
    let name = terminal.paint(Paint::Cyan, &printable(&route.name));
    let mut out = format!("route {name} at {}\n", question.place(route.head));
    out.push_str(&format!("  {}\n", printable(&question.text(route.head))));
    for one in answers {
        let mut more = "  ";
        if one.arm.is_some() {
            let at = place(question, one.route, one.arm);
            out.push_str(&format!("  {}\n", printable(&question.text(at))));
            more = "    ";
        }
        for line in lines(one, question) {
            out.push_str(&format!("{more}{line}\n"));
        }
    }
    out.push('\n');
    out
}

/// What is said of an answer.
fn lines(one: &Serving, question: &Question) -> Vec<String> {
    let mut lines = Vec::new();
    match one.is_reached {
        Some(false) => return vec!["answers no request".to_owned()],
        None => lines.push("whether it answers a request was not found out".to_owned()),
        Some(true) => {}
    }
    if let Some(plan) = plan(question, one.route, one.arm) {
        lines.push(Worst::of(plan, one, question).words());
    }
    let denials = one.denials.iter().map(|number| &question.policy.denials[*number].name);
    let denials: Vec<String> = denials.map(|name| format!("`deny {}`", printable(name))).collect();
    if !denials.is_empty() {
        lines.push(format!("{} may take requests from it", listed(&denials)));
    }
    for (target, conditions) in &one.passed_over {
        let name = printable(&question.policy.catalogue.target(*target).name);
        told(&mut lines, &format!("passes over {name}"), conditions);
    }
    told(&mut lines, "turns away", &one.turned_away);
    lines
}

/// In one line, however many conditions there are.
fn told(lines: &mut Vec<String>, what: &str, conditions: &Conditions) {
    let is_one = conditions.when.len() == 1;
    let each = |when: &String| match is_one || !(when.contains(" and ") || when.contains(" or ")) {
        true => printable(when),
        false => format!("({})", printable(when)),
    };
    let when: Vec<String> = conditions.when.iter().map(each).collect();
    match when.as_slice() {
        [] => {}
        [one] if one == "always" => lines.push(format!("{what} always")),
        several => lines.push(format!("{what} when {}", several.join(" or "))),
    }
    if !conditions.is_all {
        lines.push(format!("{what} maybe more: the rest was too much to be told apart"));
    }
}

fn document(one: &Serving, question: &Question) -> Value {
    let policy = &question.policy;
    let at = place(question, one.route, one.arm);
    let conditions = |found: &Conditions| json!({"when": found.when, "complete": found.is_all});
    let passed_over: Vec<Value> = one
        .passed_over
        .iter()
        .map(|(target, found)| {
            json!({"target": policy.catalogue.target(*target).name, "when": found.when, "complete": found.is_all})
        })
        .collect();
    json!({
        "route": policy.routes[one.route.0 as usize].name,
        "arm": one.arm,
        "file": question.sources.file(at.file).path,
        "line": question.sources.start(at).line,
        "text": question.text(at),
        "reached": one.is_reached,
        "worst": plan(question, one.route, one.arm).map(|plan| Worst::of(plan, one, question).document()),
        "denials": one.denials.iter().map(|number| format!("deny {}", policy.denials[*number].name)).collect::<Vec<_>>(),
        "passed_over": passed_over,
        "turned_away": conditions(&one.turned_away),
    })
}
