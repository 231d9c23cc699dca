//! Matches of a regular expression in bounded work: each byte is read a constant number of times, whatever the expression.
//!
//! Finding every match one after the other is quadratic for some expressions, where each search reads on to the end of the
//! text before it settles on a short match. Here a search reads up to the first end of any match, and from there no
//! further than a match may still grow.

use regex::{Captures, Regex};
use std::ops::{ControlFlow, Range};

/// Calls `each` for the matches in `span`, by place and apart, until it breaks. What stands before `span` is context.
/// A match reaches at most `growth` bytes beyond the place where the shortest would end; a longer one is cut there.
pub(crate) fn each_match(
    regex: &Regex,
    text: &str,
    span: Range<usize>,
    growth: usize,
    each: &mut dyn FnMut(&Captures<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let within = &text[..span.end];
    let mut at = span.start;
    while at <= span.end {
        // A match that starts here ends no earlier than this, so the leftmost match starts no later.
        let Some(earliest) = regex.shortest_match_at(within, at) else { break };
        let limit = text.floor_char_boundary(earliest.saturating_add(growth).min(span.end));
        let Some(captures) = regex.captures_at(&text[..limit.max(earliest)], at) else { break };
        let whole = captures.get_match();
        if !whole.is_empty() {
            each(&captures)?;
        }
        // What follows a credential (group 1) may begin the next.
        let end = captures.get(1).map_or(whole.end(), |credential| credential.end());
        let next = end.max(whole.start() + 1);
        if next > span.end {
            break;
        }
        at = text.ceil_char_boundary(next);
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(regex: &str, text: &str, growth: usize) -> Vec<Range<usize>> {
        let regex = Regex::new(regex).expect("a regex");
        let mut found = Vec::new();
        let _ = each_match(&regex, text, 0..text.len(), growth, &mut |captures| {
            found.push(captures.get_match().range());
            ControlFlow::Continue(())
        });
        found
    }

    #[test]
    fn matches_are_those_of_the_regex() {
        for (regex, text) in
            [("a+", "aa b aaa"), ("é|x*", "éxxé"), (r"\bab\b|b", "ab b abb"), ("a|ab", "ab"), ("", "ab")]
        {
            let usual: Vec<_> = Regex::new(regex)
                .expect("a regex")
                .find_iter(text)
                .map(|found| found.range())
                .filter(|range| !range.is_empty())
                .collect();
            assert_eq!(found(regex, text, 100), usual, "{regex}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        assert_eq!(found("a+", &"a".repeat(25), 9), [0..10, 10..20, 20..25]);
    }

    /// Each of these searches would read to the end of the text for a match of one byte.
    #[test]
    fn an_expression_that_looks_far_ahead_is_linear() {
        assert_eq!(found("(?s)a.*z|a", &"a".repeat(100_000), 64).len(), 100_000);
    }
}
