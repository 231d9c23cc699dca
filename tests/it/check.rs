//! The files of `suite/check`: each holds one mistake, and its first line says the code, the line and a piece of the next
//! step that the mistake must give, as in ``// R0101 at line 12: near``. The snapshot beside it holds the whole message.
//! And what holds for texts that nobody would write: they are answered in bounded time and memory.

use std::path::Path;
use wayleave_compiler::diagnostic::render::{Style, render_human};
use wayleave_compiler::{Checked, Code, Diagnostic, Options, Severity, Sources, check};
use wayleave_program::value::DEFAULT_NOW;
use wayleave_tests::snapshot;

/// What the first line of a file asks for.
struct Expected {
    code: String,
    /// Relative to the folder of the file; the file itself where it is not said.
    file: String,
    /// From 1; 0 where any line will do.
    line: u32,
    /// A piece of the help, or of a fix.
    step: String,
}

impl Expected {
    fn read(path: &Path, text: &str) -> Expected {
        let first = text.lines().next().expect("a first line");
        let words = first.strip_prefix("// ").expect("the first line is a comment");
        let (place, step) = words.split_once(": ").unwrap_or((words, ""));
        let (code, place) = place.split_once(" at ").expect("CODE at line N");
        let (file, line) = place.rsplit_once("line ").expect("line N");
        let own = path.file_name().expect("a name").to_string_lossy().into_owned();
        let file = if file.is_empty() { own } else { file.trim().to_owned() };
        Expected { code: code.to_owned(), file, line: line.parse().expect("a number"), step: step.to_owned() }
    }
}

fn checked(path: &Path) -> (Sources, Checked) {
    let folder = path.parent().expect("a folder");
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut read = |file: &str| {
        std::fs::read_to_string(folder.join(file)).map_err(|_| "there is no such file".to_owned())
    };
    let sources = Sources::gather(&name, &mut read).expect("the root file can be read");
    let mut checked = check(&sources, &Options { as_of: DEFAULT_NOW });
    // A note is shown where it is asked for, here by a file whose first line names its code.
    let first = sources.files()[0].text.lines().next().unwrap_or_default().to_owned();
    checked.diagnostics.retain(|told| told.severity != Severity::Note || first.contains(told.code.name()));
    (sources, checked)
}

#[test]
fn each_mistake_gives_one_message_at_its_place_with_its_step() {
    let mut problems = Vec::new();
    insta::glob!("../suite/check", "*.route", |path| {
        let text = std::fs::read_to_string(path).expect("a policy");
        let expected = Expected::read(path, &text);
        let (sources, checked) = checked(path);
        let shown = render_human(&checked.diagnostics, &sources, Style { colour: false, width: 100 });
        let has_error = checked.diagnostics.iter().any(|told| told.severity == Severity::Error);
        assert_eq!(checked.policy.is_none(), has_error, "a policy is built if and only if nothing is wrong");
        snapshot::beside(path, &shown);
        let found: Vec<String> =
            checked.diagnostics.iter().map(|told| place(told, &sources, expected.line)).collect();
        let wanted = format!("{} {}:{}", expected.code, expected.file, expected.line);
        if found != [wanted.as_str()] {
            problems.push(format!("wanted {wanted}:\n{shown}"));
        } else if !step(&checked.diagnostics[0]).contains(&expected.step) {
            problems.push(format!("no `{}` in the next step:\n{shown}", expected.step));
        }
    });
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn place(told: &Diagnostic, sources: &Sources, line: u32) -> String {
    let span = told.primary.span;
    let line = if line == 0 { 0 } else { sources.start(span).line };
    format!("{} {}:{line}", told.code.name(), sources.file(span.file).name)
}

/// The next step that a diagnostic offers, and what its fixes write.
pub(crate) fn step(told: &Diagnostic) -> String {
    let mut step = told.help.clone().unwrap_or_default();
    for fix in &told.fixes {
        step.push_str(&fix.title);
        fix.edits.iter().for_each(|edit| step.push_str(&edit.text));
    }
    step
}

/// The files of `suite/unenforced`: sound policies that the proxy would not carry out, each with the place and the words of
/// what it refuses.
#[test]
fn what_the_proxy_does_not_enforce_is_named_where_it_stands() {
    let mut count = 0;
    insta::glob!("../suite/unenforced", "*.route", |path| {
        count += 1;
        let text = std::fs::read_to_string(path).expect("a policy");
        let expected = Expected::read(path, &text);
        let (sources, checked) = checked(path);
        assert!(
            checked.policy.is_some() && checked.diagnostics.is_empty(),
            "{}: {:?}",
            path.display(),
            checked.diagnostics
        );
        let refused = wayleave_compiler::unenforced(&sources);
        let places: Vec<String> = refused.iter().map(|told| place(told, &sources, expected.line)).collect();
        assert_eq!(
            places,
            [format!("{} {}:{}", expected.code, expected.file, expected.line)],
            "{}",
            path.display()
        );
        assert!(
            refused[0].message.contains(&format!("`{}`", expected.step)),
            "{}: {}",
            path.display(),
            refused[0].message
        );
    });
    assert!(count >= 7, "one file for each construct");
}

/// Every message names what is wrong as the house writes it.
#[test]
fn messages_keep_the_house_rules() {
    insta::glob!("../suite/check", "*.route", |path| {
        let (_, checked) = checked(path);
        for told in &checked.diagnostics {
            let begins_small = told.message.chars().next().is_some_and(|first| !first.is_uppercase());
            assert!(begins_small && !told.message.ends_with('.'), "{}", told.message);
            for word in ["did you mean", "illegal", "Did you"] {
                assert!(!told.message.contains(word), "{}", told.message);
            }
            for fix in &told.fixes {
                assert!(
                    fix.edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start),
                    "{}",
                    fix.title
                );
            }
        }
    });
}

/// The codes that files of the suite show.
#[test]
fn every_code_is_shown_by_a_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/check");
    let mut shown = crate::prove::codes();
    for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "route") {
            let text = std::fs::read_to_string(&path).expect("a policy");
            shown.insert(Expected::read(&path, &text).code);
        }
    }
    // A test that fails is shown where tests are run, what is not enforced in `suite/unenforced`.
    let missing: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.name())
        .filter(|code| !["R0403", "R0902"].contains(code) && !shown.contains(*code))
        .collect();
    assert!(missing.is_empty(), "no file shows {missing:?}");
}

/// Texts that nobody would write.
#[test]
fn hostile_texts_get_a_clear_error() {
    let nested =
        format!("edition 2026\ndefine x = {}request.stream{}\n", "(".repeat(10_000), ")".repeat(10_000));
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let bytes: Vec<u8> = (0..100_000)
        .map(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random.to_le_bytes()[0]
        })
        .collect();
    let texts = [
        ("empty", String::new()),
        ("ten megabytes", "deny a when data is b\n".repeat(10 * 1024 * 1024 / 22)),
        ("nested parentheses", nested),
        ("nested braces", format!("edition 2026\ntype t = {}", "a { ".repeat(10_000))),
        ("random bytes", String::from_utf8_lossy(&bytes).into_owned()),
        (
            "a long chain",
            format!("edition 2026\ndefine x = {}request.stream\n", "request.stream and ".repeat(100_000)),
        ),
        ("many errors", "deny deny deny\n".repeat(20_000)),
    ];
    for (name, text) in texts {
        let sources = Sources::single("main.route", &text);
        let checked = check(&sources, &Options { as_of: DEFAULT_NOW });
        assert!(checked.policy.is_none(), "{name}");
        assert!(
            (1..=1000).contains(&checked.diagnostics.len()),
            "{name}: {} messages",
            checked.diagnostics.len()
        );
        let shown = render_human(&checked.diagnostics, &sources, Style { colour: false, width: 100 });
        assert!(shown.len() < 1_000_000, "{name}: {} bytes shown", shown.len());
    }
}
