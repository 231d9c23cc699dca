//! The grammar and the parser: held to each other by sentences made from the grammar, and by mutants of them.

use pest_vm::Vm;
use wayleave_grammar::judge::{agree, agree_with, parts_of_pairs};
use wayleave_grammar::{Layer, parse};
use wayleave_tests::sentences::{Grammar, Taken, Writer};

mod drifts;

/// Accepted sentences of a whole run, over all seeds.
const SENTENCES: usize = 20_000;
/// Mutants of each of them.
const MUTANTS_PER_SENTENCE: f64 = 2.5;
/// Each rule of the grammar, and so each word, clause and construct, is written in at least so many accepted sentences of a
/// whole run, and each alternative of a rule is taken in as many.
const LEAST_TAKEN: usize = 200;
/// Runs with seeds of their own, so that they can run side by side.
const SEEDS: usize = 4;

fn source() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../grammar/route.pest"))
        .expect("the grammar is there")
}

/// How many times the amounts of CI: `WAYLEAVE_SENTENCES=10` asks for ten times as many.
pub(crate) fn factor() -> usize {
    std::env::var("WAYLEAVE_SENTENCES").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1)
}

/// Accepted sentences, and texts that only look like one, until there are so many accepted ones.
fn sentences(writer: &mut Writer, accepted: usize, mut each: impl FnMut(&mut Writer, &str, bool)) {
    let mut count = 0;
    while count < accepted {
        let text = writer.sentence("source_file");
        let parse = parse(&text);
        if let Err(disagreement) = agree(&text, &parse) {
            panic!("{disagreement}\n---\n{text}\n---");
        }
        let is_accepted = parse.errors().iter().all(|error| error.layer == Layer::Meaning);
        if is_accepted {
            writer.accept();
            count += 1;
        }
        each(writer, &text, is_accepted);
    }
}

#[test]
fn every_rule_is_reached() {
    let grammar = Grammar::read(&source()).expect("the grammar can be read");
    assert_eq!(grammar.unreachable_from("source_file"), Vec::<&str>::new());
}

fn run(seed: u64) {
    let grammar = Grammar::read(&source()).expect("the grammar can be read");
    let mut writer = Writer::new(&grammar, seed);
    let mut owed = 0.0_f64;
    sentences(&mut writer, factor() * SENTENCES / SEEDS, |writer, text, is_accepted| {
        owed += if is_accepted { MUTANTS_PER_SENTENCE } else { 0.0 };
        while owed >= 1.0 {
            owed -= 1.0;
            let mutant = writer.mutant(text);
            if let Err(disagreement) = agree(&mutant, &parse(&mutant)) {
                panic!("{disagreement}\n---\n{mutant}\n---");
            }
        }
    });
    let count = |taken: &Taken| writer.counts().get(taken).copied().unwrap_or(0);
    let thin: Vec<String> = grammar
        .chosen()
        .filter(|taken| count(taken) < factor() * LEAST_TAKEN / SEEDS)
        .map(|taken| format!("{taken:?}: {}", count(&taken)))
        .collect();
    assert!(thin.is_empty(), "taken too seldom to be trusted: {thin:#?}");
    let unwritten: Vec<String> = grammar
        .written()
        .filter(|rule| writer.written(rule) < factor() * LEAST_TAKEN / SEEDS)
        .map(|rule| format!("{rule}: {}", writer.written(rule)))
        .collect();
    assert!(unwritten.is_empty(), "written too seldom to be trusted: {unwritten:#?}");
}

#[test]
fn sentences_and_mutants_1() {
    run(1);
}

#[test]
fn sentences_and_mutants_2() {
    run(2);
}

#[test]
fn sentences_and_mutants_3() {
    run(3);
}

#[test]
fn sentences_and_mutants_4() {
    run(4);
}
