//! The decision program of a policy: its layers with their matchers, walked at first and in machine code once that is ready.

use super::boxes::RuleBox;
use super::doubt::PartlyKnown;
use super::evaluate::Evaluator;
use super::layers::{LayerKind, Rules};
use super::lower::Computed;
use super::matcher::{Code, Form, Matcher};
use super::verdict::Verdict;
use super::{lower, shared, words};
use crate::code::{Derived, Leaf, Mode, Native, NotCompiled};
use crate::model::Policy;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::Decision;
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::{AttributeId, BuiltIn, Inspected, NEEDS, Origin, Schema};
use wayleave_program::value::{MemberId, Tokens, Value};
use wayleave_program::{Fingerprint, Program};

/// A policy as it is served.
#[derive(Debug)]
pub struct Compiled {
    pub(super) policy: Arc<Policy>,
    pub(super) rules: Rules,
    /// Indexed by [`LayerKind`].
    matchers: Vec<Matcher>,
    /// Indexed by [`LayerKind`]: of a layer whose matcher asks of requests alone, by box, what each box asks of the target.
    about_targets: Vec<Option<Vec<RuleBox>>>,
    facts: Facts,
    reads: Vec<AttributeId>,
    /// The attributes that hold what is found in texts.
    pub(super) findings: Vec<AttributeId>,
    native: OnceLock<MachineCode>,
    /// Buffers of decisions that are done; as many as were made at once.
    buffers: Mutex<Vec<Verdict>>,
}

/// The machine code of all layers.
#[derive(Debug)]
pub(super) struct MachineCode {
    pub(super) native: Native,
    /// Indexed by [`LayerKind`]: the number of its matcher's node 0.
    bases: Vec<usize>,
    /// Whether list 0 of its truths is all that is computed of a request; list 1 is what is computed of a target.
    pub(super) computes: bool,
}

impl MachineCode {
    /// That of one layer.
    pub(super) fn code(&self, kind: LayerKind) -> Code<'_> {
        Code::Native(&self.native, self.bases[kind as usize])
    }
}

/// What is known beside the rules, in forms that are fast to ask.
#[derive(Debug)]
pub(super) struct Facts {
    /// Indexed by attribute: what counts where nothing is given.
    pub(super) defaults: Vec<Value>,
    /// Indexed by target.
    pub(super) targets: Vec<TargetFacts>,
    /// Indexed by migration: by which name its copies are drawn.
    pub(super) shadow_names: Vec<String>,
    /// Whether some condition tests `request.window`.
    pub(super) tests_window: bool,
    /// Whether some draw is made by a count of input tokens.
    pub(super) draws_by_tokens: bool,
    /// Whether some condition tests the time of day or the weekday.
    pub(super) tests_clock: bool,
    /// Those of [`Rules::computed`] that some box reads.
    pub(super) computed: Vec<usize>,
    /// Those of [`Rules::of_target`] that some box reads.
    pub(super) of_target: Vec<usize>,
}

/// What one target can do.
#[derive(Debug)]
pub(super) struct TargetFacts {
    /// A bit for each of [`NEEDS`], one for `chat` and one for `embeddings`.
    pub(super) capabilities: u32,
    pub(super) context: u64,
    pub(super) output: u64,
    price: u128,
}

/// The bits behind those of [`NEEDS`].
const CHAT: u32 = 1 << NEEDS.len();
const EMBEDDINGS: u32 = CHAT << 1;
const NOTHING_HAS_IT: u32 = 1 << 31;

impl Facts {
    fn new(policy: &Policy, rules: &Rules) -> Facts {
        let schema = &policy.schema;
        let nothing = Attributes::new(schema);
        let targets = policy.catalogue.targets.iter().map(|target| TargetFacts {
            capabilities: target.supports.iter().fold(0, |all, name| all | Facts::bit_of(name)),
            context: target.context.0,
            output: target.output.0,
            // One that states none, which a checked policy does not order, comes last.
            price: target
                .price
                .map_or(u128::MAX, |price| u128::from(price.input.0) + u128::from(price.output.0)),
        });
        let tests = |built_in: BuiltIn| rules.partition.tests(built_in.id());
        let (computed, of_target) = lower::needed(rules);
        Facts {
            defaults: schema.ids().map(|id| nothing.value(schema, id).into_owned()).collect(),
            targets: targets.collect(),
            shadow_names: policy.migrations.iter().map(|one| format!("{}/shadow", one.name)).collect(),
            tests_window: tests(BuiltIn::RequestWindow),
            draws_by_tokens: policy.draws_by_tokens(),
            tests_clock: tests(BuiltIn::TimeOfDay) || tests(BuiltIn::TimeWeekday),
            computed,
            of_target,
        }
    }

    /// The bit of a capability.
    pub(super) fn bit_of(name: &str) -> u32 {
        match name {
            "chat" => CHAT,
            "embeddings" => EMBEDDINGS,
            name => NEEDS.iter().position(|need| *need == name).map_or(NOTHING_HAS_IT, |index| 1 << index),
        }
    }

    /// The bit of the kind of an api.
    pub(super) fn kind_of(&self, api: MemberId) -> u32 {
        let is_embeddings = wayleave_program::schema::APIS.get(api.0 as usize) == Some(&"embeddings");
        if is_embeddings { EMBEDDINGS } else { CHAT }
    }

    pub(super) fn price(&self, target: TargetId) -> u128 {
        self.targets[target.0 as usize].price
    }
}

impl Compiled {
    /// The program of a policy; it walks its matchers until [`Compiled::make_native`] is done.
    pub fn new(policy: Arc<Policy>) -> Compiled {
        let rules = Rules::new(&policy);
        let count = |dimension| rules.partition.count(dimension);
        let mut matchers = Vec::new();
        let mut about_targets = Vec::new();
        for kind in LayerKind::ALL {
            let divided = if kind.is_of_targets() { shared::divided(&rules, kind) } else { None };
            let (boxes, rest) = match divided {
                Some((of_request, of_target)) => (Arc::from(of_request), Some(of_target)),
                None => (Arc::clone(rules.layer(kind)), None),
            };
            matchers.push(Matcher::new(boxes, &count));
            about_targets.push(rest);
        }
        let facts = Facts::new(&policy, &rules);
        let (reads, findings) = (policy.reads(), words::findings(&policy));
        Compiled {
            policy,
            rules,
            matchers,
            about_targets,
            facts,
            reads,
            findings,
            native: OnceLock::new(),
            buffers: Mutex::default(),
        }
    }

    /// Makes machine code and uses it from then on; does nothing where there is some. Takes a second or two for ten
    /// thousand rules, during which requests may be decided.
    ///
    /// # Errors
    /// Where this machine cannot run it; then the matchers are walked on.
    pub fn make_native(&self) -> Result<(), NotCompiled> {
        if self.native.get().is_some() {
            return Ok(());
        }
        let mut leaves: Vec<(Mode, Leaf<'_>)> = Vec::new();
        let mut bases = Vec::new();
        for (kind, matcher) in LayerKind::ALL.into_iter().zip(&self.matchers) {
            bases.push(leaves.len());
            let asks_first = kind.asks_first() && self.about_targets[kind as usize].is_none();
            let mode = if asks_first { Mode::First } else { Mode::All };
            for node in matcher.nodes() {
                let boxes = match node.form() {
                    Form::Leaf(boxes) => boxes.as_slice(),
                    Form::Split { .. } | Form::Matrix(_) => &[],
                };
                let numbered = boxes.iter().map(|index| (*index, &matcher.boxes()[*index as usize]));
                leaves.push((mode, Leaf { boxes: numbered.collect() }));
            }
        }
        let of_request = truths(&self.rules.computed, &self.facts.computed);
        // A class stands between truths that it reads and that read it.
        let computes = of_request.len() == self.facts.computed.len();
        let derived = [of_request, truths(&self.rules.of_target, &self.facts.of_target)];
        let native = Native::compile(self.rules.partition.axes().len(), &leaves, &derived)?;
        // Whoever was first is as good.
        let _ = self.native.set(MachineCode { native, bases, computes });
        Ok(())
    }

    /// Whether machine code is used.
    pub fn is_native(&self) -> bool {
        self.native.get().is_some()
    }

    /// The policy whose program this is.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Its normal form.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// How a layer is searched.
    pub fn matcher(&self, kind: LayerKind) -> &Matcher {
        &self.matchers[kind as usize]
    }

    fn evaluator(&self) -> Evaluator<'_> {
        Evaluator {
            policy: &self.policy,
            rules: &self.rules,
            matchers: &self.matchers,
            about_targets: &self.about_targets,
            facts: &self.facts,
            machine: self.native.get(),
        }
    }

    /// Decides by numbers, from the request's own values. What is looked for in texts has to be given. Allocates nothing
    /// once the verdict's buffers have grown, unless a draw goes by an attribute that is no text.
    pub fn decide_by_number(&self, attributes: &Attributes, verdict: &mut Verdict) {
        self.evaluator().decide(attributes, verdict);
    }

    /// Writes the classes of a request, as [`Compiled::answer_to`] takes them.
    pub fn classify(&self, attributes: &Attributes, classes: &mut Vec<u32>) {
        self.evaluator().classify(attributes, classes);
    }

    /// The route and arm that answer a request of these classes, by their number among the answers of [`Compiled::rules`];
    /// whether it is denied is not asked.
    ///
    /// # Panics
    /// When the classes are of another program.
    pub fn answer_to(&self, classes: &[u32]) -> Option<u32> {
        self.evaluator().answer(classes)
    }

    /// The request as the proxy would know it: of what no rule asks that can still matter, nothing is found in its texts.
    pub(super) fn looked_through<'a>(&self, attributes: &'a Attributes) -> Cow<'a, Attributes> {
        let has_texts =
            Inspected::ALL.iter().any(|inspected| attributes.get(inspected.texts().id()).is_some());
        if !has_texts || self.findings.is_empty() {
            return Cow::Borrowed(attributes);
        }
        let schema = &self.policy.schema;
        let mut known = attributes.clone();
        // First what costs nothing, then what is looked for in texts.
        for id in self.wanted(attributes) {
            if !self.findings.contains(&id) {
                known.set(id, attributes.value(schema, id).into_owned());
            }
        }
        let asked = self.wanted(&known);
        for id in &self.findings {
            if known.get(*id).is_some() {
                continue;
            }
            let found = if asked.contains(id) { self.found(attributes, *id) } else { BTreeSet::new() };
            known.set(*id, Value::Set(found));
        }
        Cow::Owned(known)
    }

    fn found(&self, attributes: &Attributes, id: AttributeId) -> BTreeSet<String> {
        let Origin::Findings(inspected, detector) = self.policy.schema.attribute(id).origin else {
            return BTreeSet::new();
        };
        match attributes.get(inspected.texts().id()) {
            Some(Value::Parts(parts)) => {
                parts.iter().flat_map(|part| self.policy.find(detector, part)).collect()
            }
            _ => BTreeSet::new(),
        }
    }
}

impl Program for Compiled {
    fn schema(&self) -> &Schema {
        &self.policy.schema
    }

    fn catalogue(&self) -> &Catalogue {
        &self.policy.catalogue
    }

    fn reads(&self) -> &[AttributeId] {
        &self.reads
    }

    fn wanted(&self, attributes: &Attributes) -> Vec<AttributeId> {
        let schema = &self.policy.schema;
        let unknown = || self.reads.iter().copied().filter(|id| attributes.get(*id).is_none());
        let cheap: Vec<AttributeId> = unknown().filter(|id| !schema.is_of_texts(*id)).collect();
        if !cheap.is_empty() || unknown().next().is_none() {
            return cheap;
        }
        let mut request = PartlyKnown::new(&self.policy, &self.rules, attributes);
        let asked = request.dear(&self.matchers[LayerKind::Denials as usize]);
        unknown().filter(|id| asked.contains(id)).collect()
    }

    fn settle(&self, attributes: &mut Attributes) {
        self.rules.partition.settle(attributes);
    }

    fn decide(&self, attributes: &Attributes) -> Decision {
        let known = self.looked_through(attributes);
        let mut verdict = self.buffers.lock().map(|mut free| free.pop()).ok().flatten().unwrap_or_default();
        self.evaluator().decide(&known, &mut verdict);
        let decision = self.decision(&known, &verdict);
        if let Ok(mut free) = self.buffers.lock() {
            free.push(verdict);
        }
        decision
    }

    fn decides_alike(&self, attributes: &Attributes, least: Tokens, most: Tokens) -> bool {
        least == most || self.evaluator().decides_alike(attributes, least, most)
    }

    fn find(&self, detector: DetectorId, text: &str) -> BTreeSet<String> {
        self.policy.find(detector, text)
    }

    fn approvable(&self, attributes: &Attributes) -> Vec<TargetId> {
        PartlyKnown::new(&self.policy, &self.rules, attributes).approvable()
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.policy.fingerprint()
    }
}

/// The truths among what is computed and needed.
fn truths<'r>(computed: &'r [Computed], needed: &[usize]) -> Vec<Derived<'r>> {
    let truth = |index: &usize| match &computed[*index] {
        Computed::Truth(of, from) => Some(Derived { of: *of, from }),
        Computed::First { .. } => None,
    };
    needed.iter().filter_map(truth).collect()
}
