//! `explain`: the book's page on a diagnostic code, or the list of all codes.

use crate::args::Explain;
use crate::output::{Exit, Failure, columns, print};
use wayleave_compiler::diagnostic::Code;

pub(super) fn run(explain: &Explain) -> Result<Exit, Failure> {
    match &explain.code {
        Some(name) => match Code::find(name.trim()) {
            Some(code) => print(&format!("{}\n", code.page().trim_end()))?,
            None => return Err(unknown(name)),
        },
        None => print(&list())?,
    }
    Ok(Exit::Yes)
}

fn list() -> String {
    let rows: Vec<Vec<String>> = Code::ALL
        .iter()
        .map(|code| vec![code.name().to_owned(), code.severity().name().to_owned(), code.title().to_owned()])
        .collect();
    columns(&rows)
}

fn unknown(name: &str) -> Failure {
    let failure = Failure::new(format!("`{name}` is not a code of this version"));
    match nearest(name) {
        Some(code) => {
            failure.mend(format!("the nearest is {0}, {1}: wayleave explain {0}", code.name(), code.title()))
        }
        None => failure.mend("`wayleave explain` lists all codes"),
    }
}

/// The code whose number is nearest: `101`, `E0101` and `R01O1` all mean some `R0101`.
fn nearest(name: &str) -> Option<Code> {
    let digits: String = name.chars().filter(char::is_ascii_digit).take(6).collect();
    let number: i64 = digits.parse().ok()?;
    let distance = |code: &Code| {
        code.name()
            .get(1..)
            .and_then(|digits| digits.parse().ok())
            .map_or(i64::MAX, |known: i64| (known - number).abs())
    };
    Code::ALL.iter().copied().min_by_key(distance)
}
