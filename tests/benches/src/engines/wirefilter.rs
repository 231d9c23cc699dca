//! Cloudflare's wirefilter: filters compiled to closures once, asked in order over one context of a request. This version
//! has no lists as values, so that a set is one text with its members between commas.

use super::{Engine, Kind, Role, joined, number};
use crate::policy::{Clause, Field, Level, Literal, Rule, SetField, Test};
use crate::request::Request;
use wirefilter::{ExecutionContext, Filter, Scheme, Type};

/// The published version.
pub const KIND: Kind = Kind {
    role: Role::Peer,
    id: "wirefilter",
    title: "wirefilter",
    package: "wirefilter-engine",
    write: |policy| policy.rules.iter().map(rule).collect(),
    load: |_, texts| Ok(Box::new(load(texts)?)),
};

struct Wirefilter {
    scheme: &'static Scheme,
    filters: Vec<Filter<'static>>,
    contexts: Vec<ExecutionContext<'static>>,
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
        Test::Text(field, texts) => match texts.as_slice() {
            [one] => format!("{} == \"{one}\"", field.name()),
            _ => format!("{} in {{{}}}", field.name(), joined(texts, " ", |text| format!("\"{text}\""))),
        },
        Test::Prefix(field, prefix) => format!("{} matches \"^{prefix}\"", field.name()),
        Test::DataFrom(rank) => return format!("data {} {rank}", if *is_negated { "<" } else { ">=" }),
        Test::TokensFrom(bound) => return format!("tokens {} {bound}", if *is_negated { "<" } else { ">=" }),
        Test::Has(field, member) => format!("{} contains \",{member},\"", field.name()),
    };
    if *is_negated { format!("not {text}") } else { text }
}

fn load(texts: &[String]) -> Result<Wirefilter, String> {
    let mut scheme = Scheme::default();
    let sets = [SetField::Needs, SetField::Groups].map(SetField::name);
    let names = ["team", "department"].into_iter().chain(Field::ALL.map(Field::name)).chain(sets);
    for name in names {
        scheme.add_field(name.to_owned(), Type::Bytes).map_err(|error| error.to_string())?;
    }
    for name in ["data", "tokens"] {
        scheme.add_field(name.to_owned(), Type::Int).map_err(|error| error.to_string())?;
    }
    // Filters and contexts borrow it, and it is needed as long as the process runs.
    let scheme: &'static Scheme = Box::leak(Box::new(scheme));
    let mut filters = Vec::new();
    for text in texts {
        filters.push(scheme.parse(text).map_err(|error| error.to_string())?.compile());
    }
    Ok(Wirefilter { scheme, filters, contexts: Vec::new() })
}

/// The members of a set between commas.
fn listed(members: &[String]) -> String {
    format!(",{},", members.join(","))
}

fn context<'e>(
    scheme: &'static Scheme,
    request: &'e Request,
    needs: &'e str,
    groups: &'e str,
) -> ExecutionContext<'e> {
    let mut context = ExecutionContext::new(scheme);
    let mut text = |name: &str, text: &'e str| {
        context.set_field_value(name, text).expect("the field is declared as bytes");
    };
    text("team", &request.team);
    text("department", &request.department);
    for field in Field::ALL {
        text(field.name(), request.text(field));
    }
    text("needs", needs);
    text("groups", groups);
    let mut int = |name: &str, value: i32| {
        context.set_field_value(name, value).expect("the field is declared as a number");
    };
    int("data", i32::from(request.data));
    int("tokens", i32::try_from(request.tokens).expect("requests have fewer than 2^31 tokens"));
    context
}

fn first(filters: &[Filter<'static>], context: &ExecutionContext<'static>) -> Option<u32> {
    let holds = |filter: &Filter<'static>| filter.execute(context).expect("one scheme");
    filters.iter().position(holds).map(number)
}

/// A context for a request. Filters that live in a struct ask for contexts that live as long, so that the two texts that
/// are made for it are leaked: giving them back is not timed.
fn leaking_context(scheme: &'static Scheme, request: &'static Request) -> ExecutionContext<'static> {
    let [needs, groups] =
        [&request.needs, &request.groups].map(|set| Box::leak(listed(set).into_boxed_str()));
    context(scheme, request, needs, groups)
}

impl Engine for Wirefilter {
    fn prepare(&mut self, requests: &'static [Request]) {
        self.contexts = requests.iter().map(|request| leaking_context(self.scheme, request)).collect();
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        first(&self.filters, &self.contexts[index])
    }

    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>> {
        Some(first(&self.filters, &leaking_context(self.scheme, request)))
    }
}
