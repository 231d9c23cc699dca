//! A box of requests in the language's own words: what it asks of each attribute, as a policy would write it.

mod saying;

use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::decision::partition::{Meaning, Partition};
use crate::decision::{Computed, Rules};
use crate::model::condition::{Pattern, PatternKind};
use crate::model::{Condition, Policy, Predicate, Subject};
use saying::Saying;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use wayleave_program::instant;
use wayleave_program::schema::{AttributeId, NamedType, Origin, Shape, Type};
use wayleave_program::sources::write_share;
use wayleave_program::value::{Instant, MemberId, Value};

/// What a policy's boxes are written with.
pub(crate) struct Phrases<'p> {
    policy: &'p Policy,
    partition: &'p Partition,
    computed: BTreeMap<Dimension, &'p Computed>,
    /// By attribute of texts, the texts that something asks for.
    literals: BTreeMap<AttributeId, BTreeSet<String>>,
    /// What is said of an attribute, once it has been asked.
    said: Mutex<Said>,
}

/// What can be said of each attribute, by its dimension.
type Said = BTreeMap<(AttributeId, Dimension), Arc<Vec<Saying>>>;

/// Behind the name of what a second policy classifies in its own way.
pub(crate) const NEW: &str = " (new)";

/// That the first arm that holds leads into one of these classes.
fn written_out(arms: &[(Expression, u32)], otherwise: u32, classes: &ClassSet) -> Expression {
    let mut ways = Vec::new();
    let mut before: Vec<Expression> = Vec::new();
    for (arm, class) in arms {
        if classes.contains(*class) {
            let mut parts = before.clone();
            parts.push(arm.clone());
            ways.push(Expression::All(parts));
        }
        before.push(Expression::Not(Box::new(arm.clone())));
    }
    if classes.contains(otherwise) {
        ways.push(Expression::All(before));
    }
    Expression::Any(ways)
}

/// The parts of a conjunction, or of a disjunction, without such in them.
fn flattened<'e>(parts: &'e [Expression], is_all: bool, flat: &mut Vec<&'e Expression>) {
    for part in parts {
        match part {
            Expression::All(inner) if is_all => flattened(inner, is_all, flat),
            Expression::Any(inner) if !is_all => flattened(inner, is_all, flat),
            part => flat.push(part),
        }
    }
}

/// How a text is written between quotes.
fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// "a", "a or b"; in parentheses where it is a part.
fn joined(parts: &[String], joint: &str, is_part: bool) -> String {
    match parts {
        [one] => one.clone(),
        parts if is_part => format!("({})", parts.join(joint)),
        parts => parts.join(joint),
    }
}

impl<'p> Phrases<'p> {
    /// `more`: conditions that the classes tell apart beside those of the policy.
    pub(crate) fn new(policy: &'p Policy, rules: &'p Rules, more: &[Condition]) -> Phrases<'p> {
        let mut literals: BTreeMap<AttributeId, BTreeSet<String>> = BTreeMap::new();
        let definitions = policy.definitions.iter().flat_map(|one| one.body.conditions());
        let all = policy.conditions().into_iter().chain(definitions).chain(more);
        for test in all.flat_map(Condition::tests) {
            if let (
                Subject::Attribute(id),
                Predicate::OneOfTexts(texts) | Predicate::NamesModel { texts, .. },
            ) = (test.subject, &test.predicate)
            {
                literals.entry(id).or_default().extend(texts.iter().cloned());
            }
        }
        for fact in &policy.facts {
            let texts = fact.values.iter().filter_map(|value| match value {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            });
            let texts: Vec<String> = texts.collect();
            for id in policy.schema.ids().filter(|_| !texts.is_empty()) {
                if policy.schema.attribute(id).value_type == Type::Text {
                    literals.entry(id).or_default().extend(texts.iter().cloned());
                }
            }
        }
        let model = wayleave_program::schema::BuiltIn::RequestModel.id();
        let catalogue = &policy.catalogue;
        let names = catalogue.targets.iter().flat_map(|target| [&target.name, &target.model, &target.remote]);
        let names = names.chain(catalogue.aliases.iter().map(|alias| &alias.name));
        literals.entry(model).or_default().extend(names.cloned());
        let all = rules.computed.iter().chain(&rules.of_target);
        let computed = all.map(|one| (one.dimension(), one)).collect();
        Phrases { policy, partition: &rules.partition, computed, literals, said: Mutex::default() }
    }

    /// All that a box asks; "always" where it asks nothing.
    pub(crate) fn space(&self, space: &[Constraint]) -> String {
        let parts: Vec<String> = space.iter().filter_map(|part| self.part(part, space.len() > 1)).collect();
        if parts.is_empty() { "always".to_owned() } else { parts.join(" and ") }
    }

    /// That one of some boxes holds.
    pub(crate) fn boxes(&self, boxes: &[RuleBox]) -> String {
        let ways: Vec<String> = boxes
            .iter()
            .map(|one| {
                let constraints = one.constraints.iter().filter_map(|part| self.part(part, true));
                let residual = one.residual.iter().map(|part| self.inner(part));
                let parts: Vec<String> = constraints.chain(residual).collect();
                if parts.is_empty() { "always".to_owned() } else { joined(&parts, " and ", boxes.len() > 1) }
            })
            .collect();
        joined(&ways, " or ", false)
    }

    /// A condition as it was written, apart from names that only one policy knows.
    pub(crate) fn expression(&self, expression: &Expression) -> String {
        let each = |parts: &[Expression], is_all: bool| {
            let mut flat = Vec::new();
            flattened(parts, is_all, &mut flat);
            flat.into_iter().map(|part| self.inner(part)).collect::<Vec<_>>()
        };
        match expression {
            Expression::All(parts) if parts.is_empty() => "always".to_owned(),
            Expression::Any(parts) if parts.is_empty() => "never".to_owned(),
            Expression::All(parts) => joined(&each(parts, true), " and ", false),
            Expression::Any(parts) => joined(&each(parts, false), " or ", false),
            Expression::Not(part) => match &**part {
                Expression::Within(own) => {
                    let classes = own.classes.complement(self.partition.count(own.dimension));
                    let rest = Constraint { dimension: own.dimension, classes };
                    self.part(&rest, false).unwrap_or_else(|| "always".to_owned())
                }
                part => format!("not ({})", self.expression(part)),
            },
            Expression::Within(part) => self.part(part, false).unwrap_or_else(|| "always".to_owned()),
        }
    }

    fn inner(&self, expression: &Expression) -> String {
        match expression {
            Expression::All(parts) | Expression::Any(parts) if parts.len() > 1 => {
                format!("({})", self.expression(expression))
            }
            Expression::Within(part) => self.part(part, true).unwrap_or_else(|| "always".to_owned()),
            Expression::All(parts) | Expression::Any(parts) if parts.len() == 1 => self.inner(&parts[0]),
            expression => self.expression(expression),
        }
    }

    /// Whether a name stands for two classifications.
    fn is_ambiguous(&self, id: AttributeId) -> bool {
        let attribute = self.policy.schema.attribute(id);
        let is_new = attribute.name.ends_with(NEW);
        let has_other = || self.policy.schema.find(&format!("{}{NEW}", attribute.name)).is_some();
        attribute.origin == Origin::Classified && (is_new || has_other())
    }

    /// Whether a name stands for one condition.
    fn is_known(&self, name: &str) -> bool {
        self.policy.definitions.iter().filter(|one| one.name == name).count() == 1
    }

    fn part(&self, Constraint { dimension, classes }: &Constraint, is_part: bool) -> Option<String> {
        let name = |id: &AttributeId| self.policy.schema.attribute(*id).name.as_str();
        let axis = &self.partition.axes()[dimension.0 as usize];
        let is_true = classes.contains(1);
        Some(match &axis.meaning {
            Meaning::Target => return None,
            Meaning::Computed(name) if self.is_known(name) => match is_true {
                true => name.clone(),
                false => format!("not {name}"),
            },
            Meaning::Computed(_) => {
                let Some(Computed::Truth(_, own)) = self.computed.get(dimension) else { return None };
                let own = self.expression(own);
                if is_true { format!("({own})") } else { format!("not ({own})") }
            }
            // What two policies classify in two ways has no name that both know.
            Meaning::Value(id) if self.is_ambiguous(*id) => {
                let Some(Computed::First { arms, otherwise, .. }) = self.computed.get(dimension) else {
                    return Some(self.value(*id, *dimension, classes, is_part));
                };
                format!("({})", self.expression(&written_out(arms, *otherwise, classes)))
            }
            Meaning::Value(id) => self.value(*id, *dimension, classes, is_part),
            Meaning::Equals(id, set) => {
                let own: Vec<String> = set.iter().map(|member| quoted(member)).collect();
                let is = if is_true { "is exactly" } else { "is not exactly" };
                format!("{} {is} [{}]", name(id), own.join(", "))
            }
            Meaning::Holds(id, predicate) => self.holds(*id, predicate, is_true),
        })
    }

    fn holds(&self, id: AttributeId, predicate: &Predicate, is_true: bool) -> String {
        let attribute = self.policy.schema.attribute(id);
        let name = &attribute.name;
        let found = match attribute.origin {
            Origin::Findings(inspected, detector) => {
                Some((inspected.name(), &self.policy.catalogue.detector(detector).name))
            }
            _ => None,
        };
        let word = if is_true { "has" } else { "lacks" };
        match (predicate, found) {
            (Predicate::Has(member), Some((texts, _))) => format!("{texts} {word} {member}"),
            (Predicate::Has(member), None) => match attribute.value_type {
                Type::TextSet => format!("{name} {word} {}", quoted(member)),
                _ => format!("{name} {word} {member}"),
            },
            (Predicate::IsEmpty, Some((texts, detector))) => {
                format!("{texts} {} {detector}", if is_true { "lacks" } else { "has" })
            }
            (Predicate::IsEmpty, None) => format!("{name} {} []", if is_true { "is" } else { "is not" }),
            (Predicate::Matches(pattern), _) => {
                let says = matches(name, pattern);
                if is_true { says } else { format!("not {says}") }
            }
            (Predicate::OneOfTexts(texts), _) => {
                is_one(name, texts.iter().map(|text| quoted(text)).collect(), is_true)
            }
            _ => format!("{name} {is_true}"),
        }
    }

    fn value(&self, id: AttributeId, dimension: Dimension, classes: &ClassSet, is_part: bool) -> String {
        let attribute = self.policy.schema.attribute(id);
        let name = attribute.name.as_str();
        match &attribute.value_type {
            Type::Bool => match classes.contains(1) {
                true => name.to_owned(),
                false => format!("not {name}"),
            },
            Type::Tokens | Type::Instant | Type::TimeOfDay | Type::Share => {
                self.numbers(id, dimension, classes, is_part)
            }
            _ => saying::all(&self.sayings(id, dimension), classes, self.partition.count(dimension), is_part),
        }
    }

    /// Of an attribute of a named type, or of texts.
    fn sayings(&self, id: AttributeId, dimension: Dimension) -> Arc<Vec<Saying>> {
        let make = || match &self.policy.schema.attribute(id).value_type {
            Type::Named(named) => self.of_members(id, named),
            _ => self.of_texts(id, dimension),
        };
        match self.said.lock() {
            Ok(mut said) => Arc::clone(said.entry((id, dimension)).or_insert_with(|| Arc::new(make()))),
            Err(_) => Arc::new(make()),
        }
    }

    fn of_members(&self, id: AttributeId, named: &NamedType) -> Vec<Saying> {
        let name = &self.policy.schema.attribute(id).name;
        let members = || (0..named.members.len() as u32).map(MemberId);
        let classes: Vec<u32> = members().map(|member| self.class(id, &Value::Member(member))).collect();
        let unknown = self.class(id, &Value::Unknown);
        let class = |member: MemberId| classes[member.0 as usize];
        let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
        classes.iter().for_each(|class| *sizes.entry(*class).or_default() += 1);
        let mut sayings = Vec::new();
        let mut say = |own: BTreeSet<MemberId>, says: String, denies: String| {
            // What is said of some members of a class and not of others says nothing of classes.
            let inside: BTreeSet<u32> = own.iter().map(|member| class(*member)).collect();
            let is_whole = inside.iter().map(|class| sizes[class]).sum::<usize>() == own.len();
            let is_unknown = named.shape == Shape::Tree && inside.contains(&unknown);
            if is_whole && !is_unknown && !own.is_empty() {
                sayings.push(Saying::new(ClassSet::of(inside), says, denies));
            }
        };
        for member in members() {
            let own = named.name_of(member);
            say(BTreeSet::from([member]), format!("{name} is {own}"), format!("{name} is not {own}"));
            match named.shape {
                Shape::Tree => {
                    let below = members().filter(|low| named.is_at_or_below(*low, member)).collect();
                    say(below, format!("{name} in {own}"), format!("{name} not in {own}"));
                }
                Shape::Scale => {
                    let below: BTreeSet<MemberId> = members().filter(|low| *low < member).collect();
                    say(below, format!("{name} < {own}"), format!("{name} >= {own}"));
                    let to: BTreeSet<MemberId> = members().filter(|low| *low <= member).collect();
                    say(to, format!("{name} <= {own}"), format!("{name} > {own}"));
                }
                Shape::Plain => {}
            }
        }
        // Members that nothing tells apart.
        let mut together: BTreeMap<u32, BTreeSet<MemberId>> = BTreeMap::new();
        members().for_each(|member| {
            together.entry(class(member)).or_default().insert(member);
        });
        for own in together.into_values().filter(|own| own.len() > 1) {
            let names: Vec<&str> = own.iter().map(|member| named.name_of(*member)).collect();
            let list = names.join(", ");
            match named.shape {
                // In a tree a list would be of branches.
                Shape::Tree => {
                    let each = |joint: &str, is: &str| {
                        names.iter().map(|own| format!("{name} {is} {own}")).collect::<Vec<_>>().join(joint)
                    };
                    say(
                        own.clone(),
                        format!("({})", each(" or ", "is")),
                        format!("({})", each(" and ", "is not")),
                    );
                }
                Shape::Plain | Shape::Scale => {
                    say(own, format!("{name} in [{list}]"), format!("{name} not in [{list}]"));
                }
            }
        }
        sayings
    }

    fn class(&self, id: AttributeId, value: &Value) -> u32 {
        let mut classes = self.partition.defaults().to_vec();
        self.partition.classify(id, value, &mut classes);
        self.partition.dimensions(id).first().map_or(0, |dimension| classes[dimension.0 as usize])
    }

    fn of_texts(&self, id: AttributeId, dimension: Dimension) -> Vec<Saying> {
        let name = &self.policy.schema.attribute(id).name;
        let mut by_class: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for text in self.literals.get(&id).into_iter().flatten() {
            by_class.entry(self.class(id, &Value::Text(text.clone()))).or_default().push(quoted(text));
        }
        // A class of texts that nothing asks for is none of literals.
        by_class.retain(|class, _| self.partition.is_of_literals(id, *class));
        let mut sayings: Vec<Saying> = by_class
            .iter()
            .map(|(class, texts)| {
                let [says, denies] = [true, false].map(|is_true| is_one(name, texts.clone(), is_true));
                Saying::new(ClassSet::one(*class), says, denies)
            })
            .collect();
        for (pattern, classes) in self.partition.patterns(id) {
            let says = matches(name, pattern);
            let denies = format!("not {says}");
            sayings.push(Saying::new(classes.clone(), says, denies));
        }
        // Several literals are one list.
        let all: Vec<String> = by_class.values().flatten().cloned().collect();
        if by_class.len() > 1 {
            let classes = ClassSet::of(by_class.keys().copied());
            if classes.len() < self.partition.count(dimension) {
                let [says, denies] = [true, false].map(|is_true| is_one(name, all.clone(), is_true));
                sayings.push(Saying::new(classes, says, denies));
            }
        }
        sayings
    }

    fn numbers(&self, id: AttributeId, dimension: Dimension, classes: &ClassSet, is_part: bool) -> String {
        let name = &self.policy.schema.attribute(id).name;
        let last = self.partition.count(dimension) - 1;
        let ways: Vec<String> = classes
            .ranges()
            .iter()
            .map(|(first, end)| {
                let low = (*first > 0).then(|| self.partition.ends(id, *first)).flatten();
                let low = low.map(|(low, _)| match one_above(&low) {
                    Some(below) => format!("{name} > {}", self.number(&below)),
                    None => format!("{name} >= {}", self.number(&low)),
                });
                let high = (*end < last).then(|| self.partition.ends(id, *end + 1)).flatten();
                let high = high.map(|(high, _)| match one_above(&high) {
                    Some(last) => format!("{name} <= {}", self.number(&last)),
                    None => format!("{name} < {}", self.number(&high)),
                });
                let parts: Vec<String> = low.into_iter().chain(high).collect();
                joined(&parts, " and ", classes.ranges().len() > 1)
            })
            .collect();
        joined(&ways, " or ", is_part)
    }

    fn number(&self, value: &Value) -> String {
        match value {
            Value::Tokens(tokens) if tokens.0 >= 1_000 && tokens.0 % 1_000 == 0 => {
                format!("{}k tokens", tokens.0 / 1_000)
            }
            Value::Tokens(tokens) => format!("{} tokens", tokens.0),
            Value::Instant(at) => self.instant(*at),
            Value::TimeOfDay(minute) => format!("{:02}:{:02}", minute.0 / 60, minute.0 % 60),
            Value::Share(share) => write_share(*share),
            value => format!("{value:?}"),
        }
    }

    fn instant(&self, at: Instant) -> String {
        let zone = &self.policy.schema.zone;
        let date = zone.write_date(at);
        if zone.read(&date) == Some(at) { date } else { instant::write(at) }
    }
}

/// The round count of tokens right below one: that is how limits are written.
fn one_above(value: &Value) -> Option<Value> {
    match value {
        Value::Tokens(tokens) if tokens.0 > 1_000 && tokens.0 % 1_000 == 1 => {
            Some(Value::Tokens(wayleave_program::value::Tokens(tokens.0 - 1)))
        }
        _ => None,
    }
}

fn matches(name: &str, pattern: &Pattern) -> String {
    match pattern.kind {
        PatternKind::Glob => format!("{name} like {}", quoted(&pattern.text)),
        PatternKind::Regex => format!("{name} matches r\"{}\"", pattern.text),
        PatternKind::AnyCase => format!("{name} matches r\"{}\"i", pattern.text),
    }
}

fn is_one(name: &str, values: Vec<String>, is_true: bool) -> String {
    match (values.as_slice(), is_true) {
        ([one], true) => format!("{name} is {one}"),
        ([one], false) => format!("{name} is not {one}"),
        (all, true) => format!("{name} in [{}]", all.join(", ")),
        (all, false) => format!("{name} not in [{}]", all.join(", ")),
    }
}
