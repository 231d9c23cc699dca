//! Bytes to messages. What is no message has an answer, where it can have been a request.

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response, ResponseError};
use serde_json::{Map, Value};

/// Why a payload is no message.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) why: String,
    /// The answer's code, and the id that it goes to. None for what looks like an answer itself: two that do not understand
    /// each other would go on for ever.
    pub(super) answer: Option<(ErrorCode, Value)>,
}

impl Unread {
    pub(super) fn answered(code: ErrorCode, id: Value, why: String) -> Unread {
        Unread { why, answer: Some((code, id)) }
    }
}

/// The message of a payload.
pub(super) fn read(bytes: &[u8]) -> Result<Message, Unread> {
    let unread = |why: String| Unread::answered(ErrorCode::ParseError, Value::Null, why);
    let text = std::str::from_utf8(bytes).map_err(|error| unread(format!("it is not UTF-8: {error}")))?;
    let value = serde_json::from_str(text).or_else(|error| match with_whole_letters(text) {
        Some(whole) => serde_json::from_str(&whole),
        None => Err(error),
    });
    match value.map_err(|error| unread(format!("it is not JSON: {error}")))? {
        Value::Object(members) => message(members),
        other => {
            let what =
                if other.is_array() { "an array, and the protocol has no batches" } else { "no object" };
            Err(Unread::answered(ErrorCode::InvalidRequest, Value::Null, format!("it is {what}")))
        }
    }
}

fn message(mut members: Map<String, Value>) -> Result<Message, Unread> {
    // As much of it as an answer can name.
    let id = members.remove("id").unwrap_or_default();
    let named = if id.is_string() || id.is_number() { id.clone() } else { Value::Null };
    let invalid = |why: &str| Unread::answered(ErrorCode::InvalidRequest, named, why.to_owned());
    match members.remove("method") {
        Some(Value::String(method)) => {
            let params = members.remove("params").unwrap_or_default();
            if !(params.is_object() || params.is_array() || params.is_null()) {
                return Err(invalid("its `params` are neither an object nor an array"));
            }
            // Some clients write `null` for no id.
            if id.is_null() {
                return Ok(Notification { method, params }.into());
            }
            let id = serde_json::from_value(id)
                .map_err(|_| invalid("its `id` is neither a text nor an integer of 32 bits"))?;
            Ok(Request { id, method, params }.into())
        }
        Some(_) => Err(invalid("its `method` is not a text")),
        None if members.contains_key("result") || members.contains_key("error") => response(id, members),
        None => Err(invalid("it has no `method`")),
    }
}

fn response(id: Value, mut members: Map<String, Value>) -> Result<Message, Unread> {
    let id: RequestId = serde_json::from_value(id)
        .map_err(|_| Unread { why: "it answers nothing that was asked".to_owned(), answer: None })?;
    // Some clients write both, one of them `null`.
    let response_result = match members.remove("error").unwrap_or_default() {
        Value::Null => Ok(members.remove("result").unwrap_or_default()),
        error => Err(serde_json::from_value(error).unwrap_or_else(|unclear| ResponseError {
            code: ErrorCode::UnknownErrorCode as i32,
            message: unclear.to_string(),
            data: None,
        })),
    };
    Ok(Response { id, response_result }.into())
}

/// The same JSON with U+FFFD for each half of a letter that stands alone; none where none does. Editors that keep a text in UTF-16
/// write such halves as escapes, though they are no text. Both are one unit of UTF-16, so all places stay where they are.
fn with_whole_letters(text: &str) -> Option<String> {
    const ESCAPE: usize = r"\u0000".len();
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_other = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let second = || escape.get(ESCAPE..).and_then(unit);
        let (taken, length) = match unit(escape) {
            Some(0xD800..=0xDBFF) if matches!(second(), Some(0xDC00..=0xDFFF)) => {
                (&escape[..2 * ESCAPE], 2 * ESCAPE)
            }
            Some(0xD800..=0xDFFF) => {
                is_other = true;
                ("\u{FFFD}", ESCAPE)
            }
            Some(_) => (&escape[..ESCAPE], ESCAPE),
            None => {
                let length = escape.chars().take(2).map(char::len_utf8).sum();
                (&escape[..length], length)
            }
        };
        whole.push_str(taken);
        rest = &escape[length..];
    }
    whole.push_str(rest);
    is_other.then_some(whole)
}

/// The unit of UTF-16 that an escape at the beginning of a text stands for.
fn unit(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix(r"\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}
