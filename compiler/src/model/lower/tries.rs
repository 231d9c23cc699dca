//! How a plan's candidates are tried: which failures lead on, retries, pauses, hedges and the deadline.

use super::names::unknown_word;
use super::values::{at as place, literal};
use super::{Lower, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Tries;
use crate::source::{FileId, Span};
use wayleave_grammar::ast::{self, List, LiteralValue, ToClause, Value};
use wayleave_program::plan::FailureClass;

/// More retries of one candidate than this help nobody: a caller waits, and a provider that is down is asked in vain.
const RETRIES_LIMIT: u64 = 10;

/// Classes that a policy may name beside the default ones.
const ON_REQUEST: [FailureClass; 2] = [FailureClass::Refused, FailureClass::ContextLength];

impl Lower<'_> {
    pub(super) fn tries(&mut self, file: FileId, to: &ToClause) -> Option<Tries> {
        let mut tries = Tries::default();
        let mut is_whole = true;
        if let Some(list) = to.failover().and_then(|clause| clause.failures()) {
            match self.failures(file, &list) {
                Some(failures) => tries.failover = failures,
                None => is_whole = false,
            }
        }
        if let Some(count) = to.retry().and_then(|clause| clause.count()) {
            match self.retries(file, &count) {
                Some(count) => tries.retry = count,
                None => is_whole = false,
            }
        }
        if let Some(clause) = to.backoff() {
            tries.backoff_ms = self.pauses(file, &clause);
            is_whole &= tries.backoff_ms.is_some();
            if tries.retry == 0 && is_whole {
                let message = "`backoff` says how long to wait before a retry, and this plan has none";
                let diagnostic =
                    Diagnostic::new(Code::R0206, message, span_of(file, &clause), "without effect");
                self.report(diagnostic.with_help("add `retry 2` before it, or remove `backoff`"));
                is_whole = false;
            }
        }
        if let Some(after) = to.hedge().and_then(|clause| clause.after()) {
            tries.hedge_ms = self.duration(span_of(file, &after), "hedge after", after.value());
            is_whole &= tries.hedge_ms.is_some();
        }
        if let Some(duration) = to.deadline().and_then(|clause| clause.duration()) {
            tries.deadline_ms = self.duration(span_of(file, &duration), "deadline", duration.value());
            is_whole &= tries.deadline_ms.is_some();
        }
        if let (Some(hedge), Some(deadline), Some(clause)) = (tries.hedge_ms, tries.deadline_ms, to.hedge())
            && hedge >= deadline
        {
            let message = "`hedge` comes after the `deadline`, so it never comes";
            let diagnostic = Diagnostic::new(Code::R0206, message, span_of(file, &clause), "without effect");
            self.report(diagnostic.with_help("write a time below the deadline, or remove `hedge`"));
            is_whole = false;
        }
        is_whole.then_some(tries)
    }

    fn retries(&mut self, file: FileId, count: &ast::Literal) -> Option<u32> {
        let LiteralValue::Integer(number) = count.value()? else { return None };
        if number == 0 {
            let message = "`retry 0` is what a plan does without it";
            let diagnostic = Diagnostic::new(Code::R0206, message, span_of(file, count), "without effect");
            self.report(diagnostic.with_help("remove it, or write how often, such as `retry 2`"));
            return None;
        }
        if number > RETRIES_LIMIT {
            let message = format!("one candidate is tried again at most {RETRIES_LIMIT} times");
            let at = span_of(file, count);
            let diagnostic = Diagnostic::new(Code::R0201, message, at, "too often");
            self.report(
                diagnostic.with_help("write a small number such as `2`, and more candidates with `else`"),
            );
            return None;
        }
        u32::try_from(number).ok()
    }

    fn pauses(&mut self, file: FileId, clause: &ast::BackoffClause) -> Option<(u64, u64)> {
        let range = clause.pauses()?;
        let (start, end) = (range.start()?, range.end()?);
        let least = self.duration(place(file, &start), "backoff", literal(&start))?;
        let most = self.duration(place(file, &end), "backoff", literal(&end))?;
        if least > most {
            self.falling(span_of(file, &range), false);
            return None;
        }
        Some((least, most))
    }

    fn failures(&mut self, file: FileId, list: &List) -> Option<Vec<FailureClass>> {
        if list.values().next().is_none() {
            let message = "without a failure that leads on, no later candidate is ever asked";
            let diagnostic = Diagnostic::new(Code::R0206, message, span_of(file, list), "an empty list");
            self.report(
                diagnostic.with_help("name failures such as `timeout`, or remove the `else`s of this plan"),
            );
            return None;
        }
        let mut failures = Vec::new();
        let mut is_whole = true;
        for value in list.values() {
            let at = place(file, &value);
            let Some(class) = self.failure(at, &value) else {
                is_whole = false;
                continue;
            };
            if failures.contains(&class) {
                let message = format!("`failover on` names `{}` twice", class.name());
                let diagnostic = Diagnostic::new(Code::R0102, message, at, "again here");
                self.report(diagnostic.with_help("remove one of them"));
                is_whole = false;
            }
            failures.push(class);
        }
        is_whole.then_some(failures)
    }

    fn failure(&mut self, at: Span, value: &Value) -> Option<FailureClass> {
        let classes = || FailureClass::DEFAULT.into_iter().chain(ON_REQUEST);
        match value {
            Value::Name(name) => {
                let name = name.text();
                let found = classes().find(|class| class.name() == name);
                if found.is_none() {
                    let candidates: Vec<_> = classes().map(|class| (class.name(), None)).collect();
                    self.report(unknown_word("failure", &name, at, &candidates));
                }
                found
            }
            Value::Literal(written) => match written.value()? {
                LiteralValue::Integer(status) => self.status(at, status),
                _ => self.no_failure(at),
            },
            _ => self.no_failure(at),
        }
    }

    fn status(&mut self, at: Span, status: u64) -> Option<FailureClass> {
        if status == 400 || status == 422 {
            let message =
                format!("{status} is the caller's own mistake, and another provider would only repeat it");
            let diagnostic = Diagnostic::new(Code::R0210, message, at, "never falls over");
            self.report(diagnostic.with_help(
                "remove it; where a provider says 400 for what it cannot hold or will not answer, name `context-length` or `refused`",
            ));
            return None;
        }
        let known = u16::try_from(status).ok().filter(|status| (400..600).contains(status));
        if known.is_none() {
            let message = "a failure is told by a status from 400 to 599";
            let diagnostic = Diagnostic::new(Code::R0201, message, at, "no failure");
            self.report(diagnostic.with_help("write a status such as `402`, or a class such as `timeout`"));
        }
        known.map(FailureClass::Status)
    }

    fn no_failure<T>(&mut self, at: Span) -> Option<T> {
        let message = "`failover on` lists failure classes and status numbers";
        let diagnostic = Diagnostic::new(Code::R0201, message, at, "neither");
        self.report(diagnostic.with_help("write names such as `timeout`, or numbers such as `402`"));
        None
    }
}
