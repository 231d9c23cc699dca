//! Whether the ways to decide agree: the meaning as the language says it, the walked matchers, and machine code. Policies and
//! requests are those that chance writes, small ones over the whole language and large ones of each kind of rule.

use crate::policies::{Generated, Size, policy_of};
use fastrand::Rng;
use serde_json::Value as Json;
use std::sync::Arc;
use wayleave_compiler::decision::Compiled;
use wayleave_compiler::spec::Reference;
use wayleave_compiler::{Options, Policy, Sources, check};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::document::{read_request, write_decision};
use wayleave_program::schema::AttributeId;
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

    /// What one of the fast ways says otherwise than the meaning; none where they agree.
    pub fn disagreement(&self, request: &Attributes) -> Option<String> {
        let wanted = Answers::of(&self.spec, request);
        for (name, way) in [("walked", &self.walked), ("native", &self.native)] {
            let found = Answers::of(way, request);
            if found != wanted {
                return Some(format!("{name}: {found:#?}\n  spec: {wanted:#?}"));
            }
        }
        None
    }
}

/// All that a program says of one request.
#[derive(Debug, PartialEq)]
struct Answers {
    decision: Json,
    wanted: Vec<AttributeId>,
    approvable: Vec<u32>,
}

impl Answers {
    fn of(program: &dyn Program, request: &Attributes) -> Answers {
        let decision = program.decide(request);
        Answers {
            decision: write_decision(&decision, program.catalogue(), program.fingerprint()),
            wanted: program.wanted(request),
            approvable: program.approvable(request).into_iter().map(|target| target.0).collect(),
        }
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
        for _ in 0..requests {
            let document = written.request(&mut random);
            let request = read_request(ways.spec.schema(), &document)
                .map_err(|errors| format!("policy {number}: {document}: {}", errors[0]))?;
            pairs += 1;
            if let Some(found) = ways.disagreement(&request) {
                let texts: Vec<String> =
                    written.texts().iter().map(|(name, text)| format!("--- {name}\n{text}")).collect();
                return Err(format!("policy {number}, {document}\n{found}\n{}", texts.concat()));
            }
        }
    }
    Ok(pairs)
}
