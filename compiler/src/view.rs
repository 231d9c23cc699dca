//! The policy's text with an index of its rules, for the side that shows decisions to people.

use crate::model::{Policy, RouteBody};
use crate::source::{Sources, Span};
use std::collections::BTreeMap;
use wayleave_program::decision::RuleName;
use wayleave_program::source_view::{Place, SourceText, SourceView, Spot};

/// The view of a policy, made from the sources it was checked from.
pub fn source_view(policy: &Policy, sources: &Sources) -> SourceView {
    let place = |span: Span| Place {
        file: span.file.0,
        line: sources.start(span).line,
        end_line: sources.end(span).line,
    };
    let mut places = BTreeMap::new();
    for denial in &policy.denials {
        places.insert(Spot::Rule(RuleName::Deny(denial.name.clone())), place(denial.span));
    }
    for prohibition in &policy.prohibitions {
        places.insert(Spot::Rule(RuleName::Forbid(prohibition.name.clone())), place(prohibition.span));
    }
    for route in &policy.routes {
        places.insert(Spot::Rule(RuleName::Route(route.name.clone())), place(route.head));
        if let RouteBody::Arms(arms) = &route.body {
            for (arm, index) in arms.iter().zip(0..) {
                places.insert(Spot::Arm(route.name.clone(), index), place(arm.span));
            }
        }
    }
    places.insert(Spot::Rule(RuleName::Otherwise), place(policy.otherwise.span));
    let texts =
        sources.files().iter().map(|file| SourceText { path: file.name.clone(), text: file.text.clone() });
    SourceView { files: texts.collect(), places }
}
