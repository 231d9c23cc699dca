//! What the terminal is told: text, failures and exit status. Knows whether there is a terminal; decides nothing else.

use crate::args::Colour;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use unicode_width::UnicodeWidthStr;
use wayleave_compiler::diagnostic::render::{Style, printable};
use wayleave_program::instant;
use wayleave_program::value::Instant;

/// Columns assumed where there is no terminal to ask.
const WIDTH: usize = 100;

/// The exit status of a command that could be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: clean, passed, done.
    Yes,
    /// 1: errors, a failed test.
    No,
    /// 2: it was not found out.
    Unknown,
    /// 130: it was told to end before it was done.
    Interrupted,
}

/// Why a command could not say anything: what, where, and how to mend it. Exit status 2.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    mend: Option<String>,
    kind: Kind,
}

/// Whether anybody still reads.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Told,
    /// Standard output was closed by its reader, who has seen enough.
    Unread,
}

impl Failure {
    /// Says what is wrong; lower case, no full stop.
    pub(crate) fn new(what: impl Into<String>) -> Failure {
        Failure { what: what.into(), mend: None, kind: Kind::Told }
    }

    /// Says what is wrong, and then each cause below it.
    pub(crate) fn because(what: impl Into<String>, error: &dyn std::error::Error) -> Failure {
        let mut what = what.into();
        let mut cause = Some(error);
        while let Some(error) = cause {
            let words = error.to_string();
            // Some errors repeat their cause in their own words.
            if !what.contains(&words) {
                what.push_str(": ");
                what.push_str(&words);
            }
            cause = error.source();
        }
        Failure::new(what)
    }

    /// Says what is wrong with a file or stream, and why in our own words where they are better than the system's.
    pub(crate) fn io(what: impl Into<String>, error: &std::io::Error) -> Failure {
        Failure::new(format!("{}: {}", what.into(), io_words(error)))
    }

    /// What is wrong, and the next step where there is one.
    pub(crate) fn into_parts(self) -> (String, Option<String>) {
        (self.what, self.mend)
    }

    /// Whether nobody reads standard output any more.
    pub(crate) fn is_unread(&self) -> bool {
        self.kind == Kind::Unread
    }

    /// All that it says, without colour.
    pub(crate) fn words(&self) -> String {
        let mend = self.mend.as_ref().map(|mend| format!("\n  help: {mend}")).unwrap_or_default();
        format!("error: {}{mend}", self.what)
    }

    /// Adds the next step.
    #[must_use]
    pub(crate) fn mend(mut self, step: impl Into<String>) -> Failure {
        self.mend = Some(step.into());
        self
    }
}

impl From<std::io::Error> for Failure {
    /// For standard output alone: every other reader and writer says what it was at.
    fn from(error: std::io::Error) -> Failure {
        let kind = if error.kind() == ErrorKind::BrokenPipe { Kind::Unread } else { Kind::Told };
        Failure { kind, ..Failure::because("standard output could not be written", &error) }
    }
}

/// How the streams of this process are written to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    is_output_coloured: bool,
    is_error_coloured: bool,
    width: usize,
}

impl Terminal {
    /// Asks the process's streams; `no_color` is the variable of that name.
    pub(crate) fn of_process(colour: Colour, no_color: Option<&str>) -> Terminal {
        let is_refused = no_color.is_some_and(|value| !value.is_empty());
        let coloured = |is_terminal: bool| match colour {
            Colour::Auto => is_terminal && !is_refused,
            Colour::Always => true,
            Colour::Never => false,
        };
        let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0));
        Terminal {
            is_output_coloured: coloured(std::io::stdout().is_terminal()),
            is_error_coloured: coloured(std::io::stderr().is_terminal()),
            width,
        }
    }

    /// For what goes to standard output.
    pub(crate) fn output_style(self) -> Style {
        Style { colour: self.is_output_coloured, width: self.width }
    }

    /// For what goes to standard error.
    pub(crate) fn error_style(self) -> Style {
        Style { colour: self.is_error_coloured, width: self.width }
    }

    /// Paints a word for standard output.
    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        painted(self.is_output_coloured, paint, text)
    }

    /// Says why a command could not be carried out, and gives its exit status.
    pub(crate) fn fail(self, failure: &Failure) -> ExitCode {
        if failure.kind == Kind::Unread {
            return ExitCode::SUCCESS;
        }
        let mut text =
            format!("{}: {}\n", painted(self.is_error_coloured, Paint::Red, "error"), failure.what);
        if let Some(mend) = &failure.mend {
            text.push_str(&format!("  {}: {mend}\n", painted(self.is_error_coloured, Paint::Cyan, "help")));
        }
        note(&text);
        ExitCode::from(2)
    }
}

/// Why a file cannot be used, without the number that the system adds.
pub(crate) fn io_words(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "it does not exist".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// The few colours that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// What failed or was denied.
    Red,
    /// What passed or was routed.
    Green,
    /// A second thought.
    Yellow,
    /// A place or a step.
    Cyan,
    /// What can be passed over.
    Dim,
}

fn painted(is_coloured: bool, paint: Paint, text: &str) -> String {
    let code = match paint {
        Paint::Red => "31",
        Paint::Green => "32",
        Paint::Yellow => "33",
        Paint::Cyan => "36",
        Paint::Dim => "2",
    };
    if is_coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Writes bytes to standard output.
///
/// # Errors
/// When they cannot be written.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    output.write_all(bytes)?;
    output.flush()?;
    Ok(())
}

/// Writes to standard output.
///
/// # Errors
/// When nobody reads it any more, or it cannot be written.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// JSON in which each character that a terminal would obey, or show as none, is written as an escape, as JSON itself asks of
/// the first 32 alone. Such a character stands in texts, where an escape says the same.
pub(crate) fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        let is_plain = character == '\n' || matches!(character, ' '..='~');
        let mut own = [0; 4];
        if is_plain || printable(character.encode_utf8(&mut own)).chars().eq([character]) {
            out.push(character);
        } else {
            let mut units = [0; 2];
            character
                .encode_utf16(&mut units)
                .iter()
                .for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out
}

/// Writes to standard error. Nothing better can be done with a failure there than to go on.
pub(crate) fn note(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A moment of the wall clock, to the second, always as long: `2026-11-22 09:00:00Z`.
pub(crate) fn moment(milliseconds: i64) -> String {
    let text = instant::write(Instant(milliseconds.div_euclid(1000))).replace('T', " ");
    if text.matches(':').count() == 1 { text.replace('Z', ":00Z") } else { text }
}

/// Rows as aligned columns, two blanks between them; the last one is not padded.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in rows {
        // A terminal gives some characters two columns, and others none.
        let padded = |(cell, width): (&String, &usize)| {
            format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
        };
        let cells = row.iter().zip(&widths).map(padded);
        let line = cells.collect::<Vec<_>>().join("  ");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// `1st`, `2nd`, `3rd`, `11th`
pub(crate) fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
