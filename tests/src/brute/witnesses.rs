//! Whether the request that a finding shows does show it, and says no more than it has to.

use super::{Truth, World};
use serde_json::Value as Json;
use wayleave_compiler::{Code, Diagnostic, Policy, spec};
use wayleave_program::attributes::Attributes;
use wayleave_program::document::read_request;

/// What is wrong with the witness of a finding.
pub(super) fn problem(policy: &Policy, told: &Diagnostic) -> Option<String> {
    let document = told.witness.as_deref()?;
    let request = match read_request(&policy.schema, document) {
        Ok(request) => request,
        Err(errors) => return Some(format!("its witness cannot be read: {}", errors[0])),
    };
    if !shows(policy, told, &request)? {
        return Some("its witness does not show it".to_owned());
    }
    let entries = document.as_object()?;
    for key in entries.keys().filter(|key| *key != "draw" && *key != "request.id") {
        let mut less = entries.clone();
        less.remove(key);
        // Without a required one it is no request.
        let Ok(request) = read_request(&policy.schema, &Json::Object(less)) else { continue };
        if shows(policy, told, &request)? {
            return Some(format!("its witness shows it without `{key}` too"));
        }
    }
    None
}

/// Whether a request shows a finding; none for a finding of which this is not asked.
fn shows(policy: &Policy, told: &Diagnostic, request: &Attributes) -> Option<bool> {
    let requests = std::slice::from_ref(request);
    let world = World::new(policy, requests);
    let (seen, span) = (&world.seen[0], told.primary.span);
    let decision = spec::decide(policy, request);
    let holds = |condition: &wayleave_compiler::model::Condition| world.asked[0].holds(condition, None);
    let at = |route: usize, arm: usize| world.place(route, arm) == span;
    match told.code {
        Code::R0301 => {
            let route = policy
                .routes
                .iter()
                .position(|one| one.span.start <= span.start && span.end <= one.span.end)?;
            let is_here = decision.route.as_ref() == Some(&policy.routes[route].name);
            let arm = world.arms(route).iter().position(|arm| arm.span == span);
            Some(
                world.is_within(0, route)
                    && match arm {
                        None => !is_here,
                        Some(arm) => {
                            holds(&world.arms(route)[arm].condition)
                                && !(is_here && decision.arm.is_some_and(|own| own as usize == arm))
                        }
                    },
            )
        }
        Code::R0302 => {
            let others = |later: usize| {
                (0..later).any(|one| {
                    policy.routes[one].inside == policy.routes[later].inside && world.is_within(0, one)
                })
            };
            match policy.routes.iter().position(|route| route.head == span) {
                Some(later) => Some(!seen.is_denied && world.is_within(0, later) && others(later)),
                // That the old target stands in the plan too is more than is asked.
                None if !decision.migrations.is_empty() => None,
                None => {
                    let later = policy.migrations.iter().position(|one| one.span == span)?;
                    let (own, before) = (&policy.migrations[later], &policy.migrations[..later]);
                    let both = |one: &&wayleave_compiler::model::Migration| {
                        one.old == own.old && holds(&one.condition)
                    };
                    Some(holds(&own.condition) && before.iter().any(|one| both(&one)))
                }
            }
        }
        Code::R0305 => {
            let (route, arm) = seen.answer?;
            let is_removed = decision.removed.iter().any(|removed| {
                told.message.contains(&format!("`{}`", policy.catalogue.target(removed.target).name))
            });
            Some(at(route, arm) && is_removed)
        }
        Code::R0308 => Some(world.without_backup().contains(&(told.code, span))),
        Code::R0401 => {
            let number = policy.guarantees.iter().position(|one| one.span == span)?;
            Some(world.promises()[number].1 == Truth::Fails)
        }
        _ => None,
    }
}
