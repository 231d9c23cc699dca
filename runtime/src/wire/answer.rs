//! A whole answer of a provider: whether it is one, and the tokens it counts.

use super::chunk::{self, Malformed};
use super::errors::ProviderError;
use super::json::{Keys, Kind, Reader};
use super::{Api, Usage, tokens};

/// Why a body under a status of success is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// Not JSON, not an object, or without the list that answers have.
    NotAnAnswer,
    /// An error, dressed as a success.
    Error(ProviderError),
}

impl From<Malformed> for NoAnswer {
    fn from(_: Malformed) -> NoAnswer {
        NoAnswer::NotAnAnswer
    }
}

impl From<super::json::JsonError> for NoAnswer {
    fn from(_: super::json::JsonError) -> NoAnswer {
        NoAnswer::NotAnAnswer
    }
}

/// Reads an answer.
///
/// # Errors
/// When it is none.
pub fn read(api: Api, body: &[u8]) -> Result<Usage, NoAnswer> {
    let text = std::str::from_utf8(body).map_err(|_| NoAnswer::NotAnAnswer)?;
    let list = match api {
        Api::Chat => "choices",
        Api::Embeddings => "data",
    };
    let mut reader = Reader::new(text, Keys::Unchecked);
    let mut usage = None;
    let mut answer = None;
    let mut error = None;
    reader.object(|reader, key| {
        let kind = reader.peek()?;
        if key.raw == "usage" && kind == Kind::Object {
            usage = Some(chunk::usage(reader)?);
            return Ok::<(), NoAnswer>(());
        }
        let raw = reader.raw()?;
        if key.raw == list && kind == Kind::Array {
            answer = Some(raw);
        }
        if key.raw == "error" && kind != Kind::Null {
            error = Some(ProviderError::read(format!("{{\"error\":{raw}}}").as_bytes()).unwrap_or_default());
        }
        Ok(())
    })?;
    reader.end()?;
    if let Some(error) = error {
        return Err(NoAnswer::Error(error));
    }
    let answer = answer.ok_or(NoAnswer::NotAnAnswer)?;
    Ok(usage.unwrap_or_else(|| match api {
        Api::Chat => Usage::estimated(tokens::of_text(answer)),
        Api::Embeddings => Usage::estimated(0),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_that_is_none_is_seen() {
        let read = |body: &str| read(Api::Chat, body.as_bytes());
        let usage = Usage { input_tokens: 3, output_tokens: 4, ..Usage::default() };
        let whole = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4},"error":null}"#;
        assert_eq!(read(whole), Ok(usage));
        let uncounted = read(r#"{"choices":[{"message":{"content":"\ud83d"}}]}"#);
        assert!(uncounted.is_ok_and(|usage| usage.is_estimated && usage.output_tokens > 0));
        for body in ["", "<html>", "[]", "{}", r#"{"choices":[]"#, r#"{"choices":[]} x"#] {
            assert_eq!(read(body), Err(NoAnswer::NotAnAnswer), "{body}");
        }
        assert!(matches!(read(r#"{"error":{"message":"no"}}"#), Err(NoAnswer::Error(_))));
        assert!(matches!(read(r#"{"choices":[],"error":7}"#), Err(NoAnswer::Error(_))));
    }
}
