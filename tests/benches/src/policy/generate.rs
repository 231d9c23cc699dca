//! Policies by seed: the same seed gives the same policy. How often each kind of test comes is a guess at what companies
//! write, told on the page; no figure depends on a file of anybody's.

use super::{
    Clause, DATA, Family, Field, GROUPS, Level, Literal, MODELS, MODELS_OF_PROVIDER, NEEDS, Outcome,
    PROVIDERS, Policy, REGIONS, Rule, SetField, Test, WORKLOADS, group, model,
};
use fastrand::Rng;

/// Of a hundred rules so many name a team, in the realistic family.
const TEAM_PERCENT: u32 = 85;
/// Rules for each team, on average.
const RULES_OF_TEAM: usize = 10;
/// There are at least so many teams.
const TEAMS_LEAST: usize = 10;
/// Of a hundred rules so many refuse.
const DENY_PERCENT: u32 = 10;
/// Applications of each team, on average.
const APPS_OF_TEAM: usize = 2;
/// Teams that share a cost centre, on average; there are at least so many.
const TEAMS_OF_COST_CENTRE: usize = 2;
const COST_CENTRES_LEAST: usize = 20;
/// The bounds that people write.
const TOKEN_STEPS: [u64; 8] = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000];

/// The kinds of tests beside that of a team, each as often as it stands here.
const KINDS: [Kind; 14] = [
    Kind::Workload,
    Kind::Workload,
    Kind::Data,
    Kind::Data,
    Kind::Region,
    Kind::Region,
    Kind::Model,
    Kind::Model,
    Kind::Tokens,
    Kind::Tokens,
    Kind::Needs,
    Kind::Groups,
    Kind::App,
    Kind::CostCentre,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Workload,
    Data,
    Region,
    Model,
    Tokens,
    Needs,
    Groups,
    App,
    CostCentre,
}

impl Policy {
    /// The policy of that family, size and seed.
    pub fn generate(family: Family, rules: usize, seed: u64) -> Policy {
        let mut rng = Rng::with_seed(seed);
        let teams_count = (rules / RULES_OF_TEAM).max(TEAMS_LEAST);
        let cost_centres = (teams_count / TEAMS_OF_COST_CENTRE).max(COST_CENTRES_LEAST);
        let mut policy = Policy {
            family,
            rules: Vec::new(),
            teams: teams(teams_count),
            apps: apps(teams_count * APPS_OF_TEAM),
            cost_centres: (0..cost_centres).map(|index| format!("cc-{}", 4_000 + 7 * index)).collect(),
        };
        for _ in 0..rules {
            let clauses = match family {
                Family::Realistic => realistic(&policy, &mut rng),
                Family::NoSelective => unselective(&policy, &mut rng),
                Family::Adversarial => adversarial(&policy, &mut rng),
            };
            policy.rules.push(Rule { clauses, outcome: outcome(&mut rng) });
        }
        policy
    }
}

/// Ten of them to a department.
fn teams(count: usize) -> Vec<(String, Vec<String>)> {
    let departments = (count / 10).max(3);
    let below = |department| {
        (0..count)
            .filter(|team| team % departments == department)
            .map(|team| format!("team-{team:04}"))
            .collect()
    };
    (0..departments).map(|department| (format!("dept-{department:03}"), below(department))).collect()
}

fn apps(count: usize) -> Vec<String> {
    const PREFIXES: [&str; 4] = ["svc", "job", "web", "cli"];
    const SUBJECTS: [&str; 10] =
        ["billing", "claims", "intake", "ledger", "notes", "orders", "portal", "quotes", "review", "search"];
    let name = |index: usize| {
        let prefix = PREFIXES[index % PREFIXES.len()];
        format!("{prefix}-{}-{:02}", SUBJECTS[index / PREFIXES.len() % SUBJECTS.len()], index / 40)
    };
    (0..count).map(name).collect()
}

fn outcome(rng: &mut Rng) -> Outcome {
    if rng.u32(0..100) < DENY_PERCENT {
        return Outcome::Deny;
    }
    // Three providers, so that a plan survives the loss of two.
    let mut providers: Vec<usize> = (0..PROVIDERS).collect();
    rng.shuffle(&mut providers);
    Outcome::Route(
        [0, 1, 2].map(|stage| providers[stage] * MODELS_OF_PROVIDER + rng.usize(0..MODELS_OF_PROVIDER)),
    )
}

/// Two to five tests. A rule without a team has three at least, one of them of an app or a cost centre: without that the
/// first few such rules would answer nearly every request, and lists would never be searched to their end.
fn realistic(policy: &Policy, rng: &mut Rng) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut kinds = Vec::new();
    let mut count = rng.usize(2..=5);
    if rng.u32(0..100) < TEAM_PERCENT {
        clauses.push(Clause(vec![Literal::of(team(policy, rng))]));
    } else {
        count = count.max(3);
        let (kind, field, texts) = if rng.u32(0..3) > 0 {
            (Kind::App, Field::App, &policy.apps)
        } else {
            (Kind::CostCentre, Field::CostCentre, &policy.cost_centres)
        };
        clauses.push(one_of(field, texts, 1..=2, rng, false));
        kinds.push(kind);
    }
    let first = kinds.len();
    while clauses.len() + kinds.len() - first < count {
        let kind = KINDS[rng.usize(0..KINDS.len())];
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    clauses.extend(kinds[first..].iter().map(|kind| Clause(vec![literal(policy, *kind, rng)])));
    rng.shuffle(&mut clauses[1..]);
    clauses
}

/// Four to six tests of short closed lists.
fn unselective(policy: &Policy, rng: &mut Rng) -> Vec<Clause> {
    let mut kinds = vec![Kind::Workload, Kind::Region, Kind::Model];
    if rng.u32(0..100) < 15 {
        kinds.remove(rng.usize(0..3));
    }
    let mut more = vec![Kind::Data, Kind::Tokens, Kind::Needs];
    rng.shuffle(&mut more);
    let count = rng.usize(4..=6).max(kinds.len());
    kinds.extend(more.into_iter().take(count - kinds.len()));
    kinds.into_iter().map(|kind| Clause(vec![literal(policy, kind, rng)])).collect()
}

/// Four to seven clauses, nearly all of them wide.
fn adversarial(policy: &Policy, rng: &mut Rng) -> Vec<Clause> {
    let mut clauses = Vec::new();
    if rng.u32(0..100) < 70 {
        let count = rng.usize(4..=12);
        clauses.push(Clause((0..count).map(|_| Literal::of(team(policy, rng))).collect()));
    } else {
        clauses.push(one_of(Field::CostCentre, &policy.cost_centres, 2..=4, rng, false));
        clauses.push(Clause(vec![literal(policy, Kind::Model, rng)]));
    }
    clauses.push(one_of(Field::App, &policy.apps, 20..=60, rng, false));
    let low = rng.u64(1..120_000);
    let high = low + rng.u64(5_000..80_000);
    clauses.push(Clause(vec![Literal::of(Test::TokensFrom(low))]));
    clauses.push(Clause(vec![Literal::not(Test::TokensFrom(high))]));
    if rng.bool() {
        clauses.push(one_of(Field::CostCentre, &policy.cost_centres, 5..=20, rng, true));
    }
    if rng.bool() {
        let kinds = [Kind::App, Kind::CostCentre, Kind::Groups, Kind::Groups, Kind::Model, Kind::Needs];
        let any = |rng: &mut Rng| literal(policy, kinds[rng.usize(0..kinds.len())], rng);
        clauses.push(Clause((0..rng.usize(6..=12)).map(|_| any(rng)).collect()));
    }
    if rng.bool() {
        clauses.push(Clause(vec![Literal::not(Test::Has(SetField::Groups, group(rng.usize(0..GROUPS))))]));
    }
    clauses
}

fn one_of(
    field: Field,
    texts: &[String],
    count: std::ops::RangeInclusive<usize>,
    rng: &mut Rng,
    is_negated: bool,
) -> Clause {
    let chosen = several(texts, rng.usize(count), rng);
    Clause(vec![Literal { test: Test::Text(field, chosen), is_negated }])
}

/// One of a list.
pub fn pick<'t>(texts: &[&'t str], rng: &mut Rng) -> &'t str {
    texts[rng.usize(0..texts.len())]
}

/// So many different ones of a list.
fn several<T: AsRef<str>>(texts: &[T], count: usize, rng: &mut Rng) -> Vec<String> {
    rng.choose_multiple(texts.iter(), count).into_iter().map(|text| text.as_ref().to_owned()).collect()
}

/// A department in one of seven cases.
fn team(policy: &Policy, rng: &mut Rng) -> Test {
    let (department, teams) = &policy.teams[rng.usize(0..policy.teams.len())];
    match rng.choice(teams) {
        Some(team) if rng.u32(0..7) > 0 => Test::Team(team.clone(), Level::Team),
        _ => Test::Team(department.clone(), Level::Department),
    }
}

fn literal(policy: &Policy, kind: Kind, rng: &mut Rng) -> Literal {
    let percent = rng.u32(0..100);
    let few = if percent < 70 { 1 } else { rng.usize(2..=3) };
    let models: Vec<String> = (0..MODELS).map(model).collect();
    match kind {
        Kind::Workload => Literal::of(Test::Text(Field::Workload, several(&WORKLOADS, few, rng))),
        Kind::Region => {
            let test = Test::Text(Field::Region, several(&REGIONS, few, rng));
            let is_negated = policy.family == Family::Realistic && percent < 8;
            Literal { test, is_negated }
        }
        Kind::Model => Literal::of(Test::Text(Field::Model, several(&models, few, rng))),
        Kind::Data => {
            let rank = u8::try_from(rng.usize(1..DATA.len())).expect("there are four classes");
            Literal { test: Test::DataFrom(rank), is_negated: percent < 40 }
        }
        Kind::Tokens => {
            let bound = TOKEN_STEPS[rng.usize(0..TOKEN_STEPS.len())];
            Literal { test: Test::TokensFrom(bound), is_negated: percent < 40 }
        }
        Kind::Needs => Literal::of(Test::Has(SetField::Needs, several(&NEEDS, 1, rng).remove(0))),
        Kind::Groups => {
            let test = Test::Has(SetField::Groups, group(rng.usize(0..GROUPS)));
            Literal { test, is_negated: policy.family == Family::Realistic && percent < 10 }
        }
        Kind::App if percent < 5 => Literal::of(Test::Prefix(Field::App, "svc-".to_owned())),
        Kind::App => Literal::of(Test::Text(Field::App, several(&policy.apps, few, rng))),
        Kind::CostCentre => {
            Literal::of(Test::Text(Field::CostCentre, several(&policy.cost_centres, few, rng)))
        }
    }
}
