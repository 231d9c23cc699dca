//! Connections to one host that nobody uses at the moment, kept for the next call: the one that was used last is used first.
//! (I/O)

use super::line::Line;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Shorter than what servers keep idle connections open for, so that a request seldom meets one that is closing.
const IDLE: Duration = Duration::from_secs(30);

/// The lines of one host.
#[derive(Default)]
pub(super) struct Pool(Mutex<Idle>);

#[derive(Default)]
struct Idle {
    /// With when each was left; the last one last.
    lines: Vec<(Instant, Box<Line>)>,
    /// The task that closes what has been idle for too long, and what its host closes. It runs while there are lines.
    watcher: Option<Waker>,
    is_watched: bool,
}

impl Idle {
    /// Closes the lines on which something has come, and has the others wake that one.
    fn close_broken(&mut self, watcher: &Waker) {
        self.lines.retain_mut(|(_, line)| line.is_quiet(watcher));
    }
}

impl Pool {
    /// A line on which a call can be made; none where a new one is needed.
    pub(super) fn take(&self) -> Option<Box<Line>> {
        loop {
            let (since, mut line) = self.idle(|idle| idle.lines.pop())?;
            if since.elapsed() < IDLE && line.is_quiet(Waker::noop()) {
                return Some(line);
            }
        }
    }

    /// Keeps a line that is ready for the next call.
    pub(super) fn put(self: &Arc<Pool>, mut line: Box<Line>) {
        let is_watched = self.idle(|idle| {
            // Where nobody watches yet, whoever begins to looks at each.
            if idle.watcher.as_ref().is_none_or(|watcher| line.is_quiet(watcher)) {
                idle.lines.push((Instant::now(), line));
            }
            std::mem::replace(&mut idle.is_watched, true)
        });
        if is_watched {
            return;
        }
        // Whoever is dropped when everything ends has no runtime any more, and no use for what it keeps.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(watch(Arc::downgrade(self)));
        }
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.idle(|idle| idle.lines.len())
    }

    fn idle<T>(&self, change: impl FnOnce(&mut Idle) -> T) -> T {
        // It is whole at any time, whatever panicked beside it.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Closes lines until there are none.
async fn watch(pool: Weak<Pool>) {
    loop {
        let woken = poll_fn(|context| {
            let Some(pool) = pool.upgrade() else { return Poll::Ready(()) };
            pool.idle(|idle| {
                if !idle.watcher.as_ref().is_some_and(|watcher| watcher.will_wake(context.waker())) {
                    idle.watcher = Some(context.waker().clone());
                }
                idle.close_broken(context.waker());
            });
            Poll::Pending
        });
        tokio::select! {
            () = woken => return,
            () = sleep(IDLE) => {}
        }
        let Some(pool) = pool.upgrade() else { return };
        let is_done = pool.idle(|idle| {
            idle.lines.retain(|(since, _)| since.elapsed() < IDLE);
            if idle.lines.is_empty() {
                (idle.watcher, idle.is_watched) = (None, false);
            }
            idle.lines.is_empty()
        });
        if is_done {
            return;
        }
    }
}
