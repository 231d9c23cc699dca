//! Threads that serve requests, one event loop each: whatever a request begins stays on its thread, so that nothing is handed
//! from processor to processor while it runs. (I/O)

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
pub(crate) struct Lanes {
    ramp: Ramp,
    threads: Vec<Thread>,
}

struct Thread {
    /// Dropped, it ends the thread.
    _running: oneshot::Sender<()>,
    /// Ready when the thread has ended.
    over: oneshot::Receiver<()>,
}

/// The way onto lanes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ramp(Arc<[Lane]>);

struct Lane {
    handle: Handle,
    /// How many have a place on it.
    places: AtomicUsize,
}

/// A place on a lane, until it is dropped.
pub(crate) struct Place {
    ramp: Ramp,
    lane: usize,
}

impl Lanes {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system has no threads or no event queues left.
    pub(crate) fn start() -> io::Result<Lanes> {
        let (lanes, threads): (Vec<_>, Vec<_>) =
            (0..count()).map(start).collect::<io::Result<Vec<_>>>()?.into_iter().unzip();
        Ok(Lanes { ramp: Ramp(lanes.into()), threads })
    }

    pub(crate) fn ramp(&self) -> &Ramp {
        &self.ramp
    }

    /// Drops what still runs on the lanes, and waits until that is done.
    pub(crate) async fn end(self) {
        let over: Vec<_> = self.threads.into_iter().map(|thread| thread.over).collect();
        for over in over {
            // A thread that panicked is over too.
            let _ = over.await;
        }
    }
}

fn start(number: usize) -> io::Result<(Lane, Thread)> {
    let (running, stopped) = oneshot::channel::<()>();
    let (ended, over) = oneshot::channel();
    let (made, is_made) = std::sync::mpsc::channel();
    // An event loop is made where it runs: it must not be dropped where this is called.
    std::thread::Builder::new().name(format!("lane-{number}")).spawn(move || {
        OWN.set(number);
        let runtime = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(made.send(Err(error))),
        };
        let _ = made.send(Ok(runtime.handle().clone()));
        let _ = runtime.block_on(stopped);
        // What it has lent to other threads nobody waits for.
        runtime.shutdown_background();
        let _ = ended.send(());
    })?;
    let handle = is_made.recv().map_err(io::Error::other)??;
    Ok((Lane { handle, places: AtomicUsize::new(0) }, Thread { _running: running, over }))
}

impl Ramp {
    /// A place on the lane with the fewest.
    pub(crate) fn place(&self) -> Place {
        let places = |lane: &usize| self.0[*lane].places.load(Ordering::Relaxed);
        let lane = (0..self.0.len()).min_by_key(places).expect("there is a processor");
        self.0[lane].places.fetch_add(1, Ordering::Relaxed);
        Place { ramp: self.clone(), lane }
    }
}

impl Place {
    /// Where to run what has the place.
    pub(crate) fn lane(&self) -> &Handle {
        &self.ramp.0[self.lane].handle
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.ramp.0[self.lane].places.fetch_sub(1, Ordering::Relaxed);
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
            let place = lanes.ramp().place();
            seen[place.lane().spawn(async { own() }).await.expect("it runs")] += 1;
            places.push(place);
        }
        assert!(seen.iter().all(|connections| *connections == 3), "{seen:?}");
        drop(places.remove(0));
        let place = lanes.ramp().place();
        assert_eq!(place.lane().spawn(async { own() }).await.expect("it runs"), 0);
        lanes.end().await;
    }

    #[tokio::test]
    async fn what_still_runs_is_dropped_before_lanes_have_ended() {
        let lanes = Lanes::start().expect("threads");
        let held = Arc::new(());
        for _ in 0..count() {
            let own = Arc::clone(&held);
            lanes.ramp().place().lane().spawn(async move {
                pending::<()>().await;
                drop(own);
            });
        }
        lanes.end().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
