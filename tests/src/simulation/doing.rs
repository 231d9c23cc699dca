//! What an exchange asks for, done in the virtual world, and what is promised of it, looked at.

use super::weather::Piece;
use super::{Called, Happening, World};
use wayleave_runtime::exchange::failure::Failure;
use wayleave_runtime::exchange::relay::{Relay, Step};
use wayleave_runtime::exchange::{Event, Outcome};
use wayleave_runtime::wire::marks::Expected;
use wayleave_runtime::wire::sse::EVENT_LIMIT_BYTES;
use wayleave_runtime::wire::{Dialect, Usage};

impl World<'_> {
    /// A candidate is called.
    pub(super) fn call(&mut self, number: usize, call: usize) -> Result<(), String> {
        self.may_call(number, call)?;
        let request = &self.requests[number];
        let attempt = request.exchange.as_ref().and_then(|exchange| exchange.attempts().get(call));
        let target = attempt.ok_or("there is no such attempt")?.target;
        let is_probe = self.twins[target.0 as usize].called((number, call), self.now_ms)?;
        self.tally.probes += u64::from(is_probe);
        self.tally.calls += 1;
        let (is_stream, patience_ms) = (request.planned.is_stream, request.planned.patience_ms);
        let index = target.0 as usize;
        let pieces = self.weather.answer(index, is_stream, patience_ms, self.now_ms, &mut self.chance);
        self.plan(pieces[0].0, Happening::Piece(number, call));
        self.requests[number].calls.push(Called {
            pieces,
            next: 0,
            relay: Relay::new(Dialect::OpenAi, Expected::default(), EVENT_LIMIT_BYTES),
            is_dropped: false,
            has_content: false,
            held: Vec::new(),
            sent: Vec::new(),
        });
        Ok(())
    }

    /// Whether the plan and the budget allow that call.
    fn may_call(&mut self, number: usize, call: usize) -> Result<(), String> {
        let request = &self.requests[number];
        let exchange = request.exchange.as_ref().ok_or("it has not begun")?;
        let decision = &request.planned.decision;
        let attempts = exchange.attempts();
        let attempt = attempts.get(call).ok_or("there is no such attempt")?;
        if call != request.calls.len() {
            return Err(format!("attempt {call} is called for a second time"));
        }
        if request.relaying.is_some() {
            return Err("there is another attempt after content".to_owned());
        }
        if self.now_ms >= exchange.deadline_ms() {
            return Err("there is a call when time is up".to_owned());
        }
        if !decision.candidates().any(|(target, _)| target == attempt.target) {
            return Err(format!("`{}` is no candidate of the plan", attempt.name));
        }
        let of_same = attempts.iter().filter(|other| other.target == attempt.target).count();
        if of_same > decision.retry as usize + 1 {
            return Err(format!("`{}` is called {of_same} times", attempt.name));
        }
        let is_new = !attempts[..call].iter().any(|other| other.position == attempt.position);
        if is_new && attempts[..call].iter().any(|other| other.position > attempt.position) {
            return Err("candidates are not tried in their order".to_owned());
        }
        let running = attempts.iter().filter(|attempt| attempt.ended_ms.is_none()).count();
        let most = if decision.hedge_ms.is_some() { 2 } else { 1 };
        if running > most {
            return Err(format!("{running} calls run at once"));
        }
        if of_same > 1 || running > 1 {
            self.tally.extra += 1;
            let (all, extra) = self.health.load(attempt.target);
            let share = (all - 1) * self.rules.retry_percent / 100;
            if extra > share.max(self.rules.retry_least) {
                return Err(format!("{extra} retries and hedges run, of {all} calls"));
            }
        }
        Ok(())
    }

    /// The next piece of an attempt's answer comes.
    pub(super) fn piece(&mut self, number: usize, call: usize) -> Result<(), String> {
        let called = &mut self.requests[number].calls[call];
        if called.is_dropped {
            return Ok(());
        }
        let (_, piece) = called.pieces[called.next].clone();
        called.next += 1;
        if let Some((at_ms, _)) = called.pieces.get(called.next) {
            let at_ms = *at_ms;
            self.plan(at_ms, Happening::Piece(number, call));
        }
        let failed = |class, retry_after_s| Failure { retry_after_s, ..Failure::new(class, "told") };
        match piece {
            Piece::Status(status) => self.tell(number, Event::Status(call, status)),
            Piece::Failed(class, retry_after_s) => self.fails(number, call, failed(class, retry_after_s)),
            Piece::NoContent => self.fails(number, call, Failure::no_content(1)),
            Piece::Idle => self.fails(number, call, Failure::idle(1)),
            Piece::Whole => {
                self.tell(number, Event::Content(call))?;
                self.tell(number, Event::Completed(call, Usage::estimated(1)))
            }
            Piece::Bytes(bytes) => {
                let called = &mut self.requests[number].calls[call];
                called.sent.extend_from_slice(&bytes);
                called.relay.feed(bytes);
                self.steps(number, call)
            }
            Piece::End => match self.requests[number].calls[call].relay.end() {
                None => self.tell(number, Event::Completed(call, Usage::estimated(1))),
                Some(failure) => self.fails(number, call, failure),
            },
        }
    }

    /// A call fails by itself.
    fn fails(&mut self, number: usize, call: usize, failure: Failure) -> Result<(), String> {
        self.requests[number].calls[call].is_dropped = true;
        self.tell(number, Event::Failed(call, failure))
    }

    /// What the relay makes of the bytes so far.
    fn steps(&mut self, number: usize, call: usize) -> Result<(), String> {
        loop {
            let request = &mut self.requests[number];
            let called = &mut request.calls[call];
            if called.is_dropped {
                return Ok(());
            }
            match called.relay.step() {
                Step::Feed => return Ok(()),
                Step::Done => {
                    called.is_dropped = true;
                    return self.tell(number, Event::Completed(call, Usage::estimated(1)));
                }
                Step::Failed(failure) => return self.fails(number, call, failure),
                Step::Send(bytes) if request.relaying == Some(call) => request.got.extend_from_slice(&bytes),
                Step::Send(bytes) => {
                    called.held.extend_from_slice(&bytes);
                    if !std::mem::replace(&mut called.has_content, true) {
                        self.tell(number, Event::Content(call))?;
                    }
                }
            }
        }
    }

    /// The caller gets what an attempt held back, and what comes; whatever else runs is dropped.
    pub(super) fn relay(&mut self, number: usize, call: usize) -> Result<(), String> {
        let request = &mut self.requests[number];
        if request.relaying.replace(call).is_some() {
            return Err("a second attempt is handed to the caller".to_owned());
        }
        let held = std::mem::take(&mut request.calls[call].held);
        request.got.extend_from_slice(&held);
        self.drop_calls(number, Some(call));
        Ok(())
    }

    /// The caller has its end.
    pub(super) fn end(&mut self, number: usize) -> Result<(), String> {
        self.drop_calls(number, None);
        let request = &mut self.requests[number];
        if std::mem::replace(&mut request.is_over, true) {
            return Err("it ends a second time".to_owned());
        }
        let exchange = request.exchange.as_ref().ok_or("it has not begun")?;
        let outcome = exchange.outcome().ok_or("it has ended and does not say how")?;
        self.tally.served += u64::from(outcome == Outcome::Served);
        if request.calls.len() > request.planned.candidates() * (request.planned.decision.retry as usize + 1)
        {
            return Err(format!("it made {} calls", request.calls.len()));
        }
        let Some(call) = request.relaying.filter(|_| request.planned.is_stream) else { return Ok(()) };
        // Events come as they were sent, but for what was no event.
        let sent = String::from_utf8_lossy(&request.calls[call].sent).replace("data: {oops\n\n", "");
        let got = String::from_utf8_lossy(&request.got);
        if !sent.starts_with(&*got) {
            return Err(format!("the caller got what nobody sent: {got}"));
        }
        if got.split_once("[DONE]").is_some_and(|(_, behind)| behind != "\n\n") {
            return Err(format!("the caller got something behind the end: {got}"));
        }
        let is_whole = got.contains("\"finish_reason\":\"stop\"");
        if (outcome == Outcome::Served) != is_whole && outcome != Outcome::CallerGone {
            let is_late = matches!(outcome, Outcome::DeadlinePassed | Outcome::Stopped);
            if !(is_late && is_whole) {
                return Err(format!("it ended {outcome:?} and the caller got {got}"));
            }
        }
        Ok(())
    }

    fn drop_calls(&mut self, number: usize, but: Option<usize>) {
        let request = &mut self.requests[number];
        let attempts = request.exchange.as_ref().map(|exchange| exchange.attempts()).unwrap_or_default();
        for (call, called) in request.calls.iter_mut().enumerate() {
            if Some(call) != but && !std::mem::replace(&mut called.is_dropped, true) {
                self.twins[attempts[call].target.0 as usize].given_up((number, call));
            }
        }
    }

    /// Nothing runs any more, and everything has its end.
    pub(super) fn is_settled(&self) -> Result<(), String> {
        for (number, request) in self.requests.iter().enumerate() {
            if !request.is_over {
                return Err(format!("request {number} has no end"));
            }
            let attempts = request.exchange.as_ref().map(|exchange| exchange.attempts()).unwrap_or_default();
            if attempts.iter().any(|attempt| attempt.ended_ms.is_none()) {
                return Err(format!("request {number} has an attempt that does not end"));
            }
        }
        for target in self.catalogue.target_ids() {
            let (running, load) = (self.health.running(target), self.health.load(target));
            if (running, load) != (0, (0, 0)) {
                return Err(format!("{running} calls of {target:?} run, and {load:?} of its provider"));
            }
        }
        Ok(())
    }
}
