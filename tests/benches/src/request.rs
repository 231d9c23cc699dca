//! Requests as raw strings and numbers, by seed, and what a test says of one. Most are made to satisfy some rule, so that
//! answers lie all over the list.

use crate::policy::generate::pick;
use crate::policy::{
    Field, GROUPS, Level, Literal, MODELS, NEEDS, Policy, REGIONS, Rule, SetField, Test, WORKLOADS, group,
    model,
};
use fastrand::Rng;

/// Of a hundred requests so many are made to satisfy a rule.
const DIRECTED_PERCENT: u32 = 70;

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The caller's team, or a department.
    pub team: String,
    /// The department of the team, or itself.
    pub department: String,
    /// By [`Field`] in its order.
    pub texts: [String; 5],
    /// The rank of the data's class.
    pub data: u8,
    /// Tokens of the input.
    pub tokens: u64,
    /// What it needs.
    pub needs: Vec<String>,
    /// The caller's groups.
    pub groups: Vec<String>,
}

impl Request {
    /// The value of a text attribute.
    pub fn text(&self, field: Field) -> &str {
        &self.texts[field as usize]
    }

    /// The members of a set.
    pub fn set(&self, field: SetField) -> &[String] {
        match field {
            SetField::Needs => &self.needs,
            SetField::Groups => &self.groups,
        }
    }

    /// Whether a test or its opposite holds: the meaning to which every engine is held.
    pub fn holds(&self, literal: &Literal) -> bool {
        let holds = match &literal.test {
            Test::Team(name, Level::Department) => self.department == *name,
            Test::Team(name, Level::Team) => self.team == *name,
            Test::Text(field, texts) => texts.iter().any(|text| text == self.text(*field)),
            Test::Prefix(field, prefix) => self.text(*field).starts_with(prefix.as_str()),
            Test::DataFrom(rank) => self.data >= *rank,
            Test::TokensFrom(bound) => self.tokens >= *bound,
            Test::Has(field, member) => self.set(*field).iter().any(|held| held == member),
        };
        holds != literal.is_negated
    }

    /// So many requests to a policy.
    pub fn generate(policy: &Policy, count: usize, seed: u64) -> Vec<Request> {
        let mut rng = Rng::with_seed(seed);
        (0..count)
            .map(|_| {
                let mut request = random(policy, &mut rng);
                if rng.u32(0..100) < DIRECTED_PERCENT {
                    satisfy(&mut request, &policy.rules[rng.usize(0..policy.rules.len())], policy, &mut rng);
                }
                request
            })
            .collect()
    }
}

fn random(policy: &Policy, rng: &mut Rng) -> Request {
    let (department, teams) = &policy.teams[rng.usize(0..policy.teams.len())];
    let team = rng.choice(teams).filter(|_| rng.u32(0..20) > 0).unwrap_or(department);
    let groups = match policy.family {
        crate::policy::Family::Adversarial => rng.usize(8..=20),
        crate::policy::Family::Realistic | crate::policy::Family::NoSelective => rng.usize(0..=4),
    };
    let needs = rng.usize(0..=2);
    Request {
        team: team.clone(),
        department: department.clone(),
        texts: [
            pick(&WORKLOADS, rng).to_owned(),
            pick(&REGIONS, rng).to_owned(),
            // One in ten asks for a name that the policy has no rule about.
            if rng.u32(0..10) == 0 { "gpt-4o-mini".to_owned() } else { model(rng.usize(0..MODELS)) },
            policy.apps[rng.usize(0..policy.apps.len())].clone(),
            if rng.bool() {
                policy.cost_centres[rng.usize(0..policy.cost_centres.len())].clone()
            } else {
                String::new()
            },
        ],
        data: [0, 1, 1, 1, 2, 2, 3][rng.usize(0..7)],
        // As many between 100 and 200 as between 100,000 and 200,000.
        tokens: (100 << rng.u32(0..11)) + rng.u64(0..100),
        needs: rng.choose_multiple(NEEDS, needs).into_iter().map(str::to_owned).collect(),
        groups: rng.choose_multiple(0..GROUPS, groups).into_iter().map(group).collect(),
    }
}

fn satisfy(request: &mut Request, rule: &Rule, policy: &Policy, rng: &mut Rng) {
    for clause in &rule.clauses {
        let literal = &clause.0[rng.usize(0..clause.0.len())];
        if request.holds(literal) {
            continue;
        }
        match (&literal.test, literal.is_negated) {
            (Test::Team(name, level), _) => place(request, name, *level, policy, rng),
            (Test::Text(field, texts), false) => {
                request.texts[*field as usize] = texts[rng.usize(0..texts.len())].clone();
            }
            (Test::Text(field, _) | Test::Prefix(field, _), true) => {
                request.texts[*field as usize] = match field {
                    Field::Region => REGIONS[rng.usize(0..REGIONS.len())].to_owned(),
                    Field::App => policy.apps[rng.usize(0..policy.apps.len())].clone(),
                    Field::CostCentre | Field::Workload | Field::Model => String::new(),
                };
            }
            (Test::Prefix(field, prefix), false) => {
                request.texts[*field as usize] = format!("{prefix}billing-00");
            }
            (Test::DataFrom(rank), is_negated) => request.data = rank - u8::from(is_negated),
            (Test::TokensFrom(bound), false) => request.tokens = bound + rng.u64(0..2_000),
            (Test::TokensFrom(bound), true) => request.tokens = rng.u64(0..*bound),
            (Test::Has(SetField::Needs, member), false) => request.needs.push(member.clone()),
            (Test::Has(SetField::Groups, member), false) => request.groups.push(member.clone()),
            (Test::Has(SetField::Needs, member), true) => request.needs.retain(|held| held != member),
            (Test::Has(SetField::Groups, member), true) => request.groups.retain(|held| held != member),
        }
    }
}

/// Moves a caller to a node of the tree, or below it.
fn place(request: &mut Request, name: &str, level: Level, policy: &Policy, rng: &mut Rng) {
    let holds = |(department, teams): &&(String, Vec<String>)| match level {
        Level::Department => department == name,
        Level::Team => teams.iter().any(|team| team == name),
    };
    let (department, teams) = policy.teams.iter().find(holds).expect("rules name teams of the policy");
    request.department.clone_from(department);
    request.team = match level {
        Level::Team => name.to_owned(),
        Level::Department => rng.choice(teams).unwrap_or(department).clone(),
    };
}
