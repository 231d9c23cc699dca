//! The process that a client says it is. Where it has ended without a word, while something else holds the streams open, nobody
//! is served any more.

use crate::Host;
use serde_json::Value;
use std::time::{Duration, Instant};

/// So often it is looked whether the process is still there: nobody waits for that, and a look costs nothing.
const EVERY: Duration = Duration::from_secs(3);

/// A process that was there when the session began.
#[derive(Debug)]
pub(super) struct Parent {
    process: u32,
    next: Instant,
}

impl Parent {
    /// The one that `initialize` names. One that is not there at the start is somebody else's, as where the server runs in a
    /// container and the client does not, and says nothing.
    pub(super) fn of(initialize: &Value, host: &Host<'_>, now: Instant) -> Option<Parent> {
        let process = initialize.get("processId").and_then(Value::as_u64)?;
        let process = u32::try_from(process).ok().filter(|process| (host.is_running)(*process))?;
        Some(Parent { process, next: now + EVERY })
    }

    /// When to look again.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Looks, where it is time to.
    pub(super) fn has_ended(&mut self, host: &Host<'_>, now: Instant) -> bool {
        if now < self.next {
            return false;
        }
        self.next = now + EVERY;
        !(host.is_running)(self.process)
    }
}

#[cfg(test)]
mod tests {
    use super::{EVERY, Parent};
    use crate::{Host, Pace};
    use serde_json::{Value, json};
    use std::time::Instant;
    use wayleave_program::value::DEFAULT_NOW;

    fn with_host<T>(running: &[u32], tried: impl Fn(&Host<'_>) -> T) -> T {
        tried(&Host {
            read: &|_| Err("there is none".to_owned()),
            stamp: &|_| None,
            list: &|_| Vec::new(),
            is_running: &|process| running.contains(&process),
            now: &|| DEFAULT_NOW,
            give_way: || (),
            pace: Pace::HUMAN,
        })
    }

    #[test]
    fn a_process_is_looked_at_from_time_to_time() {
        let now = Instant::now();
        let initialize = json!({"processId": 7});
        let mut parent = with_host(&[7], |host| Parent::of(&initialize, host, now)).expect("it runs");
        with_host(&[], |host| {
            let mut parent = Parent { ..parent };
            assert!(!parent.has_ended(host, now));
            assert!(parent.has_ended(host, now + EVERY));
        });
        assert!(!with_host(&[7], |host| Parent { ..parent }.has_ended(host, now + EVERY)));
        parent.next = now;
        assert!(with_host(&[8], |host| Parent { ..parent }.has_ended(host, now)));
    }

    #[test]
    fn a_process_that_never_was_there_is_not_waited_for() {
        for none in [json!(8), json!(-7), json!(4_294_967_303_u64), json!("7"), Value::Null] {
            let initialize = json!({"processId": none});
            assert!(
                with_host(&[7], |host| Parent::of(&initialize, host, Instant::now())).is_none(),
                "{none}"
            );
        }
        assert!(with_host(&[7], |host| Parent::of(&json!(null), host, Instant::now())).is_none());
    }
}
