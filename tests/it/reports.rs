//! The formats of `check` and `test`, of every case of the suites: SARIF and JSON are what their schemas say, no format fails,
//! and what identifies an alert outlives moved lines.

use super::fixes::{Case, cases};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use wayleave_compiler::diagnostic::render::{
    Maker, Style, render_github, render_human, render_json, render_plain, render_sarif,
};
use wayleave_compiler::{Diagnostic, Sources, check};

const MAKER: Maker<'_> = Maker { version: "1.2.3", command: "check" };

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn validator(path: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(root().join(path)).expect("the schema is there");
    let mut schema: Value = serde_json::from_str(&text).expect("it is JSON");
    // As published, the patterns of a language (which we do not write) have a bracket that no strict engine takes.
    for of in ["run", "toolComponent"] {
        if let Some(language) = schema.pointer_mut(&format!("/definitions/{of}/properties/language")) {
            language.as_object_mut().expect("an object").remove("pattern");
        }
    }
    close(&mut schema);
    jsonschema::validator_for(&schema).expect("it is a schema")
}

/// A reader passes over members that it does not know; we write none that the schema does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") && object.get("type") == Some(&"object".into()) {
                object.entry("additionalProperties").or_insert(false.into());
            }
            object.values_mut().for_each(close);
        }
        Value::Array(parts) => parts.iter_mut().for_each(close),
        _ => {}
    }
}

#[track_caller]
fn assert_valid(validator: &jsonschema::Validator, document: &Value, name: &str) {
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:?}\n{document:#}");
}

fn told(case: &Case) -> (Sources, Vec<Diagnostic>) {
    let sources = case.sources(&case.files);
    let told = check(&sources, &case.options).diagnostics;
    (sources, told)
}

#[test]
fn sarif_and_json_are_what_their_schemas_say() {
    let sarif = validator("tests/schemas/sarif-2.1.0.json");
    let report = validator("docs/report.schema.json");
    let mut results = 0;
    for case in cases() {
        let (sources, told) = told(&case);
        let log = render_sarif(&told, &sources, MAKER);
        assert_valid(&sarif, &log, &case.name);
        let shown = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!(shown.len(), told.len(), "{}", case.name);
        results += shown.len();
        for result in shown {
            let index =
                usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("it is small");
            assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            // A link of a message leads to a place that is there.
            let words = result["message"]["text"].as_str().expect("a text");
            let related = result["relatedLocations"].as_array().map_or(0, Vec::len);
            assert_eq!(words.matches("](").count(), related, "{words}");
        }
        assert_valid(&report, &render_json(&told, &sources, "2026-12-01"), &case.name);
    }
    assert!(results >= 500, "the suites have messages: {results}");
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let case = &cases()[0];
    let (sources, told) = told(case);
    let mut log = render_sarif(&told, &sources, MAKER);
    log["runs"][0]["results"][0]["level"] = "loud".into();
    assert!(!validator("tests/schemas/sarif-2.1.0.json").is_valid(&log));
    let mut report = render_json(&told, &sources, "2026-12-01");
    report["diagnostics"][0]["labels"][0]["primary"] = false.into();
    assert!(!validator("docs/report.schema.json").is_valid(&report));
}

#[test]
fn every_format_takes_every_case() {
    for case in cases() {
        let (sources, told) = told(&case);
        assert_eq!(render_plain(&told, &sources).lines().count(), told.len(), "{}", case.name);
        let human = render_human(&told, &sources, Style { colour: true, width: 60 });
        assert_eq!(human.is_empty(), told.is_empty(), "{}", case.name);
        let github = render_github(&told, &sources);
        let commands = github.lines().filter(|line| line.starts_with("::")).count();
        assert_eq!(commands, told.len().min(10), "{}: {github}", case.name);
        assert!(told.is_empty() || !github.ends_with("\n\n"), "{}", case.name);
    }
}

/// An alert is the same one after lines were added above it, and another one where its line is another.
#[test]
fn fingerprints_outlive_moved_lines() {
    let fingerprints = |text: &str| -> Vec<String> {
        let sources = Sources::single("main.route", text);
        let options = wayleave_compiler::Options { as_of: wayleave_program::value::DEFAULT_NOW };
        let log = render_sarif(&check(&sources, &options).diagnostics, &sources, MAKER);
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        let hash = |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].to_string();
        results.iter().map(hash).collect()
    };
    let text = "edition 2026\ndeny a when data is x\ndeny a when data is x\notherwise deny \"No.\"\n";
    let found = fingerprints(text);
    assert!(found.len() >= 2, "{found:?}");
    let distinct: std::collections::BTreeSet<&String> = found.iter().collect();
    assert_eq!(distinct.len(), found.len(), "{found:?}");
    assert_eq!(fingerprints(&text.replacen('\n', "\n\n// more\n\n", 1)), found);
    assert_eq!(fingerprints(&text.replace("deny a when data", "deny a  when  data")), found);
    assert_ne!(fingerprints(&text.replace("is x", "is y")), found);
}

#[test]
fn what_test_answers_is_what_the_schema_says() {
    let report = validator("docs/report.schema.json");
    for (policy, is_sound) in [
        ("examples/acme", true),
        ("examples/first-policy", true),
        ("tests/suite/check/unknown-provider.route", false),
    ] {
        let output = Command::new(super::cli::binary())
            .args(["test", policy, "--format", "json", "--coverage"])
            .current_dir(root())
            .output()
            .expect("the binary runs");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        assert_valid(&report, &answer, policy);
        assert_eq!(answer["tests"].is_array(), is_sound, "{policy}");
        assert_eq!(output.status.success(), is_sound, "{policy}");
    }
}
