//! A whole answer of a provider: whether it is one, and the tokens it counts.

use super::chunk::{self, Malformed};
use super::errors::ProviderError;
use super::json::{Keys, Kind, Reader};
use super::{Api, Usage};

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
pub fn read(api: Api, body: &[u8]) -> Result<Option<Usage>, NoAnswer> {
    let text = std::str::from_utf8(body).map_err(|_| NoAnswer::NotAnAnswer)?;
    let list = match api {
        Api::Chat => "choices",
        Api::Embeddings => "data",
    };
    let mut reader = Reader::new(text, Keys::Unchecked);
    let mut usage = None;
    let mut has_list = false;
    let mut error = None;
    reader.object(|reader, key| {
        let kind = reader.peek()?;
        if key.raw == "usage" && kind == Kind::Object {
            usage = Some(chunk::usage(reader)?);
            return Ok::<(), NoAnswer>(());
        }
        has_list |= key.raw == list && kind == Kind::Array;
        let raw = reader.raw()?;
        if key.raw == "error" && kind != Kind::Null {
            error = Some(ProviderError::read(format!("{{\"error\":{raw}}}").as_bytes()).unwrap_or_default());
        }
        Ok(())
    })?;
    reader.end()?;
    match error {
        Some(error) => Err(NoAnswer::Error(error)),
        None if !has_list => Err(NoAnswer::NotAnAnswer),
        None => Ok(usage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_that_is_none_is_seen() {
        let read = |body: &str| read(Api::Chat, body.as_bytes());
        let usage = Usage { input_tokens: 3, output_tokens: 4 };
        let whole = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4},"error":null}"#;
        assert_eq!(read(whole), Ok(Some(usage)));
        assert_eq!(read(r#"{"choices":[{"message":{"content":"\ud83d"}}]}"#), Ok(None));
        for body in ["", "<html>", "[]", "{}", r#"{"choices":[]"#, r#"{"choices":[]} x"#] {
            assert_eq!(read(body), Err(NoAnswer::NotAnAnswer), "{body}");
        }
        assert!(matches!(read(r#"{"error":{"message":"no"}}"#), Err(NoAnswer::Error(_))));
        assert!(matches!(read(r#"{"choices":[],"error":7}"#), Err(NoAnswer::Error(_))));
    }
}
