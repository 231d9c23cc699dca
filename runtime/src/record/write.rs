//! What a store's text says of a record: what no column says and what is not usual, as `serde_json` writes it to the byte, in half
//! the time: names are written as they stand, and texts that have nothing to escape are copied. Whatever is seldom there is
//! left to serde. [`StoredRecord`](super::StoredRecord) reads it.

use super::stored::{USUAL_STATUS, fits_column};
use super::{
    AttemptRecord, DecisionRecord, Document, RecordedCaller, RecordedInspection, RecordedLines,
    RecordedTokens,
};
use crate::trace::Trace;
use serde::Serialize;

/// What is written.
pub(super) struct Out<'o>(pub(super) &'o mut String);

impl Out<'_> {
    pub(super) fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Anything, by serde.
    pub(super) fn any(&mut self, value: &impl Serialize) {
        self.raw(&serde_json::to_string(value).expect("records are texts, numbers and lists of them"));
    }

    /// A whole number, which has twenty digits at most.
    pub(super) fn number(&mut self, number: u64) {
        if number >= 10 {
            self.number(number / 10);
        }
        self.0.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
    }

    pub(super) fn text(&mut self, text: &str) {
        if !is_plain(text.as_bytes()) {
            return self.any(&text);
        }
        self.raw("\"");
        self.raw(text);
        self.raw("\"");
    }

    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.raw("[");
        for (position, item) in items.into_iter().enumerate() {
            if position > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]");
    }

    /// A text, with what stands before it.
    fn text_of(&mut self, name: &str, text: &str) {
        self.raw(name);
        self.text(text);
    }

    /// The same of a number.
    fn number_of(&mut self, name: &str, number: u64) {
        self.raw(name);
        self.number(number);
    }

    /// Anything, with what stands before it.
    fn any_of(&mut self, name: &str, value: &impl Serialize) {
        self.raw(name);
        self.any(value);
    }

    /// The same, where it is not usual.
    fn unless(&mut self, is_usual: bool, name: &str, value: &impl Serialize) {
        if !is_usual {
            self.any_of(name, value);
        }
    }
}

impl DecisionRecord {
    /// Takes out its document, and writes what is left to say: without what the document stands for at its end. The document stays
    /// where it would stand for another end than this.
    pub(crate) fn write_apart(&mut self, text: &mut String) -> Option<Document> {
        let is_apart = self.decision.as_ref().is_none_or(|document| document.fits(self));
        let document = if is_apart { self.decision.take() } else { None };
        self.write_head(text);
        if document.as_ref().is_none_or(|document| document.behind().is_empty()) {
            behind(text, &self.policy, &self.source, &self.lines);
        }
        text.push('}');
        document
    }

    /// Its members but those that [`behind`] writes.
    fn write_head(&self, text: &mut String) {
        let DecisionRecord {
            id: _,
            at_ms: _,
            api,
            is_stream,
            caller,
            caller_request_id,
            trace,
            model: _,
            outcome: _,
            status,
            decision,
            inspection,
            request,
            too_long,
            decided: _,
            route,
            arm,
            reasons,
            target,
            chosen,
            attempts,
            passed_over,
            tokens,
            latency_ms,
            first_content_ms,
            policy: _,
            source: _,
            lines: _,
        } = self;
        let mut out = Out(text);
        // Always there, so that each other has one before it.
        out.text_of("{\"api\":", api);
        out.raw(if *is_stream { ",\"is_stream\":true" } else { "" });
        self::caller(&mut out, caller);
        out.unless(caller_request_id.is_none(), ",\"caller_request_id\":", caller_request_id);
        if let Some(trace) = trace {
            self::trace(&mut out, trace);
        }
        out.unless(*status == USUAL_STATUS, ",\"status\":", status);
        out.unless(decision.is_none(), ",\"decision\":", decision);
        self::inspection(&mut out, inspection.as_ref());
        if let Some(request) = request {
            out.raw(",\"request\":");
            out.raw(request.text());
        }
        out.unless(too_long.is_empty(), ",\"too_long\":", too_long);
        // A column has the same for an empty one as for none.
        out.unless(route.as_deref() != Some(""), ",\"route\":", route);
        out.unless(arm.is_none(), ",\"arm\":", arm);
        out.unless(reasons.is_empty(), ",\"reasons\":", reasons);
        out.unless(target.as_deref() != Some(""), ",\"target\":", target);
        if let Some(chosen) = chosen {
            out.text_of(",\"chosen\":", chosen.name());
        }
        if !attempts.is_empty() {
            let target = target.as_deref().unwrap_or_default();
            out.raw(",\"attempts\":");
            out.list(attempts, |out, one| attempt(out, one, target));
        }
        out.unless(passed_over.is_empty(), ",\"passed_over\":", passed_over);
        out.unless(has_columns(tokens), ",\"tokens\":", tokens);
        out.unless(fits_column(*latency_ms), ",\"latency_ms\":", latency_ms);
        if let Some(first_content_ms) = first_content_ms {
            out.number_of(",\"first_content_ms\":", *first_content_ms);
        }
    }
}

/// Whether nothing has to be escaped in a text.
fn is_plain(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| (*byte >= 0x20) & (*byte != b'"') & (*byte != b'\\');
    let Some(last) = text.last_chunk::<8>() else { return text.iter().all(is_plain) };
    // Eight at once; the last eight may be looked at twice.
    let are_plain = |eight: &[u8; 8]| eight.iter().fold(true, |all, byte| all & is_plain(byte));
    text.as_chunks::<8>().0.iter().all(are_plain) && are_plain(last)
}

/// Writes the last members of a record.
pub(super) fn behind(text: &mut String, policy: &str, source: &str, lines: &[RecordedLines]) {
    let mut out = Out(text);
    out.text_of(",\"policy\":", policy);
    out.text_of(",\"source\":", source);
    out.any_of(",\"lines\":", &lines);
}

fn caller(out: &mut Out<'_>, caller: &RecordedCaller) {
    let RecordedCaller { key_id, id: _, team: _, app: _, groups } = caller;
    out.text_of(",\"caller\":{\"key_id\":", key_id);
    out.unless(groups.is_empty(), ",\"groups\":", groups);
    out.raw("}");
}

fn trace(out: &mut Out<'_>, trace: &Trace) {
    let Trace { trace_id, parent_id, span_id, is_sampled, state: _ } = trace;
    out.text_of(",\"trace\":{\"trace_id\":", trace_id);
    if let Some(parent_id) = parent_id {
        out.text_of(",\"parent_id\":", parent_id);
    }
    out.text_of(",\"span_id\":", span_id);
    out.raw(if *is_sampled { ",\"is_sampled\":true}" } else { ",\"is_sampled\":false}" });
}

fn inspection(out: &mut Out<'_>, inspection: Option<&RecordedInspection>) {
    let Some(RecordedInspection { parts, bytes, took_ms, failed, looked_for }) = inspection else { return };
    out.number_of(",\"inspection\":{\"parts\":", *parts);
    out.number_of(",\"bytes\":", *bytes);
    out.unless(*took_ms == 0, ",\"took_ms\":", took_ms);
    out.unless(failed.is_empty(), ",\"failed\":", failed);
    if !looked_for.is_empty() {
        out.raw(",\"looked_for\":");
        out.list(looked_for, |out, text| out.text(text));
    }
    out.raw("}");
}

/// A call of a candidate for a request that `served` served.
fn attempt(out: &mut Out<'_>, attempt: &AttemptRecord, served: &str) {
    let AttemptRecord {
        target,
        cause,
        status,
        started_ms,
        first_content_ms,
        latency_ms,
        maybe_billed,
        marks,
        detail,
    } = attempt;
    out.number_of("{\"latency_ms\":", *latency_ms);
    out.unless(target == served, ",\"target\":", target);
    out.unless(cause.is_none(), ",\"cause\":", cause);
    out.unless(*status == Some(USUAL_STATUS), ",\"status\":", status);
    out.unless(*started_ms == 0, ",\"started_ms\":", started_ms);
    if let Some(first_content_ms) = first_content_ms {
        out.number_of(",\"first_content_ms\":", *first_content_ms);
    }
    out.unless(!maybe_billed, ",\"maybe_billed\":", maybe_billed);
    out.unless(marks.is_empty(), ",\"marks\":", marks);
    out.unless(detail.is_empty(), ",\"detail\":", detail);
    out.raw("}");
}

/// Whether columns say it all.
fn has_columns(tokens: &RecordedTokens) -> bool {
    let RecordedTokens { input, output, .. } = *tokens;
    *tokens == RecordedTokens { input, output, ..RecordedTokens::default() }
        && fits_column(input)
        && fits_column(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_written_as_serde_writes_them() {
        let check = |value: &dyn Fn(&mut Out<'_>), by_serde: String| {
            let mut written = String::new();
            value(&mut Out(&mut written));
            assert_eq!(written, by_serde);
        };
        for length in 0..20 {
            for odd in ["a", "\"", "\\", "\u{0}", "\u{1f}", "\u{7f}", "é", "\u{2028}"] {
                for place in 0..=length {
                    let text = format!("{}{odd}{}", "x".repeat(place), "/".repeat(length - place));
                    check(&|out| out.text(&text), serde_json::to_string(&text).unwrap());
                }
            }
        }
        for number in [0, 1, 9, 10, 99, 100, 1_234_567_890, u64::MAX] {
            check(&|out| out.number(number), number.to_string());
        }
    }
}
