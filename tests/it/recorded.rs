//! What a decision log keeps of a request decides the same when it is read again: of policies and requests that chance writes,
//! as the proxy would know them.

use crate::decide::supplied;
use fastrand::Rng;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use wayleave_compiler::change::equal::Gist;
use wayleave_compiler::spec::Reference;
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::Decision;
use wayleave_program::document::{
    RecordReader, RecordedRequest, Said, read_request, record_findings, record_request, write_decision,
};
use wayleave_program::schema::{AttributeId, BuiltIn, Inspected, Origin, Schema};
use wayleave_program::value::Value;
use wayleave_tests::agreement::checked;
use wayleave_tests::policies::policy;

const POLICIES: u64 = 400;
const REQUESTS: usize = 8;

/// What the proxy knows of a request: what was said of it, and in the end all that its program asked for.
struct Known {
    said: Attributes,
    whole: Attributes,
    looked_for: Vec<String>,
}

fn is_finding(schema: &Schema, id: AttributeId) -> bool {
    matches!(schema.attribute(id).origin, Origin::Findings(..))
}

/// What the proxy writes as a document, by serde, with the team that the credential names.
fn written_at_once(schema: &Schema, said: &Attributes) -> serde_json::Map<String, Json> {
    let team = record_request(schema, said).remove(BuiltIn::CallerTeam.name());
    let team = team.as_ref().and_then(Json::as_str).unwrap_or_default();
    let whole =
        RecordedRequest { schema, attributes: said, team, text_bytes: usize::MAX, list_bytes: usize::MAX };
    assert!(!whole.members().any(|(_, said)| said == Said::TooLong));
    let text = serde_json::to_string(&whole).expect("it can be written");
    serde_json::from_str(&text).expect("an object")
}

/// None where a rule asks for the texts themselves, which no log keeps.
fn known(program: &Reference, request: &Attributes) -> Option<Known> {
    let schema = program.schema();
    let mut said = Attributes::new(schema);
    for id in schema.ids() {
        let is_said = schema.attribute(id).origin != Origin::Classified && !schema.is_of_texts(id);
        if is_said && let Some(value) = request.get(id) {
            said.set(id, value.clone());
        }
    }
    let mut whole = said.clone();
    loop {
        let mut wanted = program.wanted(&whole);
        wanted.retain(|id| *id != BuiltIn::Draw.id() && whole.get(*id).is_none());
        if wanted.is_empty() {
            break;
        }
        if wanted.iter().any(|id| schema.is_of_texts(*id) && !is_finding(schema, *id)) {
            return None;
        }
        for id in wanted {
            let value = request.get(id).cloned().unwrap_or_else(|| supplied(program, request, id));
            whole.set(id, value);
        }
    }
    let found = schema.ids().filter(|id| is_finding(schema, *id) && whole.get(*id).is_some());
    let looked_for = found.map(|id| schema.attribute(id).name.clone()).collect();
    for id in schema.ids() {
        let Origin::Findings(inspected, detector) = schema.attribute(id).origin else { continue };
        if whole.get(id).is_none() {
            let of_system = match inspected {
                Inspected::Prompt => schema.findings(Inspected::System, detector),
                Inspected::System => None,
            };
            let found = of_system.and_then(|system| whole.get(system)).cloned();
            whole.set(id, found.unwrap_or_else(|| Value::Set(Default::default())));
        }
    }
    Some(Known { said, whole, looked_for })
}

#[test]
fn a_recorded_request_decides_the_same() {
    let mut recorded = 0;
    for number in 0..POLICIES {
        let mut random = Rng::with_seed(number);
        let written = policy(&mut random);
        let program = Reference::new(checked(&written));
        let schema = program.schema();
        let reader = RecordReader::new(schema);
        for _ in 0..REQUESTS {
            let document = written.request(&mut random);
            let request = read_request(schema, &document).expect("it is a request");
            let Some(known) = known(&program, &request) else { continue };
            let mut kept = record_request(schema, &known.said);
            assert_eq!(written_at_once(schema, &known.said), kept, "policy {number}: {document}");
            record_findings(schema, &known.whole, &mut kept);
            let recalled = reader.read(&kept, Some(&known.looked_for)).expect("it is one still");
            assert_eq!(recalled.unknown, [] as [String; 0]);
            let (before, after) = (program.decide(&known.whole), program.decide(&recalled.attributes));
            assert_eq!(before, after, "policy {number}: {document} is kept as {kept:?}");
            // It is a request document like any other.
            let plain = read_request(schema, &Json::Object(kept)).expect("it is a request document");
            assert_eq!(program.decide(&plain), before, "policy {number}: {document}");
            recorded += 1;
        }
    }
    assert!(recorded > 900, "{recorded}");
}

/// What is compared of a decision document is what is compared of the decision.
#[test]
fn a_recorded_decision_is_compared_as_the_decision_is() {
    let none = BTreeMap::new();
    let mut different = 0;
    for number in 0..POLICIES {
        let mut random = Rng::with_seed(number);
        let written = policy(&mut random);
        let program = Reference::new(checked(&written));
        let decide = |document: Json| {
            program.decide(&read_request(program.schema(), &document).expect("it is a request"))
        };
        let decisions: Vec<Decision> = (0..REQUESTS).map(|_| decide(written.request(&mut random))).collect();
        for (one, other) in decisions.iter().zip(decisions.iter().cycle().skip(1)) {
            let shown = write_decision(one, program.catalogue(), program.fingerprint());
            let shown: Json = serde_json::from_str(&shown.to_string()).expect("it is JSON");
            let of_document = Gist::of_document(&shown).expect("it is a decision");
            let [own, others] = [one, other].map(|one| Gist::of(program.policy(), one, &none));
            assert!(of_document.differences(&own).is_empty() && own.differences(&of_document).is_empty());
            assert_eq!(of_document.differences(&others), own.differences(&others), "{shown}");
            different += usize::from(!own.differences(&others).is_empty());
        }
    }
    assert!(different > 900, "{different}");
}

const OTHER: &str = r#"edition 2026
type size = small | large
attribute size: size  from header "x-size"  default small
attribute origin: small | large  from header "x-origin"  required
provider near {
  protocol: simulated
  model large { supports: [chat]  context: 128k tokens }
}
approve all: near/*
deny mail when prompt has email or size is large
route chat to near/large
otherwise deny "Nobody."
"#;

/// What another policy does not know is told, and what it cannot take is refused.
#[test]
fn names_of_another_policy_are_passed_over_and_told() {
    let sources = wayleave_compiler::Sources::single("main.route", OTHER);
    let options = wayleave_compiler::Options { as_of: wayleave_program::value::DEFAULT_NOW };
    let policy = wayleave_compiler::check(&sources, &options).policy.expect("it is sound");
    let reader = RecordReader::new(&policy.schema);
    let read = |document: serde_json::Value| {
        let recalled = reader.read(document.as_object().expect("an object"), Some(&[]));
        recalled.map(|recalled| recalled.unknown).map_err(|errors| errors[0].to_string())
    };
    let unknown = read(serde_json::json!({
        "origin": "large", "granted": ["frontier"], "prompt.findings": ["email", "medical.diagnosis"],
        "spent(team-month)": "85%", "colour": "red", "caller.team": "apps",
    }));
    let names = ["granted frontier", "prompt.findings medical.diagnosis", "spent(team-month)", "colour"]
        .map(str::to_owned);
    assert_eq!(unknown, Ok(names.to_vec()));
    assert_eq!(
        read(serde_json::json!({"origin": "huge"})),
        Err("the value of `origin` must be small or large".to_owned())
    );
    assert_eq!(
        read(serde_json::json!({})),
        Err("`origin` is required by the policy and missing from the request document".to_owned())
    );
}
