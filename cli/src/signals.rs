//! The signals that end a gateway: the first lets running requests end, the second does not wait for them.

use crate::output::{Failure, note};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit status of a gateway that was told twice, as shells give it for an interrupt.
const INTERRUPTED: i32 = 130;

/// Both signals that ask a process to end.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on the signals are taken here.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn take() -> Result<Signals, Failure> {
        let take =
            |kind| signal(kind).map_err(|error| Failure::io("the system's signals cannot be taken", &error));
        Ok(Signals { interrupt: take(SignalKind::interrupt())?, terminate: take(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for the first, and sees to it that a second ends the process at once.
    pub(crate) async fn first(mut self) {
        self.next().await;
        note("stopping: running requests may end; a second signal does not wait for them\n");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(INTERRUPTED);
        });
    }
}
