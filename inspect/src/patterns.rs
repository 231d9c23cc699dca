//! The patterns that a policy writes itself: regular expressions and words. They are linear in the text whatever they
//! say, for their size is bounded before they are compiled and no match is followed without bound.

use crate::bounded::each_match;
use crate::rules::{after, before, is_word};
use aho_corasick::AhoCorasick;
use regex::{Regex, RegexBuilder};
use std::ops::{ControlFlow, Range};

/// One way to say what a detector looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// A regular expression that may match anywhere; an empty match is none.
    Regex {
        /// As the policy has it, in the syntax of the `regex` crate.
        regex: String,
        /// Whether the case of letters means nothing.
        any_case: bool,
    },
    /// A whole word or phrase, in any case; a blank in it stands for any blanks.
    Word(String),
}

/// Why a regular expression is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRegex {
    /// One line in plain words.
    pub message: String,
    /// Where in the expression, in bytes, if that is known.
    pub offset: Option<usize>,
}

/// In bytes. What is longer is a list, which words say better.
const LONGEST_REGEX: usize = 4096;

/// Of one compiled expression, in bytes: `\w{100}` fits, `\w{1000}` does not. A policy of a hundred of them stays small.
const COMPILED_LIMIT: usize = 4 << 20;

/// Groups within groups.
const NESTING: u32 = 50;

/// A match reaches at most this many bytes beyond the shortest at its place.
const GROWTH: usize = 4096;

/// Of a word or phrase, in bytes: a sentence fits.
const LONGEST_WORD: usize = 512;

/// Phrases of one expression: enough to share a pass, few enough for [`PHRASES_LIMIT`].
const PHRASES_TOGETHER: usize = 16;

/// Of their compiled expression, in bytes: that many of the longest, each letter in both cases.
const PHRASES_LIMIT: usize = 16 << 20;

/// Whether a policy may have this regular expression.
pub fn check_regex(regex: &str) -> Result<(), BadRegex> {
    compile(regex, false).map(|_| ())
}

fn compile(regex: &str, any_case: bool) -> Result<Regex, BadRegex> {
    if regex.len() > LONGEST_REGEX {
        let message = format!("it has {} bytes, and {LONGEST_REGEX} are the most", regex.len());
        return Err(BadRegex { message, offset: None });
    }
    RegexBuilder::new(regex)
        .case_insensitive(any_case)
        .size_limit(COMPILED_LIMIT)
        .nest_limit(NESTING)
        .build()
        .map_err(|error| in_words(regex, &error))
}

/// The crate tells what is wrong, and where, only in the drawing that it makes of its error.
fn in_words(regex: &str, error: &regex::Error) -> BadRegex {
    if let regex::Error::CompiledTooBig(_) = error {
        let message = "it is too large: fewer or shorter repetitions are needed".to_owned();
        return BadRegex { message, offset: None };
    }
    let drawn = error.to_string();
    let told = drawn.lines().rev().find_map(|line| line.trim_start().strip_prefix("error: "));
    let told = told.unwrap_or("it is not a regular expression");
    let message = if told.starts_with("look-around") {
        "it looks ahead or behind (`(?=`, `(?!`, `(?<=`, `(?<!`), which would take unbounded time".to_owned()
    } else if told.starts_with("backreferences") {
        "it refers back to a group (`\\1`), which would take unbounded time".to_owned()
    } else {
        told.trim_end_matches('.').to_owned()
    };
    BadRegex { message, offset: offset(regex, &drawn) }
}

/// Below the expression, indented by four, stands a caret under the culprit. Only drawn so if it is of one line.
fn offset(regex: &str, drawn: &str) -> Option<usize> {
    const INDENT: usize = 4;
    if regex.contains('\n') {
        return None;
    }
    let carets = drawn.lines().nth(2)?;
    let place = carets.find('^')?.checked_sub(INDENT)?;
    regex.char_indices().map(|(offset, _)| offset).chain([regex.len()]).nth(place)
}

/// The patterns of one detector, compiled.
pub(crate) struct Own {
    regexes: Vec<Regex>,
    /// Single words of ASCII, all in one pass.
    words: Option<AhoCorasick>,
}

impl Own {
    /// Fails with the index of the first pattern that is none.
    pub(crate) fn new(patterns: &[Pattern]) -> Result<Own, (usize, BadRegex)> {
        let mut regexes = Vec::new();
        let mut words = Vec::new();
        let mut phrases: Vec<(usize, String)> = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            match pattern {
                Pattern::Regex { regex, any_case } => {
                    regexes.push(compile(regex, *any_case).map_err(|error| (index, error))?);
                }
                Pattern::Word(word) if word.trim().is_empty() => {
                    return Err((index, BadRegex { message: "it is empty".to_owned(), offset: None }));
                }
                Pattern::Word(word) if word.len() > LONGEST_WORD => {
                    let message = format!("it has {} bytes, and {LONGEST_WORD} are the most", word.len());
                    return Err((index, BadRegex { message, offset: None }));
                }
                Pattern::Word(word) if word.is_ascii() && !word.trim().contains(char::is_whitespace) => {
                    words.push(word.trim());
                }
                Pattern::Word(phrase) => phrases.push((index, phrase_regex(phrase.trim()))),
            }
        }
        for together in phrases.chunks(PHRASES_TOGETHER) {
            let mut all: Vec<&str> = together.iter().map(|(_, phrase)| phrase.as_str()).collect();
            all.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
            let regex =
                RegexBuilder::new(&all.join("|")).case_insensitive(true).size_limit(PHRASES_LIMIT).build();
            let too_long = |_| BadRegex { message: "it is too long".to_owned(), offset: None };
            regexes.push(regex.map_err(|error| (together[0].0, too_long(error)))?);
        }
        let words = match words.as_slice() {
            [] => None,
            words => {
                let built = AhoCorasick::builder().ascii_case_insensitive(true).build(words);
                let too_many = |_| BadRegex { message: "there are too many words".to_owned(), offset: None };
                Some(built.map_err(|error| (0, too_many(error)))?)
            }
        };
        Ok(Own { regexes, words })
    }

    /// The findings of all patterns, by place and apart: the longest of those that begin first.
    pub(crate) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        for regex in &self.regexes {
            let _ = each_match(regex, text, 0..text.len(), GROWTH, &mut |captures| {
                ranges.push(captures.get_match().range());
                ControlFlow::Continue(())
            });
        }
        ranges.extend(self.words(text));
        ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        ranges.retain(|range| {
            let is_apart = range.start >= end;
            if is_apart {
                end = range.end;
            }
            is_apart
        });
        ranges
    }

    /// Whether any pattern finds anything.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.words(text).next().is_some()
            || self.regexes.iter().any(|regex| {
                regex.is_match(text)
                    && each_match(regex, text, 0..text.len(), GROWTH, &mut |_| ControlFlow::Break(()))
                        .is_break()
            })
    }

    fn words<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.words.iter().flat_map(move |words| words.find_overlapping_iter(text));
        found.map(|word| word.range()).filter(move |range| is_whole(text, range))
    }
}

/// A word does not go on where it ends, unless it ends in a sign: `C++`.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let goes_on =
        |inner: Option<char>, outer: Option<char>| inner.is_some_and(is_word) && outer.is_some_and(is_word);
    !goes_on(after(text, range.start), before(text, range.start))
        && !goes_on(before(text, range.end), after(text, range.end))
}

fn phrase_regex(phrase: &str) -> String {
    let words: Vec<String> = phrase.split_whitespace().map(regex::escape).collect();
    let edge = |c: Option<char>| if c.is_some_and(is_word) { r"\b" } else { "" };
    format!("{}{}{}", edge(phrase.chars().next()), words.join(r"\s+"), edge(phrase.chars().next_back()))
}

#[cfg(test)]
mod tests;
