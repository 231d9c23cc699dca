//! The layout: what it must keep, on sentences made from the grammar; and what it looks like, on the files of
//! `suite/layout`, each with its layout beside it.

use wayleave_grammar::judge::agree;
use wayleave_grammar::layout::{checked, checked_by_parser, kept, layout};
use wayleave_grammar::{Layer, NodeOrToken, Parse, SyntaxKind, parse};
use wayleave_tests::sentences::{Grammar, Writer};

/// Sentences of a whole run, over all seeds; each is also tried with comments and cut short.
const SENTENCES: usize = 20_000;
const SEEDS: usize = 4;

#[test]
fn files_have_one_layout() {
    insta::glob!("../suite/layout", "*.route", |path| {
        let text = std::fs::read_to_string(path).expect("the file can be read");
        let laid_out = keeps_all(&text);
        let (parsed, text_of) = (parse(&text), |parsed: Parse| parsed.syntax().text().to_owned());
        assert_eq!(checked_by_parser(&parsed).map(text_of), checked(&parsed), "{}", path.display());
        wayleave_tests::snapshot::beside(path, &laid_out);
    });
}

/// The layout of a text, having seen that it keeps what it must.
fn keeps_all(text: &str) -> String {
    let before = parse(text);
    let laid_out = layout(&before);
    let after = parse(&laid_out);
    if let Err(loss) = kept(&before, &after) {
        panic!("{loss}\n--- of\n{text}\n--- became\n{laid_out}");
    }
    if let Err(disagreement) = agree(&laid_out, &after) {
        panic!("{disagreement}\n--- of\n{text}\n--- became\n{laid_out}");
    }
    let again = layout(&after);
    let differ = again.lines().zip(laid_out.lines()).find(|(again, first)| again != first);
    assert!(
        again == laid_out,
        "{differ:?} in {again:?}\nthe layout of\n{text}\n--- namely\n{laid_out}\n--- is laid out as\n{again}"
    );
    laid_out
}

fn is_accepted(parse: &Parse) -> bool {
    parse.errors().iter().all(|error| error.layer == Layer::Meaning)
}

/// The text with a comment of its own behind every token, half of them on a line of their own.
fn commented(parse: &Parse) -> (String, Vec<String>) {
    let (mut text, mut comments) = (String::new(), Vec::new());
    let root = parse.syntax();
    let mut previous = SyntaxKind::Whitespace;
    for token in root.descendants_with_tokens().filter_map(NodeOrToken::into_token) {
        let kind = token.kind();
        if matches!(kind, SyntaxKind::Comment | SyntaxKind::DocComment) {
            continue;
        }
        // Parts of targets and dotted names stand side by side.
        let joins = |kind| matches!(kind, SyntaxKind::Dot | SyntaxKind::Slash | SyntaxKind::Star);
        if !kind.is_trivia() && !previous.is_trivia() && !joins(kind) && !joins(previous) {
            let comment = format!("// c{}", comments.len());
            text.push_str(if comments.len() % 2 == 0 { " " } else { "\n" });
            text.push_str(&comment);
            text.push('\n');
            comments.push(comment);
        }
        if kind == SyntaxKind::Whitespace && !previous.is_trivia() {
            let comment = format!("// c{}", comments.len());
            text.push_str(if comments.len() % 3 == 0 { "\n\n" } else { " " });
            text.push_str(&comment);
            comments.push(comment);
            text.push('\n');
        }
        text.push_str(token.text());
        previous = kind;
    }
    (text, comments)
}

fn comments_of(parse: &Parse) -> Vec<String> {
    let tokens = parse.syntax().descendants_with_tokens().filter_map(NodeOrToken::into_token);
    tokens.filter(|token| token.kind() == SyntaxKind::Comment).map(|token| token.text().to_owned()).collect()
}

fn run(seed: u64) {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../grammar/route.pest"));
    let grammar = Grammar::read(&source.expect("the grammar is there")).expect("it can be read");
    let mut writer = Writer::new(&grammar, seed);
    let mut count = 0;
    while count < crate::grammar::factor() * SENTENCES / SEEDS {
        let text = writer.sentence("source_file");
        let parsed = parse(&text);
        keeps_all(&text);
        if !is_accepted(&parsed) {
            continue;
        }
        writer.accept();
        count += 1;
        let (text, comments) = commented(&parsed);
        let laid_out = keeps_all(&text);
        assert_eq!(comments_of(&parse(&laid_out)), comments, "of\n{text}\n--- became\n{laid_out}");
        let cut = (0..text.len()).rev().filter(|at| text.is_char_boundary(*at)).nth(count % 97).unwrap_or(0);
        keeps_all(&text[..cut]);
        keeps_all(&writer.mutant(&text));
    }
}

#[test]
fn sentences_keep_all_1() {
    run(11);
}

#[test]
fn sentences_keep_all_2() {
    run(12);
}

#[test]
fn sentences_keep_all_3() {
    run(13);
}

#[test]
fn sentences_keep_all_4() {
    run(14);
}
