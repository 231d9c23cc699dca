//! What a policy in force knows of each caller before it asks: read off its credential and worked out once, not for every
//! request.

use crate::attributes;
use crate::keys::Identity;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;

/// So many callers are remembered; where there are more, all are forgotten and read again. Some ten megabytes.
const CALLERS_LIMIT: usize = 16_384;

/// The callers of one policy in force.
#[derive(Default)]
pub(crate) struct Callers {
    /// By the public id of the key, with the identity that was read: a key's holder can change.
    known: RwLock<BTreeMap<String, (Arc<Identity>, Attributes)>>,
}

impl Callers {
    /// What `program` knows of a caller; see [`attributes::of_identity`]. The program is always the same one.
    pub(crate) fn attributes(&self, program: &dyn Program, identity: &Arc<Identity>) -> Attributes {
        let is_same = |read: &Arc<Identity>| Arc::ptr_eq(read, identity) || read == identity;
        // What stands in the map is whole at any time, so that a panic elsewhere has spoilt nothing.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, attributes)) = known.get(&identity.key_id)
            && is_same(read)
        {
            return attributes.clone();
        }
        drop(known);
        let mut attributes = attributes::of_identity(program.schema(), identity);
        program.settle(&mut attributes);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CALLERS_LIMIT {
            known.clear();
        }
        known.insert(identity.key_id.clone(), (Arc::clone(identity), attributes.clone()));
        attributes
    }
}

#[cfg(test)]
mod tests;
