//! The list of keys: who holds which. Nothing here can be used to call the gateway.

use super::layout::Section;
use super::words::{SHOWN_CHARACTERS, Tone, chip, cut, or_dash};
use super::{Admin, number};
use crate::keys::StoredKey;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

/// Keys shown on the page; `wayleave keys list` has them all.
const SHOWN: usize = 1_000;

/// The page.
pub(super) async fn page(State(admin): State<Admin>) -> Response {
    match admin.store.list_keys().await {
        Ok(keys) => admin.render(StatusCode::OK, "Keys", Section::Keys, &show(&keys)),
        Err(error) => admin.failed(Section::Keys, &error),
    }
}

fn show(keys: &[StoredKey]) -> Markup {
    html! {
        h1 { "Keys" }
        p.muted { "Only a hash of each key is stored: its text was shown once, when it was made." }
        @if keys.is_empty() {
            div.empty { p { "There are no keys. " code { "wayleave keys add" } " makes one." } }
        } @else {
            table.list {
                caption.unseen { "Keys, the newest first" }
                thead { tr {
                    th scope="col" { "Key" } th scope="col" { "Caller" } th scope="col" { "Team" } th scope="col" { "App" }
                    th scope="col" { "Groups and fields" } th scope="col" { "Made" } th scope="col" { "State" }
                } }
                tbody { @for key in keys.iter().take(SHOWN) { (row(key)) } }
            }
            @if keys.len() > SHOWN {
                p.muted { (number::count(keys.len() - SHOWN, "older key")) ": see " code { "wayleave keys list" } "." }
            }
        }
    }
}

fn row(key: &StoredKey) -> Markup {
    let identity = &key.identity;
    let made = number::moment(key.created_ms);
    html! {
        tr {
            td data-label="Key" { code.over { (identity.key_id) } span.under { "ends in " code { (key.hint) } } }
            td data-label="Caller" { (or_dash(&identity.caller_id)) }
            td data-label="Team" { (or_dash(identity.team.as_deref().unwrap_or_default())) }
            td data-label="App" { (or_dash(identity.app.as_deref().unwrap_or_default())) }
            td data-label="Groups and fields" {
                (or_dash(&identity.groups.join(", ")))
                @for (name, value) in &identity.fields { span.under {
                    (cut(name, SHOWN_CHARACTERS)) " = " bdi { (cut(value, SHOWN_CHARACTERS)) }
                } }
            }
            td.time data-label="Made" { time datetime=(made.iso) { (made.date) } span.under { (made.time) } }
            td data-label="State" {
                @match key.revoked_ms {
                    None => { (chip(Tone::Good, "valid")) }
                    Some(at_ms) => {
                        (chip(Tone::Quiet, "revoked"))
                        span.under { (number::moment(at_ms).date) }
                    }
                }
            }
        }
    }
}
