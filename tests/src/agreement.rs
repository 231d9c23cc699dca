//! Whether the ways to decide agree: the meaning as the language says it, the walked matchers, and machine code. Policies and
//! requests are those that chance writes, small ones over the whole language and large ones of each kind of rule.

use crate::policies::{Generated, Size, policy_of};
use fastrand::Rng;
use std::sync::Arc;
use wayleave_compiler::decision::{Compiled, Decisions};
use wayleave_compiler::spec::Reference;
use wayleave_compiler::{Options, Policy, Sources, check};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::document::{read_request, write_decision};
use wayleave_program::value::DEFAULT_NOW;

/// One policy, ready to be asked in every way.
pub struct Ways {
    /// By the letter.
    pub spec: Reference,
    /// Walked.
    pub walked: Compiled,
    /// In machine code.
    pub native: Compiled,
}

impl Ways {
    /// Of a policy.
    ///
    /// # Panics
    /// Where this machine makes no machine code.
    pub fn of(policy: &Arc<Policy>) -> Ways {
        let native = Compiled::new(Arc::clone(policy));
        native.make_native().expect("this machine runs what is made for it");
        Ways { spec: Reference::new(Arc::clone(policy)), walked: Compiled::new(Arc::clone(policy)), native }
    }

    /// What one of the fast ways decides otherwise than the meaning; none where they agree.
    pub fn disagreement(&self, request: &Attributes) -> Option<String> {
        let wanted = self.spec.decide(request);
        for (name, way) in self.fast() {
            let found = way.decide(request);
            if found != wanted {
                let shown = |decision| write_decision(decision, way.catalogue(), way.fingerprint());
                return Some(format!("{name}: {:#}\n  spec: {:#}", shown(&found), shown(&wanted)));
            }
        }
        None
    }

    /// The same where half of what is known was worked out before the rest became known.
    pub fn disagreement_when_settled(&self, request: &Attributes) -> Option<String> {
        let schema = self.native.schema();
        let mut settled = Attributes::new(schema);
        for is_first in [true, false] {
            for id in schema.ids().filter(|id| (id.0 % 2 == 0) == is_first) {
                if let Some(value) = request.get(id) {
                    settled.set(id, value.clone());
                }
            }
            if is_first {
                self.native.settle(&mut settled);
            }
        }
        let (wanted, found) = (self.native.decide(request), self.native.decide(&settled));
        (found != wanted).then(|| format!("settled: {found:?}\n  at once: {wanted:?}"))
    }

    /// The same where it is decided after others, some of which had the same numbers.
    pub fn disagreement_after_others(
        &self,
        others: &mut Decisions<'_>,
        request: &Attributes,
    ) -> Option<String> {
        let mut wanted = self.native.decide(request);
        wanted.findings.clear();
        let of_removed = wanted.removed.iter_mut().flat_map(|removed| &mut removed.reasons);
        wanted.reasons.iter_mut().chain(of_removed).for_each(|reason| reason.words.clear());
        let found = others.decide(request);
        (*found != wanted).then(|| format!("after others: {found:?}\n  alone: {wanted:?}"))
    }

    /// The same of what is asked for, and of who can be approved, while not all is known.
    pub fn disagreement_in_doubt(&self, request: &Attributes) -> Option<String> {
        let asked = |way: &dyn Program| (way.wanted(request), way.approvable(request));
        let wanted = asked(&self.spec);
        let found = self.fast().into_iter().map(|(name, way)| (name, asked(way)));
        let other = found.into_iter().find(|(_, found)| *found != wanted);
        other.map(|(name, found)| format!("{name}: {found:?}\n  spec: {wanted:?}"))
    }

    fn fast(&self) -> [(&'static str, &Compiled); 2] {
        [("walked", &self.walked), ("native", &self.native)]
    }
}

/// The policy that chance wrote.
///
/// # Panics
/// Where it is not sound.
pub fn checked(written: &Generated) -> Arc<Policy> {
    let texts = written.texts();
    let mut read = |name: &str| {
        let file = texts.iter().find(|(known, _)| known == name);
        file.map(|(_, text)| text.clone()).ok_or_else(|| "there is no such file".to_owned())
    };
    let sources = Sources::gather(&texts[0].0, &mut read).expect("the root is there");
    let checked = check(&sources, &Options { as_of: DEFAULT_NOW });
    let first = checked.diagnostics.first().map(|told| told.message.clone());
    checked.policy.unwrap_or_else(|| panic!("{first:?}\n{texts:?}"))
}

/// Of so many small policies one is large.
const LARGE: u64 = 25;

/// Of so many requests one is also asked about while not all of it is known, and as one that becomes known bit by bit.
const IN_DOUBT: u64 = 4;

/// Asks `requests` requests of each of the policies with these numbers; the pairs that were asked.
///
/// # Errors
/// The first disagreement, with policy and request.
pub fn agree(numbers: std::ops::Range<u64>, requests: usize) -> Result<u64, String> {
    let mut pairs = 0;
    for number in numbers {
        let mut random = Rng::with_seed(number);
        let size = if number % LARGE == 0 { Size::Large } else { Size::Small };
        let written = policy_of(&mut random, size);
        let ways = Ways::of(&checked(&written));
        let mut others = Decisions::new(&ways.native);
        for _ in 0..requests {
            let document = written.request(&mut random);
            let request = read_request(ways.spec.schema(), &document)
                .map_err(|errors| format!("policy {number}: {document}: {}", errors[0]))?;
            pairs += 1;
            let in_doubt = || match pairs % IN_DOUBT {
                0 => {
                    ways.disagreement_in_doubt(&request).or_else(|| ways.disagreement_when_settled(&request))
                }
                _ => None,
            };
            let after_others = || ways.disagreement_after_others(&mut others, &request);
            if let Some(found) = ways.disagreement(&request).or_else(after_others).or_else(in_doubt) {
                let texts: Vec<String> =
                    written.texts().iter().map(|(name, text)| format!("--- {name}\n{text}")).collect();
                return Err(format!("policy {number}, {document}\n{found}\n{}", texts.concat()));
            }
        }
    }
    Ok(pairs)
}
