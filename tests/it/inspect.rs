//! The files of `suite/inspect`: a file a built-in detector, named after it; `none.cases` is for all of them, and
//! `plain.cases` for what they find in the plain form of a text.
//!
//! A line is a text; what must be found in it stands between `⟦` and `⟧`, and nothing else may be found. ` ⇒ ` may add what
//! it is in words. `\n` is a line break, `\u{…}` a character by its number and `\\` a backslash; `¦` is taken out, so that
//! no scanner takes a made-up credential for a leak. Empty lines and those that begin with `# ` are for the reader.

use std::fmt::Write;
use std::ops::Range;
use wayleave_inspect::{Detectors, Looks, plain};

struct Case {
    text: String,
    found: Vec<Range<usize>>,
    what: Option<String>,
}

fn case(line: &str) -> Case {
    let (line, what) = match line.split_once(" ⇒ ") {
        Some((line, what)) => (line, Some(what.to_owned())),
        None => (line, None),
    };
    let (mut text, mut found, mut start) = (String::new(), Vec::new(), None);
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '¦' => {}
            '⟦' => start = Some(text.len()),
            '⟧' => found.push(start.take().expect("`⟦` stands before `⟧`")..text.len()),
            '\\' => text.push(match characters.next() {
                Some('n') => '\n',
                Some('u') => numbered(&mut characters),
                _ => '\\',
            }),
            character => text.push(character),
        }
    }
    assert!(start.is_none(), "`⟧` is missing: {line}");
    Case { text, found, what }
}

/// What `{…}` says, in hexadecimal.
fn numbered(characters: &mut std::str::Chars<'_>) -> char {
    let number: String = characters.skip(1).take_while(|c| *c != '}').collect();
    let number = u32::from_str_radix(&number, 16).expect("a number stands in `\\u{…}`");
    char::from_u32(number).expect("a character has this number")
}

/// The same case for one who looks at the plain form.
fn in_plain(case: &Case) -> Case {
    let place = |at: usize| plain(&case.text[..at]).len();
    let found = case.found.iter().map(|range| place(range.start)..place(range.end)).collect();
    Case { text: plain(&case.text).into_owned(), found, what: case.what.clone() }
}

fn detectors(name: &str) -> Detectors {
    let names = if name == "none" || name == "plain" { Looks::BUILT_IN.to_vec() } else { vec![name] };
    let looks = names.into_iter().map(|name| {
        let looks = Looks::built_in(name).unwrap_or_else(|| panic!("`{name}` is no built-in detector"));
        (name.to_owned(), looks)
    });
    Detectors::new(looks.collect()).expect("built-in detectors have no bad patterns")
}

#[test]
fn what_is_marked_is_found_and_nothing_else() {
    let mut problems = String::new();
    let mut count = 0;
    insta::glob!("../suite/inspect", "*.cases", |path| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let detectors = detectors(&name);
        let file = std::fs::read_to_string(path).expect("cases");
        for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            count += 1;
            let mut case = case(line);
            let written = case.text.clone();
            if name == "plain" {
                assert_eq!(detectors.find(&case.text), [], "seen without the plain form: {line}");
                case = in_plain(&case);
            }
            let findings = detectors.find(&case.text);
            let found: Vec<Range<usize>> = findings.iter().map(|finding| finding.range.clone()).collect();
            let is_named = case.what.as_ref().is_none_or(|what| findings.iter().all(|f| f.what == *what));
            if found != case.found || !is_named {
                let shown: Vec<_> =
                    findings.iter().map(|f| (&f.what, case.text[f.range.clone()].to_owned())).collect();
                let _ = writeln!(problems, "{name}: {line}\n  found {shown:?}");
            }
            assert_eq!(detectors.found(&written).is_empty(), findings.is_empty(), "{name}: {line}");
        }
    });
    assert!(problems.is_empty(), "{problems}");
    assert!(count >= 120, "the suite has its cases");
}
