//! Threads that serve connections, one event loop each: whatever a connection begins stays on its thread, so that nothing is
//! handed from processor to processor while a request runs. (I/O)

use std::cell::Cell;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

thread_local! {
    /// Which lane this thread is; the first where it is none.
    static OWN: Cell<usize> = const { Cell::new(0) };
}

/// How many lanes there are: as many as processors when this was asked first.
pub(crate) fn count() -> usize {
    static COUNT: LazyLock<usize> =
        LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
    *COUNT
}

/// The lane whose thread this is, below [`count`]; on any other thread the first.
pub(crate) fn own() -> usize {
    OWN.get()
}

/// Lanes that run; what still runs on them ends when this is dropped.
pub(crate) struct Lanes(Vec<Lane>);

struct Lane {
    handle: Handle,
    connections: Arc<AtomicUsize>,
    /// Dropped, it ends the thread.
    _running: oneshot::Sender<()>,
    /// Ready when the thread has ended.
    over: oneshot::Receiver<()>,
}

/// A connection's place on a lane, until it is dropped.
pub(crate) struct Place {
    connections: Arc<AtomicUsize>,
}

impl Lanes {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system has no threads or no event queues left.
    pub(crate) fn start() -> io::Result<Lanes> {
        let lane = |number| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (running, stopped) = oneshot::channel::<()>();
            let (ended, over) = oneshot::channel();
            let handle = runtime.handle().clone();
            std::thread::Builder::new().name(format!("lane-{number}")).spawn(move || {
                OWN.set(number);
                let _ = runtime.block_on(stopped);
                // What it has lent to other threads nobody waits for.
                runtime.shutdown_background();
                let _ = ended.send(());
            })?;
            Ok(Lane { handle, connections: Arc::default(), _running: running, over })
        };
        Ok(Lanes((0..count()).map(lane).collect::<io::Result<_>>()?))
    }

    /// The lane with the fewest connections, and a place on it.
    pub(crate) fn place(&self) -> (&Handle, Place) {
        let open = |lane: &&Lane| lane.connections.load(Ordering::Relaxed);
        let lane = self.0.iter().min_by_key(open).expect("there is a processor");
        lane.connections.fetch_add(1, Ordering::Relaxed);
        (&lane.handle, Place { connections: Arc::clone(&lane.connections) })
    }

    /// Drops what still runs on the lanes, and waits until that is done.
    pub(crate) async fn end(self) {
        let over: Vec<_> = self.0.into_iter().map(|lane| lane.over).collect();
        for over in over {
            // A thread that panicked is over too.
            let _ = over.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test]
    async fn connections_are_spread_and_come_to_lanes_that_lost_theirs() {
        let lanes = Lanes::start().expect("threads");
        let mut places: Vec<Place> = Vec::new();
        let mut seen = vec![0; count()];
        for _ in 0..3 * count() {
            let (handle, place) = lanes.place();
            places.push(place);
            seen[handle.spawn(async { own() }).await.expect("it runs")] += 1;
        }
        assert!(seen.iter().all(|connections| *connections == 3), "{seen:?}");
        drop(places.remove(0));
        let (handle, _place) = lanes.place();
        assert_eq!(handle.spawn(async { own() }).await.expect("it runs"), 0);
        lanes.end().await;
    }

    #[tokio::test]
    async fn what_still_runs_is_dropped_before_lanes_have_ended() {
        let lanes = Lanes::start().expect("threads");
        let held = Arc::new(());
        for _ in 0..count() {
            let own = Arc::clone(&held);
            let (handle, _) = lanes.place();
            handle.spawn(async move {
                pending::<()>().await;
                drop(own);
            });
        }
        lanes.end().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
