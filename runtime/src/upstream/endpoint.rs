//! Where a provider's operations are and how its key is carried, by its protocol and base URL. Pure.
//!
//! An OpenAI provider whose URL carries `api-version` is Azure's: the query stays on every call, the key travels as
//! `api-key`, and where the path does not end in `/v1` each deployment has a path of its own.

use crate::wire::Api;
use http::{HeaderName, Uri, header};
use std::borrow::Cow;
use url::{Position, Url};
use wayleave_program::catalogue::Protocol;

/// The version of Anthropic's API that is asked for where the caller names none.
pub(super) const ANTHROPIC_VERSION: &str = "2023-06-01";

/// The end of a base URL that names its version.
const VERSION: &str = "/v1";

/// The operations of a provider.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// With an empty path where each deployment has its own.
    base: Url,
    paths: Paths,
    key: KeyHeader,
    /// The path of each operation that has one for all models.
    made: Vec<(Api, Uri)>,
}

/// How the path of an operation is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paths {
    /// `BASE/chat/completions`
    Plain,
    /// `BASE/deployments/MODEL/chat/completions`
    Deployments,
    /// `BASE/v1/messages`, or `BASE/messages` where the base has its version.
    Versioned,
}

/// The header that carries the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyHeader {
    /// `authorization: Bearer KEY`
    Bearer,
    /// `api-key: KEY`
    ApiKey,
    /// `x-api-key: KEY`
    XApiKey,
}

impl KeyHeader {
    pub(super) fn name(self) -> HeaderName {
        match self {
            KeyHeader::Bearer => header::AUTHORIZATION,
            KeyHeader::ApiKey => HeaderName::from_static("api-key"),
            KeyHeader::XApiKey => HeaderName::from_static("x-api-key"),
        }
    }

    pub(super) fn value(self, key: &str) -> String {
        match self {
            KeyHeader::Bearer => format!("Bearer {key}"),
            KeyHeader::ApiKey | KeyHeader::XApiKey => key.to_owned(),
        }
    }
}

impl Endpoint {
    /// Of a provider at `url`; none for what is no http or https URL.
    pub(super) fn new(protocol: Protocol, url: &str) -> Option<Endpoint> {
        let mut base = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        let is_versioned = path.ends_with(VERSION);
        let is_azure = base.query_pairs().any(|(name, _)| name == "api-version");
        let (paths, key) = match protocol {
            Protocol::Anthropic if is_versioned => (Paths::Plain, KeyHeader::XApiKey),
            Protocol::Anthropic => (Paths::Versioned, KeyHeader::XApiKey),
            Protocol::OpenAi | Protocol::Gemini | Protocol::Simulated => match (is_azure, is_versioned) {
                (true, true) => (Paths::Plain, KeyHeader::ApiKey),
                (true, false) => (Paths::Deployments, KeyHeader::ApiKey),
                (false, _) => (Paths::Plain, KeyHeader::Bearer),
            },
        };
        let mut endpoint = Endpoint { base, paths, key, made: Vec::new() };
        if paths != Paths::Deployments {
            let made = |api| Some((api, path_of(&endpoint.url(api, ""))?));
            endpoint.made = Api::ALL.into_iter().map(made).collect::<Option<_>>()?;
        }
        Some(endpoint)
    }

    /// The address without its operation.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// The header that carries the key.
    pub(super) fn key(&self) -> KeyHeader {
        self.key
    }

    /// The path and query where `api` is asked, of the provider's own model name; none for what no request can be sent to.
    pub(super) fn path(&self, api: Api, remote: &str) -> Option<Cow<'_, Uri>> {
        match self.made.iter().find(|(made, _)| *made == api) {
            Some((_, path)) => Some(Cow::Borrowed(path)),
            None => path_of(&self.url(api, remote)).map(Cow::Owned),
        }
    }

    fn url(&self, api: Api, remote: &str) -> Url {
        let mut url = self.base.clone();
        let before = match self.paths {
            Paths::Plain => String::new(),
            Paths::Deployments => format!("/deployments/{}", segment(remote)),
            Paths::Versioned => VERSION.to_owned(),
        };
        let base = url.path().trim_end_matches('/');
        url.set_path(&format!("{base}{before}{}", api.path()));
        url
    }
}

fn path_of(url: &Url) -> Option<Uri> {
    Uri::try_from(&url[Position::BeforePath..Position::AfterQuery]).ok()
}

/// A name as one segment of a path, whatever it holds: RFC 3986, section 2.3.
fn segment(name: &str) -> String {
    // A name of dots alone is a step in a path even when it is encoded; encoded twice it is no name of anything.
    let dot = if name.bytes().all(|byte| byte == b'.') { "%252E" } else { "." };
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'.' => segment.push_str(dot),
            b'-' | b'_' | b'~' => segment.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => segment.push(char::from(byte)),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(protocol: Protocol, base: &str, api: Api) -> String {
        let endpoint = Endpoint::new(protocol, base).unwrap_or_else(|| panic!("{base}"));
        let path = endpoint.path(api, "gpt-4.1/x y").expect("a path");
        format!("{} {}{path}", endpoint.key().name(), &endpoint.base[..Position::BeforePath])
    }

    #[test]
    fn each_protocol_has_its_paths_and_its_header() {
        for (protocol, base, api, expected) in [
            (
                Protocol::OpenAi,
                "https://a.example/v1",
                Api::Chat,
                "authorization https://a.example/v1/chat/completions",
            ),
            (
                Protocol::OpenAi,
                "https://a.example/",
                Api::Embeddings,
                "authorization https://a.example/embeddings",
            ),
            (
                Protocol::OpenAi,
                "https://a.openai.azure.com/openai/v1?api-version=preview",
                Api::Chat,
                "api-key https://a.openai.azure.com/openai/v1/chat/completions?api-version=preview",
            ),
            (
                Protocol::OpenAi,
                "https://a.openai.azure.com/openai/?api-version=2024-10-21",
                Api::Embeddings,
                "api-key https://a.openai.azure.com/openai/deployments/gpt-4.1%2Fx%20y/embeddings?api-version=2024-10-21",
            ),
            (
                Protocol::Anthropic,
                "https://api.anthropic.com",
                Api::Messages,
                "x-api-key https://api.anthropic.com/v1/messages",
            ),
            (
                Protocol::Anthropic,
                "https://a.example/anthropic/v1/",
                Api::CountTokens,
                "x-api-key https://a.example/anthropic/v1/messages/count_tokens",
            ),
        ] {
            assert_eq!(url(protocol, base, api), expected);
        }
        assert!(Endpoint::new(Protocol::OpenAi, "ftp://a.example").is_none());
        assert!(Endpoint::new(Protocol::OpenAi, "a.example/v1").is_none());
    }

    /// threat-T12: a name is one segment.
    #[test]
    fn a_models_name_leads_nowhere_else() {
        let azure = Endpoint::new(Protocol::OpenAi, "https://a.example/openai?api-version=1").expect("a URL");
        for name in ["..", ".", "../../x", "a/b", "a?b", "a#b", "a%2fb"] {
            let path = azure.url(Api::Chat, name).path().to_owned();
            assert_eq!(path.split('/').count(), 6, "{name}: {path}");
        }
    }
}
