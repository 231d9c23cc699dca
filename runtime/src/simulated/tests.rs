//! The text form of simulations, and what told and untold targets answer.

use super::*;

async fn body(reply: &mut SimulatedReply) -> (String, Result<(), Cut>) {
    let mut body = Vec::new();
    loop {
        match reply.next().await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return (String::from_utf8(body).expect("text"), Ok(())),
            Err(cut) => return (String::from_utf8(body).expect("text"), Err(cut)),
        }
    }
}

fn call(body: &str) -> SimulatedCall<'_> {
    let is_stream = body.contains("\"stream\":true");
    SimulatedCall { api: Api::Chat, provider: "local", model: "small", body: body.as_bytes(), is_stream }
}

const PLAIN: &str = r#"{"model":"m","messages":[{"role":"user","content":"Hi there"}]}"#;
const STREAM: &str =
    r#"{"model":"m","stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}"#;

#[test]
fn simulations_are_read_or_refused_in_words() {
    let read = |text| Simulation::read(text).map(|told| (told.provider, told.model, told.behaviours));
    let local = |model: Option<&str>, behaviours: &[Behaviour]| {
        Ok(("local".to_owned(), model.map(str::to_owned), behaviours.to_vec()))
    };
    assert_eq!(read("local:refuse"), local(None, &[Behaviour::Refuse]));
    let slow = Behaviour::Slow(Duration::from_millis(200));
    assert_eq!(read("local/small:slow=200ms,every=4"), local(Some("small"), &[slow, Behaviour::Every(4)]));
    assert_eq!(read("local:cut=3,stall"), local(None, &[Behaviour::Cut(3), Behaviour::Stall]));
    for (text, words) in [
        ("local", "`local` names no behaviour; write `PROVIDER:refuse`, for example"),
        (":refuse", "`:refuse` names no provider; write `PROVIDER:…` or `PROVIDER/MODEL:…`"),
        ("local/:refuse", "`local/:refuse` names no provider; write `PROVIDER:…` or `PROVIDER/MODEL:…`"),
        ("local:status=99", "`status=99` is no behaviour; write `status=503`"),
        ("local:slow=2", "`slow=2` is no behaviour; write `slow=200ms`"),
        ("local:slow=2h", "`slow=2h` is no behaviour; write `slow=200ms`"),
        ("local:every=0", "`every=0` is no behaviour; write `every=4`"),
        ("local:every=2", "`local:every=2` says how often and not what; add `refuse`, for example"),
        (
            "local:explode",
            "`explode` is no behaviour; there are `refuse`, `status=503`, `stall`, `slow=200ms`, `cut=3` and `every=4`",
        ),
    ] {
        assert_eq!(Simulation::read(text).map_err(|error| error.to_string()), Err(words.to_owned()));
    }
}

#[tokio::test]
async fn the_same_call_has_the_same_answer() {
    let simulator = Simulator::default();
    let mut first = simulator.answer(call(PLAIN)).await.expect("an answer");
    let mut second = simulator.answer(call(PLAIN)).await.expect("an answer");
    let (answer, end) = body(&mut first).await;
    assert_eq!(end, Ok(()));
    assert_eq!(answer, body(&mut second).await.0);
    let answer: Json = serde_json::from_str(&answer).expect("JSON");
    let text = &answer["choices"][0]["message"]["content"];
    assert_eq!(text, "This is a simulated answer of local/small to: Hi there");
    assert_eq!(answer["usage"]["prompt_tokens"], 2);
}

#[tokio::test]
async fn a_stream_ends_with_its_terminator() {
    let mut reply = Simulator::default().answer(call(STREAM)).await.expect("an answer");
    let (events, end) = body(&mut reply).await;
    assert_eq!(end, Ok(()));
    assert!(events.contains("\"finish_reason\":\"stop\""));
    assert!(events.ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_told_target_misbehaves_as_often_as_told() {
    let simulations = ["other:refuse", "local/small:cut=3,every=2", "local:status=429"];
    let simulations = simulations.map(|text| Simulation::read(text).expect("a simulation"));
    let simulator = Simulator::new(&simulations);
    let mut ends = Vec::new();
    for _ in 0..4 {
        let mut reply = simulator.answer(call(STREAM)).await.expect("an answer");
        let (events, end) = body(&mut reply).await;
        ends.push((events.matches("data:").count() == 3, end));
    }
    assert_eq!(ends, [(false, Ok(())), (true, Err(Cut)), (false, Ok(())), (true, Err(Cut))]);
    let other = SimulatedCall { model: "large", ..call(PLAIN) };
    let reply = simulator.answer(other).await.expect("an answer");
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    let other = SimulatedCall { provider: "other", ..call(PLAIN) };
    assert!(matches!(simulator.answer(other).await, Err(Refused)));
}
