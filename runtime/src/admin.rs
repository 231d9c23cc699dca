//! The admin port: the console and its JSON twins, read-only, for people on this machine. (I/O)
//!
//! Pages are rendered here, whole, and hold no script; nothing on them is loaded from elsewhere. Never shows a secret,
//! and never changes anything: there is no method but GET and HEAD.

mod api;

mod decision;

mod decisions;

mod filter;

mod guard;

mod keys;

mod layout;

mod number;

pub use number::grouped;

mod policy;

mod source;

mod timeline;

mod words;

use crate::current::{Current, Served};
use crate::record::PolicyEvent;
use crate::store::{Error, LogState, Store};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use layout::{Page, Section};
use maud::{Markup, html};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Changes of the policy that a page looks back at.
const EVENTS_SHOWN: u32 = 50;

/// What the pages are made of.
#[derive(Clone)]
pub struct Admin {
    store: Arc<Store>,
    current: Arc<Current>,
}

impl Admin {
    /// A console of that log and that policy.
    pub fn new(store: Arc<Store>, current: Arc<Current>) -> Admin {
        Admin { store, current }
    }

    /// Serves connections of `listener`, which should be on loopback, until `shutdown` is ready and what then runs has
    /// ended.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        axum::serve(listener, self.router()).with_graceful_shutdown(shutdown).await
    }

    /// Every page, behind the guard.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/", get(decisions::page))
            .route("/decisions/{id}", get(decision::page))
            .route("/policy", get(policy::page))
            .route("/keys", get(keys::page))
            .route("/style.css", get(style))
            .route("/healthz", get(api::alive))
            .route("/api/decisions", get(api::decisions))
            .route("/api/decisions/{id}", get(api::decision))
            .route("/api/policy", get(api::policy))
            .route("/api/summary", get(api::summary))
            .fallback(missing)
            .with_state(self)
            .layer(axum::middleware::from_fn(guard::guard))
    }

    /// What every page tells beside its own matter.
    fn condition(&self) -> Condition {
        let served = self.current.served();
        let refused = self.current.refused();
        Condition {
            refused: refused.map(|refused| refused.diagnostics.clone()),
            log: self.store.log_state(),
            served,
        }
    }

    /// The page around `content`.
    fn render(&self, status: StatusCode, title: &str, section: Section, content: &Markup) -> Response {
        layout::render(
            status,
            &Page { title, section, condition: &self.condition(), content, refresh_s: None },
        )
    }

    /// The page for a failure of the store.
    fn failed(&self, section: Section, error: &Error) -> Response {
        let content = html! {
            h1 { "The store cannot be read" }
            p { (error) "." }
        };
        self.render(StatusCode::INTERNAL_SERVER_ERROR, "Store", section, &content)
    }

    async fn events(&self) -> Result<Vec<PolicyEvent>, Error> {
        self.store.events(EVENTS_SHOWN).await
    }
}

/// The state of the gateway, as every page tells it.
struct Condition {
    served: Arc<Served>,
    /// What the compiler says of a newer text that is not served.
    refused: Option<String>,
    log: LogState,
}

async fn missing(State(admin): State<Admin>, uri: axum::http::Uri) -> Response {
    let path = words::cut(uri.path(), words::SHOWN_CHARACTERS);
    let content = html! {
        h1 { "There is no such page" }
        p { "Nothing is found at " code { (path) } ". Start at the " a href="/" { "decisions" } "." }
    };
    admin.render(StatusCode::NOT_FOUND, "Not found", Section::None, &content)
}

async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, include_str!("admin/style.css")).into_response()
}

#[cfg(test)]
mod tests;
