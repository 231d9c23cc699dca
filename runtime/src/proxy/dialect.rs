//! Whose dialect a caller speaks, before anything of its body is read, and which of its headers a provider of that
//! dialect gets.

use crate::attributes::BadAttribute;
use crate::wire::call::Passed;
use crate::wire::{Api, Dialect};
use http::HeaderMap;

/// The header by which Anthropic's libraries are known.
const VERSION: &str = "anthropic-version";

/// The header that names features of Anthropic's API which are not in every version.
const BETA: &str = "anthropic-beta";

/// Where messages are asked for.
const MESSAGES: &str = "/v1/messages";

/// Features and versions that one request names together; longer texts are no names.
const PASSED_LIMIT_BYTES: usize = 2_048;

/// By the path, and on paths that both dialects have by the header that only one of them sends.
pub(super) fn of_request(path: &str, headers: &HeaderMap) -> Dialect {
    let is_openai = path.starts_with("/v1/chat/") || path.starts_with("/v1/embeddings");
    let is_message = path.starts_with(MESSAGES);
    if is_message || (!is_openai && headers.contains_key(VERSION)) {
        Dialect::Anthropic
    } else {
        Dialect::OpenAi
    }
}

/// What goes on to a provider of the caller's dialect.
///
/// # Errors
/// When a header that counts is none, or a version is named twice.
pub(super) fn passed(api: Api, headers: &HeaderMap) -> Result<Passed, BadAttribute> {
    match api.dialect() {
        Dialect::OpenAi => Ok(Passed::default()),
        Dialect::Anthropic => {
            let versions = texts(headers, VERSION)?;
            if versions.len() > 1 {
                return Err(BadAttribute::TwoHeaders(VERSION.to_owned()));
            }
            let beta = texts(headers, BETA)?.join(",");
            Ok(Passed {
                version: versions.first().map(|version| (*version).to_owned()),
                beta: (!beta.is_empty()).then_some(beta),
            })
        }
    }
}

fn texts<'a>(headers: &'a HeaderMap, name: &str) -> Result<Vec<&'a str>, BadAttribute> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_., ".contains(&byte);
    let texts = headers.get_all(name).iter().map(|value| {
        let text = value.to_str().ok().filter(|text| text.bytes().all(is_name));
        text.ok_or_else(|| BadAttribute::Header(name.to_owned()))
    });
    let texts = texts.collect::<Result<Vec<&str>, BadAttribute>>()?;
    match texts.iter().map(|text| text.len()).sum::<usize>() > PASSED_LIMIT_BYTES {
        true => Err(BadAttribute::Header(name.to_owned())),
        false => Ok(texts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_path_tells_the_dialect_and_then_the_header() {
        let versioned = headers(&[("anthropic-version", "2023-06-01")]);
        for (path, plain, with_version) in [
            ("/v1/messages", Dialect::Anthropic, Dialect::Anthropic),
            ("/v1/messages/count_tokens", Dialect::Anthropic, Dialect::Anthropic),
            ("/v1/chat/completions", Dialect::OpenAi, Dialect::OpenAi),
            ("/v1/models", Dialect::OpenAi, Dialect::Anthropic),
            ("/elsewhere", Dialect::OpenAi, Dialect::Anthropic),
        ] {
            assert_eq!(of_request(path, &HeaderMap::new()), plain, "{path}");
            assert_eq!(of_request(path, &versioned), with_version, "{path}");
        }
    }

    #[test]
    fn only_the_listed_headers_go_on_and_only_names() {
        let sent = headers(&[
            ("anthropic-version", "2023-06-01"),
            ("anthropic-beta", "a-2025-01-01,b"),
            ("anthropic-beta", "c"),
            ("x-other", "d"),
        ]);
        let expected =
            Passed { version: Some("2023-06-01".to_owned()), beta: Some("a-2025-01-01,b,c".to_owned()) };
        assert_eq!(passed(Api::Messages, &sent), Ok(expected));
        assert_eq!(passed(Api::Chat, &sent), Ok(Passed::default()));
        let twice = headers(&[("anthropic-version", "a"), ("anthropic-version", "b")]);
        assert!(matches!(passed(Api::Messages, &twice), Err(BadAttribute::TwoHeaders(_))));
        let odd = headers(&[("anthropic-beta", "a;b")]);
        assert_eq!(passed(Api::CountTokens, &odd), Err(BadAttribute::Header(BETA.to_owned())));
    }
}
