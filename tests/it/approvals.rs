//! What rests on an approval is what is lost without it: the same policy with the approval's words blanked out is asked the same
//! requests.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use wayleave_compiler::proof::approvals::resting;
use wayleave_compiler::proof::silently;
use wayleave_compiler::{Options, Policy, Sources, Span, check, spec};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::Decision;
use wayleave_program::instant;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{DEFAULT_NOW, Instant, Value};
use wayleave_tests::{brute, small};

/// A target, and the route and arm in whose plan it is.
type Place = (TargetId, String, Option<u32>);

fn policy(sources: &Sources) -> Option<Arc<Policy>> {
    check(sources, &Options { as_of: DEFAULT_NOW }).policy
}

/// The same policy without what stands at a place.
fn without(sources: &Sources, at: Span) -> Option<Arc<Policy>> {
    let mut read = |name: &str| {
        let (file, id) = sources
            .files()
            .iter()
            .zip(sources.ids())
            .find(|(file, _)| file.name == name)
            .ok_or_else(|| "there is no such file".to_owned())?;
        let mut text = file.text.clone();
        if id == at.file {
            let (start, end) = (at.start as usize, at.end as usize);
            let blank: String =
                text[start..end].chars().map(|one| if one == '\n' { '\n' } else { ' ' }).collect();
            text.replace_range(start..end, &blank);
        }
        Ok(text)
    };
    policy(&Sources::gather(&sources.files()[0].name, &mut read).ok()?)
}

fn asked(decision: &Decision) -> Vec<Place> {
    let route = decision.route.clone().unwrap_or_default();
    let targets = decision.candidates().map(|(target, _)| target).chain(decision.shadow.iter().copied());
    targets.map(|target| (target, route.clone(), decision.arm)).collect()
}

/// How many places rest on the approvals of a policy, each of which its request shows.
fn shown(sources: &Sources, from: Instant, requests: &[Attributes]) -> usize {
    let Some(with) = policy(sources) else { return 0 };
    let mut count = 0;
    for (approval, rests) in with.approvals.iter().zip(resting(&with, from, &silently)) {
        let Some(without) = without(sources, approval.span) else { continue };
        let mut known: BTreeSet<Place> = BTreeSet::new();
        for rest in rests {
            let place = (rest.target, with.routes[rest.route.0 as usize].name.clone(), rest.arm);
            let request = rest.request.expect("nothing here is too large");
            let now = request.value(&with.schema, BuiltIn::TimeNow.id()).into_owned();
            assert!(matches!(now, Value::Instant(now) if now >= from), "{place:?} is of the past");
            assert!(asked(&spec::decide(&with, &request)).contains(&place), "{place:?} is not asked");
            let decided = spec::decide(&without, &request);
            assert!(!asked(&decided).contains(&place), "{place:?} is asked without `{}` too", approval.name);
            known.insert(place);
            count += 1;
        }
        for request in requests {
            let lost: Vec<Place> = asked(&spec::decide(&with, request));
            let left = asked(&spec::decide(&without, request));
            for place in lost.into_iter().filter(|place| !left.contains(place)) {
                // Without a member of a split another one may be drawn, and without an old target nothing is copied.
                let removed = spec::decide(&without, request).removed;
                let is_removed = removed.iter().any(|removed| removed.target == place.0);
                assert!(
                    !is_removed || known.contains(&place),
                    "{place:?} rests on `{}`: {request:?}",
                    approval.name
                );
            }
        }
    }
    count
}

#[test]
fn what_rests_on_an_approval_is_lost_without_it() {
    let from = instant::read("2026-06-01").expect("a date");
    let mut count = 0;
    for seed in 0..120 {
        let small = small::policy(seed);
        let sources = Sources::single("main.route", &small.text);
        let Some(policy) = policy(&sources) else { continue };
        let later = |request: &Attributes| {
            let now = request.value(&policy.schema, BuiltIn::TimeNow.id()).into_owned();
            matches!(now, Value::Instant(now) if now >= from)
        };
        let requests: Vec<Attributes> =
            brute::requests(&policy, &small).into_iter().filter(later).take(80).collect();
        count += shown(&sources, from, &requests);
    }
    assert!(count > 100, "only {count} places rest on approvals");
}

#[test]
fn of_a_company_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/acme");
    let mut read = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    let sources = Sources::gather("main.route", &mut read).expect("the example is there");
    let count = shown(&sources, instant::read("2026-11-26").expect("a date"), &[]);
    assert!(count > 20, "only {count} places rest on approvals");
}
