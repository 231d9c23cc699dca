//! The JSON of a request document and of a decision; the only file of this crate that names serde_json.

use crate::Fingerprint;
use crate::attributes::Attributes;
use crate::catalogue::Catalogue;
use crate::decision::{Decision, Owed, Reason, Removed};
use crate::instant;
use crate::plan::Stage;
use crate::schema::{Attribute, BuiltIn, Origin, Schema, Shape, Type};
use crate::sources;
use crate::value::{Tokens, Value};
use serde_json::{Map, Value as Json, json};

/// What is wrong with one entry of a request document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// The entry's key, as written; of a missing attribute its name.
    pub key: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// The ways in which an entry can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The document is not a JSON object.
    NotAnObject,
    /// Neither an attribute of the policy nor a word of request documents.
    UnknownName,
    /// A word of request documents that this version does not build yet.
    Unbuilt,
    /// An attribute that is computed from others.
    Computed,
    /// Not of the attribute's type; what is allowed.
    NotOfType(String),
    /// `sources` names a source that no attribute has.
    UnknownSource,
    /// Given both as a value and in `sources`.
    GivenTwice,
    /// A `required` attribute is missing.
    Missing,
}

impl std::fmt::Display for DocumentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = &self.key;
        match &self.problem {
            Problem::NotAnObject => {
                f.write_str("a request document is a JSON object of attribute names and values")
            }
            Problem::UnknownName => write!(f, "`{key}` is not an attribute of this policy"),
            Problem::Unbuilt => {
                write!(f, "`{key}` is a word of request documents that this version does not build yet")
            }
            Problem::Computed => write!(f, "`{key}` is computed from other attributes and cannot be given"),
            Problem::NotOfType(allowed) => write!(f, "the value of `{key}` must be {allowed}"),
            Problem::UnknownSource => write!(f, "no attribute of this policy has the source `{key}`"),
            Problem::GivenTwice => write!(f, "`{key}` is given as a value and through `sources`; keep one"),
            Problem::Missing => {
                write!(f, "`{key}` is required by the policy and missing from the request document")
            }
        }
    }
}

/// Reads a request document for a schema. What is not given stays unknown and so counts as its default.
///
/// # Errors
/// Everything that is wrong with the document, in its own order, missing attributes last.
pub fn read_request(schema: &Schema, document: &Json) -> Result<Attributes, Vec<DocumentError>> {
    let Json::Object(entries) = document else {
        return Err(vec![DocumentError { key: String::new(), problem: Problem::NotAnObject }]);
    };
    let mut attributes = Attributes::new(schema);
    let mut errors = Vec::new();
    for (key, value) in entries {
        if key != "sources"
            && let Err(problem) = read_entry(schema, &mut attributes, key, value)
        {
            errors.push(DocumentError { key: key.clone(), problem });
        }
    }
    if let Some(given) = entries.get("sources") {
        read_sources(schema, &mut attributes, given, &mut errors);
    }
    for id in schema.ids() {
        let attribute = schema.attribute(id);
        let is_blamed = errors.iter().any(|error| error.key == attribute.name);
        if attribute.is_required && attributes.get(id).is_none() && !is_blamed {
            errors.push(DocumentError { key: attribute.name.clone(), problem: Problem::Missing });
        }
    }
    if errors.is_empty() { Ok(attributes) } else { Err(errors) }
}

fn read_entry(schema: &Schema, attributes: &mut Attributes, key: &str, value: &Json) -> Result<(), Problem> {
    let Some(id) = schema.find(key) else {
        return Err(if is_unbuilt(key) { Problem::Unbuilt } else { Problem::UnknownName });
    };
    let attribute = schema.attribute(id);
    if attribute.origin == Origin::BuiltIn(BuiltIn::RequestWindow) {
        return Err(Problem::Computed);
    }
    let value = read_value(attribute, value)
        .ok_or_else(|| Problem::NotOfType(sources::allowed(&attribute.value_type)))?;
    attributes.set(id, value);
    Ok(())
}

/// Words of the language contract that arrive with detectors, counters, grants and draws.
fn is_unbuilt(key: &str) -> bool {
    let is_counter = (key.starts_with("spent(") || key.starts_with("used(")) && key.ends_with(')');
    is_counter
        || matches!(
            key,
            "prompt" | "system" | "prompt.findings" | "granted" | "draw" | "time.of-day" | "time.weekday"
        )
}

fn read_value(attribute: &Attribute, value: &Json) -> Option<Value> {
    match (&attribute.value_type, value) {
        // A team that the tree lacks is unknown, as it is when a credential names it.
        (Type::Named(tree), Json::String(text))
            if tree.shape == Shape::Tree && attribute.origin == Origin::BuiltIn(BuiltIn::CallerTeam) =>
        {
            Some(sources::read_team(&attribute.value_type, Some(text)))
        }
        (Type::TextSet, Json::Array(items)) => texts(items).map(Value::Set),
        (Type::NamedSet(named), Json::Array(items)) => {
            texts(items).filter(|names| names.iter().all(|name| named.member(name).is_some())).map(Value::Set)
        }
        (Type::Bool, Json::Bool(is_true)) => Some(Value::Bool(*is_true)),
        (Type::Tokens, Json::Number(number)) => number.as_u64().map(|count| Value::Tokens(Tokens(count))),
        (Type::Text | Type::Model | Type::Named(_) | Type::Instant, Json::String(text)) => {
            sources::read_text(&attribute.value_type, text).ok()
        }
        _ => None,
    }
}

fn texts(items: &[Json]) -> Option<std::collections::BTreeSet<String>> {
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn read_sources(schema: &Schema, attributes: &mut Attributes, given: &Json, errors: &mut Vec<DocumentError>) {
    let Json::Object(given) = given else {
        let problem = Problem::NotOfType("an object of source names and texts".to_owned());
        errors.push(DocumentError { key: "sources".to_owned(), problem });
        return;
    };
    let mut known = Vec::new();
    for id in schema.ids() {
        let attribute = schema.attribute(id);
        let Origin::Sources(sources, _) = &attribute.origin else { continue };
        let labels: Vec<String> = sources.iter().map(crate::schema::Source::label).collect();
        let texts: Vec<Option<&str>> =
            labels.iter().map(|label| given.get(label).and_then(Json::as_str)).collect();
        known.extend(labels);
        if texts.iter().all(Option::is_none) {
            continue;
        }
        let problem = match sources::combine(attribute, &texts) {
            _ if attributes.get(id).is_some() => Problem::GivenTwice,
            Ok(value) => {
                value.into_iter().for_each(|value| attributes.set(id, value));
                continue;
            }
            Err(bad) => Problem::NotOfType(bad.allowed),
        };
        errors.push(DocumentError { key: attribute.name.clone(), problem });
    }
    for (label, text) in given {
        if !known.contains(label) {
            errors.push(DocumentError { key: label.clone(), problem: Problem::UnknownSource });
        } else if !text.is_string() {
            errors
                .push(DocumentError { key: label.clone(), problem: Problem::NotOfType("a text".to_owned()) });
        }
    }
}

/// A value as a request document writes it.
pub fn write_value(value_type: &Type, value: &Value) -> Json {
    match (value, value_type) {
        (Value::Text(text), _) => json!(text),
        (Value::Set(members), _) => json!(members),
        (Value::Member(member), Type::Named(named)) => json!(named.name_of(*member)),
        (Value::Member(member), _) => json!(member.0),
        (Value::Unknown, _) => json!("unknown"),
        (Value::Bool(is_true), _) => json!(is_true),
        (Value::Tokens(Tokens(count)), _) => json!(count),
        (Value::Money(amount), _) => json!(amount.0),
        (Value::Instant(instant), _) => json!(instant::write(*instant)),
    }
}

/// The known values as a request document.
pub fn write_request(schema: &Schema, attributes: &Attributes) -> Json {
    let known = schema.ids().filter(|id| *id != BuiltIn::RequestWindow.id());
    let entries = known.filter_map(|id| {
        let attribute = schema.attribute(id);
        let value = attributes.get(id)?;
        Some((attribute.name.clone(), write_value(&attribute.value_type, value)))
    });
    Json::Object(entries.collect())
}

/// A decision as the commands, the decision log and the admin API show it. Fields of constructs that are not built yet
/// are there and empty.
pub fn write_decision(decision: &Decision, catalogue: &Catalogue, fingerprint: &Fingerprint) -> Json {
    let stage = |stage: &Stage| {
        let candidates: Vec<&str> =
            stage.candidates.iter().map(|id| catalogue.target(*id).name.as_str()).collect();
        json!({"candidates": candidates, "within_ms": stage.within_ms})
    };
    let removed = |removed: &Removed| {
        json!({
            "target": catalogue.target(removed.target).name,
            "by": by(&removed.reasons),
            "reasons": words(&removed.reasons),
        })
    };
    let obligations: Map<String, Json> =
        decision.obligations.iter().map(|owed| owe(owed, catalogue)).collect();
    json!({
        "decision": decision.outcome.name(),
        "route": decision.route,
        "arm": decision.arm,
        "plan": decision.plan.iter().map(stage).collect::<Vec<_>>(),
        "failover": decision.failover.iter().map(|class| class.name()).collect::<Vec<_>>(),
        "retry": 0,
        "backoff_ms": null,
        "hedge_ms": null,
        "deadline_ms": null,
        "shadow": [],
        "removed": decision.removed.iter().map(removed).collect::<Vec<_>>(),
        "obligations": obligations,
        "counters": [],
        "by": by(&decision.reasons),
        "reasons": words(&decision.reasons),
        "approval": null,
        "until": null,
        "observed": [],
        "migrations": [],
        "findings": [],
        "policy": fingerprint.policy,
        "source": fingerprint.source,
    })
}

fn by(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(|reason| reason.by.to_string()).collect()
}

fn words(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.words.as_str()).collect()
}

fn owe(owed: &Owed, catalogue: &Catalogue) -> (String, Json) {
    let obligations = &owed.obligations;
    let value = json!({"redact": [], "cap": obligations.cap, "flag": [], "log": obligations.log.name()});
    (catalogue.target(owed.target).name.clone(), value)
}
