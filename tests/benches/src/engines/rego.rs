//! Rego by regorus, compiled, in both of its ways to evaluate. For the interpreter the list is one chain of `else`, which
//! stops at the first rule that holds. The bytecode machine has no registers for a chain of more than some eighty, so that
//! it gets the set of all rules that hold, and its least member. Wide lists of texts are sets in the data document; a choice
//! between tests is a rule of its own.

use super::{Engine, Kind, Role, joined};
use crate::policy::{Clause, Field, Level, Literal, Policy, Rule, SetField, Test};
use crate::request::Request;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, PolicyLengthConfig, Value};
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::num::{NonZeroU32, NonZeroUsize};

/// `compile_with_entrypoint` and `eval_with_input`.
pub const INTERPRETER: Kind = Kind {
    role: Role::Peer,
    id: "regorus",
    title: "Rego (regorus)",
    package: "regorus",
    write: write_chain,
    load: |_, texts| {
        let policy = compile(texts).map_err(|error| error.to_string())?;
        Ok(Box::new(Interpreter { policy, inputs: Vec::new() }))
    },
};

/// The list as a set, compiled further to bytecode.
pub const MACHINE: Kind = Kind {
    role: Role::Peer,
    id: "regorus-rvm",
    title: "Rego (regorus, bytecode)",
    package: "regorus",
    write: write_set,
    load: |_, texts| {
        let policy = compile(texts).map_err(|error| error.to_string())?;
        let program = Compiler::compile_from_policy(&policy, &[ENTRY]).map_err(|error| error.to_string())?;
        let mut machine = RegoVM::new_with_policy(policy);
        // Its default stops after 25,000, which a long list needs more than.
        machine.set_max_instructions(usize::MAX);
        machine.load_program(program);
        machine
            .set_data(data(texts).map_err(|error| error.to_string())?)
            .map_err(|error| error.to_string())?;
        Ok(Box::new(Machine { machine, inputs: Vec::new() }))
    },
};

const ENTRY: &str = "data.policy.first";

/// Lists longer than this are looked up in the data document rather than made at each evaluation.
const INLINE_TEXTS: usize = 3;

struct Interpreter {
    policy: CompiledPolicy,
    inputs: Vec<Value>,
}

struct Machine {
    machine: RegoVM,
    inputs: Vec<Value>,
}

/// The module and the data document, with the list as a chain.
fn write_chain(policy: &Policy) -> Vec<String> {
    let mut sets = Map::new();
    let mut helpers = String::new();
    let mut chain = String::from("first := ");
    for (index, rule) in policy.rules.iter().enumerate() {
        let join = if index == 0 { "" } else { " else := " };
        let condition = condition(rule, index, &mut sets, &mut helpers);
        write!(chain, "{join}{index} if {{\n  {condition}\n}}").expect("a string takes all");
    }
    written(&helpers, &chain, sets)
}

/// The module and the data document, with the list as a set of which the least member counts.
fn write_set(policy: &Policy) -> Vec<String> {
    let mut sets = Map::new();
    let mut helpers = String::new();
    let mut rules = String::from("first := min(holding)\n");
    for (index, rule) in policy.rules.iter().enumerate() {
        let condition = condition(rule, index, &mut sets, &mut helpers);
        writeln!(rules, "holding contains {index} if {{\n  {condition}\n}}").expect("a string takes all");
    }
    written(&helpers, &rules, sets)
}

fn written(helpers: &str, rules: &str, sets: Map<String, serde_json::Value>) -> Vec<String> {
    let module = format!("package policy\nimport rego.v1\n{helpers}{rules}\n");
    vec![module, json!({ "sets": sets }).to_string()]
}

fn condition(
    rule: &Rule,
    index: usize,
    sets: &mut Map<String, serde_json::Value>,
    helpers: &mut String,
) -> String {
    let mut parts = Vec::new();
    for (place, Clause(literals)) in rule.clauses.iter().enumerate() {
        let texts: Vec<String> = literals.iter().map(|one| literal(one, sets)).collect();
        if let [one] = texts.as_slice() {
            parts.push(one.clone());
            continue;
        }
        let name = format!("any_{index}_{place}");
        for text in texts {
            writeln!(helpers, "{name} if {text}").expect("a string takes all");
        }
        parts.push(name);
    }
    parts.join("; ")
}

fn literal(Literal { test, is_negated }: &Literal, sets: &mut Map<String, serde_json::Value>) -> String {
    let compared = if *is_negated { "<" } else { ">=" };
    let text = match test {
        Test::Team(name, Level::Department) => format!("input.department == \"{name}\""),
        Test::Team(name, Level::Team) => format!("input.team == \"{name}\""),
        Test::Text(field, texts) => match texts.as_slice() {
            [one] => format!("input.{} == \"{one}\"", field.name()),
            few if few.len() <= INLINE_TEXTS => {
                let list = joined(texts, ", ", |text| format!("\"{text}\""));
                format!("input.{} in {{{list}}}", field.name())
            }
            _ => {
                let name = format!("s{}", sets.len());
                let members: Map<_, _> = texts.iter().map(|text| (text.clone(), json!(true))).collect();
                sets.insert(name.clone(), members.into());
                format!("data.sets.{name}[input.{}]", field.name())
            }
        },
        Test::Prefix(field, prefix) => format!("startswith(input.{}, \"{prefix}\")", field.name()),
        Test::DataFrom(rank) => return format!("input.data {compared} {rank}"),
        Test::TokensFrom(bound) => return format!("input.tokens {compared} {bound}"),
        Test::Has(field, member) => format!("\"{member}\" in input.{}", field.name()),
    };
    if *is_negated { format!("not {text}") } else { text }
}

fn data(texts: &[String]) -> Result<Value, Box<dyn std::error::Error>> {
    Ok(Value::from_json_str(&texts[1])?)
}

fn compile(texts: &[String]) -> Result<CompiledPolicy, Box<dyn std::error::Error>> {
    let mut engine = regorus::Engine::new();
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::MAX,
        max_file_bytes: NonZeroUsize::MAX,
        max_lines: NonZeroUsize::MAX,
    });
    engine.add_data(data(texts)?)?;
    engine.add_policy("policy.rego".to_owned(), texts[0].clone())?;
    Ok(engine.compile_with_entrypoint(&ENTRY.into())?)
}

fn input(request: &Request) -> Value {
    let text = |text: &str| Value::from(text.to_owned());
    let mut object = BTreeMap::new();
    let mut add = |name: &str, value: Value| drop(object.insert(Value::from(name.to_owned()), value));
    add("team", text(&request.team));
    add("department", text(&request.department));
    for field in Field::ALL {
        add(field.name(), text(request.text(field)));
    }
    for field in [SetField::Needs, SetField::Groups] {
        let members: BTreeSet<Value> = request.set(field).iter().map(|member| text(member)).collect();
        add(field.name(), Value::from(members));
    }
    add("data", Value::from(u64::from(request.data)));
    add("tokens", Value::from(request.tokens));
    Value::from(object)
}

/// A chain of which nothing holds is undefined.
fn answer(value: &Value) -> Option<u32> {
    match value {
        Value::Undefined => None,
        found => Some(found.as_u32().expect("a rule's value is its number")),
    }
}

impl Engine for Interpreter {
    fn prepare(&mut self, requests: &'static [Request]) {
        self.inputs = requests.iter().map(input).collect();
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        answer(&self.policy.eval_with_input(self.inputs[index].clone()).expect("the policy can be evaluated"))
    }

    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>> {
        Some(answer(&self.policy.eval_with_input(input(request)).expect("the policy can be evaluated")))
    }
}

impl Machine {
    fn run(&mut self, input: Value) -> Option<u32> {
        self.machine.set_input(input);
        answer(&self.machine.execute_entry_point_by_index(0).expect("the policy can be evaluated"))
    }
}

impl Engine for Machine {
    fn prepare(&mut self, requests: &'static [Request]) {
        self.inputs = requests.iter().map(input).collect();
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        let input = self.inputs[index].clone();
        self.run(input)
    }

    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>> {
        Some(self.run(input(request)))
    }
}
