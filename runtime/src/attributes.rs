//! What a policy can ask about a request, from its head, its body, its caller's credential and the clock. No I/O.
//!
//! Who the caller is comes from the credential alone; nothing in a header or body can change it.

use crate::keys::Identity;
use crate::wire::call::{Call, Metadata};
use http::HeaderMap;
use std::borrow::Cow;
use wayleave_program::attributes::Attributes;
use wayleave_program::schema::{Attribute, AttributeId, BuiltIn, Origin, Schema, Source, Type};
use wayleave_program::sources::{self, BadValue};
use wayleave_program::value::{Instant, Tokens, Value};

/// An attribute that is missing or not of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadAttribute {
    /// Present and not of its type.
    Value(BadValue),
    /// Required and missing: its name and its sources, as the policy writes them.
    Missing(String, Vec<String>),
    /// A header that decides something and comes twice.
    TwoHeaders(String),
    /// A header that goes on and holds what none can.
    Header(String),
}

impl BadAttribute {
    /// As the `code` of an error body.
    pub fn code(&self) -> &'static str {
        match self {
            BadAttribute::Value(_) => "invalid_attribute",
            BadAttribute::Missing(..) => "missing_attribute",
            BadAttribute::TwoHeaders(_) => "duplicate_header",
            BadAttribute::Header(_) => "invalid_header",
        }
    }
}

impl std::fmt::Display for BadAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BadAttribute::Value(bad) => bad.fmt(f),
            BadAttribute::Missing(name, sources) => {
                write!(f, "the policy requires `{name}`; it comes from {}", sources.join(" or "))
            }
            BadAttribute::TwoHeaders(name) => {
                write!(f, "the header `{name}` counts and comes twice; send it once")
            }
            BadAttribute::Header(name) => {
                write!(
                    f,
                    "the header `{name}` holds what is no list of names; send letters, digits, `-`, `_`, `.` and `,`"
                )
            }
        }
    }
}

/// A request whose attributes are asked for.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Ours, one a request.
    pub request_id: &'a str,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The request's body.
    pub call: &'a Call,
    /// Whose it is.
    pub identity: &'a Identity,
    /// What is known of that caller: [`of_identity`].
    pub caller: Attributes,
    /// The wall clock.
    pub now: Instant,
}

/// All attributes of a request, but for classified ones, which the program computes.
///
/// # Errors
/// The first attribute, in the order of the schema, that is missing or not of its type.
pub fn of_request(schema: &Schema, mut subject: Subject<'_>) -> Result<Attributes, BadAttribute> {
    let mut attributes = std::mem::take(&mut subject.caller);
    let call = subject.call;
    let mut set = |built_in: BuiltIn, value| attributes.set(built_in.id(), value);
    set(BuiltIn::TimeNow, Value::Instant(subject.now));
    set(BuiltIn::RequestId, Value::Text(subject.request_id.to_owned()));
    if let Type::Named(apis) = &schema.attribute(BuiltIn::RequestApi.id()).value_type
        && let Some(api) = apis.member(call.api.name())
    {
        set(BuiltIn::RequestApi, Value::Member(api));
    }
    set(BuiltIn::RequestModel, Value::Text(call.model.clone()));
    set(BuiltIn::RequestStream, Value::Bool(call.is_stream));
    let needs = call.needs.iter().map(|need| (*need).to_owned()).collect();
    set(BuiltIn::RequestNeeds, Value::Set(needs));
    set(BuiltIn::RequestTokens, Value::Tokens(Tokens(call.size.estimate)));
    set(BuiltIn::RequestOutput, Value::Tokens(Tokens(call.output)));
    for (id, attribute) in declared(schema) {
        if attributes.get(id).is_some() {
            // It comes from the credential alone.
            continue;
        }
        let value = read(attribute, |source| text(attribute, source, &subject))?;
        match value {
            Some(value) => attributes.set(id, value),
            None if attribute.is_required => return Err(missing(attribute)),
            None => {}
        }
    }
    Ok(attributes)
}

/// What is known of a caller before it asks for anything: its credential, and the attributes that come from it alone.
/// A field that is not of its type is left out here, and told when a request comes.
pub fn of_identity(schema: &Schema, identity: &Identity) -> Attributes {
    let mut attributes = Attributes::new(schema);
    let team =
        sources::read_team(&schema.attribute(BuiltIn::CallerTeam.id()).value_type, identity.team.as_deref());
    let text = |text: &Option<String>| Value::Text(text.clone().unwrap_or_default());
    attributes.set(BuiltIn::CallerId.id(), Value::Text(identity.caller_id.clone()));
    attributes.set(BuiltIn::CallerTeam.id(), team);
    attributes.set(BuiltIn::CallerApp.id(), text(&identity.app));
    attributes.set(BuiltIn::CallerGroups.id(), Value::Set(identity.groups.iter().cloned().collect()));
    for (id, attribute) in declared(schema) {
        let Origin::Sources(sources, _) = &attribute.origin else { continue };
        let is_credential_alone = sources.iter().all(|source| matches!(source, Source::Credential(_)));
        if is_credential_alone
            && let Ok(Some(value)) = read(attribute, |source| Ok(field(source, identity).map(Cow::Borrowed)))
        {
            attributes.set(id, value);
        }
    }
    attributes
}

fn declared(schema: &Schema) -> impl Iterator<Item = (AttributeId, &Attribute)> {
    let all = schema.ids().map(|id| (id, schema.attribute(id)));
    all.filter(|(_, attribute)| matches!(attribute.origin, Origin::Sources(..)))
}

fn read<'a>(
    attribute: &Attribute,
    text: impl Fn(&Source) -> Result<Option<Cow<'a, str>>, BadAttribute>,
) -> Result<Option<Value>, BadAttribute> {
    let Origin::Sources(sources, _) = &attribute.origin else { return Ok(None) };
    if let [only] = sources.as_slice() {
        return sources::combine(attribute, &[text(only)?.as_deref()]).map_err(BadAttribute::Value);
    }
    let mut texts = Vec::with_capacity(sources.len());
    for source in sources {
        texts.push(text(source)?);
    }
    let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    sources::combine(attribute, &texts).map_err(BadAttribute::Value)
}

fn field<'a>(source: &Source, identity: &'a Identity) -> Option<&'a str> {
    match source {
        Source::Credential(name) => identity.fields.get(name).map(String::as_str),
        Source::Claim(_) | Source::Header(_) | Source::Metadata(_) => None,
    }
}

/// What a source says. Claims need tokens, which are not read yet: they say nothing.
fn text<'a>(
    attribute: &Attribute,
    source: &Source,
    subject: &Subject<'a>,
) -> Result<Option<Cow<'a, str>>, BadAttribute> {
    let no_text = || {
        BadAttribute::Value(BadValue {
            attribute: attribute.name.clone(),
            source: Some(source.clone()),
            allowed: sources::allowed(&attribute.value_type),
        })
    };
    match source {
        Source::Credential(_) | Source::Claim(_) => Ok(field(source, subject.identity).map(Cow::Borrowed)),
        Source::Header(name) => {
            let mut values = subject.headers.get_all(name.as_str()).iter();
            match (values.next(), values.next()) {
                (None, _) => Ok(None),
                (Some(_), Some(_)) => Err(BadAttribute::TwoHeaders(name.clone())),
                (Some(value), None) => std::str::from_utf8(value.as_bytes())
                    .map(|text| Some(Cow::Borrowed(text)))
                    .map_err(|_| no_text()),
            }
        }
        Source::Metadata(name) => match subject.call.metadata.iter().find(|(key, _)| key == name) {
            None => Ok(None),
            Some((_, Metadata::Text(text))) => Ok(Some(Cow::Borrowed(text))),
            Some((_, Metadata::NotText)) => Err(no_text()),
        },
    }
}

fn missing(attribute: &Attribute) -> BadAttribute {
    let sources = match &attribute.origin {
        Origin::Sources(sources, _) => sources.iter().map(|source| format!("`{}`", source.label())).collect(),
        Origin::BuiltIn(_) | Origin::Classified | Origin::Findings(..) | Origin::Counter => Vec::new(),
    };
    BadAttribute::Missing(attribute.name.clone(), sources)
}

#[cfg(test)]
mod tests;
