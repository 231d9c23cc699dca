//! What changed beside what is decided: what carries a decision out, words that people read, and prices.

use crate::model::{ArmOutcome, Example, Policy, RouteBody, Rule};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::{Catalogue, KeySource, Network, Price, Protocol, Provider, Timeouts};
use wayleave_program::detector::{Detector, DetectorKind, OnFailure, Pattern};
use wayleave_program::document::write_request;
use wayleave_program::schema::{Attribute, Combine, Origin};

/// Something that was one thing and is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// What: `provider azure-eu: url`.
    pub what: String,
    /// What it was; none where it was not there.
    pub old: Option<String>,
    /// What it is; none where it is gone.
    pub new: Option<String>,
    /// Whether requests go somewhere where they did not.
    pub widens: bool,
}

/// A target whose price is another, per million tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// By name.
    pub target: String,
    /// What it was, where it was stated.
    pub old: Option<Price>,
    /// What it is, where it is stated.
    pub new: Option<Price>,
}

/// What is put side by side.
#[derive(Default)]
struct Rows(Vec<Other>);

impl Rows {
    fn add(&mut self, what: impl Into<String>, old: Option<String>, new: Option<String>, widens: bool) {
        if old != new {
            self.0.push(Other { what: what.into(), old, new, widens });
        }
    }
}

/// What carries decisions out, and is another.
pub(super) fn execution(old: &Policy, new: &Policy) -> Vec<Other> {
    let mut rows = Rows::default();
    providers(&old.catalogue, &new.catalogue, &mut rows);
    detectors(&old.catalogue, &new.catalogue, &mut rows);
    attributes(old, new, &mut rows);
    for (one, other) in both(&old.requirements, &new.requirements, |rule| &rule.name) {
        let said = |policy: &Policy, rule: &Rule<crate::model::Requirement>| {
            let each = &policy.schema.attribute(rule.body.each).name;
            let valid =
                rule.body.valid_ms.map_or("without end".to_owned(), |valid| format!("{} s", valid / 1_000));
            Some(format!("granted by {} to each {each}, valid {valid}", rule.body.by))
        };
        rows.add(format!("approval {}", one.name), said(old, one), said(new, other), false);
    }
    for (one, other) in both(&old.migrations, &new.migrations, |one| &one.name) {
        let said = |back: Option<crate::model::Rollback>| {
            back.map(|back| {
                let errors = back.errors.map(|share| format!(", errors > {}", percent(share.0)));
                let first = back.first_token_ms.map(|ms| format!(", first token > {ms} ms"));
                format!(
                    "over {} s{}{}",
                    back.over_ms / 1_000,
                    errors.unwrap_or_default(),
                    first.unwrap_or_default()
                )
            })
        };
        rows.add(format!("migrate {}: rollback", one.name), said(one.rollback), said(other.rollback), false);
    }
    for (one, other) in both(&old.counters, &new.counters, |one| &one.name) {
        let said = |warn: Option<wayleave_program::value::Share>| warn.map(|share| percent(share.0));
        rows.add(format!("{}: warn", one.rule_name()), said(one.warn), said(other.warn), false);
    }
    let zone = |policy: &Policy| Some(policy.schema.zone.name().to_owned());
    rows.add("timezone", zone(old), zone(new), false);
    rows.0
}

fn percent(millionths: u64) -> String {
    wayleave_program::sources::write_share(wayleave_program::value::Share(millionths))
}

/// What both have under one name.
fn both<'a, T>(old: &'a [T], new: &'a [T], name: impl Fn(&T) -> &String) -> Vec<(&'a T, &'a T)> {
    let known: BTreeMap<&str, &T> = old.iter().map(|one| (name(one).as_str(), one)).collect();
    new.iter().filter_map(|other| Some((*known.get(name(other).as_str())?, other))).collect()
}

fn providers(old: &Catalogue, new: &Catalogue, rows: &mut Rows) {
    for (one, other) in both(&old.providers, &new.providers, |one| &one.name) {
        let name = |part: &str| format!("provider {}: {part}", one.name);
        rows.add(name("url"), one.url.clone(), other.url.clone(), true);
        let protocol = |provider: &Provider| Some(protocol(provider.protocol).to_owned());
        rows.add(name("protocol"), protocol(one), protocol(other), false);
        let key = |provider: &Provider| provider.key.as_ref().map(key);
        rows.add(name("key"), key(one), key(other), false);
        let network = |provider: &Provider| {
            Some(if provider.network == Network::Private { "private" } else { "public" }.to_owned())
        };
        rows.add(name("network"), network(one), network(other), other.network == Network::Private);
        rows.add(name("timeout"), timeouts(one.timeouts), timeouts(other.timeouts), false);
    }
    for (one, other) in both(&old.targets, &new.targets, |one| &one.name) {
        let remote = |target: &wayleave_program::catalogue::Target| Some(target.remote.clone());
        rows.add(format!("model {}: the provider's name for it", one.name), remote(one), remote(other), true);
    }
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::OpenAi => "openai",
        Protocol::Anthropic => "anthropic",
        Protocol::Gemini => "gemini",
        Protocol::Simulated => "simulated",
    }
}

fn key(key: &KeySource) -> String {
    match key {
        KeySource::Env(name) => format!("env(\"{name}\")"),
        KeySource::File(path) => format!("file(\"{path}\")"),
    }
}

fn timeouts(of: Timeouts) -> Option<String> {
    let parts = [("connect", of.connect_ms), ("first-token", of.first_token_ms), ("idle", of.idle_ms)];
    let parts: Vec<String> =
        parts.iter().filter_map(|(name, ms)| Some(format!("{name} {} ms", (*ms)?))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn detectors(old: &Catalogue, new: &Catalogue, rows: &mut Rows) {
    for (one, other) in both(&old.detectors, &new.detectors, |one| &one.name) {
        let (before, after) = (looks_for(one), looks_for(other));
        let url = |detector: &Detector| match &detector.kind {
            DetectorKind::Outside(judge) => Some(judge.url.clone()),
            DetectorKind::BuiltIn | DetectorKind::Patterns(_) => None,
        };
        // Whoever is asked reads the prompt.
        let widens = url(other).is_some() && url(one) != url(other);
        rows.add(format!("detector {}", one.name), before, after, widens);
    }
}

fn looks_for(detector: &Detector) -> Option<String> {
    match &detector.kind {
        DetectorKind::BuiltIn => None,
        DetectorKind::Patterns(patterns) => {
            let one = |pattern: &Pattern| match pattern {
                Pattern::Regex { regex, is_any_case } => {
                    format!("r\"{regex}\"{}", if *is_any_case { "i" } else { "" })
                }
                Pattern::Word(word) => format!("\"{word}\""),
            };
            Some(patterns.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        DetectorKind::Outside(judge) => {
            let failure = if judge.on_failure == OnFailure::Found { "found" } else { "clean" };
            Some(format!(
                "{} finds [{}], {} ms, on failure {failure}",
                judge.url,
                judge.finds.join(", "),
                judge.timeout_ms
            ))
        }
    }
}

/// Where what is known of a request comes from.
fn attributes(old: &Policy, new: &Policy, rows: &mut Rows) {
    for (one, other) in both(&old.schema.attributes, &new.schema.attributes, |one| &one.name) {
        let name = format!("attribute {}", one.name);
        rows.add(format!("{name}: from"), from(one), from(other), false);
        let required = |one: &Attribute| one.is_required.then(|| "required".to_owned());
        rows.add(format!("{name}: required"), required(one), required(other), false);
    }
}

fn from(attribute: &Attribute) -> Option<String> {
    let Origin::Sources(sources, combine) = &attribute.origin else { return None };
    let own: Vec<String> = sources.iter().map(|source| source.label()).collect();
    let combine = match combine {
        _ if own.len() < 2 => "",
        Combine::Highest => ", the highest",
        Combine::Lowest => ", the lowest",
        Combine::First => ", the first",
    };
    (!own.is_empty()).then(|| format!("{}{combine}", own.join(", ")))
}

/// Words that are others, and names that are new or gone; what they stand for is compared as decisions.
pub(super) fn wording(old: &Policy, new: &Policy) -> Vec<Other> {
    let mut rows = Rows::default();
    let because = |words: &Option<String>| words.clone();
    words(&mut rows, "deny", (old, &old.denials), (new, &new.denials), &|rule| because(&rule.body.because));
    words(&mut rows, "forbid", (old, &old.prohibitions), (new, &new.prohibitions), &|rule| {
        because(&rule.body.because)
    });
    words(&mut rows, "require approval", (old, &old.requirements), (new, &new.requirements), &|rule| {
        because(&rule.body.because)
    });
    words(&mut rows, "approve", (old, &old.approvals), (new, &new.approvals), &|rule| {
        let said = [("owner", &rule.body.owner), ("by", &rule.body.by), ("ref", &rule.body.reference)];
        let said: Vec<String> =
            said.iter().filter_map(|(name, text)| Some(format!("{name} \"{}\"", text.as_ref()?))).collect();
        (!said.is_empty()).then(|| said.join(", "))
    });
    words(&mut rows, "redact", (old, &old.redactions), (new, &new.redactions), &|_| None);
    words(&mut rows, "flag", (old, &old.flags), (new, &new.flags), &|_| None);
    words(&mut rows, "cap", (old, &old.caps), (new, &new.caps), &|_| None);
    words(&mut rows, "log", (old, &old.logs), (new, &new.logs), &|_| None);
    let otherwise = |policy: &Policy| Some(policy.otherwise.words.clone());
    rows.add("otherwise", otherwise(old), otherwise(new), false);
    for (one, other) in both(&old.routes, &new.routes, |one| &one.name) {
        let said = |body: &RouteBody| -> Vec<String> {
            let RouteBody::Arms(arms) = body else { return Vec::new() };
            arms.iter()
                .filter_map(|arm| match &arm.outcome {
                    ArmOutcome::Deny(words) => Some(words.clone()),
                    ArmOutcome::Plan(_) => None,
                })
                .collect()
        };
        let (before, after) = (said(&one.body), said(&other.body));
        if before.len() == after.len() {
            for (one_words, other_words) in before.into_iter().zip(after) {
                rows.add(format!("route {}: deny", one.name), Some(one_words), Some(other_words), false);
            }
        }
    }
    let name = |policy: &Policy| -> [BTreeSet<String>; 5] {
        [
            policy.routes.iter().map(|one| format!("route {}", one.name)).collect(),
            policy.counters.iter().map(|one| one.rule_name().to_string()).collect(),
            policy.migrations.iter().map(|one| format!("migrate {}", one.name)).collect(),
            policy.catalogue.aliases.iter().map(|one| format!("alias {}", one.name)).collect(),
            policy.catalogue.targets.iter().map(|one| format!("model {}", one.name)).collect(),
        ]
    };
    for (before, after) in name(old).iter().zip(&name(new)) {
        names(&mut rows, before, after);
    }
    rows.0
}

fn names(rows: &mut Rows, before: &BTreeSet<String>, after: &BTreeSet<String>) {
    for gone in before.difference(after) {
        rows.add(gone.clone(), Some("named".to_owned()), None, false);
    }
    for added in after.difference(before) {
        rows.add(added.clone(), None, Some("named".to_owned()), false);
    }
}

fn words<Body>(
    rows: &mut Rows,
    kind: &str,
    old: (&Policy, &[Rule<Body>]),
    new: (&Policy, &[Rule<Body>]),
    said: &dyn Fn(&Rule<Body>) -> Option<String>,
) {
    for (one, other) in both(old.1, new.1, |one| &one.name) {
        rows.add(format!("{kind} {}", one.name), said(one), said(other), false);
    }
    // What is only tried decides nothing: whoever reads it sees that it is another.
    let tried =
        |policy: &Policy, rule: &Rule<Body>| rule.is_tried.then(|| policy.sources().one_line(rule.span));
    for (one, other) in both(old.1, new.1, |one| &one.name) {
        if one.is_tried && other.is_tried {
            rows.add(format!("observe {kind} {}", one.name), tried(old.0, one), tried(new.0, other), false);
        }
    }
    let name =
        |rule: &Rule<Body>| format!("{}{kind} {}", if rule.is_tried { "observe " } else { "" }, rule.name);
    let (before, after) = (old.1.iter().map(name).collect(), new.1.iter().map(name).collect());
    names(rows, &before, &after);
}

/// The policies' own tests that are gone, new, or given or expect something else.
pub(super) fn tests(old: &Policy, new: &Policy) -> Vec<Other> {
    let mut rows = Rows::default();
    let texts = |policy: &Policy| -> BTreeMap<String, String> {
        let sources = policy.sources();
        let expected = |example: &Example| -> String {
            let all = example.expects.iter().map(|expect| sources.one_line(expect.span));
            let given = write_request(&policy.schema, &example.given);
            format!("{given} {}", all.collect::<Vec<_>>().join(" "))
        };
        policy.examples.iter().map(|example| (example.name.clone(), expected(example))).collect()
    };
    let (before, after) = (texts(old), texts(new));
    for (name, text) in &before {
        let what = format!("test \"{name}\"");
        match after.get(name) {
            Some(other) => rows.add(what, Some(text.clone()), Some(other.clone()), false),
            None => rows.add(what, Some(text.clone()), None, false),
        }
    }
    for (name, text) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        rows.add(format!("test \"{name}\""), None, Some(text.clone()), false);
    }
    rows.0
}

/// Targets of both whose price is another.
pub(super) fn prices(old: &Policy, new: &Policy) -> Vec<Priced> {
    let pairs = both(&old.catalogue.targets, &new.catalogue.targets, |one| &one.name);
    let changed = pairs.into_iter().filter(|(one, other)| one.price != other.price);
    changed
        .map(|(one, other)| Priced { target: one.name.clone(), old: one.price, new: other.price })
        .collect()
}
