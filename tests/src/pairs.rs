//! Pairs of small policies, the second made of the first by a few edits, and what is decided differently under them: found out
//! by deciding every request that they tell apart under both, for many draws, and held against what the comparison says.

use crate::small::{self, Small};
use fastrand::Rng;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_compiler::change::{self, Change, Kind};
use wayleave_compiler::model::Who;
use wayleave_compiler::{Options, Policy, Sources, check, spec};
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::Decision;
use wayleave_program::document::{finding_names, read_request, write_decision};
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{DEFAULT_NOW, Share, Value};

/// What was compared.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Pairs of policies.
    pub pairs: u64,
    /// Pairs of which no request is decided differently.
    pub equal: u64,
    /// Requests.
    pub requests: u64,
    /// Requests that are decided differently.
    pub different: u64,
    /// Regions.
    pub regions: u64,
    /// Conditions of regions that were read back as a policy's and held of the same requests.
    pub read_back: u64,
    /// Requests of each kind.
    pub kinds: BTreeMap<Kind, u64>,
}

impl Tally {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Tally) {
        self.pairs += other.pairs;
        self.equal += other.equal;
        self.requests += other.requests;
        self.different += other.different;
        self.regions += other.regions;
        self.read_back += other.read_back;
        for (kind, count) in &other.kinds {
            *self.kinds.entry(*kind).or_default() += count;
        }
    }
}

/// Words that may stand for each other.
const SWAPS: [(&str, &str); 32] = [
    ("near/small", "near/large"),
    ("near/large", "near/small"),
    ("far/big", "near/small"),
    ("near/small", "far/big"),
    ("near/*", "far/*"),
    ("far/*", "near/*"),
    (" is not ", " is "),
    (" is ", " is not "),
    (" has ", " lacks "),
    (" lacks ", " has "),
    (" and ", " or "),
    (" or ", " and "),
    ("data >= mid", "data >= high"),
    ("data < high", "data < mid"),
    ("in engineering", "in product"),
    ("is search", "in engineering"),
    ("default low", "default mid"),
    ("default eu", "default us"),
    ("region: eu", "region: us"),
    ("2026-03-01", "2026-06-01"),
    ("2026-06-01", "2026-09-01"),
    ("4k tokens", "8k tokens"),
    ("80% ", "50% "),
    ("20% ", "50% "),
    ("50%", "20%"),
    ("observe ", ""),
    ("deny deny-", "observe deny deny-"),
    ("email, phone", "email"),
    ("5 requests", "6 requests"),
    ("$1 in", "$3 in"),
    (" else ", "  retry 1 // else "),
    ("fastest of", "least-busy of"),
];

/// Kinds of rules that may be left out.
const LEFT_OUT: [&str; 12] = [
    "deny ",
    "forbid ",
    "approve more",
    "redact ",
    "flag ",
    "require ",
    "observe ",
    "migrate ",
    "limit ",
    "budget ",
    "route inner",
    "  when ",
];

/// Another policy, by a few edits.
fn edited(text: &str, random: &mut Rng) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..lines.len());
        match random.usize(..12) {
            // A rule less.
            0 | 1 => {
                let rules: Vec<usize> = (0..lines.len())
                    .filter(|at| LEFT_OUT.iter().any(|start| lines[*at].starts_with(start)))
                    .collect();
                if let Some(at) = random.choice(&rules) {
                    lines.remove(*at);
                }
            }
            // Two neighbours change places.
            2 if at + 1 < lines.len() => lines.swap(at, at + 1),
            // Another name.
            3 => {
                let names = [
                    ("route-0", "first"),
                    ("inner-0", "within"),
                    ("move-0", "moving"),
                    ("special", "particular"),
                    ("rate", "speed"),
                ];
                let (old, new) = names[random.usize(..names.len())];
                lines.iter_mut().for_each(|line| *line = line.replace(old, new));
            }
            _ => {
                let found: Vec<(usize, usize)> = (0..lines.len())
                    .flat_map(|line| (0..SWAPS.len()).map(move |swap| (line, swap)))
                    .filter(|(line, swap)| lines[*line].contains(SWAPS[*swap].0))
                    .collect();
                if let Some((line, swap)) = random.choice(&found) {
                    lines[*line] = lines[*line].replacen(SWAPS[*swap].0, SWAPS[*swap].1, 1);
                }
            }
        }
    }
    format!("{}\n", lines.join("\n"))
}

fn sound(text: &str) -> Option<Arc<Policy>> {
    check(&Sources::single("main.route", text), &Options { as_of: DEFAULT_NOW }).policy
}

/// The pair of a seed; none where no edit of the first is sound.
#[must_use]
pub fn pair(seed: u64) -> Option<(Small, String)> {
    let small = small::policy(seed);
    let mut random = Rng::with_seed(seed ^ 0x5eed);
    sound(&small.text)?;
    for _ in 0..20 {
        let other = edited(&small.text, &mut random);
        if other != small.text && sound(&other).is_some() {
            let both = format!("{}{other}", small.text);
            return Some((small.with_text(both).of_all_dates().with_text(small.text), other));
        }
    }
    None
}

/// One side, with what it is decided by.
struct Side {
    policy: Arc<Policy>,
    renamed: BTreeMap<String, String>,
}

impl Side {
    /// A document as this policy reads it.
    fn read(&self, document: &Json) -> Attributes {
        let findings = finding_names(&self.policy.schema);
        let approvals: Vec<String> = self.policy.requirements.iter().map(|rule| rule.name.clone()).collect();
        let mut document = document.clone();
        let entries = document.as_object_mut().expect("it is an object");
        for (new, old) in &self.renamed {
            for of in ["used", "spent"] {
                if let Some(value) = entries.remove(&format!("{of}({old})")) {
                    entries.insert(format!("{of}({new})"), value);
                }
            }
        }
        entries.retain(|key, _| key == "prompt.findings" || self.policy.schema.find(key).is_some());
        for (key, names) in [("prompt.findings", &findings), ("granted", &approvals)] {
            if let Some(Json::Array(given)) = entries.get_mut(key) {
                given.retain(|name| names.iter().any(|known| name == known));
            }
        }
        read_request(&self.policy.schema, &document).expect("its values are of their types")
    }

    /// What of a decision is compared.
    fn decided(&self, decision: &Decision) -> Json {
        let written = write_decision(decision, &self.policy.catalogue, self.policy.fingerprint());
        let is_routed = !decision.plan.is_empty();
        let mut failover: Vec<String> = decision.failover.iter().map(|one| one.name()).collect();
        failover.sort();
        let mut obligations = written["obligations"].clone();
        for owed in obligations.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
            for list in ["redact", "flag"] {
                let Some(Json::Array(all)) = owed.get_mut(list) else { continue };
                for one in all.iter_mut().filter_map(Json::as_object_mut) {
                    one.remove("by");
                }
                all.sort_by_key(Json::to_string);
            }
        }
        let counter = |name: &Json| -> Option<Json> {
            let counter = self.policy.counters.iter().find(|one| one.rule_name().to_string() == *name)?;
            let each = counter.each.map(|id| self.policy.schema.attribute(id).name.clone());
            let own = self.renamed.get(&counter.name).unwrap_or(&counter.name);
            Some(json!([format!("{:?}", counter.amount), each, own]))
        };
        let mut counters: Vec<Json> =
            written["counters"].as_array().into_iter().flatten().filter_map(counter).collect();
        counters.sort_by_key(Json::to_string);
        json!({
            "decision": if is_routed { json!("route") } else { written["decision"].clone() },
            "plan": if is_routed { written["plan"].clone() } else { json!([]) },
            "tries": if is_routed { json!([failover, written["retry"], written["backoff_ms"], written["hedge_ms"], written["deadline_ms"]]) } else { json!([]) },
            "shadow": if is_routed { written["shadow"].clone() } else { json!([]) },
            "obligations": if is_routed { obligations } else { json!({}) },
            "counters": if is_routed { json!(counters) } else { json!([]) },
        })
    }
}

fn names(decided: &Json) -> BTreeSet<String> {
    let stages = decided["plan"].as_array().into_iter().flatten();
    let candidates = stages.flat_map(|stage| stage["candidates"].as_array().into_iter().flatten());
    let all = candidates.chain(decided["shadow"].as_array().into_iter().flatten());
    all.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// By the words of the language, from all decisions on one class of requests.
fn kinds(decided: &[[Json; 2]]) -> BTreeSet<Kind> {
    let mut found = BTreeSet::new();
    let mut asked: [BTreeSet<String>; 2] = Default::default();
    let is_routed = |one: &Json| one["decision"] == "route";
    let mut both_routed = false;
    for [old, new] in decided {
        asked[0].extend(names(old));
        asked[1].extend(names(new));
        both_routed |= is_routed(old) && is_routed(new);
        match (is_routed(old), is_routed(new)) {
            (true, false) => {
                found.insert(Kind::Denies);
            }
            (false, true) => found.extend([Kind::Serves, Kind::Widens]),
            (false, false) if old["decision"] != new["decision"] => {
                found.insert(Kind::Approval);
            }
            _ => {}
        }
    }
    if both_routed {
        let gains = asked[1].difference(&asked[0]).next().is_some();
        let loses = asked[0].difference(&asked[1]).next().is_some();
        if gains {
            found.insert(Kind::Widens);
        }
        if loses {
            found.insert(Kind::Narrows);
        }
        for [old, new] in decided.iter().filter(|[old, new]| is_routed(old) && is_routed(new)) {
            if !gains && !loses && ["plan", "shadow", "tries"].iter().any(|part| old[*part] != new[*part]) {
                found.insert(Kind::Reroutes);
            }
            if old["counters"] != new["counters"] {
                found.insert(Kind::Limits);
            }
            for target in names(old).intersection(&names(new)) {
                let [one, other] = [old, new].map(|decided| decided["obligations"][target].clone());
                let part = |name: &str| one[name] != other[name];
                if part("cap") {
                    found.insert(Kind::Limits);
                }
                if part("redact") || part("flag") || part("log") {
                    found.insert(Kind::Inspection);
                }
            }
        }
    }
    found
}

/// Draws that fall into every part of every share that is written.
const DRAWS: [u64; 8] = [0, 120_000, 250_000, 380_000, 450_000, 550_000, 650_000, 900_000];

/// Whether two decisions say the same word for word, under policies with the same targets and counters.
fn is_plainly_same(old: &Decision, new: &Decision) -> bool {
    let of = |decision: &Decision| {
        let redact = |owed: &wayleave_program::decision::Owed| {
            let mut owed = owed.clone();
            owed.obligations.redact.iter_mut().for_each(|one| one.by.clear());
            owed
        };
        Decision {
            route: None,
            arm: None,
            removed: Vec::new(),
            reasons: Vec::new(),
            approval: None,
            until: None,
            observed: Vec::new(),
            migrations: Vec::new(),
            findings: Vec::new(),
            obligations: decision.obligations.iter().map(redact).collect(),
            ..decision.clone()
        }
    };
    of(old) == of(new)
}

/// Whether the same numbers and names mean the same.
fn are_comparable(sides: &[Side; 2]) -> bool {
    let targets =
        |side: &Side| side.policy.catalogue.targets.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    let counters = |side: &Side| {
        let own = side.policy.counters.iter();
        own.map(|one| format!("{} {:?} {:?}", one.name, one.amount, one.each)).collect::<Vec<_>>()
    };
    targets(&sides[0]) == targets(&sides[1]) && counters(&sides[0]) == counters(&sides[1])
}

/// The decisions on one class of requests; none where they are word for word the same. `ids`: so many requests that draw for themselves.
fn decisions(sides: &[Side; 2], read: &[Attributes; 2], ids: u32, comparable: bool) -> Vec<[Json; 2]> {
    let decide = |with: &dyn Fn(&mut Attributes)| {
        [0, 1].map(|at| {
            let mut own = read[at].clone();
            with(&mut own);
            spec::decide(&sides[at].policy, &own)
        })
    };
    let draws = |side: &Side| {
        let mut plans = side.policy.routes.iter().flat_map(|route| route.body.plans());
        !side.policy.migrations.is_empty()
            || plans.any(|plan| plan.stages.iter().any(|stage| matches!(stage.who, Who::Split(..))))
    };
    let mut all = vec![decide(&|_| {})];
    if sides.iter().any(draws) {
        for share in DRAWS {
            all.push(decide(&|own| own.set(BuiltIn::Draw.id(), Value::Share(Share(share)))));
        }
        for id in 0..ids {
            all.push(decide(&|own| own.set(BuiltIn::RequestId.id(), Value::Text(id.to_string()))));
        }
    }
    if comparable && all.iter().all(|[old, new]| is_plainly_same(old, new)) {
        return Vec::new();
    }
    all.iter().map(|[old, new]| [sides[0].decided(old), sides[1].decided(new)]).collect()
}

/// Compares the pair of a seed.
///
/// # Errors
/// With the pair and the request on which they disagree.
pub fn compare(seed: u64) -> Result<Tally, String> {
    let Some((small, text)) = pair(seed) else { return Ok(Tally::default()) };
    let (Some(old), Some(new)) = (sound(&small.text), sound(&text)) else { return Ok(Tally::default()) };
    let change = change::compare(&old, &new, DEFAULT_NOW, None, &|_: &str, _, _| {});
    let renamed = change.renamed().clone();
    let sides = [
        Side { policy: Arc::clone(&old), renamed: BTreeMap::new() },
        Side { policy: Arc::clone(&new), renamed },
    ];
    let mut tally = Tally { pairs: 1, regions: change.regions.len() as u64, ..Tally::default() };
    let problem = |what: String| {
        let changed = |one: &str, other: &str, sign: &str| {
            let lines = one.lines().filter(|line| !other.lines().any(|known| known == *line));
            lines.map(|line| format!("{sign} {line}\n")).collect::<String>()
        };
        let (less, more) = (changed(&small.text, &text, "-"), changed(&text, &small.text, "+"));
        Err(format!("seed {seed}: {what}\n{less}{more}\n{}", small.text))
    };
    let comparable = are_comparable(&sides);
    let conditions = read_back(&text, &change);
    tally.read_back = conditions.iter().filter(|one| one.is_some()).count() as u64;
    for document in small.requests() {
        let read = [sides[0].read(&document), sides[1].read(&document)];
        tally.requests += 1;
        let holding: Vec<usize> =
            (0..change.regions.len()).filter(|region| change.holds(*region, &document)).collect();
        let said: BTreeSet<Kind> = holding
            .iter()
            .flat_map(|region| change.regions[*region].kinds.iter().copied())
            .filter(|kind| *kind != Kind::Later)
            .collect();
        let mut found = kinds(&decisions(&sides, &read, 1, comparable));
        if found != said {
            found = kinds(&decisions(&sides, &read, 1_500, false));
        }
        if found != said {
            let regions: Vec<&change::Region> =
                holding.iter().map(|region| &change.regions[*region]).collect();
            let shown = decisions(&sides, &read, 0, false);
            return problem(format!(
                "{document}: {found:?}, but it is said to be {said:?}: {regions:#?}\n{:#?}",
                shown[0]
            ));
        }
        if holding.len() > 1 {
            return problem(format!("{document} is of several regions: {holding:?}"));
        }
        for (region, condition) in conditions.iter().enumerate() {
            let Some((policy, condition)) = condition else { continue };
            let holds = spec::holds(policy, condition, &read[1]);
            if holds != holding.contains(&region) {
                return problem(format!(
                    "{document}: {:?} {} hold of it as it is read back",
                    change.regions[region].when,
                    if holds { "does" } else { "does not" }
                ));
            }
        }
        tally.different += u64::from(!found.is_empty());
        found.iter().for_each(|kind| *tally.kinds.entry(*kind).or_default() += 1);
    }
    tally.equal = u64::from(change.regions.is_empty());
    for region in &change.regions {
        if region.shown.is_none() {
            return problem(format!("nothing shows {region:#?}"));
        }
    }
    Ok(tally)
}

type ReadBack = Option<(Arc<Policy>, wayleave_compiler::model::Condition)>;

/// The conditions of regions as the new policy reads them, where it can.
fn read_back(text: &str, change: &Change) -> Vec<ReadBack> {
    let read = |region: &change::Region| {
        let items =
            format!("{text}define the-region = {}\nflag the-flag when the-region\n", region.condition());
        let items = items.replace("= always", "= caller.id is \"\" or caller.id is not \"\"");
        let policy = sound(&items)?;
        let flag = policy.flags.iter().find(|flag| flag.name == "the-flag")?;
        let condition = flag.condition.clone();
        Some((policy, condition))
    };
    change.regions.iter().map(read).collect()
}
