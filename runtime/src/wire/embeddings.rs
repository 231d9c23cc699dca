//! What is read off the body of an embeddings request, beside what every api has.

use super::call::{BadCall, Draft};
use super::json::{Kind, Reader};
use super::tokens;

/// Reads one member.
pub(super) fn member(draft: &mut Draft, reader: &mut Reader<'_>, name: &'static str) -> Result<(), BadCall> {
    match name {
        "input" => {
            draft.has_content = true;
            draft.call.tokens += input(reader, 0)?;
            Ok(())
        }
        _ => reader.skip().map(drop).map_err(BadCall::from),
    }
}

/// A text, a list of texts, a list of token numbers, or a list of such lists.
fn input(reader: &mut Reader<'_>, depth: u32) -> Result<u64, BadCall> {
    const WHAT: BadCall = BadCall::WrongType("input", "a text, a list of texts, or token numbers");
    match (reader.peek()?, depth) {
        (Kind::String, 0 | 1) => Ok(tokens::of_text(reader.string()?.raw) + 1),
        (Kind::Number, 1 | 2) => reader.number().map(|_| 1).map_err(BadCall::from),
        (Kind::Array, 0 | 1) => {
            let mut sum = 0;
            reader.array(|reader| {
                sum += input(reader, depth + 1)?;
                Ok::<(), BadCall>(())
            })?;
            Ok(sum)
        }
        _ => Err(WHAT),
    }
}
