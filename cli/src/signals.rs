//! The signals that a gateway listens to: of those that end it the first lets running requests end, the second tells them to,
//! and the third waits for nothing; and one that has everything read again.

use crate::output::{Failure, note};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit status of a gateway that was told more than once, as shells give it for an interrupt.
pub(crate) const INTERRUPTED: u8 = 130;

/// How a process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// By whoever started it, who waits: SIGINT.
    Now,
    /// By what keeps it running, which sends requests here until it hears that it should not: SIGTERM.
    Announced,
}

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
        Ok(Signals { interrupt: take(SignalKind::interrupt())?, terminate: take(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Now,
            _ = self.terminate.recv() => Stop::Announced,
        }
    }

    /// Waits for the first, and sees to it that a second hurries, and that a third ends the process at once.
    pub(crate) async fn first(mut self, hurry: impl FnOnce() + Send + 'static) -> Stop {
        let stop = self.next().await;
        note("stopping: running requests may end; a second signal does not wait for them\n");
        tokio::spawn(async move {
            self.next().await;
            note("stopping at once: what runs is told to end, and its records are written\n");
            hurry();
            self.next().await;
            std::process::exit(i32::from(INTERRUPTED));
        });
        stop
    }
}

/// From now on SIGHUP, which would end the process, is taken here.
///
/// # Errors
/// When the system refuses.
pub(crate) fn hangups() -> Result<Signal, Failure> {
    take(SignalKind::hangup())
}

fn take(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::io("the system's signals cannot be taken", &error))
}
