//! One of the policies: what it decides on a request that the log keeps, and what it had to do without.

use crate::change::read;
use crate::deciding::deciding;
use crate::output::{Failure, Terminal};
use crate::revision::named;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_compiler::decision::{Compiled, Decisions};
use wayleave_compiler::examples::outcome;
use wayleave_compiler::{Policy, source_view};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::Price;
use wayleave_program::decision::Decision;
use wayleave_program::document::{DocumentError, Problem, RecordReader};
use wayleave_program::schema::{Attribute, AttributeId, BuiltIn, Origin, Schema};
use wayleave_program::source_view::{Place, SourceView};
use wayleave_program::value::{Instant, Value};
use wayleave_runtime::record::DecisionRecord;

/// So many callers are remembered; where there are more, all are forgotten and read again.
const CALLERS_LIMIT: usize = 16_384;

/// The attributes of a request that come from its caller's credential.
const OF_CALLER: [BuiltIn; 4] =
    [BuiltIn::CallerId, BuiltIn::CallerTeam, BuiltIn::CallerApp, BuiltIn::CallerGroups];

/// A policy, ready to decide.
pub(crate) struct Side {
    /// As the command line names it.
    pub(crate) shown: String,
    /// What it means.
    pub(crate) policy: Arc<Policy>,
    program: Arc<Compiled>,
    view: SourceView,
    /// The texts, and what is found in them, that some rule asks for.
    of_texts: Vec<AttributeId>,
    /// By target.
    prices: BTreeMap<String, Option<Price>>,
}

/// What a policy decides.
pub(super) enum Decided {
    Decision(Arc<Decision>),
    /// It would be refused before that, for this.
    Refused(String),
}

/// What a policy had to do without, and how often.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// What the log gives and the policy does not know.
    pub(super) unknown: BTreeMap<String, u64>,
    /// What the policy asks for, might decide by, and nobody had looked for.
    pub(super) not_looked_for: BTreeMap<String, u64>,
    /// Attributes that some record gives.
    pub(super) given: BTreeSet<AttributeId>,
    /// Records whose findings counted.
    pub(super) with_findings: u64,
    /// Records that were not refused.
    pub(super) decided: u64,
}

impl Noted {
    pub(super) fn add(&mut self, other: Noted) {
        for (all, own) in
            [(&mut self.unknown, other.unknown), (&mut self.not_looked_for, other.not_looked_for)]
        {
            own.into_iter().for_each(|(name, count)| *all.entry(name).or_default() += count);
        }
        self.given.extend(other.given);
        self.with_findings += other.with_findings;
        self.decided += other.decided;
    }
}

impl Side {
    /// The policy of that name. Machine code is made meanwhile.
    ///
    /// # Errors
    /// When it cannot be read or has errors.
    pub(crate) fn of(name: &str, as_of: Instant, terminal: Terminal) -> Result<Side, Failure> {
        let (policy, sources) = read(named(name)?, as_of, terminal)?;
        let view = source_view(&policy, &sources);
        let program = Arc::new(Compiled::new(Arc::clone(&policy)));
        let of_texts = program.reads().iter().copied().filter(|id| policy.schema.is_of_texts(*id)).collect();
        let native = Arc::clone(&program);
        // Where there is none, the matchers are walked on: the answers are the same.
        std::thread::spawn(move || native.make_native().is_ok());
        let targets = policy.catalogue.targets.iter();
        let prices = targets.map(|target| (target.name.clone(), target.price)).collect();
        Ok(Side { shown: name.to_owned(), policy, program, view, of_texts, prices })
    }

    /// The lines that decide, each with its place.
    pub(super) fn lines(&self, decision: &Decision) -> Vec<String> {
        let label = |place: &Place| self.view.label(place);
        deciding(decision, &self.view, &label).lines().map(str::to_owned).collect()
    }

    /// A decision in a line.
    pub(super) fn outcome(&self, decision: &Decision) -> String {
        outcome(decision, &self.policy.catalogue)
    }

    /// What a target costs here.
    pub(super) fn price(&self, target: &str) -> Option<Price> {
        *self.prices.get(target)?
    }

    /// The attributes that some rule asks for, that need not be given, that come from elsewhere than a proxy knows by itself, and that no record
    /// gives.
    pub(super) fn never_given(&self, noted: &Noted) -> Vec<&Attribute> {
        let schema = self.program.schema();
        let is_declared = |id: &&AttributeId| {
            matches!(schema.attribute(**id).origin, Origin::Sources(..) | Origin::Counter)
        };
        let reads = self.program.reads().iter().filter(is_declared);
        reads.filter(|id| !noted.given.contains(id)).map(|id| schema.attribute(*id)).collect()
    }

    /// Whether some rule asks for texts, or for what is found in them.
    pub(super) fn asks_texts(&self) -> bool {
        !self.of_texts.is_empty()
    }
}

/// One thread's use of a policy.
pub(super) struct Decider<'s> {
    side: &'s Side,
    decisions: Decisions<'s>,
    reader: RecordReader<'s>,
    /// By what their credentials say: what was worked out of it.
    callers: BTreeMap<String, Attributes>,
    pub(super) noted: Noted,
}

impl<'s> Decider<'s> {
    pub(super) fn new(side: &'s Side) -> Decider<'s> {
        Decider {
            side,
            decisions: Decisions::new(&side.program),
            reader: RecordReader::new(&side.policy.schema),
            callers: BTreeMap::new(),
            noted: Noted::default(),
        }
    }

    fn schema(&self) -> &'s Schema {
        &self.side.policy.schema
    }

    /// What the policy decides; the error is why that cannot be said.
    pub(super) fn decide(
        &mut self,
        record: &DecisionRecord,
        request: &Map<String, Json>,
    ) -> Result<Decided, String> {
        let has_findings = request.contains_key("prompt.findings") || request.contains_key("system.findings");
        let looked_for = match &record.inspection {
            Some(inspection) if !inspection.looked_for.is_empty() => Some(inspection.looked_for.as_slice()),
            // Written by hand: what is given is all there is.
            _ if has_findings => None,
            _ => Some([].as_slice()),
        };
        let recalled = match self.reader.read(request, looked_for) {
            Ok(recalled) => recalled,
            Err(errors) => return Ok(Decided::Refused(refusal(&errors))),
        };
        for name in recalled.unknown {
            *self.noted.unknown.entry(name).or_default() += 1;
        }
        if let Some(Value::Text(model)) = recalled.attributes.get(BuiltIn::RequestModel.id())
            && !self.side.policy.catalogue.knows(model)
        {
            return Ok(Decided::Refused(format!("`{model}` is no model of this policy")));
        }
        let attributes = self.settled(request, recalled.attributes);
        if self.side.asks_texts() {
            self.noted.with_findings += u64::from(record.inspection.is_some() || has_findings);
            self.doubt(&attributes)?;
        }
        self.noted.decided += 1;
        Ok(Decided::Decision(self.decisions.decide(&attributes)))
    }

    /// The same attributes, with what was worked out of the caller's before.
    fn settled(&mut self, request: &Map<String, Json>, attributes: Attributes) -> Attributes {
        let mut key = String::new();
        for built_in in OF_CALLER {
            if let Some(value) = request.get(built_in.name()) {
                key.push_str(&value.to_string());
            }
            key.push('\n');
        }
        if self.callers.len() >= CALLERS_LIMIT && !self.callers.contains_key(&key) {
            self.callers.clear();
        }
        let schema = self.schema();
        let side = self.side;
        let known = self.callers.entry(key).or_insert_with(|| {
            let mut known = Attributes::new(schema);
            for built_in in OF_CALLER {
                if let Some(value) = attributes.get(built_in.id()) {
                    known.set(built_in.id(), value.clone());
                }
            }
            side.program.settle(&mut known);
            known
        });
        let mut whole = known.clone();
        for id in schema.ids() {
            let Some(value) = attributes.get(id) else { continue };
            if whole.get(id).is_none() {
                whole.set(id, value.clone());
            }
            if matches!(schema.attribute(id).origin, Origin::Sources(..) | Origin::Counter)
                && !self.noted.given.contains(&id)
            {
                self.noted.given.insert(id);
            }
        }
        whole
    }

    /// What the policy might decide by and nobody had looked for counts as not found, and is noted. A text that it might
    /// decide by is not there.
    fn doubt(&mut self, attributes: &Attributes) -> Result<(), String> {
        // Mostly all of it was looked for, and finding out what may matter costs more than a decision.
        if self.side.of_texts.iter().all(|id| attributes.get(*id).is_some()) {
            return Ok(());
        }
        let schema = self.schema();
        let program = &self.side.program;
        let mut known = attributes.clone();
        let mut wanted = program.wanted(&known);
        if wanted.iter().any(|id| !schema.is_of_texts(*id)) {
            for id in wanted.iter().filter(|id| !schema.is_of_texts(**id) && **id != BuiltIn::Draw.id()) {
                let value = attributes.value(schema, *id).into_owned();
                known.set(*id, value);
            }
            wanted = program.wanted(&known);
        }
        if wanted.iter().any(|id| matches!(schema.attribute(*id).origin, Origin::BuiltIn(_))) {
            return Err("it depends on the text of the prompt, which the log does not keep".to_owned());
        }
        for id in wanted {
            let name = schema.attribute(id).name.clone();
            *self.noted.not_looked_for.entry(name).or_default() += 1;
        }
        Ok(())
    }
}

/// Everything that is wrong, in a line.
fn refusal(errors: &[DocumentError]) -> String {
    let words = errors.iter().map(|error| match error.problem {
        Problem::Missing => format!("`{}` is required, and the log does not give it", error.key),
        _ => error.to_string(),
    });
    words.collect::<Vec<_>>().join("; ")
}
