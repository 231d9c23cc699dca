//! Providers, their models, and aliases: the catalogue, with the facts that each target states.

use super::names::{Kind, unknown};
use super::values::{is_reported, literal};
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use wayleave_grammar::ast::{self, Field, Item, LiteralValue, Node, Value as Written};
use wayleave_program::catalogue::{
    Alias, KeySource, Network, Price, Protocol, Provider, ProviderId, Target, Timeouts,
};
use wayleave_program::schema::NEEDS;
use wayleave_program::value::{Tokens, UsdMicros, Value};

const PROVIDER_FIELDS: [&str; 5] = ["protocol", "url", "key", "network", "timeout"];
const MODEL_FIELDS: [&str; 4] = ["supports", "context", "output", "price"];
const TIMEOUT_FIELDS: [&str; 3] = ["connect", "first-token", "idle"];
const PRICE_WORDS: [&str; 5] = ["in", "out", "cached", "cache-write", "reasoning"];

/// A price is kept for so many tokens.
const PRICE_TOKENS: u128 = 1_000_000;

/// The fields of a body by name, each once.
struct Fields {
    file: FileId,
    /// Of the name of what has the body.
    owner: Span,
    by_name: BTreeMap<String, Field>,
    closing_brace: Option<Span>,
}

impl Fields {
    fn value(&self, name: &str) -> Option<Written> {
        self.by_name.get(name)?.value()
    }
}

impl Lower<'_> {
    pub(super) fn declare_aliases(&mut self, items: &[Placed<Item>]) {
        for (file, item) in items {
            let Item::Alias(item) = item else { continue };
            if let Some(name) = self.declare_name(Kind::Alias, *file, item.name()) {
                self.catalogue.aliases.push(Alias { name, doc: item.docs() });
            }
        }
    }

    pub(super) fn declare_providers(&mut self, items: &[Placed<Item>]) {
        let mut stated: Vec<BTreeMap<usize, Value>> = Vec::new();
        for (file, item) in items {
            let Item::Provider(item) = item else { continue };
            let Some(name_node) = item.name() else { continue };
            let owner = span(*file, name_node.text_range());
            let Some(name) = self.declare_name(Kind::Provider, *file, item.name()) else { continue };
            let brace = item.closing_brace().map(|range| span(*file, range));
            let fields = self.fields(*file, owner, item.fields(), &PROVIDER_FIELDS, brace);
            let facts = self.stated_facts(&fields);
            let provider = self.provider(name, &fields);
            let id = ProviderId(u32::try_from(self.catalogue.providers.len()).expect("few providers"));
            self.catalogue.providers.push(provider);
            let mut models = BTreeMap::new();
            for model in item.models() {
                self.declare_model(*file, id, &model, &facts, &mut models, &mut stated);
            }
            if item.models().next().is_none() {
                let message = format!(
                    "the provider `{}` has no model, so nothing can be asked of it",
                    name_node.text()
                );
                let help = "add a `model NAME { supports: [chat]  context: 128k tokens }`";
                self.report(
                    Diagnostic::new(Code::R0206, message, owner, "no model in its body").with_help(help),
                );
            }
        }
        self.settle_facts(&stated);
    }

    /// The fields of a body; repeated and unknown ones are reported.
    fn fields(
        &mut self,
        file: FileId,
        owner: Span,
        fields: impl Iterator<Item = Field>,
        known: &[&str],
        closing_brace: Option<Span>,
    ) -> Fields {
        let mut by_name: BTreeMap<String, Field> = BTreeMap::new();
        for field in fields {
            let Some(name_node) = field.name() else { continue };
            let name = name_node.text();
            let at = span(file, name_node.text_range());
            if let Some(first) = by_name.get(&name).and_then(Field::name) {
                self.repeated_field(&name, at, span(file, first.text_range()));
                continue;
            }
            let fact = format!("target.{name}");
            let is_fact = known != TIMEOUT_FIELDS && self.facts.iter().any(|declared| declared.name == fact);
            if !known.contains(&name.as_str()) && !is_fact {
                self.unknown_field(&name, at, known);
                continue;
            }
            by_name.insert(name, field);
        }
        Fields { file, owner, by_name, closing_brace }
    }

    fn unknown_field(&mut self, name: &str, at: Span, known: &[&str]) {
        if self.poisoned.contains(&format!("target.{name}")) {
            return;
        }
        let mut candidates: Vec<(String, Option<Span>)> =
            known.iter().map(|name| ((*name).to_owned(), None)).collect();
        if known != TIMEOUT_FIELDS {
            let facts = self.facts.iter().filter_map(|fact| fact.name.strip_prefix("target."));
            candidates
                .extend(facts.map(|fact| (fact.to_owned(), self.declared_at(&format!("target.{fact}")))));
        }
        let mut diagnostic = unknown("field", name, at, &candidates);
        diagnostic.code = Code::R0206;
        if diagnostic.fixes.is_empty() && known != TIMEOUT_FIELDS {
            diagnostic.help =
                Some(format!("to state a fact of your own, declare `attribute target.{name}: TYPE` first"));
        }
        self.report(diagnostic);
    }

    fn missing_field(&mut self, fields: &Fields, what: &str, name: &str, why: &str, text: &str) {
        let owner_text = self.sources.text(fields.owner).to_owned();
        let message = format!("the {what} `{}` states no `{name}`", owner_text.trim_matches('"'));
        let mut diagnostic =
            Diagnostic::new(Code::R0206, message, fields.owner, why).with_help(format!("add `{text}`"));
        if let Some(brace) = fields.closing_brace {
            let title = format!("add `{name}`");
            diagnostic = diagnostic.with_fix(
                title,
                brace.before(),
                format!("  {text}\n"),
                Applicability::Placeholders,
            );
        }
        self.report(diagnostic);
    }

    fn provider(&mut self, name: String, fields: &Fields) -> Provider {
        let protocol = self.protocol(fields);
        let network = self.network(fields);
        let url = fields.value("url").and_then(|value| self.url(fields.file, &value, network));
        let key = fields.value("key").and_then(|value| self.key(fields.file, &value));
        match protocol {
            Some(Protocol::OpenAi) => {
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
            "anthropic" | "gemini" => {
                let message = format!(
                    "`protocol: {name}` is a construct of the language that this version does not build yet"
                );
                let help = "use a provider that speaks `openai`, or `simulated` to try the policy";
                self.report(Diagnostic::new(Code::R0902, message, at, "not built yet").with_help(help));
                None
            }
            "" => {
                let diagnostic = Diagnostic::new(Code::R0201, "`protocol` is a word", at, "not a protocol");
                self.report(diagnostic.with_help("write `openai` or `simulated`"));
                None
            }
            _ => {
                let candidates = ["openai", "simulated"].map(|name| (name.to_owned(), None));
                self.report(unknown("protocol", &name, at, &candidates));
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

    fn url(&mut self, file: FileId, value: &Written, network: Network) -> Option<String> {
        let text = self.text(file, "url", value)?;
        let at = span_of(file, value);
        let (scheme, rest) = text.split_once("://").unwrap_or(("", &text));
        let host = rest.split('/').next().unwrap_or_default();
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
            "https" | "http" if text.contains(['?', '#']) => Some((
                "holds a query or fragment",
                "end it with the path, as in `https://api.example.com/v1`",
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

    fn duration_field(&mut self, fields: &Fields, name: &str) -> Option<u64> {
        let value = fields.value(name)?;
        if is_reported(&value) {
            return None;
        }
        self.duration(span_of(fields.file, &value), name, literal(&value))
    }

    /// A duration above 0, in milliseconds.
    pub(super) fn duration(&mut self, at: Span, owner: &str, literal: Option<LiteralValue>) -> Option<u64> {
        match literal {
            Some(LiteralValue::DurationMs(0)) => {
                self.error(
                    Code::R0201,
                    format!("`{owner}` of 0 would fail every request"),
                    at,
                    "no time at all",
                );
                None
            }
            Some(LiteralValue::DurationMs(ms)) => Some(ms),
            Some(LiteralValue::Integer(_)) => {
                let written = self.sources.text(at);
                let help = format!("write `{written}s`, `{written}ms` or another unit");
                let message = format!("`{owner}` is a duration, and this number has no unit");
                self.report(Diagnostic::new(Code::R0202, message, at, "of what").with_help(help));
                None
            }
            _ => {
                let diagnostic =
                    Diagnostic::new(Code::R0201, format!("`{owner}` is a duration"), at, "not a duration");
                self.report(diagnostic.with_help("write one such as `250ms`, `30s` or `2min`"));
                None
            }
        }
    }

    fn declare_model(
        &mut self,
        file: FileId,
        provider: ProviderId,
        item: &ast::Model,
        provider_facts: &BTreeMap<usize, Value>,
        models: &mut BTreeMap<String, Span>,
        stated: &mut Vec<BTreeMap<usize, Value>>,
    ) {
        let Some(name_node) = item.name() else { return };
        let model = name_node.text();
        let at = span(file, name_node.text_range());
        if let Some(first) = models.get(&model) {
            self.report(super::names::twice("model", &model, at, *first));
            return;
        }
        models.insert(model.clone(), at);
        let brace = item.closing_brace().map(|range| span(file, range));
        let fields = self.fields(file, at, item.fields(), &MODEL_FIELDS, brace);
        let mut facts = provider_facts.clone();
        facts.extend(self.stated_facts(&fields));
        let context = self.count_field(&fields, "context");
        if !fields.by_name.contains_key("context") {
            self.missing_field(&fields, "model", "context", "how much fits into it", "context: 128k tokens");
        }
        let output = self.count_field(&fields, "output").or(context);
        let supports = self.supports(&fields);
        let price = fields.value("price").and_then(|value| self.price(file, &value));
        let remote = item.provider_side_name().map_or_else(|| model.clone(), |text| text.value());
        let name = format!("{}/{model}", self.catalogue.provider(provider).name);
        self.catalogue.targets.push(Target {
            provider,
            name,
            model,
            remote,
            supports,
            context: Tokens(context.unwrap_or(0)),
            output: Tokens(output.unwrap_or(0)),
            price,
        });
        self.target_spans.push(at);
        stated.push(facts);
    }

    fn count_field(&mut self, fields: &Fields, name: &str) -> Option<u64> {
        let value = fields.value(name)?;
        self.tokens(fields.file, name, &value)
    }

    fn supports(&mut self, fields: &Fields) -> Vec<String> {
        let Some(field) = fields.by_name.get("supports") else {
            self.missing_field(fields, "model", "supports", "what can it do", "supports: [chat]");
            return Vec::new();
        };
        let Some(value) = field.value() else { return Vec::new() };
        let Written::List(list) = value else {
            let at = span_of(fields.file, &value);
            let help = format!("write `[{}]`", self.sources.text(at));
            self.report(
                Diagnostic::new(Code::R0201, "`supports` is a list", at, "a single value").with_help(help),
            );
            return Vec::new();
        };
        let known: Vec<(String, Option<Span>)> =
            ["chat", "embeddings"].iter().chain(&NEEDS).map(|name| ((*name).to_owned(), None)).collect();
        let mut supports = Vec::new();
        for value in list.values() {
            let at = span_of(fields.file, &value);
            let name = match &value {
                Written::Name(name) => name.text(),
                _ => self.sources.text(at).to_owned(),
            };
            if !known.iter().any(|(capability, _)| *capability == name) {
                self.report(unknown("capability", &name, at, &known));
            }
            supports.push(name);
        }
        supports.sort();
        supports.dedup();
        supports
    }

    fn price(&mut self, file: FileId, value: &Written) -> Option<Price> {
        let at = span_of(file, value);
        let Written::Price(price) = value else {
            let diagnostic = Diagnostic::new(
                Code::R0202,
                "a price says what is paid for input and for output, and per how many tokens",
                at,
                "not a price",
            );
            self.report(diagnostic.with_help("write `price: $2 in, $6 out per 1M tokens`"));
            return None;
        };
        let per = match price.per()?.value()? {
            LiteralValue::Tokens(per) if per > 0 => u128::from(per),
            _ => {
                self.error(Code::R0202, "a price is per a number of tokens above 0", at, "per what");
                return None;
            }
        };
        let mut amounts: BTreeMap<String, UsdMicros> = BTreeMap::new();
        for part in price.parts() {
            let part_at = span_of(file, &part);
            let word = part.word()?;
            let LiteralValue::MoneyUsdMicros(micros) = part.amount()?.value()? else { return None };
            if !PRICE_WORDS.contains(&word.as_str()) {
                let candidates = PRICE_WORDS.map(|name| (name.to_owned(), None));
                self.report(unknown("part of a price", &word, part_at, &candidates));
                return None;
            }
            let amount = u64::try_from(u128::from(micros) * PRICE_TOKENS / per).map(UsdMicros);
            let Ok(amount) = amount else {
                self.error(Code::R0202, "this price is too large", part_at, "more than any model costs");
                return None;
            };
            if amounts.insert(word.clone(), amount).is_some() {
                self.error(Code::R0206, format!("the price says `{word}` twice"), part_at, "again here");
                return None;
            }
        }
        let missing = ["in", "out"].into_iter().find(|word| !amounts.contains_key(*word));
        if let Some(word) = missing {
            let diagnostic = Diagnostic::new(
                Code::R0206,
                format!("this price does not say what `{word}` costs"),
                at,
                "incomplete",
            );
            self.report(diagnostic.with_help("write `$2 in, $6 out per 1M tokens`; what is free is `$0`"));
            return None;
        }
        let amount = |word: &str| amounts.get(word).copied();
        Some(Price {
            input: amount("in")?,
            output: amount("out")?,
            cached: amount("cached"),
            cache_write: amount("cache-write"),
            reasoning: amount("reasoning"),
        })
    }

    /// The declared facts that a body states, by their index.
    fn stated_facts(&mut self, fields: &Fields) -> BTreeMap<usize, Value> {
        let mut stated = BTreeMap::new();
        for index in 0..self.facts.len() {
            let fact = &self.facts[index];
            let name = fact.name.strip_prefix("target.").unwrap_or_default().to_owned();
            let value_type = fact.value_type.clone();
            let Some(written) = fields.value(&name) else { continue };
            let value = self.value(fields.file, &name, &value_type, &written);
            // A wrong value is reported; the fact still counts as stated.
            stated.insert(index, value.unwrap_or_else(|| value_type.empty_value()));
        }
        stated
    }

    /// Gives every target every fact; what neither model nor provider states takes the default.
    fn settle_facts(&mut self, stated: &[BTreeMap<usize, Value>]) {
        for index in 0..self.facts.len() {
            let default = self.fact_default(index);
            let mut values = Vec::with_capacity(stated.len());
            let mut missing = Vec::new();
            for (target, stated) in stated.iter().enumerate() {
                let value = stated.get(&index).cloned().or_else(|| default.clone());
                if value.is_none() {
                    missing.push(target);
                }
                values.push(value.unwrap_or_else(|| self.facts[index].value_type.empty_value()));
            }
            self.facts[index].values = values;
            if let Some((first, others)) = missing.split_first() {
                self.missing_fact(index, *first, others.len());
            }
        }
    }

    fn missing_fact(&mut self, fact: usize, target: usize, others: usize) {
        let name = self.facts[fact].name.clone();
        let field = name.strip_prefix("target.").unwrap_or_default().to_owned();
        let message =
            format!("`{}`{} not state `{field}`", self.catalogue.targets[target].name, and_others(others));
        let mut diagnostic = Diagnostic::new(
            Code::R0206,
            message,
            self.target_spans[target],
            "neither this model nor its provider says",
        )
        .with_help(format!("add `{field}: …` to the model or its provider, or give `{name}` a `default`"));
        if let Some(declared) = self.declared_at(&name) {
            diagnostic = diagnostic.with_label(declared, "every target needs one");
        }
        self.report(diagnostic);
    }

    /// A price that some rule tests must be stated by every model.
    pub(super) fn require_prices(&mut self) {
        let Some(test) = self.price_test else { return };
        let unpriced = |index: &usize| self.catalogue.targets[*index].price.is_none();
        let unpriced: Vec<usize> = (0..self.catalogue.targets.len()).filter(unpriced).collect();
        let Some((first, others)) = unpriced.split_first() else { return };
        let name = &self.catalogue.targets[*first].name;
        let message =
            format!("`{name}`{} not state a `price`, and a rule tests it", and_others(others.len()));
        let diagnostic = Diagnostic::new(Code::R0206, message, self.target_spans[*first], "no price")
            .with_label(test, "tested here")
            .with_help("add `price: $2 in, $6 out per 1M tokens`");
        self.report(diagnostic);
    }
}

/// The subject of a message about one of several.
fn and_others(count: usize) -> String {
    match count {
        0 => " does".to_owned(),
        1 => " and one other model do".to_owned(),
        count => format!(" and {count} other models do"),
    }
}
