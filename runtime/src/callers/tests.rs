//! A caller is read once, and again when its key says something else.

use super::*;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use wayleave_program::Fingerprint;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::Decision;
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::{Attribute, AttributeId, BuiltIn, Origin, Schema};
use wayleave_program::value::Value;

/// Counts how often it works something out.
struct Counting {
    schema: Schema,
    settled: AtomicUsize,
}

impl Program for Counting {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn settle(&self, _: &mut Attributes) {
        self.settled.fetch_add(1, Ordering::Relaxed);
    }

    fn catalogue(&self) -> &Catalogue {
        panic!("callers are no targets")
    }

    fn reads(&self) -> &[AttributeId] {
        &[]
    }

    fn wanted(&self, _: &Attributes) -> Vec<AttributeId> {
        Vec::new()
    }

    fn decide(&self, _: &Attributes) -> Decision {
        panic!("nothing is asked")
    }

    fn find(&self, _: DetectorId, _: &str) -> BTreeSet<String> {
        BTreeSet::new()
    }

    fn approvable(&self, _: &Attributes) -> Vec<TargetId> {
        Vec::new()
    }

    fn fingerprint(&self) -> &Fingerprint {
        panic!("it is no policy")
    }
}

fn schema() -> Schema {
    let built_in = BuiltIn::ALL.map(|built_in| Attribute {
        name: built_in.name().to_owned(),
        value_type: built_in.value_type(None),
        origin: Origin::BuiltIn(built_in),
        default: None,
        is_required: false,
    });
    Schema { attributes: built_in.into(), ..Schema::default() }
}

fn holder(key_id: &str, team: &str) -> Arc<Identity> {
    Arc::new(Identity { key_id: key_id.to_owned(), team: Some(team.to_owned()), ..Identity::default() })
}

#[test]
fn a_caller_is_read_once_and_again_when_its_key_changes() {
    let program = Counting { schema: schema(), settled: AtomicUsize::new(0) };
    let callers = Callers::default();
    let team = |identity: &Arc<Identity>| {
        let attributes = callers.attributes(&program, identity);
        attributes.get(BuiltIn::CallerTeam.id()).cloned()
    };
    let named = |team: &str| Some(Value::Text(team.to_owned()));
    let count = || program.settled.load(Ordering::Relaxed);
    let one = holder("k1", "payments");
    assert_eq!((team(&one), count()), (named("payments"), 1));
    // The same key, read from the table anew.
    assert_eq!(
        (team(&one), team(&holder("k1", "payments")), count()),
        (named("payments"), named("payments"), 1)
    );
    assert_eq!((team(&holder("k1", "search")), count()), (named("search"), 2));
    assert_eq!((team(&holder("k2", "search")), team(&one), count()), (named("search"), named("payments"), 4));
}

#[test]
fn callers_without_end_are_forgotten() {
    let program = Counting { schema: schema(), settled: AtomicUsize::new(0) };
    let callers = Callers::default();
    for number in 0..=CALLERS_LIMIT {
        callers.attributes(&program, &holder(&number.to_string(), "payments"));
    }
    assert_eq!(callers.known.read().expect("nothing panicked").len(), 1);
}
