//! What is noted beside while conditions and plans are typed, for what is asked of the policy as a whole: what is named
//! somewhere, compared with what, and where a price is needed first. Noted of what is declared, of each file, and of tests.

use super::Lower;
use super::facts::Priced;
use super::kept::{Found, Moved};
use super::names::Used;
use super::near::Compared;
use crate::model::Operand;
use crate::source::Span;
use std::collections::BTreeSet;
use std::sync::Arc;
use wayleave_program::detector::DetectorId;

/// Of one part of a policy.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    /// What is named somewhere, tests apart.
    pub(super) used: Used,
    /// What conditions are made of, as it is met.
    pub(super) operands: Vec<Arc<Operand>>,
    /// Texts that conditions compare with attributes.
    pub(super) compared: Vec<Compared>,
    /// Texts that `request.model` is compared with.
    pub(super) model_texts: BTreeSet<String>,
    /// The detectors that some condition asks for.
    pub(super) tested_detectors: BTreeSet<DetectorId>,
    /// Why every target needs a price, or some do.
    pub(super) priced: Priced,
    /// Where `requested` first stands in a plan.
    pub(super) requested_at: Option<Span>,
    /// Budgets, where each is named, and whether it denies.
    pub(super) budgets: Vec<(String, Span, bool)>,
}

impl Noted {
    /// Whether the same texts are compared with the same attributes, in the same order.
    pub(super) fn compares_as(&self, other: &Noted) -> bool {
        let is_same = |(a, b): (&Compared, &Compared)| a.attribute == b.attribute && a.text == b.text;
        self.compared.len() == other.compared.len() && self.compared.iter().zip(&other.compared).all(is_same)
    }

    /// The same of the same words at other places.
    pub(super) fn move_to(&mut self, moved: &Moved) {
        for operand in self.operands.iter_mut().filter(|operand| moved.moves(operand.span)) {
            let operand = Arc::make_mut(operand);
            operand.span = moved.place(operand.span);
        }
        self.compared.iter_mut().for_each(|compared| compared.at = moved.place(compared.at));
        self.priced.move_to(moved);
        self.requested_at = self.requested_at.map(|at| moved.place(at));
        self.budgets.iter_mut().for_each(|(_, at, _)| *at = moved.place(*at));
    }
}

impl Lower<'_> {
    /// All that was noted: of what is declared, of each file, and of tests.
    pub(super) fn all_noted<'f>(&'f self, found: &'f Found) -> Vec<&'f Noted> {
        let of_files = found.files.iter().map(|file| &*file.noted);
        [&*found.noted].into_iter().chain(of_files).chain([&self.noted]).collect()
    }

    /// Remembers a text that a condition compares with an attribute.
    pub(super) fn compare_text(&mut self, attribute: &str, text: &str, at: Span) {
        let (attribute, text) = (attribute.to_owned(), text.to_owned());
        self.noted.compared.push(Compared { attribute, at, text });
    }
}
