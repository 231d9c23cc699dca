//! fault-F51: shares of a ramp. The same caller is always drawn alike, a share is met within three standard deviations, and
//! raising it moves nobody back.

use std::collections::BTreeSet;
use wayleave_compiler::decision::Compiled;
use wayleave_compiler::{Options, Sources, check};
use wayleave_program::Program;
use wayleave_program::document::read_request;
use wayleave_program::value::DEFAULT_NOW;

const CALLERS: u32 = 10_000;

fn program(share: u32) -> Compiled {
    let text = format!(
        "edition 2026\nprovider near {{\n  protocol: simulated\n  model old {{ supports: [chat]  context: 128k tokens }}\n  \
         model new {{ supports: [chat]  context: 128k tokens }}\n}}\n\
         approve all: any\n  until 2099-01-01  owner \"tests\"  by \"tests\"  ref \"T-1\"\n\
         route main to near/old\nmigrate ahead: near/old to near/new\n  sticky by caller.id\n  \
         ramp {{ 2025-01-01 {share}% }}\notherwise deny \"never\"\n"
    );
    let checked = check(&Sources::single("main.route", &text), &Options { as_of: DEFAULT_NOW });
    Compiled::new(checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics)))
}

/// The callers that a ramp of that share sends to the new target.
fn drawn(share: u32) -> BTreeSet<u32> {
    let program = program(share);
    let is_drawn = |caller: &u32| {
        let request = serde_json::json!({"caller.id": format!("caller-{caller}")});
        let attributes = read_request(program.schema(), &request).expect("a request");
        let (one, other) = (program.decide(&attributes), program.decide(&attributes));
        assert_eq!(one, other, "drawn alike each time");
        one.migrations.iter().any(|migration| migration.is_drawn)
    };
    (0..CALLERS).filter(is_drawn).collect()
}

#[test]
fn a_share_is_met_and_raising_it_moves_nobody_back() {
    let mut before = BTreeSet::new();
    for share in [5, 25, 60, 100] {
        let drawn = drawn(share);
        let (count, part) = (drawn.len() as f64, f64::from(share) / 100.0);
        let deviation = (f64::from(CALLERS) * part * (1.0 - part)).sqrt();
        assert!(
            (count - f64::from(CALLERS) * part).abs() <= 3.0 * deviation,
            "{count} of {CALLERS} at {share}%"
        );
        assert!(before.is_subset(&drawn), "{share}%");
        before = drawn;
    }
}
