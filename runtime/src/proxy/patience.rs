//! How long is waited for what, and how a wait ends when the gateway stops. One timer a wait, no lock.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep};

/// How a wait ended.
#[derive(Debug)]
pub(super) enum Until<T> {
    /// With what was waited for.
    Done(T),
    /// Too late.
    DeadlinePassed,
    /// The gateway stops.
    Stopping,
}

/// Waits for `work`, at most until `deadline`. A stop is seen when the task is polled, which the connection does.
pub(super) async fn until<T>(
    stopping: &AtomicBool,
    deadline: Instant,
    work: impl Future<Output = T>,
) -> Until<T> {
    let mut work = pin!(work);
    let mut sleep = pin!(tokio::time::sleep_until(deadline));
    poll_fn(|context| {
        if stopping.load(Ordering::Relaxed) {
            return Poll::Ready(Until::Stopping);
        }
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Until::Done(done));
        }
        sleep.as_mut().poll(context).map(|()| Until::DeadlinePassed)
    })
    .await
}

/// A deadline that moves with each sign of life. Its timer is armed anew only when it rings too early, so that moving
/// the deadline costs nothing.
pub(super) struct Patience {
    timer: Pin<Box<Sleep>>,
    deadline: Instant,
}

impl Patience {
    /// Until `deadline`.
    pub(super) fn new(deadline: Instant) -> Patience {
        Patience { timer: Box::pin(tokio::time::sleep_until(deadline)), deadline }
    }

    /// Moves the deadline.
    pub(super) fn extend(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Waits for `work`, at most until the deadline.
    pub(super) async fn until<T>(
        &mut self,
        stopping: &AtomicBool,
        work: impl Future<Output = T>,
    ) -> Until<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if stopping.load(Ordering::Relaxed) {
                return Poll::Ready(Until::Stopping);
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Until::Done(done));
            }
            self.expired(context).map(|()| Until::DeadlinePassed)
        })
        .await
    }

    fn expired(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(context));
            if Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.deadline);
        }
    }
}
