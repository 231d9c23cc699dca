//! What follows from a declaration and is not written in it: where an attribute's value comes from and who controls it, what a
//! target can do and who may use it, the plan of a route with its groups and plans written out.

use super::{Known, fields, guarantees, item_at, plans, words};
use crate::features::names::{Domain, Form, Kind, Occurrence, Symbol};
use crate::features::targets::{Reach, one_line};
use wayleave_compiler::Policy;
use wayleave_compiler::model::{ArmOutcome, Plan, PlanStage, RouteBody, Rule, Who};
use wayleave_compiler::source::Span;
use wayleave_grammar::SyntaxNode;
use wayleave_grammar::ast::{self, Field, Item, Node, SourceKind, TypeShape, Value};
use wayleave_program::catalogue::TargetId;

/// Paragraphs about a name, in Markdown; those that are empty say nothing.
pub(super) fn of(known: &Known<'_>, symbol: &Symbol, declaration: Option<&Occurrence>) -> Vec<String> {
    match (symbol.kind, declaration) {
        (Kind::Attribute, Some(declaration)) => declared_attribute(known, symbol, declaration),
        (Kind::Attribute, None) => built_in(known, symbol),
        (Kind::Detector, None) => vec!["a detector that every policy has".to_owned()],
        (Kind::Type, None) => vec!["a type that every policy has".to_owned()],
        (Kind::Member, Some(_)) => vec![among(known, &symbol.owner)],
        (Kind::Model, Some(declaration)) => target(known, symbol, declaration),
        (Kind::Provider, Some(declaration)) => provider(known, declaration),
        (Kind::Route, Some(_)) => {
            known.policy.map(|policy| plans::route(known, policy, &symbol.name)).unwrap_or_default()
        }
        (Kind::Guarantee, Some(_)) => guarantees::state(known, &symbol.name),
        (Kind::Approve, Some(_)) => {
            known.policy.map(|policy| approval(known, policy, &symbol.name)).unwrap_or_default()
        }
        (Kind::Approval, Some(_)) => {
            known.policy.map(|policy| requirement(policy, &symbol.name)).unwrap_or_default()
        }
        (Kind::Group, Some(_)) => vec![group(known, &symbol.name)],
        (Kind::Plan, Some(_)) => vec![plans::named(known, &symbol.name)],
        (Kind::Field | Kind::Word, None) => fields::help(&symbol.owner, &symbol.name).into_iter().collect(),
        _ => Vec::new(),
    }
}

pub(super) fn listed(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The values of a type, in the order written; of a scale from the lowest to the highest.
fn members(known: &Known<'_>, owner: &str) -> String {
    let names = known.names.declared(Kind::Member, owner).map(|member| member.symbol.name.clone());
    match known.names.form_of_owner(owner) {
        Form::Scale => names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" < "),
        Form::Plain | Form::Tree | Form::Set => listed(names),
    }
}

/// Where a value stands among the others.
fn among(known: &Known<'_>, owner: &str) -> String {
    let members = members(known, owner);
    match known.names.form_of_owner(owner) {
        Form::Scale => format!("on the scale {members}"),
        Form::Plain | Form::Tree | Form::Set => format!("among {members}"),
    }
}

fn built_in(known: &Known<'_>, symbol: &Symbol) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some((value_type, what)) = words::attribute(&symbol.name) {
        // The table of the book speaks of all policies.
        let own = known.names.domain(&symbol.name);
        let value_type = match (symbol.name.as_str(), own) {
            ("caller.team", Some(Domain::Named(..))) => "the policy's type `team`".to_owned(),
            ("caller.team", _) => "text".to_owned(),
            (_, _) => value_type,
        };
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
            let sources = item.sources().map(|source| one_line(source.syntax()));
            let sources: Vec<String> = sources.map(|source| format!("`{source}`")).collect();
            if !sources.is_empty() {
                parts.push(format!("read from {}", sources.join(", then ")));
            }
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
    parts.extend(kind_of_value(known, declaration));
    parts.extend(values(known, symbol));
    parts
}

/// The type of a declared attribute, where it is not told by its values.
fn kind_of_value(known: &Known<'_>, declaration: &Occurrence) -> Option<String> {
    let shape = match item_at(known.sources, declaration.span)? {
        Item::Attribute(item) => item.shape()?,
        Item::Classify(item) => item.shape()?,
        _ => return None,
    };
    let words = one_line(shape.syntax());
    let kind = match &shape {
        TypeShape::Plain(_) => "one of several values, without an order".to_owned(),
        TypeShape::Scale(_) => "one of several values, on a scale".to_owned(),
        TypeShape::Tree(_) => "one of several values, in a tree".to_owned(),
        TypeShape::Set(_) => format!("a set: `{words}`"),
        TypeShape::Named(_) => format!("`{words}`"),
    };
    Some(format!("type: {kind}"))
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
fn stated(body: &SyntaxNode) -> Vec<String> {
    let fields = body.children().filter_map(Field::cast).filter(|field| {
        let is_key = field.name().is_some_and(|name| name.text() == "key");
        !is_key || matches!(field.value(), Some(Value::Call(_)))
    });
    fields.map(|field| format!("- {}", one_line(field.syntax()))).collect()
}

fn provider(known: &Known<'_>, declaration: &Occurrence) -> Vec<String> {
    let Some(Item::Provider(item)) = item_at(known.sources, declaration.span) else { return Vec::new() };
    let models = item.models().filter_map(|model| model.name()).map(|name| name.text());
    vec![stated(item.syntax()).join("\n"), format!("models: {}", listed(models))]
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
    let mut lines = stated(model.syntax());
    lines.extend(stated(item.syntax()));
    parts.push(lines.join("\n"));
    let name = format!("{}/{}", symbol.owner, symbol.name);
    if let Some((policy, id)) =
        known.policy.and_then(|policy| Some((policy, policy.catalogue.find_target(&name)?)))
    {
        parts.extend(permission(known, policy, id));
    }
    parts
}

/// The rules that speak about a target by name, with what they say of requests, and the routes that name it.
fn permission(known: &Known<'_>, policy: &Policy, id: TargetId) -> Vec<String> {
    let mut approved = Vec::new();
    for rule in policy.approvals.iter().filter(|rule| rule.body.targets.contains(&id) && !rule.is_tried) {
        let is_over = rule.period.until.is_some_and(|until| until <= known.as_of);
        approved.push(format!("{}{}", told(known, rule), if is_over { ", ended" } else { "" }));
    }
    let forbids = policy.prohibitions.iter().filter(|rule| rule.body.targets.contains(&id) && !rule.is_tried);
    let forbidden: Vec<String> = forbids.map(|rule| told(known, rule)).collect();
    let listing = |head: &str, lines: &[String]| {
        let lines: Vec<String> = lines.iter().map(|line| format!("- {line}")).collect();
        format!("{head}\n\n{}", lines.join("\n"))
    };
    let mut parts = Vec::new();
    parts.push(if approved.is_empty() {
        "no `approve` covers it, so nobody gets it".to_owned()
    } else {
        listing("approved by", &approved)
    });
    if !forbidden.is_empty() {
        parts.push(listing("may be forbidden by", &forbidden));
    }
    let names_it = |plan: &Plan| plan.stages.iter().any(|stage| is_member(stage, id));
    let routes = policy.routes.iter().filter(|route| match &route.body {
        RouteBody::Plan(plan) => names_it(plan),
        RouteBody::Arms(arms) => arms.iter().any(|arm| match &arm.outcome {
            ArmOutcome::Plan(plan) => names_it(plan),
            ArmOutcome::Deny(_) => false,
        }),
    });
    let routes: Vec<String> = routes.map(|route| route.name.clone()).collect();
    if !routes.is_empty() {
        parts.push(format!("stands in the plan of {}", listed(routes)));
    }
    parts
}

fn is_member(stage: &PlanStage, id: TargetId) -> bool {
    match &stage.who {
        Who::Target(target) => *target == id,
        Who::Requested => false,
        Who::Split(_, shares) => shares.iter().any(|(_, target)| *target == id),
        Who::Ordered(_, targets) => targets.contains(&id),
    }
}

/// A rule by its name, with its condition.
fn told<Body>(known: &Known<'_>, rule: &Rule<Body>) -> String {
    let when = match item_at(known.sources, rule.span) {
        Some(Item::Approve(item)) => item.when(),
        Some(Item::Forbid(item)) => item.when(),
        Some(_) | None => None,
    };
    match when {
        Some(when) => {
            format!("`{}` {}", rule.name, one_line(when.syntax()))
        }
        None => format!("`{}`, always", rule.name),
    }
}

fn approval(known: &Known<'_>, policy: &Policy, name: &str) -> Vec<String> {
    let Some(rule) = policy.approvals.iter().find(|rule| rule.name == name) else { return Vec::new() };
    let targets = rule.body.targets.iter().map(|id| policy.catalogue.target(*id).name.clone());
    let mut parts = vec![format!("covers {}", listed(targets))];
    if let Some(owner) = &rule.body.owner {
        parts.push(format!("owner: {owner}"));
    }
    if let Some(by) = &rule.body.by {
        parts.push(format!("approved by: {by}"));
    }
    let date = |at| policy.schema.zone.write_date(at);
    if let Some(from) = rule.period.from.filter(|from| known.as_of < *from) {
        parts.push(format!("begins on {}", date(from)));
    }
    parts.push(match rule.period.until {
        Some(until) if until <= known.as_of => {
            format!("**ended** with the beginning of {}: it approves nothing", date(until))
        }
        Some(until) => format!("ends with the beginning of {}", date(until)),
        None => "has no end".to_owned(),
    });
    parts
}

fn requirement(policy: &Policy, name: &str) -> Vec<String> {
    let Some(rule) = policy.requirements.iter().find(|rule| rule.name == name) else { return Vec::new() };
    let each = &policy.schema.attribute(rule.body.each).name;
    let end = if rule.body.valid_ms.is_some() { "" } else { ", without end" };
    vec![format!("granted by the group `{}`, to one `{each}`{end}", rule.body.by)]
}

/// What a group comes to.
fn group(known: &Known<'_>, name: &str) -> String {
    let members = Reach::of(known.sources).group(name);
    if members.is_empty() { "no target is in it".to_owned() } else { format!("members: {}", listed(members)) }
}
