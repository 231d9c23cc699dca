//! The words for what is recorded: outcomes, sentences, texts of callers made safe to look at.

use crate::record::{DecisionRecord, Outcome};
use maud::{Markup, html};

/// Of a text that a caller wrote, so many characters are shown.
pub(super) const SHOWN_CHARACTERS: usize = 120;

/// How much a reader should care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Denied,
    Caller,
    Bad,
    Quiet,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Denied => "denied",
            Tone::Caller => "caller",
            Tone::Bad => "bad",
            Tone::Quiet => "quiet",
        }
    }
}

/// Words in a coloured frame; the colour says nothing that the words do not.
pub(super) fn chip(tone: Tone, words: &str) -> Markup {
    html! { span class={ "chip " (tone.class()) } { (words) } }
}

/// What an outcome is called on a chip.
pub(super) fn outcome(outcome: Outcome) -> (Tone, &'static str) {
    match outcome {
        Outcome::Ok => (Tone::Good, "answered"),
        Outcome::DeniedPolicy => (Tone::Denied, "denied by policy"),
        Outcome::DeniedIdentity => (Tone::Denied, "no valid key"),
        Outcome::BadRequest => (Tone::Caller, "bad request"),
        Outcome::TooLarge => (Tone::Caller, "too large"),
        Outcome::FailedConnect => (Tone::Bad, "unreachable"),
        Outcome::Ambiguous => (Tone::Bad, "lost after sending"),
        Outcome::TimeoutFirstByte => (Tone::Bad, "no content in time"),
        Outcome::TimeoutIdle => (Tone::Bad, "stood still"),
        Outcome::TimeoutTotal => (Tone::Bad, "took too long"),
        Outcome::RateLimited => (Tone::Bad, "rate-limited"),
        Outcome::Unavailable => (Tone::Bad, "no target available"),
        Outcome::UpstreamError => (Tone::Bad, "provider error"),
        Outcome::UpstreamErrorMidstream => (Tone::Bad, "error in stream"),
        Outcome::RejectedUpstream => (Tone::Caller, "rejected by provider"),
        Outcome::UpstreamAuth => (Tone::Bad, "provider refused our key"),
        Outcome::BadUpstream => (Tone::Bad, "unreadable answer"),
        Outcome::Truncated => (Tone::Bad, "broke off"),
        Outcome::ClientGone => (Tone::Quiet, "caller left"),
        Outcome::ShuttingDown => (Tone::Quiet, "shutting down"),
        Outcome::Overloaded => (Tone::Bad, "no room"),
        Outcome::Internal => (Tone::Bad, "gateway's fault"),
    }
}

/// The whole of it in a sentence or two.
pub(super) fn sentence(record: &DecisionRecord) -> Markup {
    let failed: Vec<_> = record.attempts.iter().filter(|attempt| attempt.cause.is_some()).collect();
    html! {
        @match (record.decided.as_str(), &record.route) {
            ("route", Some(route)) => { "Route " b { (route) } (arm(record.arm)) " takes this request. " }
            ("route", None) => { "The policy lets this request through. " }
            ("deny", Some(route)) => { "Route " b { (route) } (arm(record.arm)) " denies this request" (quoted(record)) " " }
            ("deny", None) => { "The policy denies this request" (quoted(record)) " " }
            ("approval-required", _) => { "The policy wants an approval that the caller does not hold" (quoted(record)) " " }
            ("limited", _) => { "A limit or budget of the policy has no room" (quoted(record)) " " }
            _ => { "It was refused before the policy was asked" (quoted(record)) " " }
        }
        @if record.decided == "route" {
            @for attempt in &failed {
                b { (attempt.target) } " failed"
                @if let Some(cause) = &attempt.cause { " (" (cause) ")" }
                ". "
            }
            @match (&record.target, record.outcome) {
                (Some(target), Outcome::Ok) => { b { (target) } " answered." }
                (Some(target), other) => { b { (target) } " began to answer; it ended as: " (outcome(other).1) "." }
                (None, other) => { "Nobody answered: " (outcome(other).1) "." }
            }
        }
    }
}

fn arm(arm: Option<u32>) -> String {
    arm.map_or_else(String::new, |arm| format!(", arm {},", u64::from(arm) + 1))
}

/// The words of a refusal, which end as their author ended them; a full stop where there are none.
fn quoted(record: &DecisionRecord) -> Markup {
    html! {
        @if record.reasons.is_empty() { "." } @else { ": " }
        @for (position, reason) in record.reasons.iter().enumerate() {
            @if position > 0 { " " }
            q { (cut(reason, 4 * SHOWN_CHARACTERS)) }
        }
    }
}

/// The first characters of a text, and `…` where there are more. Characters that would reorder or hide others are
/// shown as `�`.
pub(super) fn cut(text: &str, characters: usize) -> String {
    let mut shown: String = text.chars().take(characters).map(visible).collect();
    if text.chars().nth(characters).is_some() {
        shown.push('…');
    }
    shown
}

fn visible(character: char) -> char {
    let is_hidden = matches!(
        character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    if is_hidden || (character.is_control() && character != '\t') { '\u{fffd}' } else { character }
}

/// A text that may be empty.
pub(super) fn or_dash(text: &str) -> Markup {
    html! {
        @if text.is_empty() { span.none title="none" { "–" } } @else { bdi { (cut(text, SHOWN_CHARACTERS)) } }
    }
}

/// A hash, cut to what tells two apart.
pub(super) fn short_hash(hash: &str) -> &str {
    const SHOWN: usize = "sha256:".len() + 12;
    hash.get(..SHOWN).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_callers_are_cut_and_made_visible() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc…");
        assert_eq!(cut("a\u{202e}b\nc", 9), "a\u{fffd}b\u{fffd}c");
        assert_eq!(short_hash("sha256:0123456789abcdef"), "sha256:0123456789ab");
        assert_eq!(short_hash("short"), "short");
    }
}
