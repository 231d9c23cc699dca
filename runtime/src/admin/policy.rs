//! The policy in force: which it is, since when, what happened before, and its text.

use super::layout::Section;
use super::words::{Tone, chip, short_hash};
use super::{Admin, number, source};
use crate::current::Served;
use crate::record::{PolicyEvent, PolicyEventKind};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use wayleave_program::source_view::{Place, Spot};

/// Rules in the index above the text; more are found by reading it.
const RULES_SHOWN: usize = 200;

/// The page.
pub(super) async fn page(State(admin): State<Admin>) -> Response {
    match admin.events().await {
        Ok(events) => {
            let served = admin.current.served();
            let content = show(&served, &events);
            admin.render(StatusCode::OK, "Policy", Section::Policy, &content)
        }
        Err(error) => admin.failed(Section::Policy, &error),
    }
}

/// When the text in force was last put into force, as far as the log remembers.
pub(super) fn loaded_ms(served: &Served, events: &[PolicyEvent]) -> Option<i64> {
    let source = &served.program.fingerprint().source;
    let is_it = |event: &&PolicyEvent| event.kind == PolicyEventKind::Loaded && event.source == *source;
    events.iter().find(is_it).map(|event| event.at_ms)
}

fn show(served: &Served, events: &[PolicyEvent]) -> Markup {
    let fingerprint = served.program.fingerprint();
    let catalogue = served.program.catalogue();
    html! {
        h1 { "Policy in force" }
        dl.facts {
            @if let Some(at_ms) = loaded_ms(served, events) {
                @let moment = number::moment(at_ms);
                div { dt { "Loaded" } dd { time datetime=(moment.iso) { (moment.date) " " (moment.time) } } }
            }
            div { dt { "Files" } dd { (served.view.files.len()) } }
            div { dt { "Providers" } dd { (catalogue.providers.len()) } }
            div { dt { "Targets" } dd { (catalogue.targets.len()) } }
            div.wide { dt { "Hash of its meaning" } dd { code { (fingerprint.policy) } } }
            div.wide { dt { "Hash of its text" } dd { code { (fingerprint.source) } } }
        }
        @if !served.warnings.trim().is_empty() {
            section.banner.warned aria-labelledby="warnings" {
                h2 #warnings { "Warnings" }
                pre tabindex="0" { code { (served.warnings) } }
            }
        }
        section aria-labelledby="events" {
            h2 #events { "Changes" }
            @if events.is_empty() { p.muted { "None are recorded." } } @else { (changes(events)) }
        }
        section aria-labelledby="text" {
            h2 #text { "Text" }
            (rules(served))
            (source::whole(&served.view.files))
        }
    }
}

/// The rules in the order of the text, each with the address of its line.
fn rules(served: &Served) -> Markup {
    let rule = |(spot, place): (&Spot, &Place)| match spot {
        Spot::Rule(name) => Some((place.clone(), name.to_string())),
        Spot::Arm(..) => None,
    };
    let mut rules: Vec<(Place, String)> = served.view.places.iter().filter_map(rule).collect();
    rules.sort();
    html! {
        @if !rules.is_empty() {
            nav aria-label="Rules" {
                p.anchors {
                    @for (place, name) in rules.iter().take(RULES_SHOWN) {
                        a href={ "#" (place.file) "-" (place.line) } { code { (name) } }
                    }
                    @if rules.len() > RULES_SHOWN { span.muted { "and " (number::count(rules.len() - RULES_SHOWN, "more rule")) } }
                }
            }
        }
    }
}

fn changes(events: &[PolicyEvent]) -> Markup {
    html! {
        table.plain-table {
            thead { tr { th scope="col" { "Time" } th scope="col" { "What" } th scope="col" { "Text in force after it" } } }
            tbody {
                @for event in events {
                    @let moment = number::moment(event.at_ms);
                    tr {
                        td.time data-label="Time" { time datetime=(moment.iso) { (moment.date) " " (moment.time) } }
                        td data-label="What" {
                            @match event.kind {
                                PolicyEventKind::Loaded => { (chip(Tone::Good, "loaded")) }
                                PolicyEventKind::Refused => { (chip(Tone::Bad, "refused")) }
                            }
                            @if !event.diagnostics.trim().is_empty() {
                                details { summary { "what the compiler says" } pre tabindex="0" { code { (event.diagnostics) } } }
                            }
                        }
                        td data-label="Text in force after it" { code title=(event.source) { (short_hash(&event.source)) } }
                    }
                }
            }
        }
    }
}
