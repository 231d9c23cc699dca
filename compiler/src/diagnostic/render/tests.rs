//! Drawings of what is hard to draw, by eye; and no panic on any span of any text.

use super::{Counts, Style, printable, render_human, render_json, render_plain};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{FileId, Sources, Span};

const STYLE: Style = Style { colour: false, width: 100 };

fn span(start: usize, end: usize) -> Span {
    let offset = |at: usize| u32::try_from(at).expect("test texts are short");
    Span { file: FileId(0), start: offset(start), end: offset(end) }
}

fn of(text: &str, needle: &str) -> Span {
    let start = text.find(needle).expect("the needle is there");
    span(start, start + needle.len())
}

fn error(span: Span) -> Diagnostic {
    Diagnostic::new(Code::R0101, "no provider is named `opnai`", span, "not declared")
}

#[test]
fn a_diagnostic_with_two_labels_and_a_fix() {
    let text = "provider openai {}\n\nroute chat\n  to opnai/large // 😀\n";
    let sources = Sources::single("main.route", text);
    let diagnostic = error(of(text, "opnai")).with_label(of(text, "openai"), "declared here").with_fix(
        "write `openai`",
        of(text, "opnai"),
        "openai",
        Applicability::Always,
    );
    let expected = "\
error[R0101]: no provider is named `opnai`
   ╭─[ main.route:4:6 ]
   │
 1 │ provider openai {}
   │          ──────
   │          ╰─────── declared here
   │
 4 │   to opnai/large // 😀
   │      ─────
   │      ╰────── not declared
───╯
  help: write `openai`

for more about R0101: wayleave explain R0101
1 error
";
    let drawn = render_human(&[diagnostic], &sources, STYLE);
    assert_eq!(drawn.replace('┬', "─"), expected, "{drawn}");
}

#[test]
fn long_lines_are_cut_around_the_label_and_keep_their_true_column() {
    let text = format!("{}needle{}\n", "x".repeat(10_000), "y".repeat(10_000));
    let sources = Sources::single("main.route", &text);
    let drawn = render_human(&[error(of(&text, "needle"))], &sources, STYLE);
    assert!(drawn.contains("[ main.route:1:10001 ]"), "{drawn}");
    assert!(drawn.contains("…x") && drawn.contains("needle") && drawn.contains("y…"), "{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() < 120), "{drawn}");
}

#[test]
fn nothing_in_a_file_speaks_to_the_terminal() {
    let text = "// \u{1b}[31mred\u{202e}\r\nroute\u{7} x\r\n";
    let sources = Sources::single("main.route", text);
    for diagnostic in [error(span(0, 4)), error(of(text, "route"))] {
        let drawn = render_human(&[diagnostic], &sources, STYLE);
        assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()), "{drawn:?}");
        assert!(!drawn.contains('\u{202e}'), "{drawn:?}");
    }
    assert_eq!(printable("a\tb\u{0}"), "a    b\\u{0}");
}

#[test]
fn every_span_of_hard_texts_is_drawn() {
    let long = format!("{}\n{}", "é".repeat(300), "\t".repeat(300));
    let texts = [
        "",
        "\n",
        "\r\n",
        "a",
        "é日本😀\r\n\n\tx\r",
        "one\ntwo\nthree",
        "\u{feff}edition 2026\n\u{2028}",
        &long,
    ];
    for text in texts {
        let sources = Sources::single("main.route", text);
        let step = 1 + text.len() / 40;
        for start in (0..=text.len()).step_by(step) {
            for end in (start..=text.len()).step_by(step) {
                let two = error(span(start, end)).with_label(span(start / 2, end), "other");
                for diagnostic in [error(span(start, end)), two] {
                    let drawn = render_human(std::slice::from_ref(&diagnostic), &sources, STYLE);
                    assert!(drawn.contains("─[ main.route:"), "{start}..{end} of {text:?}: {drawn}");
                }
            }
        }
    }
}

#[test]
fn plain_and_json_say_the_same_place() {
    let text = "😀 opnai\n";
    let sources = Sources::single("dir/main.route", text);
    let diagnostics = [error(of(text, "opnai")).with_help("declare it")];
    let plain = render_plain(&diagnostics, &sources);
    assert_eq!(plain, "dir/main.route:1:3: error[R0101]: no provider is named `opnai`; help: declare it\n");
    let json = render_json(&diagnostics, &sources, "2026-11-22");
    assert_eq!(json["as_of"], "2026-11-22");
    let label = &json["diagnostics"][0]["labels"][0];
    assert_eq!((&label["line"], &label["column"], &label["end_column"]), (&1.into(), &3.into(), &8.into()));
}

#[test]
fn counts_are_told_in_words() {
    let one = error(span(0, 0));
    assert_eq!(Counts::of(&[one.clone(), one]).to_string(), "2 errors");
    assert_eq!(Counts::default().to_string(), "");
}
