//! A policy as data, of which every engine gets a translation: a list of rules of which the first that holds answers.
//! Rules are conjunctions; a clause of one may be a choice between tests. Nothing here is any engine's form.

pub mod generate;

pub mod route_text;

/// What the rules of a policy are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// As companies write them: most rules name a team, two to five tests each.
    Realistic,
    /// No test of a rule sets it apart from more than a few others: no teams, no apps, only short closed lists.
    NoSelective,
    /// Against an engine that sorts rules: wide lists, negations, token ranges of their own, large choices.
    Adversarial,
}

impl Family {
    /// All, in the order of the page.
    pub const ALL: [Family; 3] = [Family::Realistic, Family::NoSelective, Family::Adversarial];

    /// Its name in commands and figures.
    pub fn name(self) -> &'static str {
        match self {
            Family::Realistic => "realistic",
            Family::NoSelective => "no-selective",
            Family::Adversarial => "adversarial",
        }
    }

    /// The family of that name.
    pub fn find(name: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.name() == name)
    }
}

/// Attributes that hold one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// What the request is for: a closed list.
    Workload,
    /// Whose data it is about: a closed list.
    Region,
    /// The model asked for, by an alias of the policy.
    Model,
    /// The application that calls.
    App,
    /// A header: the cost centre that is charged.
    CostCentre,
}

impl Field {
    /// All, in the order in which a request holds them.
    pub const ALL: [Field; 5] = [Field::Workload, Field::Region, Field::Model, Field::App, Field::CostCentre];

    /// Its name in the engines that are free to choose one.
    pub fn name(self) -> &'static str {
        match self {
            Field::Workload => "workload",
            Field::Region => "region",
            Field::Model => "model",
            Field::App => "app",
            Field::CostCentre => "cost_centre",
        }
    }
}

/// Attributes that hold several texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetField {
    /// What the request needs of a model.
    Needs,
    /// The groups of the caller.
    Groups,
}

impl SetField {
    /// Its name in the engines that are free to choose one.
    pub fn name(self) -> &'static str {
        match self {
            SetField::Needs => "needs",
            SetField::Groups => "groups",
        }
    }
}

/// Where a node of the tree of teams stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Right below the root.
    Department,
    /// Below a department.
    Team,
}

/// One question about a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The caller's team is this one or below it.
    Team(String, Level),
    /// The attribute is one of these, which are at least one.
    Text(Field, Vec<String>),
    /// The attribute begins with this.
    Prefix(Field, String),
    /// The class of the data has at least this rank, of 1 to 3.
    DataFrom(u8),
    /// The request has at least so many tokens.
    TokensFrom(u64),
    /// The set holds this.
    Has(SetField, String),
}

/// A test or its opposite.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// The test.
    pub test: Test,
    /// Whether the opposite is asked.
    pub is_negated: bool,
}

/// Holds where one of its literals does; most have one.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause(pub Vec<Literal>);

/// What becomes of a request that a rule takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is refused.
    Deny,
    /// It goes to the first of these targets that may be asked; counted through all providers.
    Route([usize; 3]),
}

/// Holds where all of its clauses do.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// At least two.
    pub clauses: Vec<Clause>,
    /// What then.
    pub outcome: Outcome,
}

/// A policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What it is like.
    pub family: Family,
    /// The rules, the first that holds answers.
    pub rules: Vec<Rule>,
    /// The departments, and the teams below each.
    pub teams: Vec<(String, Vec<String>)>,
    /// Every application that rules or requests name.
    pub apps: Vec<String>,
    /// Every cost centre that rules or requests name.
    pub cost_centres: Vec<String>,
}

/// The closed list of workloads.
pub const WORKLOADS: [&str; 12] = [
    "assist",
    "agents",
    "batch",
    "care",
    "chat",
    "code",
    "extract",
    "reasoning",
    "review",
    "search",
    "summarize",
    "translate",
];

/// The closed list of regions.
pub const REGIONS: [&str; 8] = ["eu", "us", "uk", "ch", "ca", "jp", "au", "br"];

/// The classes of data, ascending; a class's rank is its position.
pub const DATA: [&str; 4] = ["public", "internal", "confidential", "restricted"];

/// What a request may need, as far as rules test it.
pub const NEEDS: [&str; 4] = ["tools", "vision", "structured-output", "reasoning"];

/// How many aliases of models there are.
pub const MODELS: usize = 20;

/// How many groups of callers there are.
pub const GROUPS: usize = 50;

/// How many providers there are, and models of each: a target is one of their products.
pub const PROVIDERS: usize = 5;
/// Models of each provider.
pub const MODELS_OF_PROVIDER: usize = 5;

/// The alias with that number.
pub fn model(index: usize) -> String {
    const STYLES: [&str; 4] = ["assistant", "deep-thought", "quick", "helpdesk"];
    format!("{}-{}", STYLES[index % STYLES.len()], index / STYLES.len() + 1)
}

/// The group with that number.
pub fn group(index: usize) -> String {
    format!("g-{index}")
}

impl Literal {
    /// The test as it is.
    pub fn of(test: Test) -> Literal {
        Literal { test, is_negated: false }
    }

    /// The opposite of the test.
    pub fn not(test: Test) -> Literal {
        Literal { test, is_negated: true }
    }
}
