//! The list of decisions: figures of the last hour, a form to narrow it, the newest first.

use super::filter::{Asked, SPANS};
use super::layout::{self, Page, Section};
use super::words::{self, Tone, chip, or_dash};
use super::{Admin, number};
use crate::record::{DecisionRecord, Outcome};
use crate::store::{Error, Filter, Listed, SummaryRow};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use std::time::{SystemTime, UNIX_EPOCH};

/// Decisions on a page.
const PAGE_SIZE: u32 = 50;

/// Of a model's name, so many characters are shown in the list; the decision's page shows more.
const MODEL_CHARACTERS: usize = 40;

/// Seconds between two loads, as the switch has it.
const WATCH_S: &str = "5";

/// What the figures above the list look back at.
const FIGURES_MS: i64 = 3_600_000;

/// A page of the list.
pub(super) async fn page(
    State(admin): State<Admin>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Ok(Query(asked)) = asked else {
        return wrong(&admin, &Asked::default(), "the address asks for one thing twice, or cannot be read");
    };
    let now_ms = now_ms();
    let parts = asked.filter(now_ms).and_then(|filter| Ok((filter, asked.row()?, asked.refresh_s()?)));
    let (filter, before, refresh_s) = match parts {
        Ok(parts) => parts,
        Err(bad) => return wrong(&admin, &asked, &bad.to_string()),
    };
    match read(&admin, filter, before, now_ms).await {
        Ok((listed, figures)) => {
            let content = html! {
                h1 { "Decisions" }
                @if let Some(figures) = &figures { (show_figures(&asked, figures)) }
                (form(&asked))
                (watch(&asked))
                (list(&asked, &listed))
            };
            let condition = admin.condition();
            let (title, section) = ("Decisions", Section::Decisions);
            let page = Page { title, section, condition: &condition, content: &content, refresh_s };
            layout::render(StatusCode::OK, &page)
        }
        Err(error) => admin.failed(Section::Decisions, &error),
    }
}

fn wrong(admin: &Admin, asked: &Asked, bad: &str) -> Response {
    let content = html! {
        h1 { "Decisions" }
        p.notice { (bad) ". " a href="/" { "Show all decisions" } "." }
        (form(asked))
    };
    admin.render(StatusCode::BAD_REQUEST, "Decisions", Section::Decisions, &content)
}

/// One more than a page holds, to know whether there is another; and the figures of the last hour.
async fn read(
    admin: &Admin,
    filter: Filter,
    before: Option<i64>,
    now_ms: i64,
) -> Result<(Vec<Listed>, Option<SummaryRow>), Error> {
    let listed = admin.store.decisions(&filter, before, PAGE_SIZE + 1).await?;
    let since_ms = Some(filter.since_ms.unwrap_or(i64::MIN).max(now_ms - FIGURES_MS));
    let figures = admin.store.summary(&Filter { since_ms, ..filter }, &[]).await?;
    Ok((listed, figures.into_iter().next()))
}

pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn show_figures(asked: &Asked, figures: &SummaryRow) -> Markup {
    // A shorter span that is asked for is the figures' too.
    let is_shorter = |(name, _, ms): &&(&str, &str, i64)| *name == asked.within && *ms < FIGURES_MS;
    let span = SPANS.iter().find(is_shorter).map_or("last hour", |(_, words, _)| *words);

    let entries = [
        ("requests", number::grouped(figures.requests)),
        ("answered", number::grouped(figures.ok)),
        ("after a fallback", number::grouped(figures.fallbacks)),
        ("denied", number::grouped(figures.denied)),
        ("failed", number::grouped(figures.failed)),
        ("median", number::span(figures.p50_ms)),
        ("95 of 100 within", number::span(figures.p95_ms)),
    ];
    html! {
        section.figures aria-labelledby="figures" {
            h2 #figures { (span) @if asked.is_narrow() { ", as filtered" } }
            dl { @for (name, value) in entries { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn form(asked: &Asked) -> Markup {
    let texts = [
        ("team", "Team", &asked.team),
        ("app", "App", &asked.app),
        ("model", "Model", &asked.model),
        ("route", "Route", &asked.route),
        ("target", "Target", &asked.target),
        ("id", "Id begins", &asked.id),
    ];
    html! {
        form.filter method="get" action="/" role="search" aria-label="Decisions" {
            @for (name, label, value) in texts {
                label { span { (label) } input type="text" name=(name) value=(value) autocomplete="off" spellcheck="false"; }
            }
            label {
                span { "Decision" }
                select name="decision" {
                    option value="" { "any" }
                    @for word in super::filter::DECISIONS { option value=(word) selected[asked.decision == word] { (word) } }
                }
            }
            label {
                span { "Outcome" }
                select name="outcome" {
                    option value="" { "any" }
                    @for outcome in Outcome::ALL {
                        option value=(outcome.name()) selected[asked.outcome == outcome.name()] { (words::outcome(outcome).1) }
                    }
                }
            }
            label {
                span { "Time" }
                select name="within" {
                    option value="" { "any" }
                    @for (name, words, _) in SPANS { option value=(name) selected[asked.within == name] { (words) } }
                }
            }
            @for (name, value) in [("caller", &asked.caller), ("since", &asked.since), ("until", &asked.until), ("refresh", &asked.refresh)] {
                @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
            div.actions {
                button type="submit" { "Filter" }
                @if asked.is_narrow() { a href="/" { "Clear" } }
            }
        }
    }
}

/// The switch between a page that stands still and one that follows.
fn watch(asked: &Asked) -> Markup {
    let with = |refresh: &str| Asked { refresh: refresh.to_owned(), ..asked.clone() }.href(None);
    html! {
        p.watch {
            @if asked.refresh.is_empty() {
                a href=(with(WATCH_S)) { "Refresh every " (WATCH_S) " s" }
            } @else {
                "Refreshing every " (asked.refresh) " s. " a href=(with("")) { "Stop" }
            }
        }
    }
}

fn list(asked: &Asked, listed: &[Listed]) -> Markup {
    let size = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    let shown = &listed[..listed.len().min(size)];
    let next = shown.last().filter(|_| listed.len() > size).map(|last| last.row);
    html! {
        @if shown.is_empty() {
            div.empty {
                @if asked.is_narrow() || !asked.before.is_empty() {
                    p { "No decision matches. " a href="/" { "Show all decisions" } "." }
                } @else {
                    p { "Nothing has been asked yet. Each request to the gateway appears here with what was decided, and why." }
                }
            }
        } @else {
            table.list {
                caption.unseen { "Decisions, the newest first" }
                thead { tr {
                    th scope="col" { "Time" } th scope="col" { "Caller" } th scope="col" { "Model asked" }
                    th scope="col" { "Decision" } th scope="col" { "Answered by" } th scope="col" { "Outcome" }
                    th.number scope="col" { "Tokens" } th.number scope="col" { "Took" }
                } }
                tbody { @for entry in shown { (row(&entry.record)) } }
            }
            nav.pages aria-label="Pages" {
                @if !asked.before.is_empty() { a href=(asked.href(None)) { "Newest" } }
                @if let Some(row) = next { a rel="next" href=(asked.href(Some(row))) { "Older" } }
            }
        }
    }
}

fn row(record: &DecisionRecord) -> Markup {
    let moment = number::moment(record.at_ms);
    let (tone, words) = words::outcome(record.outcome);
    let failed = record.attempts.iter().filter(|attempt| attempt.cause.is_some()).count();
    html! {
        tr {
            td.time data-label="Time" {
                a href={ "/decisions/" (address(&record.id)) } {
                    time datetime=(moment.iso) { (moment.time) }
                }
                span.under { (moment.date) }
            }
            td data-label="Caller" {
                span.over { (team_link(record)) }
                @if !record.caller.app.is_empty() { span.under { (or_dash(&record.caller.app)) } }
            }
            td data-label="Model asked" {
                span.over title=(words::cut(&record.model, words::SHOWN_CHARACTERS)) {
                    @if record.model.is_empty() { (or_dash("")) } @else { bdi { (words::cut(&record.model, MODEL_CHARACTERS)) } }
                }
                @if record.is_stream { span.under { "stream" } }
            }
            td data-label="Decision" { (decided(record)) }
            td data-label="Answered by" {
                span.over { (or_dash(record.target.as_deref().unwrap_or_default())) }
                @if failed > 0 { span.under { "after " (number::count(failed, "failure")) } }
            }
            td data-label="Outcome" { (chip(tone, words)) }
            td.number data-label="Tokens" {
                @if record.attempts.is_empty() { span.none title="none" { "–" } } @else {
                    span.over { (number::grouped(record.tokens.input)) span.muted { " in" } }
                    span.over { (number::grouped(record.tokens.output)) span.muted { " out" } }
                }
            }
            td.number data-label="Took" { (number::span(record.latency_ms)) }
        }
    }
}

fn team_link(record: &DecisionRecord) -> Markup {
    let team = &record.caller.team;
    let asked = Asked { team: team.clone(), ..Asked::default() };
    html! {
        @if team.is_empty() { (or_dash(&record.caller.id)) } @else { a.plain href=(asked.href(None)) { (or_dash(team)) } }
    }
}

fn decided(record: &DecisionRecord) -> Markup {
    let route = record.route.as_deref().unwrap_or_default();
    let asked = Asked { route: route.to_owned(), ..Asked::default() };
    html! {
        @match record.decided.as_str() {
            "route" => { span.over { "route " a.plain href=(asked.href(None)) { b { (route) } } } }
            word @ ("deny" | "approval-required" | "limited") => {
                span.over { (chip(Tone::Denied, word)) }
                @if let Some(reason) = record.reasons.first() { span.under.reason { (words::cut(reason, 80)) } }
            }
            _ => {
                span.none { "not decided" }
                @if let Some(reason) = record.reasons.first() { span.under.reason { (words::cut(reason, 80)) } }
            }
        }
        @if let Some(arm) = record.arm { span.under { "arm " (u64::from(arm) + 1) } }
    }
}

/// An id as a part of an address.
pub(super) fn address(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    super::filter::encode(id, &mut text);
    text
}
