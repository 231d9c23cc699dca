//! The files of `suite/decide`: beside each policy, `x.route` or a folder `x` with its `main.route`, stands `x.cases`, a line
//! `REQUEST => OUTCOME` a case, both written by hand. The snapshot beside them holds each decision whole.

use crate::decision_schema::Schema;
use serde_json::Value as Json;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use wayleave_compiler::spec::Reference;
use wayleave_compiler::{Code, Diagnostic, Options, Policy, Severity, Sources, check, examples};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::document::{read_request, write_decision, write_request};
use wayleave_program::schema::{AttributeId, Origin};
use wayleave_program::value::{DEFAULT_NOW, Value};
use wayleave_tests::snapshot;

/// Calls `run` with each policy of the suite: its file, or the folder that stands for its `main.route`, and its files by
/// their names, the root first.
pub(crate) fn each_policy(mut run: impl FnMut(&Path, &[(String, String)])) {
    insta::glob!("../suite/decide", "*.route", |path| {
        run(path, &[("main.route".to_owned(), read(path))]);
    });
    insta::glob!("../suite/decide", "*/main.route", |path| {
        let folder = path.parent().expect("a file is in a folder");
        let of = |file: &str| Ok((file.to_owned(), read(&folder.join(file))));
        let sources = Sources::gather("main.route", &mut |file| of(file).map(|(_, text)| text));
        let names = sources.expect("the root can be read");
        let files: Result<Vec<(String, String)>, String> =
            names.files().iter().map(|file| of(&file.name)).collect();
        run(folder, &files.expect("each file can be read"));
    });
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The policy of these files, which must be sound.
pub(crate) fn policy(files: &[(String, String)]) -> Arc<Policy> {
    let mut read = |name: &str| {
        let file = files.iter().find(|(known, _)| known == name);
        file.map(|(_, text)| text.clone()).ok_or_else(|| "there is no such file".to_owned())
    };
    let sources = Sources::gather(&files[0].0, &mut read).expect("the root file can be read");
    let mut checked = check(&sources, &Options { as_of: DEFAULT_NOW });
    // One file is about names that may mean several targets.
    let is_told = |told: &Diagnostic| told.severity != Severity::Note && told.code != Code::R0316;
    checked.diagnostics.retain(is_told);
    let messages: Vec<&str> = checked.diagnostics.iter().map(|told| told.message.as_str()).collect();
    assert!(messages.is_empty(), "{}: {messages:?}", files[0].1);
    checked.policy.expect("a policy without messages is built")
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn request(program: &Reference, text: &str) -> Attributes {
    read_request(program.schema(), &json(text)).unwrap_or_else(|errors| panic!("{text}: {}", errors[0]))
}

pub(crate) fn cases(path: &Path) -> Vec<(String, String)> {
    let text = read(&path.with_extension("cases"));
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
    let (decisions, requests) = (Schema::of_decisions(), Schema::of_requests());
    let mut problems = String::new();
    let mut count = 0;
    each_policy(|path, files| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let program = Reference::new(policy(files));
        let mut shown = String::new();
        for (case, wanted) in cases(path) {
            count += 1;
            let decision = program.decide(&request(&program, &case));
            let found = examples::outcome(&decision, program.catalogue());
            if found != wanted {
                let _ = writeln!(problems, "{name} {case}\n  wanted {wanted}\n  found  {found}");
            }
            let document = write_decision(&decision, program.catalogue(), program.fingerprint());
            let refused = [decisions.refusal(&document), requests.refusal(&json(&case))];
            for refusal in refused.into_iter().flatten() {
                let _ = writeln!(problems, "{name} {case}\n  is no document: {refusal}");
            }
            let _ = writeln!(shown, "{case}\n{}", without_hashes(document));
        }
        for result in examples::run(program.policy()) {
            let _ =
                writeln!(problems, "{}", result.misses.iter().map(|miss| &*miss.found).collect::<String>());
        }
        snapshot::beside(path, &shown);
    });
    assert!(problems.trim().is_empty(), "{problems}");
    assert!(count >= 600, "the suite has its cases");
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
    each_policy(|path, files| {
        let program = Reference::new(policy(files));
        let turned: Vec<(String, String)> =
            files.iter().map(|(name, text)| (name.clone(), turned_round(text))).collect();
        let other = Reference::new(policy(&turned));
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
            assert_eq!(in_any_order(&found), in_any_order(&wanted), "{}: {case}", path.display());
        }
    });
}

/// A file with its items in the opposite order, and a comment.
fn turned_round(text: &str) -> String {
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
    format!("{head}\n// turned round\nedition 2026\n{}", items.concat())
}

/// The words of an outcome; what stands behind a denial or a limit stands in the policy's order.
fn in_any_order(outcome: &str) -> Vec<&str> {
    let mut words: Vec<&str> = outcome
        .split(", ")
        .map(|word| {
            ["denied by ", "limited by ", "approval required: "]
                .iter()
                .fold(word, |word, start| word.trim_start_matches(start))
        })
        .collect();
    words.sort_unstable();
    words
}

/// What a document gives is what it says when it is written again; what is wanted is what decides.
#[test]
fn requests_and_wants_hold_together() {
    each_policy(|path, files| {
        let program = Reference::new(policy(files));
        for (case, _) in cases(path) {
            let given = request(&program, &case);
            let again = write_request(program.schema(), &given);
            assert_eq!(read_request(program.schema(), &again).as_ref(), Ok(&given), "{case}");
            // Supplying what is wanted, first what is cheap, changes nothing, and then nothing is wanted.
            let mut full = given.clone();
            for _ in 0..2 {
                for id in program.wanted(&full) {
                    full.set(id, supplied(&program, &given, id));
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

/// What the proxy supplies where it is wanted: what is found in the texts, else the default.
pub(crate) fn supplied(program: &Reference, request: &Attributes, id: AttributeId) -> Value {
    let schema = program.schema();
    let Origin::Findings(inspected, detector) = schema.attribute(id).origin else {
        return request.value(schema, id).into_owned();
    };
    match request.value(schema, inspected.texts().id()).as_ref() {
        Value::Parts(parts) => {
            Value::Set(parts.iter().flat_map(|part| program.find(detector, part)).collect())
        }
        other => other.clone(),
    }
}

/// What a request document may not say.
#[test]
fn wrong_request_documents_are_refused_by_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/decide");
    let text = read(&folder.join("eligible.route"));
    let program = Reference::new(policy(&[("main.route".to_owned(), text)]));
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
