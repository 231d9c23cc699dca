//! The frame of every page: head, navigation, what is wrong right now, content.

use super::words::{Tone, chip, short_hash};
use super::{Condition, number};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// Lines of the compiler's words in the banner; the policy page has them all.
const BANNER_LINES: usize = 14;

/// Where a page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Decisions,
    Policy,
    Keys,
    None,
}

const SECTIONS: [(Section, &str, &str); 3] = [
    (Section::Decisions, "/", "Decisions"),
    (Section::Policy, "/policy", "Policy"),
    (Section::Keys, "/keys", "Keys"),
];

/// A page before its frame.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) section: Section,
    pub(super) condition: &'a Condition,
    pub(super) content: &'a Markup,
    /// Seconds after which a browser loads it again; none for never.
    pub(super) refresh_s: Option<u32>,
}

/// The page in its frame.
pub(super) fn render(status: StatusCode, page: &Page<'_>) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(seconds) = page.refresh_s { meta http-equiv="refresh" content=(seconds); }
                title { (page.title) " · Wayleave" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#content" { "Skip to content" }
                (header(page))
                main #content tabindex="-1" {
                    (banners(page.condition, page.section))
                    (page.content)
                }
                footer { "Times are UTC. This console only reads." }
            }
        }
    };
    (status, Html(markup.into_string())).into_response()
}

fn header(page: &Page<'_>) -> Markup {
    let fingerprint = page.condition.served.program.fingerprint();
    html! {
        header.top {
            div.inner {
                a.brand href="/" { span.mark aria-hidden="true" {} "Wayleave" }
                nav aria-label="Console" {
                    @for (section, href, name) in SECTIONS {
                        a href=(href) aria-current=[(section == page.section).then_some("page")] { (name) }
                    }
                }
                p.state {
                    @if page.condition.refused.is_some() {
                        (chip(Tone::Bad, "newer text refused"))
                    } @else {
                        (chip(Tone::Good, "in force"))
                    }
                    a.hash href="/policy" title=(fingerprint.source) { code { (short_hash(&fingerprint.source)) } }
                }
            }
        }
    }
}

fn banners(condition: &Condition, section: Section) -> Markup {
    html! {
        @if let Some(diagnostics) = &condition.refused {
            section.banner.bad aria-labelledby="refused" {
                h2 #refused { "The policy on disk is refused" }
                p {
                    "The one before it stays in force, whole. Mend the file and save it: it is read again at once."
                    @if section != Section::Policy { " " a href="/policy#refused" { "All of what the compiler says" } "." }
                }
                pre tabindex="0" { code {
                    @if section == Section::Policy { (diagnostics) } @else { (first_lines(diagnostics)) }
                } }
            }
        }
        @if condition.log.lost > 0 || !condition.log.is_writing {
            section.banner.bad aria-labelledby="lost" {
                h2 #lost { "The decision log has gaps" }
                p {
                    @if condition.log.lost > 0 {
                        (number::grouped(condition.log.lost)) " records were lost since the gateway started. "
                    }
                    @if !condition.log.is_writing { "The last group could not be written." }
                }
            }
        }
    }
}

fn first_lines(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().take(BANNER_LINES + 1).collect();
    if lines.len() > BANNER_LINES {
        lines[BANNER_LINES] = "…";
    }
    lines.join("\n")
}
