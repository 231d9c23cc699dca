//! A target's circuit and rests as the book tells them, from the news of its calls: the slow twin of health.

use wayleave_program::plan::FailureClass;
use wayleave_runtime::health::Rules;

/// A call: its request and its position there.
pub(super) type Caller = (usize, usize);

/// What becomes of a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum News {
    Content,
    Whole,
    Failed(FailureClass, Option<u64>),
}

/// News of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told(Caller, News);

impl News {
    pub(super) fn of(self, request: usize, call: usize) -> Told {
        Told((request, call), self)
    }
}

/// What is known of one target.
#[derive(Debug, Default)]
pub(super) struct Twin {
    failures: u32,
    /// Until when it is open, and how often in a row it was opened before.
    open: Option<(u64, u32)>,
    probe: Option<Caller>,
    rests_until_ms: u64,
}

impl Twin {
    /// A call is made; whether it is a probe.
    pub(super) fn called(&mut self, by: Caller, now_ms: u64) -> Result<bool, String> {
        if now_ms < self.rests_until_ms {
            return Err(format!(
                "its target is called and wants to be left alone until {} ms",
                self.rests_until_ms
            ));
        }
        if let Some(probe) = self.probe {
            return Err(format!("its target is called while {probe:?} finds out whether it works"));
        }
        match self.open {
            Some((until_ms, _)) if now_ms < until_ms => {
                Err(format!("its target is called and its circuit is open until {until_ms} ms"))
            }
            Some(_) => {
                self.probe = Some(by);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Hears what became of a call.
    pub(super) fn hears(&mut self, Told(by, news): Told, rules: &Rules, now_ms: u64) {
        if let News::Failed(FailureClass::RateLimited | FailureClass::Overloaded, Some(seconds)) = news {
            self.rests_until_ms = self.rests_until_ms.max(now_ms + (seconds * 1000).min(60_000));
        }
        let is_probe = self.probe == Some(by);
        let is_fault = match news {
            News::Content => {
                if is_probe {
                    (self.open, self.probe, self.failures) = (None, None, 0);
                }
                return;
            }
            News::Whole => false,
            News::Failed(FailureClass::RateLimited, _) => {
                if !is_probe {
                    return;
                }
                true
            }
            News::Failed(
                FailureClass::Refused | FailureClass::ContextLength | FailureClass::Status(_),
                _,
            ) => false,
            News::Failed(..) => true,
        };
        match (self.open, is_fault) {
            (None, false) => self.failures = 0,
            (None, true) => {
                self.failures += 1;
                if self.failures >= rules.failures {
                    (self.open, self.failures) = (Some((now_ms + rules.open_ms, 0)), 0);
                }
            }
            (Some((_, times)), true) if is_probe => {
                let open_ms = (rules.open_ms << (times + 1).min(20)).min(rules.open_longest_ms);
                (self.open, self.probe) = (Some((now_ms + open_ms, times + 1)), None);
            }
            (Some(_), false) if is_probe => (self.open, self.probe, self.failures) = (None, None, 0),
            // Old news.
            (Some(_), _) => {}
        }
    }

    /// A call ended and says nothing of its target.
    pub(super) fn given_up(&mut self, by: Caller) {
        if self.probe == Some(by) {
            self.probe = None;
            self.open = self.open.map(|(_, times)| (0, times));
        }
    }
}
