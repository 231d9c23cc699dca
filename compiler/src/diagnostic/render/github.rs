//! Diagnostics as the workflow commands of GitHub Actions: every one as a plain line, then annotations, errors first and no
//! more of a kind than are shown, then the true count.

use super::{Counts, heading, location, next_steps, order, printable};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;

/// So many annotations of a kind are shown of one step; the rest is dropped without a word.
const SHOWN: usize = 10;

/// The whole answer: a plain report for the job's log, the annotations, and the count. Empty for none.
pub fn render_github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let sorted = order(diagnostics);
    let mut out = String::new();
    for told in &sorted {
        // A line that begins with two colons would be a command; a path may begin so, a severity does not.
        let message = format!("{}: {}", heading(told), printable(&told.message));
        out.push_str(&render_github_text(&format!(
            "{message}\n  at {}\n",
            location(sources, told.primary.span)
        )));
    }
    let mut annotated = Counts::default();
    for told in &sorted {
        let count = match told.severity {
            Severity::Error => &mut annotated.errors,
            Severity::Warning => &mut annotated.warnings,
            Severity::Note => &mut annotated.notes,
        };
        if *count < SHOWN {
            *count += 1;
            out.push_str(&command(told, sources));
        }
    }
    let counts = Counts::of(diagnostics);
    out.push_str(&counts.to_string());
    if annotated != counts {
        out.push_str(&format!(
            "; of these {annotated} are annotated, as no more than {SHOWN} of a kind are shown of a step"
        ));
    }
    out.push('\n');
    out
}

/// Text for a job's log that holds no command, whatever it quotes. A command of the old form, `##[NAME]`, is obeyed anywhere in
/// a line; one of the new form only where a line begins with it.
pub fn render_github_text(text: &str) -> String {
    text.replace("##[", "##\\u{5b}")
}

/// An error about a whole file.
pub fn render_github_error(path: &str, title: &str, message: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    format!("::error file={},title={}::{}\n", property(path), property(title), data(&printable(message)))
}

/// `::error file=main.route,line=3,…,title=R0101 unknown name::MESSAGE`
fn command(told: &Diagnostic, sources: &Sources) -> String {
    let kind = match told.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let span = told.primary.span;
    let (start, end) = (sources.start(span), sources.end(span));
    let mut words = printable(&told.message);
    for label in told.secondary.iter().filter(|label| !label.text.is_empty()) {
        words.push_str(&format!("\n{}: {}", location(sources, label.span), printable(&label.text)));
    }
    for step in next_steps(told) {
        words.push_str(&format!("\nhelp: {step}"));
    }
    let path = &sources.file(span.file).path;
    let path = path.strip_prefix("./").unwrap_or(path);
    // Columns of two lines say nothing.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column.max(start.column + 1))
    } else {
        String::new()
    };
    format!(
        "::{kind} file={},line={},endLine={}{columns},title={}::{}\n",
        property(path),
        start.line,
        end.line,
        property(&format!("{} {}", told.code.name(), told.code.title())),
        data(&words)
    )
}

/// What may stand behind the second pair of colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What may stand behind a `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{SHOWN, render_github};
    use crate::diagnostic::{Code, Diagnostic};
    use crate::source::{FileId, Sources, Span};

    fn told(code: Code, line: u32) -> Diagnostic {
        let span = Span { file: FileId(0), start: line * 2, end: line * 2 + 1 };
        Diagnostic::new(code, "100% wrong: a, b", span, "here").with_help("mend it")
    }

    #[test]
    fn what_is_quoted_is_no_command() {
        let sources = Sources::single("##[add-mask]x.route", "x\n");
        let span = Span { file: FileId(0), start: 0, end: 1 };
        let told = Diagnostic::new(Code::R0101, "unknown provider `##[stop-commands]x`", span, "here");
        let text = render_github(&[told], &sources);
        let mut others = text.lines().filter(|line| !line.starts_with("::"));
        assert!(others.all(|line| !line.contains("##[")), "{text}");
    }

    #[test]
    fn errors_come_first_and_the_count_is_true() {
        let sources = Sources::single("a,b.route", &"x\n".repeat(40));
        let mut all: Vec<Diagnostic> = (0..12).map(|line| told(Code::R0309, line)).collect();
        all.extend((12..40).map(|line| told(Code::R0101, line)));
        let text = render_github(&all, &sources);
        let commands: Vec<&str> = text.lines().filter(|line| line.starts_with("::")).collect();
        assert_eq!(commands.len(), 2 * SHOWN);
        assert!(commands[..SHOWN].iter().all(|line| line.starts_with("::error ")), "{text}");
        assert!(commands[SHOWN..].iter().all(|line| line.starts_with("::warning ")), "{text}");
        assert_eq!(
            commands[0],
            "::error file=a%2Cb.route,line=13,endLine=13,col=1,endColumn=2,title=R0101 unknown name::\
             100%25 wrong: a, b%0Ahelp: mend it"
        );
        let last = text.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("28 errors, 12 warnings; of these 10 errors, 10 warnings are annotated"),
            "{last}"
        );
        assert_eq!(text.lines().filter(|line| line.starts_with("  at ")).count(), 40);
    }
}
