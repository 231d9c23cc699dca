//! What an engine has to do to be compared, and the list of those that are. Each file below writes the one policy in its
//! engine's language, in the way its own users would for speed, and says where the language left a choice.

pub mod plain;

pub mod wayleave;

pub mod wirefilter;

pub mod atc;

pub mod cel;

pub mod rego;

pub mod cedar;

use crate::policy::Policy;
use crate::request::Request;

/// A loaded policy. Panics where the engine reports an error about a request, which is a mistake in the translation.
pub trait Engine {
    /// Puts requests into the form that the engine evaluates, outside what is timed.
    fn prepare(&mut self, requests: &'static [Request]);

    /// The first rule that holds for a prepared request.
    ///
    /// # Panics
    /// When no request with this position was prepared.
    fn decide(&mut self, index: usize) -> Option<u32>;

    /// The same from the request as it is, with putting it into the engine's form; none where there is no such form.
    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>>;
}

/// What an engine is in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What the others are measured by and held to.
    Yardstick,
    /// This project's own.
    Own,
    /// Another project's.
    Peer,
}

/// An engine that is ready, or what is wrong.
pub type Loaded = Result<Box<dyn Engine>, String>;

/// A way to load policies.
pub struct Kind {
    /// What it is in the comparison.
    pub role: Role,
    /// Its name in commands and figures.
    pub id: &'static str,
    /// Its name on the page.
    pub title: &'static str,
    /// The package whose version is told.
    pub package: &'static str,
    /// The policy in the engine's language, outside what is timed: one text or one for each rule.
    pub write: fn(&Policy) -> Vec<String>,
    /// Reads these texts to the point where requests are answered; what is wrong otherwise.
    pub load: fn(&Policy, &[String]) -> Loaded,
}

/// All, in the order of the page; the first is the one that the others are held to.
pub const KINDS: [Kind; 12] = [
    plain::KIND,
    wayleave::STRINGS,
    wayleave::SETTLED,
    wayleave::CLASSES,
    wayleave::WALKED,
    wayleave::WHOLE,
    wirefilter::KIND,
    atc::KIND,
    cel::KIND,
    rego::INTERPRETER,
    rego::MACHINE,
    cedar::KIND,
];

/// The kind of that name.
pub fn find(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

/// A rule's number as answers tell it.
///
/// # Panics
/// When there are 2^32 rules.
pub fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a policy has fewer than 2^32 rules")
}

/// Joins parts behind each other, as `a && b`.
fn joined<T>(parts: &[T], separator: &str, write: impl Fn(&T) -> String) -> String {
    parts.iter().map(write).collect::<Vec<_>>().join(separator)
}
