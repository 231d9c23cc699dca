//! The caller's body with the few bytes that a decision changes: everything else leaves as it came, in shared slices.

use super::Api;
use super::call::Call;
use bytes::Bytes;

/// The body for a target: the provider's name of the model, and an output limit where the decision obliges one. The
/// pieces are to be sent one behind the other.
pub fn for_target(body: &Bytes, call: &Call, remote: &str, cap: Option<u64>) -> Vec<Bytes> {
    let mut edits = Vec::new();
    if remote != call.model {
        edits.push((call.places.model.clone(), quote(remote)));
    }
    if let Some(cap) = cap {
        // A limit of 0 says nothing in a chat request; in one for a message it is the least of all.
        let is_chat = call.api == Api::Chat;
        let is_above = |asked: u64| asked > cap || (is_chat && asked == 0);
        let above = call.places.outputs.iter().filter(|(_, asked)| is_above(*asked));
        edits.extend(above.map(|(place, _)| (place.clone(), cap.to_string())));
        if is_chat && call.places.outputs.is_empty() {
            let at = call.places.first_member;
            edits.push((at..at, format!("\"max_completion_tokens\":{cap},")));
        }
    }
    edits.sort_by_key(|(place, _)| place.start);
    let mut pieces = Vec::with_capacity(edits.len() * 2 + 1);
    let mut at = 0;
    for (place, text) in edits {
        pieces.push(body.slice(at..place.start));
        pieces.push(Bytes::from(text));
        at = place.end;
    }
    pieces.push(body.slice(at..));
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn quote(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if !text.bytes().all(is_plain) {
        return serde_json::Value::from(text).to_string();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.extend(["\"", text, "\""]);
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::call;

    fn edited(body: &'static str, remote: &str, cap: Option<u64>) -> String {
        edited_of(Api::Chat, body, remote, cap)
    }

    fn edited_of(api: Api, body: &'static str, remote: &str, cap: Option<u64>) -> String {
        let body = Bytes::from_static(body.as_bytes());
        let call = call::read(api, &body).expect("a call");
        let pieces = for_target(&body, &call, remote, cap).concat();
        String::from_utf8(pieces).expect("text")
    }

    #[test]
    fn only_what_the_decision_changes_changes() {
        let body = "{\"seed\":12345678901234567890, \"model\" : \"helpdesk\",\"temperature\":0.30,\"messages\":[],\"x\":{\"y\":1e400}}";
        assert_eq!(edited(body, "a\"b", None), body.replace("\"helpdesk\"", "\"a\\\"b\""));
        assert_eq!(edited(body, "helpdesk", None), body);
    }

    #[test]
    fn an_output_limit_is_lowered_never_raised() {
        let body = r#"{"max_tokens":900,"model":"m","max_completion_tokens":100,"messages":[]}"#;
        assert_eq!(
            edited(body, "m", Some(400)),
            r#"{"max_tokens":400,"model":"m","max_completion_tokens":100,"messages":[]}"#
        );
        assert_eq!(
            edited(r#"{"model":"m","messages":[]}"#, "m", Some(400)),
            r#"{"max_completion_tokens":400,"model":"m","messages":[]}"#
        );
        assert_eq!(
            edited(r#"{"model":"m","messages":[],"max_tokens":null}"#, "m", Some(400)),
            r#"{"model":"m","messages":[],"max_tokens":400}"#
        );
    }
    #[test]
    fn what_has_no_output_limit_gets_none() {
        let message = r#"{"model":"m","max_tokens":0,"messages":[]}"#;
        assert_eq!(edited_of(Api::Messages, message, "m", Some(4)), message);
        let message = r#"{"model":"m","max_tokens":9,"messages":[]}"#;
        assert_eq!(
            edited_of(Api::Messages, message, "n", Some(4)),
            r#"{"model":"n","max_tokens":4,"messages":[]}"#
        );
        let count = r#"{"model":"m","messages":[]}"#;
        assert_eq!(edited_of(Api::CountTokens, count, "m", Some(4)), count);
        let embedding = r#"{"model":"m","input":"a"}"#;
        assert_eq!(edited_of(Api::Embeddings, embedding, "m", Some(4)), embedding);
    }
}
