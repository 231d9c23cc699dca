//! CEL by the crate `cel`: a program for each rule, compiled once, executed in order over one context until one is true.

use super::{Engine, Kind, Role, joined, number};
use crate::policy::{Clause, Field, Level, Literal, Rule, SetField, Test};
use crate::request::Request;
use cel::{Context, Env, Program, Value};
use std::sync::Arc;

/// The interpreter.
pub const KIND: Kind = Kind {
    role: Role::Peer,
    id: "cel",
    title: "CEL (cel)",
    package: "cel",
    write: |policy| policy.rules.iter().map(rule).collect(),
    load: |_, texts| Ok(Box::new(load(texts)?)),
};

struct Cel {
    env: Arc<Env>,
    programs: Vec<Program>,
    contexts: Vec<Context<'static, 'static>>,
}

fn rule(rule: &Rule) -> String {
    joined(&rule.clauses, " && ", |Clause(literals)| match literals.as_slice() {
        [one] => literal(one),
        _ => format!("({})", joined(literals, " || ", literal)),
    })
}

fn literal(Literal { test, is_negated }: &Literal) -> String {
    let text = match test {
        Test::Team(name, Level::Department) => format!("department == \"{name}\""),
        Test::Team(name, Level::Team) => format!("team == \"{name}\""),
        // The interpreter makes a list afresh each time it meets one, so that comparisons are faster even in number.
        Test::Text(field, texts) => {
            let any = joined(texts, " || ", |text| format!("{} == \"{text}\"", field.name()));
            if texts.len() == 1 && !is_negated { any } else { format!("({any})") }
        }
        Test::Prefix(field, prefix) => format!("{}.startsWith(\"{prefix}\")", field.name()),
        Test::DataFrom(rank) => return format!("data {} {rank}", if *is_negated { "<" } else { ">=" }),
        Test::TokensFrom(bound) => return format!("tokens {} {bound}", if *is_negated { "<" } else { ">=" }),
        Test::Has(field, member) => format!("(\"{member}\" in {})", field.name()),
    };
    if *is_negated { format!("!{text}") } else { text }
}

fn load(texts: &[String]) -> Result<Cel, String> {
    let env = Arc::new(Env::stdlib());
    let compile = |text: &String| env.compile(text).map_err(|error| error.to_string());
    let programs = texts.iter().map(compile).collect::<Result<_, _>>()?;
    Ok(Cel { env, programs, contexts: Vec::new() })
}

fn context(env: &Arc<Env>, request: &Request) -> Context<'static, 'static> {
    let mut context = Context::with_env(Arc::clone(env));
    let mut add = |name: &str, value: Value| context.add_variable_from_value(name, value);
    let text = |text: &str| Value::String(Arc::new(text.to_owned()));
    add("team", text(&request.team));
    add("department", text(&request.department));
    for field in Field::ALL {
        add(field.name(), text(request.text(field)));
    }
    for field in [SetField::Needs, SetField::Groups] {
        let members = request.set(field).iter().map(|member| text(member)).collect();
        add(field.name(), Value::List(Arc::new(members)));
    }
    add("data", Value::Int(i64::from(request.data)));
    add("tokens", Value::Int(i64::try_from(request.tokens).expect("fewer than 2^63 tokens")));
    context
}

fn first(programs: &[Program], context: &Context<'_, '_>) -> Option<u32> {
    let holds = |program: &Program| match program.execute(context) {
        Ok(Value::Bool(holds)) => holds,
        other => panic!("a rule of the policy is true or false, not {other:?}"),
    };
    programs.iter().position(holds).map(number)
}

impl Engine for Cel {
    fn prepare(&mut self, requests: &'static [Request]) {
        self.contexts = requests.iter().map(|request| context(&self.env, request)).collect();
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        first(&self.programs, &self.contexts[index])
    }

    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>> {
        Some(first(&self.programs, &context(&self.env, request)))
    }
}
