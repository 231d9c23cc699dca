//! The models of a provider: what each can do, what fits into it, what it costs.

use super::fields::Fields;
use super::names::{Kind, unknown_word};
use super::noted::Noted;
use super::{Lower, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use std::sync::Arc;
use wayleave_grammar::ast::{self, LiteralValue, Value as Written};
use wayleave_program::catalogue::{Price, ProviderId, Target, TargetId};
use wayleave_program::schema::NEEDS;
use wayleave_program::value::{Tokens, UsdMicros, Value};

const MODEL_FIELDS: [&str; 4] = ["supports", "context", "output", "price"];
const PRICE_WORDS: [&str; 5] = ["in", "out", "cached", "cache-write", "reasoning"];

/// A price is kept for so many tokens.
const PRICE_TOKENS: u128 = 1_000_000;

impl Lower<'_> {
    pub(super) fn declare_model(
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
        if model == "*" {
            let message = "a model cannot be called `*`, which stands for all models of a provider";
            let diagnostic = Diagnostic::new(Code::R0102, message, at, "reads as all models");
            self.report(diagnostic.with_help("choose another name; the provider's own stands behind `as`"));
        }
        let brace = item.closing_brace().map(|range| span(file, range));
        let fields = self.fields(file, at, item.fields(), &MODEL_FIELDS, brace);
        let mut facts = provider_facts.clone();
        facts.extend(self.stated_facts(&fields));
        let context = self.count_field(&fields, "context");
        if !fields.by_name.contains_key("context") {
            self.missing_field(&fields, "model", "context", "how much fits into it", "context: 128k tokens");
        }
        let output = self.count_field(&fields, "output").or(context);
        if let (Some(0), Some(value)) = (context, fields.value("context")) {
            let message = format!("nothing fits into `{model}`");
            let diagnostic = Diagnostic::new(Code::R0201, message, span_of(file, &value), "no token at all");
            self.report(diagnostic.with_help("write how many tokens its input and output may have together"));
        }
        let supports = self.supports(&fields);
        let price = fields.value("price").and_then(|value| self.price(file, &value));
        let remote = item.provider_side_name().map_or_else(|| model.clone(), |text| text.value());
        let name = format!("{}/{model}", self.declared.catalogue.provider(provider).name);
        let id = TargetId(u32::try_from(self.declared.catalogue.targets.len()).expect("few targets"));
        let provider_name = self.declared.catalogue.provider(provider).name.clone();
        Arc::make_mut(&mut self.declared.targets).entry(provider_name).or_default().insert(model.clone(), id);
        self.catalogue_mut().targets.push(Target {
            provider,
            name,
            model,
            remote,
            supports,
            context: Tokens(context.unwrap_or(0)),
            output: Tokens(output.unwrap_or(0)),
            price,
        });
        Arc::make_mut(&mut self.declared.target_spans).push(at);
        stated.push(facts);
    }

    /// Names by which a caller may mean several targets, where some plan asks for what it `requested`.
    pub(super) fn ambiguous_models(&self, noted: &[&Noted]) -> Vec<Diagnostic> {
        let Some(requested) = noted.iter().find_map(|noted| noted.requested_at) else { return Vec::new() };
        let mut by_name: BTreeMap<&str, Vec<TargetId>> = BTreeMap::new();
        for id in self.declared.catalogue.target_ids() {
            let target = self.declared.catalogue.target(id);
            by_name.entry(&target.model).or_default().push(id);
            if target.remote != target.model {
                by_name.entry(&target.remote).or_default().push(id);
            }
        }
        let is_alias = |name: &str| self.declared.catalogue.aliases.iter().any(|alias| alias.name == name);
        let several = by_name.into_iter().filter(|(name, ids)| ids.len() > 1 && !is_alias(name));
        let tell = |(name, ids): (&str, Vec<TargetId>)| {
            let span = |id: &TargetId| self.declared.target_spans[id.0 as usize];
            let names: Vec<String> =
                ids.iter().map(|id| format!("`{}`", self.declared.catalogue.target(*id).name)).collect();
            let message = format!("a caller that asks for `{name}` may mean {}", names.join(" or "));
            let (first, last) = (ids.first().map(span), ids.last().map(span));
            let diagnostic = Diagnostic::new(
                Code::R0316,
                message,
                last.unwrap_or(requested),
                "the same name as another's",
            );
            let diagnostic = match first {
                Some(first) => diagnostic.with_label(first, "asked first, as it stands first"),
                None => diagnostic,
            };
            diagnostic
                .with_label(requested, "asks for what the caller names")
                .with_help("give each model a name of its own; the provider's name of it stands behind `as`")
        };
        several.map(tell).collect()
    }

    /// Aliases that take the name of a model: asked for by that name, it is never meant.
    pub(super) fn hidden_models(&self) -> Vec<Diagnostic> {
        let mut told = Vec::new();
        for alias in &self.declared.catalogue.aliases {
            let is_meant = |id: &TargetId| {
                let target = self.declared.catalogue.target(*id);
                [&target.name, &target.model].contains(&&alias.name)
            };
            let Some(hidden) = self.declared.catalogue.target_ids().find(is_meant) else { continue };
            let Some(at) = self.declared.names.get(Kind::Alias, &alias.name) else { continue };
            let target = &self.declared.catalogue.target(hidden).name;
            let message = format!(
                "the alias `{}` hides `{target}`: a caller that asks for it means the alias",
                alias.name
            );
            let diagnostic = Diagnostic::new(Code::R0316, message, at, "the same name as a model's")
                .with_label(
                    self.declared.target_spans[hidden.0 as usize],
                    "this model cannot be asked for by that name",
                )
                .with_help("give the alias another name; a route says where its requests go");
            told.push(diagnostic);
        }
        told
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
        let known = || ["chat", "embeddings"].into_iter().chain(NEEDS);
        let mut supports = Vec::new();
        for value in list.values() {
            let at = span_of(fields.file, &value);
            let name = match &value {
                Written::Name(name) => name.text(),
                _ => self.sources.text(at).to_owned(),
            };
            if !known().any(|capability| capability == name) {
                let known: Vec<_> = known().map(|capability| (capability.to_owned(), None)).collect();
                self.report(unknown_word("capability", &name, at, &known));
            }
            supports.push(name);
        }
        let is_asked = supports.iter().any(|name| matches!(name.as_str(), "chat" | "embeddings"));
        let is_known = supports.iter().all(|name| known().any(|capability| capability == name));
        if !is_asked && is_known {
            let message = "a model that supports neither `chat` nor `embeddings` is never asked";
            let diagnostic = Diagnostic::new(Code::R0206, message, span_of(fields.file, &list), "which api")
                .with_help("add `chat` or `embeddings`");
            self.report(diagnostic);
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
            let word = part.word()?.text();
            let LiteralValue::MoneyUsdMicros(micros) = part.amount()?.value()? else { return None };
            if !PRICE_WORDS.contains(&word.as_str()) {
                let candidates = PRICE_WORDS.map(|name| (name.to_owned(), None));
                let diagnostic = unknown_word("part of a price", &word, part_at, &candidates);
                let written = self.in_our_words(file, price);
                self.report(match written {
                    Some((range, write)) => diagnostic.with_help(format!("write `{write}`")).with_fix(
                        format!("write `{write}`"),
                        range,
                        write,
                        Applicability::Always,
                    ),
                    None => diagnostic,
                });
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

    /// The parts of a price whose words are those of others: where they stand, and how they are written.
    fn in_our_words(&self, file: FileId, price: &ast::Price) -> Option<(Span, String)> {
        let mut written = Vec::new();
        let mut place: Option<Span> = None;
        for part in price.parts() {
            let at = span_of(file, &part);
            place = Some(place.map_or(at, |first| Span { end: at.end, ..first }));
            let word = part.word()?.text();
            let ours = match word.as_str() {
                "input" | "prompt" => "in",
                "output" | "completion" => "out",
                known if PRICE_WORDS.contains(&known) => known,
                _ => return None,
            };
            written.push(format!("{} {ours}", self.sources.text(span_of(file, &part.amount()?))));
        }
        Some((place?, written.join(", ")))
    }
}
