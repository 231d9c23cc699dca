//! What a compiled policy asks for and what it answers: the only words shared by the side that compiles a
//! policy and the side that serves it.
//!
//! Everything here is plain data without I/O. Start at [`Program`], then read [`decision::Decision`].

pub mod value;

pub mod instant;

pub mod zone;

pub mod detector;

pub mod schema;

pub mod sources;

pub mod attributes;

pub mod catalogue;

pub mod rule;

pub mod plan;

pub mod decision;

pub mod source_view;

pub mod document;

use attributes::Attributes;
use catalogue::{Catalogue, TargetId};
use decision::Decision;
use detector::DetectorId;
use schema::{AttributeId, Schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use value::Tokens;

/// A compiled policy: a total, pure, bounded function from attributes to a decision.
///
/// The caller asks [`wanted`](Program::wanted) and supplies what is named until the answer is empty, then asks
/// [`decide`](Program::decide). Both start afresh at each call; nothing is kept between them. An implementation
/// depends on its arguments alone: the same attributes always give the same decision.
pub trait Program: Send + Sync {
    /// Every attribute that a request can have under this policy, numbered from 0.
    fn schema(&self) -> &Schema;

    /// Every provider, target and alias that the policy declares.
    fn catalogue(&self) -> &Catalogue;

    /// The attributes that some rule tests, ascending and without repeats: what has to be read off a request at all.
    fn reads(&self) -> &[AttributeId];

    /// The attributes, ascending, that are not yet asked for in `attributes` and that can still matter to the
    /// decision. Empty means ready. Findings come last: they are named only where no other attribute is wanted,
    /// all at once, and when some of them are known no new ones are.
    fn wanted(&self, attributes: &Attributes) -> Vec<AttributeId>;

    /// Works out beforehand what it can of what is known of a caller, so that decisions on its requests, whose attributes
    /// begin as a clone of these, do so no more. Changes no decision.
    ///
    /// # Panics
    /// When `attributes` was made for another schema.
    fn settle(&self, attributes: &mut Attributes) {
        let _ = attributes;
    }

    /// The decision. An attribute that was never supplied counts as its default (or as the empty value of its type
    /// where it has none).
    ///
    /// # Panics
    /// When `attributes` was made for another schema.
    fn decide(&self, attributes: &Attributes) -> Decision;

    /// Whether the decision is the same for every count of input tokens from `least` to `most`, both inside, on a request of
    /// which all else is as in `attributes` or still to come; but for the number that a reason names where a context is too small.
    /// False where that would take a longer look.
    ///
    /// # Panics
    /// When `attributes` was made for another schema.
    fn decides_alike(&self, attributes: &Attributes, least: Tokens, most: Tokens) -> bool {
        let _ = attributes;
        least == most
    }

    /// What a detector that is a pure function of texts finds in one of them: its finding's name, or nothing. Empty for
    /// a detector outside, and for `uninspected`.
    ///
    /// # Panics
    /// When `detector` is of another catalogue.
    fn find(&self, detector: DetectorId, text: &str) -> BTreeSet<String>;

    /// The targets, ascending, that some `approve` may still cover for a request of which only `attributes` is known:
    /// what a caller can hope to be served by. An attribute that is not known may have any value.
    ///
    /// # Panics
    /// When `attributes` was made for another schema.
    fn approvable(&self, attributes: &Attributes) -> Vec<TargetId>;

    /// Which policy this is.
    fn fingerprint(&self) -> &Fingerprint;
}

/// The identity of a policy, as `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Of the meaning: unchanged by layout, comments and the order of items and files.
    pub policy: String,
    /// Of the text of all files.
    pub source: String,
}
