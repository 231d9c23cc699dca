//! Credentials by the form that their issuers give them, and values that a name says are one.
//!
//! One pass over the text finds the keywords of all rules; a rule then looks only around its own. A rule's expression is
//! compiled when its first keyword is seen, so that a detector costs little until it is needed. Shapes and bounds of
//! entropy are after gitleaks (its licence stands beside `inspect/rules/secret.txt`). A check digit is not asked for even
//! where an issuer has one: a key with a slip in it is still for nobody to read.

mod assigned;
mod run;
mod stand_in;
mod table;
mod walk;

use crate::bounded::each_match;
use crate::detectors::{Detectors, Finding, Looks};
use crate::rules::Tell;
use aho_corasick::Anchored;
use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::{LazyLock, OnceLock};
use table::{Form, Rule};

/// Between documents of YAML: no credential is on both sides of it.
const DOCUMENT_END: &str = "\n---\n";

/// What the language's `secret` looks for.
pub(crate) struct Secret {
    /// Most telling first; what a name says is a credential comes last.
    rules: Vec<Rule>,
    /// The keywords of all rules, in lower case or not.
    words: Vec<&'static str>,
    /// They as an automaton, built when the first text is looked at: it takes some milliseconds.
    keywords: OnceLock<DFA>,
    /// Of each keyword, the rules that it calls.
    called: Vec<Vec<usize>>,
}

/// A finding with the place of its rule among the rules.
struct Hit {
    range: Range<usize>,
    rule: usize,
}

/// The credentials in a text, by place and without overlaps. Linear in the text.
pub fn secrets(text: &str) -> Vec<Finding> {
    let detectors = Detectors::new(vec![("secret".to_owned(), Looks::Secret)]);
    detectors.expect("built-in rules have no patterns of their own that could be bad").find(text)
}

impl Secret {
    /// Built once in a process: it is the same for everyone, and as large as that.
    pub(crate) fn built() -> &'static Secret {
        static BUILT: LazyLock<Secret> = LazyLock::new(Secret::new);
        &BUILT
    }

    fn new() -> Secret {
        let rules = table::rules();
        let mut words: Vec<&'static str> = Vec::new();
        let mut called: Vec<Vec<usize>> = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            for keyword in &rule.keywords {
                // Runs spell their keyword as it is issued; the pass does not mind.
                let place = words.iter().position(|word| word.eq_ignore_ascii_case(keyword));
                match place {
                    Some(place) => called[place].push(index),
                    None => {
                        words.push(keyword);
                        called.push(vec![index]);
                    }
                }
            }
        }
        Secret { rules, words, keywords: OnceLock::new(), called }
    }

    fn keywords(&self) -> &DFA {
        let build = || DFA::builder().ascii_case_insensitive(true).build(&self.words);
        self.keywords.get_or_init(|| build().expect("some hundred short keywords fit"))
    }

    pub(crate) fn find(&self, text: &str, tell: &mut Tell<'_>) -> ControlFlow<()> {
        let mut hits = Vec::new();
        let windows = self.windows(text, &mut hits);
        for (index, windows) in &windows {
            self.look(text, *index, windows, &mut |range| {
                hits.push(Hit { range, rule: *index });
                ControlFlow::Continue(())
            })?;
        }
        // The longest at a place, then the most telling; what only its name says comes where nothing else is.
        let named_only = self.rules.len() - 1;
        hits.sort_by_key(|hit| {
            (hit.rule == named_only, hit.range.start, std::cmp::Reverse(hit.range.end), hit.rule)
        });
        let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
        let mut end = 0;
        let split = hits.iter().position(|hit| hit.rule == named_only).unwrap_or(hits.len());
        let named = hits.split_off(split);
        for hit in hits {
            if hit.range.start >= end {
                end = hit.range.end;
                kept.push(hit);
            }
        }
        let telling = kept.len();
        for hit in named {
            // `kept[..telling]` is by place and apart: at most one neighbour on each side can overlap.
            let next = kept[..telling].partition_point(|known| known.range.end <= hit.range.start);
            if next == telling || kept[next].range.start >= hit.range.end {
                kept.push(hit);
            }
        }
        kept.sort_by_key(|hit| hit.range.start);
        for hit in kept {
            tell(hit.range, self.rules[hit.rule].what)?;
        }
        ControlFlow::Continue(())
    }

    /// Whether there is a credential at all.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let mut runs = Vec::new();
        let windows = self.windows(text, &mut runs);
        !runs.is_empty()
            || windows.iter().any(|(index, windows)| {
                self.look(text, *index, windows, &mut |_| ControlFlow::Break(())).is_break()
            })
    }

    /// Where rules have to look, by place and apart: of the few of them that have to. Runs are looked at right away.
    fn windows(&self, text: &str, runs: &mut Vec<Hit>) -> BTreeMap<usize, Vec<Range<usize>>> {
        let mut called = Called { text, runs, windows: BTreeMap::new(), barren_ends: BTreeMap::new() };
        let keywords = self.keywords();
        let start = keywords.start_state(Anchored::No);
        let start = start.expect("it was built to be searched from anywhere");
        walk::each_end(keywords, text.as_bytes(), start, &mut |end, state| {
            for number in 0..keywords.match_len(state) {
                let keyword = keywords.match_pattern(state, number);
                let range = end - keywords.pattern_len(keyword)..end;
                for &index in &self.called[keyword.as_usize()] {
                    called.by(range.clone(), index, &self.rules[index]);
                }
            }
        });
        called.windows
    }

    fn look(
        &self,
        text: &str,
        index: usize,
        windows: &[Range<usize>],
        tell: &mut dyn FnMut(Range<usize>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if windows.is_empty() {
            return ControlFlow::Continue(());
        }
        let rule = &self.rules[index];
        let regex = rule.regex();
        for window in windows {
            each_match(regex, text, window.clone(), rule.after, &mut |captures| {
                let credential =
                    captures.iter().skip(1).flatten().next().unwrap_or_else(|| captures.get_match());
                let is_one = !captures.get_match().as_str().contains(DOCUMENT_END)
                    && stand_in::bits(credential.as_str()) > rule.entropy
                    && !stand_in::is_stand_in(credential.as_str())
                    && (!matches!(rule.form, Form::Assigned)
                        || assigned::is_credential(text, captures.get_match().range(), credential.range()));
                if is_one { tell(credential.range()) } else { ControlFlow::Continue(()) }
            })?;
        }
        ControlFlow::Continue(())
    }
}

/// What the keywords of a text call for.
struct Called<'a> {
    text: &'a str,
    runs: &'a mut Vec<Hit>,
    /// By rule.
    windows: BTreeMap<usize, Vec<Range<usize>>>,
    /// Of each run, up to where there is none.
    barren_ends: BTreeMap<usize, usize>,
}

impl Called<'_> {
    /// A keyword of that rule stands there.
    fn by(&mut self, keyword: Range<usize>, index: usize, rule: &Rule) {
        let text = self.text;
        if let Form::Run(run) = &rule.form {
            let barren_end = self.barren_ends.entry(index).or_default();
            if let Some(range) = run.find_at(text, keyword.start, rule.keywords[0], barren_end) {
                self.runs.push(Hit { range, rule: index });
            }
            return;
        }
        if matches!(rule.form, Form::Token) && rule.before == 0 {
            let before = keyword.start.checked_sub(1).map(|at| text.as_bytes()[at]);
            if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return;
            }
        }
        let start = text.floor_char_boundary(keyword.start.saturating_sub(rule.before));
        let end = text.ceil_char_boundary((keyword.end + rule.after).min(text.len()));
        let windows = self.windows.entry(index).or_default();
        match windows.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => windows.push(start..end),
        }
    }
}

#[cfg(test)]
mod tests;
