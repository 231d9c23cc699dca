//! Kong's atc-router: matchers with a priority, the highest first, over a context of fields with values. A rule's priority
//! falls with its position.

use super::{Engine, Kind, Role, joined, number};
use crate::policy::{Clause, Field, Level, Literal, Rule, SetField, Test};
use crate::request::Request;
use atc_router::ast::{Type, Value};
use atc_router::context::Context;
use atc_router::router::Router;
use atc_router::schema::Schema;
use uuid::Uuid;

/// The router.
pub const KIND: Kind = Kind {
    role: Role::Peer,
    id: "atc-router",
    title: "atc-router",
    package: "atc-router",
    write: |policy| policy.rules.iter().map(rule).collect(),
    load: |_, texts| Ok(Box::new(load(texts)?)),
};

struct Atc {
    schema: &'static Schema,
    router: Router<'static>,
    contexts: Vec<Context<'static>>,
}

fn rule(rule: &Rule) -> String {
    joined(&rule.clauses, " && ", |Clause(literals)| match literals.as_slice() {
        [one] => literal(one),
        _ => format!("({})", joined(literals, " || ", literal)),
    })
}

/// There is no list of texts and no negation of a comparison but `!=`, so that these are written out.
fn literal(Literal { test, is_negated }: &Literal) -> String {
    let is_negated = *is_negated;
    let compared = if is_negated { "<" } else { ">=" };
    match test {
        Test::Team(name, level) => {
            let field = if *level == Level::Department { "department" } else { "team" };
            format!("{field} {} \"{name}\"", if is_negated { "!=" } else { "==" })
        }
        Test::Text(field, texts) => {
            let (operator, join) = if is_negated { ("!=", " && ") } else { ("==", " || ") };
            let all = joined(texts, join, |text| format!("{} {operator} \"{text}\"", field.name()));
            if texts.len() == 1 { all } else { format!("({all})") }
        }
        Test::Prefix(field, prefix) if is_negated => format!("!({} ^= \"{prefix}\")", field.name()),
        Test::Prefix(field, prefix) => format!("{} ^= \"{prefix}\"", field.name()),
        Test::DataFrom(rank) => format!("data {compared} {rank}"),
        Test::TokensFrom(bound) => format!("tokens {compared} {bound}"),
        Test::Has(field, member) if is_negated => format!("!(any({}) == \"{member}\")", field.name()),
        Test::Has(field, member) => format!("any({}) == \"{member}\"", field.name()),
    }
}

fn load(texts: &[String]) -> Result<Atc, String> {
    let mut schema = Schema::default();
    let sets = [SetField::Needs, SetField::Groups].map(SetField::name);
    for name in ["team", "department"].into_iter().chain(Field::ALL.map(Field::name)).chain(sets) {
        schema.add_field(name, Type::String);
    }
    schema.add_field("data", Type::Int);
    schema.add_field("tokens", Type::Int);
    // The router and contexts borrow it, and it is needed as long as the process runs.
    let schema: &'static Schema = Box::leak(Box::new(schema));
    let mut router = Router::new(schema);
    for (index, text) in texts.iter().enumerate() {
        router.add_matcher(texts.len() - index, Uuid::from_u128(index as u128), text)?;
    }
    Ok(Atc { schema, router, contexts: Vec::new() })
}

fn context(schema: &'static Schema, request: &Request) -> Context<'static> {
    let mut context = Context::new(schema);
    let mut text = |name: &str, text: &str| context.add_value(name, Value::String(text.to_owned()));
    text("team", &request.team);
    text("department", &request.department);
    for field in Field::ALL {
        text(field.name(), request.text(field));
    }
    for field in [SetField::Needs, SetField::Groups] {
        request.set(field).iter().for_each(|member| text(field.name(), member));
    }
    context.add_value("data", Value::Int(i64::from(request.data)));
    context.add_value("tokens", Value::Int(i64::try_from(request.tokens).expect("fewer than 2^63 tokens")));
    context
}

fn first(router: &Router<'static>, context: &mut Context<'static>) -> Option<u32> {
    if !router.execute(context) {
        return None;
    }
    let found = context.result.take().expect("a match leaves its result");
    Some(number(usize::try_from(found.uuid.as_u128()).expect("a matcher is named by its position")))
}

impl Engine for Atc {
    fn prepare(&mut self, requests: &'static [Request]) {
        self.contexts = requests.iter().map(|request| context(self.schema, request)).collect();
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        first(&self.router, &mut self.contexts[index])
    }

    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>> {
        Some(first(&self.router, &mut context(self.schema, request)))
    }
}
