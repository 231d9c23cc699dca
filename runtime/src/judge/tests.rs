//! Judges on loopback that answer, fail and stall, under both words for a failure.

use super::*;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// What a judge of these tests does with each request.
#[derive(Debug, Clone)]
enum Act {
    Answer(u16, String),
    Stall,
    /// The head, and then a blank each few milliseconds.
    Drip,
    Cut,
    Refuse,
}

/// Where it listens, and the bodies that it got.
async fn serve(act: Act) -> (String, Arc<Mutex<Vec<serde_json::Value>>>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    if matches!(act, Act::Refuse) {
        // Bound and not listening for as long as the test process runs.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}/analyze", socket.local_addr().unwrap());
        std::mem::forget(socket);
        return (url, bodies);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/analyze", listener.local_addr().unwrap());
    let noted = Arc::clone(&bodies);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, act.clone(), Arc::clone(&noted)));
        }
    });
    (url, bodies)
}

async fn answer(mut stream: TcpStream, act: Act, noted: Arc<Mutex<Vec<serde_json::Value>>>) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let length = |head: &str| -> usize {
            let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            line.map_or(0, |length| length.parse().unwrap())
        };
        match text.split_once("\r\n\r\n") {
            Some((head, body)) if body.len() >= length(head) => {
                assert!(head.starts_with("POST /analyze HTTP/1.1"), "{head}");
                noted.lock().unwrap().push(serde_json::from_str(body).unwrap());
                break;
            }
            _ => assert!(stream.read_buf(&mut bytes).await.unwrap() > 0),
        }
    }
    let head = |status: u16, length: usize| {
        format!("HTTP/1.1 {status} Told\r\nlocation: /elsewhere\r\ncontent-length: {length}\r\n\r\n")
    };
    match act {
        Act::Answer(status, body) => {
            let answer = format!("{}{body}", head(status, body.len()));
            let _ = stream.write_all(answer.as_bytes()).await;
            // Until the other side has closed.
            while stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {}
        }
        Act::Stall => tokio::time::sleep(Duration::from_secs(60)).await,
        Act::Drip => {
            let _ = stream.write_all(head(200, 10_000).as_bytes()).await;
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Act::Cut => stream.set_zero_linger().unwrap(),
        Act::Refuse => {}
    }
}

fn judges(url: &str, timeout_ms: u64, on_failure: OnFailure) -> Judges {
    let finds = vec!["diagnosis".to_owned(), "patient-id".to_owned()];
    let kind = DetectorKind::Outside(Judge { url: url.to_owned(), finds, timeout_ms, on_failure });
    let detectors = vec![Detector { name: "medical".to_owned(), kind }];
    let _ = rustls::crypto::ring::default_provider().install_default();
    Judges::prepare(&Catalogue { detectors, ..Catalogue::default() }, &[], None)
}

async fn verdict(act: Act, timeout_ms: u64, on_failure: OnFailure) -> (Vec<String>, Option<JudgeFailure>) {
    let (url, _) = serve(act).await;
    let verdict = judges(&url, timeout_ms, on_failure).ask(DetectorId(0), &["some text"]).await;
    (verdict.found.into_iter().collect(), verdict.failure)
}

/// Far longer than an answer on loopback takes on a busy machine.
const PATIENT_MS: u64 = 20_000;

#[tokio::test]
async fn a_judge_is_asked_as_presidio_is_and_unknown_entities_are_ignored() {
    for (answer, found) in [
        ("[]", vec![]),
        (r#"[{"entity_type":"DIAGNOSIS","start":0,"end":4,"score":0.85}]"#, vec!["medical.diagnosis"]),
        (
            r#"[{"entity_type":"PATIENT_ID","score":1.0,"analysis_explanation":null},{"entity_type":"DIAGNOSIS"}]"#,
            vec!["medical.diagnosis", "medical.patient-id"],
        ),
        (r#"[{"entity_type":"PERSON","start":0,"end":4,"score":0.85}]"#, vec![]),
        (r#"[{"entity_type":"diagnosis"}]"#, vec![]),
    ] {
        let (url, bodies) = serve(Act::Answer(200, answer.to_owned())).await;
        let judges = judges(&url, PATIENT_MS, OnFailure::Found);
        let verdict = judges.ask(DetectorId(0), &["one", " ", "two"]).await;
        assert_eq!(verdict.found.into_iter().collect::<Vec<_>>(), found, "{answer}");
        assert_eq!(verdict.failure, None, "{answer}");
        let asked = json!({"text": "one\n\ntwo", "language": "en", "entities": ["DIAGNOSIS", "PATIENT_ID"]});
        assert_eq!(*bodies.lock().unwrap(), [asked]);
    }
}

#[tokio::test]
async fn what_does_not_come_in_time_and_in_form_is_a_failure() {
    let huge = format!("[{}]", vec![r#"{"entity_type":"DIAGNOSIS"}"#; 60_000].join(","));
    for (act, timeout_ms, failure) in [
        (Act::Stall, 100, JudgeFailure::Timeout),
        (Act::Drip, 100, JudgeFailure::Timeout),
        (Act::Answer(500, "[]".to_owned()), PATIENT_MS, JudgeFailure::Status(500)),
        (Act::Answer(404, "[]".to_owned()), PATIENT_MS, JudgeFailure::Status(404)),
        (Act::Answer(302, "[]".to_owned()), PATIENT_MS, JudgeFailure::Status(302)),
        (Act::Answer(200, String::new()), PATIENT_MS, JudgeFailure::NotAnAnswer),
        (Act::Answer(200, "<html>".to_owned()), PATIENT_MS, JudgeFailure::NotAnAnswer),
        (Act::Answer(200, "{\"error\":\"x\"}".to_owned()), PATIENT_MS, JudgeFailure::NotAnAnswer),
        (Act::Answer(200, "[{\"start\":1}]".to_owned()), PATIENT_MS, JudgeFailure::NotAnAnswer),
        (Act::Answer(200, "[null]".to_owned()), PATIENT_MS, JudgeFailure::NotAnAnswer),
        (Act::Answer(200, "[".repeat(100_000)), PATIENT_MS, JudgeFailure::NotAnAnswer),
        (Act::Answer(200, huge), PATIENT_MS, JudgeFailure::TooLong),
        (Act::Cut, PATIENT_MS, JudgeFailure::Lost),
        (Act::Refuse, PATIENT_MS, JudgeFailure::Unreachable),
    ] {
        let all = vec!["medical.diagnosis".to_owned(), "medical.patient-id".to_owned()];
        let shown = format!("{failure:?}");
        let as_found = verdict(act.clone(), timeout_ms, OnFailure::Found).await;
        assert_eq!(as_found, (all, Some(failure)), "{shown}");
        let as_clean = verdict(act, timeout_ms, OnFailure::Clean).await;
        assert_eq!(as_clean, (Vec::new(), Some(failure)), "{shown}");
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_called_is_a_failure_too() {
    for url in ["not a url", "ftp://127.0.0.1/analyze", "http://"] {
        let verdict = judges(url, PATIENT_MS, OnFailure::Found).ask(DetectorId(0), &["text"]).await;
        assert!(verdict.failure.is_some() && verdict.found.len() == 2, "{url}");
    }
}

#[tokio::test]
async fn nothing_to_look_through_is_clean_and_asks_nobody() {
    let judges = judges("http://127.0.0.1:1/analyze", PATIENT_MS, OnFailure::Found);
    assert_eq!(judges.ask(DetectorId(0), &["", " \n"]).await, Verdict::default());
    assert_eq!(judges.ask(DetectorId(7), &["text"]).await, Verdict::default());
}

#[tokio::test]
async fn one_deadline_holds_for_all_texts_together() {
    let (url, bodies) = serve(Act::Stall).await;
    let long = "a ".repeat(TEXT_BYTES * 10);
    let started = Instant::now();
    let verdict = judges(&url, 300, OnFailure::Clean).ask(DetectorId(0), &[&long]).await;
    assert_eq!(verdict.failure, Some(JudgeFailure::Timeout));
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(bodies.lock().unwrap().len() <= ASKED_AT_ONCE);
}

#[test]
fn parts_are_joined_and_cut_and_nothing_is_lost_between() {
    assert_eq!(texts(&["a", "", "b"]), ["a\n\nb"]);
    let long = "é".repeat(TEXT_BYTES);
    let cut = texts(&["a", &long, "b"]);
    assert!(
        cut.iter().all(|text| text.len() <= TEXT_BYTES),
        "{:?}",
        cut.iter().map(String::len).collect::<Vec<_>>()
    );
    let pieces = pieces(&long);
    let whole: usize = pieces.iter().map(|piece| piece.len()).sum();
    assert!(whole >= long.len() + (pieces.len() - 1) * (OVERLAP_BYTES - 4));
}

#[test]
fn failures_are_told_once_a_minute() {
    let (told, start) = (Told::default(), Instant::now());
    let due = [0, 1, 59, 60, 61, 119, 120].map(|second| told.is_due(start + Duration::from_secs(second)));
    assert_eq!(due, [true, false, false, true, false, false, true]);
}

#[tokio::test]
async fn a_policy_that_is_saved_tells_no_sooner() {
    let (url, _) = serve(Act::Refuse).await;
    let catalogue = |name: &str| {
        let kind = DetectorKind::Outside(Judge {
            url: url.clone(),
            finds: vec!["x".to_owned()],
            timeout_ms: 1000,
            on_failure: OnFailure::Clean,
        });
        Catalogue { detectors: vec![Detector { name: name.to_owned(), kind }], ..Catalogue::default() }
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let before = Judges::prepare(&catalogue("one"), &[], None);
    assert!(before.ask(DetectorId(0), &["text"]).await.failure.is_some());
    let is_due = |judges: Judges| judges.0[&DetectorId(0)].told.is_due(Instant::now());
    assert!(!is_due(Judges::prepare(&catalogue("one"), &[], Some(&before))));
    assert!(is_due(Judges::prepare(&catalogue("other"), &[], Some(&before))));
}
