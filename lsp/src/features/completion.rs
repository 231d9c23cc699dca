//! What can stand at a place: words of the language, names of the right kind, units, and fields that are still missing. The parser is
//! asked, not a second table: each thing that might be written is tried behind what stands before the place, and offered
//! where it is read as what it is, without an error.

use super::hover::{Known, describe, words};
use super::names::{self, Domain, Kind, Names, Quantity, Symbol};
use std::cell::Cell;
use trial::{Read, Trial};
use wayleave_compiler::source::{FileId, Span};
use wayleave_grammar::ast::{self, Item, Node};
use wayleave_grammar::{SyntaxKind, SyntaxNode, SyntaxToken, TextSize};
use wayleave_program::detector::BUILT_IN;
use wayleave_program::schema::BuiltIn;

pub mod snippets;

mod trial;

/// One thing that can be written at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is shown, and what is typed to find it.
    pub label: String,
    /// What it is.
    pub sort: Sort,
    /// What is known of it, in Markdown; possibly nothing.
    pub documentation: String,
    /// What it takes the place of.
    pub replaces: Span,
    /// What is written.
    pub insert: Insert,
}

/// What can be written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A word of the language.
    Word,
    /// A name.
    Name(Kind),
    /// A number with its unit.
    Unit,
    /// A whole item.
    Item,
}

/// The text of a completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insert {
    /// As it stands.
    Plain(String),
    /// With places to fill in, as `${1:name}`.
    Snippet(String),
}

/// Whether the editor can fill in places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snippets {
    /// Texts with places to fill in are offered.
    Understood,
    /// Only what can be written as it stands.
    Unknown,
}

/// A name that nobody has, to see what a name would be read as.
const PROBE: &str = "zzz-probe";

/// Of more names the editor is told no more than how they are called, so that an answer stays small.
const DESCRIBED: usize = 200;

/// All that can stand at a place, what is nearest to the place first.
pub fn complete(known: &Known<'_>, file: FileId, offset: u32, snippets: Snippets) -> Vec<Completion> {
    let text = &known.sources.file(file).text;
    let offset = text.floor_char_boundary(offset as usize);
    if is_within_text(known, file, offset) {
        return Vec::new();
    }
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let start = text[..offset].trim_end_matches(is_of_word).len();
    let trial = Trial::new(known.sources.file(file), start);
    let place = Place { known, file, start, offset, snippets, trial, described: Cell::new(0) };
    let written = &text[start..offset];
    if written.starts_with(|c: char| c.is_ascii_digit()) {
        return place.units(written);
    }
    let mut found = place.names();
    found.extend(place.words());
    found
}

/// Whether a place is inside of a string or comment, where nothing is completed.
fn is_within_text(known: &Known<'_>, file: FileId, offset: usize) -> bool {
    let root = known.sources.file(file).parse.syntax();
    let Ok(at) = u32::try_from(offset).map(TextSize::new) else { return true };
    let Some(token) = root.token_at_offset(at).left_biased() else { return false };
    let range = token.text_range();
    match token.kind() {
        SyntaxKind::Comment | SyntaxKind::DocComment | SyntaxKind::HashComment => true,
        SyntaxKind::String | SyntaxKind::ForeignString | SyntaxKind::Regex => {
            range.start() < at && (at < range.end() || !is_closed(&token))
        }
        _ => false,
    }
}

fn is_closed(token: &SyntaxToken) -> bool {
    let text = token.text();
    text.len() > 1 && text.trim_end_matches('i').ends_with(['"', '\'', '`', '”', '’', '»'])
}

/// A place with all that is known of it.
struct Place<'p> {
    known: &'p Known<'p>,
    file: FileId,
    /// Where the word that is being written begins.
    start: usize,
    offset: usize,
    snippets: Snippets,
    trial: Trial,
    /// How many names were to be described.
    described: Cell<usize>,
}

impl Place<'_> {
    fn replaces(&self) -> Span {
        let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file: self.file, start: number(self.start), end: number(self.offset) }
    }

    fn offer(&self, label: String, sort: Sort, documentation: String, insert: Insert) -> Completion {
        Completion { label, sort, documentation, replaces: self.replaces(), insert }
    }

    // ---- words ------------------------------------------------------------------------------------------------

    fn words(&self) -> Vec<Completion> {
        let mut found = Vec::new();
        for word in words::all() {
            let Some(read) = self.trial.read(word) else { continue };
            let token = read.token();
            if token.kind() != SyntaxKind::Keyword || !self.can_be(word, &read) {
                continue;
            }
            let help = words::help(word).unwrap_or_default();
            found.push(self.offer(word.to_owned(), Sort::Word, help, Insert::Plain(word.to_owned())));
            let begins_item =
                read.item().is_some_and(|item| item.range().start() == token.text_range().start());
            if let (Snippets::Understood, true, Some(snippet)) =
                (self.snippets, begins_item, snippets::of(word))
            {
                let label = format!("{word} …");
                found.push(self.offer(label, Sort::Item, String::new(), Insert::Snippet(snippet.to_owned())));
            }
        }
        found
    }

    /// Whether a word that can be read here also fits what it is compared with.
    fn can_be(&self, word: &str, read: &Read) -> bool {
        let is_value = !matches!(word, "not" | "in");
        match self.compared_with(&read.token()) {
            Some(Domain::Truth) if is_value => matches!(word, "true" | "false"),
            Some(Domain::Target | Domain::Model) if is_value => matches!(word, "any" | "group"),
            Some(_) if is_value => false,
            None if is_value && is_among_values(&read.token()) => false,
            Some(_) | None => true,
        }
    }

    /// The values of the attribute that a value is compared with, or given to.
    fn compared_with(&self, token: &SyntaxToken) -> Option<Domain> {
        let holds = |node: &SyntaxNode| {
            let subject = ast::AttributeTest::cast(node.clone())
                .filter(|test| test.operand().is_some_and(|value| holds_token(value.syntax(), token)))
                .and_then(|test| test.subject())
                .or_else(|| ast::GivenField::cast(node.clone()).and_then(|field| field.name()))
                .or_else(|| {
                    let item = ast::Attribute::cast(node.clone())?;
                    item.default().filter(|clause| holds_token(clause.syntax(), token))?;
                    item.name()
                });
            subject.map(|name| name.text())
        };
        let subject = token.parent_ancestors().find_map(|node| holds(&node))?;
        Some(self.known.names.domain(&subject).unwrap_or(Domain::Text))
    }

    // ---- names ------------------------------------------------------------------------------------------------

    fn names(&self) -> Vec<Completion> {
        let mut found = Vec::new();
        if let Some(read) = self.trial.read(PROBE) {
            if let Some(symbol) = self.meant(&read) {
                found.extend(self.of_kind(&symbol, &read));
            }
            if self.is_key(&read.token()) {
                found.extend(names::words("key").into_iter().map(|word| self.place_of_key(&word)));
            }
            if matches!(self.compared_with(&read.token()), Some(Domain::Model)) {
                found.extend(self.declared(Kind::Provider, ""));
            }
        } else if let Some(read) = self.trial.read(&format!("{PROBE}:"))
            && let Some(symbol) = self.meant(&read).filter(|symbol| symbol.kind == Kind::Field)
        {
            found.extend(self.of_kind(&symbol, &read));
        } else if let Some(read) = self.trial.read(&format!("{PROBE}/{PROBE}"))
            && let Some(symbol) = self.meant(&read)
        {
            found.extend(self.of_kind(&symbol, &read));
        }
        if found.len() > DESCRIBED {
            found.iter_mut().for_each(|one| one.documentation.clear());
        }
        found
    }

    /// The name that a probe is read as, unless it would be a new one.
    fn meant(&self, read: &Read) -> Option<Symbol> {
        let names = self.known.names.of_text(self.file, &read.parse);
        let at = u32::try_from(read.start).ok()?;
        let found = names.at(self.file, at)?;
        (found.role == names::Role::Use).then(|| found.symbol.clone())
    }

    /// All names that can stand where a probe was read as one of them.
    fn of_kind(&self, symbol: &Symbol, read: &Read) -> Vec<Completion> {
        let owner = symbol.owner.as_str();
        match symbol.kind {
            Kind::Field => self.fields(owner, read),
            Kind::Word if owner == "key" => Vec::new(),
            Kind::Word => self.language_words(owner),
            Kind::Attribute => self.attributes(symbol),
            Kind::Detector => {
                let mut found = self.declared(Kind::Detector, "");
                found.extend(BUILT_IN.into_iter().map(|name| self.name(Symbol::new(Kind::Detector, name))));
                found
            }
            Kind::Type => {
                let mut found = self.declared(Kind::Type, "");
                found.extend(names::TYPES.into_iter().map(|name| self.name(Symbol::new(Kind::Type, name))));
                found
            }
            kind => self.declared(kind, owner),
        }
    }

    fn declared(&self, kind: Kind, owner: &str) -> Vec<Completion> {
        let names: &Names = self.known.names;
        let declared: Vec<Symbol> = names.declared(kind, owner).map(|one| one.symbol.clone()).collect();
        declared.into_iter().map(|symbol| self.name(symbol)).collect()
    }

    fn language_words(&self, owner: &str) -> Vec<Completion> {
        let words = names::words(owner).into_iter();
        words.map(|word| self.name(Symbol::within(Kind::Word, owner, word))).collect()
    }

    /// What is known of a name; nothing once there are more than are described.
    fn describe(&self, symbol: &Symbol) -> String {
        self.described.set(self.described.get() + 1);
        if self.described.get() > DESCRIBED { String::new() } else { describe(self.known, symbol) }
    }

    /// A name as it is written, in quotes where it has another shape.
    fn name(&self, symbol: Symbol) -> Completion {
        let label = symbol.name.clone();
        let written = super::rename::written(&label).unwrap_or_else(|_| format!("{label:?}"));
        let documentation = self.describe(&symbol);
        self.offer(label, Sort::Name(symbol.kind), documentation, Insert::Plain(written))
    }

    /// Attributes and defines; behind a dot the rest of those that begin so.
    fn attributes(&self, meant: &Symbol) -> Vec<Completion> {
        let before = meant.name.strip_suffix(PROBE).unwrap_or_default();
        let built_in =
            BuiltIn::ALL.into_iter().filter(|one| one.is_testable()).map(|one| one.name().to_owned());
        let target =
            ["target", "name", "provider", "context", "output", "supports", "price.input", "price.output"];
        let target = target.into_iter().map(|field| match field {
            "target" => field.to_owned(),
            field => format!("target.{field}"),
        });
        let declared = self.known.names.declared(Kind::Attribute, "").map(|one| one.symbol.name.clone());
        let all = declared.chain(built_in).chain(target);
        let fitting = all.filter(|name| name.starts_with(before));
        fitting
            .map(|name| {
                let rest = name[before.len()..].to_owned();
                let documentation = self.describe(&Symbol::new(Kind::Attribute, name));
                self.offer(rest.clone(), Sort::Name(Kind::Attribute), documentation, Insert::Plain(rest))
            })
            .collect()
    }

    // ---- fields -----------------------------------------------------------------------------------------------

    /// The fields that a body does not have yet, facts included.
    fn fields(&self, owner: &str, read: &Read) -> Vec<Completion> {
        let stated = self.stated(read);
        let own = names::fields(owner).iter().map(|name| (*name).to_owned());
        let takes_facts = matches!(owner, "provider" | "model");
        let facts = self.known.names.declared(Kind::Attribute, "");
        let facts = facts.filter_map(|one| one.symbol.name.strip_prefix("target.").filter(|_| takes_facts));
        let facts = facts.map(str::to_owned);
        let missing = own.chain(facts).filter(|name| !stated.contains(name));
        missing
            .map(|name| {
                let insert = Insert::Plain(format!("{name}: "));
                self.offer(name, Sort::Name(Kind::Field), String::new(), insert)
            })
            .collect()
    }

    /// The fields that the body states, before the place and behind it.
    fn stated(&self, read: &Read) -> Vec<String> {
        let is_body = |node: &SyntaxNode| {
            matches!(
                node.kind(),
                SyntaxKind::Provider | SyntaxKind::Model | SyntaxKind::Detector | SyntaxKind::Block
            )
        };
        let probe = read.token();
        let before = probe.parent_ancestors().find(is_body);
        let root = self.known.sources.file(self.file).parse.syntax();
        let at = TextSize::new(self.replaces().start);
        let behind =
            root.token_at_offset(at).left_biased().and_then(|token| token.parent_ancestors().find(is_body));
        let names = |body: SyntaxNode| {
            let fields = body.children().filter_map(ast::Field::cast).collect::<Vec<_>>();
            fields.into_iter().filter_map(|field| field.name()).map(|name| name.text()).collect::<Vec<_>>()
        };
        let own_word = self.known.sources.text(self.replaces());
        let mut stated: Vec<String> = before.into_iter().flat_map(names).collect();
        // The word that is being written is no field yet.
        stated.extend(behind.into_iter().flat_map(names).filter(|name| name != own_word));
        stated
    }

    fn is_key(&self, token: &SyntaxToken) -> bool {
        field_of(token).is_some_and(|name| name == "key")
    }

    fn place_of_key(&self, word: &str) -> Completion {
        let insert = match self.snippets {
            Snippets::Understood => Insert::Snippet(format!("{word}(\"${{1:NAME}}\")")),
            Snippets::Unknown => Insert::Plain(word.to_owned()),
        };
        self.offer(word.to_owned(), Sort::Name(Kind::Word), String::new(), insert)
    }

    // ---- units ------------------------------------------------------------------------------------------------

    fn units(&self, written: &str) -> Vec<Completion> {
        let digits = written.trim_end_matches(|c: char| !c.is_ascii_digit());
        let mut found = Vec::new();
        for (unit, measures) in UNITS {
            let text = format!("{digits}{unit}");
            let Some(read) = self.trial.read(&text) else { continue };
            let wanted = self.compared_with(&read.token()).map(Measure::of);
            let wanted = wanted.or_else(|| field_of(&read.token()).map(|name| Measure::of_field(&name)));
            if wanted.is_none_or(|wanted| wanted == Some(*measures)) {
                found.push(self.offer(text.clone(), Sort::Unit, String::new(), Insert::Plain(text)));
            }
        }
        found
    }
}

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Time,
    Share,
    Tokens,
    Requests,
}

/// What can stand behind digits.
const UNITS: &[(&str, Measure)] = &[
    ("ms", Measure::Time),
    ("s", Measure::Time),
    ("min", Measure::Time),
    ("h", Measure::Time),
    ("d", Measure::Time),
    ("%", Measure::Share),
    (" tokens", Measure::Tokens),
    ("k tokens", Measure::Tokens),
    ("M tokens", Measure::Tokens),
    (" requests", Measure::Requests),
];

impl Measure {
    fn of(domain: Domain) -> Option<Measure> {
        match domain {
            Domain::Quantity(Quantity::Tokens) => Some(Measure::Tokens),
            Domain::Quantity(Quantity::Share) => Some(Measure::Share),
            _ => None,
        }
    }

    fn of_field(field: &str) -> Option<Measure> {
        match field {
            "context" | "output" => Some(Measure::Tokens),
            "connect" | "first-token" | "idle" | "timeout" => Some(Measure::Time),
            _ => None,
        }
    }
}

fn holds_token(node: &SyntaxNode, token: &SyntaxToken) -> bool {
    node.text_range().contains_range(token.text_range())
}

/// The name of the field whose value a token is part of.
fn field_of(token: &SyntaxToken) -> Option<String> {
    let field = token.parent_ancestors().find_map(ast::Field::cast)?;
    let is_value = field.value().is_some_and(|value| holds_token(value.syntax(), token));
    is_value.then(|| field.name().map(|name| name.text()))?
}

/// Whether a token stands where a list or field has its values, which are names of a kind.
fn is_among_values(token: &SyntaxToken) -> bool {
    let is_list = |node: SyntaxNode| matches!(node.kind(), SyntaxKind::List | SyntaxKind::DefaultClause);
    field_of(token).is_some() || token.parent_ancestors().any(is_list)
}

impl Read {
    /// The item that holds what was tried.
    fn item(&self) -> Option<Item> {
        self.token().parent_ancestors().filter_map(Item::cast).last()
    }
}
