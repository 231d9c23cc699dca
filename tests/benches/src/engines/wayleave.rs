//! Wayleave, in four measures: the list of a route from the strings of a request, the same with the strings already turned
//! into classes, by walked matchers and in machine code, and the whole decision with its approvals, forbids, obligations and
//! three candidates.

use super::{Engine, Kind, Role};
use crate::policy::route_text::{Extent, name, part_name};
use crate::policy::{Field, Policy, SetField};
use crate::request::Request;
use std::collections::{BTreeSet, HashMap};
use wayleave_compiler::decision::Compiled;
use wayleave_compiler::decision::verdict::Verdict;
use wayleave_compiler::{Options, Severity, Sources, check};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::schema::{AttributeId, BuiltIn, Schema, Type};
use wayleave_program::value::{DEFAULT_NOW, MemberId, Tokens, Value};

/// The list, from attributes that hold strings.
pub const STRINGS: Kind = Kind {
    role: Role::Own,
    id: "wayleave-strings",
    title: "Wayleave, the list",
    package: "wayleave-compiler",
    write: |policy| policy.route_files(Extent::List),
    load: |policy, texts| Ok(Box::new(Wayleave::load(policy, texts, Form::Strings, Way::Native)?)),
};

/// The list, from attributes of which those of a credential were worked out beforehand, as a gateway does for each caller.
pub const SETTLED: Kind = Kind {
    id: "wayleave-settled",
    title: "Wayleave, the list, credential worked out",
    load: |policy, texts| Ok(Box::new(Wayleave::load(policy, texts, Form::Settled, Way::Native)?)),
    ..STRINGS
};

/// The list, from attributes whose strings are turned into classes beforehand.
pub const CLASSES: Kind = Kind {
    id: "wayleave-classes",
    title: "Wayleave, the list, classes at hand",
    load: |policy, texts| Ok(Box::new(Wayleave::load(policy, texts, Form::Classes, Way::Native)?)),
    ..STRINGS
};

/// The same before there is machine code.
pub const WALKED: Kind = Kind {
    id: "wayleave-walked",
    title: "Wayleave, the list, classes at hand, without machine code",
    load: |policy, texts| Ok(Box::new(Wayleave::load(policy, texts, Form::Classes, Way::Walked)?)),
    ..STRINGS
};

/// The whole decision, from attributes that hold strings.
pub const WHOLE: Kind = Kind {
    id: "wayleave-whole",
    title: "Wayleave, the whole decision",
    write: |policy| policy.route_files(Extent::Whole),
    load: |policy, texts| Ok(Box::new(Wayleave::load(policy, texts, Form::Whole, Way::Native)?)),
    ..STRINGS
};

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Strings,
    Settled,
    Classes,
    Whole,
}

/// How it is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By walked matchers.
    Walked,
    /// In machine code.
    Native,
}

/// A compiled policy, with buffers that are used again.
struct Wayleave {
    program: Compiled,
    form: Form,
    names: Names,
    /// The arm that takes what no rule does.
    otherwise: u32,
    requests: Vec<Attributes>,
    /// Of each request, where they are at hand.
    classes: Vec<Vec<u32>>,
    buffer: Vec<u32>,
    verdict: Verdict,
}

/// The program of a policy's files.
fn program(texts: &[String], way: Way) -> Result<Compiled, String> {
    let files: HashMap<String, &String> =
        (1..).map(part_name).zip(&texts[1..]).chain([("main.route".to_owned(), &texts[0])]).collect();
    let mut read =
        |name: &str| files.get(name).map(|text| (*text).clone()).ok_or("there is no such file".to_owned());
    let checked = check(&Sources::gather("main.route", &mut read)?, &Options { as_of: DEFAULT_NOW });
    let error = checked.diagnostics.iter().find(|told| told.severity == Severity::Error);
    let policy = checked.policy.ok_or_else(|| format!("the policy is not sound: {error:?}"))?;
    let times = std::env::var_os("WAYLEAVE_TIMES").is_some();
    let begin = std::time::Instant::now();
    let program = Compiled::new(policy);
    if times {
        eprintln!("walked matchers: {} us", begin.elapsed().as_micros());
    }
    if way == Way::Native {
        program.make_native().map_err(|reason| reason.to_string())?;
        if times {
            eprintln!("and machine code: {} us", begin.elapsed().as_micros());
        }
    }
    Ok(program)
}

/// The program of a policy's files, and requests as it knows them, each caller's credential worked out.
pub(crate) fn at_hand(
    texts: &[String],
    requests: &[Request],
    way: Way,
) -> Result<(Compiled, Vec<Attributes>), String> {
    let program = program(texts, way)?;
    let names = Names::of(program.schema());
    let known = requests.iter().map(|request| names.attributes(&program, request, true)).collect();
    Ok((program, known))
}

impl Wayleave {
    fn load(policy: &Policy, texts: &[String], form: Form, way: Way) -> Result<Wayleave, String> {
        let program = program(texts, way)?;
        let names = Names::of(program.schema());
        Ok(Wayleave {
            program,
            form,
            names,
            otherwise: super::number(policy.rules.len()),
            requests: Vec::new(),
            classes: Vec::new(),
            buffer: Vec::new(),
            verdict: Verdict::new(),
        })
    }

    fn arm(&self, answer: Option<u32>) -> Option<u32> {
        let arm = self.program.rules().answers[answer? as usize].arm;
        arm.filter(|arm| *arm != self.otherwise)
    }

    fn asked(&mut self, attributes: &Attributes) -> Option<u32> {
        if self.form == Form::Whole {
            self.program.decide_by_number(attributes, &mut self.verdict);
            return self.arm(self.verdict.answer);
        }
        self.program.classify(attributes, &mut self.buffer);
        self.arm(self.program.answer_to(&self.buffer))
    }
}

impl Engine for Wayleave {
    fn prepare(&mut self, requests: &'static [Request]) {
        let settled = self.form == Form::Settled;
        let attributes = |request| self.names.attributes(&self.program, request, settled);
        self.requests = requests.iter().map(attributes).collect();
        if self.form == Form::Classes {
            self.classes = vec![Vec::new(); requests.len()];
            for (attributes, classes) in self.requests.iter().zip(&mut self.classes) {
                self.program.classify(attributes, classes);
            }
        }
    }

    fn decide(&mut self, index: usize) -> Option<u32> {
        if self.form == Form::Classes {
            return self.arm(self.program.answer_to(&self.classes[index]));
        }
        let requests = std::mem::take(&mut self.requests);
        let answer = self.asked(&requests[index]);
        self.requests = requests;
        answer
    }

    fn decide_afresh(&mut self, request: &'static Request) -> Option<Option<u32>> {
        if self.form == Form::Settled {
            // A gateway does it once for a caller, not once for a request.
            return None;
        }
        let attributes = self.names.attributes(&self.program, request, false);
        Some(self.asked(&attributes))
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

    /// `settled`: what comes from the credential is worked out.
    fn attributes(&self, program: &Compiled, request: &Request, settled: bool) -> Attributes {
        let mut attributes = Attributes::new(program.schema());
        let team = self.teams.get(&request.team).map_or(Value::Unknown, |id| Value::Member(*id));
        attributes.set(BuiltIn::CallerTeam.id(), team);
        attributes.set(self.data, Value::Member(MemberId(u32::from(request.data))));
        let set = |field| Value::Set(request.set(field).iter().cloned().collect::<BTreeSet<String>>());
        attributes.set(BuiltIn::CallerGroups.id(), set(SetField::Groups));
        self.set_texts(&mut attributes, request, is_of_credential);
        if settled {
            program.settle(&mut attributes);
        }
        self.set_texts(&mut attributes, request, |field| !is_of_credential(field));
        attributes.set(BuiltIn::RequestTokens.id(), Value::Tokens(Tokens(request.tokens)));
        attributes.set(BuiltIn::RequestNeeds.id(), set(SetField::Needs));
        attributes
    }

    fn set_texts(&self, attributes: &mut Attributes, request: &Request, is_meant: impl Fn(Field) -> bool) {
        for (index, field) in Field::ALL.into_iter().enumerate() {
            if is_meant(field) {
                let text = &request.texts[index];
                let member = self.members[index].get(text).map(|member| Value::Member(*member));
                attributes.set(self.texts[index], member.unwrap_or_else(|| Value::Text(text.clone())));
            }
        }
    }
}

/// As the policy's files say.
fn is_of_credential(field: Field) -> bool {
    matches!(field, Field::App | Field::Region)
}

/// The members of an attribute of a named type by name; of another attribute there are none.
fn members(schema: &Schema, id: AttributeId) -> HashMap<String, MemberId> {
    let Type::Named(named) = &schema.attribute(id).value_type else { return HashMap::new() };
    named.members.iter().zip(0..).map(|(member, index)| (member.name.clone(), MemberId(index))).collect()
}
