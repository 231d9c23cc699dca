//! What is decided differently, for programs.

use super::{Compared, Side};
use serde_json::{Value, json};
use wayleave_compiler::change::{Other, Promise, Reach, Region};
use wayleave_compiler::diagnostic::render::JSON_VERSION;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::Price;
use wayleave_program::decision::Decision;
use wayleave_program::document::write_decision;

/// All of it.
pub(crate) fn json(compared: &Compared, date: &str) -> Value {
    let change = &compared.change;
    let region = |region: &Region| {
        let shown = region.shown.as_ref();
        json!({
            "kinds": region.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
            "when": region.condition(),
            "gained": region.gained,
            "lost": region.lost,
            "items": region.items,
            "rest": region.is_rest,
            "witness": shown.map(|shown| shown.document.clone()),
            "old": decision(&compared.old, shown.and_then(|shown| shown.old.as_ref())),
            "new": decision(&compared.new, shown.and_then(|shown| shown.new.as_ref())),
        })
    };
    let reach = |reach: &Reach| json!({"who": reach.who, "whom": reach.whom});
    let promise = |promise: &Promise| {
        json!({
            "name": promise.name,
            "state": promise.state.name(),
            "old": promise.old,
            "new": promise.new,
        })
    };
    let other = |other: &Other| json!({"what": other.what, "old": other.old, "new": other.new, "widens": other.widens});
    let words = |other: &Other| json!({"what": other.what, "old": other.old, "new": other.new});
    json!({
        "version": JSON_VERSION,
        "as_of": date,
        "equal": change.is_equal(),
        "regions": change.regions.iter().map(region).collect::<Vec<_>>(),
        "reach": {
            "gained": change.gained.iter().map(reach).collect::<Vec<_>>(),
            "lost": change.lost.iter().map(reach).collect::<Vec<_>>(),
            "whole": change.is_reach_whole,
        },
        "guarantees": change.promises.iter().map(promise).collect::<Vec<_>>(),
        "execution": change.execution.iter().map(other).collect::<Vec<_>>(),
        "wording": change.wording.iter().map(words).collect::<Vec<_>>(),
        "tests": change.tests.iter().map(words).collect::<Vec<_>>(),
        "prices": change.prices.iter().map(|one| {
            json!({"target": one.target, "old": price(one.old), "new": price(one.new)})
        }).collect::<Vec<_>>(),
        "apart": change.apart,
    })
}

fn decision(side: &Side, decided: Option<&(Attributes, Decision)>) -> Value {
    decided.map_or(Value::Null, |(_, decision)| {
        write_decision(decision, &side.policy.catalogue, side.policy.fingerprint())
    })
}

/// In dollars per million tokens.
fn price(price: Option<Price>) -> Value {
    // Written out first: no number of micros is too long for that.
    let dollars = |micros: u64| {
        format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000).parse::<f64>().unwrap_or_default()
    };
    price.map_or(
        Value::Null,
        |price| json!({"input": dollars(price.input.0), "output": dollars(price.output.0)}),
    )
}
