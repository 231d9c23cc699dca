//! `serve --check-settings`: every setting with its value and who says so, and what is wrong. JSON where that is asked for,
//! whatever is wrong.

use crate::args::Format;
use crate::output::{Exit, Failure, columns, note, print};
use crate::settings::{
    Default, InForce, Kind, PREFIX, Problem, Resolved, found, misspelt, path, size, write_size,
};
use crate::{duration, environment, memory};
use serde_json::{Value as Json, json};

/// Tells what is in force; exit 1 where something is wrong, 2 where the settings file cannot be read.
pub(super) fn check(resolved: Result<Resolved, Failure>, format: Format) -> Result<Exit, Failure> {
    let resolved = match (resolved, format) {
        (Ok(resolved), _) => resolved,
        (Err(failure), Format::Human) => return Err(failure),
        (Err(failure), Format::Json) => {
            let (message, help) = failure.into_parts();
            write(&json!({
                "settings": [],
                "problems": [{"from": "settings file", "message": message, "help": help}],
                "warnings": [],
            }))?;
            return Ok(Exit::Unknown);
        }
    };
    let mut problems = resolved.problems.clone();
    if problems.is_empty() {
        problems = found::files(&resolved).1;
        problems.extend(found::wrong_store(&resolved));
    }
    let warnings = misspelt(&environment::variables(PREFIX));
    match format {
        Format::Human => {
            let rows: Vec<Vec<String>> = resolved.in_force.iter().map(row).collect();
            print(&columns(&rows))?;
            problems.iter().for_each(|problem| note(&format!("{}\n", problem.failure().words())));
            for (name, meant) in &warnings {
                note(&format!(
                    "warning: the variable {name} is no setting\n  help: write {} if that is meant\n",
                    meant.variable()
                ));
            }
        }
        Format::Json => {
            let settings: Vec<Json> = resolved.in_force.iter().map(document).collect();
            let problems: Vec<Json> = problems.iter().map(problem).collect();
            let warnings: Vec<Json> = warnings
                .iter()
                .map(|(name, meant)| {
                    let help = format!("write {} if that is meant", meant.variable());
                    json!({"from": name, "message": "this variable is no setting", "help": help})
                })
                .collect();
            write(&json!({"settings": settings, "problems": problems, "warnings": warnings}))?;
        }
    }
    Ok(if problems.is_empty() { Exit::Yes } else { Exit::No })
}

fn write(document: &Json) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Failure::because("no JSON could be made", &error))?;
    print(&format!("{text}\n"))
}

/// The value as text; where nobody says one, what counts instead.
fn text(known: &InForce) -> Option<String> {
    let absolute =
        |path: std::path::PathBuf| std::path::absolute(&path).unwrap_or(path).display().to_string();
    match (known.setting.kind, &known.value) {
        (Kind::Path(_), Some(text)) => Some(absolute(path(text, &known.origin))),
        (Kind::Path(_), None) if known.setting.name == "store" => {
            environment::store_path(None).ok().map(absolute)
        }
        (Kind::Size(..), None) if known.setting.name == "memory-limit" => {
            memory::standard_limit_bytes().map(|bytes| bytes.to_string())
        }
        (_, value) => value.clone(),
    }
}

fn row(known: &InForce) -> Vec<String> {
    let shown = text(known).map(|text| match known.setting.kind {
        Kind::Size(..) => size(&text).map_or_else(|| text.clone(), about),
        Kind::Address(_)
        | Kind::Switch(_)
        | Kind::Duration(_)
        | Kind::Wait(_)
        | Kind::Count(..)
        | Kind::Path(_) => text,
    });
    let value = shown.unwrap_or_else(|| match known.setting.default {
        Default::Text(text) | Default::Words(text) => text.to_owned(),
    });
    vec![known.setting.name.to_owned(), value, known.origin.to_string()]
}

/// A size as people read it: whole in some unit where that takes four digits at most, else to a tenth.
fn about(bytes: u64) -> String {
    let tenths = |unit: u64, name: &str| {
        let tenths = u128::from(bytes) * 10 / u128::from(unit);
        format!("{}.{}{name}", tenths / 10, tenths % 10)
    };
    let whole = write_size(bytes);
    let is_short = whole.bytes().filter(u8::is_ascii_digit).count() <= 4;
    match bytes {
        _ if is_short => whole,
        0..0x10_0000 => tenths(1 << 10, "KiB"),
        0x10_0000..0x4000_0000 => tenths(1 << 20, "MiB"),
        0x4000_0000.. => tenths(1 << 30, "GiB"),
    }
}

/// The value in its own type, and its unit: durations in milliseconds, sizes in bytes. What is none stays a text.
fn typed(known: &InForce) -> (Json, Option<&'static str>) {
    let Some(text) = text(known) else { return (Json::Null, None) };
    let typed = match known.setting.kind {
        Kind::Switch(_) => text.parse::<bool>().ok().map(|value| (value.into(), None)),
        Kind::Count(..) => text.parse::<u64>().ok().map(|value| (value.into(), None)),
        Kind::Size(..) => size(&text).map(|bytes| (bytes.into(), Some("bytes"))),
        Kind::Duration(_) | Kind::Wait(_) => duration::read(&text)
            .and_then(|time| u64::try_from(time.as_millis()).ok())
            .map(|milliseconds| (milliseconds.into(), Some("ms"))),
        Kind::Address(_) | Kind::Path(_) => None,
    };
    typed.unwrap_or_else(|| (text.into(), None))
}

fn document(known: &InForce) -> Json {
    let setting = known.setting;
    let default = match setting.default {
        Default::Text(text) | Default::Words(text) => text,
    };
    let (value, unit) = typed(known);
    json!({
        "name": setting.name,
        "value": value,
        "unit": unit,
        "written": known.value,
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
