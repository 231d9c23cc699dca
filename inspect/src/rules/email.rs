//! Email addresses (RFC 5321 in the form that people write): a name of dotted words, `@`, a domain with a top level of
//! letters. Not quoted names, not addresses at IP literals, not what only looks like one: packages, files, credentials
//! of a URL, remotes of git.

use super::{Tell, after, before, is_word, second};
use std::ops::ControlFlow;

const WHAT: &str = "an email address";

/// RFC 5321, 4.5.3.1.1 and 4.5.3.1.2, in bytes.
const LONGEST_NAME: usize = 64;
const LONGEST_DOMAIN: usize = 253;

/// Endings of files that are no top level: `icon@2x.png`.
const FILES: [&str; 12] =
    ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "html", "js", "json", "xml", "pdf"];

/// How far before a name `://` makes it the credentials of a URL.
const LONGEST_URL_START: usize = 256;

pub(crate) fn find(text: &str, tell: &mut Tell<'_>) -> ControlFlow<()> {
    let mut free = 0;
    for (at, _) in text.match_indices('@') {
        let start = name_start(text, at, free);
        if start == at || !is_name(&text[start..at]) {
            continue;
        }
        let Some(end) = domain_end(text, at + 1) else { continue };
        let is_remote = text[start..at].eq_ignore_ascii_case("git")
            && after(text, end) == Some(':')
            && second(text, end).is_some_and(|next| !next.is_whitespace());
        if is_remote || is_of_url(text, start, free) {
            continue;
        }
        tell(start..end, WHAT)?;
        free = end;
    }
    ControlFlow::Continue(())
}

fn is_of_name(c: char) -> bool {
    is_word(c) || matches!(c, '.' | '+' | '-' | '%' | '\'' | '&' | '#' | '!' | '~')
}

fn name_start(text: &str, at: usize, free: usize) -> usize {
    let from = text.floor_char_boundary(at.saturating_sub(LONGEST_NAME + 4)).max(free);
    let name = text[from..at].trim_end_matches(is_of_name);
    // Marks that may stand in a name, but not at its start.
    let start = from + name.len();
    start + (at - start - text[start..at].trim_start_matches(|c| !is_word(c)).len())
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && !name.ends_with('.') && !name.contains("..")
}

fn is_of_url(text: &str, start: usize, free: usize) -> bool {
    if !matches!(before(text, start), Some(':' | '/' | '@')) {
        return false;
    }
    let from = text.floor_char_boundary(start.saturating_sub(LONGEST_URL_START)).max(free);
    let word = text[from..start].rsplit(|c: char| c.is_whitespace() || c == '"' || c == '\'').next();
    word.is_some_and(|word| word.contains("://"))
}

/// Where a domain ends that starts here.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let limit = text.floor_char_boundary(start + LONGEST_DOMAIN + 1);
    let run = &text[start..limit];
    let run = &run[..run.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '.').unwrap_or(run.len())];
    if run.len() > LONGEST_DOMAIN || run.contains("..") {
        return None;
    }
    let domain = run.trim_end_matches(['.', '-']);
    let is_followed = after(text, start + domain.len()).is_some_and(|next| next == '_' || next == '@');
    let labels: Vec<&str> = domain.split('.').collect();
    let (top, rest) = labels.split_last()?;
    let is_top = (top.len() >= 2 && top.chars().all(char::is_alphabetic)) || top.starts_with("xn--");
    let are_labels = !rest.is_empty()
        && labels.iter().all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let is_version =
        rest.len() >= 2 && rest[..2].iter().all(|label| label.bytes().all(|b| b.is_ascii_digit()));
    let is_file = FILES.iter().any(|ending| top.eq_ignore_ascii_case(ending));
    (is_top && are_labels && !is_version && !is_file && !is_followed).then(|| start + domain.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn addresses_are_found_whole() {
        let text = "To: <Ann.Lee+x@mail.example.co.uk>, mailto:o'neil@example.org. Bob (bob@example.com)";
        assert_eq!(
            found(text, find),
            ["Ann.Lee+x@mail.example.co.uk", "o'neil@example.org", "bob@example.com"]
        );
        assert_eq!(found("jürgen@müller.example", find), ["jürgen@müller.example"]);
    }

    #[test]
    fn what_only_looks_like_one_is_not() {
        for text in [
            "@decorator\ndef f(): pass",
            "left-pad@1.3.0",
            "icon@2x.png",
            "git@github.com:owner/name.git",
            "https://user:pass@example.com/",
            "ann@localhost",
            "a..b@",
            "@example.com",
        ] {
            assert!(found(text, find).is_empty(), "{text}");
        }
    }

    #[test]
    fn signs_without_end_are_linear() {
        for text in ["@", "a@", "a.", "a@b.", "a@b@"] {
            assert!(found(&text.repeat(40_000), find).len() <= 1, "{text}");
        }
    }
}
