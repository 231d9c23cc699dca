//! Writes the questions of the exact checks for another solver: `smt FOLDER [--policies N] [--from SEED] [POLICY ...]` makes of
//! each policy, small ones by a seed and those that are named, `NAME.smt2` and `NAME.expected`, a line for each question. Exit
//! status: 0 written, 1 not written, 2 usage.

use fastrand::Rng;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use wayleave_compiler::{Options, Policy, Sources, check};
use wayleave_program::value::DEFAULT_NOW;
use wayleave_tests::{policies, small, smt};

/// What is wanted.
#[derive(Default)]
struct Wanted {
    folder: PathBuf,
    policies: u64,
    from: u64,
    files: Vec<PathBuf>,
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--policies" => wanted.policies = arguments.next()?.parse().ok()?,
            "--from" => wanted.from = arguments.next()?.parse().ok()?,
            word if word.starts_with('-') => return None,
            _ if wanted.folder.as_os_str().is_empty() => wanted.folder = argument.into(),
            _ => wanted.files.push(argument.into()),
        }
    }
    (!wanted.folder.as_os_str().is_empty()).then_some(wanted)
}

/// A policy and what it was read from.
type Read = (Arc<Policy>, Sources);

fn read(root: &str, text: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<Read, String> {
    let sources = Sources::gather(root, text)?;
    let checked = check(&sources, &Options { as_of: DEFAULT_NOW });
    let first = checked.diagnostics.first().map(|told| told.message.clone());
    let policy = checked.policy.ok_or_else(|| format!("{root}: {}", first.unwrap_or_default()))?;
    Ok((policy, sources))
}

fn of_file(file: &Path) -> Result<Read, String> {
    let (folder, name) = (file.parent().unwrap_or(Path::new("")), file.file_name().unwrap_or_default());
    read(&name.to_string_lossy(), &mut |name| {
        std::fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))
    })
}

/// Two of a seed: one that tells few requests apart, and one over more of the language.
fn of_seed(seed: u64) -> Result<[Read; 2], String> {
    let few = read("main.route", &mut |_| Ok(small::policy(seed).text))?;
    let texts = policies::policy(&mut Rng::with_seed(seed)).texts();
    let more = read(&texts[0].0, &mut |name| {
        let file = texts.iter().find(|(known, _)| known == name);
        file.map(|(_, text)| text.clone()).ok_or_else(|| format!("{name}: there is no such file"))
    })?;
    Ok([few, more])
}

/// Writes what one policy asks; how many questions are written.
fn write(folder: &Path, name: &str, (policy, sources): &Read) -> Result<usize, String> {
    let Some(all) = smt::questions(policy, sources) else {
        println!("{name}: left out, as too many of its classes go together");
        return Ok(0);
    };
    let expected: String =
        all.expected.iter().map(|found| if *found { "sat\n" } else { "unsat\n" }).collect();
    for (ending, text) in [("smt2", &all.script), ("expected", &expected)] {
        let path = folder.join(format!("{name}.{ending}"));
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if all.unknown > 0 {
        println!("{name}: {} questions not answered within the work budget", all.unknown);
    }
    Ok(all.expected.len())
}

fn run(wanted: &Wanted) -> Result<usize, String> {
    let folder = &wanted.folder;
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut questions = 0;
    for file in &wanted.files {
        let own =
            file.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("-");
        questions += write(folder, &own, &of_file(file)?)?;
    }
    for seed in wanted.from..wanted.from + wanted.policies {
        let [few, more] = of_seed(seed)?;
        questions += write(folder, &format!("small-{seed}"), &few)?;
        questions += write(folder, &format!("wide-{seed}"), &more)?;
    }
    Ok(questions)
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!("usage: smt FOLDER [--policies N] [--from SEED] [POLICY ...]");
        return ExitCode::from(2);
    };
    match run(&wanted) {
        Ok(questions) => {
            println!("{questions} questions");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
