//! From credential, header and metadata to values: what is given, missing, wrong and forged.

use super::*;
use crate::wire::{Api, call};
use http::HeaderValue;
use std::sync::Arc;
use wayleave_program::schema::{Combine, Member, NamedType, Shape};
use wayleave_program::value::{DEFAULT_NOW, MemberId};

fn scale(names: &[&str]) -> Type {
    let member = |name: &&str| Member { name: (*name).to_owned(), parent: None };
    let members = names.iter().map(member).collect();
    Type::Named(Arc::new(NamedType { name: "data-class".to_owned(), shape: Shape::Scale, members }))
}

/// All built-in attributes, and `data` from a credential, a header and metadata, the highest counting.
fn schema(is_required: bool) -> Schema {
    let built_in = BuiltIn::ALL.map(|built_in| Attribute {
        name: built_in.name().to_owned(),
        value_type: built_in.value_type(None),
        origin: Origin::BuiltIn(built_in),
        default: None,
        is_required: false,
    });
    let sources = vec![
        Source::Credential("data_class".to_owned()),
        Source::Header("x-data-class".to_owned()),
        Source::Metadata("data_class".to_owned()),
    ];
    let data = Attribute {
        name: "data".to_owned(),
        value_type: scale(&["public", "internal", "secret"]),
        origin: Origin::Sources(sources, Combine::Highest),
        default: (!is_required).then_some(Value::Member(MemberId(1))),
        is_required,
    };
    Schema { attributes: built_in.into_iter().chain([data]).collect(), ..Schema::default() }
}

fn identity(data_class: Option<&str>) -> Identity {
    let fields = data_class.map(|class| ("data_class".to_owned(), class.to_owned()));
    Identity {
        key_id: "k1".to_owned(),
        caller_id: "ann".to_owned(),
        team: Some("payments".to_owned()),
        app: None,
        groups: vec!["staff".to_owned()],
        fields: fields.into_iter().collect(),
    }
}

fn data(
    is_required: bool,
    data_class: Option<&str>,
    header: &[&'static str],
    metadata: &str,
) -> Result<Option<Value>, String> {
    let schema = schema(is_required);
    let body =
        format!("{{\"model\":\"m\",\"messages\":[],\"caller\":{{\"id\":\"eve\"}},\"metadata\":{metadata}}}");
    let call = call::read(Api::Chat, body.as_bytes()).expect("a call");
    let mut headers = HeaderMap::new();
    for value in header {
        headers.append("x-data-class", HeaderValue::from_static(value));
    }
    headers.append("caller.id", HeaderValue::from_static("eve"));
    let identity = identity(data_class);
    let caller = of_identity(&schema, &identity);
    let subject = Subject {
        request_id: "r1",
        headers: &headers,
        call: &call,
        identity: &identity,
        caller,
        now: DEFAULT_NOW,
    };
    let attributes = of_request(&schema, subject).map_err(|bad| format!("{}: {bad}", bad.code()))?;
    assert_eq!(attributes.get(BuiltIn::CallerId.id()), Some(&Value::Text("ann".to_owned())));
    assert_eq!(attributes.get(BuiltIn::CallerTeam.id()), Some(&Value::Text("payments".to_owned())));
    assert_eq!(attributes.get(BuiltIn::RequestWindow.id()), None);
    Ok(attributes.get(schema.find("data").expect("an attribute")).cloned())
}

fn member(index: u32) -> Result<Option<Value>, String> {
    Ok(Some(Value::Member(MemberId(index))))
}

#[test]
fn the_highest_source_counts_and_a_missing_one_as_the_default() {
    assert_eq!(data(false, None, &[], "null"), Ok(None));
    assert_eq!(data(false, Some("public"), &[], "{}"), member(1));
    assert_eq!(data(false, Some("internal"), &["secret"], "{}"), member(2));
    assert_eq!(data(false, Some("secret"), &["public"], "{\"data_class\":\"public\"}"), member(2));
}

#[test]
fn what_is_not_of_the_type_is_refused_in_words() {
    let allowed = "must be public, internal or secret";
    assert_eq!(
        data(false, None, &["top"], "{}"),
        Err(format!("invalid_attribute: the value of `data`, from header x-data-class {allowed}"))
    );
    assert_eq!(
        data(false, None, &[], "{\"data_class\":3}"),
        Err(format!("invalid_attribute: the value of `data`, from metadata data_class {allowed}"))
    );
    assert_eq!(
        data(false, None, &["public", "secret"], "{}"),
        Err("duplicate_header: the header `x-data-class` counts and comes twice; send it once".to_owned())
    );
    assert_eq!(
        data(true, None, &[], "{}"),
        Err("missing_attribute: the policy requires `data`; it comes from `credential data_class` or \
             `header x-data-class` or `metadata data_class`"
            .to_owned())
    );
}
