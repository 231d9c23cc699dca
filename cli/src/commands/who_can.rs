//! `who-can`: which requests may be sent to a target, and by which answers.

use crate::access::{human, json};
use crate::args::{Format, WhoCan};
use crate::output::{Exit, Failure, Terminal, print};
use crate::question::Question;
use crate::waiting::Waiting;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_compiler::proof::access::{Asked, access};
use wayleave_program::catalogue::{Requested, TargetId};

pub(super) fn run(arguments: &WhoCan, terminal: Terminal) -> Result<Exit, Failure> {
    let question = Question::asked(&arguments.question, terminal)?;
    // As a policy writes a name with a dot, too.
    let targets = targets(&question, &arguments.target.replace('"', ""))?;
    let asked = Asked { targets: &targets, of: None, from: question.now };
    let found = Waiting::with("asking", |progress| access(&question.policy, asked, progress));
    match arguments.question.format {
        Format::Json => print(&format!("{:#}\n", json(&found, &question)))?,
        Format::Human => {
            for one in &found {
                print(&format!("{}\n", human(one, &question, terminal)))?;
            }
            print(&format!("as of {}\n", question.date(question.now)))?;
        }
    }
    let somebody = found.iter().any(|one| !one.ways.is_empty());
    Ok(if somebody { Exit::Yes } else { Exit::No })
}

/// The targets of a name: `provider/model`, a model's name, or `provider/*`.
fn targets(question: &Question, name: &str) -> Result<Vec<TargetId>, Failure> {
    let catalogue = &question.policy.catalogue;
    let of_provider = name.strip_suffix("/*").and_then(|provider| {
        let own = |target: &TargetId| {
            let provider_of = catalogue.target(*target).provider;
            catalogue.providers[provider_of.0 as usize].name == provider
        };
        let own: Vec<TargetId> = catalogue.target_ids().filter(own).collect();
        (!own.is_empty()).then_some(own)
    });
    if let Some(targets) = of_provider {
        return Ok(targets);
    }
    if let Requested::Targets(targets) = catalogue.resolve(name) {
        return Ok(targets);
    }
    let known: Vec<String> = catalogue.targets.iter().map(|target| printable(&target.name)).collect();
    Err(Failure::new(format!("the policy has no target `{}`", printable(name)))
        .mend(format!("the targets are: {}", known.join(", "))))
}
