//! What can be known of a request: attributes with type, sources and default. Holds no request's values.

use crate::detector::DetectorId;
use crate::value::{MemberId, Value};
use crate::zone::Zone;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The position of an attribute in its [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttributeId(pub u32);

/// The shape of a named type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// Members without an order.
    Plain,
    /// Members in ascending order, comparable.
    Scale,
    /// Members at or below one another; each follows its parent.
    Tree,
}

/// One value of a named type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// As the policy writes it, without quotes.
    pub name: String,
    /// In a tree: the member directly above; none for the root and in the other shapes.
    pub parent: Option<MemberId>,
}

/// A closed list of named values: the policy's own `type`, a built-in one, or the classes of a `classify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedType {
    /// The type's name; of an inline type (`a | b` at an attribute) the attribute's.
    pub name: String,
    /// How members relate.
    pub shape: Shape,
    /// In the order written; of a tree in preorder, the root first.
    pub members: Vec<Member>,
}

impl NamedType {
    /// The member of that name.
    pub fn member(&self, name: &str) -> Option<MemberId> {
        let index = self.members.iter().position(|member| member.name == name)?;
        Some(MemberId(u32::try_from(index).expect("a type has fewer than 2^32 members")))
    }

    /// The name of a member.
    ///
    /// # Panics
    /// When `id` is not of this type.
    pub fn name_of(&self, id: MemberId) -> &str {
        &self.members[id.0 as usize].name
    }

    /// Whether `low` is `high` or stands somewhere below it. In plain types and scales: whether they are the same.
    pub fn is_at_or_below(&self, low: MemberId, high: MemberId) -> bool {
        let mut at = Some(low);
        while let Some(id) = at {
            if id == high {
                return true;
            }
            // Parents stand before their children, so this ends.
            at = self.members[id.0 as usize].parent;
        }
        false
    }
}

/// The type of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Type {
    /// Any text.
    Text,
    /// An alias, a target or any other text, as the caller wrote it into `model`.
    Model,
    /// A set of texts.
    TextSet,
    /// A set of members of a named type, held by their names.
    NamedSet(Arc<NamedType>),
    /// One member of a named type; of a tree also [`Value::Unknown`].
    Named(Arc<NamedType>),
    /// True or false.
    Bool,
    /// A token count.
    Tokens,
    /// A moment.
    Instant,
    /// A time of day.
    TimeOfDay,
    /// A share of a whole, such as the used part of a limit.
    Share,
    /// Texts that go to a model.
    Parts,
}

impl Type {
    /// The value that an attribute without default has when nobody gives one: `""`, `[]`, 0, false, the root of a
    /// tree, the first member of other named types, 0 %, no texts, midnight, and
    /// [`DEFAULT_NOW`](crate::value::DEFAULT_NOW).
    pub fn empty_value(&self) -> Value {
        match self {
            Type::Text | Type::Model => Value::Text(String::new()),
            Type::TextSet | Type::NamedSet(_) => Value::Set(std::collections::BTreeSet::new()),
            Type::Named(_) => Value::Member(MemberId(0)),
            Type::Bool => Value::Bool(false),
            Type::Tokens => Value::Tokens(crate::value::Tokens(0)),
            Type::Instant => Value::Instant(crate::value::DEFAULT_NOW),
            Type::TimeOfDay => Value::TimeOfDay(crate::value::MinuteOfDay(0)),
            Type::Share => Value::Share(crate::value::Share(0)),
            Type::Parts => Value::Parts(Vec::new()),
        }
    }
}

/// Where an attribute's value may come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Source {
    /// A field of the issued key, by name.
    Credential(String),
    /// A claim of the caller's JWT, by name.
    Claim(String),
    /// A request header, by lower-case name; the caller's own word.
    Header(String),
    /// A member of the body's `metadata`, by name; the caller's own word.
    Metadata(String),
}

impl Source {
    /// As a request document's `sources` spells it: `credential data_class`.
    pub fn label(&self) -> String {
        match self {
            Source::Credential(name) => format!("credential {name}"),
            Source::Claim(name) => format!("claim {name}"),
            Source::Header(name) => format!("header {name}"),
            Source::Metadata(name) => format!("metadata {name}"),
        }
    }
}

/// Which of several sources counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Combine {
    /// The highest on the scale; a missing source counts as the default.
    Highest,
    /// The lowest on the scale; a missing source counts as the default.
    Lowest,
    /// The first that is present, in the order written. Also for a single source.
    First,
}

/// How an attribute gets its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Built in: read by the proxy from the credential, the request or the clock.
    BuiltIn(BuiltIn),
    /// Declared with `from …`: its sources in the order written (empty: nobody can give it but a request document).
    Sources(Vec<Source>, Combine),
    /// A `classify`: computed by the program from other attributes; a request document may give it outright.
    Classified,
    /// What a detector finds in these texts: a set of its findings' names. Where it is not supplied, a program looks for
    /// itself as far as a detector is a pure function of the texts.
    Findings(Inspected, DetectorId),
    /// The used part of a caller's own counter: `spent(BUDGET)`, `used(LIMIT)`.
    Counter,
}

/// Which texts of a request are looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Inspected {
    /// `prompt`: all that goes to the model.
    Prompt,
    /// `system`: the system prompt alone.
    System,
}

impl Inspected {
    /// Both.
    pub const ALL: [Inspected; 2] = [Inspected::Prompt, Inspected::System];

    /// As a policy spells it.
    pub fn name(self) -> &'static str {
        match self {
            Inspected::Prompt => "prompt",
            Inspected::System => "system",
        }
    }

    /// The attribute that holds the texts.
    pub fn texts(self) -> BuiltIn {
        match self {
            Inspected::Prompt => BuiltIn::Prompt,
            Inspected::System => BuiltIn::System,
        }
    }
}

/// The attributes that every policy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BuiltIn {
    /// `caller.id`
    CallerId,
    /// `caller.team`
    CallerTeam,
    /// `caller.app`
    CallerApp,
    /// `caller.groups`
    CallerGroups,
    /// `request.id`
    RequestId,
    /// `request.api`
    RequestApi,
    /// `request.model`
    RequestModel,
    /// `request.stream`
    RequestStream,
    /// `request.needs`
    RequestNeeds,
    /// `request.tokens`: input tokens, an upper bound.
    RequestTokens,
    /// `request.output`: asked for at most; 0: unsaid.
    RequestOutput,
    /// `request.window`: computed, `tokens` plus the greater of `output` and 1; cannot be given.
    RequestWindow,
    /// `time.now`
    TimeNow,
    /// `time.of-day`: computed from `time.now`; cannot be given.
    TimeOfDay,
    /// `time.weekday`: computed from `time.now`; cannot be given.
    TimeWeekday,
    /// `prompt`: every text that goes to the model.
    Prompt,
    /// `system`: the system prompt alone.
    System,
    /// `granted`: the approvals that the caller holds; no condition tests it.
    Granted,
    /// `draw`: in place of every draw; no condition tests it, and unknown means that each draw is made.
    Draw,
}

impl BuiltIn {
    /// All, in the order in which a schema begins with them: `BuiltIn::X as u32` is the [`AttributeId`].
    pub const ALL: [BuiltIn; 19] = [
        BuiltIn::CallerId,
        BuiltIn::CallerTeam,
        BuiltIn::CallerApp,
        BuiltIn::CallerGroups,
        BuiltIn::RequestId,
        BuiltIn::RequestApi,
        BuiltIn::RequestModel,
        BuiltIn::RequestStream,
        BuiltIn::RequestNeeds,
        BuiltIn::RequestTokens,
        BuiltIn::RequestOutput,
        BuiltIn::RequestWindow,
        BuiltIn::TimeNow,
        BuiltIn::TimeOfDay,
        BuiltIn::TimeWeekday,
        BuiltIn::Prompt,
        BuiltIn::System,
        BuiltIn::Granted,
        BuiltIn::Draw,
    ];

    /// Its name in a policy.
    pub fn name(self) -> &'static str {
        match self {
            BuiltIn::CallerId => "caller.id",
            BuiltIn::CallerTeam => "caller.team",
            BuiltIn::CallerApp => "caller.app",
            BuiltIn::CallerGroups => "caller.groups",
            BuiltIn::RequestId => "request.id",
            BuiltIn::RequestApi => "request.api",
            BuiltIn::RequestModel => "request.model",
            BuiltIn::RequestStream => "request.stream",
            BuiltIn::RequestNeeds => "request.needs",
            BuiltIn::RequestTokens => "request.tokens",
            BuiltIn::RequestOutput => "request.output",
            BuiltIn::RequestWindow => "request.window",
            BuiltIn::TimeNow => "time.now",
            BuiltIn::TimeOfDay => "time.of-day",
            BuiltIn::TimeWeekday => "time.weekday",
            BuiltIn::Prompt => "prompt",
            BuiltIn::System => "system",
            BuiltIn::Granted => "granted",
            BuiltIn::Draw => "draw",
        }
    }

    /// Its type, where `team` is the policy's own type of that name, if it declares one.
    pub fn value_type(self, team: Option<&Arc<NamedType>>) -> Type {
        match self {
            BuiltIn::CallerTeam => team.map_or(Type::Text, |team| Type::Named(Arc::clone(team))),
            BuiltIn::CallerId | BuiltIn::CallerApp | BuiltIn::RequestId => Type::Text,
            BuiltIn::CallerGroups => Type::TextSet,
            BuiltIn::RequestApi => Type::Named(Arc::new(plain_type("request.api", &APIS))),
            BuiltIn::RequestModel => Type::Model,
            BuiltIn::RequestStream => Type::Bool,
            BuiltIn::RequestNeeds => Type::NamedSet(Arc::new(plain_type("request.needs", &NEEDS))),
            BuiltIn::RequestTokens | BuiltIn::RequestOutput | BuiltIn::RequestWindow => Type::Tokens,
            BuiltIn::TimeNow => Type::Instant,
            BuiltIn::TimeOfDay => Type::TimeOfDay,
            BuiltIn::TimeWeekday => Type::Named(Arc::new(NamedType {
                shape: Shape::Scale,
                ..plain_type("time.weekday", &WEEKDAYS)
            })),
            BuiltIn::Prompt | BuiltIn::System => Type::Parts,
            // The names of a policy's approvals take their place once they are known.
            BuiltIn::Granted => Type::NamedSet(Arc::new(plain_type("granted", &[]))),
            BuiltIn::Draw => Type::Share,
        }
    }

    /// Whether the program computes it, so that nobody can give it.
    pub fn is_computed(self) -> bool {
        matches!(self, BuiltIn::RequestWindow | BuiltIn::TimeOfDay | BuiltIn::TimeWeekday)
    }

    /// Whether a condition may name it.
    pub fn is_testable(self) -> bool {
        !matches!(self, BuiltIn::Granted | BuiltIn::Draw)
    }

    /// Its position in every schema.
    pub fn id(self) -> AttributeId {
        AttributeId(self as u32)
    }
}

/// The wire protocols that a caller may speak, the default first.
pub const APIS: [&str; 5] = ["chat", "responses", "messages", "gemini", "embeddings"];

/// What a request may need of a model beyond its api.
pub const NEEDS: [&str; 6] = ["tools", "vision", "audio", "files", "structured-output", "reasoning"];

/// The days of a week, as a policy spells them.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A type whose values have no order.
pub fn plain_type(name: &str, members: &[&str]) -> NamedType {
    let members = members.iter().map(|name| Member { name: (*name).to_owned(), parent: None }).collect();
    NamedType { name: name.to_owned(), shape: Shape::Plain, members }
}

/// One attribute of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// As the policy writes it: `caller.team`, `data`.
    pub name: String,
    /// What its values are.
    pub value_type: Type,
    /// How it gets its value.
    pub origin: Origin,
    /// What a missing value counts as. None: [`Type::empty_value`], unless `is_required`.
    pub default: Option<Value>,
    /// Whether a request without it is refused.
    pub is_required: bool,
}

/// All attributes of a policy: first [`BuiltIn::ALL`], then declared and classified ones in the order of the policy, then
/// findings and counters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Schema {
    /// Indexed by [`AttributeId`].
    pub attributes: Vec<Attribute>,
    /// In which days begin, and clocks are read.
    pub zone: Zone,
}

impl Schema {
    /// The attribute with that number.
    ///
    /// # Panics
    /// When `id` is of another schema.
    pub fn attribute(&self, id: AttributeId) -> &Attribute {
        &self.attributes[id.0 as usize]
    }

    /// The attribute of that name.
    pub fn find(&self, name: &str) -> Option<AttributeId> {
        let index = self.attributes.iter().position(|attribute| attribute.name == name)?;
        Some(AttributeId(u32::try_from(index).expect("a schema has fewer than 2^32 attributes")))
    }

    /// The attribute that holds what a detector finds in these texts.
    pub fn findings(&self, inspected: Inspected, detector: DetectorId) -> Option<AttributeId> {
        let origin = Origin::Findings(inspected, detector);
        self.ids().find(|id| self.attribute(*id).origin == origin)
    }

    /// Whether it holds texts that go to a model, or what is found in them.
    ///
    /// # Panics
    /// When `id` is of another schema.
    pub fn is_of_texts(&self, id: AttributeId) -> bool {
        matches!(self.attribute(id).origin, Origin::Findings(..))
            || Inspected::ALL.iter().any(|inspected| inspected.texts().id() == id)
    }

    /// Every attribute's number, ascending.
    pub fn ids(&self) -> impl Iterator<Item = AttributeId> + use<> {
        (0..u32::try_from(self.attributes.len()).expect("a schema has fewer than 2^32 attributes"))
            .map(AttributeId)
    }
}
