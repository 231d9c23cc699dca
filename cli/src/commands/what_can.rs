//! `what-can`: the targets to which a team's requests may be sent, and when.

use crate::access::{human, json};
use crate::args::{Format, WhatCan};
use crate::output::{Exit, Failure, Terminal, print};
use crate::question::{Question, listed};
use crate::waiting::Waiting;
use std::collections::BTreeSet;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_compiler::model::{Condition, Predicate, Subject, Test};
use wayleave_compiler::proof::access::{Asked, access};
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::{BuiltIn, NamedType, Type};
use wayleave_program::value::MemberId;

pub(super) fn run(arguments: &WhatCan, terminal: Terminal) -> Result<Exit, Failure> {
    let question = Question::asked(&arguments.question, terminal)?;
    let team = team(&question, &arguments.team)?;
    let targets: Vec<TargetId> = question.policy.catalogue.target_ids().collect();
    let asked = Asked { targets: &targets, of: Some(&team), from: question.now };
    let found = Waiting::with("asking", |progress| access(&question.policy, asked, progress));
    let (can, cannot): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| !one.ways.is_empty());
    match arguments.question.format {
        Format::Json => print(&format!("{:#}\n", json(&can, &question)))?,
        Format::Human => {
            for one in &can {
                print(&format!("{}\n", human(one, &question, terminal)))?;
            }
            let name = |target: TargetId| printable(&question.policy.catalogue.target(target).name);
            let never: Vec<String> = cannot.iter().map(|one| name(one.target)).collect();
            if !never.is_empty() {
                print(&format!("never: {}\n", listed(&never)))?;
            }
            print(&format!(
                "{} of {} targets, as of {}\n",
                can.len(),
                can.len() + cannot.len(),
                question.date(question.now)
            ))?;
        }
    }
    Ok(if can.is_empty() { Exit::No } else { Exit::Yes })
}

/// That a caller is of a team, or of one below it.
fn team(question: &Question, name: &str) -> Result<Condition, Failure> {
    let schema = &question.policy.schema;
    let test = |predicate| {
        Condition::Test(Test { subject: Subject::Attribute(BuiltIn::CallerTeam.id()), predicate })
    };
    let Type::Named(teams) = &schema.attribute(BuiltIn::CallerTeam.id()).value_type else {
        return Ok(test(Predicate::OneOfTexts(BTreeSet::from([name.to_owned()]))));
    };
    let Some(own) = teams.member(name) else {
        return Err(Failure::new(format!("the policy has no team `{}`", printable(name)))
            .mend(format!("the teams are: {}", known(teams))));
    };
    let all = (0..teams.members.len() as u32).map(MemberId);
    let below = all.filter(|member| teams.is_at_or_below(*member, own)).collect();
    Ok(test(Predicate::OneOfMembers(below)))
}

fn known(teams: &NamedType) -> String {
    let all = (0..teams.members.len() as u32).map(|member| printable(teams.name_of(MemberId(member))));
    all.collect::<Vec<_>>().join(", ")
}
