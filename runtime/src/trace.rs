//! What others call a request: the trace that it belongs to, and its caller's own id. Both are taken only in the form that
//! their standard has, and lead to nothing but to being written down and passed on.
//!
//! W3C, "Trace Context", Level 1.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// Where a request stands in a trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What tracing systems know of a trace beside that.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A request's id as its caller, or its answerer, has it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A longer `tracestate` is not passed on: the standard asks for 512 characters at least.
const TRACESTATE_BYTES: usize = 512;

/// Members of a `tracestate`. Section 3.3.1.1.
const TRACESTATE_MEMBERS: usize = 32;

/// No id that a caller's tools make is longer.
const CALLER_ID_BYTES: usize = 128;

/// `version "-" trace-id "-" parent-id "-" trace-flags`, of version 00.
const TRACEPARENT_BYTES: usize = 55;

/// The flag that says that the caller may have recorded its part.
const SAMPLED: u8 = 1;

/// The trace of a request, and the gateway's own part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// 32 hexadecimal digits: the caller's, or new.
    pub trace_id: String,
    /// The caller's part; none where the trace begins here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The gateway's part, which providers see as theirs to continue: 16 hexadecimal digits.
    pub span_id: String,
    /// Whether the caller may have recorded its part.
    pub is_sampled: bool,
    /// What goes on to providers of the caller's `tracestate`.
    #[serde(skip)]
    pub state: Option<String>,
}

impl Trace {
    /// The trace that a request's headers name, or a new one where they name none in the standard's form. `random` is 24
    /// bytes that nobody can guess.
    pub fn of_request(headers: &HeaderMap, random: [u8; 24]) -> Trace {
        let (fresh, own) = random.split_at(16);
        let span_id = digits(own);
        let mut values = headers.get_all(TRACEPARENT).iter();
        // Two of them are none: nobody can say which is meant.
        let given = values.next().filter(|_| values.next().is_none());
        match given.and_then(parent) {
            Some(Parent { trace_id, parent_id, is_sampled }) => {
                Trace { trace_id, parent_id: Some(parent_id), span_id, is_sampled, state: state(headers) }
            }
            None => {
                Trace { trace_id: digits(fresh), parent_id: None, span_id, is_sampled: false, state: None }
            }
        }
    }

    /// The `traceparent` of a call that the gateway makes.
    pub fn header(&self) -> String {
        let mut header = String::with_capacity(TRACEPARENT_BYTES);
        let flags = if self.is_sampled { "01" } else { "00" };
        header.extend(["00-", &self.trace_id, "-", &self.span_id, "-", flags]);
        header
    }
}

struct Parent {
    trace_id: String,
    parent_id: String,
    is_sampled: bool,
}

/// Section 3.2. A later version may have more behind a dash; what is known of it stands where it stood.
fn parent(value: &HeaderValue) -> Option<Parent> {
    let text = value.to_str().ok()?;
    let known = text.get(..TRACEPARENT_BYTES)?;
    let rest = &text[TRACEPARENT_BYTES..];
    let mut parts = known.split('-');
    let mut part = |length: usize| parts.next().filter(|part| part.len() == length && is_hexadecimal(part));
    let (version, trace_id, parent_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    let is_whole = match version {
        "ff" => false,
        "00" => rest.is_empty(),
        _ => rest.is_empty() || rest.starts_with('-'),
    };
    let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    if !is_whole || is_zero(trace_id) || is_zero(parent_id) {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some(Parent {
        trace_id: trace_id.to_owned(),
        parent_id: parent_id.to_owned(),
        is_sampled: flags & SAMPLED == SAMPLED,
    })
}

/// Lower case alone: section 3.2.1 has no other digits.
fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The members of all `tracestate` headers as one list; none where one of them is not of the form, or they are too many.
fn state(headers: &HeaderMap) -> Option<String> {
    let mut members = Vec::new();
    for value in headers.get_all(TRACESTATE) {
        for member in value.to_str().ok()?.split(',').map(|member| member.trim_matches([' ', '\t'])) {
            if !member.is_empty() {
                members.push(member);
            }
        }
    }
    let keys: std::collections::BTreeSet<&str> =
        members.iter().filter_map(|member| member.split('=').next()).collect();
    let is_sound = members.len() <= TRACESTATE_MEMBERS
        && keys.len() == members.len()
        && members.iter().all(|member| is_member(member));
    let text = members.join(",");
    (is_sound && !text.is_empty() && text.len() <= TRACESTATE_BYTES).then_some(text)
}

/// Section 3.3.1.3: a key of lower case letters, digits and `_-*/@`, and a value of visible characters and blanks.
fn is_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else { return false };
    let is_of_keys =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
    let is_key = key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && key.len() <= 256
        && key.bytes().all(is_of_keys)
        && key.bytes().filter(|byte| *byte == b'@').count() <= 1;
    let is_of_values = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'=';
    is_key && (1..=256).contains(&value.len()) && value.bytes().all(is_of_values)
}

fn digits(bytes: &[u8]) -> String {
    let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
    let mut digits = vec![0; 2 * bytes.len()];
    for (two, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *two = [digit(byte >> 4), digit(byte & 15)];
    }
    String::from_utf8(digits).expect("digits are ASCII")
}

/// A caller's own id of its request; none where it is not short, visible ASCII, or stands twice.
pub fn caller_id(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(REQUEST_ID).iter();
    let value = values.next().filter(|_| values.next().is_none()).filter(|value| is_plain(value))?;
    value.to_str().ok().map(str::to_owned)
}

/// Whether a value is short enough for an id, and of visible ASCII characters alone.
pub fn is_plain(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=CALLER_ID_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests;
