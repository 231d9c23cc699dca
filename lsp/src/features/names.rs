//! Every declaration and every use of a name in a policy's files, found in the trees alone: also where a policy does not
//! type-check. Says which name a place means, never whether that is right.

use wayleave_compiler::source::{FileId, Sources, Span};

mod domains;

mod walk;

pub use domains::{Domain, Form, Quantity};
pub(crate) use domains::{TYPES, fields, words};

/// What a name is a name of. Names are unique within a kind and, where it has one, an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A type; the language's own ones are declared nowhere.
    Type,
    /// A value of a type; the owner is the type, or the attribute that writes its values in place.
    Member,
    /// An attribute, a class or a define.
    Attribute,
    /// `alias`
    Alias,
    /// `provider`
    Provider,
    /// `model`; the owner is the provider.
    Model,
    /// `group`
    Group,
    /// `plan`
    Plan,
    /// `detector`; the language's own ones are declared nowhere.
    Detector,
    /// What an outside detector finds; the owner is the detector.
    Finding,
    /// `approve`
    Approve,
    /// `deny`
    Deny,
    /// `forbid`
    Forbid,
    /// `redact`
    Redact,
    /// `flag`
    Flag,
    /// `require approval`
    Approval,
    /// `cap`
    Cap,
    /// `log`
    Log,
    /// `limit` or `budget`
    Counter,
    /// `route`
    Route,
    /// `migrate`
    Migrate,
    /// `guarantee`
    Guarantee,
    /// A field of a body; the owner is the word that opens the body. Declared nowhere.
    Field,
    /// A value that the language names; the owner is what has it. Declared nowhere.
    Word,
}

impl Kind {
    /// As messages call it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Type => "type",
            Kind::Member => "value",
            Kind::Attribute => "attribute or define",
            Kind::Alias => "alias",
            Kind::Provider => "provider",
            Kind::Model => "model",
            Kind::Group => "group",
            Kind::Plan => "plan",
            Kind::Detector => "detector",
            Kind::Finding => "finding",
            Kind::Approve => "approve",
            Kind::Deny => "deny",
            Kind::Forbid => "forbid",
            Kind::Redact => "redact",
            Kind::Flag => "flag",
            Kind::Approval => "approval",
            Kind::Cap => "cap",
            Kind::Log => "log",
            Kind::Counter => "limit or budget",
            Kind::Route => "route",
            Kind::Migrate => "migrate",
            Kind::Guarantee => "guarantee",
            Kind::Field => "field",
            Kind::Word => "word",
        }
    }
}

/// One name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    /// Of what.
    pub kind: Kind,
    /// Within what it is unique; empty for the whole policy.
    pub owner: String,
    /// Without quotes; an attribute's with its dots.
    pub name: String,
}

impl Symbol {
    /// A name of a kind that has no owner.
    pub fn new(kind: Kind, name: impl Into<String>) -> Symbol {
        Symbol { kind, owner: String::new(), name: name.into() }
    }

    /// A name within an owner.
    pub fn within(kind: Kind, owner: impl Into<String>, name: impl Into<String>) -> Symbol {
        Symbol { kind, owner: owner.into(), name: name.into() }
    }
}

/// What a name does where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Declares it.
    Declaration,
    /// Names it.
    Use,
}

/// A name where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Which name.
    pub symbol: Symbol,
    /// What it does there.
    pub role: Role,
    /// The part that spells the name, quotes included: of `target.region` the last word, as a model's field spells it.
    pub span: Span,
    /// All that is read as this name.
    pub whole: Span,
}

impl Occurrence {
    /// Whether it declares the name.
    pub fn is_declaration(&self) -> bool {
        self.role == Role::Declaration
    }
}

/// All names of a policy.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// By file, then place.
    occurrences: Vec<Occurrence>,
    /// Which of them declare a name, by name, then place.
    declarations: Vec<usize>,
    /// What values each declared attribute has.
    values: domains::Declared,
}

impl Names {
    /// The names of all files. Linear in their texts, but for sorting.
    pub fn of(sources: &Sources) -> Names {
        let mut names = Names { values: domains::declared(sources), ..Names::default() };
        for file in sources.ids() {
            names.occurrences.extend(walk::file(sources, file, &names.values.domains));
        }
        names.sort();
        names
    }

    /// The names of one more text that reads like a file of the same policy.
    pub(crate) fn of_text(&self, file: FileId, text: &wayleave_grammar::Parse) -> Names {
        let occurrences = walk::text(file, text, &self.values.domains);
        let values = self.values.clone();
        let mut names = Names { occurrences, values, declarations: Vec::new() };
        names.sort();
        names
    }

    fn sort(&mut self) {
        self.occurrences.sort_by_key(|occurrence| (occurrence.whole, occurrence.span));
        let all = &self.occurrences;
        self.declarations = (0..all.len()).filter(|index| all[*index].role == Role::Declaration).collect();
        self.declarations.sort_by(|one, other| all[*one].symbol.cmp(&all[*other].symbol));
    }

    /// All, by file and place.
    pub fn all(&self) -> &[Occurrence] {
        &self.occurrences
    }

    /// The name at a place: the one that begins there or goes on there, else the one that ends there.
    pub fn at(&self, file: FileId, offset: u32) -> Option<&Occurrence> {
        let touches = |span: Span| {
            span.file == file && span.start <= offset && offset <= span.end && span.start < span.end
        };
        let near = self.occurrences.iter().filter(|occurrence| touches(occurrence.whole));
        near.min_by_key(|occurrence| {
            (
                occurrence.whole.end == offset,
                !touches(occurrence.span),
                occurrence.whole.end - occurrence.whole.start,
            )
        })
    }

    /// Where a name stands, declarations included, by file and place.
    pub fn occurrences<'n>(&'n self, symbol: &'n Symbol) -> impl Iterator<Item = &'n Occurrence> {
        self.occurrences.iter().filter(move |occurrence| occurrence.symbol == *symbol)
    }

    /// Where a name is declared: none for the language's own, several where it is declared twice.
    pub fn declarations<'n>(&'n self, symbol: &'n Symbol) -> impl Iterator<Item = &'n Occurrence> {
        let symbol_of = |index: &usize| &self.occurrences[*index].symbol;
        let first = self.declarations.partition_point(|index| symbol_of(index) < symbol);
        let found = self.declarations[first..].iter().take_while(move |index| symbol_of(index) == symbol);
        found.map(|index| &self.occurrences[*index])
    }

    /// The declared names of a kind, those of one owner, each once, in the order in which they stand.
    pub fn declared<'n>(&'n self, kind: Kind, owner: &'n str) -> impl Iterator<Item = &'n Occurrence> {
        let mut seen = std::collections::BTreeSet::new();
        self.occurrences.iter().filter(move |occurrence| {
            occurrence.role == Role::Declaration
                && occurrence.symbol.kind == kind
                && occurrence.symbol.owner == owner
                && seen.insert(occurrence.symbol.name.as_str())
        })
    }

    /// What values an attribute has; none for a name that nobody declares.
    pub fn domain(&self, attribute: &str) -> Option<Domain> {
        domains::of(attribute, &self.values.domains)
    }

    /// How the values of an attribute lie to one another.
    pub fn form(&self, attribute: &str) -> Form {
        self.values.form(attribute)
    }

    /// The same of the values that a type, or an attribute in place of one, writes out.
    pub fn form_of_owner(&self, owner: &str) -> Form {
        self.values.form_of_owner(owner)
    }
}
