//! How a provider is reached: protocol, address, key, network and timeouts.

use super::fields::{Fields, TIMEOUT_FIELDS};
use super::names::unknown_word;
use super::values::literal;
use super::{Lower, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::FileId;
use wayleave_grammar::ast::{LiteralValue, Value as Written};
use wayleave_program::catalogue::{KeySource, Network, Protocol, Provider, Timeouts};

impl Lower<'_> {
    pub(super) fn provider(&mut self, name: String, fields: &Fields) -> Provider {
        let protocol = self.protocol(fields);
        let network = self.network(fields);
        let url = fields.value("url").and_then(|value| self.url(fields.file, &value, network));
        let key = fields.value("key").and_then(|value| self.key(fields.file, &value));
        match protocol {
            Some(Protocol::OpenAi | Protocol::Anthropic | Protocol::Gemini) => {
                if !fields.by_name.contains_key("url") {
                    self.missing_field(
                        fields,
                        "provider",
                        "url",
                        "where is it",
                        "url: \"https://api.example.com/v1\"",
                    );
                }
                if !fields.by_name.contains_key("key") {
                    self.missing_field(
                        fields,
                        "provider",
                        "key",
                        "with which key",
                        "key: env(\"PROVIDER_API_KEY\")",
                    );
                }
            }
            Some(Protocol::Simulated) => self.refuse_for_simulated(fields),
            None => {}
        }
        Provider {
            name,
            protocol: protocol.unwrap_or(Protocol::Simulated),
            url,
            key,
            network,
            timeouts: self.timeouts(fields),
        }
    }

    /// What a simulated provider states without effect.
    fn refuse_for_simulated(&mut self, fields: &Fields) {
        for name in ["url", "key", "network"] {
            if let Some(field) = fields.by_name.get(name) {
                let message =
                    format!("a simulated provider is in the process, so its `{name}` has no effect");
                let at = span_of(fields.file, field);
                self.report(
                    Diagnostic::new(Code::R0206, message, at, "never used").with_help("remove this field"),
                );
            }
        }
    }

    fn protocol(&mut self, fields: &Fields) -> Option<Protocol> {
        let Some(value) = fields.value("protocol") else {
            if !fields.by_name.contains_key("protocol") {
                self.missing_field(fields, "provider", "protocol", "what does it speak", "protocol: openai");
            }
            return None;
        };
        let at = span_of(fields.file, &value);
        let name = match &value {
            Written::Name(name) => name.text(),
            _ => String::new(),
        };
        match name.as_str() {
            "openai" => Some(Protocol::OpenAi),
            "simulated" => Some(Protocol::Simulated),
            "anthropic" => Some(Protocol::Anthropic),
            "gemini" => Some(Protocol::Gemini),
            "" => {
                let diagnostic = Diagnostic::new(Code::R0201, "`protocol` is a word", at, "not a protocol");
                self.report(diagnostic.with_help("write `openai`, `anthropic`, `gemini` or `simulated`"));
                None
            }
            _ => {
                let candidates =
                    ["openai", "anthropic", "gemini", "simulated"].map(|name| (name.to_owned(), None));
                self.report(unknown_word("protocol", &name, at, &candidates));
                None
            }
        }
    }

    fn network(&mut self, fields: &Fields) -> Network {
        match fields.value("network") {
            None => Network::Public,
            Some(Written::Name(name)) if name.text() == "public" => Network::Public,
            Some(Written::Name(name)) if name.text() == "private" => Network::Private,
            Some(value) => {
                let diagnostic = Diagnostic::new(
                    Code::R0201,
                    "`network` is `public` or `private`",
                    span_of(fields.file, &value),
                    "neither",
                );
                self.report(diagnostic.with_help(
                    "write `private` to allow loopback and private addresses, else leave the field out",
                ));
                Network::Public
            }
        }
    }

    pub(super) fn url(&mut self, file: FileId, value: &Written, network: Network) -> Option<String> {
        let text = self.text(file, "url", value)?;
        let at = span_of(file, value);
        let (scheme, rest) = text.split_once("://").unwrap_or(("", &text));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let problem = match scheme {
            _ if !text.is_ascii()
                || text.contains(|c: char| c.is_ascii_whitespace() || c.is_ascii_control()) =>
            {
                Some(("holds a character that a URL cannot", "write it in ASCII, without blanks"))
            }
            "https" | "http" if host.is_empty() || host.starts_with(':') => {
                Some(("names no host", "write `https://HOST/PATH`"))
            }
            "https" | "http" if host.contains('@') => {
                Some(("holds a user name or password", "leave it out and state the `key`"))
            }
            "https" | "http" if !has_plain_end(&text) => Some((
                "holds a query or fragment",
                "end it with the path, as in `https://api.example.com/v1`; only `?api-version=VERSION` may follow",
            )),
            "https" => None,
            "http" if network == Network::Private => None,
            "http" => Some((
                "is not encrypted, and the key would travel with it",
                "write `https://`, or `network: private` for a host of your own",
            )),
            _ => Some(("is not an http or https URL", "write `https://HOST/PATH`")),
        };
        let Some((problem, help)) = problem else { return Some(text.trim_end_matches('/').to_owned()) };
        self.report(
            Diagnostic::new(Code::R0201, format!("this `url` {problem}"), at, "here").with_help(help),
        );
        None
    }

    fn key(&mut self, file: FileId, value: &Written) -> Option<KeySource> {
        let at = span_of(file, value);
        if let Written::Call(call) = value {
            let argument = call.argument()?.value();
            let word = call.name().map(|name| name.text()).unwrap_or_default();
            match word.as_str() {
                _ if argument.is_empty() => {
                    self.error(Code::R0206, "the key's place has no name", at, "write a name in the quotes");
                    return None;
                }
                "env" => return Some(KeySource::Env(argument)),
                "file" => return Some(KeySource::File(argument)),
                _ => {}
            }
        }
        if let Some(LiteralValue::Text(text)) = literal(value) {
            if let Some(name) = variable(&text) {
                let message = format!("`{text}` is not put in place of a variable here");
                let written = format!("env({name:?})");
                let diagnostic = Diagnostic::new(Code::R0201, message, at, "taken as it stands")
                    .with_help(format!("write `{written}`"))
                    .with_fix("name the variable", at, written, Applicability::Always);
                self.report(diagnostic);
                return None;
            }
            let message =
                format!("a provider's key stands in the policy: {}", wayleave_inspect::masked(&text));
            let diagnostic = Diagnostic::new(Code::R0211, message, at, "everyone who reads the policy has this key")
                .with_help("write `key: env(\"PROVIDER_API_KEY\")` or `key: file(\"PATH\")`, and replace the key at the provider")
                .with_fix("name an environment variable", at, "env(\"PROVIDER_API_KEY\")", Applicability::Placeholders);
            self.report(diagnostic);
            return None;
        }
        let diagnostic = Diagnostic::new(Code::R0201, "`key` says where the key is found", at, "not a place");
        self.report(diagnostic.with_help("write `env(\"NAME\")` or `file(\"PATH\")`"));
        None
    }

    fn timeouts(&mut self, fields: &Fields) -> Timeouts {
        let mut timeouts = Timeouts::default();
        let Some(value) = fields.value("timeout") else { return timeouts };
        let at = span_of(fields.file, &value);
        let Written::Block(block) = value else {
            let diagnostic =
                Diagnostic::new(Code::R0201, "`timeout` is a block of durations", at, "not a block");
            self.report(
                diagnostic.with_help("write `timeout: { connect: 2s  first-token: 45s  idle: 60s }`"),
            );
            return timeouts;
        };
        let inner = self.fields(fields.file, at, block.fields(), &TIMEOUT_FIELDS, None);
        timeouts.connect_ms = self.duration_field(&inner, "connect");
        timeouts.first_token_ms = self.duration_field(&inner, "first-token");
        timeouts.idle_ms = self.duration_field(&inner, "idle");
        timeouts
    }
}

/// The one query that a base URL may end in: Azure's, which belongs to every operation.
const VERSION_QUERY: &str = "api-version=";

/// Whether a URL ends with its path, or with the version that belongs to every operation of it.
fn has_plain_end(text: &str) -> bool {
    let is_version = |version: &str| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match text.split_once('?') {
        _ if text.contains('#') => false,
        None => true,
        Some((_, query)) => query.strip_prefix(VERSION_QUERY).is_some_and(is_version),
    }
}

/// The name in `${NAME}` or `$NAME`, as shells and templates write a variable.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some(name)
}
