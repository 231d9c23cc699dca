//! The data port under a program that looks for things: what is asked, what fails, and what never leaves.

use super::*;
use crate::Proxy;
use crate::current::{Current, Policy};
use crate::keys::Identity;
use crate::record::DecisionRecord;
use crate::settings::{Access, Settings};
use crate::store::{Filter, Store};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::{Decision, Outcome, Reason, RuleName};
use wayleave_program::detector::{Judge, OnFailure, Pattern};
use wayleave_program::schema::{Attribute, Schema, Type, plain_type};
use wayleave_program::value::Instant as Moment;
use wayleave_program::{Fingerprint, Program, source_view::SourceView};

/// Stands in texts, and may stand nowhere else.
const MARKER: &str = "marker-7d41e0";

/// Denies what has any finding that it asks for.
struct Looking {
    schema: Schema,
    catalogue: Catalogue,
    reads: Vec<AttributeId>,
    fingerprint: Fingerprint,
    outcome: Outcome,
    looks: AtomicUsize,
    decided_on: Mutex<Vec<Attributes>>,
}

/// `word` is found in a text that has `bad`, and panics over one that has `panic`.
fn detectors(url: &str, on_failure: OnFailure) -> Vec<Detector> {
    let pattern = Pattern::Word("bad".to_owned());
    let judge = Judge { url: url.to_owned(), finds: vec!["x".to_owned()], timeout_ms: 10_000, on_failure };
    vec![
        Detector { name: "uninspected".to_owned(), kind: DetectorKind::BuiltIn },
        Detector { name: "word".to_owned(), kind: DetectorKind::Patterns(vec![pattern]) },
        Detector { name: "outside".to_owned(), kind: DetectorKind::Outside(judge) },
    ]
}

fn looking(asked: &[&str], detectors: Vec<Detector>) -> Looking {
    let attribute = |name: String, value_type: Type, origin: Origin| Attribute {
        name,
        value_type,
        origin,
        default: None,
        is_required: false,
    };
    let mut attributes: Vec<Attribute> = BuiltIn::ALL
        .map(|known| attribute(known.name().to_owned(), known.value_type(None), Origin::BuiltIn(known)))
        .into();
    for inspected in Inspected::ALL {
        for (index, detector) in detectors.iter().enumerate() {
            let names = detector.findings();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let origin = Origin::Findings(inspected, DetectorId(u32::try_from(index).unwrap()));
            let named = Type::NamedSet(Arc::new(plain_type(&detector.name, &names)));
            attributes.push(attribute(format!("{} has {}", inspected.name(), detector.name), named, origin));
        }
    }
    attributes.push(attribute("used(x)".to_owned(), Type::Share, Origin::Counter));
    let schema = Schema { attributes, ..Schema::default() };
    let reads = asked.iter().map(|name| schema.find(name).unwrap_or_else(|| panic!("{name}"))).collect();
    Looking {
        schema,
        catalogue: Catalogue { detectors, other_models: vec!["m".to_owned()], ..Catalogue::default() },
        reads,
        fingerprint: Fingerprint { policy: "sha256:p".to_owned(), source: "sha256:s".to_owned() },
        outcome: Outcome::Deny,
        looks: AtomicUsize::new(0),
        decided_on: Mutex::default(),
    }
}

impl Looking {
    fn is_finding(&self, id: AttributeId) -> bool {
        matches!(self.schema.attribute(id).origin, Origin::Findings(..))
    }
}

impl Program for Looking {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn reads(&self) -> &[AttributeId] {
        &self.reads
    }

    fn wanted(&self, attributes: &Attributes) -> Vec<AttributeId> {
        let unknown: Vec<AttributeId> =
            self.reads.iter().copied().filter(|id| attributes.get(*id).is_none()).collect();
        let cheap: Vec<AttributeId> = unknown.iter().copied().filter(|id| !self.is_finding(*id)).collect();
        if cheap.is_empty() { unknown } else { cheap }
    }

    fn decide(&self, attributes: &Attributes) -> Decision {
        self.decided_on.lock().unwrap().push(attributes.clone());
        let sets = self.reads.iter().filter(|id| self.is_finding(**id));
        let found: BTreeSet<String> = sets
            .filter_map(|id| match attributes.get(*id) {
                Some(Value::Set(found)) => Some(found.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        let words = if found.is_empty() { "clean" } else { "found" };
        Decision {
            reasons: vec![Reason { by: RuleName::Deny("it".to_owned()), words: words.to_owned() }],
            approval: (self.outcome == Outcome::ApprovalRequired).then(|| "frontier".to_owned()),
            until: (self.outcome == Outcome::Limited).then_some(Moment(i64::MAX)),
            findings: found.into_iter().collect(),
            ..Decision::of(self.outcome)
        }
    }

    fn find(&self, _: DetectorId, text: &str) -> BTreeSet<String> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        assert!(!text.contains("panic"), "a detector's own mistake");
        text.contains("bad").then(|| "word".to_owned()).into_iter().collect()
    }

    fn approvable(&self, _: &Attributes) -> Vec<TargetId> {
        Vec::new()
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

struct Answered {
    text: String,
    record: DecisionRecord,
    program: Arc<Looking>,
}

impl Answered {
    fn status(&self) -> u16 {
        self.text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap()
    }

    fn is_found(&self) -> bool {
        assert!(self.text.contains("found") || self.text.contains("clean"), "{}", self.text);
        self.text.contains("found")
    }

    fn failed(&self) -> Vec<String> {
        let inspection = self.record.inspection.as_ref().unwrap();
        inspection.failed.iter().map(|failed| format!("{}: {}", failed.detector, failed.cause)).collect()
    }
}

/// Sends one request to a data port under that program.
async fn ask(program: Looking, path: &str, body: &str) -> Answered {
    let settings = Settings::standard("127.0.0.1:0".parse().unwrap(), Access::Open);
    let program = Arc::new(program);
    let policy = Policy {
        program: Arc::clone(&program) as Arc<dyn Program>,
        view: Arc::new(SourceView { files: Vec::new(), places: std::collections::BTreeMap::new() }),
        warnings: String::new(),
        keys: std::collections::BTreeMap::new(),
    };
    let current = Arc::new(Current::new(&settings, policy).unwrap());
    let store = Arc::new(Store::in_memory().await.unwrap());
    store.add_key(Identity::default(), 0).await.unwrap();
    let listener = TcpListener::bind(settings.listen).await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let proxy = Arc::new(Proxy::new(settings, current, Arc::clone(&store)));
    let serving = tokio::spawn(proxy.serve(listener, std::future::pending()));
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: g\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    store.flush().await.unwrap();
    let record = store.decisions_after(&Filter::default(), 0, 10).await.unwrap().remove(0).record;
    serving.abort();
    let kept = serde_json::to_string(&record).unwrap();
    assert!(!kept.contains(MARKER) && !text.contains(MARKER), "{kept}\n{text}");
    Answered { text, record, program }
}

const CHAT: &str = "/v1/chat/completions";

fn body(content: &str) -> String {
    format!("{{\"model\":\"m\",\"messages\":[{{\"role\":\"user\",\"content\":\"{MARKER} {content}\"}}]}}")
}

const NOWHERE: &str = "http://127.0.0.1:1/analyze";

async fn chat(asked: &[&str], content: &str) -> Answered {
    ask(looking(asked, detectors(NOWHERE, OnFailure::Found)), CHAT, &body(content)).await
}

#[tokio::test]
async fn a_program_may_ask_for_a_text_before_it_asks_for_what_is_in_it() {
    assert!(chat(&["prompt", "prompt has word"], "bad").await.is_found());
}

#[tokio::test]
async fn what_no_rule_asks_for_is_not_looked_for() {
    let answered = chat(&["caller.id", "used(x)", "granted"], "bad").await;
    assert!(!answered.is_found() && answered.record.inspection.is_none());
    assert_eq!(answered.program.looks.load(Ordering::Relaxed), 0);
    let decided_on = answered.program.decided_on.lock().unwrap()[0].clone();
    assert_eq!(decided_on.get(BuiltIn::Prompt.id()), None);
}

#[tokio::test]
async fn findings_are_made_known_and_noted_without_their_text() {
    let answered = chat(&["prompt has word"], "a b\\u0061d word").await;
    assert!(answered.is_found() && answered.failed().is_empty());
    assert_eq!((answered.status(), answered.record.outcome.name()), (403, "denied_policy"));
    assert_eq!(answered.record.decision.as_ref().unwrap()["findings"], serde_json::json!(["word"]));
    let inspection = answered.record.inspection.as_ref().unwrap();
    assert_eq!((inspection.parts, inspection.bytes), (1, 24));
    assert!(!chat(&["prompt has word"], "good").await.is_found());
    assert!(!chat(&["system has word"], "bad").await.is_found());
}

#[tokio::test]
async fn what_the_system_prompt_holds_is_known_of_the_prompt() {
    let program = looking(&["system has word"], detectors(NOWHERE, OnFailure::Found));
    let body = r#"{"model":"m","messages":[{"role":"system","content":"bad"}]}"#;
    let answered = ask(program, CHAT, body).await;
    let decided_on = answered.program.decided_on.lock().unwrap()[0].clone();
    let of_prompt = answered.program.schema.find("prompt has word").unwrap();
    assert_eq!(decided_on.get(of_prompt), Some(&Value::Set(BTreeSet::from(["word".to_owned()]))));
    assert_eq!(answered.program.looks.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn texts_are_given_where_a_rule_reads_them() {
    let answered = chat(&["prompt", "system", "used(x)"], "hi").await;
    let decided_on = answered.program.decided_on.lock().unwrap()[0].clone();
    let parts = vec![format!("{MARKER} hi")];
    assert_eq!(decided_on.get(BuiltIn::Prompt.id()), Some(&Value::Parts(parts)));
    assert_eq!(decided_on.get(BuiltIn::System.id()), Some(&Value::Parts(Vec::new())));
    // Nobody asks for it, so nobody looks for it.
    let unasked = answered.program.schema.find("prompt has word").unwrap();
    assert_eq!(decided_on.get(unasked), Some(&Value::Set(BTreeSet::new())));
    assert_eq!(answered.program.looks.load(Ordering::Relaxed), 0);
}

/// Where a program has no texts it cannot look by itself, and what is unknown counts as not found.
#[tokio::test]
async fn what_nobody_asks_for_is_unknown() {
    let answered = chat(&["prompt has word"], "hi").await;
    let decided_on = answered.program.decided_on.lock().unwrap()[0].clone();
    let finding = |name: &str| decided_on.get(answered.program.schema.find(name).unwrap());
    assert!(finding("prompt has word").is_some());
    assert_eq!(finding("system has word"), None);
}

#[tokio::test]
async fn long_texts_are_looked_through_on_a_thread_of_their_own() {
    let long = "good ".repeat(100_000);
    assert!(!chat(&["prompt has word"], &long).await.is_found());
    assert!(chat(&["prompt has word"], &format!("{long} bad")).await.is_found());
}

#[tokio::test]
async fn too_many_texts_are_refused_where_a_rule_asks_for_texts() {
    let many = vec!["\"a\""; inspection::PARTS_LIMIT + 1].join(",");
    let body = format!("{{\"model\":\"m\",\"input\":[{many}]}}");
    let program = |asked: &[&str]| looking(asked, detectors(NOWHERE, OnFailure::Found));
    let answered = ask(program(&["prompt has word"]), "/v1/embeddings", &body).await;
    assert_eq!((answered.status(), answered.record.outcome.name()), (400, "bad_request"));
    assert!(answered.text.contains(r#""code":"too_complex""#), "{}", answered.text);
    assert!(!ask(program(&["caller.id"]), "/v1/embeddings", &body).await.is_found());
}

#[test]
fn what_takes_too_long_counts_as_found_and_who_left_is_not_worked_for() {
    let program = looking(&[], detectors(NOWHERE, OnFailure::Found));
    let body = body("good");
    let texts = inspection::read(Api::Chat, &body).unwrap();
    let attribute = program.schema.find("prompt has word").unwrap();
    let wanted =
        [(attribute, Inspected::Prompt, DetectorId(1)), (attribute, Inspected::System, DetectorId(1))];
    let later = std::time::Instant::now() + LOOKING_LIMIT;
    let look = |left: bool, deadline| {
        let left = AtomicBool::new(left);
        let (found, failed) = looking::detect(&program, &wanted, &texts, &Watch { left: &left, deadline });
        let causes: Vec<String> = failed.into_iter().map(|failed| failed.cause).collect();
        (found.into_iter().map(|(_, names)| names.len()).collect::<Vec<_>>(), causes)
    };
    // Nothing is in the system prompt, so that there is nothing to be late with.
    assert_eq!(look(false, std::time::Instant::now()), (vec![1, 0], vec!["timeout".to_owned()]));
    assert_eq!(look(true, later).0, [1, 0]);
    assert_eq!(program.looks.load(Ordering::Relaxed), 0);
    assert_eq!(look(false, later), (vec![0, 0], Vec::new()));
    assert_eq!(program.looks.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_panic_counts_as_found_and_costs_nothing_else() {
    for content in ["panic".to_owned(), format!("{} panic", "good ".repeat(100_000))] {
        let answered = chat(&["prompt has word", "prompt has uninspected"], &content).await;
        assert!(answered.is_found());
        assert_eq!(answered.failed(), ["word: met a mistake of the gateway"]);
        assert_eq!(answered.record.decision.as_ref().unwrap()["findings"], serde_json::json!(["word"]));
    }
}

#[tokio::test]
async fn parts_that_nobody_can_read_are_found_as_such() {
    let image = format!(
        "{{\"model\":\"m\",\"messages\":[{{\"role\":\"user\",\"content\":[{{\"type\":\"image_url\",\"image_url\":\
         {{\"url\":\"https://{MARKER}.example/\"}}}}]}}]}}"
    );
    let program = || looking(&["prompt has uninspected"], detectors(NOWHERE, OnFailure::Found));
    assert!(ask(program(), CHAT, &image).await.is_found());
    assert!(!ask(program(), CHAT, &body("an image")).await.is_found());
    assert!(ask(program(), "/v1/embeddings", r#"{"model":"m","input":[1,2]}"#).await.is_found());
}

#[tokio::test]
async fn a_judge_that_cannot_be_reached_counts_as_the_policy_says() {
    for (on_failure, is_found) in [(OnFailure::Found, true), (OnFailure::Clean, false)] {
        let program = looking(&["prompt has outside", "system has outside"], detectors(NOWHERE, on_failure));
        let answered = ask(program, CHAT, &body("good")).await;
        assert_eq!(answered.is_found(), is_found);
        assert_eq!(answered.failed(), ["outside: no connection"]);
    }
}

#[tokio::test]
async fn what_needs_an_approval_or_room_is_refused_in_words() {
    for (outcome, status, code) in
        [(Outcome::ApprovalRequired, 403, "approval_required"), (Outcome::Limited, 429, "limited")]
    {
        let program = Looking { outcome, ..looking(&[], detectors(NOWHERE, OnFailure::Found)) };
        let answered = ask(program, CHAT, &body("good")).await;
        assert_eq!(answered.status(), status);
        assert!(answered.text.contains(&format!("\"code\":\"{code}\"")), "{}", answered.text);
        assert!(answered.text.contains("\"by\":[\"deny it\"]"), "{}", answered.text);
        assert_eq!(answered.record.decided, outcome.name());
        match outcome {
            Outcome::Limited => assert!(answered.text.contains("retry-after: "), "{}", answered.text),
            _ => assert!(answered.text.contains("the approval `frontier`"), "{}", answered.text),
        }
    }
}
