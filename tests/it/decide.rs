//! The files of `suite/decide`: beside each policy `x.route` stands `x.cases`, a line `REQUEST => OUTCOME` a case, both
//! written by hand. The snapshot beside them holds each decision whole.

use serde_json::Value as Json;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use wayleave_compiler::spec::Reference;
use wayleave_compiler::{Code, Diagnostic, Options, Policy, Severity, Sources, check, examples};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::document::{read_request, write_decision, write_request};
use wayleave_program::schema::{AttributeId, Inspected, Origin};
use wayleave_program::value::{DEFAULT_NOW, Value};
use wayleave_tests::snapshot;

/// The policy of a file, which must be sound.
fn policy(name: &str, text: &str) -> Arc<Policy> {
    let mut checked = check(&Sources::single(name, text), &Options { as_of: DEFAULT_NOW });
    // One file is about names that may mean several targets.
    let is_told = |told: &Diagnostic| told.severity != Severity::Note && told.code != Code::R0316;
    checked.diagnostics.retain(is_told);
    let messages: Vec<&str> = checked.diagnostics.iter().map(|told| told.message.as_str()).collect();
    assert!(messages.is_empty(), "{name}: {messages:?}");
    checked.policy.expect("a policy without messages is built")
}

fn request(program: &Reference, text: &str) -> Attributes {
    let document: Json = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    read_request(program.schema(), &document).unwrap_or_else(|errors| panic!("{text}: {}", errors[0]))
}

fn cases(path: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path.with_extension("cases")).expect("cases beside the policy");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (request, outcome) = line.split_once(" => ").expect("REQUEST => OUTCOME");
            (request.to_owned(), outcome.to_owned())
        })
        .collect()
}

#[test]
fn each_case_is_decided_as_written() {
    let mut problems = String::new();
    let mut count = 0;
    insta::glob!("../suite/decide", "*.route", |path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).expect("a policy");
        let program = Reference::new(policy(&name, &text));
        let mut shown = String::new();
        for (case, wanted) in cases(path) {
            count += 1;
            let decision = program.decide(&request(&program, &case));
            let found = examples::outcome(&decision, program.catalogue());
            if found != wanted {
                let _ = writeln!(problems, "{name} {case}\n  wanted {wanted}\n  found  {found}");
            }
            let document = write_decision(&decision, program.catalogue(), program.fingerprint());
            let _ = writeln!(shown, "{case}\n{}", without_hashes(document));
        }
        snapshot::beside(path, &shown);
    });
    assert!(problems.is_empty(), "{problems}");
    assert!(count >= 30, "the suite has its cases");
}

/// A decision document without what changes with every word of the policy's text.
fn without_hashes(mut document: Json) -> String {
    let fields = document.as_object_mut().expect("a decision is an object");
    for hash in ["policy", "source"] {
        let text = fields.remove(hash);
        assert!(text.as_ref().and_then(Json::as_str).is_some_and(|text| text.len() == "sha256:".len() + 64));
    }
    // A line a field keeps the differences of a review small.
    let lines: Vec<String> = fields.iter().map(|(name, value)| format!("  {name}: {value}")).collect();
    lines.join("\n")
}

/// Neither layout nor comments nor the order of items changes a decision or the hash of the meaning.
#[test]
fn order_and_comments_mean_nothing() {
    insta::glob!("../suite/decide", "*.route", |path| {
        let text = std::fs::read_to_string(path).expect("a policy");
        let program = Reference::new(policy("main.route", &text));
        let (head, body) = text.split_once("edition 2026\n").expect("an edition");
        let mut items: Vec<String> = Vec::new();
        for line in body.lines() {
            let begins_item = line.starts_with(|first: char| first.is_ascii_lowercase());
            if begins_item || items.is_empty() {
                items.push(String::new());
            }
            let item = items.last_mut().expect("there is one");
            item.push_str(line);
            item.push('\n');
        }
        // Routes that overlap would be decided by their order; the suite has none.
        items.reverse();
        let turned = format!("{head}\n// turned round\nedition 2026\n{}", items.concat());
        let other = Reference::new(policy("main.route", &turned));
        // A name that means several targets asks them in the order written, so there the order is a meaning.
        let has_ambiguous_name = path.ends_with("requested.route");
        let is_same = program.fingerprint().policy == other.fingerprint().policy;
        assert_eq!(is_same, !has_ambiguous_name, "{}", path.display());
        if has_ambiguous_name {
            return;
        }
        assert_ne!(program.fingerprint().source, other.fingerprint().source);
        for (case, wanted) in cases(path) {
            let decision = other.decide(&request(&other, &case));
            let found = examples::outcome(&decision, other.catalogue());
            let (mut found, mut wanted): (Vec<&str>, Vec<&str>) =
                (found.split(", ").collect(), wanted.split(", ").collect());
            // The reasons of a denial stand in the policy's order.
            found
                .iter_mut()
                .chain(&mut wanted)
                .for_each(|word| *word = word.trim_start_matches("denied by "));
            found.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "{case}");
        }
    });
}

/// What a document gives is what it says when it is written again; what is wanted is what decides.
#[test]
fn requests_and_wants_hold_together() {
    insta::glob!("../suite/decide", "*.route", |path| {
        let text = std::fs::read_to_string(path).expect("a policy");
        let program = Reference::new(policy("main.route", &text));
        for (case, _) in cases(path) {
            let given = request(&program, &case);
            let again = write_request(program.schema(), &given);
            let has_stranger = case.contains("nobody");
            if !has_stranger {
                assert_eq!(read_request(program.schema(), &again).as_ref(), Ok(&given), "{case}");
            }
            // Supplying the default of what is wanted changes nothing, and then nothing is wanted.
            let mut full = given.clone();
            // Findings are wanted last, when all else is known.
            loop {
                let wanted = program.wanted(&full);
                wanted.iter().for_each(|id| full.set(*id, supplied(&program, &given, *id)));
                if wanted.is_empty() {
                    break;
                }
            }
            assert_eq!(program.wanted(&full), [], "{case}");
            assert_eq!(program.decide(&full), program.decide(&given), "{case}");
            // Whoever is served was approvable, however little was known.
            let nothing = program.approvable(&Attributes::new(program.schema()));
            let known = program.approvable(&full);
            for (target, _) in program.decide(&full).candidates() {
                assert!(nothing.contains(&target) && known.contains(&target), "{case}");
            }
        }
    });
}

/// What whoever asks a program supplies: what is given or the default, and of findings what is found in the texts.
fn supplied(program: &Reference, given: &Attributes, id: AttributeId) -> Value {
    let schema = program.schema();
    let texts = |inspected: Inspected| match given.get(inspected.texts().id()) {
        Some(Value::Parts(parts)) => parts.clone(),
        _ => Vec::new(),
    };
    match schema.attribute(id).origin {
        Origin::Findings(inspected, detector) if given.get(id).is_none() => {
            Value::Set(texts(inspected).iter().flat_map(|text| program.find(detector, text)).collect())
        }
        _ => given.value(schema, id).into_owned(),
    }
}

/// What a request document may not say.
#[test]
fn wrong_request_documents_are_refused_by_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/decide");
    let text = std::fs::read_to_string(folder.join("eligible.route")).expect("a policy");
    let program = Reference::new(policy("eligible.route", &text));
    let wrong = [
        ("[]", "a request document is a JSON object of attribute names and values"),
        ("{}", "`origin` is required by the policy and missing from the request document"),
        (r#"{"origin":"mars"}"#, "the value of `origin` must be us or eu"),
        (r#"{"origin":"us","orgin":"us"}"#, "`orgin` is not an attribute of this policy"),
        (
            r#"{"origin":"us","request.window":5}"#,
            "`request.window` is computed from other attributes and cannot be given",
        ),
        (
            r#"{"origin":"us","request.tokens":-5}"#,
            "the value of `request.tokens` must be a whole number of tokens",
        ),
        (r#"{"origin":"us","prompt":5}"#, "the value of `prompt` must be a text, or a list of texts"),
        (
            r#"{"origin":"us","sources":{"header x-none":"a"}}"#,
            "no attribute of this policy has the source `header x-none`",
        ),
        (
            r#"{"wish":"small","sources":{"header x-tier":"large","header x-origin":"us"}}"#,
            "`wish` is given as a value and through `sources`; keep one",
        ),
        (r#"{"sources":{"header x-origin":"mars"}}"#, "the value of `origin` must be us or eu"),
        (
            r#"{"origin":"us","request.needs":["wings"]}"#,
            "the value of `request.needs` must be a list of tools, vision, audio, files, structured-output or reasoning",
        ),
    ];
    for (document, message) in wrong {
        let document: Json = serde_json::from_str(document).expect("JSON");
        let errors = read_request(program.schema(), &document).expect_err("it is wrong");
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(told, [message], "{document}");
    }
}
