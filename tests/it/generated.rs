//! What is made from `grammar/route.pest` and checked in is what the grammar says now. With `WAYLEAVE_UPDATE=1` it is
//! rewritten: read it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use wayleave_tests::generated::{self, law::Law};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn law() -> Law {
    let source = std::fs::read_to_string(root().join("grammar/route.pest")).expect("the grammar is there");
    Law::read(&source).expect("it is a grammar")
}

fn is_update() -> bool {
    std::env::var_os("WAYLEAVE_UPDATE").is_some()
}

/// The first lines that differ, with one before them.
fn difference(kept: &str, made: &str) -> String {
    let (kept, made): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), made.lines().collect());
    let same = kept.iter().zip(&made).take_while(|(kept, made)| kept == made).count();
    let shown = |sign: &str, lines: &[&str]| -> String {
        let lines = lines.iter().skip(same).take(4);
        lines.map(|line| format!("{sign} {}\n", line.chars().take(300).collect::<String>())).collect()
    };
    let before = kept.get(same.wrapping_sub(1)).map(|line| format!("  {line}\n")).unwrap_or_default();
    format!("line {}:\n{before}{}{}", same + 1, shown("-", &kept), shown("+", &made))
}

/// Compares, or rewrites; `None` where all is well.
fn compared(path: &str, made: &str) -> Option<String> {
    let file = root().join(path);
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    if kept == made {
        return None;
    }
    if is_update() {
        std::fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("a folder can be made");
        std::fs::write(&file, made).expect("it can be written");
        return None;
    }
    Some(format!("{path} is not what grammar/route.pest says, {}", difference(&kept, made)))
}

#[test]
fn files_are_what_the_grammar_says() {
    let wrong: Vec<String> =
        generated::files(&law()).iter().filter_map(|(path, made)| compared(path, made)).collect();
    assert!(wrong.is_empty(), "rewrite them with WAYLEAVE_UPDATE=1:\n{}", wrong.join("\n"));
}

#[test]
fn the_book_lists_every_page() {
    let summary = std::fs::read_to_string(root().join("docs/SUMMARY.md")).expect("the book has a summary");
    for page in generated::files(&law()).keys().filter_map(|path| path.strip_prefix("docs/")) {
        let is_listed = !page.ends_with(".md") || summary.contains(&format!("]({page})"));
        assert!(is_listed, "docs/SUMMARY.md does not list {page}");
    }
}

/// A rule that is gone leaves no page and no drawing.
#[test]
fn no_page_is_left_of_what_is_gone() {
    let made = generated::files(&law());
    for entry in std::fs::read_dir(root().join("docs/grammar")).expect("the pages are there") {
        let entry = entry.expect("an entry");
        let path = format!("docs/grammar/{}", entry.file_name().to_string_lossy());
        if !made.contains_key(&path) {
            assert!(is_update(), "{path} belongs to no rule of grammar/route.pest: remove it");
            std::fs::remove_file(entry.path()).expect("it can be removed");
        }
    }
}

#[test]
fn parts_of_files_are_what_the_grammar_says() {
    for [path, begin, made, end] in generated::parts(&law()) {
        let kept = std::fs::read_to_string(root().join(&path)).expect("the file is there");
        let (before, rest) = kept.split_once(&begin).unwrap_or_else(|| panic!("{path}: no line {begin}"));
        let (_, behind) = rest.split_once(&end).unwrap_or_else(|| panic!("{path}: no line {end}"));
        let wrong = compared(&path, &format!("{before}{begin}{made}{end}{behind}"));
        assert!(wrong.is_none(), "rewrite it with WAYLEAVE_UPDATE=1:\n{}", wrong.unwrap_or_default());
    }
}

/// Each page of a construct shows its rules of the grammar, between the two comments that name them.
#[test]
fn pages_of_constructs_show_their_grammar() {
    const END: &str = "<!-- end of grammar -->";
    let law = law();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(root().join("docs/reference")).expect("the pages are there") {
        let path = format!("docs/reference/{}", entry.expect("an entry").file_name().to_string_lossy());
        let kept = std::fs::read_to_string(root().join(&path)).expect("a page");
        let (before, rest) =
            kept.split_once("<!-- grammar: ").unwrap_or_else(|| panic!("{path}: no grammar"));
        let (names, rest) = rest.split_once(" -->").unwrap_or_else(|| panic!("{path}: an open comment"));
        let (_, behind) = rest.split_once(END).unwrap_or_else(|| panic!("{path}: no `{END}`"));
        let rules: Vec<&str> = names.split_whitespace().collect();
        let made = generated::excerpt(&law, &rules).unwrap_or_else(|wrong| panic!("{path}: {wrong}"));
        wrong.extend(compared(&path, &format!("{before}<!-- grammar: {names} -->\n\n{made}\n{END}{behind}")));
    }
    assert!(wrong.is_empty(), "rewrite them with WAYLEAVE_UPDATE=1:\n{}", wrong.join("\n"));
}

/// No word is forgotten: each stands in the patterns of both editors.
#[test]
fn every_word_has_a_colour() {
    let law = law();
    let files = generated::files(&law);
    for path in ["lsp/editors/textmate/route.tmLanguage.json", "lsp/editors/vim/syntax/route.vim"] {
        // Groups of words between signs; Vim escapes hyphens.
        let text = files[path].replace("\\\\-", "-").replace("\\-", "-");
        let is_part = |character: char| !(character.is_ascii_alphanumeric() || character == '-');
        let found: BTreeSet<&str> = text.split(is_part).collect();
        let missing: Vec<&str> = law.keywords().into_iter().filter(|word| !found.contains(word)).collect();
        assert!(missing.is_empty(), "{path} lacks {missing:?}");
    }
}
