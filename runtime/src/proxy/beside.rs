//! Long work on threads of its own, so that those that serve go on: a thread has many connections, and all of them would wait.

use std::sync::Arc;
use tokio::sync::Semaphore;

/// So many bytes are read, looked through or translated on the request's own thread: to hand them over takes longer.
pub(super) const INLINE_BYTES: usize = 32 << 10;

/// Works beside the threads that serve, when a permit is free; none where the work panicked. The permit is held until the
/// work is done, also where nobody waits for it any more.
pub(super) async fn beside<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    let working = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    });
    working.await.ok()
}
