//! What a decision log keeps of a request, as a request document without texts; and how it is read under a policy that may be
//! another than the one that wrote it.
//!
//! What a policy's own default fills in is left out, as another policy has another; what somebody said is kept, whatever the
//! default. So a document that is read under the policy that wrote it decides the same.

use super::{
    DocumentError, FINDINGS, Problem, finding_names, known_findings, read_entry, read_sources, texts,
};
use super::{give_findings, join_parts, write_value};
use crate::attributes::Attributes;
use crate::schema::{Attribute, AttributeId, BuiltIn, Inspected, Origin, Schema, Type};
use crate::value::Value;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// What is known of a request beside its texts and what is found in them, as a request document: what was said, and of the
/// built-in attributes what is not the empty value of its type.
pub fn record_request(schema: &Schema, attributes: &Attributes) -> Map<String, Json> {
    let written =
        kept(schema, attributes).map(|(of, value)| (of.name.clone(), write_value(&of.value_type, value)));
    written.collect()
}

/// The attributes that a log keeps, with their values, in the order of the schema.
fn kept<'a>(
    schema: &'a Schema,
    attributes: &'a Attributes,
) -> impl Iterator<Item = (&'a Attribute, &'a Value)> {
    let known = attributes.known().map(|(id, value)| (schema.attribute(id), value));
    known.filter(|(attribute, value)| is_kept(attribute, value))
}

fn is_kept(attribute: &Attribute, value: &Value) -> bool {
    match attribute.origin {
        // A team that a tree lacks is another thing than none that is given, and both may be told apart by it alone.
        // A draw that is given is another thing than one that is made.
        Origin::BuiltIn(BuiltIn::CallerTeam | BuiltIn::Draw) => true,
        Origin::BuiltIn(BuiltIn::Prompt | BuiltIn::System) => false,
        Origin::BuiltIn(built_in) => !built_in.is_computed() && !is_empty(&attribute.value_type, value),
        Origin::Sources(..) | Origin::Counter => true,
        // What a program computes, it computes again; what is found in texts comes by itself.
        Origin::Classified | Origin::Findings(..) => false,
    }
}

fn is_empty(of: &Type, value: &Value) -> bool {
    match value {
        Value::Text(text) => text.is_empty(),
        Value::Set(members) => members.is_empty(),
        other => *other == of.empty_value(),
    }
}

/// What [`record_request`] gives, to be written out at once: without a map between, which takes more time than the rest.
#[derive(Debug, Clone, Copy)]
pub struct RecordedRequest<'a> {
    /// The policy's.
    pub schema: &'a Schema,
    /// What is known.
    pub attributes: &'a Attributes,
    /// `caller.team` as the credential says it: another policy may know a team that this one's tree lacks.
    pub team: &'a str,
    /// A longer text is left out.
    pub text_bytes: usize,
    /// A longer list of texts, all together, is left out.
    pub list_bytes: usize,
}

/// What was said of one attribute, as JSON has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Said<'a> {
    /// A string.
    Text(&'a str),
    /// An array of strings.
    Texts(&'a BTreeSet<String>),
    /// `true` or `false`.
    Bool(bool),
    /// Tokens.
    Number(u64),
    /// Anything else.
    Other(Json),
    /// A value that is left out, as it is too long: a part of one would decide otherwise.
    TooLong,
}

impl<'a> RecordedRequest<'a> {
    /// The document's members in their order, and in their places those that are left out.
    pub fn members(self) -> impl Iterator<Item = (&'a str, Said<'a>)> {
        kept(self.schema, self.attributes).map(move |(attribute, value)| {
            let said = match value {
                _ if self.is_long(attribute, value) => Said::TooLong,
                _ if is_team(attribute) => Said::Text(self.team),
                Value::Text(text) => Said::Text(text),
                Value::Set(members) => Said::Texts(members),
                Value::Bool(is_true) => Said::Bool(*is_true),
                Value::Tokens(tokens) => Said::Number(tokens.0),
                _ => Said::Other(write_value(&attribute.value_type, value)),
            };
            (attribute.name.as_str(), said)
        })
    }

    fn is_long(&self, attribute: &Attribute, value: &Value) -> bool {
        match value {
            _ if is_team(attribute) => self.team.len() > self.text_bytes,
            Value::Text(text) => text.len() > self.text_bytes,
            Value::Set(members) => members.iter().map(String::len).sum::<usize>() > self.list_bytes,
            _ => false,
        }
    }
}

fn is_team(attribute: &Attribute) -> bool {
    attribute.origin == Origin::BuiltIn(BuiltIn::CallerTeam)
}

impl Serialize for RecordedRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.members().filter(|(_, said)| *said != Said::TooLong))
    }
}

/// Adds what is found in the texts, as far as anything is.
pub fn record_findings(schema: &Schema, attributes: &Attributes, document: &mut Map<String, Json>) {
    for (key, inspected) in FINDINGS {
        let found = known_findings(schema, attributes, inspected).unwrap_or_default();
        if !found.is_empty() {
            document.insert(key.to_owned(), json!(found));
        }
    }
}

/// Reads documents that a log keeps.
#[derive(Debug)]
pub struct RecordReader<'s> {
    schema: &'s Schema,
    findings: BTreeSet<String>,
}

/// A request out of a log, as a policy sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// What the log gives and the policy knows.
    pub attributes: Attributes,
    /// What the log gives and the policy does not know: attributes, `granted NAME`, `prompt.findings NAME`.
    pub unknown: Vec<String>,
}

impl<'s> RecordReader<'s> {
    /// For a policy's requests.
    pub fn new(schema: &'s Schema) -> RecordReader<'s> {
        RecordReader { schema, findings: finding_names(schema).into_iter().collect() }
    }

    /// Reads a document; names that the policy does not know are passed over and told. `looked_for` names the attributes of
    /// findings (`prompt has secret`) that somebody looked for, and the others stay unknown; where it is none, findings
    /// that are given are all there are.
    ///
    /// # Errors
    /// Values that are not of their type, and `required` attributes that are missing: such a request is refused.
    pub fn read(
        &self,
        document: &Map<String, Json>,
        looked_for: Option<&[String]>,
    ) -> Result<Recalled, Vec<DocumentError>> {
        let schema = self.schema;
        let mut recalled = Recalled { attributes: Attributes::new(schema), unknown: Vec::new() };
        let mut errors = Vec::new();
        let mut found: [Option<BTreeSet<String>>; 2] = [None, None];
        for (key, value) in document {
            if key == "sources" {
                let mut wrong = Vec::new();
                read_sources(schema, &mut recalled.attributes, value, &mut wrong);
                self.sort_out(wrong, &mut recalled.unknown, &mut errors);
            } else if let Some(at) = FINDINGS.iter().position(|(findings, _)| findings == key) {
                let given = value.as_array().and_then(|items| texts(items));
                match given {
                    Some(given) => found[at] = Some(self.known(key, given, &mut recalled.unknown)),
                    None => errors.push(not_of_type(key, "a list of texts")),
                }
            } else {
                let granted;
                let value = match key.as_str() {
                    "granted" => {
                        granted = self.granted(value, &mut recalled.unknown);
                        granted.as_ref().unwrap_or(value)
                    }
                    _ => value,
                };
                if let Err(problem) = read_entry(schema, &mut recalled.attributes, key, value) {
                    let wrong = vec![DocumentError { key: key.clone(), problem }];
                    self.sort_out(wrong, &mut recalled.unknown, &mut errors);
                }
            }
        }
        self.give(&mut recalled.attributes, found, looked_for);
        join_parts(&mut recalled.attributes);
        errors.extend(self.missing(&recalled.attributes, &errors));
        if errors.is_empty() { Ok(recalled) } else { Err(errors) }
    }

    /// A name that is not known is no mistake here.
    fn sort_out(
        &self,
        wrong: Vec<DocumentError>,
        unknown: &mut Vec<String>,
        errors: &mut Vec<DocumentError>,
    ) {
        for error in wrong {
            match error.problem {
                Problem::UnknownName | Problem::UnknownSource | Problem::Computed => unknown.push(error.key),
                _ => errors.push(error),
            }
        }
    }

    fn known(&self, key: &str, given: BTreeSet<String>, unknown: &mut Vec<String>) -> BTreeSet<String> {
        let (known, others): (BTreeSet<String>, BTreeSet<String>) =
            given.into_iter().partition(|name| self.findings.contains(name));
        unknown.extend(others.iter().map(|name| format!("{key} {name}")));
        known
    }

    /// The grants that the policy knows; none where it is no list of texts, which is told elsewhere.
    fn granted(&self, value: &Json, unknown: &mut Vec<String>) -> Option<Json> {
        let Type::NamedSet(named) = &self.schema.attribute(BuiltIn::Granted.id()).value_type else {
            return None;
        };
        let given = value.as_array().and_then(|items| texts(items))?;
        let (known, others): (BTreeSet<String>, BTreeSet<String>) =
            given.into_iter().partition(|name| named.member(name).is_some());
        unknown.extend(others.iter().map(|name| format!("granted {name}")));
        Some(json!(known))
    }

    fn give(
        &self,
        attributes: &mut Attributes,
        found: [Option<BTreeSet<String>>; 2],
        looked_for: Option<&[String]>,
    ) {
        let is_given = found.iter().any(Option::is_some);
        let [prompt, system] = found.map(Option::unwrap_or_default);
        let Some(looked_for) = looked_for else {
            if is_given {
                give_findings(self.schema, attributes, prompt, system);
            }
            return;
        };
        let mut all = Attributes::new(self.schema);
        give_findings(self.schema, &mut all, prompt, system);
        for id in self.schema.ids() {
            let attribute = self.schema.attribute(id);
            let is_looked_for =
                matches!(attribute.origin, Origin::Findings(..)) && looked_for.contains(&attribute.name);
            if is_looked_for && let Some(value) = all.get(id) {
                attributes.set(id, value.clone());
            }
        }
        self.system_in_prompt(attributes);
    }

    /// What is found in the system prompt is found in the prompt, whose part it is, also where nobody looked through the
    /// rest.
    fn system_in_prompt(&self, attributes: &mut Attributes) {
        for id in self.schema.ids() {
            let Origin::Findings(Inspected::System, detector) = self.schema.attribute(id).origin else {
                continue;
            };
            let Some(whole) = self.schema.findings(Inspected::Prompt, detector) else { continue };
            match attributes.get(id) {
                Some(Value::Set(found)) if !found.is_empty() && attributes.get(whole).is_none() => {
                    let found = found.clone();
                    attributes.set(whole, Value::Set(found));
                }
                _ => {}
            }
        }
    }

    fn missing(&self, attributes: &Attributes, errors: &[DocumentError]) -> Vec<DocumentError> {
        let is_missing = |id: &AttributeId| {
            let attribute = self.schema.attribute(*id);
            attribute.is_required
                && attributes.get(*id).is_none()
                && !errors.iter().any(|error| error.key == attribute.name)
        };
        let missing = self.schema.ids().filter(is_missing);
        missing
            .map(|id| DocumentError {
                key: self.schema.attribute(id).name.clone(),
                problem: Problem::Missing,
            })
            .collect()
    }
}

fn not_of_type(key: &str, allowed: &str) -> DocumentError {
    DocumentError { key: key.to_owned(), problem: Problem::NotOfType(allowed.to_owned()) }
}
