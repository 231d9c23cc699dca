//! Wayleave, in three measures: the list of a route from the strings of a request, the same with the strings already turned
//! into classes, and the whole decision with its approvals, forbids, obligations and three candidates.

use super::{Engine, Kind, Role};
use crate::policy::route_text::{Extent, name, part_name};
use crate::policy::{Field, Policy, SetField};
use crate::request::Request;
use std::collections::{BTreeSet, HashMap};
use wayleave_compiler::spec::Reference;
use wayleave_compiler::{Options, Severity, Sources, check};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::schema::{AttributeId, BuiltIn, Schema, Type};
use wayleave_program::value::{DEFAULT_NOW, MemberId, Tokens, Value};

/// The list, from attributes that hold strings.
pub const STRINGS: Kind = Kind {
    role: Role::Own,
    id: "wayleave-strings",
    title: "Wayleave (its reference decider), the list",
    package: "wayleave-compiler",
    write: |policy| policy.route_files(Extent::List),
    load: |policy, texts| Ok(Box::new(Wayleave::load(policy, texts)?)),
};

/// The list, from attributes whose strings are turned into classes beforehand.
pub const CLASSES: Kind = Kind {
    role: Role::Own,
    id: "wayleave-classes",
    title: "Wayleave (its reference decider), the list, classes at hand",
    package: "wayleave-compiler",
    write: |policy| policy.route_files(Extent::List),
    load: |_, _| Err("the reference decider has no classes".to_owned()),
};

/// The whole decision, from attributes that hold strings.
pub const WHOLE: Kind = Kind {
    role: Role::Own,
    id: "wayleave-whole",
    title: "Wayleave (its reference decider), the whole decision",
    package: "wayleave-compiler",
    write: |policy| policy.route_files(Extent::Whole),
    load: |policy, texts| Ok(Box::new(Wayleave::load(policy, texts)?)),
};

/// The reference decider: slow and obvious.
struct Wayleave {
    program: Reference,
    names: Names,
    /// The arm that takes what no rule does.
    otherwise: u32,
    requests: Vec<Attributes>,
}

/// The program of a policy's files.
fn program(texts: &[String]) -> Result<Reference, String> {
    let files: HashMap<String, &String> =
        (1..).map(part_name).zip(&texts[1..]).chain([("main.route".to_owned(), &texts[0])]).collect();
    let mut read =
        |name: &str| files.get(name).map(|text| (*text).clone()).ok_or("there is no such file".to_owned());
    let checked = check(&Sources::gather("main.route", &mut read)?, &Options { as_of: DEFAULT_NOW });
    let error = checked.diagnostics.iter().find(|told| told.severity == Severity::Error);
    checked.policy.map(Reference::new).ok_or_else(|| format!("the policy is not sound: {error:?}"))
}

impl Wayleave {
    fn load(policy: &Policy, texts: &[String]) -> Result<Wayleave, String> {
        let program = program(texts)?;
        let names = Names::of(program.schema());
        Ok(Wayleave { program, names, otherwise: super::number(policy.rules.len()), requests: Vec::new() })
    }

    fn first(&self, attributes: &Attributes) -> Option<u32> {
        let arm = self.program.decide(attributes).arm.expect("the only route takes every request");
        Some(arm).filter(|arm| *arm != self.otherwise)
    }
}

impl Engine for Wayleave {
    fn prepare(&mut self, requests: &'static [Request]) {
        let schema = self.program.schema();
        self.requests = requests.iter().map(|request| self.names.attributes(schema, request)).collect();
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        self.first(&self.requests[index])
    }

    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>> {
        Some(self.first(&self.names.attributes(self.program.schema(), request)))
    }
}

/// What is needed to turn requests into attributes: looked up once for a policy, as a gateway does.
struct Names {
    data: AttributeId,
    texts: [AttributeId; 5],
    teams: HashMap<String, MemberId>,
    members: [HashMap<String, MemberId>; 5],
}

impl Names {
    fn of(schema: &Schema) -> Names {
        let find = |name: &str| schema.find(name).expect("the policy declares its attributes");
        let texts = Field::ALL.map(|field| find(name(field)));
        Names {
            data: find("data"),
            texts,
            teams: members(schema, BuiltIn::CallerTeam.id()),
            members: texts.map(|id| members(schema, id)),
        }
    }

    fn attributes(&self, schema: &Schema, request: &Request) -> Attributes {
        let mut attributes = Attributes::new(schema);
        let team = self.teams.get(&request.team).map_or(Value::Unknown, |id| Value::Member(*id));
        attributes.set(BuiltIn::CallerTeam.id(), team);
        attributes.set(self.data, Value::Member(MemberId(u32::from(request.data))));
        for ((id, members), text) in self.texts.iter().zip(&self.members).zip(&request.texts) {
            let member = members.get(text).map(|member| Value::Member(*member));
            attributes.set(*id, member.unwrap_or_else(|| Value::Text(text.clone())));
        }
        attributes.set(BuiltIn::RequestTokens.id(), Value::Tokens(Tokens(request.tokens)));
        let set = |field| Value::Set(request.set(field).iter().cloned().collect::<BTreeSet<String>>());
        attributes.set(BuiltIn::RequestNeeds.id(), set(SetField::Needs));
        attributes.set(BuiltIn::CallerGroups.id(), set(SetField::Groups));
        attributes
    }
}

/// The members of an attribute of a named type by name; of another attribute there are none.
fn members(schema: &Schema, id: AttributeId) -> HashMap<String, MemberId> {
    let Type::Named(named) = &schema.attribute(id).value_type else { return HashMap::new() };
    named.members.iter().zip(0..).map(|(member, index)| (member.name.clone(), MemberId(index))).collect()
}
