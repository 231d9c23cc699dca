//! What follows from a declaration and is not written in it: where an attribute's value comes from and who controls it, what a
//! target can do and who may use it, the plan of a route with its groups and plans written out.

use super::{Known, guarantees, item_at, words};
use crate::features::names::{Domain, Kind, Occurrence, Symbol};
use wayleave_compiler::Policy;
use wayleave_compiler::model::{
    Approve, ArmOutcome, Forbid, Ordering, Plan, PlanStage, Route, RouteBody, Rule, Who,
};
use wayleave_compiler::source::Span;
use wayleave_grammar::SyntaxNode;
use wayleave_grammar::ast::{self, Field, Item, Node, SourceKind, Value};
use wayleave_program::catalogue::TargetId;

/// Paragraphs about a name, in Markdown; those that are empty say nothing.
pub(super) fn of(known: &Known<'_>, symbol: &Symbol, declaration: Option<&Occurrence>) -> Vec<String> {
    match (symbol.kind, declaration) {
        (Kind::Attribute, Some(declaration)) => declared_attribute(known, symbol, declaration),
        (Kind::Attribute, None) => built_in(known, symbol),
        (Kind::Detector, None) => vec!["a detector that every policy has".to_owned()],
        (Kind::Type, None) => vec!["a type that every policy has".to_owned()],
        (Kind::Member, Some(_)) => vec![format!("among {}", members(known, &symbol.owner))],
        (Kind::Model, Some(declaration)) => target(known, symbol, declaration),
        (Kind::Provider, Some(declaration)) => provider(known, declaration),
        (Kind::Route, Some(_)) => known.policy.map(|policy| route(policy, &symbol.name)).unwrap_or_default(),
        (Kind::Approve, Some(_)) => {
            known.policy.map(|policy| approval(policy, &symbol.name)).unwrap_or_default()
        }
        (Kind::Guarantee, Some(_)) => guarantees::state(known, &symbol.name),
        _ => Vec::new(),
    }
}

fn listed(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The values of a type, in the order written.
fn members(known: &Known<'_>, owner: &str) -> String {
    listed(known.names.declared(Kind::Member, owner).map(|member| member.symbol.name.clone()))
}

fn built_in(known: &Known<'_>, symbol: &Symbol) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some((value_type, what)) = words::attribute(&symbol.name) {
        parts.push(format!("type: {value_type}"));
        parts.push(what);
    }
    parts.extend(values(known, symbol));
    parts
}

fn values(known: &Known<'_>, symbol: &Symbol) -> Option<String> {
    match known.names.domain(&symbol.name)? {
        Domain::Named(Kind::Member, owner) => Some(format!("values: {}", members(known, &owner))),
        _ => None,
    }
}

fn declared_attribute(known: &Known<'_>, symbol: &Symbol, declaration: &Occurrence) -> Vec<String> {
    let mut parts = Vec::new();
    match item_at(known.sources, declaration.span) {
        Some(Item::Attribute(item)) if symbol.name.starts_with("target.") => {
            parts.push("a fact that a model or its provider states".to_owned());
            if item.default().is_none() {
                parts.push("every model has to state it".to_owned());
            }
        }
        Some(Item::Attribute(item)) => {
            parts.push(control(&item));
            if item.required().is_some() {
                parts.push("a request without it is refused".to_owned());
            } else if let Some(default) = item.default().and_then(|clause| clause.value()) {
                let at = Span::new(declaration.span.file, default.range());
                parts.push(format!("a missing one counts as `{}`", known.sources.text(at)));
            }
        }
        Some(Item::Classify(_)) => {
            parts.push("computed: the first line that holds gives its value".to_owned())
        }
        Some(Item::Define(_)) => parts.push("a name for a condition".to_owned()),
        Some(_) | None => {}
    }
    parts.extend(values(known, symbol));
    parts
}

/// Who decides what value an attribute has.
fn control(item: &ast::Attribute) -> String {
    let kinds: Vec<SourceKind> = item.sources().filter_map(|source| source.kind()).collect();
    let is_own_word = |kind: &SourceKind| matches!(kind, SourceKind::Header | SourceKind::Metadata);
    let combine = item.combine().and_then(|clause| clause.word());
    let text = if kinds.is_empty() {
        "no request states it"
    } else if !kinds.iter().any(is_own_word) {
        "comes from the key or token: the caller cannot change it"
    } else if kinds.iter().all(is_own_word) {
        "the caller's own word: who sends another value gets another decision"
    } else {
        match combine.as_deref() {
            Some("highest") => "the caller can raise it, never lower it",
            Some("lowest") => "the caller can lower it, never raise it",
            _ => "the caller can set it where the sources before its own say nothing",
        }
    };
    text.to_owned()
}

/// The fields of a body as they are written, without the body of a `timeout` and without a key that stands there openly.
fn fields(known: &Known<'_>, file: wayleave_compiler::FileId, body: &SyntaxNode) -> Vec<String> {
    let fields = body.children().filter_map(Field::cast).filter(|field| {
        let is_key = field.name().is_some_and(|name| name.text() == "key");
        !is_key || matches!(field.value(), Some(Value::Call(_)))
    });
    fields.map(|field| format!("- {}", known.sources.one_line(Span::new(file, field.range())))).collect()
}

fn provider(known: &Known<'_>, declaration: &Occurrence) -> Vec<String> {
    let Some(Item::Provider(item)) = item_at(known.sources, declaration.span) else { return Vec::new() };
    let models = item.models().filter_map(|model| model.name()).map(|name| name.text());
    vec![
        fields(known, declaration.span.file, item.syntax()).join("\n"),
        format!("models: {}", listed(models)),
    ]
}

fn target(known: &Known<'_>, symbol: &Symbol, declaration: &Occurrence) -> Vec<String> {
    let file = declaration.span.file;
    let Some(Item::Provider(item)) = item_at(known.sources, declaration.span) else { return Vec::new() };
    let is_it = |model: &ast::Model| {
        model.name().is_some_and(|name| Span::new(file, name.text_range()) == declaration.span)
    };
    let Some(model) = item.models().find(is_it) else { return Vec::new() };
    let mut parts = Vec::new();
    if let Some(remote) = model.provider_side_name() {
        parts.push(format!("sent as `{}`", remote.value()));
    }
    let mut stated = fields(known, file, model.syntax());
    stated.extend(fields(known, file, item.syntax()));
    parts.push(stated.join("\n"));
    let name = format!("{}/{}", symbol.owner, symbol.name);
    if let Some((policy, id)) =
        known.policy.and_then(|policy| Some((policy, policy.catalogue.find_target(&name)?)))
    {
        parts.extend(permission(policy, id));
    }
    parts
}

/// The rules that speak about a target by name.
fn permission(policy: &Policy, id: TargetId) -> Vec<String> {
    let approves = |rule: &&Rule<Approve>| rule.body.targets.contains(&id) && !rule.is_tried;
    let forbids = |rule: &&Rule<Forbid>| rule.body.targets.contains(&id) && !rule.is_tried;
    let approved: Vec<String> =
        policy.approvals.iter().filter(approves).map(|rule| rule.name.clone()).collect();
    let forbidden: Vec<String> =
        policy.prohibitions.iter().filter(forbids).map(|rule| rule.name.clone()).collect();
    let mut parts = Vec::new();
    parts.push(if approved.is_empty() {
        "no `approve` covers it, so nobody gets it".to_owned()
    } else {
        format!("approved by {}", listed(approved))
    });
    if !forbidden.is_empty() {
        parts.push(format!("may be forbidden by {}", listed(forbidden)));
    }
    parts
}

fn approval(policy: &Policy, name: &str) -> Vec<String> {
    let Some(rule) = policy.approvals.iter().find(|rule| rule.name == name) else { return Vec::new() };
    let targets = rule.body.targets.iter().map(|id| policy.catalogue.target(*id).name.clone());
    let mut parts = vec![format!("covers {}", listed(targets))];
    if let Some(owner) = &rule.body.owner {
        parts.push(format!("owner: {owner}"));
    }
    parts.push(match rule.period.until {
        Some(until) => format!("ends with the beginning of {}", policy.schema.zone.write_date(until)),
        None => "has no end".to_owned(),
    });
    parts
}

fn route(policy: &Policy, name: &str) -> Vec<String> {
    let Some(route) = policy.routes.iter().find(|route| route.name == name) else { return Vec::new() };
    let mut parts = Vec::new();
    if let Some(outer) = route.inside.and_then(|id| policy.routes.get(id.0 as usize)) {
        parts.push(format!("takes a part of the requests of `{}`", outer.name));
    }
    parts.extend(plans(policy, route));
    parts
}

fn plans(policy: &Policy, route: &Route) -> Vec<String> {
    match &route.body {
        RouteBody::Plan(plan) => vec![format!("plan:\n\n{}", stages(policy, plan))],
        RouteBody::Arms(arms) => arms
            .iter()
            .zip(1..)
            .map(|(arm, number)| match &arm.outcome {
                ArmOutcome::Plan(plan) => format!("plan of arm {number}:\n\n{}", stages(policy, plan)),
                ArmOutcome::Deny(words) => format!("arm {number} denies: {words}"),
            })
            .collect(),
    }
}

fn stages(policy: &Policy, plan: &Plan) -> String {
    let lines =
        plan.stages.iter().zip(1..).map(|(stage, number)| format!("{number}. {}", one_stage(policy, stage)));
    lines.collect::<Vec<_>>().join("\n")
}

fn one_stage(policy: &Policy, stage: &PlanStage) -> String {
    let name = |id: &TargetId| policy.catalogue.target(*id).name.clone();
    match &stage.who {
        Who::Target(id) => format!("`{}`", name(id)),
        Who::Requested => "what the caller asks for".to_owned(),
        Who::Split(_, shares) => format!("one of {}, drawn", listed(shares.iter().map(|(_, id)| name(id)))),
        Who::Ordered(order, targets) => {
            let word = match order {
                Ordering::Cheapest => "cheapest",
                Ordering::Fastest => "fastest",
                Ordering::LeastBusy => "least busy",
            };
            format!("{}, the {word} first", listed(targets.iter().map(name)))
        }
    }
}
