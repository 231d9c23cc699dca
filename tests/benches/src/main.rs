//! `wayleave-benches [--quick]`: measures, prints a line of JSON for each figure, and writes the page unless it is quick.
//! `--page FIGURES`: only the page again, from the figures of a run. `--write FAMILY RULES FOLDER`: the policy of that size, as
//! files, for what is measured of commands. `--checks FAMILY RULES`: what all checks of that policy cost. `--changes FAMILY RULES
//! EDIT`: what comparing it with an edited one costs; `EDIT` is `five-rules` or `renamed-and-moved`. `--replay REQUESTS`: how
//! fast so many recorded requests are decided again.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use wayleave_benches::changes::{self, Edit};
use wayleave_benches::policy::route_text::{Extent, part_name};
use wayleave_benches::policy::{Family, Policy};
use wayleave_benches::{checks, engines, figures::Run, page, replay, run};

const USAGE: &str = "usage: wayleave-benches [--quick | --page FIGURES | --checks FAMILY RULES | --changes FAMILY RULES EDIT | --replay REQUESTS | --write FAMILY RULES FOLDER]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match act(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn act(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        [] => {
            let run = run::all(&run::Scope::full())?;
            print(&run);
            save(&figures_path(), &serde_json::to_string(&run).expect("it is plain data"))?;
            save(&page_path(), &page::written(&run))
        }
        ["--quick"] => {
            let run = run::all(&run::Scope::quick())?;
            print(&run);
            Ok(())
        }
        ["--page", figures] => {
            let text = std::fs::read_to_string(figures).map_err(|error| format!("{figures}: {error}"))?;
            let run: Run = serde_json::from_str(&text).map_err(|error| format!("{figures}: {error}"))?;
            save(&page_path(), &page::written(&run))
        }
        ["--one", kind, family, rules, requests, budget_ms] => {
            let number = |text: &str| text.parse::<usize>().map_err(|_| USAGE.to_owned());
            let kind = engines::find(kind).ok_or(USAGE)?;
            let family = Family::find(family).ok_or(USAGE)?;
            let budget = Duration::from_millis(number(budget_ms)? as u64);
            run::one(kind, family, number(rules)?, number(requests)?, budget);
            Ok(())
        }
        ["--checks", family, rules] => {
            let family = Family::find(family).ok_or(USAGE)?;
            let rules = rules.parse::<usize>().map_err(|_| USAGE.to_owned())?;
            let checked = checks::one(family, rules, run::SEED)?;
            println!("{}", serde_json::to_string(&checked).expect("it is plain data"));
            Ok(())
        }
        ["--changes", family, rules, edit] => {
            let family = Family::find(family).ok_or(USAGE)?;
            let rules = rules.parse::<usize>().map_err(|_| USAGE.to_owned())?;
            let edit = Edit::find(edit).ok_or(USAGE)?;
            let compared = changes::one(family, rules, edit, run::SEED)?;
            println!("{}", serde_json::to_string(&compared).expect("it is plain data"));
            Ok(())
        }
        ["--replay", requests] => {
            let requests = requests.parse::<usize>().map_err(|_| USAGE.to_owned())?;
            println!("{}", replay::one(requests)?);
            Ok(())
        }
        ["--write", family, rules, folder] => {
            let family = Family::find(family).ok_or(USAGE)?;
            let rules = rules.parse::<usize>().map_err(|_| USAGE.to_owned())?;
            write(&Policy::generate(family, rules, run::SEED), Path::new(folder))
        }
        _ => Err(USAGE.to_owned()),
    }
}

fn write(policy: &Policy, folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let names = std::iter::once("main.route".to_owned()).chain((1..).map(part_name));
    for (name, text) in names.zip(policy.route_files(Extent::Whole)) {
        save(&folder.join(name), &text)?;
    }
    Ok(())
}

fn print(run: &Run) {
    println!("{}", serde_json::to_string(&run.conditions).expect("it is plain data"));
    for figure in &run.figures {
        println!("{}", serde_json::to_string(figure).expect("it is plain data"));
    }
}

fn save(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    eprintln!("written: {}", path.display());
    Ok(())
}

/// Beside the program, so below the target folder.
fn figures_path() -> PathBuf {
    std::env::current_exe().expect("a running program has a path").with_file_name("decisions.json")
}

fn page_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/measurements/decisions.md")
}
