//! The data port: accepts connections, bounds them, and ends them in order at a shutdown. (I/O)

mod checked;

mod connection;

mod framing;

mod pulse;

mod slow;

pub mod tls;

use crate::proxy::Proxy;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// After a refused accept (no file handles left, for example), before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// For the last words of streams that are told to end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How far a shutdown has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// No new requests; running ones go on.
    Draining,
    /// Running requests are told to end.
    Stopping,
}

/// Serves until `shutdown` is ready, then ends: running requests have the settings' drain time, unless the proxy is told to
/// hurry; then streams are told that the gateway stops.
pub async fn serve(proxy: Arc<Proxy>, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let (phase, watched) = watch::channel(Phase::Serving);
    let slots = Arc::new(Semaphore::new(proxy.settings().connections_limit));
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, slot)) = accepted else { break };
        let (proxy, watched) = (Arc::clone(&proxy), watched.clone());
        connections.spawn(async move {
            connection::serve(proxy, stream, watched).await;
            drop(slot);
        });
    }
    drop(listener);
    proxy.drain();
    // Receivers live as long as connections; without any there is nobody to tell.
    let _ = phase.send(Phase::Draining);
    let is_over = tokio::select! {
        biased;
        ended = tokio::time::timeout(proxy.settings().timeouts.drain, all(&mut connections)) => ended.is_ok(),
        () = proxy.hurried() => false,
    };
    if is_over {
        return;
    }
    proxy.stop();
    let _ = phase.send(Phase::Stopping);
    let _ = tokio::time::timeout(LAST_WORDS, all(&mut connections)).await;
    // What has not ended by then is cut off, and over when this is: the record of each is made as it is dropped.
    connections.shutdown().await;
}

/// Waits for connections until none is left.
async fn all(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is a slot for it; none when no more will come.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, slot)),
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
