//! What can stand at a place: words of the language, names of the right kind, units, and fields that are still missing. The parser is
//! asked, not a second table: each thing that might be written is tried behind what stands before the place, and offered
//! where it is read as what it is, without an error.

use super::beside::{Beside, delegated, use_edit};
use super::hover::{Known, describe, item_at, words};
use super::names::{self, Domain, Form, Kind, Names, Occurrence, Symbol};
use std::collections::BTreeSet;
use trial::{Read, Trial};
use wayleave_compiler::diagnostic::Edit;
use wayleave_compiler::source::{FileId, Sources, Span};
use wayleave_grammar::ast::{self, Item, Node};
use wayleave_grammar::{SyntaxKind, SyntaxNode, SyntaxToken, TextSize};
use wayleave_program::detector::BUILT_IN;
use wayleave_program::schema::BuiltIn;

pub mod snippets;

mod trial;

mod texts;

mod lists;

mod fits;

mod circles;

mod targets;

mod given;

mod counters;

mod units;

mod dates;

/// One thing that can be written at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is shown, and what is typed to find it.
    pub label: String,
    /// What it is.
    pub sort: Sort,
    /// A few words beside it: what it costs, or what comes with it; possibly none.
    pub detail: String,
    /// What is known of it, in Markdown; possibly nothing.
    pub documentation: String,
    /// What it takes the place of.
    pub replaces: Span,
    /// What is written.
    pub insert: Insert,
    /// What is changed elsewhere in the file with it.
    pub also: Option<Edit>,
}

/// What can be written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A word of the language.
    Word,
    /// A name.
    Name(Kind),
    /// An operator that is no word.
    Sign,
    /// A number with its unit.
    Unit,
    /// A day, or a day and a share.
    Value,
    /// A whole item, or a whole part of one.
    Item,
    /// A code.
    Code,
    /// A file.
    File,
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

/// The edition of the language.
const EDITION: &str = "2026";

/// A name that nobody has, to see what a name would be read as.
const PROBE: &str = "zzz-probe";

/// Of more names the editor is told no more than how they are called, so that an answer stays small.
const DESCRIBED: usize = 200;

/// All that can stand at a place, what is nearest to the place first.
pub fn complete(known: &Known<'_>, file: FileId, offset: u32, snippets: Snippets) -> Vec<Completion> {
    let text = &known.sources.file(file).text;
    let offset = text.floor_char_boundary(offset as usize);
    if let Some(found) = texts::within(known, file, offset, snippets) {
        return found;
    }
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let start = text[..offset].trim_end_matches(is_of_word).len();
    let trial = Trial::new(known.sources.file(file), start);
    let delegated = delegated(known.sources);
    let circle = trial.item.as_ref().and_then(|item| circles::around(known.sources, item));
    let place = Place { known, file, start, offset, snippets, delegated, circle, trial };
    let written = &text[start..offset];
    if let Some(edition) = place.edition() {
        return vec![edition];
    }
    if written.starts_with(|c: char| c.is_ascii_digit()) {
        return place.units(written);
    }
    let mut found = place.names();
    found.extend(place.dates());
    found.extend(place.numbers());
    found.extend(place.words());
    found.extend(place.signs());
    found
}

/// A place with all that is known of it.
struct Place<'p> {
    known: &'p Known<'p>,
    file: FileId,
    /// Where the word that is being written begins.
    start: usize,
    offset: usize,
    snippets: Snippets,
    /// The policy's files whose groups, plans and defines can be named in them alone.
    delegated: BTreeSet<FileId>,
    /// What the item in which the place is cannot name, as it leads back to it.
    circle: Option<(Kind, BTreeSet<String>)>,
    trial: Trial,
}

impl Place<'_> {
    fn replaces(&self) -> Span {
        let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file: self.file, start: number(self.start), end: number(self.offset) }
    }

    fn offer(&self, label: String, sort: Sort, documentation: String, insert: Insert) -> Completion {
        let detail = String::new();
        Completion { label, sort, detail, documentation, replaces: self.replaces(), insert, also: None }
    }

    // ---- words ------------------------------------------------------------------------------------------------

    /// At the beginning of a line those that begin an item first, elsewhere those that go on with one.
    fn words(&self) -> Vec<Completion> {
        let (mut items, mut parts) = (Vec::new(), Vec::new());
        for word in words::all() {
            let Some(read) = self.trial.read(word) else { continue };
            let token = read.token();
            if token.kind() != SyntaxKind::Keyword || !self.can_be(word, &read) {
                continue;
            }
            let help = words::help_at(&token).unwrap_or_default();
            let found = if read.begins_item() { &mut items } else { &mut parts };
            found.push(self.offer(word.to_owned(), Sort::Word, help, Insert::Plain(word.to_owned())));
            let whole = if read.begins_item() { snippets::of(word) } else { snippets::inside(word, &token) };
            if let (Snippets::Understood, Some(snippet)) = (self.snippets, whole) {
                let label = format!("{word} …");
                let snippet = snippets::with_targets(snippet, &self.examples());
                found.push(self.offer(label, Sort::Item, String::new(), Insert::Snippet(snippet)));
            }
        }
        let (mut first, then) = if self.is_at_margin() { (items, parts) } else { (parts, items) };
        first.extend(then);
        first
    }

    fn is_at_margin(&self) -> bool {
        let before = &self.known.sources.file(self.file).text[..self.start];
        before.is_empty() || before.ends_with(['\n', '\r'])
    }

    // ---- names ------------------------------------------------------------------------------------------------

    fn names(&self) -> Vec<Completion> {
        let mut found = Vec::new();
        if let Some(read) = self.trial.read(PROBE) {
            found.extend(self.single(&read));
        } else if let Some(read) = self.trial.read(&format!("{PROBE}:"))
            && let Some(symbol) = self.meant(&read)
        {
            if given::is_given_name(&read.token()) {
                found.extend(self.given(symbol.name.strip_suffix(PROBE).unwrap_or_default()));
            } else if symbol.kind == Kind::Field {
                found.extend(self.of_kind(&symbol, &read));
            }
        } else if let Some(read) = self.trial.read(&format!("{PROBE}/{PROBE}"))
            && let Some(symbol) = self.meant(&read)
        {
            match symbol.kind {
                Kind::Provider => {
                    let left = targets::left(&read.token());
                    let others = self.providers().into_iter();
                    found.extend(others.filter(|one| left.as_ref() != Some(&one.label)));
                }
                _ => found.extend(self.of_kind(&symbol, &read)),
            }
        }
        let held = self.held();
        found.retain(|one| !held.contains(&one.label));
        if found.len() > DESCRIBED {
            found.iter_mut().for_each(|one| one.documentation.clear());
        }
        found
    }

    /// What can stand as a name alone.
    fn single(&self, read: &Read) -> Vec<Completion> {
        let token = read.token();
        let asked = self.asked(&token);
        let mut found = Vec::new();
        match &asked {
            Some(asked) if asked.takes_several() && !asked.takes_one() => {
                let is_model = token.prev_token().is_some_and(|before| before.kind() == SyntaxKind::Slash);
                return if is_model { Vec::new() } else { self.whole_providers() };
            }
            Some(asked) if !asked.takes_one() => return Vec::new(),
            Some(asked) if asked.is_of_all_findings() => return self.language_words("prompt"),
            None if !self.is_stated_right(&token) => return self.in_brackets(read),
            Some(_) | None => {}
        }
        if let Some(symbol) = self.meant(read) {
            found.extend(self.of_kind(&symbol, read));
        }
        if self.is_key(&token) {
            found.extend(names::words("key").into_iter().map(|word| self.place_of_key(&word)));
        }
        if asked.is_some_and(|asked| matches!(asked.domain, Domain::Model | Domain::Target)) {
            found.extend(self.providers());
        }
        if !given::is_given_name(&token) && !is_behind_dot(&token) {
            found.extend(self.counters());
        }
        found
    }

    /// Targets, and the providers that they are written with.
    fn providers(&self) -> Vec<Completion> {
        let mut found = self.targets();
        found.extend(self.declared(Kind::Provider, ""));
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
            Kind::Word if owner == "price" => self.parts_of_price(&read.token()),
            Kind::Word => self.language_words(owner),
            Kind::Attribute if given::is_given_name(&read.token()) => {
                self.given(symbol.name.strip_suffix(PROBE).unwrap_or_default())
            }
            Kind::Attribute => self.attributes(symbol, read),
            Kind::Counter => self.counters_of(&read.token()),
            Kind::Model if self.asked(&read.token()).is_some_and(|asked| !asked.takes_one()) => Vec::new(),
            Kind::Model => self.models(owner),
            Kind::Detector => {
                let mut found = self.declared(Kind::Detector, "");
                let is_masked = fits::is_masked(&read.token());
                // What could not be read cannot be masked either.
                let built_in = BUILT_IN.into_iter().filter(|name| !is_masked || *name != "uninspected");
                found.extend(built_in.map(|name| self.name(Symbol::new(Kind::Detector, name))));
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

    /// The names that can be used here, and those that a file beside the policy would bring with a `use`.
    fn declared(&self, kind: Kind, owner: &str) -> Vec<Completion> {
        let names: &Names = self.known.names;
        let own = names.declared(kind, owner).filter(|one| self.can_be_named(one));
        let own: Vec<Symbol> = own.map(|one| one.symbol.clone()).collect();
        let is_described = own.len() <= DESCRIBED;
        let name = |symbol| if is_described { self.name(symbol) } else { self.bare(&symbol) };
        let mut found: Vec<Completion> = own.into_iter().map(name).collect();
        let brought = self.brought(kind, owner).flat_map(|(beside, also)| {
            let declared = beside.declared(kind, owner).map(|one| one.symbol.clone()).collect::<Vec<_>>();
            declared.into_iter().map(move |symbol| (symbol, also.clone()))
        });
        found.extend(brought.map(|(symbol, also)| brought_by(self.bare(&symbol), also)));
        found
    }

    /// Whether there is a name of a kind to be used here.
    fn has_any(&self, kind: Kind) -> bool {
        self.known.names.declared(kind, "").any(|one| self.can_be_named(one))
            || self.brought(kind, "").next().is_some()
    }

    /// Whether a name may be used in this file and item: defines, groups and plans of a delegated file can be named in it
    /// alone, and nothing in what it leads to.
    fn can_be_named(&self, declared: &Occurrence) -> bool {
        let symbol = &declared.symbol;
        if self
            .circle
            .as_ref()
            .is_some_and(|(kind, names)| *kind == symbol.kind && names.contains(&symbol.name))
        {
            return false;
        }
        let file = declared.span.file;
        let is_own = match declared.symbol.kind {
            Kind::Group | Kind::Plan | Kind::Attribute => self.delegated.contains(&file),
            _ => false,
        };
        !is_own || file == self.file
    }

    /// The files beside the policy that declare such names, each with the `use` that this file needs for it. A delegated file
    /// uses nothing.
    fn brought(&self, kind: Kind, owner: &str) -> impl Iterator<Item = (&Beside, Edit)> {
        let is_delegated = self.delegated.contains(&self.file);
        let declares = move |file: &&Beside| !is_delegated && file.declared(kind, owner).next().is_some();
        let beside = self.known.beside.iter().filter(declares);
        beside.filter_map(|file| Some((file, use_edit(self.known.sources, self.file, &file.name)?)))
    }

    fn language_words(&self, owner: &str) -> Vec<Completion> {
        let words = names::words(owner).into_iter();
        words.map(|word| self.name(Symbol::within(Kind::Word, owner, word))).collect()
    }

    /// A name as it is written, in quotes where it has another shape.
    fn name(&self, symbol: Symbol) -> Completion {
        let documentation = describe(self.known, &symbol);
        Completion { documentation, ..self.bare(&symbol) }
    }

    /// The same without a word about it.
    fn bare(&self, symbol: &Symbol) -> Completion {
        let insert = Insert::Plain(written(&symbol.name));
        self.offer(symbol.name.clone(), Sort::Name(symbol.kind), String::new(), insert)
    }

    /// Attributes and defines; behind a dot the rest of those that begin so. Where a value is drawn or counted by, or a rule
    /// speaks of requests alone, no target is.
    fn attributes(&self, meant: &Symbol, read: &Read) -> Vec<Completion> {
        let before = meant.name.strip_suffix(PROBE).unwrap_or_default();
        let takes = Takes::of(&read.token());
        let built_in = BuiltIn::ALL.into_iter().filter(|one| one.is_testable());
        let built_in =
            built_in.filter(|one| takes.conditions || !matches!(one, BuiltIn::Prompt | BuiltIn::System));
        let built_in = built_in.map(|one| (one.name().to_owned(), None));
        let target =
            ["target", "name", "provider", "context", "output", "supports", "price.input", "price.output"];
        let target = target.into_iter().map(|field| match field {
            "target" => (field.to_owned(), None),
            field => (format!("target.{field}"), None),
        });
        let fits = |one: &&Occurrence, sources: &Sources| {
            takes.conditions || !matches!(item_at(sources, one.span), Some(Item::Define(_)))
        };
        let own = self.known.names.declared(Kind::Attribute, "");
        let own = own.filter(|one| self.can_be_named(one) && fits(one, self.known.sources));
        let own = own.map(|one| (one.symbol.name.clone(), None));
        let brought =
            self.brought(Kind::Attribute, "").filter(|_| takes.conditions).flat_map(|(beside, also)| {
                beside
                    .declared(Kind::Attribute, "")
                    .map(move |one| (one.symbol.name.clone(), Some(also.clone())))
            });
        // One value of few, that can be written as a text.
        let tells_apart = |name: &str| {
            let is_quantity = matches!(self.known.names.domain(name), Some(Domain::Quantity(_)));
            takes.conditions || !is_quantity && self.known.names.form(name) != Form::Set
        };
        let all = own.chain(built_in).chain(target).chain(brought).filter(|(name, _)| tells_apart(name));
        let is_of_target = |name: &str| name == "target" || name.starts_with("target.");
        let fitting =
            all.filter(|(name, _)| name.starts_with(before) && (takes.targets || !is_of_target(name)));
        let fitting: Vec<(String, Option<Edit>)> = fitting.collect();
        let is_described = fitting.len() <= DESCRIBED;
        fitting
            .into_iter()
            .map(|(name, also)| {
                let rest = name[before.len()..].to_owned();
                let symbol = Symbol::new(Kind::Attribute, name);
                // What nobody of the policy declares yet has no words.
                let is_known = is_described && also.is_none();
                let documentation = if is_known { describe(self.known, &symbol) } else { String::new() };
                let insert = Insert::Plain(rest.clone());
                let found = self.offer(rest, Sort::Name(Kind::Attribute), documentation, insert);
                also.into_iter().fold(found, brought_by)
            })
            .collect()
    }

    /// The only edition.
    fn edition(&self) -> Option<Completion> {
        let read = self.trial.read(EDITION)?;
        let is_edition = read.token().parent_ancestors().any(|node| node.kind() == SyntaxKind::Edition);
        let offer = || {
            let insert = Insert::Plain(EDITION.to_owned());
            self.offer(EDITION.to_owned(), Sort::Value, String::new(), insert)
        };
        is_edition.then(offer)
    }

    /// Whether a value of a field stands in a list where the field takes one, and in none where it does not.
    fn is_stated_right(&self, token: &SyntaxToken) -> bool {
        let Some(field) = field_of(token) else { return true };
        let is_set = matches!(field.as_str(), "supports" | "finds")
            || self.known.names.form(&format!("target.{field}")) == Form::Set;
        is_set == token.parent_ancestors().any(|node| node.kind() == SyntaxKind::List)
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
                let insert = match (self.snippets, snippets::value_of(owner, &name)) {
                    (Snippets::Understood, Some(value)) => Insert::Snippet(format!("{name}: {value}")),
                    (Snippets::Understood | Snippets::Unknown, _) => Insert::Plain(format!("{name}: ")),
                };
                let documentation = describe(self.known, &Symbol::within(Kind::Field, owner, name.clone()));
                self.offer(name, Sort::Name(Kind::Field), documentation, insert)
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
}

/// What can be named where an attribute is.
struct Takes {
    /// Facts of targets.
    targets: bool,
    /// What is true or false of a request, as a condition tests it.
    conditions: bool,
}

impl Takes {
    fn of(token: &SyntaxToken) -> Takes {
        for node in token.parent_ancestors() {
            match node.kind() {
                SyntaxKind::EachClause | SyntaxKind::StickyClause | SyntaxKind::Split => {
                    return Takes { targets: false, conditions: false };
                }
                SyntaxKind::Deny
                | SyntaxKind::Route
                | SyntaxKind::Limit
                | SyntaxKind::Budget
                | SyntaxKind::Migrate
                | SyntaxKind::Classify
                | SyntaxKind::UseItem
                | SyntaxKind::DeniedClaim
                | SyntaxKind::ServedClaim
                | SyntaxKind::AtLeastClaim => return Takes { targets: false, conditions: true },
                _ => {}
            }
        }
        Takes { targets: true, conditions: true }
    }
}

/// A name with the edit that brings it.
fn brought_by(found: Completion, also: Edit) -> Completion {
    Completion { detail: format!("with {}", also.text.trim()), also: Some(also), ..found }
}

/// A name with the quotes that it needs.
fn written(name: &str) -> String {
    super::rename::written(name).unwrap_or_else(|_| format!("{name:?}"))
}

/// Whether a word is the rest of a longer name.
fn is_behind_dot(token: &SyntaxToken) -> bool {
    token.prev_token().is_some_and(|before| before.kind() == SyntaxKind::Dot)
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
    /// Whether an item begins with what was tried.
    fn begins_item(&self) -> bool {
        let token = self.token();
        let item = token.parent_ancestors().filter_map(Item::cast).last();
        item.is_some_and(|item| item.range().start() == token.text_range().start())
    }
}
