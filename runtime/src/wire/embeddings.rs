//! What is read off the body of an embeddings request, beside what every api has; and vectors as base64 where they were asked
//! for so.

use super::call::{BadCall, Draft};
use super::json::{JsonError, Keys, Kind, Reader};
use std::ops::Range;

/// What some tokenizers put before each text.
const PER_TEXT: u64 = 1;

/// Reads one member.
pub(super) fn member(
    draft: &mut Draft<'_>,
    reader: &mut Reader<'_>,
    name: &'static str,
) -> Result<(), BadCall> {
    match name {
        "input" => {
            draft.has_content = true;
            input(draft, reader, 0)
        }
        "encoding_format" => {
            draft.call.wants_base64 = reader.peek()? == Kind::String && reader.fork().string()?.is("base64");
            reader.skip().map(drop).map_err(BadCall::from)
        }
        _ => reader.skip().map(drop).map_err(BadCall::from),
    }
}

/// A text, a list of texts, a list of token numbers, or a list of such lists.
fn input(draft: &mut Draft<'_>, reader: &mut Reader<'_>, depth: u32) -> Result<(), BadCall> {
    const WHAT: BadCall = BadCall::WrongType("input", "a text, a list of texts, or token numbers");
    match (reader.peek()?, depth) {
        (Kind::String, 0 | 1) => {
            draft.meter.text(reader.string()?.raw);
            draft.meter.allowance(PER_TEXT);
            Ok(())
        }
        (Kind::Number, 1 | 2) => {
            draft.meter.other(1);
            reader.number().map(drop).map_err(BadCall::from)
        }
        (Kind::Array, 0 | 1) => reader.array(|reader| input(draft, reader, depth + 1)),
        _ => Err(WHAT),
    }
}

/// An answer with its vectors as base64: those that came as lists of numbers, since some providers pass over how they were asked.
/// Whatever else stands in it stays as it is. None where there is nothing to do, or it cannot be read.
pub fn in_base64(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut vectors: Vec<(Range<usize>, String)> = Vec::new();
    let read = Reader::new(text, Keys::Unchecked).object(|reader, key| {
        if !key.is("data") || reader.peek()? != Kind::Array {
            return reader.skip().map(drop);
        }
        reader.array(|reader| {
            if reader.peek()? != Kind::Object {
                return reader.skip().map(drop);
            }
            reader.object(|reader, key| {
                let vector = reader.fork();
                let place = reader.skip()?;
                if key.is("embedding")
                    && let Some(numbers) = numbers(vector)
                {
                    vectors.push((place, base64(&numbers)));
                }
                Ok::<(), JsonError>(())
            })
        })
    });
    if read.is_err() || vectors.is_empty() {
        return None;
    }
    let mut told = Vec::with_capacity(body.len());
    let mut at = 0;
    for (place, vector) in vectors {
        told.extend_from_slice(&body[at..place.start]);
        told.push(b'"');
        told.extend_from_slice(vector.as_bytes());
        told.push(b'"');
        at = place.end;
    }
    told.extend_from_slice(&body[at..]);
    Some(told)
}

/// A list of numbers that are there in 32 bits. None if it is anything else.
fn numbers(mut reader: Reader<'_>) -> Option<Vec<f32>> {
    let mut numbers = Vec::new();
    let read = reader.array(|reader| {
        let number: f32 = reader.number()?.parse().map_err(|_| JsonError::WrongType)?;
        if !number.is_finite() {
            return Err(JsonError::WrongType);
        }
        numbers.push(number);
        Ok(())
    });
    read.ok().map(|()| numbers)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A vector as OpenAI's SDKs read it: floats of 32 bits, the lowest byte first, in base64 (RFC 4648, section 4).
pub fn base64(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    base64_of(&bytes)
}

fn base64_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let index = (bits >> (18 - 6 * position)) & 63;
            text.push(if position <= group.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64_of(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn lists_of_numbers_alone_become_base64() {
        let told =
            |body: &str| in_base64(body.as_bytes()).map(|told| String::from_utf8_lossy(&told).into_owned());
        let body = r#"{ "data": [{"embedding" : [1, -2.5e0] ,"index":0},{"embedding":"AACAPw=="},{"embedding":[]}],"x":[1]}"#;
        let wanted = r#"{ "data": [{"embedding" : "AACAPwAAIMA=" ,"index":0},{"embedding":"AACAPw=="},{"embedding":""}],"x":[1]}"#;
        assert_eq!(told(body).as_deref(), Some(wanted));
        for body in [
            r#"{"data":[{"embedding":"AACAPw=="}]}"#,
            r#"{"data":[{"embedding":[1,"a"]},{"embedding":[1e400]},{"embedding":[[1]]},7]}"#,
            r#"{"data":{"embedding":[1]},"embedding":[1]}"#,
            r#"{"data":[{"embedding":[1]}"#,
            "[1]",
        ] {
            assert_eq!(told(body), None, "{body}");
        }
    }
}
