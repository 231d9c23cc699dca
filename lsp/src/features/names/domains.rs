//! What values an attribute has, as its declaration writes it: which names a comparison with it means. The words that the
//! language itself has stand here too, taken from the room that defines them wherever there is one.

use super::Kind;
use std::collections::BTreeMap;
use wayleave_compiler::source::Sources;
use wayleave_grammar::ast::{Item, TypeShape};
use wayleave_program::plan::FailureClass;
use wayleave_program::schema::{APIS, NEEDS, WEEKDAYS};

/// The values of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// Names of a kind, those of one owner.
    Named(Kind, String),
    /// Aliases, targets and texts: `request.model`.
    Model,
    /// Targets.
    Target,
    /// What detectors find.
    Findings,
    /// Any text.
    Text,
    /// True or false.
    Truth,
    /// A quantity with a unit.
    Quantity(Quantity),
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// `8k tokens`
    Tokens,
    /// `5%`
    Share,
    /// `$10 per 1M tokens`
    Price,
    /// `2027-06-30`
    Instant,
    /// `09:00`
    TimeOfDay,
}

/// How the values of an attribute lie to one another, and how many of them one request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One of several, without an order.
    Plain,
    /// One of several, each higher than the one before it.
    Scale,
    /// One of several, at or below one another.
    Tree,
    /// Any number of them.
    Set,
}

/// What values each declared attribute has, and how they lie to one another.
#[derive(Debug, Clone, Default)]
pub(super) struct Declared {
    /// By attribute.
    pub(super) domains: BTreeMap<String, Domain>,
    /// By attribute.
    pub(super) forms: BTreeMap<String, Form>,
    /// By type.
    pub(super) types: BTreeMap<String, Form>,
}

impl Declared {
    /// How the values of an attribute lie to one another, declared or built in.
    pub(super) fn form(&self, attribute: &str) -> Form {
        match attribute {
            "caller.groups" | "request.needs" | "target.supports" | "granted" | "prompt.findings"
            | "system.findings" => Form::Set,
            "time.weekday" => Form::Scale,
            "caller.team" => self.types.get("team").copied().unwrap_or(Form::Plain),
            _ => self.forms.get(attribute).copied().unwrap_or(Form::Plain),
        }
    }

    /// How the values lie to one another that a type, or an attribute in place of one, writes out.
    pub(super) fn form_of_owner(&self, owner: &str) -> Form {
        self.types.get(owner).copied().unwrap_or_else(|| self.form(owner))
    }
}

/// The types that every policy has.
pub(crate) const TYPES: [&str; 3] = ["string", "bool", "tokens"];

/// The words of a list that the language itself names, by what has it.
pub(crate) fn words(owner: &str) -> Vec<String> {
    let own = |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).to_owned()).collect() };
    match owner {
        "request.api" => own(&APIS),
        "request.needs" => own(&NEEDS),
        "target.supports" => own(&["chat", "embeddings"]).into_iter().chain(own(&NEEDS)).collect(),
        "time.weekday" => own(&WEEKDAYS),
        "prompt" => own(&["clean"]),
        "protocol" => own(&["openai", "anthropic", "gemini", "simulated"]),
        "network" => own(&["private", "public"]),
        "on-failure" => own(&["found", "clean"]),
        "key" => own(&["env", "file"]),
        "price" => own(&["in", "out", "cached", "cache-write", "reasoning"]),
        "failover" => {
            let others = [FailureClass::Refused, FailureClass::ContextLength];
            FailureClass::DEFAULT.into_iter().chain(others).map(FailureClass::name).collect()
        }
        _ => Vec::new(),
    }
}

/// The fields of a body, by the word that opens it; those that have to be there first.
pub(crate) fn fields(owner: &str) -> &'static [&'static str] {
    match owner {
        "provider" => &["protocol", "url", "key", "network", "timeout"],
        "model" => &["supports", "context", "output", "price"],
        "timeout" => &["connect", "first-token", "idle"],
        "detector" => &["url", "finds", "timeout", "on-failure"],
        _ => &[],
    }
}

/// The values of an attribute, declared or built in.
pub(crate) fn of(attribute: &str, declared: &BTreeMap<String, Domain>) -> Option<Domain> {
    let word = |owner: &str| Domain::Named(Kind::Word, owner.to_owned());
    let built_in = match attribute {
        "caller.team" if declared.contains_key(TEAM) => Domain::Named(Kind::Member, "team".to_owned()),
        "caller.id" | "caller.team" | "caller.app" | "caller.groups" | "request.id" | "target.name" => {
            Domain::Text
        }
        "request.model" => Domain::Model,
        "request.stream" => Domain::Truth,
        "request.api" | "request.needs" | "time.weekday" | "target.supports" => word(attribute),
        "request.tokens" | "request.output" | "request.window" | "target.context" | "target.output" => {
            Domain::Quantity(Quantity::Tokens)
        }
        "time.now" => Domain::Quantity(Quantity::Instant),
        "time.of-day" => Domain::Quantity(Quantity::TimeOfDay),
        "prompt" | "system" | "prompt.findings" | "system.findings" => Domain::Findings,
        "granted" => Domain::Named(Kind::Approval, String::new()),
        "draw" => Domain::Quantity(Quantity::Share),
        "target" => Domain::Target,
        "target.provider" => Domain::Named(Kind::Provider, String::new()),
        "target.price.input" | "target.price.output" => Domain::Quantity(Quantity::Price),
        _ => return declared.get(attribute).cloned(),
    };
    Some(built_in)
}

/// No attribute has this name; it is there where a policy declares the type of `caller.team`.
const TEAM: &str = "type team";

/// The values of all declared attributes.
pub(super) fn declared(sources: &Sources) -> Declared {
    let items = || sources.files().iter().flat_map(|file| file.parse.root().items().collect::<Vec<_>>());
    let mut found = Declared::default();
    for item in items() {
        let Item::Type(item) = item else { continue };
        let (Some(name), shape) = (item.name(), item.shape()) else { continue };
        let form = shape.map_or(Form::Plain, |shape| form_of(&shape, &BTreeMap::new()));
        found.types.entry(name.text()).or_insert(form);
    }
    if found.types.contains_key("team") {
        found.domains.insert(TEAM.to_owned(), Domain::Named(Kind::Member, "team".to_owned()));
    }
    for item in items() {
        let (name, shape) = match &item {
            Item::Attribute(item) => (item.name().map(|name| name.text()), item.shape()),
            Item::Classify(item) => (item.name().map(|name| name.text()), item.shape()),
            _ => continue,
        };
        let (Some(name), Some(shape)) = (name, shape) else { continue };
        if let Some(domain) = of_shape(&name, &shape, &found.types) {
            found.forms.entry(name.clone()).or_insert(form_of(&shape, &found.types));
            found.domains.entry(name).or_insert(domain);
        }
    }
    found
}

fn form_of(shape: &TypeShape, types: &BTreeMap<String, Form>) -> Form {
    match shape {
        TypeShape::Plain(_) => Form::Plain,
        TypeShape::Scale(_) => Form::Scale,
        TypeShape::Tree(_) => Form::Tree,
        TypeShape::Set(_) => Form::Set,
        TypeShape::Named(named) => {
            let form = named.name().and_then(|name| types.get(&name.text()).copied());
            form.unwrap_or(Form::Plain)
        }
    }
}

fn of_shape(attribute: &str, shape: &TypeShape, types: &BTreeMap<String, Form>) -> Option<Domain> {
    match shape {
        TypeShape::Named(named) => {
            let name = named.name()?.text();
            match name.as_str() {
                "string" => Some(Domain::Text),
                "bool" => Some(Domain::Truth),
                "tokens" => Some(Domain::Quantity(Quantity::Tokens)),
                _ => types.contains_key(&name).then_some(Domain::Named(Kind::Member, name)),
            }
        }
        // A set of a set is no type, so this goes one step down at most.
        TypeShape::Set(set) => match set.member()? {
            TypeShape::Set(_) => None,
            member => of_shape(attribute, &member, types),
        },
        TypeShape::Plain(_) | TypeShape::Scale(_) | TypeShape::Tree(_) => {
            Some(Domain::Named(Kind::Member, attribute.to_owned()))
        }
    }
}
