//! Values of attributes, and their units. Holds no names of any policy and reads no text.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A whole number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Tokens(pub u64);

/// Money in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct UsdMicros(pub u64);

/// A share in millionths of a whole: 5 % is 50,000. A counter's may pass 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Share(pub u64);

/// A time of day in whole minutes since midnight, 0 to 1439.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct MinuteOfDay(pub u32);

/// A moment: whole seconds since 1970-01-01T00:00Z, negative before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Instant(pub i64);

/// 2026-01-01T00:00Z, which a request document that gives no time is decided at.
pub const DEFAULT_NOW: Instant = Instant(1_767_225_600);

/// The position of a member in its [`NamedType`](crate::schema::NamedType)'s list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberId(pub u32);

/// One attribute's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Any text, also of `request.model` (as the caller wrote it).
    Text(String),
    /// A set of texts; members of a closed set are held by their names.
    Set(BTreeSet<String>),
    /// A member of a named type.
    Member(MemberId),
    /// A value of a tree type that the tree lacks, or none at all: at or below nothing, equal to nothing.
    Unknown,
    /// True or false.
    Bool(bool),
    /// A count of tokens.
    Tokens(Tokens),
    /// An amount of money.
    Money(UsdMicros),
    /// A moment.
    Instant(Instant),
    /// A time of day.
    TimeOfDay(MinuteOfDay),
    /// A share of a whole.
    Share(Share),
    /// Texts that go to a model, each apart: a test holds if it holds of any.
    Parts(Vec<String>),
}
