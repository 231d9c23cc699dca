//! The settings file: TOML, of which every key must be a setting and every value of its kind. Each mistake is told with file,
//! line and column.

use super::table::Kind;
use super::{Origin, Problem, SETTINGS, Said, Setting};
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// A name is suggested from so much likeness on.
const LIKENESS: f64 = 0.8;

/// Reads a file's values, by the setting's number in the table; what is wrong is added to `problems`.
pub(super) fn read(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Vec<Option<Said>> {
    let place = Place { path, text };
    let mut found: Vec<Option<Said>> = SETTINGS.iter().map(|_| None).collect();
    match DeTable::parse(text) {
        Ok(table) => walk(&place, "", table.get_ref(), &mut found, problems),
        Err(error) => problems.push(Problem {
            origin: place.of(&error.span().unwrap_or(0..0)),
            what: format!("this is not TOML: {}", error.message()),
            mend: "write lines such as: listen = \"127.0.0.1:4180\"".to_owned(),
        }),
    }
    found
}

/// Where something stands in a file.
struct Place<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Place<'_> {
    fn of(&self, span: &Range<usize>) -> Origin {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Origin::File { path: self.path.to_owned(), line, column }
    }
}

fn walk(
    place: &Place<'_>,
    prefix: &str,
    table: &DeTable<'_>,
    found: &mut [Option<Said>],
    problems: &mut Vec<Problem>,
) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let below = format!("{name}.");
        let is_table = SETTINGS.iter().any(|setting| setting.name.starts_with(&below));
        match (SETTINGS.iter().position(|setting| setting.name == name), value.get_ref()) {
            (_, DeValue::Table(inner)) if is_table => walk(place, &below, inner, found, problems),
            (Some(number), value_of) => match text(&SETTINGS[number], value_of) {
                Ok(text) => found[number] = Some(Said { text, origin: place.of(&value.span()) }),
                Err(mend) => problems.push(Problem {
                    origin: place.of(&value.span()),
                    what: format!("`{name}` cannot be {} {}", article(value_of), value_of.type_str()),
                    mend,
                }),
            },
            (None, value_of) if is_table => problems.push(Problem {
                origin: place.of(&value.span()),
                what: format!("`{name}` cannot be {} {}", article(value_of), value_of.type_str()),
                mend: format!("write its settings below a line [{name}]"),
            }),
            (None, _) => problems.push(Problem {
                origin: place.of(&key.span()),
                what: format!("`{name}` is no setting"),
                mend: nearest(&name),
            }),
        }
    }
}

fn article(value: &DeValue<'_>) -> &'static str {
    if matches!(value, DeValue::Array(_) | DeValue::Integer(_)) { "an" } else { "a" }
}

/// A value as it is written elsewhere; where it is of another kind, how to write one.
fn text(setting: &Setting, value: &DeValue<'_>) -> Result<String, String> {
    let write = |example: &str| Err(format!("write it as {} = {example}", setting.name));
    match (setting.kind, value) {
        (Kind::Switch(_), DeValue::Boolean(value)) => Ok(value.to_string()),
        (Kind::Switch(_), _) => write("true"),
        (Kind::Count(..) | Kind::Size(..), DeValue::Integer(value)) if value.radix() == 10 => {
            Ok(value.as_str().to_owned())
        }
        (Kind::Count(..), _) => write("4096"),
        (
            Kind::Address(_) | Kind::Duration(_) | Kind::Wait(_) | Kind::Size(..) | Kind::Path(_),
            DeValue::String(value),
        ) => Ok(value.to_string()),
        (Kind::Address(_), _) => write("\"127.0.0.1:4180\""),
        (Kind::Duration(_) | Kind::Wait(_), _) => write("\"30s\""),
        (Kind::Size(..), _) => write("\"16MiB\""),
        (Kind::Path(_), _) => write("\"FILE\""),
    }
}

/// The setting that was probably meant: a like name, or the same name in another table.
fn nearest(name: &str) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |setting: &&Setting| {
        strsim::jaro_winkler(setting.name, name).max(strsim::jaro_winkler(&last(setting.name), &last(name)))
    };
    let best = SETTINGS.iter().max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
    match best.filter(|setting| likeness(setting) >= LIKENESS) {
        Some(setting) => match setting.name.split_once('.') {
            Some((table, key)) => format!("write `{key}` below [{table}] if that is meant"),
            None => format!("write `{}`, before the first table, if that is meant", setting.name),
        },
        None => "the settings are listed by `wayleave serve --check-settings`".to_owned(),
    }
}
