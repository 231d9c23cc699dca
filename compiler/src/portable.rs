//! A policy as one file: what it means, typed and resolved, with its texts for people. Whoever reads it needs no sources and
//! checks nothing again; matchers and machine code are made where it is served.
//!
//! ```text
//! wayleave program 1\n     what this is, and the version of its form
//! 32 bytes                 SHA-256 of all that follows
//! the rest                 the policy's hash, and the policy (postcard)
//! ```
//!
//! No class number and no machine word is in it: those belong to the program that makes them.

mod sound;

use crate::model::lower::inspection;
use crate::model::{Condition, Policy, Subject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use wayleave_program::Fingerprint;
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::Origin;

/// The version of the form that is written, and the only one that is read.
const VERSION: u32 = 1;

/// How each built program begins.
pub const MAGIC: &[u8] = b"wayleave program ";

/// The length of a checksum.
const CHECKSUM: usize = 32;

/// Why bytes are no program that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// They do not begin as a built program does.
    Foreign,
    /// The form is of another version.
    Version {
        /// Which.
        found: u32,
        /// Which can be read.
        known: u32,
    },
    /// Something is missing or changed since it was built.
    Damaged,
    /// The bytes are as they were written, and what they say is no policy; in words.
    Unsound(String),
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unusable::Foreign => f.write_str("it is no program that `wayleave build` has made"),
            Unusable::Version { found, known } if found > known => {
                write!(f, "it was built by a newer wayleave: its form is {found}, and this one reads {known}")
            }
            Unusable::Version { found, known } => {
                write!(
                    f,
                    "it was built by an older wayleave: its form is {found}, and this one reads {known}"
                )
            }
            Unusable::Damaged => f.write_str("it is damaged: its checksum is wrong"),
            Unusable::Unsound(reason) => write!(f, "it holds no policy: {reason}"),
        }
    }
}

impl std::error::Error for Unusable {}

/// What stands behind the checksum, to be written.
#[derive(Serialize)]
struct Written<'p> {
    fingerprint: &'p Fingerprint,
    policy: &'p Policy,
}

/// The same, read.
#[derive(Deserialize)]
struct Read {
    fingerprint: Fingerprint,
    policy: Policy,
}

/// A policy as bytes; the same policy always gives the same.
pub fn write(policy: &Policy) -> Vec<u8> {
    let written = Written { fingerprint: policy.fingerprint(), policy };
    let body = postcard::to_allocvec(&written).expect("a policy is plain data");
    let mut bytes = MAGIC.to_vec();
    bytes.extend(format!("{VERSION}\n").as_bytes());
    bytes.extend(Sha256::digest(&body));
    bytes.extend(body);
    bytes
}

/// Whether a file that begins with these bytes claims to be a built program.
pub fn is_program(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The policy that was written.
///
/// # Errors
/// When the bytes are foreign, of another version, damaged, or of no sound policy.
pub fn read(bytes: &[u8]) -> Result<Arc<Policy>, Unusable> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(Unusable::Foreign)?;
    let line = rest.iter().take(12).position(|byte| *byte == b'\n').ok_or(Unusable::Damaged)?;
    let version = std::str::from_utf8(&rest[..line]).ok().and_then(|text| text.parse().ok());
    // As it is written, and in no other way.
    let is_as_written = |found: &u32| rest[..line] == *found.to_string().as_bytes();
    let found: u32 = version.filter(is_as_written).ok_or(Unusable::Damaged)?;
    if found != VERSION {
        return Err(Unusable::Version { found, known: VERSION });
    }
    let (checksum, body) = rest[line + 1..].split_at_checked(CHECKSUM).ok_or(Unusable::Damaged)?;
    if *checksum != *Sha256::digest(body) {
        return Err(Unusable::Damaged);
    }
    let unsound = |reason: &str| Unusable::Unsound(reason.to_owned());
    let (read, left): (Read, &[u8]) =
        postcard::take_from_bytes(body).map_err(|error| Unusable::Unsound(error.to_string()))?;
    if !left.is_empty() {
        return Err(unsound("something stands behind it"));
    }
    let Read { fingerprint, mut policy } = read;
    sound::check(&policy).map_err(unsound)?;
    policy.detectors = inspection::compiled(&policy.catalogue, &asked_detectors(&policy));
    if *policy.fingerprint() != fingerprint {
        return Err(unsound("its hash is that of another"));
    }
    Ok(Arc::new(policy))
}

/// The detectors that some condition asks for.
fn asked_detectors(policy: &Policy) -> BTreeSet<DetectorId> {
    let definitions = policy.definitions.iter().flat_map(|definition| definition.body.conditions());
    let conditions = policy.conditions().into_iter().chain(definitions);
    let asked = conditions.flat_map(Condition::tests).filter_map(|test| match test.subject {
        Subject::Attribute(id) => match policy.schema.attribute(id).origin {
            Origin::Findings(_, detector) => Some(detector),
            Origin::BuiltIn(_) | Origin::Sources(..) | Origin::Classified | Origin::Counter => None,
        },
        Subject::Target(_) => None,
    });
    asked.collect()
}
