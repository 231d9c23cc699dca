//! What no setting can be wrong about alone: settings that contradict each other.

use super::{InForce, Origin, Problem, Told, write_size};
use crate::duration;
use std::net::SocketAddr;
use std::time::Duration;
use wayleave_runtime::settings::Access;

/// Adds what is wrong between settings that are sound one by one.
pub(super) fn check(told: &Told, in_force: &[InForce], problems: &mut Vec<Problem>) {
    let mut found = Found { in_force, problems };
    addresses(told, &mut found);
    pair(told, &mut found);
    times(told, &mut found);
    sizes(told, &mut found);
    counts(told, &mut found);
}

struct Found<'a> {
    in_force: &'a [InForce],
    problems: &'a mut Vec<Problem>,
}

impl Found<'_> {
    fn origin(&self, name: &str) -> Origin {
        let found = self.in_force.iter().find(|known| known.setting.name == name);
        found.map_or(Origin::Default, |known| known.origin.clone())
    }

    fn is_said(&self, name: &str) -> bool {
        self.origin(name) != Origin::Default
    }

    fn tell(&mut self, name: &str, what: String, mend: &str) {
        let origin = self.origin(name);
        self.problems.push(Problem { origin, what, mend: mend.to_owned() });
    }

    /// Of two settings the one that somebody says.
    fn said<'b>(&self, first: &'b str, second: &'b str) -> &'b str {
        if self.is_said(first) { first } else { second }
    }
}

fn addresses(told: &Told, found: &mut Found<'_>) {
    let (listen, admin) = (told.settings.listen, told.admin);
    if told.settings.access == Access::Open && !listen.ip().is_loopback() {
        found.tell(
            "open",
            format!("`open` lets everybody in without a key, and {listen} is not this machine alone"),
            "listen on 127.0.0.1, or leave it out and issue keys: wayleave keys add --id alice",
        );
    }
    if !admin.ip().is_loopback() {
        found.tell(
            "admin",
            format!("the console has no sign-in, and {admin} is not this machine alone"),
            "show it on 127.0.0.1, and reach it from elsewhere through ssh -L",
        );
    }
    if is_taken(listen, admin) {
        let name = found.said("admin", "listen");
        found.tell(
            name,
            format!("`listen` takes {listen}, and the console cannot be shown at {admin} beside it"),
            "give them different ports",
        );
    }
}

/// Whether one listener leaves no room for the other; port 0 is any free one.
fn is_taken(listen: SocketAddr, admin: SocketAddr) -> bool {
    let is_same = listen.ip() == admin.ip() || listen.ip().is_unspecified() || admin.ip().is_unspecified();
    listen.port() != 0 && listen.port() == admin.port() && is_same
}

fn pair(told: &Told, found: &mut Found<'_>) {
    match (&told.certificate, &told.key) {
        (Some(_), None) => found.tell(
            "tls.certificate",
            "a certificate stands here without its key".to_owned(),
            "name the file of its key with `tls.key`",
        ),
        (None, Some(_)) => found.tell(
            "tls.key",
            "a key stands here without its certificate".to_owned(),
            "name the file of its certificate with `tls.certificate`",
        ),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn times(told: &Told, found: &mut Found<'_>) {
    let (timeouts, health) = (told.settings.timeouts, told.settings.health);
    let whole = ("the whole exchange", "timeouts.total", timeouts.total);
    let stream = ("the first content of a stream", "timeouts.first-token", timeouts.first_token);
    let plain = ("an answer that is not streamed", "timeouts.plain-answer", timeouts.plain_answer);
    // A default that is longer than the whole is cut by it, and nobody has said that it should not be.
    for (name, time, wholes) in [
        ("timeouts.body-read", timeouts.body_read, &[whole][..]),
        ("timeouts.connect", timeouts.connect, &[whole, stream, plain]),
        ("timeouts.first-token", timeouts.first_token, &[whole]),
        ("timeouts.plain-answer", timeouts.plain_answer, &[whole]),
        ("timeouts.idle", timeouts.idle, &[whole]),
    ] {
        let exceeded = wholes.iter().find(|(.., longest)| time > *longest);
        if let Some((of, whole, longest)) = exceeded.filter(|_| found.is_said(name)) {
            let what =
                format!("`{name}` is {}, and {of} may take {} (`{whole}`)", written(time), written(*longest));
            found.tell(name, what, &format!("write a shorter time, or a longer `{whole}`"));
        }
    }
    if health.open_ms > health.open_longest_ms {
        let name = found.said("circuits.open-longest", "circuits.open");
        let what = format!(
            "a target is passed over for {} at first (`circuits.open`), and for {} at most (`circuits.open-longest`)",
            duration::write(health.open_ms),
            duration::write(health.open_longest_ms)
        );
        found.tell(name, what, "write a `circuits.open` that is no longer than `circuits.open-longest`");
    }
}

fn sizes(told: &Told, found: &mut Found<'_>) {
    let Some(memory) = told.memory_limit_bytes else { return };
    for (name, bytes) in [
        ("body-limit", told.settings.body_limit_bytes),
        ("max-response", told.settings.max_response_bytes),
        ("max-event", told.settings.max_event_bytes),
    ] {
        if bytes as u64 > memory {
            let what = format!(
                "`{name}` is {}, and the process may hold {} (`memory-limit`)",
                write_size(bytes as u64),
                write_size(memory)
            );
            let name = found.said(name, "memory-limit");
            found.tell(name, what, "write a smaller size, or a larger `memory-limit`");
        }
    }
}

fn counts(told: &Told, found: &mut Found<'_>) {
    let (own, all) = (told.settings.streams_per_caller, told.settings.streams_limit);
    if own > all && found.is_said("streams-per-caller") {
        let what = format!(
            "`streams-per-caller` is {own}, and all callers together may have {all} (`streams-limit`)"
        );
        found.tell("streams-per-caller", what, "write a smaller count, or a larger `streams-limit`");
    }
}

fn written(time: Duration) -> String {
    duration::write(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
