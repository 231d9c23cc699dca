//! What is read off the body of an embeddings request, beside what every api has.

use super::call::{BadCall, Draft};
use super::json::{Kind, Reader};

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
