//! What load balancers ask: is it alive, is it ready, and which policy is in force. Never tells what a policy says, nor
//! where it stands.

use super::Proxy;
use super::reply::{self, AnswerBody};
use crate::pressure::Pressure;
use http::{Response, StatusCode};
use serde_json::{Value as Json, json};
use std::sync::atomic::Ordering;

/// That the process answers at all.
pub(super) fn alive() -> Response<AnswerBody> {
    reply::json(StatusCode::OK, &json!({"alive": true}))
}

impl Proxy {
    /// Whether requests should be sent here. A refused newer text does not make the gateway unready: it serves the
    /// policy before.
    pub(super) fn readiness(&self) -> Response<AnswerBody> {
        let served = self.current.served();
        let fingerprint = served.program.fingerprint();
        let refused = self.current.refused();
        let is_draining = self.is_draining.load(Ordering::Relaxed);
        let log = self.store.log_state();
        let pressure = self.pressure();
        let is_ready = !is_draining && log.is_writing && pressure < Pressure::Full;
        let certificate = self.settings.tls.as_ref().map(|tls| json!({"refused": tls.refused().as_deref()}));
        let body = json!({
            "ready": is_ready,
            "draining": is_draining,
            "policy": {"policy": fingerprint.policy, "source": fingerprint.source},
            "refused": refused.map_or(Json::Null, |refused| json!({"codes": refused.codes, "count": refused.count})),
            "memory": pressure.name(),
            "certificate": certificate,
            "log": {"writing": log.is_writing, "lost": log.lost, "unrecorded": log.unrecorded},
        });
        reply::json(if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
    }
}
