//! The policy's text and where each rule stands in it, for people: console, decision log, terminal.
//!
//! The serving side holds this beside a program; it never reads the text to decide anything.

use crate::decision::{Decision, RuleName};
use std::collections::BTreeMap;

/// A file of the policy, as it was compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Relative to the policy's root folder, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Lines of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into [`SourceView::files`].
    pub file: u32,
    /// The first line, from 1.
    pub line: u32,
    /// The last line, from 1, at least `line`.
    pub end_line: u32,
}

/// What a [`Place`] can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// The whole of a `deny`, `forbid` or `otherwise`; of a route its first line (`route NAME when …`).
    Rule(RuleName),
    /// One arm of a route, from 0.
    Arm(String, u32),
}

/// The policy's text with an index of its rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceView {
    /// The root file first, then by path.
    pub files: Vec<SourceText>,
    /// Where each rule stands.
    pub places: BTreeMap<Spot, Place>,
}

impl SourceView {
    /// The places that explain a decision: route and arm, the rules of a denial, and the `forbid` rules that removed a
    /// target; without repeats, by file and line.
    pub fn deciding(&self, decision: &Decision) -> Vec<Place> {
        let mut spots = Vec::new();
        if let Some(route) = &decision.route {
            spots.push(Spot::Rule(RuleName::Route(route.clone())));
            spots.extend(decision.arm.map(|arm| Spot::Arm(route.clone(), arm)));
        }
        spots.extend(decision.reasons.iter().map(|reason| Spot::Rule(reason.by.clone())));
        let removals = decision.removed.iter().flat_map(|removed| &removed.reasons);
        spots.extend(removals.map(|reason| Spot::Rule(reason.by.clone())));
        let mut places: Vec<Place> = spots.iter().filter_map(|spot| self.places.get(spot).cloned()).collect();
        places.sort();
        places.dedup();
        places
    }

    /// `teams/payments.route:12` for a place of this view.
    pub fn label(&self, place: &Place) -> String {
        let path = self.files.get(place.file as usize).map_or("?", |file| file.path.as_str());
        format!("{path}:{}", place.line)
    }
}
