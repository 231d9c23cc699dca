//! Every declaration and every use of a name in a policy's files, found in the trees alone: also where a policy does not
//! type-check. Says which name a place means, never whether that is right.

use std::sync::Arc;
use wayleave_compiler::source::{FileId, SourceText, Sources, Span};

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
    /// In the order of the policy.
    files: Vec<OfFile>,
    /// Those that declare a name, by name, then place: the file, and which of its names.
    declarations: Vec<(usize, usize)>,
    /// What values each declared attribute has.
    values: Arc<domains::Declared>,
}

/// The names of one file.
#[derive(Debug, Clone)]
struct OfFile {
    file: FileId,
    /// What they were read from; none of a text that is no file.
    text: Option<Arc<SourceText>>,
    /// By place.
    occurrences: Arc<[Occurrence]>,
}

impl OfFile {
    fn new(file: FileId, text: Option<Arc<SourceText>>, mut occurrences: Vec<Occurrence>) -> OfFile {
        occurrences.sort_by_key(|occurrence| (occurrence.whole, occurrence.span));
        OfFile { file, text, occurrences: occurrences.into() }
    }

    fn is_of(&self, file: FileId, text: &Arc<SourceText>) -> bool {
        self.file == file && self.text.as_ref().is_some_and(|own| Arc::ptr_eq(own, text))
    }
}

impl Names {
    /// The names of all files. Linear in their texts, but for sorting.
    pub fn of(sources: &Sources) -> Names {
        Names::again(sources, &Names::default())
    }

    /// The same, where they were known of an earlier state: only files that have changed since are read, as long as attributes have
    /// the same values.
    pub fn again(sources: &Sources, earlier: &Names) -> Names {
        let values = domains::declared(sources);
        let is_known = values.domains == earlier.values.domains;
        let files = sources.ids().map(|file| {
            let text = &sources.file(file).read;
            let known =
                earlier.files.get(file.0 as usize).filter(|known| is_known && known.is_of(file, text));
            known.cloned().unwrap_or_else(|| {
                OfFile::new(file, Some(Arc::clone(text)), walk::text(file, &text.parse, &values.domains))
            })
        });
        Names::new(files.collect(), Arc::new(values))
    }

    /// The names of one more text that reads like a file of the same policy.
    pub(crate) fn of_text(&self, file: FileId, text: &wayleave_grammar::Parse) -> Names {
        let occurrences = walk::text(file, text, &self.values.domains);
        Names::new(vec![OfFile::new(file, None, occurrences)], Arc::clone(&self.values))
    }

    fn new(files: Vec<OfFile>, values: Arc<domains::Declared>) -> Names {
        let all = files.iter().enumerate().flat_map(|(file, of)| {
            let declared = of.occurrences.iter().enumerate().filter(|(_, one)| one.is_declaration());
            declared.map(move |(index, _)| (file, index))
        });
        let mut declarations: Vec<(usize, usize)> = all.collect();
        let symbol = |(file, index): &(usize, usize)| &files[*file].occurrences[*index].symbol;
        declarations.sort_by(|one, other| symbol(one).cmp(symbol(other)));
        Names { files, declarations, values }
    }

    /// All, by file and place.
    pub fn all(&self) -> impl Iterator<Item = &Occurrence> {
        self.files.iter().flat_map(|of| of.occurrences.iter())
    }

    /// The name at a place: the one that begins there or goes on there, else the one that ends there.
    pub fn at(&self, file: FileId, offset: u32) -> Option<&Occurrence> {
        let touches = |span: Span| {
            span.file == file && span.start <= offset && offset <= span.end && span.start < span.end
        };
        let of_file = self.files.iter().filter(|of| of.file == file).flat_map(|of| of.occurrences.iter());
        let near = of_file.filter(|occurrence| touches(occurrence.whole));
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
        self.all().filter(move |occurrence| occurrence.symbol == *symbol)
    }

    /// Where a name is declared: none for the language's own, several where it is declared twice.
    pub fn declarations<'n>(&'n self, symbol: &'n Symbol) -> impl Iterator<Item = &'n Occurrence> {
        let one = |(file, index): &(usize, usize)| &self.files[*file].occurrences[*index];
        let first = self.declarations.partition_point(|place| one(place).symbol < *symbol);
        let found = self.declarations[first..].iter().map(one);
        found.take_while(move |one| one.symbol == *symbol)
    }

    /// The declared names of a kind, those of one owner, each once, in the order in which they stand.
    pub fn declared<'n>(&'n self, kind: Kind, owner: &'n str) -> impl Iterator<Item = &'n Occurrence> {
        let mut seen = std::collections::BTreeSet::new();
        self.all().filter(move |occurrence| {
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
