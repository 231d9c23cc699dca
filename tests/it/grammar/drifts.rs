//! The judge is judged: drifts are seeded, and the sentences must find each of them. A drift of the grammar is a change of
//! a copy of it, from which the sentences are then made. A drift of the lexer or the parser is the same difference seen
//! from the other side: the sentences are made from the grammar as it is, and compared with a copy that has the change.

use super::*;

/// Texts tried before a drift counts as missed.
const TRIES: usize = 40_000;

/// Where a drift is seeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum In {
    Grammar,
    Other,
}

/// What is found and what is put in its place.
const DRIFTS: &[(In, &str, &str)] = &[
    // A number becomes optional.
    (In::Grammar, "kw_retry ~ literal__number }", "kw_retry ~ literal__number? }"),
    // A clause is forgotten.
    (In::Grammar, " | valid_clause }", " }"),
    (In::Other, " | valid_clause }", " }"),
    // A new word is taken, or one is forgotten.
    (In::Grammar, "kw_like | kw_matches", "kw_like"),
    (In::Other, "kw_like | kw_matches", "kw_like"),
    (In::Other, "(kw_full | kw_metadata | kw_none)", "(kw_full | kw_metadata)"),
    // Precedence: `not` takes all that follows.
    (In::Other, "not_condition   = { kw_not ~ operand }", "not_condition = { kw_not ~ condition }"),
    // `and` beside `or` is let through.
    (In::Grammar, "(and_condition_tail | or_condition_tail)?", "(and_condition_tail | or_condition_tail)*"),
    // An escape is forgotten by the lexer, or taken.
    (In::Other, "| \"n\" | \"t\"", "| \"n\""),
    (In::Grammar, "| \"n\" | \"t\"", "| \"n\" | \"t\" | \"r\""),
    // A word without its boundary: `orange` begins with `or`.
    (In::Grammar, "\"or\" ~ !word_rest", "\"or\""),
    (In::Grammar, "\"in\" ~ !word_rest", "\"in\""),
    // Numbers: a suffix, an underscore, the rest of a token.
    (In::Other, "(\"k\" | \"M\" | \"Ki\")?", "(\"k\" | \"M\")?"),
    (In::Other, "ASCII_DIGIT+ ~ (\"_\"+ ~ ASCII_DIGIT+)*", "ASCII_DIGIT+"),
    (In::Grammar, "number_rest = _{ word_char |", "number_rest = _{"),
    (In::Other, "(\"ms\" | \"min\" | \"s\"", "(\"ms\" | \"s\""),
    // Instants lose their seconds.
    (In::Other, "clock ~ (\":\" ~ two)?", "clock"),
    // A target with blanks.
    (In::Grammar, "target_path = ${", "target_path = {"),
    // A name in quotes may be empty; a reserved word is a name.
    (In::Grammar, "!\"\\\"\\\"\" ~ string", "string"),
    (In::Other, "!reserved ~ ident | ident ~ &\":\"", "!reserved ~ ident"),
    (In::Grammar, "| kw_within\n", "\n"),
    // After a dot every word is a name.
    (In::Other, "(\".\" ~ name__any)*", "(\".\" ~ name)*"),
    // A trailing comma.
    (In::Other, "(value ~ (\",\" ~ value)* ~ \",\"?)?", "(value ~ (\",\" ~ value)*)?"),
    // A scale of one value, a tree without braces at its root.
    (In::Grammar, "name ~ (\"<\" ~ name)+", "name ~ (\"<\" ~ name)*"),
    // A regular expression for any case; a comment that ends in a control.
    (In::Other, "\"\\\"\" ~ \"i\"? }", "\"\\\"\" }"),
    (In::Grammar, "| \"\\u{61C}\" ", ""),
    // An edition in the middle of a file.
    (In::Grammar, "    timezone | use_item", "    edition | timezone | use_item"),
    // A node is named differently, or is missing.
    (In::Other, "literal__percent ~ target_path }", "literal__percent ~ target }"),
    (In::Other, "stage           = {", "stage           = _{"),
];

#[test]
fn every_seeded_drift_is_found() {
    let ours = source();
    let missed: Vec<&(In, &str, &str)> = DRIFTS.iter().filter(|drift| !is_found(&ours, drift)).collect();
    assert!(missed.is_empty(), "not found: {missed:#?}");
}

fn is_found(ours: &str, (side, find, replace): &(In, &str, &str)) -> bool {
    assert!(ours.contains(find), "the grammar has no `{find}`");
    let drifted = ours.replacen(find, replace, 1);
    let (_, rules) = pest_meta::parse_and_optimize(&drifted).expect("the drifted grammar can be read");
    let vm = Vm::new(rules);
    let judge = |text: &str| match vm.parse("source_file", text) {
        Ok(pairs) => Ok(parts_of_pairs(text, pairs, str::to_owned)),
        Err(error) => Err(error.to_string()),
    };
    let has_dead_rule =
        |source| !Grammar::read(source).expect("a grammar").unreachable_from("source_file").is_empty();
    if *side == In::Grammar && has_dead_rule(&drifted) {
        return true;
    }
    let grammar = Grammar::read(if *side == In::Grammar { &drifted } else { ours }).expect("a grammar");
    let mut writer = Writer::new(&grammar, 7);
    (0..TRIES).any(|_| {
        let text = writer.sentence("source_file");
        writer.accept();
        let mutant = writer.mutant(&text);
        [text, mutant].iter().any(|text| agree_with(text, &parse(text), judge).is_err())
    })
}
