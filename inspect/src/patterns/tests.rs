//! What patterns find, and what is said of those that are wrong.

use super::*;

fn bad(regex: &str) -> (String, Option<usize>) {
    let error = check_regex(regex).expect_err("a bad expression");
    assert!(!error.message.contains('\n') && !error.message.ends_with('.'), "{}", error.message);
    (error.message, error.offset)
}

fn words(words: &[&str], text: &str) -> Vec<String> {
    let patterns: Vec<Pattern> = words.iter().map(|word| Pattern::Word((*word).to_owned())).collect();
    let own = Own::new(&patterns).expect("words");
    own.find(text).into_iter().map(|range| text[range].to_owned()).collect()
}

#[test]
fn a_bad_expression_is_told_in_words_with_its_place() {
    assert_eq!(bad("ab(c"), ("unclosed group".to_owned(), Some(2)));
    assert_eq!(bad("é[z-a]").1, Some(3));
    assert_eq!(bad("a{2,1}").1, Some(1));
    assert!(bad(r"a(?=b)").0.starts_with("it looks ahead or behind"));
    assert!(bad(r"(?<!a)b").0.starts_with("it looks ahead or behind"));
    assert!(bad(r"(a)\1").0.starts_with("it refers back"));
    assert!(bad(r"\w{100000}").0.starts_with("it is too large"));
    assert!(bad(r"(?:\w{50}){50}").0.starts_with("it is too large"));
    assert!(bad(&"a".repeat(5000)).0.contains("4096 are the most"));
    bad(&"(".repeat(1000));
    bad("a(\nb");
    assert_eq!(check_regex(r"(?i)\bproject-\d{2,4}\b"), Ok(()));
}

#[test]
fn words_are_whole_and_of_any_case() {
    assert_eq!(words(&["heron"], "Heron, heronry HERON_X aheron heron-like"), ["Heron", "heron"]);
    assert_eq!(words(&["C++", "Straße"], "c++ STRASSE straße Straßen C+++"), ["c++", "straße", "C++"]);
    assert_eq!(words(&["new", "new york"], "New  York, new yorker"), ["New  York", "new"]);
}

#[test]
fn an_empty_word_is_refused_and_an_empty_match_is_none() {
    assert!(Own::new(&[Pattern::Word(" ".to_owned())]).is_err());
    let own = Own::new(&[Pattern::Regex { regex: "x*".to_owned(), any_case: false }]).expect("an expression");
    assert_eq!(own.find("axxb"), std::iter::once(1..3).collect::<Vec<_>>());
    assert!(!own.is_in("ab"));
}

#[test]
fn a_list_of_the_longest_phrases_fits_and_no_longer_one() {
    let phrase = |index: usize| Pattern::Word(format!("é {index} {}", "ſ ".repeat(165)));
    assert!(Own::new(&(0..40).map(phrase).collect::<Vec<_>>()).is_ok());
    assert!(Own::new(&[Pattern::Word("a ".repeat(300))]).is_err());
}
