//! A loop in Rust over the rules and the request's strings, which stops at the first test that fails and at the first rule
//! that holds: what a list costs where nothing is compiled, written with some care. All tests lie behind each other in one
//! array, equal strings are one, long lists are searched by halves. The yardstick.

use super::{Engine, Kind, Role, number};
use crate::policy::{Field, Level, Literal, Policy, Rule, SetField, Test};
use crate::request::Request;
use std::collections::HashMap;

/// The loop.
pub const KIND: Kind = Kind {
    role: Role::Yardstick,
    id: "plain",
    title: "plain Rust loop over strings",
    package: "",
    write: |_| Vec::new(),
    load: |policy, _| Ok(Box::new(Plain::of(policy))),
};

/// The first rule that holds for a request, by the meaning of the tests: slow, and what the loop is held to.
pub fn first(rules: &[Rule], request: &Request) -> Option<u32> {
    let holds =
        |rule: &Rule| rule.clauses.iter().all(|clause| clause.0.iter().any(|literal| request.holds(literal)));
    rules.iter().position(holds).map(number)
}

/// The loop's answer to each request.
pub fn answers(policy: &Policy, requests: &[Request]) -> Vec<Option<u32>> {
    let plain = Plain::of(policy);
    requests.iter().map(|request| plain.first(request)).collect()
}

/// Up to so many texts are compared one by one.
const COMPARED_TEXTS: usize = 8;

struct Plain {
    clauses: Vec<PlainClause>,
    /// By rule, where its clauses end.
    ends: Vec<u32>,
    requests: &'static [Request],
}

enum PlainClause {
    One(PlainLiteral),
    Any(Vec<PlainLiteral>),
}

struct PlainLiteral {
    test: PlainTest,
    is_negated: bool,
}

enum PlainTest {
    Department(&'static str),
    Team(&'static str),
    Is(Field, &'static str),
    /// Ascending.
    In(Field, Box<[&'static str]>),
    Prefix(Field, &'static str),
    DataFrom(u8),
    TokensFrom(u64),
    Has(SetField, &'static str),
}

/// Each text once; they are needed as long as the process runs.
#[derive(Default)]
struct Texts(HashMap<String, &'static str>);

impl Texts {
    fn once(&mut self, text: &str) -> &'static str {
        self.0.entry(text.to_owned()).or_insert_with(|| text.to_owned().leak())
    }

    fn literal(&mut self, Literal { test, is_negated }: &Literal) -> PlainLiteral {
        let test = match test {
            Test::Team(name, Level::Department) => PlainTest::Department(self.once(name)),
            Test::Team(name, Level::Team) => PlainTest::Team(self.once(name)),
            Test::Text(field, texts) => match texts.as_slice() {
                [one] => PlainTest::Is(*field, self.once(one)),
                _ => {
                    let mut texts: Box<[&'static str]> = texts.iter().map(|text| self.once(text)).collect();
                    texts.sort_unstable();
                    PlainTest::In(*field, texts)
                }
            },
            Test::Prefix(field, prefix) => PlainTest::Prefix(*field, self.once(prefix)),
            Test::DataFrom(rank) => PlainTest::DataFrom(*rank),
            Test::TokensFrom(bound) => PlainTest::TokensFrom(*bound),
            Test::Has(field, member) => PlainTest::Has(*field, self.once(member)),
        };
        PlainLiteral { test, is_negated: *is_negated }
    }
}

impl PlainLiteral {
    fn holds(&self, request: &Request) -> bool {
        let holds = match &self.test {
            PlainTest::Department(name) => request.department == *name,
            PlainTest::Team(name) => request.team == *name,
            PlainTest::Is(field, text) => request.text(*field) == *text,
            PlainTest::In(field, texts) if texts.len() <= COMPARED_TEXTS => {
                texts.contains(&request.text(*field))
            }
            PlainTest::In(field, texts) => texts.binary_search(&request.text(*field)).is_ok(),
            PlainTest::Prefix(field, prefix) => request.text(*field).starts_with(prefix),
            PlainTest::DataFrom(rank) => request.data >= *rank,
            PlainTest::TokensFrom(bound) => request.tokens >= *bound,
            PlainTest::Has(field, member) => request.set(*field).iter().any(|held| held == member),
        };
        holds != self.is_negated
    }
}

impl Plain {
    fn of(policy: &Policy) -> Plain {
        let mut texts = Texts::default();
        let mut plain = Plain { clauses: Vec::new(), ends: Vec::new(), requests: &[] };
        for rule in &policy.rules {
            for clause in &rule.clauses {
                plain.clauses.push(match clause.0.as_slice() {
                    [one] => PlainClause::One(texts.literal(one)),
                    several => PlainClause::Any(several.iter().map(|one| texts.literal(one)).collect()),
                });
            }
            plain.ends.push(number(plain.clauses.len()));
        }
        plain
    }

    fn first(&self, request: &Request) -> Option<u32> {
        let mut start = 0;
        for (rule, end) in self.ends.iter().enumerate() {
            let end = *end as usize;
            let holds = |clause: &PlainClause| match clause {
                PlainClause::One(literal) => literal.holds(request),
                PlainClause::Any(literals) => literals.iter().any(|literal| literal.holds(request)),
            };
            if self.clauses[start..end].iter().all(holds) {
                return Some(number(rule));
            }
            start = end;
        }
        None
    }
}

impl Engine for Plain {
    fn prepare(&mut self, requests: &'static [Request]) {
        self.requests = requests;
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        self.first(&self.requests[index])
    }

    fn decide_afresh(&mut self, _: &'static Request) -> Option<Option<u32>> {
        None
    }
}
