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
    let mut add = |name: RuleName, span: Span| places.insert(Spot::Rule(name), place(span));
    policy.approvals.iter().for_each(|rule| {
        add(RuleName::Approve(rule.name.clone()), rule.span);
    });
    policy.denials.iter().for_each(|rule| {
        add(RuleName::Deny(rule.name.clone()), rule.span);
    });
    policy.prohibitions.iter().for_each(|rule| {
        add(RuleName::Forbid(rule.name.clone()), rule.span);
    });
    policy.redactions.iter().for_each(|rule| {
        add(RuleName::Redact(rule.name.clone()), rule.span);
    });
    policy.flags.iter().for_each(|rule| {
        add(RuleName::Flag(rule.name.clone()), rule.span);
    });
    policy.requirements.iter().for_each(|rule| {
        add(RuleName::Approval(rule.name.clone()), rule.span);
    });
    policy.caps.iter().for_each(|rule| {
        add(RuleName::Cap(rule.name.clone()), rule.span);
    });
    policy.logs.iter().for_each(|rule| {
        add(RuleName::Log(rule.name.clone()), rule.span);
    });
    policy.counters.iter().for_each(|counter| {
        add(counter.rule_name(), counter.span);
    });
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
