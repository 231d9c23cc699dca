//! What a change changes: every set of requests that two policies decide differently, as a condition in the language's own
//! words, with a request that shows it; and that there is none, where that is so.

mod both;

mod schema;

mod conditions;

mod counted;

mod side;

mod outcome;

mod alike;

mod suspects;

mod cell;

mod regions;

mod shown;

mod beside;

mod promised;

mod reach;

pub mod equal;

pub use beside::{Other, Priced};
pub use cell::{Fate, Kind};
pub use promised::{Promise, State};
pub use reach::Reach;

use crate::decision::boxes::{Dimension, Expression};
use crate::decision::layers::LayerKind;
use crate::decision::partition::Meaning;
use crate::decision::{Computed, Rules};
use crate::model::{Condition, Definition, DefinitionBody, Interval, Policy, Predicate, Subject as Of, Test};
use crate::proof::formula::Formula;
use crate::proof::phrases::Phrases;
use crate::proof::query::{Answer, Requests, WORK_LIMIT};
use crate::proof::subject::Subject;
use crate::proof::{Progress, Verdict, spaces};
use alike::Alike;
use both::{Both, Which};
use cell::Pair;
use counted::paired_counters;
use side::Side;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::Decision;
use wayleave_program::document::read_request;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{Instant, Value};

/// A set of requests that are decided differently in one way.
#[derive(Debug)]
pub struct Region {
    /// Every kind that is true of it.
    pub kinds: BTreeSet<Kind>,
    /// Which requests these are, in words: one of these holds of them, and none of what is excluded.
    pub when: Vec<String>,
    /// What is true of all of them, in words: all there is to say where there is one way.
    pub within: String,
    /// What of these is denied anyway, in words.
    pub unless: Vec<String>,
    /// One of them; none where it was not found.
    pub shown: Option<Shown>,
    /// The targets that they gain, by name; of requests that were routed before.
    pub gained: Vec<String>,
    /// The targets that they lose.
    pub lost: Vec<String>,
    /// What is owed or counted otherwise.
    pub items: Vec<String>,
    /// Whether it is all that was not looked at one by one.
    pub is_rest: bool,
}

impl Region {
    /// Which requests these are, as one condition.
    pub fn condition(&self) -> String {
        let when = match self.when.as_slice() {
            [one] => one.clone(),
            ways => ways.iter().map(|way| format!("({way})")).collect::<Vec<_>>().join(" or "),
        };
        if self.unless.is_empty() {
            return when;
        }
        let when = if when.contains(" or ") { format!("({when})") } else { when };
        let unless = self.unless.iter().map(|one| format!("not ({one})"));
        let parts: Vec<String> = (when != "always").then_some(when).into_iter().chain(unless).collect();
        parts.join(" and ")
    }
}

/// A request, and what is decided on it.
#[derive(Debug)]
pub struct Shown {
    /// As a document that either policy reads, as far as it knows the names.
    pub document: serde_json::Value,
    /// As each of them reads it; none where it refuses to.
    pub old: Option<(Attributes, Decision)>,
    /// The same of the new one.
    pub new: Option<(Attributes, Decision)>,
}

/// What differs.
#[derive(Debug)]
pub struct Change {
    /// Every request that is decided differently is of one of these.
    pub regions: Vec<Region>,
    /// Who can reach whom now, and could not.
    pub gained: Vec<Reach>,
    /// Who could reach whom, and cannot any more.
    pub lost: Vec<Reach>,
    /// Whether these two are all.
    pub is_reach_whole: bool,
    /// Every guarantee of either; where they were proven.
    pub promises: Vec<Promise>,
    /// What carries decisions out, and is another.
    pub execution: Vec<Other>,
    /// Words and names that are others.
    pub wording: Vec<Other>,
    /// The policies' own tests that are others.
    pub tests: Vec<Other>,
    /// Targets whose price is another.
    pub prices: Vec<Priced>,
    /// Attributes of one name that have nothing in common, which are taken for two.
    pub apart: Vec<String>,
    /// From when on times were looked at; none: at all times.
    pub from: Option<Instant>,
    sets: Sets,
}

/// Which requests are of which region.
#[derive(Debug)]
struct Sets {
    both: Both,
    rules: Rules,
    /// Indexed by region.
    spaces: Vec<Vec<spaces::Space>>,
    /// Indexed by region.
    parts: Vec<suspects::Part>,
    renamed: BTreeMap<String, String>,
}

impl Change {
    /// Whether nothing is decided or carried out differently.
    pub fn is_equal(&self) -> bool {
        self.regions.is_empty() && self.execution.is_empty()
    }

    /// Whether all that differs was told apart.
    pub fn is_whole(&self) -> bool {
        !self.regions.iter().any(|region| region.is_rest)
    }

    /// Whether a kind is true of some request, or may be of one that was not told apart.
    pub fn has(&self, kind: Kind) -> bool {
        self.is_known_to(kind) || self.regions.iter().any(|region| region.kinds.contains(&kind))
    }

    /// Whether a kind is true of some request that was told apart.
    pub fn is_known_to(&self, kind: Kind) -> bool {
        let widens = kind == Kind::Widens && self.execution.iter().any(|other| other.widens);
        let mut told = self.regions.iter().filter(|region| !region.is_rest);
        widens || told.any(|region| region.kinds.contains(&kind))
    }

    /// Whether the request of a document is of a region. What neither policy knows is not looked at.
    pub fn holds(&self, region: usize, document: &serde_json::Value) -> bool {
        let both = &self.sets.both;
        let Some(classes) = self.sets.classes(document) else { return false };
        let is_denied = |at: &usize| {
            let own = &both.part(Which::BOTH[*at]);
            let boxes = self.sets.rules.layer(LayerKind::Denials).iter();
            boxes.filter(|one| own.denials.contains(&one.rule)).any(|one| one.holds(&classes))
        };
        if self.sets.parts[region].undenied().iter().any(is_denied) {
            return false;
        }
        let is_of = |space: &spaces::Space| space.iter().all(|part| part.holds(&classes));
        self.sets.spaces[region].iter().any(is_of)
    }

    /// By counter of the new policy, the name of the old one whose state it keeps.
    pub fn renamed(&self) -> &BTreeMap<String, String> {
        &self.sets.renamed
    }
}

impl Sets {
    fn classes(&self, document: &serde_json::Value) -> Option<Vec<u32>> {
        let schema = &self.both.policy.schema;
        let mut known = document.clone();
        let entries = known.as_object_mut()?;
        entries.retain(|name, _| name.ends_with(".findings") || schema.find(name).is_some());
        let mut read = read_request(schema, &known).ok()?;
        for (id, absent, _) in &self.both.schema.absent {
            if read.get(*id).is_none() {
                read.set(*absent, Value::Bool(true));
            }
        }
        let mut classes = self.rules.partition.defaults().to_vec();
        for id in schema.ids() {
            if let Some(value) = read.get(id) {
                self.rules.partition.classify(id, value, &mut classes);
            }
        }
        self.rules.partition.classify_computed(&self.both.policy, &read, &mut classes);
        self.rules.computed.iter().for_each(|one| one.compute(&mut classes));
        Some(classes)
    }
}

/// All that can be asked of two policies together.
struct Compared<'c> {
    old: &'c Arc<Policy>,
    new: &'c Arc<Policy>,
    both: &'c Both,
}

/// What is known of a policy beforehand.
#[derive(Debug, Clone, Copy)]
pub struct Settled<'v> {
    /// Whether no two of its routes answer the same request.
    pub is_disjoint: bool,
    /// Whether each of its guarantees holds.
    pub verdicts: &'v [Verdict],
}

/// What is decided differently under two policies, from a day on. `settled`: what is known of each; without it guarantees are
/// not asked about.
pub fn compare(
    old: &Arc<Policy>,
    new: &Arc<Policy>,
    as_of: Instant,
    settled: Option<[Settled<'_>; 2]>,
    progress: Progress<'_>,
) -> Change {
    progress("both policies", 0, 0);
    let paired = paired_counters(old, new);
    let is_disjoint = settled.is_some_and(|both| both.iter().all(|one| one.is_disjoint));
    let both = Both::new(old, new, &paired, is_disjoint);
    let compared = Compared { old, new, both: &both };
    let renamed = compared.renamed();
    let found = compared.change(as_of, &paired, progress);
    let promises =
        settled.map(|both| promised::promises([old, new], &found.claims, both.map(|one| one.verdicts)));
    let tests = beside::tests(old, new);
    let mut execution = beside::execution(old, new);
    execution.extend(found.counted);
    let (wording, prices) = (beside::wording(old, new), beside::prices(old, new));
    let apart = both.schema.apart.clone();
    Change {
        regions: found.regions,
        gained: found.reached.gained,
        lost: found.reached.lost,
        is_reach_whole: found.reached.is_all,
        promises: promises.unwrap_or_default(),
        execution,
        wording,
        tests,
        prices,
        apart,
        from: found.from,
        sets: Sets { both, rules: found.rules, spaces: found.spaces, parts: found.parts, renamed },
    }
}

/// What there is, before it can be asked.
struct Found {
    regions: Vec<Region>,
    counted: Vec<Other>,
    from: Option<Instant>,
    spaces: Vec<Vec<spaces::Space>>,
    parts: Vec<suspects::Part>,
    rules: Rules,
    reached: reach::Reached,
    claims: BTreeMap<String, promised::Claims>,
}

fn number_test(of: BuiltIn, low: Option<i128>, high: Option<i128>) -> Condition {
    let predicate = Predicate::InIntervals(vec![Interval { low, high }]);
    Condition::Test(Test { subject: Of::Attribute(of.id()), predicate })
}

impl Compared<'_> {
    /// Conditions that are asked beside what the policies say, so that their classes are told apart.
    fn more(&self, from: Option<Instant>, paired: &BTreeMap<u32, u32>) -> Vec<Condition> {
        let mut more = Vec::new();
        for which in Which::BOTH {
            let part = self.both.part(which);
            for texts in part.named.values() {
                let predicate = Predicate::OneOfTexts(texts.clone());
                more.push(Condition::Test(Test {
                    subject: Of::Attribute(BuiltIn::RequestModel.id()),
                    predicate,
                }));
            }
            more.extend(part.strange.iter().cloned());
        }
        for (id, absent, before) in &self.both.schema.absent {
            more.push(self.absence(*id, *absent, before));
        }
        for which in Which::BOTH {
            more.extend(self.both.part(which).claims.iter().flatten().cloned());
        }
        if let Some(from) = from {
            more.push(number_test(BuiltIn::TimeNow, Some(from.0.into()), None));
        }
        more.extend(self.continuing(paired).into_iter().flat_map(|(old, new)| {
            [old, new].map(|number| self.both.policy.counters[number as usize].condition.clone())
        }));
        for tokens in self.outputs() {
            more.push(number_test(BuiltIn::RequestOutput, Some(i128::from(tokens) + 1), None));
        }
        more
    }

    /// Where something is not given, it has the value that the old policy takes it for.
    fn absence(
        &self,
        id: wayleave_program::schema::AttributeId,
        absent: wayleave_program::schema::AttributeId,
        before: &Value,
    ) -> Condition {
        let test = |predicate| Condition::Test(Test { subject: Of::Attribute(id), predicate });
        let interval = |number: i128| {
            test(Predicate::InIntervals(vec![Interval { low: Some(number), high: Some(number + 1) }]))
        };
        let is_default = match before {
            Value::Member(member) => test(Predicate::OneOfMembers(BTreeSet::from([*member]))),
            Value::Text(text) => test(Predicate::OneOfTexts(BTreeSet::from([text.clone()]))),
            Value::Bool(true) => test(Predicate::IsTrue),
            Value::Bool(false) => Condition::Not(Box::new(test(Predicate::IsTrue))),
            Value::Tokens(tokens) => interval(tokens.0.into()),
            Value::Instant(instant) => interval(instant.0.into()),
            Value::Share(share) => interval(share.0.into()),
            Value::TimeOfDay(minute) => interval(minute.0.into()),
            Value::Set(set) if set.is_empty() => test(Predicate::IsEmpty),
            Value::Set(set) => {
                Condition::All(set.iter().map(|member| test(Predicate::Has(member.clone()))).collect())
            }
            Value::Unknown | Value::Money(_) | Value::Parts(_) => Condition::always(),
        };
        let absent = Test { subject: Of::Attribute(absent), predicate: Predicate::IsTrue };
        Condition::Any(vec![Condition::Not(Box::new(Condition::Test(absent))), is_default])
    }

    /// Numbers of output tokens at which a cap begins to matter, where caps matter.
    fn outputs(&self) -> BTreeSet<u64> {
        let policies = [self.old, self.new];
        let caps: BTreeSet<u64> =
            policies.iter().flat_map(|policy| policy.caps.iter().map(|cap| cap.body.tokens)).collect();
        let output = |policy: &Policy, name: &str| {
            policy.catalogue.find_target(name).map(|target| policy.catalogue.target(target).output.0)
        };
        let highest = caps.last().copied().unwrap_or_default();
        let mut found = caps.clone();
        for policy in policies {
            for target in &policy.catalogue.targets {
                let others = [self.old, self.new].map(|policy| output(policy, &target.name));
                let is_changed = matches!(others, [Some(one), Some(other)] if one != other);
                if target.output.0 < highest || is_changed {
                    found.insert(target.output.0);
                }
            }
        }
        if !found.is_empty() {
            found.insert(0);
        }
        found
    }

    /// The beginning of the phase of a day: nothing that either policy says changes between the two.
    fn from(&self, as_of: Instant) -> Option<Instant> {
        let mut dates: BTreeSet<Instant> = BTreeSet::new();
        for policy in [self.old, self.new] {
            dates.extend(policy.dates());
            let definitions = policy.definitions.iter().flat_map(|one| one.body.conditions());
            for test in policy.conditions().into_iter().chain(definitions).flat_map(Condition::tests) {
                if let (Of::Attribute(id), Predicate::InIntervals(intervals)) =
                    (test.subject, &test.predicate)
                    && id == BuiltIn::TimeNow.id()
                {
                    let ends = intervals.iter().flat_map(|one| one.low.into_iter().chain(one.high));
                    dates.extend(ends.filter_map(|end| i64::try_from(end).ok()).map(Instant));
                }
            }
        }
        dates.range(..=as_of).next_back().copied()
    }

    fn change(&self, as_of: Instant, paired: &BTreeMap<usize, usize>, progress: Progress<'_>) -> Found {
        let from = self.from(as_of);
        let first = self.both.part(Which::New).counters.start;
        let paired: BTreeMap<u32, u32> =
            paired.iter().map(|(new, old)| (first + *new as u32, *old as u32)).collect();
        let more = self.more(from, &paired);
        let wanted: Vec<&Condition> = more.iter().collect();
        let subject = Subject::new(&self.both.policy, &wanted);
        let mut rest: &[Expression] = &subject.more;
        let mut take = |count: usize| {
            let (own, others) = rest.split_at(count);
            rest = others;
            own
        };
        let sides = Which::BOTH.map(|which| {
            let part = self.both.part(which);
            let named = take(part.named.len());
            let strange = take(part.strange.len());
            Side::new(which, self.both, &subject, named, strange)
        });
        let absent = take(self.both.schema.absent.len());
        let claims = Which::BOTH.map(|which| take(2 * self.both.part(which).claims.len()));
        let time = take(usize::from(from.is_some()));
        let counting = take(2 * self.continuing(&paired).len());
        let assumed: Vec<Formula<'_>> = absent.iter().chain(time).map(Formula::from).collect();
        let sides = [&sides[0], &sides[1]];
        progress("what is alike", 0, 0);
        let alike = Alike::new(self.both, sides, &paired);
        let requests = Requests::new(&self.both.policy, &subject.rules);
        let named = self.named(&subject);
        let pair = Pair { sides, alike: &alike, requests: &requests, named };
        let all = regions::all(&pair, &assumed, &|done| progress("requests", done, 0));
        let phrases = Phrases::new(&self.both.policy, &subject.rules, &more);
        let words = |space: &spaces::Space| phrases.space(space);
        let name = |target: &wayleave_program::catalogue::TargetId| {
            self.both.policy.catalogue.target(*target).name.clone()
        };
        let clock = sides[0].clock();
        let now = self.now(&subject, as_of);
        let mut found = Vec::new();
        for one in &all.found {
            let is_later = now.is_some_and(|now| regions::is_later(one, clock, now));
            found.push(Region {
                kinds: regions::with_later(one.signature.kinds.clone(), is_later),
                when: one.spaces.iter().map(words).collect(),
                within: words(&self.around(&subject, &one.spaces)),
                unless: self.denials(&pair, one, &assumed, &phrases),
                shown: self.shown(&pair, one, &assumed, as_of),
                gained: one.signature.gained.iter().map(name).collect(),
                lost: one.signature.lost.iter().map(name).collect(),
                items: one.signature.items.iter().cloned().collect(),
                is_rest: false,
            });
        }
        found.extend(all.rest.iter().map(|rest| self.rest(&pair, rest, &assumed)));
        progress("who can reach whom", 0, 0);
        let reached = reach::Asking::new(&pair, &assumed, &phrases, &all.found).all(all.rest.is_empty());
        let counted = self.counted(&requests, &assumed, &paired, counting);
        progress("what is promised", 0, 0);
        let pairs: Vec<_> = alike.pairs().collect();
        let claims = promised::claims(&requests, [self.old, self.new], claims, &pairs, &self.given(&subject));
        let parts = all.found.iter().map(|one| one.part).collect();
        let spaces = all.found.into_iter().map(|one| one.spaces).collect();
        drop(requests);
        let rules = subject.into_rules();
        Found { regions: found, from, spaces, parts, rules, reached, claims, counted }
    }

    /// That nothing is left out of which the two defaults differ: a claim is about values.
    fn given<'s>(&self, subject: &Subject<'s>) -> Vec<Formula<'s>> {
        let absent = self.both.schema.absent.iter();
        let is_absent =
            absent.map(|(_, absent, _)| subject.rules.partition.constraint(*absent, &Predicate::IsTrue));
        is_absent.map(|one| Formula::from(Expression::Within(one)).negated()).collect()
    }

    /// The least box around all of these, without what it does not restrict.
    fn around(&self, subject: &Subject<'_>, spaces: &[spaces::Space]) -> spaces::Space {
        let mut around = spaces::around(spaces);
        around.retain(|part| part.classes.len() < subject.rules.partition.count(part.dimension));
        around
    }

    /// What is computed and has a name that both share: it is said by that name.
    fn named(&self, subject: &Subject<'_>) -> BTreeSet<Dimension> {
        let shared = self.both.part(Which::New).definitions.iter();
        let shared = shared.filter(|id| (id.0 as usize) < self.old.definitions.len());
        let shared: Vec<&Definition> =
            shared.map(|id| &self.both.policy.definitions[id.0 as usize]).collect();
        let is_known = |computed: &&Computed| {
            match computed {
            Computed::Truth(dimension, _) => {
                let axis = &subject.rules.partition.axes()[dimension.0 as usize];
                let Meaning::Computed(name) = &axis.meaning else { return false };
                shared.iter().any(|one| matches!(one.body, DefinitionBody::Define(_)) && one.name == *name)
                    && self.both.policy.definitions.iter().filter(|one| one.name == *name).count() == 1
            }
            Computed::First { attribute, .. } => shared.iter().any(|one| {
                matches!(one.body, DefinitionBody::Classify { attribute: own, .. } if own == *attribute)
            }),
        }
        };
        subject.rules.computed.iter().filter(is_known).map(Computed::dimension).collect()
    }

    /// The denials that hold of some request of a region otherwise.
    fn denials(
        &self,
        pair: &Pair<'_>,
        found: &regions::Found,
        assumed: &[Formula<'_>],
        phrases: &Phrases<'_>,
    ) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for at in found.part.undenied() {
            for boxes in pair.sides[*at].denials().chunk_by(|one, other| one.rule == other.rule) {
                let said = phrases.boxes(boxes);
                let meets = |space: &spaces::Space| {
                    let mut query = pair.requests.query();
                    query.when(spaces::is_of(space)).when(Formula::Boxes(boxes, None));
                    assumed.iter().for_each(|assumed| {
                        query.when(assumed.clone());
                    });
                    let mut work = WORK_LIMIT;
                    !matches!(query.find(None, &mut work), Answer::None)
                };
                if !words.contains(&said) && found.spaces.iter().any(meets) {
                    words.push(said);
                }
            }
            words.extend(pair.sides[*at].strange().iter().map(|strange| phrases.expression(strange)));
        }
        words
    }

    /// All that was not looked at one by one, as one region: it says that it is.
    fn rest(&self, pair: &Pair<'_>, rest: &regions::Rest<'_>, assumed: &[Formula<'_>]) -> Region {
        let shown = self.shown_of_rest(pair, rest, assumed);
        Region {
            // Whatever is not known to be excluded may be.
            kinds: Kind::ALL.into_iter().filter(|kind| *kind != Kind::Later).collect(),
            when: vec!["more requests than were told apart".to_owned()],
            within: "more requests than were told apart".to_owned(),
            unless: Vec::new(),
            shown,
            gained: Vec::new(),
            lost: Vec::new(),
            items: Vec::new(),
            is_rest: true,
        }
    }

    /// By counter of the new policy, the name of the old one's state that it keeps.
    fn renamed(&self) -> BTreeMap<String, String> {
        let paired = paired_counters(self.old, self.new);
        let name = |(new, old): (usize, usize)| {
            (self.new.counters[new].name.clone(), self.old.counters[old].name.clone())
        };
        paired.into_iter().map(name).collect()
    }

    /// The class of the time.
    fn now(&self, subject: &Subject<'_>, as_of: Instant) -> Option<u32> {
        let partition = &subject.rules.partition;
        let dimension = *partition.dimensions(BuiltIn::TimeNow.id()).first()?;
        let mut classes = partition.defaults().to_vec();
        partition.classify(BuiltIn::TimeNow.id(), &Value::Instant(as_of), &mut classes);
        Some(classes[dimension.0 as usize])
    }
}
