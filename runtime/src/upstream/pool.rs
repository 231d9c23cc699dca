//! Connections to one host that wait for their next call, and the answers that bring them back. (I/O)
//!
//! Each waits on the lane that drives it, and is taken from there first: a call then stays on one thread. What another lane
//! has is taken before a new connection is made.

use super::body::Pieces;
use super::kept::Course;
use crate::lanes;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::SendRequest;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;

/// Between two sweeps. What has waited through two of them goes: shorter than what servers keep idle connections open for, so
/// that a call seldom meets one that is closing.
const SWEEP_INTERVAL: Duration = Duration::from_secs(15);

/// Waiting connections, by lane.
pub(super) struct Pool(Box<[Mutex<Shelf>]>);

#[derive(Default)]
struct Shelf {
    /// The one that came back last at the end.
    waiting: Vec<Waiting>,
    /// How often it was swept.
    sweeps: u32,
    is_swept: bool,
}

struct Waiting {
    line: Line,
    /// Sweeps of its shelf before it came.
    since: u32,
}

/// A connection, on which one call is made at a time. Dropped during a call, it is closed.
pub(super) struct Line {
    sender: SendRequest<Pieces>,
    course: Course,
    /// The lane that drives it.
    lane: usize,
}

/// An answer's body. At its end the connection waits for its next call; dropped long before, it is closed.
pub(crate) struct HeldBody {
    body: Incoming,
    line: Option<(Line, Arc<Pool>)>,
}

impl Pool {
    /// Nothing waits.
    pub(super) fn new() -> Pool {
        Pool((0..lanes::count()).map(|_| Mutex::default()).collect())
    }

    /// A connection that waits, if there is one.
    pub(super) fn take(&self) -> Option<Line> {
        let (own, count) = (lanes::own(), self.0.len());
        (0..count).find_map(|step| self.shelf((own + step) % count).take())
    }

    fn put(self: &Arc<Self>, line: Line) {
        if line.sender.is_closed() {
            return;
        }
        let lane = line.lane;
        let mut shelf = self.shelf(lane);
        let since = shelf.sweeps;
        shelf.waiting.push(Waiting { line, since });
        if !std::mem::replace(&mut shelf.is_swept, true) {
            drop(shelf);
            tokio::spawn(sweep(Arc::downgrade(self), lane));
        }
    }

    fn shelf(&self, lane: usize) -> MutexGuard<'_, Shelf> {
        // A shelf is whole at any time, whatever panicked beside it.
        self.0[lane].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// The one that waits the shortest: the others can go when fewer are needed. Those behind it that have closed are gone
    /// then; one that is not ready has still to see the end of its last answer.
    fn take(&mut self) -> Option<Line> {
        let mut at = self.waiting.len();
        while at > 0 {
            at -= 1;
            if self.waiting[at].line.sender.is_closed() {
                self.waiting.remove(at);
            } else if self.waiting[at].line.sender.is_ready() {
                return Some(self.waiting.remove(at).line);
            }
        }
        None
    }

    /// Closes what has waited for long. Whether anything is left.
    fn sweep(&mut self) -> bool {
        self.sweeps = self.sweeps.wrapping_add(1);
        let sweeps = self.sweeps;
        self.waiting
            .retain(|waiting| sweeps.wrapping_sub(waiting.since) < 2 && !waiting.line.sender.is_closed());
        self.is_swept = !self.waiting.is_empty();
        self.is_swept
    }
}

/// Sweeps a shelf until nothing is left on it.
async fn sweep(pool: Weak<Pool>, lane: usize) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let Some(pool) = pool.upgrade() else { return };
        if !pool.shelf(lane).sweep() {
            return;
        }
    }
}

impl Line {
    /// A connection that this lane drives.
    pub(super) fn new(sender: SendRequest<Pieces>, course: Course) -> Line {
        Line { sender, course, lane: lanes::own() }
    }

    /// How far its calls have come.
    pub(super) fn course(&self) -> &Course {
        &self.course
    }

    /// Makes a call; its answer brings the connection back to the pool. With it, whether calls were answered before it.
    ///
    /// # Errors
    /// With the request, where nothing of it was sent.
    pub(super) async fn call(
        mut self,
        request: Request<Pieces>,
        pool: &Arc<Pool>,
    ) -> Result<(Response<HeldBody>, bool), TrySendError<Request<Pieces>>> {
        self.course.begin();
        let answer = self.sender.try_send_request(request).await?;
        // Noted before anybody else can take the connection.
        let was_kept = self.course.answer();
        let answer = answer.map(|body| {
            let mut held = HeldBody { body, line: Some((self, Arc::clone(pool))) };
            held.look();
            held
        });
        Ok((answer, was_kept))
    }
}

impl HeldBody {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// When the connection is lost before it.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        while let Some(frame) = self.body.frame().await {
            // What is no piece stands behind the last one.
            if let Ok(piece) = frame?.into_data() {
                self.look();
                return Ok(Some(piece));
            }
        }
        self.end();
        Ok(None)
    }

    fn look(&mut self) {
        if self.body.is_end_stream() {
            self.end();
        }
    }

    fn end(&mut self) {
        if let Some((line, pool)) = self.line.take() {
            pool.put(line);
        }
    }
}

impl Drop for HeldBody {
    /// Who has all that is of use leaves the rest: where that is there already, as the end behind the last event of a stream
    /// or the words of a refusal, hyper passes over it, and the connection waits for the next call. Otherwise it closes.
    fn drop(&mut self) {
        let Some((mut line, pool)) = self.line.take() else { return };
        if let Ok(lane) = Handle::try_current() {
            lane.spawn(async move {
                if line.sender.ready().await.is_ok() {
                    pool.put(line);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::client::conn::http1::handshake;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    /// A connection, and the host's side of it.
    async fn line() -> (Line, DuplexStream) {
        let (own, host) = tokio::io::duplex(4 << 10);
        let (sender, connection) = handshake(TokioIo::new(own)).await.expect("nothing is said yet");
        tokio::spawn(async { drop(connection.await) });
        (Line::new(sender, Course::default()), host)
    }

    async fn answered(line: Line, pool: &Arc<Pool>, host: &mut DuplexStream, answer: &str) -> HeldBody {
        let call = line.call(Request::new(Pieces::new(Vec::new())), pool);
        let host = async {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(host.read_u8().await.expect("a request"));
            }
            host.write_all(answer.as_bytes()).await.expect("it is read");
        };
        let (answer, ()) = tokio::join!(call, host);
        answer.map_err(TrySendError::into_error).expect("an answer").0.into_body()
    }

    #[tokio::test]
    async fn a_connection_waits_from_the_end_of_its_answer_on() {
        let (pool, (line, mut host)) = (Arc::new(Pool::new()), line().await);
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";
        let mut body = answered(line, &pool, &mut host, &format!("{head}o")).await;
        assert_eq!(body.next().await.expect("a piece").as_deref(), Some(&b"o"[..]));
        assert!(pool.take().is_none());
        host.write_all(b"k").await.expect("it is read");
        assert_eq!(body.next().await.expect("a piece").as_deref(), Some(&b"k"[..]));
        let line = pool.take().expect("it waits");
        // An answer without a body is at its end at once; one whose end does not come is given up.
        drop(answered(line, &pool, &mut host, "HTTP/1.1 204 No Content\r\n\r\n").await);
        tokio::task::yield_now().await;
        let line = pool.take().expect("it waits again");
        drop(answered(line, &pool, &mut host, &format!("{head}o")).await);
        assert_eq!(host.read(&mut [0]).await.expect("the end"), 0);
        assert!(pool.take().is_none());
    }

    /// The last event of a stream is not the end of its body, and of a refusal nobody may want to know more.
    #[tokio::test]
    async fn a_connection_waits_when_what_is_left_of_an_answer_is_there() {
        let (pool, (mut line, mut host)) = (Arc::new(Pool::new()), line().await);
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        for answer in [chunked, "HTTP/1.1 429 No\r\ncontent-length: 2\r\n\r\nno", chunked] {
            let mut body = answered(line, &pool, &mut host, answer).await;
            if answer == chunked {
                assert_eq!(body.next().await.expect("a piece").as_deref(), Some(&b"ok"[..]));
            }
            drop(body);
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
            line = pool.take().expect("it waits");
        }
    }

    #[tokio::test]
    async fn what_waits_on_another_lane_is_taken_and_goes_back_there() {
        let (pool, (mut line, mut host)) = (Arc::new(Pool::new()), line().await);
        line.lane = lanes::count() - 1;
        for _ in 0..2 {
            drop(answered(line, &pool, &mut host, "HTTP/1.1 204 No Content\r\n\r\n").await);
            tokio::task::yield_now().await;
            line = pool.take().expect("it waits");
            assert_eq!(line.lane, lanes::count() - 1);
        }
    }

    #[tokio::test]
    async fn the_second_sweep_closes_what_was_not_taken() {
        let (pool, (line, mut host)) = (Arc::new(Pool::new()), line().await);
        drop(answered(line, &pool, &mut host, "HTTP/1.1 204 No Content\r\n\r\n").await);
        assert!(pool.shelf(0).sweep());
        assert!(!pool.shelf(0).sweep());
        assert_eq!(host.read(&mut [0]).await.expect("the end"), 0);
        assert!(pool.take().is_none());
    }

    #[tokio::test]
    async fn one_that_closed_while_it_waited_is_not_taken() {
        let (pool, (line, mut host)) = (Arc::new(Pool::new()), line().await);
        drop(answered(line, &pool, &mut host, "HTTP/1.1 204 No Content\r\n\r\n").await);
        drop(host);
        tokio::task::yield_now().await;
        assert!(pool.take().is_none());
    }
}
