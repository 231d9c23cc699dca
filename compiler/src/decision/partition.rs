//! Every attribute's domain, cut into the classes that a policy's tests can tell apart. A request becomes a vector of class
//! numbers, one for each dimension; what is tested of one attribute is a set of classes of one dimension.
//!
//! Single values have one dimension: of texts see [`texts`], of named types the members with equal answers are one class, of
//! numbers the cut points of the tests divide the line. A set has a dimension for each member that is asked for, and what is
//! looked for in a prompt one for each test.

mod joint;

pub use joint::Family;

mod members;

mod numbers;

mod sets;

pub mod texts;

use super::boxes::{ClassSet, Constraint, Dimension, Expression};
use crate::model::{Condition, DefinitionBody, FactId, Interval, Pattern, Policy, Predicate, Subject, Test};
use members::Members;
use numbers::Numbers;
use sets::Tested;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use texts::{TextClasses, TextTest};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::Requested;
use wayleave_program::schema::{AttributeId, BuiltIn, Origin, Type};
use wayleave_program::value::Value;

/// The class of a dimension of which nothing is known.
pub const UNKNOWN: u32 = u32::MAX;

/// What a dimension is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The value of an attribute.
    Value(AttributeId),
    /// One test of an attribute: class 1 where it holds. For members of sets, texts of prompts, and patterns of which the
    /// product is too large.
    Holds(AttributeId, Predicate),
    /// Whether a set is exactly this one.
    Equals(AttributeId, BTreeSet<String>),
    /// The target in question: its number is its class.
    Target,
    /// A truth that is computed from other dimensions: a `define` by its name, or a comparison with a fact.
    Computed(String),
}

/// One dimension.
#[derive(Debug, Clone)]
pub struct Axis {
    /// What it is about.
    pub meaning: Meaning,
    /// How many classes there are.
    pub count: u32,
}

/// How the values of one attribute become classes.
#[derive(Debug)]
enum Cut {
    /// Single texts.
    Texts(Box<Texts>),
    /// Members of a named type.
    Members(Members),
    /// True is 1.
    Truth(Dimension),
    /// Numbers of any unit.
    Numbers(Numbers),
    /// Members of a set.
    Set(Tested),
    /// What is looked for in texts.
    Parts(Vec<(Dimension, Predicate)>),
}

/// The classes of single texts.
#[derive(Debug)]
struct Texts {
    dimension: Dimension,
    classes: TextClasses,
    /// Where each pattern holds.
    patterns: Vec<(Pattern, ClassSet)>,
    /// Where a caller's `model` names what a test asks for; ascending by the test.
    naming: Vec<(Predicate, ClassSet)>,
    /// Patterns with a dimension each: where their product is too large.
    alone: Vec<(Dimension, Predicate)>,
}

/// The classes of a policy's attributes.
#[derive(Debug)]
pub struct Partition {
    axes: Vec<Axis>,
    /// Ascending by attribute.
    cuts: Vec<(AttributeId, Cut)>,
    /// The attributes of `cuts` whose values are given, with their places there.
    given: Vec<(AttributeId, usize)>,
    /// The attributes of `cuts` that are computed by a `classify`.
    classified: BTreeSet<AttributeId>,
    /// Of a request of which nothing is given; computed truths are 0.
    defaults: Vec<u32>,
    /// What each text that names something means; others name nothing.
    models: BTreeMap<String, Requested>,
    /// No other partition has this one, as long as somebody remembers it.
    own: Arc<()>,
}

/// Classes that were worked out beforehand.
#[derive(Debug)]
struct Settled {
    /// Whose classes they are.
    of: Weak<()>,
    classes: Vec<u32>,
    /// What was not known yet, as in [`Partition::given`].
    rest: Vec<(AttributeId, usize)>,
}

impl Settled {
    fn is_of(&self, partition: &Partition) -> bool {
        self.of.as_ptr() == Arc::as_ptr(&partition.own)
    }
}

/// The dimension of the target in question, which every partition has.
pub const TARGET: Dimension = Dimension(0);

impl Partition {
    /// The classes that the tests of these conditions, and of all definitions, can tell apart.
    pub fn new(policy: &Policy, conditions: &[&Condition]) -> Partition {
        let targets = u32::try_from(policy.catalogue.targets.len()).expect("fewer than 2^32 targets");
        let mut partition = Partition {
            axes: vec![Axis { meaning: Meaning::Target, count: targets }],
            cuts: Vec::new(),
            given: Vec::new(),
            classified: BTreeSet::new(),
            defaults: vec![0],
            models: models(policy),
            own: Arc::new(()),
        };
        for (id, tests) in tested(policy, conditions) {
            partition.cut(policy, id, &tests);
        }
        let is_classified = |id: &AttributeId| policy.schema.attribute(*id).origin == Origin::Classified;
        partition.classified = partition.cuts.iter().map(|(id, _)| *id).filter(is_classified).collect();
        let is_given = |id: &AttributeId| match policy.schema.attribute(*id).origin {
            Origin::BuiltIn(built_in) => !built_in.is_computed(),
            Origin::Sources(..) | Origin::Classified | Origin::Findings(..) | Origin::Counter => true,
        };
        let ids = partition.cuts.iter().map(|(id, _)| *id).zip(0..);
        partition.given = ids.filter(|(id, _)| is_given(id)).collect();
        partition.set_defaults(policy);
        partition
    }

    /// A dimension of its own for a truth that is computed from others.
    pub(super) fn computed(&mut self, name: String) -> Dimension {
        self.defaults.push(0);
        self.axis(Meaning::Computed(name), 2)
    }

    fn axis(&mut self, meaning: Meaning, count: u32) -> Dimension {
        let dimension = Dimension(u32::try_from(self.axes.len()).expect("fewer than 2^32 dimensions"));
        self.axes.push(Axis { meaning, count });
        dimension
    }

    fn cut(&mut self, policy: &Policy, id: AttributeId, tests: &[Asked<'_>]) {
        let attribute = policy.schema.attribute(id);
        let cut = match &attribute.value_type {
            Type::Text | Type::Model => Cut::Texts(Box::new(self.cut_texts(id, tests))),
            Type::Named(named) => {
                let members = Members::new(named, tests, attribute.origin == Origin::Classified);
                let dimension = self.axis(Meaning::Value(id), members.count());
                Cut::Members(members.at(dimension))
            }
            Type::Bool => Cut::Truth(self.axis(Meaning::Value(id), 2)),
            Type::Tokens | Type::Instant | Type::TimeOfDay | Type::Share => {
                let dates = if id == BuiltIn::TimeNow.id() { policy.dates() } else { Vec::new() };
                let numbers = Numbers::new(&attribute.value_type, tests, &dates);
                let dimension = self.axis(Meaning::Value(id), numbers.count());
                Cut::Numbers(numbers.at(dimension))
            }
            Type::TextSet | Type::NamedSet(_) => {
                Cut::Set(Tested::new(tests, |meaning| self.axis(meaning.of(id), 2)))
            }
            Type::Parts => Cut::Parts(self.alone(id, tests)),
        };
        self.cuts.push((id, cut));
    }

    fn cut_texts(&mut self, id: AttributeId, tests: &[Asked<'_>]) -> Texts {
        let literals: BTreeSet<BTreeSet<String>> =
            tests.iter().filter_map(|test| test.literals(&self.models)).collect();
        let patterns: Vec<&Pattern> = tests.iter().filter_map(Asked::pattern).collect();
        let mut asked: Vec<TextTest<'_>> = literals.iter().map(TextTest::OneOf).collect();
        asked.extend(patterns.iter().map(|pattern| TextTest::Matches(pattern)));
        if let Ok(classes) = TextClasses::new(&asked) {
            let at = |index: usize| classes.holding(literals.len() + index).clone();
            let patterns =
                patterns.into_iter().enumerate().map(|(index, pattern)| (pattern.clone(), at(index)));
            let patterns = patterns.collect();
            let naming = self.naming(&classes, tests);
            let dimension = self.axis(Meaning::Value(id), classes.count());
            return Texts { dimension, classes, patterns, naming, alone: Vec::new() };
        }
        // Each pattern is asked on its own: what they exclude of each other is not known then.
        let classes = TextClasses::new(&asked[..literals.len()]).expect("literals have no product");
        let naming = self.naming(&classes, tests);
        let dimension = self.axis(Meaning::Value(id), classes.count());
        let apart: Vec<Asked<'_>> = tests.iter().filter(|test| test.pattern().is_some()).copied().collect();
        Texts { dimension, classes, patterns: Vec::new(), naming, alone: self.alone(id, &apart) }
    }

    /// The classes of each test of what the caller's `model` names.
    fn naming(&self, classes: &TextClasses, tests: &[Asked<'_>]) -> Vec<(Predicate, ClassSet)> {
        let of = |test: &Asked<'_>| match test {
            Asked::Of(predicate @ Predicate::NamesModel { .. }) => {
                let literals = test.literals(&self.models)?;
                let set = ClassSet::of(literals.iter().map(|text| classes.class_of(text)));
                Some(((*predicate).clone(), set))
            }
            Asked::Of(_) | Asked::Fact(_) => None,
        };
        let mut naming: Vec<(Predicate, ClassSet)> = tests.iter().filter_map(of).collect();
        naming.sort_by(|one, other| one.0.cmp(&other.0));
        naming
    }

    /// A dimension for each test.
    fn alone(&mut self, id: AttributeId, tests: &[Asked<'_>]) -> Vec<(Dimension, Predicate)> {
        let of = |test: &Asked<'_>| match test {
            Asked::Of(predicate) => {
                Some((self.axis(Meaning::Holds(id, (*predicate).clone()), 2), (*predicate).clone()))
            }
            Asked::Fact(_) => None,
        };
        tests.iter().filter_map(of).collect()
    }

    fn set_defaults(&mut self, policy: &Policy) {
        self.defaults = vec![0; self.axes.len()];
        let mut defaults = std::mem::take(&mut self.defaults);
        let nothing = Attributes::new(&policy.schema);
        for (id, cut) in &self.cuts {
            let value = joint::computed(policy, &nothing, *id);
            cut.classify(
                &value.unwrap_or_else(|| nothing.value(&policy.schema, *id).into_owned()),
                &mut defaults,
            );
        }
        self.defaults = defaults;
    }

    /// All dimensions.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The attributes whose patterns are asked one by one, since their automata together are too large.
    pub fn patterns_apart(&self) -> Vec<AttributeId> {
        let is_apart = |cut: &Cut| match cut {
            Cut::Texts(texts) => !texts.alone.is_empty(),
            Cut::Parts(tests) => tests.len() > 1,
            Cut::Members(_) | Cut::Truth(_) | Cut::Numbers(_) | Cut::Set(_) => false,
        };
        self.cuts.iter().filter(|(_, cut)| is_apart(cut)).map(|(id, _)| *id).collect()
    }

    /// The patterns that are asked of single texts, each with the classes of those that match; none of those that have a
    /// dimension of their own.
    pub(crate) fn patterns(&self, id: AttributeId) -> &[(Pattern, ClassSet)] {
        match self.cut_of(id) {
            Some(Cut::Texts(texts)) => &texts.patterns,
            _ => &[],
        }
    }

    /// Whether the texts of a class are all named by some test.
    pub(crate) fn is_of_literals(&self, id: AttributeId, class: u32) -> bool {
        matches!(self.cut_of(id), Some(Cut::Texts(texts)) if texts.classes.is_named(class))
    }

    /// How many classes a dimension has.
    pub fn count(&self, dimension: Dimension) -> u32 {
        self.axes[dimension.0 as usize].count
    }

    /// The attributes that are tested and whose values are given.
    pub(super) fn given(&self) -> impl Iterator<Item = AttributeId> + '_ {
        self.given.iter().map(|(id, _)| *id)
    }

    /// Writes the classes of all that is given, as far as they were not worked out beforehand.
    pub(super) fn classify_all(&self, attributes: &Attributes, classes: &mut Vec<u32>) {
        let settled = attributes.settled::<Settled>().filter(|settled| settled.is_of(self));
        let (known, rest) = match settled {
            Some(settled) => (&settled.classes, &settled.rest),
            None => (&self.defaults, &self.given),
        };
        classes.clear();
        classes.extend_from_slice(known);
        for (id, cut) in rest {
            if let Some(value) = attributes.get(*id) {
                self.cuts[*cut].1.classify(value, classes);
            }
        }
    }

    /// The classes of what is given now, kept with the attributes.
    pub(super) fn settle(&self, attributes: &mut Attributes) {
        let mut classes = Vec::with_capacity(self.defaults.len());
        self.classify_all(attributes, &mut classes);
        let rest = self.given.iter().filter(|(id, _)| attributes.get(*id).is_none()).copied().collect();
        attributes.settle(Arc::new(Settled { of: Arc::downgrade(&self.own), classes, rest }));
    }

    fn cut_of(&self, id: AttributeId) -> Option<&Cut> {
        let at = self.cuts.binary_search_by_key(&id, |(known, _)| *known).ok()?;
        Some(&self.cuts[at].1)
    }

    /// Whether some condition tests it.
    pub(super) fn tests(&self, id: AttributeId) -> bool {
        self.cut_of(id).is_some()
    }

    /// The classes of a request of which nothing is given; computed ones are 0.
    pub fn defaults(&self) -> &[u32] {
        &self.defaults
    }

    /// What a caller's `model` means.
    pub(super) fn requested(&self, model: &str) -> &Requested {
        self.models.get(model).unwrap_or(&Requested::Nothing)
    }

    /// Writes the classes of one attribute's value; does nothing for an attribute that no condition tests.
    pub fn classify(&self, id: AttributeId, value: &Value, classes: &mut [u32]) {
        if let Some(cut) = self.cut_of(id) {
            cut.classify(value, classes);
        }
    }

    /// Whether no test can tell the numbers from `least` to `most` apart: classes ascend with the number.
    pub(super) fn is_one_class(&self, id: AttributeId, least: u64, most: u64) -> bool {
        let Some(Cut::Numbers(numbers)) = self.cut_of(id) else { return true };
        numbers.class_of(least.into()) == numbers.class_of(most.into())
    }

    /// Makes an attribute unknown in a class vector.
    pub(super) fn forget(&self, id: AttributeId, classes: &mut [u32]) {
        self.each_dimension(id, |dimension| classes[dimension.0 as usize] = UNKNOWN);
    }

    /// The dimensions of an attribute; empty where no condition tests it.
    pub fn dimensions(&self, id: AttributeId) -> Vec<Dimension> {
        let mut dimensions = Vec::new();
        self.each_dimension(id, |dimension| dimensions.push(dimension));
        dimensions
    }

    fn each_dimension(&self, id: AttributeId, mut tell: impl FnMut(Dimension)) {
        match self.cut_of(id) {
            None => {}
            Some(Cut::Texts(texts)) => {
                tell(texts.dimension);
                texts.alone.iter().for_each(|(dimension, _)| tell(*dimension));
            }
            Some(Cut::Members(members)) => tell(members.dimension()),
            Some(Cut::Truth(dimension)) => tell(*dimension),
            Some(Cut::Numbers(numbers)) => tell(numbers.dimension()),
            Some(Cut::Set(tested)) => tested.dimensions().for_each(tell),
            Some(Cut::Parts(tests)) => tests.iter().for_each(|(dimension, _)| tell(*dimension)),
        }
    }

    /// What a test of an attribute against constants asks of classes.
    ///
    /// # Panics
    /// Where the test is of no condition that the partition was made for.
    pub fn constraint(&self, id: AttributeId, predicate: &Predicate) -> Constraint {
        let at = |dimension: Dimension, classes: ClassSet| Constraint { dimension, classes };
        let holds = |dimension: Dimension| at(dimension, ClassSet::one(1));
        let found = match self.cut_of(id) {
            Some(Cut::Texts(texts)) => texts.constraint(predicate),
            Some(Cut::Members(members)) => Some(at(members.dimension(), members.within(predicate))),
            Some(Cut::Truth(dimension)) => Some(holds(*dimension)),
            Some(Cut::Numbers(numbers)) => Some(at(numbers.dimension(), numbers.within(predicate))),
            Some(Cut::Set(tested)) => tested.dimension(predicate).map(holds),
            Some(Cut::Parts(tests)) => alone_at(tests, predicate).map(holds),
            None => None,
        };
        found.expect("the partition was made for every test")
    }

    /// The classes of one attribute that lie in a period.
    pub(super) fn in_force(&self, period: crate::model::Period) -> Constraint {
        let id = BuiltIn::TimeNow.id();
        let low = period.from.map(|from| i128::from(from.0));
        let high = period.until.map(|until| i128::from(until.0));
        self.constraint(id, &Predicate::InIntervals(vec![Interval { low, high }]))
    }

    /// The classes of one attribute whose values stand so to a fact's value.
    pub(super) fn compared(&self, id: AttributeId, order: crate::model::Order, fact: &Value) -> Expression {
        let at = |dimension: Dimension, classes| Expression::Within(Constraint { dimension, classes });
        match (self.cut_of(id), fact) {
            (Some(Cut::Texts(texts)), Value::Text(text)) => {
                at(texts.dimension, ClassSet::one(texts.classes.class_of(text)))
            }
            (Some(Cut::Members(members)), _) => at(members.dimension(), members.compared(order, fact)),
            (Some(Cut::Truth(dimension)), Value::Bool(is_true)) => {
                at(*dimension, ClassSet::one(u32::from(*is_true)))
            }
            (Some(Cut::Numbers(numbers)), _) => at(numbers.dimension(), numbers.compared(order, fact)),
            (Some(Cut::Set(tested)), Value::Set(set)) => {
                let dimension = tested.equals(set).expect("the partition was made for every fact");
                at(dimension, ClassSet::one(1))
            }
            _ => Expression::Any(Vec::new()),
        }
    }
}

impl Cut {
    /// Writes the classes of a value. One of another type, which is the caller's mistake, is like none.
    fn classify(&self, value: &Value, classes: &mut [u32]) {
        match (self, value) {
            (Cut::Texts(texts), Value::Text(text)) => texts.classify(text, classes),
            (Cut::Members(members), value) => members.classify(value, classes),
            (Cut::Truth(dimension), value) => {
                classes[dimension.0 as usize] = u32::from(*value == Value::Bool(true));
            }
            (Cut::Numbers(numbers), value) => numbers.classify(value, classes),
            (Cut::Set(tested), Value::Set(set)) => tested.classify(set, classes),
            (Cut::Parts(tests), Value::Parts(parts)) => {
                for (dimension, predicate) in tests {
                    let holds = parts.iter().any(|part| holds_of_part(predicate, part));
                    classes[dimension.0 as usize] = u32::from(holds);
                }
            }
            (Cut::Texts(_) | Cut::Set(_) | Cut::Parts(_), _) => {}
        }
    }
}

/// One thing that is asked of an attribute.
#[derive(Debug, Clone, Copy)]
enum Asked<'p> {
    /// A test against constants.
    Of(&'p Predicate),
    /// A comparison with this value of a fact.
    Fact(&'p Value),
}

impl<'p> Asked<'p> {
    /// The texts that it asks for, where it asks for single texts.
    fn literals(&self, models: &BTreeMap<String, Requested>) -> Option<BTreeSet<String>> {
        match self {
            Asked::Of(Predicate::OneOfTexts(texts)) => Some(texts.clone()),
            Asked::Of(Predicate::NamesModel { aliases, targets, texts }) => {
                let is_named = |requested: &Requested| match requested {
                    Requested::Alias(alias) => aliases.contains(alias),
                    Requested::Targets(named) => named.iter().any(|target| targets.contains(target)),
                    Requested::Nothing => false,
                };
                let named = models.iter().filter(|(_, requested)| is_named(requested)).map(|(name, _)| name);
                Some(named.chain(texts).cloned().collect())
            }
            Asked::Fact(Value::Text(text)) => Some(BTreeSet::from([text.clone()])),
            Asked::Of(_) | Asked::Fact(_) => None,
        }
    }

    fn pattern(&self) -> Option<&'p Pattern> {
        match self {
            Asked::Of(Predicate::Matches(pattern)) => Some(pattern),
            Asked::Of(_) | Asked::Fact(_) => None,
        }
    }
}

impl Texts {
    fn classify(&self, text: &str, classes: &mut [u32]) {
        classes[self.dimension.0 as usize] = self.classes.class_of(text);
        for (dimension, predicate) in &self.alone {
            classes[dimension.0 as usize] = u32::from(holds_of_text(predicate, text));
        }
    }

    fn constraint(&self, predicate: &Predicate) -> Option<Constraint> {
        if let Some(alone) = alone_at(&self.alone, predicate) {
            return Some(Constraint { dimension: alone, classes: ClassSet::one(1) });
        }
        let classes = match predicate {
            Predicate::OneOfTexts(texts) => {
                ClassSet::of(texts.iter().map(|text| self.classes.class_of(text)))
            }
            Predicate::Matches(pattern) => {
                self.patterns.iter().find(|(known, _)| known == pattern)?.1.clone()
            }
            named => {
                let at = self.naming.binary_search_by(|(known, _)| known.cmp(named)).ok()?;
                self.naming[at].1.clone()
            }
        };
        Some(Constraint { dimension: self.dimension, classes })
    }
}

fn alone_at(tests: &[(Dimension, Predicate)], predicate: &Predicate) -> Option<Dimension> {
    tests.iter().find(|(_, known)| known == predicate).map(|(dimension, _)| *dimension)
}

/// Every text that names an alias or a target.
fn model_names(policy: &Policy) -> BTreeSet<String> {
    let aliases = policy.catalogue.aliases.iter().map(|alias| alias.name.clone());
    let targets = policy.catalogue.targets.iter();
    aliases.chain(targets.flat_map(|target| [&target.name, &target.model, &target.remote]).cloned()).collect()
}

fn models(policy: &Policy) -> BTreeMap<String, Requested> {
    let meaning = |name: String| {
        let requested = policy.catalogue.resolve(&name);
        (name, requested)
    };
    model_names(policy).into_iter().map(meaning).collect()
}

/// All that is asked of each attribute, by attribute, each once.
fn tested<'p>(policy: &'p Policy, conditions: &[&'p Condition]) -> BTreeMap<AttributeId, Vec<Asked<'p>>> {
    let mut found: BTreeMap<AttributeId, Vec<Asked<'p>>> = BTreeMap::new();
    let mut compared: BTreeSet<(AttributeId, FactId)> = BTreeSet::new();
    let definitions = policy.definitions.iter().flat_map(|definition| definition.body.conditions());
    let conditions = conditions.iter().copied().chain(definitions);
    for Test { subject, predicate } in conditions.flat_map(Condition::tests) {
        let Subject::Attribute(id) = subject else { continue };
        let asked = found.entry(*id).or_default();
        match predicate {
            Predicate::ComparesToFact(_, fact) => {
                if compared.insert((*id, *fact)) {
                    asked.extend(policy.facts[fact.0 as usize].values.iter().map(Asked::Fact));
                }
            }
            Predicate::OneOfMembers(_)
            | Predicate::OneOfTexts(_)
            | Predicate::IsTrue
            | Predicate::Has(_)
            | Predicate::IsEmpty
            | Predicate::InIntervals(_)
            | Predicate::NamesModel { .. }
            | Predicate::OneOfTargets(_)
            | Predicate::Matches(_) => asked.push(Asked::Of(predicate)),
        }
    }
    found.values_mut().for_each(keep_first);
    for definition in &policy.definitions {
        if let DefinitionBody::Classify { attribute, .. } = &definition.body {
            found.entry(*attribute).or_default();
        }
    }
    // The days at which rules begin and end.
    if !policy.dates().is_empty() {
        found.entry(BuiltIn::TimeNow.id()).or_default();
    }
    found
}

/// Of tests that ask the same only the first stays.
fn keep_first(tests: &mut Vec<Asked<'_>>) {
    let predicate = |index: usize| match &tests[index] {
        Asked::Of(predicate) => Some(*predicate),
        Asked::Fact(_) => None,
    };
    let mut order: Vec<usize> = (0..tests.len()).collect();
    // Stable: equal tests stand in the order in which they were written.
    order.sort_by(|one, other| predicate(*one).cmp(&predicate(*other)));
    let mut is_again = vec![false; tests.len()];
    for pair in order.windows(2) {
        let of = predicate(pair[1]);
        is_again[pair[1]] = of.is_some() && of == predicate(pair[0]);
    }
    let mut is_again = is_again.into_iter();
    tests.retain(|_| is_again.next() == Some(false));
}

fn holds_of_text(predicate: &Predicate, text: &str) -> bool {
    match predicate {
        Predicate::OneOfTexts(texts) => texts.contains(text),
        Predicate::Matches(pattern) => pattern.is_match(text),
        _ => false,
    }
}

/// Of a text as it is or of its plain form, as detectors look at it.
fn holds_of_part(predicate: &Predicate, part: &str) -> bool {
    let plain = wayleave_inspect::plain(part);
    holds_of_text(predicate, part) || plain != part && holds_of_text(predicate, &plain)
}
