//! The JSON of a request document and of a decision; with its folder the only part of this crate that names serde_json.

mod recorded;

pub use recorded::{Recalled, RecordReader, RecordedRequest, Said, record_findings, record_request};

use crate::Fingerprint;
use crate::attributes::Attributes;
use crate::catalogue::{Catalogue, TargetId};
use crate::decision::{Decision, Migrated, Observed, Owed, Reason, Removed, RuleName};
use crate::instant;
use crate::plan::{Redaction, Stage};
use crate::schema::{Attribute, AttributeId, BuiltIn, Inspected, Origin, Schema, Shape, Type};
use crate::sources;
use crate::value::{Share, Tokens, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

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
        let is_apart = key == "sources" || FINDINGS.iter().any(|(findings, _)| findings == key);
        if !is_apart && let Err(problem) = read_entry(schema, &mut attributes, key, value) {
            errors.push(DocumentError { key: key.clone(), problem });
        }
    }
    if let Some(given) = entries.get("sources") {
        read_sources(schema, &mut attributes, given, &mut errors);
    }
    read_findings(schema, &mut attributes, entries, &mut errors);
    join_parts(&mut attributes);
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
    let id = schema.find(key).filter(|id| !matches!(schema.attribute(*id).origin, Origin::Findings(..)));
    let Some(id) = id else { return Err(Problem::UnknownName) };
    let attribute = schema.attribute(id);
    if matches!(attribute.origin, Origin::BuiltIn(built_in) if built_in.is_computed()) {
        return Err(Problem::Computed);
    }
    let value = match (&attribute.value_type, value) {
        (Type::Instant, Json::String(text)) => schema.zone.read(text.trim()).map(Value::Instant),
        _ => read_value(attribute, value),
    };
    let value = value.ok_or_else(|| Problem::NotOfType(sources::allowed(&attribute.value_type)))?;
    if id == BuiltIn::Draw.id() && matches!(value, Value::Share(share) if share >= WHOLE) {
        return Err(Problem::NotOfType("a percentage below 100%".to_owned()));
    }
    attributes.set(id, value);
    Ok(())
}

/// All of a whole.
const WHOLE: Share = Share(1_000_000);

/// The keys under which a document gives findings outright.
const FINDINGS: [(&str, Inspected); 2] =
    [("prompt.findings", Inspected::Prompt), ("system.findings", Inspected::System)];

/// Findings that are given: all others are then not found, and nobody looks for them.
fn read_findings(
    schema: &Schema,
    attributes: &mut Attributes,
    entries: &Map<String, Json>,
    errors: &mut Vec<DocumentError>,
) {
    let mut given: [Option<BTreeSet<String>>; 2] = [None, None];
    for (slot, (key, _)) in given.iter_mut().zip(FINDINGS) {
        let Some(value) = entries.get(key) else { continue };
        *slot = value.as_array().and_then(|items| texts(items));
        if slot.is_none() {
            let problem = Problem::NotOfType("a list of texts".to_owned());
            errors.push(DocumentError { key: key.to_owned(), problem });
        }
    }
    let [prompt, system] = given;
    if prompt.is_none() && system.is_none() {
        return;
    }
    let system = system.unwrap_or_default();
    let prompt = prompt.unwrap_or_default();
    let names = finding_names(schema);
    for ((key, _), given) in FINDINGS.iter().zip([&prompt, &system]) {
        if let Some(unknown) = given.iter().find(|name| !names.contains(name)) {
            let problem = Problem::NotOfType(format!("a list of {}; `{unknown}` is none", names.join(", ")));
            errors.push(DocumentError { key: (*key).to_owned(), problem });
        }
    }
    give_findings(schema, attributes, prompt, system);
}

/// Every finding that a policy's detectors may report, in their order: `secret`, `medical.diagnosis`.
pub fn finding_names(schema: &Schema) -> Vec<String> {
    let of_prompt =
        |attribute: &&Attribute| matches!(attribute.origin, Origin::Findings(Inspected::Prompt, _));
    let names =
        schema.attributes.iter().filter(of_prompt).flat_map(|attribute| match &attribute.value_type {
            Type::NamedSet(named) => named.members.iter().map(|member| member.name.clone()).collect(),
            _ => Vec::new(),
        });
    names.collect()
}

/// Makes known what is found in the prompt and in the system prompt, which is a part of it: these, and nothing else.
pub fn give_findings(
    schema: &Schema,
    attributes: &mut Attributes,
    mut prompt: BTreeSet<String>,
    system: BTreeSet<String>,
) {
    prompt.extend(system.iter().cloned());
    for id in schema.ids() {
        let attribute = schema.attribute(id);
        let (Origin::Findings(inspected, _), Type::NamedSet(named)) =
            (&attribute.origin, &attribute.value_type)
        else {
            continue;
        };
        let given = match inspected {
            Inspected::Prompt => &prompt,
            Inspected::System => &system,
        };
        let found = given.iter().filter(|name| named.member(name).is_some()).cloned().collect();
        attributes.set(id, Value::Set(found));
    }
}

/// A document's `prompt` and `system` are a part each, and the system prompt is a part of the prompt: joined once, so that
/// what is written is read back.
pub fn join_parts(attributes: &mut Attributes) {
    let [prompt, system] = [BuiltIn::Prompt, BuiltIn::System].map(|text| match attributes.get(text.id()) {
        Some(Value::Parts(parts)) => parts.clone(),
        _ => Vec::new(),
    });
    if !system.is_empty() {
        let missing: Vec<String> = system.into_iter().filter(|part| !prompt.contains(part)).collect();
        let parts = prompt.into_iter().chain(missing).collect();
        attributes.set(BuiltIn::Prompt.id(), Value::Parts(parts));
    }
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
        (Type::Parts, Json::String(text)) => Some(Value::Parts(vec![text.clone()])),
        (Type::Parts, Json::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().map(Value::Parts)
        }
        (
            Type::Text | Type::Model | Type::Named(_) | Type::Instant | Type::Share | Type::TimeOfDay,
            Json::String(text),
        ) => sources::read_text(&attribute.value_type, text).ok(),
        _ => None,
    }
}

fn texts(items: &[Json]) -> Option<std::collections::BTreeSet<String>> {
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// What a document says under the label of a source.
fn said<'j>(given: &'j Map<String, Json>, label: &str) -> Option<&'j Json> {
    given.iter().find(|(written, _)| is_label(label, written)).map(|(_, json)| json)
}

/// Whether a written label is that of a source: the names of headers are the same in any case.
fn is_label(label: &str, written: &str) -> bool {
    label == written || label.starts_with("header ") && label.eq_ignore_ascii_case(written)
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
            labels.iter().map(|label| said(given, label).and_then(Json::as_str)).collect();
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
        if !known.iter().any(|known| is_label(known, label)) {
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
        (Value::TimeOfDay(minute), _) => json!(format!("{:02}:{:02}", minute.0 / 60, minute.0 % 60)),
        (Value::Share(share), _) => json!(sources::write_share(*share)),
        (Value::Parts(parts), _) => json!(parts),
    }
}

/// The known values as a request document. Whole texts are among them where they are known.
pub fn write_request(schema: &Schema, attributes: &Attributes) -> Json {
    let is_given = |id: &AttributeId| match schema.attribute(*id).origin {
        Origin::BuiltIn(built_in) => !built_in.is_computed(),
        Origin::Findings(..) => false,
        Origin::Sources(..) | Origin::Classified | Origin::Counter => true,
    };
    let mut document = Map::new();
    for id in schema.ids().filter(is_given) {
        let attribute = schema.attribute(id);
        if let Some(value) = attributes.get(id) {
            document.insert(attribute.name.clone(), write_value(&attribute.value_type, value));
        }
    }
    for (key, inspected) in FINDINGS {
        if let Some(found) = known_findings(schema, attributes, inspected) {
            document.insert(key.to_owned(), json!(found));
        }
    }
    Json::Object(document)
}

/// What is known to be found in these texts; none where nothing is known.
pub fn known_findings(
    schema: &Schema,
    attributes: &Attributes,
    inspected: Inspected,
) -> Option<BTreeSet<String>> {
    let of_these =
        |id: &AttributeId| matches!(schema.attribute(*id).origin, Origin::Findings(of, _) if of == inspected);
    let mut known = None;
    for id in schema.ids().filter(of_these) {
        if let Some(Value::Set(found)) = attributes.get(id) {
            known.get_or_insert_with(BTreeSet::new).extend(found.iter().cloned());
        }
    }
    known
}

/// A decision as the commands, the decision log and the admin API show it; its schema is `docs/decision.schema.json`.
pub fn write_decision(decision: &Decision, catalogue: &Catalogue, fingerprint: &Fingerprint) -> Json {
    let names = |targets: &[TargetId]| -> Vec<String> {
        targets.iter().map(|id| catalogue.target(*id).name.clone()).collect()
    };
    let stage = |stage: &Stage| {
        let mut written = json!({"candidates": names(&stage.candidates), "within_ms": stage.within_ms});
        if let Some(order) = stage.order.name() {
            written["order"] = order.into();
        }
        written
    };
    let removed = |removed: &Removed| {
        json!({
            "target": catalogue.target(removed.target).name,
            "by": by(&removed.reasons),
            "reasons": words(&removed.reasons),
        })
    };
    let observed =
        |observed: &Observed| json!({"rule": observed.rule.to_string(), "targets": names(&observed.targets)});
    let migrated = |migrated: &Migrated| json!({"name": migrated.name, "drawn": migrated.is_drawn});
    let obligations: Map<String, Json> =
        decision.obligations.iter().map(|owed| owe(owed, catalogue)).collect();
    json!({
        "decision": decision.outcome.name(),
        "route": decision.route,
        "arm": decision.arm,
        "plan": decision.plan.iter().map(stage).collect::<Vec<_>>(),
        "failover": decision.failover.iter().map(|class| class.name()).collect::<Vec<_>>(),
        "retry": decision.retry,
        "backoff_ms": decision.backoff_ms.map(|(least, most)| [least, most]),
        "hedge_ms": decision.hedge_ms,
        "deadline_ms": decision.deadline_ms,
        "shadow": names(&decision.shadow),
        "removed": decision.removed.iter().map(removed).collect::<Vec<_>>(),
        "obligations": obligations,
        "counters": rules(&decision.counters),
        "by": by(&decision.reasons),
        "reasons": words(&decision.reasons),
        "approval": decision.approval,
        "until": decision.until.map(instant::write),
        "observed": decision.observed.iter().map(observed).collect::<Vec<_>>(),
        "migrations": decision.migrations.iter().map(migrated).collect::<Vec<_>>(),
        "findings": decision.findings,
        "policy": fingerprint.policy,
        "source": fingerprint.source,
    })
}

fn by(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(|reason| reason.by.to_string()).collect()
}

fn rules(names: &[RuleName]) -> Vec<String> {
    names.iter().map(RuleName::to_string).collect()
}

fn words(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.words.as_str()).collect()
}

fn owe(owed: &Owed, catalogue: &Catalogue) -> (String, Json) {
    let obligations = &owed.obligations;
    let redaction = |redaction: &Redaction| {
        json!({
            "find": redaction.find,
            "in": redaction.place.name(),
            "restore": redaction.is_restored,
            "by": rules(&redaction.by),
        })
    };
    let value = json!({
        "redact": obligations.redact.iter().map(redaction).collect::<Vec<_>>(),
        "cap": obligations.cap,
        "flag": obligations.flag,
        "log": obligations.log.name(),
    });
    (catalogue.target(owed.target).name.clone(), value)
}
