//! Who asks: the credential of a request, which has to be one.

use crate::error::Refusal;
use http::{HeaderMap, HeaderName, header};

/// The header in which Anthropic's libraries, among others, send a key instead of, or beside, `authorization`.
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The text of the key that a request carries; none if it carries none.
///
/// # Errors
/// When it carries several that differ, or one header twice.
pub(super) fn credential(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let bearer = single(headers, &header::AUTHORIZATION)?.map(bearer);
    let api_key = single(headers, &X_API_KEY)?;
    match (bearer, api_key) {
        (Some(bearer), Some(api_key)) if bearer != Some(api_key) => Err(Refusal::TwoCredentials),
        (Some(bearer), _) => Ok(bearer),
        (None, api_key) => Ok(api_key.filter(|key| !key.is_empty())),
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Refusal::TwoCredentials),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Refusal::Unauthenticated),
    }
}

/// The key of `Bearer KEY`; none for another scheme.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(headers: &[(&'static str, &'static str)]) -> Result<Option<String>, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        credential(&map).map(|key| key.map(str::to_owned))
    }

    #[test]
    fn there_is_one_credential_or_none() {
        let key = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("authorization", "Bearer a")]), key("a"));
        assert_eq!(read(&[("authorization", "bearer  a ")]), key("a"));
        assert_eq!(read(&[("authorization", "Basic a")]), Ok(None));
        assert_eq!(read(&[("x-api-key", "a")]), key("a"));
        assert_eq!(read(&[("x-api-key", "")]), Ok(None));
        assert_eq!(read(&[("authorization", "Bearer a"), ("x-api-key", "a")]), key("a"));
        for two in [
            [("authorization", "Bearer a"), ("authorization", "Bearer a")],
            [("authorization", "Bearer a"), ("x-api-key", "b")],
            [("authorization", "Basic a"), ("x-api-key", "a")],
            [("x-api-key", "a"), ("x-api-key", "a")],
        ] {
            assert_eq!(read(&two), Err(Refusal::TwoCredentials));
        }
    }
}
