//! `docs/decision.schema.json` and `docs/request.schema.json`: every document of the suite is one, and their words are those of
//! the code.

use serde_json::{Value as Json, json};
use std::path::Path;
use wayleave_program::decision::Outcome;
use wayleave_program::plan::{FailureClass, LogLevel, Place};
use wayleave_program::schema::{APIS, BuiltIn, NEEDS};

/// A schema that is published.
pub(crate) struct Schema {
    document: Json,
    validator: jsonschema::Validator,
}

impl Schema {
    /// Of decision documents.
    pub(crate) fn of_decisions() -> Schema {
        Schema::read("decision.schema.json")
    }

    /// Of request documents.
    pub(crate) fn of_requests() -> Schema {
        Schema::read("request.schema.json")
    }

    fn read(name: &str) -> Schema {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
        let text = std::fs::read_to_string(&path).expect("the schema is there");
        let document: Json = serde_json::from_str(&text).expect("it is JSON");
        let validator = jsonschema::draft202012::new(&document).expect("it is a schema");
        Schema { document, validator }
    }

    /// Why it is no such document, if it is none.
    pub(crate) fn refusal(&self, document: &Json) -> Option<String> {
        let told: Vec<String> = self
            .validator
            .iter_errors(document)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

fn sorted(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
    names.sort_unstable();
    names
}

fn words(schema: &Json, at: &str) -> Vec<String> {
    let listed = schema.pointer(at).and_then(Json::as_array).unwrap_or_else(|| panic!("nothing at {at}"));
    sorted(listed.iter().map(|word| word.as_str().expect("a word")))
}

#[test]
fn the_words_of_the_schemas_are_those_of_the_code() {
    let decisions = Schema::of_decisions().document;
    let outcomes = [Outcome::Route, Outcome::Deny, Outcome::ApprovalRequired, Outcome::Limited];
    assert_eq!(words(&decisions, "/properties/decision/enum"), sorted(outcomes.map(Outcome::name)));
    let classes =
        FailureClass::DEFAULT.into_iter().chain([FailureClass::Refused, FailureClass::ContextLength]);
    assert_eq!(words(&decisions, "/$defs/failure/anyOf/0/enum"), sorted(classes.map(FailureClass::name)));
    let levels = [LogLevel::Full, LogLevel::Metadata, LogLevel::None];
    assert_eq!(
        words(&decisions, "/$defs/obligations/properties/log/enum"),
        sorted(levels.map(LogLevel::name))
    );
    let places = [Place::Prompt, Place::Response, Place::Both];
    assert_eq!(words(&decisions, "/$defs/redaction/properties/in/enum"), sorted(places.map(Place::name)));
    let requests = Schema::of_requests().document;
    assert_eq!(words(&requests, "/properties/request.api/enum"), sorted(APIS));
    assert_eq!(words(&requests, "/properties/request.needs/items/enum"), sorted(NEEDS));
    let given = requests["properties"].as_object().expect("an object").keys().cloned();
    let apart = ["prompt.findings", "system.findings", "sources"].map(str::to_owned);
    let built_in = BuiltIn::ALL.into_iter().filter(|it| !it.is_computed()).map(|it| it.name().to_owned());
    assert_eq!(sorted(given), sorted(built_in.chain(apart)));
}

/// Whatever is required is described and nothing else is allowed, at every depth; what reorders a stage is told only where
/// something does.
#[test]
fn the_schema_of_decisions_is_closed() {
    let document = Schema::of_decisions().document;
    let objects = document["$defs"].as_object().expect("an object").values().chain([&document]);
    for object in objects.filter(|object| object["type"] == "object") {
        let described = object["properties"].as_object().expect("properties").keys();
        let always = described.filter(|name| *name != "order").cloned();
        assert_eq!(sorted(always), words(object, "/required"));
        assert_eq!(object["additionalProperties"], json!(false));
    }
}

/// Each field counts: without it, or with one more, a document is none.
#[test]
fn what_is_no_decision_is_refused() {
    let schema = Schema::of_decisions();
    let hash = format!("sha256:{}", "0".repeat(64));
    let sound = json!({
        "decision": "route", "route": "chat", "arm": null,
        "plan": [{"candidates": ["a/b"], "within_ms": null}],
        "failover": ["timeout", "402"], "retry": 0, "backoff_ms": [250, 4000], "hedge_ms": null, "deadline_ms": null,
        "shadow": [], "removed": [{"target": "a/c", "by": ["approve"], "reasons": ["nobody approves it"]}],
        "obligations": {"a/b": {"redact": [], "cap": null, "flag": [], "log": "metadata"}},
        "counters": ["limit rate"], "by": [], "reasons": [], "approval": null, "until": null, "observed": [],
        "migrations": [], "findings": ["secret"], "policy": hash, "source": hash,
    });
    assert_eq!(schema.refusal(&sound), None);
    let names: Vec<String> = sound.as_object().expect("an object").keys().cloned().collect();
    for name in names {
        let mut broken = sound.clone();
        broken.as_object_mut().expect("an object").remove(&name);
        assert!(schema.refusal(&broken).is_some(), "without `{name}`");
        broken[name.as_str()] = json!({"other": 1});
        assert!(schema.refusal(&broken).is_some(), "`{name}` is something else");
    }
    let wrong = [
        ("/decision", json!("maybe")),
        ("/plan", json!([])),
        ("/plan/0/candidates", json!([])),
        ("/failover/0", json!("400")),
        ("/failover/0", json!("never")),
        ("/backoff_ms", json!([1])),
        ("/by", json!(["deny x"])),
        ("/removed/0/by", json!(["deny x"])),
        ("/obligations", json!({})),
        ("/until", json!("2026-01-01T00:00Z")),
        ("/policy", json!("sha256:0")),
        ("/counters/0", json!("rate")),
    ];
    for (at, value) in wrong {
        let mut broken = sound.clone();
        *broken.pointer_mut(at).expect("a field") = value;
        assert!(schema.refusal(&broken).is_some(), "{at}: {broken}");
    }
}
