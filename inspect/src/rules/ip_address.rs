//! IP addresses: dotted version 4, and version 6 (RFC 4291, 2.2). Not version numbers, sections, times or paths of code.

use super::{Tell, after, before, follows_word, is_word, second};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

const WHAT: &str = "an IP address";

/// `xxxx:…` eight times; with an address of version 4 at its end it is as long at most.
const LONGEST: usize = 45;

/// What four numbers are behind these words is no address.
const NUMBERED: [&str; 8] = ["version", "ver", "v", "release", "section", "chapter", "§", "build"];

pub(crate) fn find(text: &str, tell: &mut Tell<'_>) -> ControlFlow<()> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let is_start = is_of_address(bytes[at]) && before(text, at).is_none_or(|c| !is_word(c));
        if !is_start {
            at += 1;
            continue;
        }
        let run = at + bytes[at..].iter().take(LONGEST + 2).take_while(|byte| is_of_address(**byte)).count();
        if let Some(end) = version_6(text, at, run).or_else(|| version_4(text, at, run)) {
            tell(at..end, WHAT)?;
            at = end;
        } else {
            // Within a run, only what follows a colon may start anew: `host:10.0.0.1`, `addr:10.0.0.1`.
            let colon = bytes[at..run].iter().position(|byte| *byte == b':');
            at = colon.map_or(run, |colon| at + colon + 1).max(at + 1);
        }
    }
    ControlFlow::Continue(())
}

fn is_of_address(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b':' || byte == b'.'
}

fn version_6(text: &str, start: usize, run: usize) -> Option<usize> {
    // A longer run, and one that a run before it ended in, is none; one colon or point may close a sentence.
    if run - start > LONGEST + 1 || before(text, start) == Some(':') {
        return None;
    }
    let whole = &text[start..run];
    let closed = whole.trim_end_matches('.');
    let closed =
        if closed.ends_with(':') && !closed.ends_with("::") { &closed[..closed.len() - 1] } else { closed };
    let end = start + closed.len();
    if closed.matches(':').count() < 2 || closed.parse::<Ipv6Addr>().is_err() {
        return None;
    }
    if after(text, end).is_some_and(is_word) {
        return None;
    }
    // `a::b` and `[1::2]` are code.
    let groups: Vec<&str> = closed.split(':').filter(|group| !group.is_empty()).collect();
    let has_digit = closed.bytes().any(|byte| byte.is_ascii_digit());
    let is_telling = closed == "::1" || (groups.len() >= 2 && groups.iter().any(|group| group.len() >= 3));
    let is_slice =
        closed == "::1" && text[..start].ends_with('[') && before(text, start - 1).is_some_and(is_word);
    (has_digit && is_telling && !is_slice).then_some(end)
}

fn version_4(text: &str, start: usize, run: usize) -> Option<usize> {
    let window = &text[start..run.min(start + LONGEST)];
    let length = window.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(window.len());
    let dotted = window[..length].trim_end_matches('.');
    // Four numbers without leading zeros, as the standard library has them.
    dotted.parse::<Ipv4Addr>().ok()?;
    let end = start + dotted.len();
    let may_start = match before(text, start) {
        None => true,
        Some('.' | '^' | '~' | '$') => false,
        Some('=') => !text[..start - 1].ends_with(['=', '~', '>', '<', '!']),
        Some(c) => !is_word(c),
    };
    let may_end = match after(text, end) {
        None => true,
        Some('.') => second(text, end).is_none_or(|c| !is_word(c)),
        Some('-' | '+') => second(text, end).is_none_or(|c| !c.is_alphabetic()),
        Some(c) => !is_word(c),
    };
    (may_start && may_end && !follows_word(text, start, &NUMBERED)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn addresses_are_found() {
        let text = "from 10.0.0.1 to 192.168.1.254:8080, host=8.8.8.8. [2001:db8::8a2e:370:7334]:443 and ::1";
        let wanted = ["10.0.0.1", "192.168.1.254", "8.8.8.8", "2001:db8::8a2e:370:7334", "::1"];
        assert_eq!(found(text, find), wanted);
        assert_eq!(found("fe80:0:0:0:204:61ff:fe9d:f156.", find), ["fe80:0:0:0:204:61ff:fe9d:f156"]);
    }

    #[test]
    fn versions_times_and_code_are_not() {
        for text in [
            "1.2.3.4.5",
            "version 1.2.3.4",
            "Version=4.0.0.0, Culture=neutral",
            "v1.2.3.4",
            "pip install x==1.2.3.4",
            "256.1.1.1",
            "01.2.3.4",
            "1.2.3.4-beta",
            "12:30:45",
            "00:1a:2b:3c:4d:5e",
            "std::vec",
            "fade::add",
            "xs[1::2]",
            "xs[::1]",
            "section 1.2.3.4",
        ] {
            assert!(found(text, find).is_empty(), "{text}");
        }
    }

    #[test]
    fn runs_without_end_are_linear() {
        for text in ["1", "1.", ":", "a:", "1.2.3.", "::"] {
            assert!(found(&text.repeat(30_000), find).is_empty(), "{text}");
        }
    }
}
