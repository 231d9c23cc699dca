//! What is noted beside while conditions and plans are typed, for what is asked of the policy as a whole: what is named
//! somewhere, compared with what, and where a price is needed first.

use super::Lower;
use super::facts::Priced;
use super::kept::Moved;
use super::names::Used;
use super::near::Compared;
use crate::model::Operand;
use crate::source::Span;
use std::collections::BTreeSet;
use wayleave_program::detector::DetectorId;

/// Of the whole policy or of one file. What is noted of two parts and joined is what is noted of both.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    /// What is named somewhere, tests apart.
    pub(super) used: Used,
    /// What conditions are made of, as it is met.
    pub(super) operands: Vec<Operand>,
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
    /// Joins what was noted later.
    pub(super) fn join(&mut self, more: Noted) {
        self.used.join(more.used);
        self.operands.extend(more.operands);
        self.compared.extend(more.compared);
        self.model_texts.extend(more.model_texts);
        self.tested_detectors.extend(more.tested_detectors);
        self.priced.join(&more.priced);
        self.requested_at = self.requested_at.or(more.requested_at);
        self.budgets.extend(more.budgets);
    }

    /// The same of the same words at other places.
    pub(super) fn move_to(&mut self, moved: &Moved) {
        self.operands.iter_mut().for_each(|operand| operand.span = moved.place(operand.span));
        self.compared.iter_mut().for_each(|compared| compared.at = moved.place(compared.at));
        self.priced.move_to(moved);
        self.requested_at = self.requested_at.map(|at| moved.place(at));
        self.budgets.iter_mut().for_each(|(_, at, _)| *at = moved.place(*at));
    }
}

impl Lower<'_> {
    /// Remembers a text that a condition compares with an attribute.
    pub(super) fn compare_text(&mut self, attribute: &str, text: &str, at: Span) {
        let (attribute, text) = (attribute.to_owned(), text.to_owned());
        self.noted.compared.push(Compared { attribute, at, text });
    }
}
