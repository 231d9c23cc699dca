//! Requests for class vectors: which classes of several attributes go together, and a request of which they are.
//!
//! Most attributes are independent. Not so the counts of tokens (`request.window` is `request.tokens` plus the greater of
//! `request.output` and 1) and the clock (the weekday and the time of day are those of the instant).

use super::texts::example::examples;
use super::texts::{TextClasses, TextTest};
use super::{Cut, Numbers, Partition, Texts, holds_of_part};
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use crate::model::{Policy, Predicate};
use std::collections::BTreeSet;
use wayleave_program::attributes::Attributes;
use wayleave_program::schema::{AttributeId, BuiltIn, Inspected, Origin, Type};
use wayleave_program::value::{Instant, Value};
use wayleave_program::zone::Zone;

/// What counts a request's tokens.
const TOKENS: [BuiltIn; 3] = [BuiltIn::RequestTokens, BuiltIn::RequestOutput, BuiltIn::RequestWindow];

/// What tells a request's time.
const CLOCK: [BuiltIn; 3] = [BuiltIn::TimeNow, BuiltIn::TimeOfDay, BuiltIn::TimeWeekday];

/// A request's time is looked for day by day; after so many steps every weekday has come round in every offset of a zone.
const DAYS: usize = 800;

/// The first and the last second of the years that can be written: 1 to 9999.
const YEARS: (i128, i128) = (-62_135_596_800, 253_402_300_799);

/// A day, in seconds.
const DAY: i64 = 24 * 60 * 60;

/// Dimensions whose classes depend on each other: those of one attribute, or of several.
#[derive(Debug)]
pub struct Family {
    /// At least one.
    pub dimensions: Vec<Dimension>,
    /// What holds of every request; there may be more that does.
    pub laws: Vec<Expression>,
    /// Whether [`Partition::request`] finds a request wherever there is one.
    pub is_exact: bool,
    /// Whether each class of a dimension goes with each of the others, as far as no law says otherwise.
    pub is_free: bool,
}

impl Partition {
    /// All dimensions of what is given, and of what follows from it, each once. What is `classify`ed or defined is of none.
    pub fn families(&self, policy: &Policy) -> Vec<Family> {
        let (tokens, clock) = (TOKENS, CLOCK);
        let is_of = |of: &[BuiltIn], id: AttributeId| of.iter().any(|built_in| built_in.id() == id);
        let mut families = Vec::new();
        for of in [tokens, clock] {
            let dimensions: Vec<Dimension> =
                of.iter().flat_map(|built_in| self.dimensions(built_in.id())).collect();
            families.push(Family { dimensions, laws: Vec::new(), is_exact: true, is_free: false });
        }
        families[0].laws = self.laws_of_tokens();
        for (id, cut) in &self.cuts {
            if is_of(&tokens, *id) || is_of(&clock, *id) || self.classified.contains(id) {
                continue;
            }
            let laws = if let Cut::Set(tested) = cut { tested.laws() } else { Vec::new() };
            let is_exact = match cut {
                Cut::Texts(texts) => texts.alone.is_empty(),
                Cut::Parts(tests) => tests.len() < 2,
                Cut::Members(_) | Cut::Truth(_) | Cut::Numbers(_) | Cut::Set(_) => true,
            };
            families.push(Family { dimensions: self.dimensions(*id), laws, is_exact, is_free: true });
        }
        families.retain(|family| !family.dimensions.is_empty());
        for (system, prompt, laws) in self.laws_of_texts(policy) {
            let of = |families: &[Family], id: AttributeId| {
                let own = self.dimensions(id);
                families.iter().position(|family| family.dimensions.contains(&own[0]))
            };
            let (Some(one), Some(other)) = (of(&families, system), of(&families, prompt)) else { continue };
            let (first, last) = (one.min(other), one.max(other));
            if first == last {
                families[first].laws.extend(laws);
                continue;
            }
            let joined = families.remove(last);
            families[first].dimensions.extend(joined.dimensions);
            families[first].laws.extend(joined.laws);
            families[first].laws.extend(laws);
            families[first].is_exact &= joined.is_exact;
        }
        families
    }

    /// What is found in the system prompt is found in the prompt, of which that is a part: by pairs of attributes.
    fn laws_of_texts(&self, policy: &Policy) -> Vec<(AttributeId, AttributeId, Vec<Expression>)> {
        let holds =
            |dimension: Dimension| Expression::Within(Constraint { dimension, classes: ClassSet::one(1) });
        let implies = |one: Dimension, other: Dimension| {
            Expression::Any(vec![Expression::Not(Box::new(holds(one))), holds(other)])
        };
        let mut found = Vec::new();
        let (system, prompt) = (BuiltIn::System.id(), BuiltIn::Prompt.id());
        if let (Some(Cut::Parts(own)), Some(Cut::Parts(all))) = (self.cut_of(system), self.cut_of(prompt)) {
            let same = |(dimension, predicate): &(Dimension, Predicate)| {
                let other = all.iter().find(|(_, other)| other == predicate)?;
                Some(implies(*dimension, other.0))
            };
            found.push((system, prompt, own.iter().filter_map(same).collect()));
        }
        for (id, cut) in &self.cuts {
            let (Origin::Findings(Inspected::System, detector), Cut::Set(own)) =
                (&policy.schema.attribute(*id).origin, cut)
            else {
                continue;
            };
            let Some(other) = policy.schema.findings(Inspected::Prompt, *detector) else { continue };
            if let Some(Cut::Set(all)) = self.cut_of(other) {
                let mut laws: Vec<Expression> =
                    own.shared(all).into_iter().map(|(one, other)| implies(one, other)).collect();
                laws.extend(own.emptiness(all).map(|(own, all)| implies(all, own)));
                // Where it has a member, the whole is not empty.
                laws.extend(own.members().flat_map(|member| {
                    all.empty().map(|empty| {
                        Expression::Not(Box::new(Expression::All(vec![holds(member), holds(empty)])))
                    })
                }));
                found.push((*id, other, laws));
            }
        }
        found.retain(|(.., laws)| !laws.is_empty());
        found
    }

    /// Which windows go with which tokens and outputs; of very many of them none, which are then found one by one.
    fn laws_of_tokens(&self) -> Vec<Expression> {
        let Some(window) = self.numbers(BuiltIn::RequestWindow) else { return Vec::new() };
        let classes = |of: BuiltIn| match self.numbers(of) {
            None => vec![(None, (0, u64::MAX.into()))],
            Some(numbers) => (0..numbers.count())
                .map(|class| (Some(at(numbers, class, class)), numbers.between(class)))
                .collect(),
        };
        let (tokens, outputs) = (classes(BuiltIn::RequestTokens), classes(BuiltIn::RequestOutput));
        if tokens.len() * outputs.len() > LAWS {
            return Vec::new();
        }
        let mut laws = Vec::new();
        for (is_tokens, (fewest, most)) in &tokens {
            for (is_output, (least, greatest)) in &outputs {
                let end = i128::from(u64::MAX);
                let (low, high) = (fewest + least.max(&1), most + greatest.max(&1));
                let windows = at(window, window.class_of(low.min(end)), window.class_of(high.min(end)));
                let others = is_tokens.iter().chain(is_output).cloned();
                let mut ways: Vec<Expression> =
                    others.map(|other| Expression::Not(Box::new(other))).collect();
                ways.push(windows);
                laws.push(Expression::Any(ways));
            }
        }
        laws
    }

    /// A request of these classes, as near to the defaults as its classes allow; what no test tells apart is left unknown.
    /// Computed classes and the target are not asked. None where no request has them, or where patterns that are asked
    /// on their own exclude each other in ways that are not known.
    pub fn request(&self, policy: &Policy, classes: &[u32]) -> Option<Attributes> {
        let mut request = Attributes::new(&policy.schema);
        // What a `classify` computes follows from the others.
        let is_class = |id: AttributeId| policy.schema.attribute(id).origin == Origin::Classified;
        for id in self.given().filter(|id| !is_joint(*id) && !is_class(*id)) {
            let own =
                |dimension: &Dimension| classes[dimension.0 as usize] == self.defaults[dimension.0 as usize];
            if !self.dimensions(id).iter().all(own) {
                request.set(id, self.representative(policy, id, classes)?);
            }
        }
        self.set_tokens(policy, classes, &mut request)?;
        self.set_clock(policy, classes, &mut request)?;
        Some(request)
    }

    /// Chooses classes of tokens, windows and clocks that go together, where they are not fixed; none where there are none.
    pub(crate) fn complete(
        &self,
        policy: &Policy,
        is_fixed: &dyn Fn(Dimension) -> bool,
        classes: &mut [u32],
    ) -> Option<()> {
        let fixed = |of: BuiltIn| self.dimensions(of.id()).into_iter().any(is_fixed);
        let mut request = Attributes::new(&policy.schema);
        if TOKENS.into_iter().any(fixed) {
            let ranges = TOKENS.map(|of| match fixed(of) {
                true => self.between(of, classes),
                false => (0, u64::MAX.into()),
            });
            let (tokens, output) = counts(ranges[0], ranges[1], ranges[2])?;
            for (of, count) in [(BuiltIn::RequestTokens, tokens), (BuiltIn::RequestOutput, output)] {
                let count = wayleave_program::value::Tokens(u64::try_from(count).ok()?);
                request.set(of.id(), Value::Tokens(count));
            }
            self.classify_these(policy, &TOKENS, &request, classes);
        }
        if CLOCK.into_iter().any(fixed) {
            self.set_clock_of(policy, classes, &fixed, &mut request)?;
            self.classify_these(policy, &CLOCK, &request, classes);
        }
        Some(())
    }

    /// Writes the classes of tokens, windows and clocks of a request.
    pub(crate) fn classify_computed(&self, policy: &Policy, request: &Attributes, classes: &mut [u32]) {
        self.classify_these(policy, &TOKENS, request, classes);
        self.classify_these(policy, &CLOCK, request, classes);
    }

    fn classify_these(&self, policy: &Policy, these: &[BuiltIn], request: &Attributes, classes: &mut [u32]) {
        for id in these.iter().map(|of| of.id()) {
            let value = computed(policy, request, id);
            let value = value.unwrap_or_else(|| request.value(&policy.schema, id).into_owned());
            self.classify(id, &value, classes);
        }
    }

    /// The first and the last value of a class of an attribute with single values; of those without an order one value
    /// twice. None of other attributes.
    pub fn ends(&self, id: AttributeId, class: u32) -> Option<(Value, Value)> {
        let value = match self.cut_of(id)? {
            Cut::Texts(texts) => Value::Text(texts.classes.representative(class).to_owned()),
            Cut::Members(members) => members.representative(class),
            Cut::Truth(_) => Value::Bool(class == 1),
            Cut::Numbers(numbers) => {
                let (low, high) = numbers.between(class);
                return Some((numbers.value(low), numbers.value(high)));
            }
            Cut::Set(_) | Cut::Parts(_) => return None,
        };
        Some((value.clone(), value))
    }

    /// A value of one attribute of which its dimensions have these classes.
    fn representative(&self, policy: &Policy, id: AttributeId, classes: &[u32]) -> Option<Value> {
        let class = |dimension: Dimension| classes[dimension.0 as usize];
        let value = match self.cut_of(id)? {
            Cut::Texts(texts) => Value::Text(self.text(texts, classes)?),
            Cut::Members(members) => members.representative(class(members.dimension())),
            Cut::Truth(dimension) => Value::Bool(class(*dimension) == 1),
            Cut::Numbers(numbers) => numbers.value(numbers.between(class(numbers.dimension())).0),
            Cut::Set(tested) => {
                let closed = match &policy.schema.attribute(id).value_type {
                    Type::NamedSet(named) => {
                        Some(named.members.iter().map(|member| member.name.clone()).collect::<Vec<_>>())
                    }
                    _ => None,
                };
                Value::Set(tested.representative(classes, closed.as_deref())?)
            }
            Cut::Parts(tests) => Value::Parts(parts(tests, classes)?),
        };
        let mut again = classes.to_vec();
        self.classify(id, &value, &mut again);
        (again == classes).then_some(value)
    }

    /// A text of these classes. Where patterns are asked on their own, one that is made of texts that match those which hold.
    fn text(&self, texts: &Texts, classes: &[u32]) -> Option<String> {
        let plain = texts.classes.representative(classes[texts.dimension.0 as usize]).to_owned();
        let held = texts.alone.iter().filter(|(dimension, _)| classes[dimension.0 as usize] == 1);
        let examples: Vec<Vec<String>> = held
            .filter_map(|(_, predicate)| match predicate {
                Predicate::Matches(pattern) => Some(examples(pattern)),
                _ => None,
            })
            .collect();
        let firsts: Vec<&str> = examples.iter().filter_map(|texts| Some(texts.first()?.as_str())).collect();
        let joined = ["", " "].map(|between| firsts.join(between));
        let mut own = classes.to_vec();
        let mut is_one = |text: &String| {
            texts.classify(text, &mut own);
            own == classes
        };
        std::iter::once(plain).chain(examples.into_iter().flatten()).chain(joined).find(|text| is_one(text))
    }

    fn numbers(&self, of: BuiltIn) -> Option<&Numbers> {
        match self.cut_of(of.id()) {
            Some(Cut::Numbers(numbers)) => Some(numbers),
            _ => None,
        }
    }

    /// The numbers of an attribute's class; all where it is not tested.
    fn between(&self, of: BuiltIn, classes: &[u32]) -> (i128, i128) {
        let numbers = self.numbers(of);
        let class = |numbers: &Numbers| classes[numbers.dimension().0 as usize];
        numbers.map_or((0, u64::MAX.into()), |numbers| numbers.between(class(numbers)))
    }

    fn set_tokens(&self, policy: &Policy, classes: &[u32], request: &mut Attributes) -> Option<()> {
        let ranges = [BuiltIn::RequestTokens, BuiltIn::RequestOutput, BuiltIn::RequestWindow];
        let [tokens, output, window] = ranges.map(|of| self.between(of, classes));
        let (tokens, output) = counts(tokens, output, window)?;
        for (of, count) in [(BuiltIn::RequestTokens, tokens), (BuiltIn::RequestOutput, output)] {
            let value = Value::Tokens(wayleave_program::value::Tokens(u64::try_from(count).ok()?));
            if *Attributes::new(&policy.schema).value(&policy.schema, of.id()) != value {
                request.set(of.id(), value);
            }
        }
        Some(())
    }

    fn set_clock(&self, policy: &Policy, classes: &[u32], request: &mut Attributes) -> Option<()> {
        if !CLOCK.iter().any(|of| self.tests(of.id())) {
            return Some(());
        }
        self.set_clock_of(policy, classes, &|_| true, request)
    }

    /// `is_asked`: whether the class of one of the clock's attributes counts.
    fn set_clock_of(
        &self,
        policy: &Policy,
        classes: &[u32],
        is_asked: &dyn Fn(BuiltIn) -> bool,
        request: &mut Attributes,
    ) -> Option<()> {
        let numbers = |of: BuiltIn| self.numbers(of).filter(|_| is_asked(of));
        let (first, last) = match numbers(BuiltIn::TimeNow) {
            Some(_) => self.between(BuiltIn::TimeNow, classes),
            None => (i64::MIN.into(), i64::MAX.into()),
        };
        let minutes = match numbers(BuiltIn::TimeOfDay) {
            Some(_) => self.between(BuiltIn::TimeOfDay, classes),
            None => (0, 24 * 60 - 1),
        };
        let is_day = |weekday: u32| match self.cut_of(BuiltIn::TimeWeekday.id()) {
            Some(Cut::Members(members)) if is_asked(BuiltIn::TimeWeekday) => {
                let mut own = classes.to_vec();
                members.classify(&Value::Member(wayleave_program::value::MemberId(weekday)), &mut own);
                own == classes
            }
            _ => true,
        };
        // What a request document can say.
        let (first, last) = (first.max(YEARS.0), last.min(YEARS.1));
        if first > last {
            return None;
        }
        let wish = Wish { zone: &policy.schema.zone, first, last, minutes, is_day: &is_day };
        let default = wayleave_program::value::DEFAULT_NOW;
        if !wish.holds(default) {
            request.set(BuiltIn::TimeNow.id(), Value::Instant(wish.found()?));
        }
        Some(())
    }
}

/// More combinations than this of tokens and outputs have no laws.
const LAWS: usize = 5_000;

/// That a number is of a class between these, both inside.
fn at(numbers: &Numbers, first: u32, last: u32) -> Expression {
    Expression::Within(Constraint { dimension: numbers.dimension(), classes: ClassSet::range(first, last) })
}

/// The value of an attribute that follows from others.
pub(super) fn computed(policy: &Policy, request: &Attributes, id: AttributeId) -> Option<Value> {
    let value = |of: BuiltIn| request.value(&policy.schema, of.id()).into_owned();
    let tokens = |of: BuiltIn| match value(of) {
        Value::Tokens(tokens) => tokens.0,
        _ => 0,
    };
    let local = || match value(BuiltIn::TimeNow) {
        Value::Instant(now) => Some(policy.schema.zone.local(now)),
        _ => None,
    };
    if id == BuiltIn::RequestWindow.id() {
        let output = tokens(BuiltIn::RequestOutput).max(1);
        let window = tokens(BuiltIn::RequestTokens).saturating_add(output);
        return Some(Value::Tokens(wayleave_program::value::Tokens(window)));
    }
    if id == BuiltIn::TimeOfDay.id() {
        return local().map(|local| Value::TimeOfDay(local.minute));
    }
    if id == BuiltIn::TimeWeekday.id() {
        return local().map(|local| Value::Member(wayleave_program::value::MemberId(local.weekday)));
    }
    None
}

/// Whether a value is chosen together with those of others.
fn is_joint(id: AttributeId) -> bool {
    [BuiltIn::RequestTokens, BuiltIn::RequestOutput, BuiltIn::TimeNow].iter().any(|of| of.id() == id)
}

/// The fewest tokens, and the least output with which the window lies in its range; all ranges with both ends inside.
fn counts(tokens: (i128, i128), output: (i128, i128), window: (i128, i128)) -> Option<(i128, i128)> {
    // What counts of the output.
    let counted = (output.0.max(1), output.1.max(1));
    // A window that would be larger than the largest number is that number.
    let most = if window.1 == i128::from(u64::MAX) { i128::MAX / 4 } else { window.1 };
    let sum = window.0.max(tokens.0 + counted.0);
    if sum > most.min(tokens.1 + counted.1) {
        return None;
    }
    let counts = counted.1.min(sum - tokens.0);
    let unsaid = counts == 1 && output.0 == 0;
    Some((sum - counts, if unsaid { 0 } else { counts }))
}

/// What is asked of an instant.
struct Wish<'w> {
    zone: &'w Zone,
    first: i128,
    last: i128,
    minutes: (i128, i128),
    is_day: &'w dyn Fn(u32) -> bool,
}

impl Wish<'_> {
    fn holds(&self, at: Instant) -> bool {
        let local = self.zone.local(at);
        let minute = i128::from(local.minute.0);
        (self.first..=self.last).contains(&at.0.into())
            && (self.minutes.0..=self.minutes.1).contains(&minute)
            && (self.is_day)(local.weekday)
    }

    /// The first such instant from the beginning on, or from the default on where there is no beginning.
    fn found(&self) -> Option<Instant> {
        let default = i128::from(wayleave_program::value::DEFAULT_NOW.0);
        // A day before a class ends is as good as any, where it has no other end.
        let late = i64::try_from(self.last + 1 - i128::from(DAY)).ok().map(Instant);
        if self.first == YEARS.0
            && self.last < default
            && let Some(late) = late.filter(|late| self.holds(*late))
        {
            return Some(late);
        }
        // Far from our time zones have no rules; a year before the end is early enough for every day of a week.
        let begin = match self.first <= default && default <= self.last {
            true => default,
            false if self.first == YEARS.0 => (self.last - 400 * i128::from(DAY)).max(self.first),
            false => self.first,
        };
        let mut at = Instant(i64::try_from(begin).ok()?);
        for _ in 0..DAYS {
            if i128::from(at.0) > self.last {
                break;
            }
            if self.holds(at) {
                return Some(at);
            }
            at = self.next(at);
        }
        // From the default on there may be none where there is one before it.
        let earlier = begin == default && self.first > YEARS.0 && self.first < default;
        let wish = Wish { last: default - 1, ..*self };
        if earlier { wish.found() } else { None }
    }

    /// A later instant, at the beginning of the minutes that are wished for, if the clock shows it on that day.
    fn next(&self, at: Instant) -> Instant {
        let wished = i64::try_from(self.minutes.0).unwrap_or_default();
        let minute = i64::from(self.zone.local(at).minute.0);
        let seconds = at.0.rem_euclid(60);
        let ahead = if minute < wished { wished - minute } else { 24 * 60 - minute + wished };
        let landed = Instant(at.0.saturating_add(ahead * 60 - seconds));
        // Where clocks were changed on the way, the minute is another.
        let off = i64::from(self.zone.local(landed).minute.0) - wished;
        let mended = Instant(landed.0.saturating_sub(off * 60));
        let is_right = i64::from(self.zone.local(mended).minute.0) == wished && mended > at;
        if is_right { mended } else { landed }
    }
}

/// A text for each test that holds, none of which makes another hold.
fn parts(tests: &[(Dimension, Predicate)], classes: &[u32]) -> Option<Vec<String>> {
    let asked: Vec<TextTest<'_>> = tests
        .iter()
        .filter_map(|(_, predicate)| match predicate {
            Predicate::OneOfTexts(texts) => Some(TextTest::OneOf(texts)),
            Predicate::Matches(pattern) => Some(TextTest::Matches(pattern)),
            _ => None,
        })
        .collect();
    let texts = TextClasses::new(&asked).ok();
    let is_true = |dimension: &Dimension| classes[dimension.0 as usize] == 1;
    let holds = |text: &str, predicate: &Predicate| holds_of_part(predicate, text);
    let excludes =
        |text: &str| tests.iter().all(|(dimension, predicate)| is_true(dimension) || !holds(text, predicate));
    let mut found = BTreeSet::new();
    for (dimension, predicate) in tests {
        if is_true(dimension) && !found.iter().any(|text: &String| holds(text, predicate)) {
            let own: Vec<String> = match (&texts, predicate) {
                (Some(texts), _) => {
                    (0..texts.count()).map(|class| texts.representative(class).to_owned()).collect()
                }
                // Patterns that have no automaton together are each asked on their own.
                (None, Predicate::Matches(pattern)) => examples(pattern),
                (None, Predicate::OneOfTexts(texts)) => texts.iter().cloned().collect(),
                (None, _) => Vec::new(),
            };
            found.insert(own.into_iter().find(|text| holds(text, predicate) && excludes(text))?);
        }
    }
    Some(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::counts;

    /// Every range of small numbers, against every pair of counts.
    #[test]
    fn counts_are_found_where_there_are_some() {
        let ranges: Vec<(i128, i128)> =
            (0..5).flat_map(|low| (low..5).map(move |high| (low, high))).collect();
        for tokens in &ranges {
            for output in &ranges {
                for window in (0..10).flat_map(|low| (low..10).map(move |high| (low, high))) {
                    let holds = |t: i128, o: i128| (window.0..=window.1).contains(&(t + o.max(1)));
                    let exists = (tokens.0..=tokens.1).any(|t| (output.0..=output.1).any(|o| holds(t, o)));
                    match counts(*tokens, *output, window) {
                        None => assert!(!exists, "{tokens:?} {output:?} {window:?}"),
                        Some((t, o)) => {
                            let is_within =
                                (tokens.0..=tokens.1).contains(&t) && (output.0..=output.1).contains(&o);
                            assert!(is_within && holds(t, o), "{tokens:?} {output:?} {window:?}: {t} {o}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_largest_window_is_reached_by_any_sum_beyond_it() {
        let most = i128::from(u64::MAX);
        assert!(counts((most, most), (most, most), (most, most)).is_some());
        assert!(counts((most, most), (0, 5), (0, most - 1)).is_none());
    }
}
