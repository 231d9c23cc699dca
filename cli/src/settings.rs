//! What `serve` is told beside the policy: settings by name, each from the first that says it of a flag, a variable of the
//! environment, the settings file, and the default. Says of each where its value comes from, and of each mistake its place
//! and the next step. Secrets are no settings: a policy names where a provider's key is.

mod file;

pub(crate) mod found;

mod spell;

mod table;

mod together;

#[cfg(test)]
mod tests;

pub(crate) use spell::{path, size, write_size};
pub(crate) use table::{Default, Kind, SETTINGS, Setting};

use crate::output::Failure;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use wayleave_runtime::settings::{Access, Settings};

/// The settings file beside a policy's root, where no other is named.
pub(crate) const FILE_NAME: &str = "wayleave.toml";

/// What the variables of settings begin with.
pub(crate) const PREFIX: &str = "WAYLEAVE_";

/// A variable is taken for a misspelt one from so much likeness on: one letter of five may be another.
const LIKENESS: f64 = 0.8;

/// What the settings come to, before any file that they name is read.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// How the data port behaves.
    pub(crate) settings: Settings,
    /// Where the console is shown.
    pub(crate) admin: SocketAddr,
    /// The store's file, where one is named.
    pub(crate) store: Option<PathBuf>,
    /// Certificates to trust for providers.
    pub(crate) upstream_ca: Option<PathBuf>,
    /// The data port's certificate and its key.
    pub(crate) certificate: Option<PathBuf>,
    /// See `certificate`.
    pub(crate) key: Option<PathBuf>,
    /// What the process may hold, where it is said.
    pub(crate) memory_limit_bytes: Option<u64>,
}

impl Told {
    /// Where nothing is said: the addresses stand in the table, and are set from it.
    fn nothing() -> Told {
        let unset = SocketAddr::from(([127, 0, 0, 1], 0));
        Told {
            settings: Settings::standard(unset, Access::Keys),
            admin: unset,
            store: None,
            upstream_ca: None,
            certificate: None,
            key: None,
            memory_limit_bytes: None,
        }
    }
}

/// Who says a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag, as it is written.
    Flag(String),
    /// A variable of the environment.
    Variable(String),
    /// A line of the settings file, from 1, and the column of the value in characters, from 1.
    File { path: PathBuf, line: usize, column: usize },
    /// Nobody.
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Flag(flag) => f.write_str(flag),
            Origin::Variable(name) => f.write_str(name),
            Origin::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A setting as it is in force.
#[derive(Debug, Clone)]
pub(crate) struct InForce {
    pub(crate) setting: &'static Setting,
    /// As it was written; none where nobody says it and the default is none, or is worked out at the start.
    pub(crate) value: Option<String>,
    pub(crate) origin: Origin,
}

/// A mistake in a setting: what, where, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) origin: Origin,
    pub(crate) what: String,
    pub(crate) mend: String,
}

impl Problem {
    /// As a command that cannot be carried out says it.
    pub(crate) fn failure(&self) -> Failure {
        Failure::new(format!("{}: {}", self.origin, self.what)).mend(self.mend.clone())
    }
}

/// All settings, and what they come to.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// In the order of the table.
    pub(crate) in_force: Vec<InForce>,
    pub(crate) told: Told,
    /// What is wrong; then `told` is not to be used.
    pub(crate) problems: Vec<Problem>,
}

impl Resolved {
    /// Who says that setting.
    fn origin(&self, name: &str) -> Origin {
        let found = self.in_force.iter().find(|known| known.setting.name == name);
        found.map_or(Origin::Default, |known| known.origin.clone())
    }
}

/// A value that somebody says.
struct Said {
    text: String,
    origin: Origin,
}

/// Puts settings together: `flags` by the setting's number in the table, `variable` reads the environment, `file` is the
/// settings file with its text.
pub(crate) fn resolve(
    flags: &[(usize, String)],
    variable: impl Fn(&str) -> Option<String>,
    file: Option<(&Path, &str)>,
) -> Resolved {
    let mut problems = Vec::new();
    let mut from_file: Vec<Option<Said>> = match file {
        Some((path, text)) => file::read(path, text, &mut problems),
        None => SETTINGS.iter().map(|_| None).collect(),
    };
    let mut told = Told::nothing();
    let mut in_force = Vec::new();
    for (number, setting) in SETTINGS.iter().enumerate() {
        let flag = flags
            .iter()
            .rev()
            .find(|(of, _)| *of == number)
            .map(|(_, text)| Said { text: text.clone(), origin: Origin::Flag(setting.flag()) });
        let name = setting.variable();
        // An empty variable says nothing, as in most programs.
        let of_environment = variable(&name)
            .filter(|text| !text.is_empty())
            .map(|text| Said { text, origin: Origin::Variable(name) });
        let default = match setting.default {
            Default::Text(text) => Some(Said { text: text.to_owned(), origin: Origin::Default }),
            Default::Words(_) => None,
        };
        // Every one of them must be sound, whichever counts; it is set last.
        let said: Vec<Said> =
            [default, from_file[number].take(), of_environment, flag].into_iter().flatten().collect();
        for said in &said {
            if let Err(problem) = spell::set(setting, said, &mut told) {
                problems.push(problem);
            }
        }
        let last = said.into_iter().next_back();
        let (value, origin) = last.map_or((None, Origin::Default), |said| (Some(said.text), said.origin));
        in_force.push(InForce { setting, value, origin });
    }
    together::check(&told, &in_force, &mut problems);
    Resolved { in_force, told, problems }
}

/// A variable whose name begins as those of settings do, and is nearly one of them: the setting that was probably meant. Other
/// names may be anybody's: a provider's key, or what an orchestrator tells of a service of this name.
pub(crate) fn misspelt(names: &[String]) -> Vec<(String, &'static Setting)> {
    let near = |name: &String| {
        if SETTINGS.iter().any(|setting| setting.variable() == *name) {
            return None;
        }
        let likeness = |setting: &&Setting| {
            let own = setting.variable();
            let [own, name] = [&own, name].map(|name| name.strip_prefix(PREFIX).unwrap_or(name));
            strsim::normalized_damerau_levenshtein(own, name)
        };
        let best = SETTINGS.iter().max_by(|left, right| likeness(left).total_cmp(&likeness(right)))?;
        (likeness(&best) >= LIKENESS).then(|| (name.clone(), best))
    };
    names.iter().filter_map(near).collect()
}
