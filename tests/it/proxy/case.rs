//! One case of the suite: read, played, compared.

use std::collections::BTreeMap;
use std::time::Duration;
use wayleave_runtime::keys::Identity;
use wayleave_runtime::record::DecisionRecord;
use wayleave_runtime::record::chosen::Chosen;
use wayleave_runtime::settings::{
    Access, CallerRequestId, MemoryLimit, Settings, TargetHeader, TraceContext,
};
use wayleave_runtime::simulated::behaviour::Simulation;
use wayleave_tests::gateway::{Answer, Gateway, MARKER, TEXT_MARKER, policy};
use wayleave_tests::provider::{Provider, duration};

/// A fenced block: its words and its lines.
struct Block {
    word: String,
    name: String,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(info) if !is_inside => {
                let (word, name) = info.split_once(' ').unwrap_or((info, ""));
                blocks.push(Block { word: word.to_owned(), name: name.to_owned(), text: String::new() });
                is_inside = true;
            }
            Some(_) => is_inside = false,
            None if is_inside => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            None => {}
        }
    }
    blocks
}

/// Standard settings on a free port, patient enough for a busy machine, with a case's own lines.
pub(super) fn settings(lines: &str) -> (Settings, Identity) {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let mut settings = Settings::standard(listen, Access::Keys);
    let mut identity = Identity { caller_id: "ann".to_owned(), ..Identity::default() };
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "open" => settings.access = Access::Open,
            "target-header" => settings.target_header = TargetHeader::Withheld,
            "body-limit" => settings.body_limit_bytes = rest.parse().expect("a number"),
            "body-read" => settings.timeouts.body_read = duration(rest),
            "first-token" => {
                settings.timeouts.first_token = duration(rest);
                settings.timeouts.plain_answer = duration(rest);
            }
            "idle" => settings.timeouts.idle = duration(rest),
            "header-read" => settings.timeouts.header_read = duration(rest),
            "keep-alive" => settings.timeouts.keep_alive = duration(rest),
            "drain" => settings.timeouts.drain = duration(rest),
            "circuit" => {
                let (failures, open) = rest.split_once(' ').expect("failures and a time");
                settings.health.failures = failures.parse().expect("a number");
                settings.health.open_ms = u64::try_from(duration(open).as_millis()).expect("a short time");
            }
            "write" => settings.timeouts.write = duration(rest),
            "streams-limit" => settings.streams_limit = rest.parse().expect("a number"),
            "streams-per-caller" => settings.streams_per_caller = rest.parse().expect("a number"),
            "max-response" => settings.max_response_bytes = rest.parse().expect("a number"),
            "max-event" => settings.max_event_bytes = rest.parse().expect("a number"),
            "memory" => settings.memory = Some(memory(rest)),
            "caller-request-id" => settings.caller_request_id = CallerRequestId::Ignored,
            "trace-context" => settings.trace_context = TraceContext::Ignored,
            "total" => settings.timeouts.total = duration(rest),
            "simulate" => settings.simulations.push(Simulation::read(rest).expect("a simulation")),
            "team" => identity.team = Some(rest.to_owned()),
            "field" => {
                let (name, value) = rest.split_once('=').expect("name=value");
                identity.fields.insert(name.to_owned(), value.to_owned());
            }
            _ => panic!("`{line}` is no setting"),
        }
    }
    (settings, identity)
}

/// A process that holds that share of its memory, in percent.
fn memory(percent: &str) -> MemoryLimit {
    let resident_bytes = match percent {
        "79" => || Some(79),
        "85" => || Some(85),
        "95" => || Some(95),
        _ => panic!("`{percent}` percent of the memory is not what a case can have"),
    };
    MemoryLimit { limit_bytes: 100, resident_bytes }
}

/// Plays a case and says what does not hold; `named` reads a policy of the suite by its name.
pub(super) async fn run(text: &str, named: impl Fn(&str) -> String) -> Vec<String> {
    let blocks = blocks(text);
    let find = |word: &str| blocks.iter().find(|block| block.word == word);
    let mut providers = BTreeMap::new();
    for block in blocks.iter().filter(|block| block.word == "provider") {
        providers.insert(block.name.clone(), Provider::start(&block.text).await);
    }
    let mut policy_text = match find("policy") {
        None => named("default"),
        Some(block) if block.name.is_empty() => block.text.clone(),
        Some(block) => named(&block.name),
    };
    for name in ["first", "second", "third"] {
        if !providers.contains_key(name) {
            providers.insert(name.to_owned(), Provider::start("refuse").await);
        }
        let host = format!("http://{}", providers[name].address());
        policy_text = policy_text.replace(&format!("{{{name}}}"), &format!("{host}/v1"));
        policy_text = policy_text.replace(&format!("{{host of {name}}}"), &host);
    }
    let (settings, identity) = settings(find("settings").map_or("", |block| &block.text));
    let gateway = Gateway::start(policy(&policy_text), settings, identity).await;
    let mut wrong = Vec::new();
    let mut answer = Answer::read(b"");
    let mut took = Duration::ZERO;
    for block in &blocks {
        match block.word.as_str() {
            "request" => {
                let request = request(&block.text, &gateway.key);
                let before = gateway.records().await.len();
                let started = std::time::Instant::now();
                let sent = tokio::time::timeout(PATIENCE, gateway.exchange(&request)).await;
                took = started.elapsed();
                answer = sent.unwrap_or_else(|_| Answer::read(b"no answer in time"));
                wrong.extend(leaks(&format!("{}\n{}", answer.head, answer.body), "the answer"));
                // The id is that of a record, and stands where there is one.
                let is_recorded = gateway.records().await.len() > before;
                if answer.header("x-wayleave-decision").is_some_and(|id| id.len() == 26) != is_recorded {
                    wrong.push(format!("recorded: {is_recorded}, and the answer is\n{}", answer.head));
                }
            }
            "answer" => wrong.extend(compare_answer(&block.text, &answer, took)),
            "record" => {
                let records = gateway.records().await;
                let Some(record) = records.last() else {
                    wrong.push("there is no record".to_owned());
                    continue;
                };
                wrong.extend(compare_record(&block.text, record));
                if record.first_content_ms.is_some_and(|first_ms| first_ms > record.latency_ms) {
                    wrong.push(format!("the first content came behind the end of {record:?}"));
                }
                let kept = serde_json::to_string(record).unwrap_or_default();
                wrong.extend(leaks(&kept, "the record"));
                wrong.extend(kept.contains(TEXT_MARKER).then(|| "the record holds a text".to_owned()));
            }
            "received" => wrong.extend(compare_received(&block.text, &block.name, &providers).await),
            "policy" | "provider" | "settings" => {}
            other => wrong.push(format!("`{other}` is no block of a case")),
        }
    }
    wrong
}

/// Far longer than any case takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn leaks(text: &str, place: &str) -> Option<String> {
    text.contains(MARKER).then(|| format!("{place} holds a provider's key"))
}

fn request(text: &str, key: &str) -> Vec<u8> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let body = body.strip_suffix('\n').unwrap_or(body);
    let mut lines = head.lines();
    let mut request = format!("{} HTTP/1.1\r\n", lines.next().unwrap_or_default());
    let given: Vec<&str> = lines.filter(|line| *line != "no-key").collect();
    for line in &given {
        request.push_str(&format!("{}\r\n", line.replace("{key}", key)));
    }
    let mut add = |name: &str, value: &str| {
        let is_given =
            given.iter().any(|line| line.split(':').next().is_some_and(|own| own.eq_ignore_ascii_case(name)));
        if !is_given {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
    };
    add("host", "gateway");
    add("connection", "close");
    if !head.lines().any(|line| line == "no-key") {
        add("authorization", &format!("Bearer {key}"));
    }
    if !body.is_empty() {
        add("content-type", "application/json");
        add("content-length", &body.len().to_string());
    }
    format!("{request}\r\n{body}").into_bytes()
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\r", "\r")
}

fn compare_answer(expected: &str, answer: &Answer, took: Duration) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in expected.lines() {
        let holds = if let Some(status) = line.strip_prefix("status ") {
            answer.status.to_string() == status
        } else if let Some(least) = line.strip_prefix("took ") {
            took >= duration(least)
        } else if let Some(name) = line.strip_prefix("no header ") {
            answer.header(name).is_none()
        } else if let Some(name) = line.strip_prefix("own id in ") {
            answer.header(name).is_some_and(|id| Some(id) == answer.header("x-wayleave-decision"))
        } else if let Some(header) = line.strip_prefix("header ") {
            let (name, value) = header.split_once(": ").unwrap_or((header, ""));
            answer.header(name) == Some(value)
        } else if let Some(body) = line.strip_prefix("body is ") {
            answer.body == unescape(body)
        } else if let Some(part) = line.strip_prefix("body has ") {
            answer.body.contains(&unescape(part))
        } else if let Some(part) = line.strip_prefix("body lacks ") {
            !answer.body.contains(&unescape(part))
        } else {
            false
        };
        if !holds {
            wrong.push(format!("answer: `{line}` does not hold of\n{}\n\n{}", answer.head, answer.body));
        }
    }
    wrong
}

fn compare_record(expected: &str, record: &DecisionRecord) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut attempts = Vec::new();
    for line in expected.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let holds = match word {
            "outcome" => record.outcome.name() == rest,
            "status" => record.status.to_string() == rest,
            "target" => record.target.as_deref() == Some(rest),
            "chosen" => record.chosen.map(Chosen::name) == Some(rest),
            "reason" => record.reasons.iter().any(|reason| reason == rest),
            "tokens" => format!("{} {}", record.tokens.input, record.tokens.output) == rest,
            "caller-request-id" => record.caller_request_id.as_deref() == Some(rest),
            "trace" => record.trace.as_ref().is_some_and(|trace| {
                format!("{} {}", trace.trace_id, trace.parent_id.as_deref().unwrap_or("-")) == rest
            }),
            "no" if rest == "caller-request-id" => record.caller_request_id.is_none(),
            "no" if rest == "trace" => record.trace.is_none(),
            "no" if rest == "parent" => record.trace.as_ref().is_some_and(|trace| trace.parent_id.is_none()),
            "finding" => findings(record).contains(&rest),
            "no" if rest == "finding" => findings(record).is_empty(),
            "detail" => record.attempts.iter().any(|attempt| attempt.detail == rest),
            "mark" => {
                record.attempts.iter().any(|attempt| attempt.marks.words().iter().any(|mark| mark == rest))
            }
            "no" if rest == "mark" => record.attempts.iter().all(|attempt| attempt.marks.is_empty()),
            "api" => record.api == rest,
            "cached" => format!("{} {}", record.tokens.cached, record.tokens.cache_written) == rest,
            "failed" => failed(record).contains(&rest.to_owned()),
            "billed" => record.attempts.iter().any(|attempt| attempt.maybe_billed && attempt.target == rest),
            "passed" => {
                record.passed_over.iter().any(|passed| format!("{} {}", passed.target, passed.cause) == rest)
            }
            "removed" => removed(record).contains(&rest.to_owned()),
            "attempt" => {
                attempts.push(rest.to_owned());
                true
            }
            _ => false,
        };
        if !holds {
            let DecisionRecord { outcome, status, target, reasons, tokens, inspection, .. } = record;
            let found = findings(record);
            wrong.push(format!(
                "record: `{line}` does not hold of {outcome:?} {status} {target:?} {reasons:?} {tokens:?} {found:?} \
                 {inspection:?} {:?}",
                record.attempts
            ));
        }
    }
    let made: Vec<String> = record
        .attempts
        .iter()
        .map(|attempt| {
            let cause = attempt.cause.as_deref().unwrap_or("ok");
            let status = attempt.status.map(|status| format!(" {status}")).unwrap_or_default();
            format!("{} {cause}{status}", attempt.target)
        })
        .collect();
    if made != attempts {
        wrong.push(format!("record: the attempts are {made:?}, not {attempts:?}"));
    }
    wrong
}

fn findings(record: &DecisionRecord) -> Vec<&str> {
    let found = record.decision.as_ref().and_then(|decision| decision["findings"].as_array());
    found.into_iter().flatten().filter_map(|finding| finding.as_str()).collect()
}

fn removed(record: &DecisionRecord) -> Vec<String> {
    let removed = record.decision.as_ref().and_then(|decision| decision["removed"].as_array());
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    removed
        .into_iter()
        .flatten()
        .map(|one| format!("{} {}", text(&one["target"]), text(&one["by"][0])))
        .collect()
}

fn failed(record: &DecisionRecord) -> Vec<String> {
    let failed = record.inspection.iter().flat_map(|inspection| &inspection.failed);
    failed.map(|failed| format!("{}: {}", failed.detector, failed.cause)).collect()
}

async fn compare_received(expected: &str, name: &str, providers: &BTreeMap<String, Provider>) -> Vec<String> {
    let Some(provider) = providers.get(name) else { return vec![format!("there is no provider `{name}`")] };
    let mut wrong = Vec::new();
    for line in expected.lines() {
        let mut is_held = false;
        // That a caller has left is seen a moment later.
        for _ in 0..100 {
            let received = provider.received();
            is_held = match (line.strip_prefix("count "), received.last()) {
                (Some(count), _) => received.len().to_string() == count,
                (None, None) => false,
                (None, Some(last)) => {
                    let head = last.head.to_ascii_lowercase();
                    if line == "abandoned" {
                        last.is_abandoned
                    } else if let Some(part) = line.strip_prefix("head has ") {
                        head.contains(part)
                    } else if let Some(part) = line.strip_prefix("head lacks ") {
                        !head.contains(part)
                    } else {
                        line.strip_prefix("body is ").is_some_and(|body| last.body == unescape(body))
                    }
                }
            };
            if is_held {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if !is_held {
            wrong.push(format!("{name}: `{line}` does not hold of {:?}", provider.received()));
        }
    }
    wrong
}
