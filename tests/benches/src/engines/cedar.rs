//! Cedar: each rule is a `permit` whose principal is the caller's team in a tree of entities. Cedar has no order among
//! policies and always evaluates all of them; the first match is the least number among those that it says determined the
//! answer. A rule that refuses is a `permit` here too: a `forbid` would hide the others and so the order.

use super::{Engine, Kind, Role, joined};
use crate::policy::{Clause, Field, Literal, Policy, Rule, SetField, Test};
use crate::request::Request;
use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet,
    RestrictedExpression,
};
use std::collections::HashSet;
use std::str::FromStr;

/// The authorizer.
pub const KIND: Kind = Kind {
    role: Role::Peer,
    id: "cedar",
    title: "Cedar (cedar-policy)",
    package: "cedar-policy",
    write: |policy| vec![joined(&policy.rules, "\n", rule)],
    load: |policy, texts| Ok(Box::new(load(policy, &texts[0])?)),
};

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    team: EntityTypeName,
    action: EntityUid,
    resource: EntityUid,
    requests: Vec<cedar_policy::Request>,
}

/// A rule's team goes into the scope of the policy, which Cedar evaluates first.
fn rule(rule: &Rule) -> String {
    let in_scope = |clause: &Clause| match clause.0.as_slice() {
        [Literal { test: Test::Team(name, _), is_negated: false }] => Some(name.clone()),
        _ => None,
    };
    let scope = rule.clauses.iter().find_map(in_scope);
    let principal = scope.map_or("principal".to_owned(), |name| format!("principal in Team::\"{name}\""));
    let rest: Vec<&Clause> = rule.clauses.iter().filter(|clause| in_scope(clause).is_none()).collect();
    let condition = joined(&rest, " && ", |clause| match clause.0.as_slice() {
        [one] => literal(one),
        literals => format!("({})", joined(literals, " || ", literal)),
    });
    format!("permit ({principal}, action, resource) when {{ {condition} }};")
}

fn literal(Literal { test, is_negated }: &Literal) -> String {
    let text = match test {
        Test::Team(name, _) => format!("principal in Team::\"{name}\""),
        Test::Text(field, texts) => match texts.as_slice() {
            [one] => format!("context.{} == \"{one}\"", field.name()),
            _ => {
                let list = joined(texts, ", ", |text| format!("\"{text}\""));
                format!("[{list}].contains(context.{})", field.name())
            }
        },
        Test::Prefix(field, prefix) => format!("context.{} like \"{prefix}*\"", field.name()),
        Test::DataFrom(rank) => format!("context.data >= {rank}"),
        Test::TokensFrom(bound) => format!("context.tokens >= {bound}"),
        Test::Has(field, member) => format!("context.{}.contains(\"{member}\")", field.name()),
    };
    if *is_negated { format!("!({text})") } else { text }
}

fn load(policy: &Policy, text: &str) -> Result<Cedar, String> {
    let kind = |name: &str| EntityTypeName::from_str(name).map_err(|error| error.to_string());
    let team = kind("Team")?;
    let uid = |name: &str| EntityUid::from_type_name_and_id(team.clone(), EntityId::new(name));
    let mut entities = Vec::new();
    for (department, teams) in &policy.teams {
        entities.push(Entity::new_no_attrs(uid(department), HashSet::new()));
        let below = |name: &String| Entity::new_no_attrs(uid(name), HashSet::from([uid(department)]));
        entities.extend(teams.iter().map(below));
    }
    let single = |name: &str| -> Result<EntityUid, String> {
        Ok(EntityUid::from_type_name_and_id(kind(name)?, EntityId::new("it")))
    };
    Ok(Cedar {
        authorizer: Authorizer::new(),
        policies: PolicySet::from_str(text).map_err(|error| error.to_string())?,
        entities: Entities::from_entities(entities, None).map_err(|error| error.to_string())?,
        team,
        action: single("Action")?,
        resource: single("Gateway")?,
        requests: Vec::new(),
    })
}

impl Cedar {
    fn request(&self, request: &Request) -> cedar_policy::Request {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let mut pairs: Vec<(String, RestrictedExpression)> =
            Field::ALL.iter().map(|field| (field.name().to_owned(), text(request.text(*field)))).collect();
        for field in [SetField::Needs, SetField::Groups] {
            let members = request.set(field).iter().map(|member| text(member));
            pairs.push((field.name().to_owned(), RestrictedExpression::new_set(members)));
        }
        let tokens = i64::try_from(request.tokens).expect("fewer than 2^63 tokens");
        pairs.push(("data".to_owned(), RestrictedExpression::new_long(i64::from(request.data))));
        pairs.push(("tokens".to_owned(), RestrictedExpression::new_long(tokens)));
        let context = Context::from_pairs(pairs).expect("no attribute is given twice");
        let principal = EntityUid::from_type_name_and_id(self.team.clone(), EntityId::new(&request.team));
        cedar_policy::Request::new(principal, self.action.clone(), self.resource.clone(), context, None)
            .expect("without a schema every request is well formed")
    }

    fn first(&self, request: &cedar_policy::Request) -> Option<u32> {
        let answer = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            panic!("a rule of the policy cannot be evaluated: {error}");
        }
        // Policies that are parsed together are named `policy0`, `policy1` and so on.
        let numbers = answer.diagnostics().reason().map(|id| {
            let id: &str = id.as_ref();
            id.strip_prefix("policy")
                .and_then(|number| number.parse().ok())
                .expect("a number in a policy's name")
        });
        numbers.min()
    }
}

impl Engine for Cedar {
    fn prepare(&mut self, requests: &'static [Request]) {
        self.requests = requests.iter().map(|request| self.request(request)).collect();
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        self.first(&self.requests[index])
    }

    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>> {
        Some(self.first(&self.request(request)))
    }
}
