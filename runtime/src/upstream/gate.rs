//! Who is woken for a connection: whoever uses it at the moment, and nobody where it is its own poll that wakes it.
//!
//! The two ends of what hyper joins by channels are polled one behind the other here. Each would wake the task for the other, to
//! find that there is nothing left to do.

use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Polls of a connection that wakes itself again and again, before others have their turn.
const ROUNDS: usize = 4;

/// What a connection wakes.
#[derive(Debug, Default)]
pub(super) struct Gate {
    user: AtomicWaker,
    is_polled: AtomicBool,
    was_woken: AtomicBool,
}

impl Wake for Gate {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // In this order, and in `poll` in the other: one of the two sees what the other has written.
        self.was_woken.store(true, Ordering::SeqCst);
        if !self.is_polled.load(Ordering::SeqCst) {
            self.user.wake();
        }
    }
}

impl Gate {
    /// From now on it is for that one.
    pub(super) fn lead_to(&self, user: &Waker) {
        self.user.register(user);
    }

    /// From now on it is for nobody.
    pub(super) fn lead_nowhere(&self) {
        self.user.take();
    }

    /// Whether something has woken it since its connection was last polled.
    pub(super) fn was_woken(&self) -> bool {
        self.was_woken.load(Ordering::SeqCst)
    }

    /// The same; from now on nothing has.
    pub(super) fn take_woken(&self) -> bool {
        self.was_woken.swap(false, Ordering::SeqCst)
    }

    /// Looks for what the connection brings, for the one whose context it is. Until it is there the connection is polled, again for
    /// as long as something in the poll itself wakes it.
    pub(super) fn poll<T>(
        &self,
        context: &Context<'_>,
        mut look: impl FnMut() -> Poll<T>,
        mut poll: impl FnMut(),
    ) -> Poll<T> {
        self.lead_to(context.waker());
        self.is_polled.store(true, Ordering::SeqCst);
        let mut rounds = 0;
        let looked = loop {
            let was_woken = self.was_woken();
            // Whoever looks may ask the connection for more.
            let looked = look();
            if looked.is_ready() {
                // Who has found what was asked for needs no more, until it looks again.
                if !was_woken {
                    self.was_woken.store(false, Ordering::SeqCst);
                }
                break looked;
            }
            let is_due = rounds == 0 || self.was_woken();
            if !is_due || rounds == ROUNDS {
                break looked;
            }
            self.was_woken.store(false, Ordering::SeqCst);
            poll();
            rounds += 1;
        };
        self.is_polled.store(false, Ordering::SeqCst);
        if looked.is_pending() && self.was_woken() {
            context.waker().wake_by_ref();
        }
        looked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn parts() -> (Arc<Gate>, Waker, Arc<Count>, Waker) {
        let (gate, count) = (Arc::new(Gate::default()), Arc::new(Count::default()));
        let (inner, outer) = (Waker::from(Arc::clone(&gate)), Waker::from(Arc::clone(&count)));
        (gate, inner, count, outer)
    }

    fn woken(count: &Count) -> usize {
        count.0.load(Ordering::SeqCst)
    }

    #[test]
    fn what_wakes_itself_is_polled_again_and_wakes_nobody() {
        let (gate, inner, count, outer) = parts();
        let polls = Cell::new(0);
        let looked = gate.poll(
            &Context::from_waker(&outer),
            || if polls.get() < 2 { Poll::Pending } else { Poll::Ready(polls.get()) },
            || {
                polls.set(polls.get() + 1);
                inner.wake_by_ref();
            },
        );
        assert_eq!((looked, woken(&count)), (Poll::Ready(2), 0));
    }

    #[test]
    fn what_a_look_asks_for_is_brought_in_the_same_poll() {
        let (gate, inner, count, outer) = parts();
        let polls = Cell::new(0);
        let look = || {
            if polls.get() == 2 {
                return Poll::Ready(());
            }
            inner.wake_by_ref();
            Poll::Pending
        };
        let looked = gate.poll(&Context::from_waker(&outer), look, || polls.set(polls.get() + 1));
        assert_eq!((looked, woken(&count)), (Poll::Ready(()), 0));
    }

    #[test]
    fn what_comes_later_or_does_not_end_wakes_its_user() {
        let (gate, inner, count, outer) = parts();
        let pending = gate.poll(&Context::from_waker(&outer), || Poll::<()>::Pending, || {});
        assert_eq!((pending, woken(&count)), (Poll::Pending, 0));
        inner.wake_by_ref();
        assert_eq!((gate.take_woken(), gate.take_woken(), woken(&count)), (true, false, 1));
        let polls = Cell::new(0);
        let pending = gate.poll(
            &Context::from_waker(&outer),
            || Poll::<()>::Pending,
            || {
                polls.set(polls.get() + 1);
                inner.wake_by_ref();
            },
        );
        assert_eq!((pending, polls.get(), woken(&count)), (Poll::Pending, ROUNDS, 2));
        gate.lead_to(&outer);
        gate.lead_nowhere();
        inner.wake_by_ref();
        assert_eq!(woken(&count), 2);
    }
}
