//! The policy in Wayleave's own language: the list as the arms of one route, and around it what a real policy has. For the
//! whole decision that is approvals, forbids and obligations in number; for the list alone every target is approved.

use super::generate::pick;
use super::{
    Clause, DATA, Field, Level, Literal, MODELS, MODELS_OF_PROVIDER, Outcome, PROVIDERS, Policy, REGIONS,
    Rule, SetField, Test, WORKLOADS, model,
};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::fmt::Write;

/// How much of a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The list, with everything approved.
    List,
    /// The list, and for each hundred of its rules five approvals, five forbids and one obligation.
    Whole,
}

/// Of a hundred rules of the list there are so many approvals, and as many forbids.
const GUARDS_PERCENT: usize = 5;
/// For so many rules of the list there is one obligation.
const RULES_OF_OBLIGATION: usize = 100;

/// A list longer than this has its conditions and plans in files of their own, under names: a file may have 4 MiB.
const LIST_BYTES: usize = 3 << 20;

impl Policy {
    /// As files, the root first; the others are named by [`part_name`] from 1.
    pub fn route_files(&self, extent: Extent) -> Vec<String> {
        let mut list = List::inline(self);
        if list.arms.len() > LIST_BYTES {
            list = List::named(self);
        }
        let mut text = String::from("edition 2026\n\n");
        let mut approvals = String::from("approve everyone: any\n\n");
        if extent == Extent::Whole {
            approvals.clear();
            list.parts.push(String::from("edition 2026\n\n"));
            let guards = list.parts.last_mut().expect("it was pushed");
            self.write_guards(guards).expect("a string takes all");
        }
        for part in 1..=list.parts.len() {
            writeln!(text, "use \"{}\"", part_name(part)).expect("a string takes all");
        }
        self.write_types(&mut text).expect("a string takes all");
        write_providers(&mut text).expect("a string takes all");
        text.push_str(&approvals);
        write!(text, "route all {{\n{}  otherwise deny \"No arm takes this request.\"\n}}\n\n", list.arms)
            .expect("a string takes all");
        text.push_str("otherwise deny \"No route takes this request.\"\n");
        std::iter::once(text).chain(list.parts).collect()
    }

    fn write_types(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "type team = company {{")?;
        for (department, teams) in &self.teams {
            writeln!(text, "  {department} {{ {} }}", teams.join("  "))?;
        }
        writeln!(text, "}}\ntype data-class = {}", DATA.join(" < "))?;
        writeln!(text, "type region = {}\n", REGIONS.join(" | "))?;
        let workloads = WORKLOADS.join(" | ");
        writeln!(text, "attribute workload: {workloads}  from header \"x-workload\"  default assist")?;
        writeln!(text, "attribute data: data-class  from credential \"data_class\"  default internal")?;
        writeln!(text, "attribute region: region  from credential \"region\"  default eu")?;
        writeln!(text, "attribute cost-centre: string  from header \"x-cost-centre\"")?;
        writeln!(text, "attribute target.region: region")?;
        writeln!(text, "attribute target.hosting: own | vendor  default vendor\n")?;
        for index in 0..MODELS {
            writeln!(text, "alias {}", model(index))?;
        }
        text.push('\n');
        Ok(())
    }

    /// Five approvals that cover most requests, then those of teams; forbids and obligations of all kinds.
    fn write_guards(&self, text: &mut String) -> std::fmt::Result {
        // Of the policy's own shape, so that the same policy has the same guards.
        let mut rng = Rng::with_seed(self.rules.len() as u64);
        let count = (self.rules.len() * GUARDS_PERCENT).div_ceil(100);
        for provider in 0..PROVIDERS {
            let rank = 1 + provider % 3;
            writeln!(text, "approve all-{provider}: p{provider}/*  when data <= {}", DATA[rank])?;
        }
        for index in 0..count {
            let (team, data, target) = (self.any_team(&mut rng), rng.usize(1..4), any_target(&mut rng));
            write!(
                text,
                "approve a-{index}: {target}  when caller.team in {team} and data <= {}",
                DATA[data]
            )?;
            text.push_str(if rng.bool() { "  until 2028-06-30  owner \"ai-platform\"\n" } else { "\n" });
        }
        for index in 0..count {
            let (team, target) = (self.any_team(&mut rng), any_target(&mut rng));
            let tested = match rng.u32(0..4) {
                0 => format!("caller.team in {team} and target.region is not region"),
                1 => format!("caller.team in {team} and data is restricted and target.hosting is vendor"),
                2 => format!("caller.team in {team} and workload is {}", pick(&WORKLOADS, &mut rng)),
                _ => format!(
                    "caller.groups has \"g-{}\" and data >= confidential",
                    rng.usize(0..super::GROUPS)
                ),
            };
            writeln!(text, "forbid f-{index}: {target}  when {tested}  because \"See rule {index}.\"")?;
        }
        for index in 0..self.rules.len().div_ceil(RULES_OF_OBLIGATION) {
            let (team, workload) = (self.any_team(&mut rng), pick(&WORKLOADS, &mut rng));
            match index % 4 {
                0 => writeln!(
                    text,
                    "redact o-{index}: [email, iban] in both restore  when workload is {workload} and target.hosting is vendor"
                )?,
                1 => {
                    writeln!(text, "flag o-{index}  when caller.team in {team} and target.hosting is vendor")?
                }
                2 => writeln!(
                    text,
                    "cap o-{index}: output 4k tokens  when workload is {workload} and caller.team in {team}"
                )?,
                _ => {
                    writeln!(text, "log o-{index}: none  when data is restricted and caller.team in {team}")?
                }
            }
        }
        text.push('\n');
        Ok(())
    }

    fn any_team(&self, rng: &mut Rng) -> String {
        let (department, teams) = &self.teams[rng.usize(0..self.teams.len())];
        rng.choice(teams).filter(|_| rng.u32(0..4) > 0).unwrap_or(department).clone()
    }
}

/// The arms of the route, and further files that they need.
struct List {
    arms: String,
    parts: Vec<String>,
}

impl List {
    /// Conditions and plans stand in the arms.
    fn inline(policy: &Policy) -> List {
        let mut arms = String::new();
        for (index, rule) in policy.rules.iter().enumerate() {
            write!(arms, "  when {}  ", condition(rule)).expect("a string takes all");
            match rule.outcome {
                Outcome::Deny => writeln!(arms, "deny \"Arm {index} refuses.\""),
                Outcome::Route(stages) => writeln!(arms, "to {}", plan(stages)),
            }
            .expect("a string takes all");
        }
        List { arms, parts: Vec::new() }
    }

    /// Arms name a `define` and a `plan`, which stand in the parts.
    fn named(policy: &Policy) -> List {
        let mut list = List { arms: String::new(), parts: Vec::new() };
        let mut plans = BTreeSet::new();
        for (index, rule) in policy.rules.iter().enumerate() {
            match rule.outcome {
                Outcome::Deny => writeln!(list.arms, "  when r{index}  deny \"Arm {index} refuses.\""),
                Outcome::Route(stages) => {
                    plans.insert(stages);
                    writeln!(list.arms, "  when r{index}  to plan {}", plan_name(stages))
                }
            }
            .expect("a string takes all");
            list.add(&format!("define r{index} = {}\n", condition(rule)));
        }
        for stages in plans {
            list.add(&format!("plan {} = {}\n", plan_name(stages), plan(stages)));
        }
        list
    }

    fn add(&mut self, line: &str) {
        match self.parts.last_mut() {
            Some(part) if part.len() + line.len() < LIST_BYTES => part.push_str(line),
            _ => self.parts.push(format!("edition 2026\n\n{line}")),
        }
    }
}

/// The name of a further file.
pub fn part_name(part: usize) -> String {
    format!("part-{part}.route")
}

fn plan(stages: [usize; 3]) -> String {
    let [first, second, third] = stages.map(target);
    format!("{first} within 10s else {second} else {third}")
}

fn plan_name([first, second, third]: [usize; 3]) -> String {
    format!("q{first}-{second}-{third}")
}

fn condition(rule: &Rule) -> String {
    rule.clauses.iter().map(clause).collect::<Vec<_>>().join(" and ")
}

fn target(index: usize) -> String {
    format!("p{}/m{}", index / MODELS_OF_PROVIDER, index % MODELS_OF_PROVIDER)
}

fn any_target(rng: &mut Rng) -> String {
    let provider = rng.usize(0..PROVIDERS);
    if rng.bool() { format!("p{provider}/*") } else { target(rng.usize(0..PROVIDERS * MODELS_OF_PROVIDER)) }
}

fn write_providers(text: &mut String) -> std::fmt::Result {
    for provider in 0..PROVIDERS {
        let hosting = if provider == 0 { "own" } else { "vendor" };
        let region = REGIONS[provider % 3];
        writeln!(
            text,
            "provider p{provider} {{\n  protocol: simulated\n  region: {region}\n  hosting: {hosting}"
        )?;
        for index in 0..MODELS_OF_PROVIDER {
            let more = ["", ", vision", ", structured-output", ", reasoning", ", vision, reasoning"][index];
            let context = [64, 128, 200, 400, 256][(provider + index) % 5];
            writeln!(text, "  model m{index} {{")?;
            writeln!(text, "    supports: [chat, tools{more}]\n    context: {context}k tokens")?;
            writeln!(text, "    output: 8k tokens\n  }}")?;
        }
        writeln!(text, "}}")?;
    }
    text.push('\n');
    Ok(())
}

fn clause(Clause(literals): &Clause) -> String {
    match literals.as_slice() {
        [one] => literal(one),
        _ => format!("({})", literals.iter().map(literal).collect::<Vec<_>>().join(" or ")),
    }
}

fn literal(Literal { test, is_negated }: &Literal) -> String {
    let is_negated = *is_negated;
    let compared = if is_negated { "<" } else { ">=" };
    match test {
        Test::Team(name, Level::Department) if is_negated => format!("caller.team not in {name}"),
        Test::Team(name, Level::Team) if is_negated => format!("caller.team is not {name}"),
        Test::Team(name, Level::Department) => format!("caller.team in {name}"),
        Test::Team(name, Level::Team) => format!("caller.team is {name}"),
        Test::Text(field, texts) => {
            let texts: Vec<String> = texts.iter().map(|text| value(*field, text)).collect();
            match (texts.as_slice(), is_negated) {
                ([one], false) => format!("{} is {one}", name(*field)),
                ([one], true) => format!("{} is not {one}", name(*field)),
                (several, false) => format!("{} in [{}]", name(*field), several.join(", ")),
                (several, true) => format!("{} not in [{}]", name(*field), several.join(", ")),
            }
        }
        Test::Prefix(field, prefix) => {
            format!("{}{} like \"{prefix}*\"", if is_negated { "not " } else { "" }, name(*field))
        }
        Test::DataFrom(rank) => format!("data {compared} {}", DATA[usize::from(*rank)]),
        Test::TokensFrom(bound) => format!("request.tokens {compared} {bound} tokens"),
        Test::Has(field, member) => {
            let operator = if is_negated { "lacks" } else { "has" };
            match field {
                SetField::Needs => format!("request.needs {operator} {member}"),
                SetField::Groups => format!("caller.groups {operator} \"{member}\""),
            }
        }
    }
}

/// The attribute in the policy.
pub fn name(field: Field) -> &'static str {
    match field {
        Field::Workload => "workload",
        Field::Region => "region",
        Field::Model => "request.model",
        Field::App => "caller.app",
        Field::CostCentre => "cost-centre",
    }
}

/// Names stand as they are, texts in quotes.
fn value(field: Field, text: &str) -> String {
    match field {
        Field::Workload | Field::Region | Field::Model => text.to_owned(),
        Field::App | Field::CostCentre => format!("\"{text}\""),
    }
}
