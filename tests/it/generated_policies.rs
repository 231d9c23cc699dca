//! What holds of every policy and every request, asked of those that chance writes: `WAYLEAVE_SENTENCES=10` asks of ten times
//! as many. Each property is a function that says what is wrong, and the last test shows that each can fail.

use crate::decide::supplied;
use crate::decision_schema::Schema;
use fastrand::Rng;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use wayleave_compiler::diagnostic::render::{Style, render_human, render_json};
use wayleave_compiler::spec::Reference;
use wayleave_compiler::{Checked, Options, Policy, Sources, check};
use wayleave_grammar::layout::layout;
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::Decision;
use wayleave_program::document::{read_request, write_decision, write_request};
use wayleave_program::schema::{AttributeId, BuiltIn};
use wayleave_program::value::{DEFAULT_NOW, Tokens, Value};
use wayleave_tests::policies::{Generated, policy};

/// Policies of a run of CI, over all seeds, and requests for each.
const POLICIES: u64 = 400;
const REQUESTS: usize = 8;
const SEEDS: u64 = 2;

/// Of so many policies one is also checked again, without an item, and with its files read in another order.
const CHECKED_AGAIN: u64 = 8;

/// What is wrong beyond these is not shown.
const SHOWN: usize = 3;

fn factor() -> u64 {
    std::env::var("WAYLEAVE_SENTENCES").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1)
}

type Files = [(String, String)];

/// The answer to these files, read one by one as they are asked for.
fn checked(files: &Files) -> (Sources, Checked) {
    let mut read = |name: &str| {
        let file = files.iter().find(|(known, _)| known == name);
        file.map(|(_, text)| text.clone()).ok_or_else(|| "there is no such file".to_owned())
    };
    let sources = Sources::gather(&files[0].0, &mut read).expect("the root is there");
    let checked = check(&sources, &Options { as_of: DEFAULT_NOW });
    (sources, checked)
}

/// Diagnostics drawn and as JSON, and the policy.
type Told = (String, String, Option<Arc<Policy>>);

/// Everything that a check says, as bytes.
fn told(files: &Files) -> Told {
    let (sources, checked) = checked(files);
    let style = Style { colour: false, width: 100 };
    let human = render_human(&checked.diagnostics, &sources, style);
    let json = render_json(&checked.diagnostics, &sources, "2026-01-01").to_string();
    (human, json, checked.policy)
}

/// The program of a policy that chance wrote.
fn program(written: &Generated) -> Reference {
    let texts = written.texts();
    let (human, _, policy) = told(&texts);
    let shown: Vec<String> = texts.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect();
    Reference::new(policy.unwrap_or_else(|| panic!("{human}\n{}", shown.concat())))
}

fn run(seed: u64) {
    let schema = Schema::of_decisions();
    for number in 0..POLICIES * factor() / SEEDS {
        let mut random = Rng::with_seed(seed * 1_000_000 + number);
        let written = policy(&mut random);
        let program = program(&written);
        let twin = Twins::new(&written, &mut random);
        let mut wrong = twin.differences(&program);
        if number.is_multiple_of(CHECKED_AGAIN) {
            wrong.extend(answers_are_stable(&written.texts(), &mut told));
            wrong.extend(answers_are_stable(&written.without_one(&mut random).texts(), &mut told));
        }
        let reads_api = written.texts().iter().any(|(_, text)| text.contains("request.api"));
        for _ in 0..REQUESTS {
            let document = written.request(&mut random);
            let request = read_request(program.schema(), &document)
                .unwrap_or_else(|errors| panic!("{document}: {}", errors[0]));
            let decision = program.decide(&request);
            let shown = write_decision(&decision, program.catalogue(), program.fingerprint());
            let found = [
                schema.refusal(&shown),
                program_decides_alike(&program, &request, &twin),
                written_request_is_read_back(&program, &request),
                supplies_change_nothing(&program, &request, supplied),
                apis_are_alike(&program, &request, reads_api),
                candidates_are_approvable(&program, &request, &decision),
            ];
            let of = |problem: String| format!("{problem}\n  of {document}\n  decided {shown}");
            wrong.extend(found.into_iter().flatten().map(of));
        }
        let shown: Vec<String> =
            written.texts().iter().map(|(name, text)| format!("--- {name}\n{text}")).collect();
        wrong.truncate(SHOWN);
        assert!(wrong.is_empty(), "seed {seed}, policy {number}:\n{}\n{}", wrong.join("\n"), shown.concat());
    }
}

#[test]
fn whatever_is_written_keeps_its_promises_1() {
    run(1);
}

#[test]
fn whatever_is_written_keeps_its_promises_2() {
    run(2);
}

/// The same bytes each time, and whichever file is read first.
fn answers_are_stable(files: &Files, told: &mut impl FnMut(&Files) -> Told) -> Option<String> {
    let first = told(files);
    let again = told(files);
    if (&first.0, &first.1) != (&again.0, &again.1) {
        return Some("two checks of one text differ".to_owned());
    }
    let hashes = [&first, &again].map(|told| told.2.as_ref().map(|policy| policy.fingerprint().clone()));
    if hashes[0] != hashes[1] {
        return Some("two fingerprints of one text differ".to_owned());
    }
    // Both names are of one length, so that nothing else moves.
    let swapped: Vec<(String, String)> = files
        .iter()
        .map(|(name, text)| {
            let uses: Vec<&str> = text.lines().filter(|line| line.starts_with("use ")).collect();
            let turned = match uses.as_slice() {
                [first, second] => text
                    .replacen(&format!("{first}\n"), "@@", 1)
                    .replacen(second, first, 1)
                    .replacen("@@", &format!("{second}\n"), 1),
                _ => text.clone(),
            };
            (name.clone(), turned)
        })
        .collect();
    let turned = told(&swapped);
    let meaning =
        |policy: &Option<Arc<Policy>>| policy.as_ref().map(|policy| policy.fingerprint().policy.clone());
    // The same bytes; where one is about a `use` itself, which now stands on another line, the same words.
    let are_same_bytes = (&first.0, &first.1) == (&turned.0, &turned.1);
    let is_same = meaning(&first.2) == meaning(&turned.2)
        && (are_same_bytes || is_about_a_use(&first.1) && of_messages(&first.1) == of_messages(&turned.1));
    (!is_same).then(|| format!("another order of reading gives another answer:\n{}\n{}", first.1, turned.1))
}

/// Whether some label stands on one of the two lines of `use`, the second and third of the root file.
fn is_about_a_use(diagnostics: &str) -> bool {
    let document: Json = serde_json::from_str(diagnostics).expect("JSON");
    let told = document["diagnostics"].as_array().expect("a list");
    let labels = told.iter().flat_map(|told| told["labels"].as_array().expect("a list"));
    labels
        .filter(|label| label["file"] == "main.route")
        .any(|label| label["line"].as_u64().is_some_and(|line| (2..=3).contains(&line)))
}

/// The codes and words of diagnostics, without their places.
fn of_messages(diagnostics: &str) -> Vec<String> {
    let document: Json = serde_json::from_str(diagnostics).expect("JSON");
    let told = document["diagnostics"].as_array().expect("a list");
    let mut words: Vec<String> =
        told.iter().map(|told| format!("{} {}", told["code"], told["message"])).collect();
    words.sort_unstable();
    words
}

/// A policy written otherwise: with its items in another order, and laid out.
struct Twins {
    shuffled: Reference,
    laid_out: Reference,
}

impl Twins {
    fn new(written: &Generated, random: &mut Rng) -> Twins {
        let texts = written.texts().into_iter();
        let laid_out: Vec<(String, String)> =
            texts.map(|(name, text)| (name, layout(&wayleave_grammar::parse(&text)))).collect();
        let (human, _, policy) = told(&laid_out);
        Twins {
            shuffled: program(&written.shuffled(random)),
            laid_out: Reference::new(policy.unwrap_or_else(|| panic!("laid out: {human}"))),
        }
    }

    fn differences(&self, program: &Reference) -> Vec<String> {
        let hash = |program: &Reference| program.fingerprint().policy.clone();
        let mut wrong = Vec::new();
        if hash(&self.shuffled) != hash(program) {
            wrong.push("another order of items has another meaning".to_owned());
        }
        if hash(&self.laid_out) != hash(program) {
            wrong.push("the layout has another meaning".to_owned());
        }
        wrong
    }
}

/// The policy written otherwise decides the same; what is listed in the policy's order may stand in another.
fn program_decides_alike(program: &Reference, request: &Attributes, twin: &Twins) -> Option<String> {
    let decided = |program: &Reference| {
        write_decision(&program.decide(request), program.catalogue(), program.fingerprint())
    };
    let (first, laid_out, shuffled) = (decided(program), decided(&twin.laid_out), decided(&twin.shuffled));
    let ids = |program: &Reference| {
        program.schema().attributes.iter().map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    // The numbers of attributes follow the order of the items.
    let shuffled = match ids(program) == ids(&twin.shuffled) {
        true => shuffled,
        false => {
            let document = write_request(program.schema(), request);
            let request = read_request(twin.shuffled.schema(), &document).expect("the same attributes");
            write_decision(
                &twin.shuffled.decide(&request),
                twin.shuffled.catalogue(),
                twin.shuffled.fingerprint(),
            )
        }
    };
    if without_hashes(&first) != without_hashes(&laid_out) {
        return Some(format!("laid out, it decides {laid_out}"));
    }
    let is_same = in_no_order(without_hashes(&first)) == in_no_order(without_hashes(&shuffled));
    (!is_same).then(|| format!("with its items in another order, it decides {shuffled}"))
}

fn without_hashes(document: &Json) -> Json {
    let mut document = document.clone();
    let fields = document.as_object_mut().expect("an object");
    fields.retain(|name, _| !matches!(name.as_str(), "policy" | "source"));
    document
}

/// A decision document in which whatever stands in the policy's order is sorted.
fn in_no_order(mut document: Json) -> Json {
    let has_causes = !document["approval"].is_null();
    if has_causes {
        document["approval"] = json!("one of those in `by`");
    }
    sort_lists(&mut document);
    document
}

fn sort_lists(document: &mut Json) {
    match document {
        Json::Object(fields) => {
            for (name, value) in fields {
                sort_lists(value);
                let is_ordered = matches!(name.as_str(), "plan" | "candidates" | "removed" | "targets");
                if let (false, Json::Array(items)) = (is_ordered, value) {
                    items.sort_by_key(Json::to_string);
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(sort_lists),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// What is written of a request says what is known of it.
fn written_request_is_read_back(program: &Reference, request: &Attributes) -> Option<String> {
    let document = write_request(program.schema(), request);
    let again = read_request(program.schema(), &document);
    (again.as_ref() != Ok(request)).then(|| format!("{document} is not read as what was written"))
}

/// Supplying what is wanted, as the proxy does, ends, and changes no decision.
fn supplies_change_nothing(
    program: &Reference,
    request: &Attributes,
    supplied: impl Fn(&Reference, &Attributes, AttributeId) -> Value,
) -> Option<String> {
    let mut full = request.clone();
    // Once what is cheap, once what is looked for in texts.
    for _ in 0..2 {
        for id in program.wanted(&full) {
            let value = supplied(program, request, id);
            full.set(id, value);
        }
    }
    if !program.wanted(&full).is_empty() {
        return Some("what was supplied is wanted again".to_owned());
    }
    let (full, given) = (program.decide(&full), program.decide(request));
    (full != given).then(|| format!("with what is wanted supplied, it decides {full:?}"))
}

/// A policy that does not read the api decides alike on all that need `chat`.
fn apis_are_alike(program: &Reference, request: &Attributes, reads_api: bool) -> Option<String> {
    let id = BuiltIn::RequestApi.id();
    let document = write_request(program.schema(), request);
    if reads_api || document["request.api"] == "embeddings" {
        return None;
    }
    let on = |api: &str| {
        let mut document = document.clone();
        document[program.schema().attribute(id).name.as_str()] = json!(api);
        program.decide(&read_request(program.schema(), &document).expect("an api"))
    };
    let first = on("chat");
    ["responses", "messages", "gemini"]
        .into_iter()
        .find(|api| on(api) != first)
        .map(|api| format!("on {api} it decides otherwise"))
}

/// Whoever is asked was approvable, whether nothing, something or all was known.
fn candidates_are_approvable(
    program: &Reference,
    request: &Attributes,
    decision: &Decision,
) -> Option<String> {
    let nothing = Attributes::new(program.schema());
    let mut asked = decision.candidates().map(|(target, _)| target).chain(decision.shadow.iter().copied());
    let known = [program.approvable(&nothing), program.approvable(request)];
    asked
        .find(|target| known.iter().any(|approvable| !approvable.contains(target)))
        .map(|target| format!("{} is asked and was not approvable", program.catalogue().target(target).name))
}

const SMALL: &str = r#"edition 2026
type team = company { unknown }
provider near {
  protocol: simulated
  model a { supports: [chat]  context: 8k tokens }
  model b { supports: [chat]  context: 8k tokens }
}
approve everyone: any
route long when request.tokens > 100 tokens to near/a
route short when request.tokens <= 100 tokens to near/b
otherwise deny "Nothing."
"#;

/// The small policy with one thing said otherwise.
fn small(what: &str, otherwise: &str) -> Reference {
    assert!(SMALL.contains(what));
    let text = SMALL.replace(what, otherwise);
    let (human, _, policy) = told(&[("main.route".to_owned(), text)]);
    Reference::new(policy.unwrap_or_else(|| panic!("{human}")))
}

/// A fault made on purpose is seen.
#[test]
fn each_property_can_fail() {
    let program = small("100", "100");
    let mut request = Attributes::new(program.schema());
    request.set(BuiltIn::RequestTokens.id(), Value::Tokens(Tokens(150)));

    let other = || small("100", "200");
    let same = || small("100", "100");
    for twin in [Twins { shuffled: other(), laid_out: same() }, Twins { shuffled: same(), laid_out: other() }]
    {
        assert_eq!(twin.differences(&program).len(), 1);
        assert!(program_decides_alike(&program, &request, &twin).is_some());
    }
    let sound = Twins { shuffled: same(), laid_out: same() };
    assert!(sound.differences(&program).is_empty());
    assert_eq!(program_decides_alike(&program, &request, &sound), None);

    let files = [("main.route".to_owned(), SMALL.to_owned())];
    assert_eq!(answers_are_stable(&files, &mut told), None);
    let mut count = 0;
    let mut forgetful = |files: &Files| {
        count += 1;
        let (human, json, policy) = told(files);
        (format!("{human}{count}"), json, policy)
    };
    assert!(answers_are_stable(&files, &mut forgetful).is_some());

    // A text that no document can hold: what is computed is not written.
    let mut computed = request.clone();
    computed.set(BuiltIn::RequestWindow.id(), Value::Tokens(Tokens(1)));
    assert!(written_request_is_read_back(&program, &computed).is_some());
    assert_eq!(written_request_is_read_back(&program, &request), None);

    let nothing = Attributes::new(program.schema());
    let wrong = |program: &Reference, request: &Attributes, id| match supplied(program, request, id) {
        Value::Tokens(_) => Value::Tokens(Tokens(1_000)),
        other => other,
    };
    assert!(supplies_change_nothing(&program, &nothing, wrong).is_some());
    assert_eq!(supplies_change_nothing(&program, &nothing, supplied), None);

    let reader =
        small("request.tokens <= 100 tokens", "request.tokens <= 100 tokens and request.api is chat");
    assert!(apis_are_alike(&reader, &nothing, false).is_some());
    assert_eq!(apis_are_alike(&program, &nothing, false), None);

    let strict = small("everyone: any", "everyone: near/a");
    let decision = program.decide(&nothing);
    assert!(candidates_are_approvable(&strict, &nothing, &decision).is_some());
    assert_eq!(candidates_are_approvable(&program, &nothing, &decision), None);
}
