//! Sentences made from the normative grammar: each that it accepts is read without a fault.

use wayleave_grammar::{Layer, parse};
use wayleave_sentences::{Grammar, Writer};
use wayleave_tree_sitter::{faults, parser, root};

/// Accepted sentences.
const SENTENCES: usize = 20_000;

#[test]
fn what_the_grammar_accepts_is_read_without_a_fault() {
    let source = std::fs::read_to_string(root().join("grammar/route.pest")).expect("the grammar is there");
    let grammar = Grammar::read(&source).expect("the grammar can be read");
    let mut writer = Writer::new(&grammar, 5);
    let mut parser = parser();
    let mut count = 0;
    while count < SENTENCES {
        let text = writer.sentence("source_file");
        if parse(&text).errors().iter().any(|error| error.layer != Layer::Meaning) {
            continue;
        }
        writer.accept();
        count += 1;
        let faults = faults(&mut parser, &text);
        assert!(faults.is_empty(), "{faults:#?}\n---\n{text}");
    }
}
