//! The console over a real socket: what pages show, what they keep from a browser, and how they refuse.

use super::*;
use crate::current::{Policy, Refused};
use crate::record::{
    AttemptRecord, DecisionRecord, Outcome, PassedOverRecord, PolicyEventKind, RecordedCaller,
    RecordedFailure, RecordedInspection, RecordedLines, RecordedTokens,
};
use crate::settings::{Access, Settings};
use crate::trace::Trace;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::{Decision, Outcome as Decided, RuleName};
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::{AttributeId, Schema};
use wayleave_program::source_view::{Place, SourceText, SourceView, Spot};
use wayleave_program::{Fingerprint, Program};

/// A program that denies everything: the console only asks which one it is.
struct Nothing(Schema, Catalogue, Fingerprint);

impl Program for Nothing {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn catalogue(&self) -> &Catalogue {
        &self.1
    }

    fn reads(&self) -> &[AttributeId] {
        &[]
    }

    fn wanted(&self, _: &Attributes) -> Vec<AttributeId> {
        Vec::new()
    }

    fn decide(&self, _: &Attributes) -> Decision {
        Decision::of(Decided::Deny)
    }

    fn find(&self, _: DetectorId, _: &str) -> BTreeSet<String> {
        BTreeSet::new()
    }

    fn approvable(&self, _: &Attributes) -> Vec<TargetId> {
        Vec::new()
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.2
    }
}

fn policy(source: &str) -> Policy {
    let fingerprint = Fingerprint { policy: "sha256:meaning".to_owned(), source: source.to_owned() };
    let text = "edition 2027\n\nroute chat when <b>true</b>\n  plan a/b else c/d\n";
    let files = vec![SourceText { path: "policy.route".to_owned(), text: text.to_owned() }];
    let place = Place { file: 0, line: 3, end_line: 3 };
    let places = BTreeMap::from([(Spot::Rule(RuleName::Route("chat".to_owned())), place)]);
    Policy {
        program: Arc::new(Nothing(Schema::default(), Catalogue::default(), fingerprint)),
        view: Arc::new(SourceView { files, places }),
        warnings: String::new(),
        keys: BTreeMap::new(),
    }
}

fn attempt(target: &str, cause: Option<&str>, started_ms: u64) -> AttemptRecord {
    AttemptRecord {
        target: target.to_owned(),
        cause: cause.map(str::to_owned),
        status: cause.map(|_| 503),
        started_ms,
        first_content_ms: cause.is_none().then_some(40),
        latency_ms: 120,
        detail: String::new(),
        maybe_billed: false,
        marks: Default::default(),
    }
}

fn record(number: u32, team: &str) -> DecisionRecord {
    let removed = json!([{"target": "e/f", "by": ["forbid abroad"], "reasons": ["stays in the country"]}]);
    let plan =
        json!([{"candidates": ["a/b"], "within_ms": 2000}, {"candidates": ["c/d"], "within_ms": null}]);
    let redact = json!([{"find": "email", "in": "prompt", "restore": true, "by": ["redact mail"]}]);
    let owed = json!({"a/b": {"redact": redact, "cap": 4000, "flag": ["review"], "log": "metadata"}});
    let observed = json!([{"rule": "forbid soon", "targets": ["a/b"]}]);
    DecisionRecord {
        caller_request_id: Some("<run-7>".to_owned()),
        trace: Some(Trace {
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
            parent_id: Some("00f067aa0ba902b7".to_owned()),
            span_id: "0707070707070707".to_owned(),
            is_sampled: true,
            state: None,
        }),
        id: format!("id{number:04}"),
        at_ms: 1_767_225_600_000 + i64::from(number),
        api: "chat".to_owned(),
        is_stream: false,
        caller: RecordedCaller { team: team.to_owned(), id: "ana".to_owned(), ..RecordedCaller::default() },
        model: "<script>alert(1)</script>".to_owned(),
        outcome: Outcome::Ok,
        status: 200,
        decision: Some(
            json!({"decision": "route", "plan": plan, "removed": removed, "obligations": owed,
            "observed": observed, "findings": ["email", "medical.diagnosis"]})
            .into(),
        ),
        inspection: Some(RecordedInspection {
            parts: 3,
            bytes: 12_000,
            took_ms: 20,
            failed: vec![RecordedFailure {
                detector: "medical".to_owned(),
                cause: "no answer in time".to_owned(),
            }],
            looked_for: Vec::new(),
        }),
        request: None,
        too_long: Vec::new(),
        decided: "route".to_owned(),
        route: Some("chat".to_owned()),
        arm: Some(0),
        reasons: Vec::new(),
        target: Some("c/d".to_owned()),
        chosen: None,
        passed_over: Vec::new(),
        attempts: vec![attempt("a/b", Some("overloaded"), 0), attempt("c/d", None, 130)],
        tokens: RecordedTokens { input: 1200, output: 30, cache_written: 900, ..RecordedTokens::default() },
        latency_ms: 250,
        first_content_ms: Some(170),
        policy: "sha256:meaning".into(),
        source: "sha256:text".into(),
        lines: [RecordedLines { file: "policy.route".to_owned(), line: 3, end_line: 4 }].into(),
    }
}

struct Console {
    address: std::net::SocketAddr,
    store: Arc<Store>,
    current: Arc<Current>,
}

impl Console {
    async fn start() -> Console {
        let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = Settings::standard(nowhere, Access::Keys);
        let current = Arc::new(Current::new(&settings, policy("sha256:text")).unwrap());
        let store = Arc::new(Store::in_memory().await.unwrap());
        let listener = TcpListener::bind(nowhere).await.unwrap();
        let address = listener.local_addr().unwrap();
        let admin = Admin::new(Arc::clone(&store), Arc::clone(&current));
        tokio::spawn(admin.serve(listener, std::future::pending()));
        Console { address, store, current }
    }

    /// Status, headers in lower case, body.
    async fn ask(&self, method: &str, path: &str, host: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.ask("GET", path, "Host: localhost\r\n").await;
        (status, body)
    }

    async fn json(&self, path: &str) -> Json {
        serde_json::from_str(&self.get(path).await.1).unwrap()
    }

    async fn holding(records: impl IntoIterator<Item = DecisionRecord>) -> Console {
        let console = Console::start().await;
        records.into_iter().for_each(|record| console.store.record(record));
        console.store.flush().await.unwrap();
        console
    }
}

#[tokio::test]
async fn the_guard_lets_only_readers_of_this_machine_in() {
    let console = Console::start().await;
    for (method, host, status) in [
        ("GET", "Host: 127.0.0.1:1\r\n", 200),
        ("HEAD", "Host: [::1]\r\n", 200),
        ("GET", "Host: example.org\r\n", 421),
        ("GET", "Host: localhost\r\nHost: localhost\r\n", 421),
        ("POST", "Host: localhost\r\nContent-Length: 0\r\n", 405),
        ("DELETE", "Host: localhost\r\n", 405),
    ] {
        let (got, head, _) = console.ask(method, "/", host).await;
        assert_eq!(got, status, "{method} {host}");
        assert!(head.contains("content-security-policy: default-src 'none'; style-src 'self'"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"));
    }
    let (status, head, _) = console.ask("GET", "/style.css", "Host: localhost\r\n").await;
    assert!(status == 200 && head.contains("content-type: text/css"));
    assert_eq!(console.get("/healthz").await, (200, "{\"status\":\"ok\"}".to_owned()));
    let (status, body) = console.get("/nothing/%3Cb%3E").await;
    assert!(status == 404 && body.contains("There is no such page"), "{body}");
}

#[tokio::test]
async fn pages_need_no_script_and_no_style_of_their_own() {
    let console = Console::holding([record(1, "search")]).await;
    for path in ["/", "/decisions/id0001", "/policy", "/keys"] {
        let (status, body) = console.get(path).await;
        assert_eq!(status, 200, "{path}");
        for word in ["<script", " style=", "<style", "onclick", "javascript:"] {
            assert!(!body.contains(word), "{path} holds {word}");
        }
    }
    assert!(console.get("/").await.1.contains("&lt;script&gt;alert(1)"));
}

#[tokio::test]
async fn who_was_passed_over_and_what_may_be_billed_is_told() {
    let mut one = record(1, "search");
    one.attempts = vec![attempt("c/d", None, 130)];
    one.attempts[0].maybe_billed = true;
    one.passed_over = vec![PassedOverRecord { target: "a/b".to_owned(), cause: "circuit open".to_owned() }];
    let console = Console::holding([one]).await;
    let (_, body) = console.get("/decisions/id0001").await;
    assert!(body.contains("passed over: circuit open"), "{body}");
    assert!(body.contains(", may be billed"), "{body}");
}

#[tokio::test]
async fn a_decision_says_what_was_decided_and_why() {
    let console = Console::holding([record(1, "search")]).await;
    let (_, body) = console.get("/decisions/id0001").await;
    for words in [
        "takes this request",
        "<b>a/b</b> failed (overloaded)",
        "<b>c/d</b> answered",
        "forbid abroad",
        "stays in the country",
        "<li id=\"0-3\" class=\"deciding\">",
        "<li id=\"0-4\" class=\"deciding\">",
        "route chat when &lt;b&gt;true&lt;/b&gt;",
        "href=\"#0-3\"",
        "1,200 in, 30 out, 900 written to the cache",
        "status 503",
        "Owed: at most 4,000 output tokens; redact email; flag review; no text is logged",
        "<code class=\"rule\">forbid soon</code> of a/b",
        "3 texts, 12,000 bytes, in 20 ms",
        "<code class=\"rule\">medical.diagnosis</code>",
        "<b>medical</b>: no answer in time",
        "<code>&lt;run-7&gt;</code>",
        "<code>4bf92f3577b34da6a3ce929d0e0e4736</code> <span class=\"muted\">span 0707070707070707 of 00f067aa0ba902b7",
    ] {
        assert!(body.contains(words), "no {words} in {body}");
    }
    assert_eq!(body.matches("class=\"deciding\"").count(), 2);
    assert_eq!(console.get("/decisions/none").await.0, 404);
    assert_eq!(console.json("/api/decisions/id0001").await["attempts"][0]["cause"], "overloaded");
    let decision = &console.json("/api/decisions/id0001").await["decision"];
    assert_eq!(decision["obligations"]["a/b"]["flag"], json!(["review"]));
    assert_eq!(decision["findings"], json!(["email", "medical.diagnosis"]));
    assert_eq!(console.get("/api/decisions/none").await.0, 404);
}

#[tokio::test]
async fn what_is_refused_otherwise_than_by_a_denial_is_told_and_found() {
    let decided = |number, word: &str| DecisionRecord {
        decided: word.to_owned(),
        route: None,
        reasons: vec!["words".to_owned()],
        ..record(number, "search")
    };
    let console = Console::holding([decided(1, "approval-required"), decided(2, "limited")]).await;
    assert!(
        console.get("/decisions/id0001").await.1.contains("wants an approval that the caller does not hold")
    );
    assert!(console.get("/decisions/id0002").await.1.contains("has no room"));
    let (_, body) = console.get("/?decision=limited").await;
    assert!(body.contains("/decisions/id0002") && !body.contains("/decisions/id0001"));
    assert_eq!(console.get("/?decision=maybe").await.0, 400);
}

#[tokio::test]
async fn an_old_decision_is_shown_with_the_text_it_was_made_by() {
    let console = Console::holding([record(1, "search")]).await;
    console.current.swap(policy("sha256:other")).unwrap();
    assert!(console.get("/decisions/id0001").await.1.contains("is not kept any more"));
    let files =
        vec![SourceText { path: "policy.route".to_owned(), text: "a\nb\nthe old line\nd\n".to_owned() }];
    console.store.keep_policy("sha256:text", files);
    console.store.flush().await.unwrap();
    assert!(console.get("/decisions/id0001").await.1.contains("the old line"));
}

#[tokio::test]
async fn the_list_is_narrowed_and_paged() {
    let teams = (0..120).map(|number| record(number, if number % 2 == 0 { "search" } else { "a&b" }));
    let console = Console::holding(teams).await;
    let rows = |body: &str| body.matches("/decisions/id").count();
    let (_, first) = console.get("/").await;
    assert!(rows(&first) == 50 && first.contains("id0119") && first.contains("href=\"/?before=71\""));
    let (_, last) = console.get("/?before=21").await;
    assert!(rows(&last) == 20 && !last.contains(">Older<") && last.contains(">Newest<"));
    let (_, narrow) = console.get("/?team=a%26b&outcome=ok&decision=route").await;
    assert!(
        rows(&narrow) == 50 && narrow.contains("team=a%26b&amp;outcome=ok&amp;decision=route&amp;before=")
    );
    assert!(console.get("/?team=nobody").await.1.contains("No decision matches"));
    let (status, body) = console.get("/?outcome=fine").await;
    assert!(status == 400 && body.contains("must be one of ok"), "{body}");
    let page = console.json("/api/decisions?limit=2&team=search").await;
    assert_eq!((&page["decisions"][0]["id"], &page["next"]), (&json!("id0118"), &json!(117)));
    assert_eq!(console.get("/api/decisions?limit=0").await.0, 400);
    let rows = &console.json("/api/summary?by=team,outcome").await["rows"];
    assert_eq!(rows[0]["group"], json!({"team": "a&b", "outcome": "ok"}));
    assert_eq!((&rows[0]["requests"], &rows[0]["fallbacks"]), (&json!(60), &json!(60)));
    assert_eq!(console.get("/api/summary?by=prompt").await.0, 400);
}

#[tokio::test]
async fn a_refused_text_is_told_on_every_page() {
    let console = Console::start().await;
    console.store.record_event(PolicyEvent {
        at_ms: 1_767_225_600_000,
        kind: PolicyEventKind::Loaded,
        policy: "sha256:meaning".into(),
        source: "sha256:text".into(),
        diagnostics: String::new(),
    });
    console.store.flush().await.unwrap();
    let diagnostics = "error[R0101]: what is `<x>`".to_owned();
    console.current.refuse(Refused { diagnostics, codes: vec!["R0101"], count: 1 });
    for path in ["/", "/policy", "/keys", "/missing"] {
        assert!(console.get(path).await.1.contains("error[R0101]: what is `&lt;x&gt;`"), "{path}");
    }
    let policy = console.json("/api/policy").await;
    assert_eq!(policy["loaded_ms"], 1_767_225_600_000_i64);
    assert_eq!(policy["refused"], "error[R0101]: what is `<x>`");
    console.current.swap(super::tests::policy("sha256:next")).unwrap();
    assert!(!console.get("/").await.1.contains("is refused"));
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_in_kind() {
    let console = Console::holding([record(1, "search")]).await;
    for path in ["/?team=a&team=b", "/?refresh=1", "/?since=soon", "/?until=2026-13-01"] {
        let (status, body) = console.get(path).await;
        assert!(status == 400 && body.starts_with("<!DOCTYPE html>"), "{path}: {body}");
    }
    for path in ["/api/decisions?team=a&team=b", "/api/summary?by=team&by=app", "/api/decisions?since=soon"] {
        assert_eq!(console.get(path).await.0, 400, "{path}");
        assert!(console.json(path).await["error"].is_string());
    }
    assert!(console.get("/decisions/%ff").await.1.contains("No such decision"));
    for path in ["//", "/POLICY", "/policy/", "/%2e%2e/keys", "/decisions/..%2fkeys", "/decisions/%00"] {
        assert_eq!(console.get(path).await.0, 404, "{path}");
    }
    assert_eq!(console.json("/api/decisions/%ff").await["error"], "the log has no such decision");
}

#[tokio::test]
async fn a_page_follows_only_where_it_is_told_to() {
    let console = Console::holding([record(1, "search")]).await;
    let (_, still) = console.get("/?team=search").await;
    assert!(!still.contains("http-equiv") && still.contains("href=\"/?team=search&amp;refresh=5\""));
    let (_, following) = console.get("/?team=search&refresh=5").await;
    assert!(following.contains("<meta http-equiv=\"refresh\" content=\"5\">"));
    assert!(
        following.contains("href=\"/?team=search\">Stop")
            && following.contains("name=\"refresh\" value=\"5\"")
    );
    console.store.record(DecisionRecord { at_ms: decisions::now_ms(), ..record(2, "search") });
    console.store.flush().await.unwrap();
    let shorter = console.get("/?within=15m").await.1;
    assert!(shorter.contains("last 15 minutes, as filtered"), "{shorter}");
    let ranges =
        [("since=2026-01-01", 2), ("since=2026-01-02", 1), ("until=2026-01-02", 1), ("until=2026-01-01", 0)];
    for (range, count) in ranges {
        let page = console.json(&format!("/api/decisions?{range}")).await;
        assert_eq!(page["decisions"].as_array().map(Vec::len), Some(count), "{range}");
    }
}

#[tokio::test]
async fn rules_are_found_in_the_text() {
    let console = Console::start().await;
    let (_, body) = console.get("/policy").await;
    assert!(body.contains("href=\"#0-3\"><code>route chat</code>") && body.contains("id=\"0-3\""), "{body}");
}

#[tokio::test]
async fn keys_are_listed_without_their_secrets() {
    let console = Console::start().await;
    let identity = crate::keys::Identity { caller_id: "ana".to_owned(), ..crate::keys::Identity::default() };
    let key = console.store.add_key(identity, 1_767_225_600_000).await.unwrap();
    let (_, body) = console.get("/keys").await;
    assert!(body.contains(&key.id) && body.contains("valid"));
    assert!(!body.contains(&key.text[3..40]));
    console.store.revoke_key(&key.id, 1_767_225_700_000).await.unwrap();
    assert!(console.get("/keys").await.1.contains("revoked"));
}
