//! `serve --check-settings`: every setting with its value and who says so, and what is wrong.

use crate::args::Format;
use crate::memory;
use crate::output::{Exit, Failure, columns, note, print};
use crate::settings::{Default, InForce, Problem, Resolved, write_size};
use serde_json::{Value as Json, json};

/// Tells what is in force; exit 1 where something is wrong.
pub(super) fn check(resolved: &Resolved, format: Format) -> Result<Exit, Failure> {
    match format {
        Format::Human => {
            let rows: Vec<Vec<String>> = resolved.in_force.iter().map(row).collect();
            print(&columns(&rows))?;
            resolved.problems.iter().for_each(|problem| note(&format!("{}\n", problem.failure().words())));
        }
        Format::Json => {
            let settings: Vec<Json> = resolved.in_force.iter().map(document).collect();
            let problems: Vec<Json> = resolved.problems.iter().map(problem).collect();
            let text = serde_json::to_string_pretty(&json!({"settings": settings, "problems": problems}));
            print(&format!(
                "{}\n",
                text.map_err(|error| Failure::because("no JSON could be made", &error))?
            ))?;
        }
    }
    Ok(if resolved.problems.is_empty() { Exit::Yes } else { Exit::No })
}

/// The value; where nobody says one, what counts instead.
fn value(known: &InForce) -> Option<String> {
    let standard_memory = || {
        let limit = memory::standard_limit_bytes().filter(|_| known.setting.name == "memory-limit");
        limit.map(write_size)
    };
    known.value.clone().or_else(standard_memory)
}

fn row(known: &InForce) -> Vec<String> {
    let value = value(known).unwrap_or_else(|| match known.setting.default {
        Default::Text(text) | Default::Words(text) => text.to_owned(),
    });
    vec![known.setting.name.to_owned(), value, known.origin.to_string()]
}

fn document(known: &InForce) -> Json {
    let setting = known.setting;
    let default = match setting.default {
        Default::Text(text) | Default::Words(text) => text,
    };
    json!({
        "name": setting.name,
        "value": value(known),
        "from": known.origin.to_string(),
        "flag": setting.flag(),
        "variable": setting.variable(),
        "default": default,
        "what": setting.what,
    })
}

fn problem(problem: &Problem) -> Json {
    json!({"from": problem.origin.to_string(), "message": problem.what, "help": problem.mend})
}
