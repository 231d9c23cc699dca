//! What gateways record is replayed: under the policy that decided nothing differs, under another exactly what does; from a
//! store and from lines alike.

use super::{Scratch, binary_folder};
use serde_json::Value as Json;
use std::path::Path;
use std::process::{Command, Output};
use wayleave_runtime::keys::Identity;
use wayleave_runtime::record::DecisionRecord;
use wayleave_runtime::settings::{Access, Settings};
use wayleave_runtime::store::Store;
use wayleave_tests::gateway::{Gateway, TEXT_MARKER, policy};

/// Something of each thing that a decision can depend on.
const POLICY: &str = r#"edition 2026
type team = company { engineering { search  apps }  sales }
type data-class = public < internal < restricted
attribute data: data-class  from credential "data_class", header "x-data"  combine highest  default internal
attribute tag: string  from header "x-tag"  default "none"
attribute quota: tokens  from metadata "quota"  default 10 tokens
alias assistant
detector project = ["Bluebird"]
classify workload: agents | long | short {
  agents    when request.needs has tools
  long      when request.tokens > 60 tokens
  otherwise short
}
provider near {
  protocol: simulated
  model small { supports: [chat, tools]  context: 128k tokens  price: $1 in, $2 out per 1M tokens }
  model large { supports: [chat, tools]  context: 128k tokens  price: $3 in, $9 out per 1M tokens }
  model next { supports: [chat, tools]  context: 128k tokens  price: $2 in, $4 out per 1M tokens }
}
approve company: near/* when caller.team in company
approve strangers: near/small
require approval costly
  when caller.team in sales and data is public
  by "finance"  each caller.team  valid 30d
  because "Ask first."
deny restricted when data is restricted and not (caller.team in engineering)
  because "Not here."
deny leaked when prompt has secret
  because "Remove the credential."
deny named when system has project and caller.team in sales
  because "Not in a system prompt."
flag mail when prompt has email
cap long: output 500 tokens when workload is long
limit rate: 5 requests per 1min each caller.id
budget team-day: $5 per day each caller.team
  then deny
deny spent when spent(team-day) >= 100%
  because "Tomorrow."
migrate newer: near/small to near/next
  sticky by request.id
  ramp { 2020-01-01 30% }
route tagged when tag is "fast"  to near/small
route tools when workload is agents  to near/large else near/small
route chat when workload is not agents and tag is not "fast" {
  when quota > 50 tokens  to requested else near/small
  otherwise               to split { 40% near/small  60% near/large } else near/next
}
otherwise deny "Nobody."
"#;

const TEXTS: [(&str, &str); 5] = [
    ("user", "hello"),
    ("user", "write to bob@example.com"),
    ("user", "the key is AKIAQ3EGRIDZK5F2NX7B, use it"),
    ("system", "all about Bluebird"),
    (
        "user",
        "x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x",
    ),
];

fn identities() -> Vec<Identity> {
    let identity = |id: &str, team: Option<&str>, class: Option<&str>| {
        let mut identity = Identity {
            caller_id: id.to_owned(),
            team: team.map(str::to_owned),
            groups: vec!["staff".to_owned()],
            ..Identity::default()
        };
        let field = class.map(|class| ("data_class".to_owned(), class.to_owned()));
        identity.fields.extend(field);
        identity
    };
    vec![
        identity("ann", Some("search"), None),
        identity("bob", Some("sales"), Some("public")),
        identity("eve", Some("unheard-of"), Some("internal")),
        identity("max", None, None),
    ]
}

/// Sends requests of all sorts; gives their records.
async fn traffic() -> Vec<DecisionRecord> {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let settings = Settings::standard(listen, Access::Keys);
    let gateway = Gateway::start(policy(POLICY), settings, Identity::default()).await;
    let mut number = 0;
    for identity in identities() {
        let key = gateway.store.add_key(identity, 0).await.expect("a key").text;
        for (role, text) in TEXTS {
            for headers in
                ["", "x-data: restricted\r\n", "x-tag: fast\r\n", "x-data: public\r\n", "x-data: odd\r\n"]
            {
                number += 1;
                let model = ["assistant", "large", "near/next", "unheard-of"][number % 4];
                let tools = r#","tools":[{"type":"function","function":{"name":"f"}}]"#;
                let more = if number.is_multiple_of(3) { tools } else { "" };
                let quota = if number.is_multiple_of(2) { "60" } else { "1" };
                let body = format!(
                    r#"{{"model":"{model}","messages":[{{"role":"{role}","content":"{text} {TEXT_MARKER}"}}],"metadata":{{"quota":"{quota}"}}{more}}}"#
                );
                let length = body.len();
                let request = format!(
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\nauthorization: Bearer \
                     {key}\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                gateway.exchange(request.as_bytes()).await;
            }
        }
    }
    let records = gateway.records().await;
    assert_eq!(records.len(), number);
    records
}

fn wayleave(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(binary_folder().join("wayleave"));
    command.args(arguments).current_dir(folder).env("HOME", folder.join("home"));
    command.output().expect("the binary runs")
}

fn replayed(log: &str, policy: &str, more: &[&str], folder: &Path) -> Json {
    let arguments = ["replay", "--log", log, "--policy", policy, "--format", "json"];
    let output = wayleave(&[&arguments[..], more].concat(), folder);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn reasons(answer: &Json) -> Vec<String> {
    let all = answer["requests"]["not_replayable"].as_array().expect("a list");
    all.iter().map(|one| one["reason"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_traffic_is_replayed() {
    let scratch = Scratch::new("replay");
    let folder = &scratch.0;
    let records = traffic().await;
    let lines: String = records
        .iter()
        .rev()
        .map(|record| format!("{}\n", serde_json::to_string(record).expect("a record is JSON")))
        .collect();
    assert!(!lines.contains(TEXT_MARKER), "no word of a prompt is kept");
    std::fs::write(folder.join("log.jsonl"), lines).expect("it can be written");
    let store = Store::open(&folder.join("gateway.db")).await.expect("a store");
    records.iter().for_each(|record| store.record(record.clone()));
    store.close().await.expect("all of it is written");
    std::fs::write(folder.join("same.route"), POLICY).expect("it can be written");

    let same = replayed("gateway.db", "same.route", &[], folder);
    let requests = &same["requests"];
    assert_eq!(requests["different"], 0, "{same:#}");
    let decided = records.iter().filter(|record| record.decision.is_some()).count();
    assert_eq!((&requests["read"], &requests["replayed"]), (&records.len().into(), &decided.into()));
    assert_eq!(reasons(&same), ["refused before anything was decided"]);
    assert_eq!(same["notes"].as_array().map(Vec::len), Some(4), "{same:#}");
    let decisions: std::collections::BTreeSet<&str> =
        records.iter().map(|record| record.decided.as_str()).collect();
    assert_eq!(decisions.into_iter().collect::<Vec<_>>(), ["", "approval-required", "deny", "route"]);
    let migrated = records.iter().filter(|record| record.target.as_deref() == Some("near/next")).count();
    assert!(migrated > 3, "{migrated}");

    // What a rule asks for that is the only one of its kind: who is denied by it is known without deciding anything.
    let denying = POLICY
        .replace("flag mail when", "deny mail when prompt has email\n  because \"No mail.\"\nflag mail when");
    std::fs::write(folder.join("denying.route"), denying).expect("it can be written");
    let changed = replayed("gateway.db", "denying.route", &[], folder);
    let has_mail = |record: &&DecisionRecord| {
        let found = record.request.as_ref().and_then(|request| request.get("prompt.findings"));
        record.decided != "deny" && found.is_some_and(|found| found.to_string().contains("email"))
    };
    let expected = records.iter().filter(has_mail).count();
    assert!(expected > 3, "{expected}");
    let different = changed["requests"]["different"].as_u64().unwrap_or_default();
    let approvals =
        records.iter().filter(has_mail).filter(|record| record.decided == "approval-required").count();
    assert_eq!(different, expected as u64, "{changed:#}");
    let kinds = changed["changes"].as_array().expect("changes").iter();
    let denied: u64 =
        kinds.filter(|one| one["kinds"][0] == "denies").filter_map(|one| one["requests"].as_u64()).sum();
    assert_eq!(denied, (expected - approvals) as u64, "{changed:#}");

    // A store and its lines say the same; so does the policy that decided, asked again.
    for more in [&[][..], &["--team", "sales"], &["--decision", "deny"], &["--limit", "17"]] {
        let [of_store, of_lines] =
            ["gateway.db", "log.jsonl"].map(|log| replayed(log, "denying.route", more, folder));
        assert_eq!(of_store, of_lines, "{more:?}");
    }
    let against = replayed("gateway.db", "denying.route", &["--against", "same.route"], folder);
    for part in ["changes", "teams", "routes"] {
        assert_eq!(against[part], changed[part], "{part}");
    }
    let output =
        wayleave(&["replay", "--log", "gateway.db", "--policy", "denying.route", "--exit-code"], folder);
    assert_eq!(output.status.code(), Some(1));
}

/// What the texts themselves are asked for is no longer there, and is said so; what was too long to be kept likewise.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_replayed_is_counted_with_its_reason() {
    let scratch = Scratch::new("replay-reasons");
    let folder = &scratch.0;
    let mut records = traffic().await;
    records.retain(|record| record.decided == "route");
    records.truncate(4);
    let log = |records: &[DecisionRecord]| {
        let lines = records.iter().map(|record| serde_json::to_string(record).expect("JSON"));
        std::fs::write(folder.join("log.jsonl"), lines.collect::<Vec<_>>().join("\n"))
            .expect("it is written");
    };
    records[0].request = None;
    records[1].too_long = vec!["tag".to_owned()];
    records[2].decision = None;
    log(&records);
    std::fs::write(folder.join("same.route"), POLICY).expect("it can be written");
    let found = reasons(&replayed("log.jsonl", "same.route", &[], folder));
    assert_eq!(
        found,
        [
            "a value was too long to be kept: tag",
            "recorded before requests were kept",
            "refused before anything was decided"
        ]
    );
    let asking = POLICY.replace("flag mail when", "deny words when prompt matches r\"bye\"i\nflag mail when");
    std::fs::write(folder.join("asking.route"), asking).expect("it can be written");
    log(&records[3..]);
    let output =
        wayleave(&["replay", "--log", "log.jsonl", "--policy", "asking.route", "--format", "json"], folder);
    assert_eq!(output.status.code(), Some(2), "nothing is known of any of them");
    let asked: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(reasons(&asked), ["it depends on the text of the prompt, which the log does not keep"]);
}
