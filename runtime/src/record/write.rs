//! A record as JSON, as `serde_json` writes it to the byte, in half the time: names are written as they stand, and texts that
//! have nothing to escape are copied. Whatever is seldom there is left to serde.

use super::{
    AttemptRecord, DecisionRecord, Document, RecordedCaller, RecordedInspection, RecordedLines,
    RecordedTokens,
};
use serde::Serialize;

/// What is written.
pub(super) struct Out<'o>(pub(super) &'o mut Vec<u8>);

impl Out<'_> {
    pub(super) fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Anything, by serde.
    pub(super) fn any(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut *self.0, value).expect("records are texts, numbers and lists of them");
    }

    pub(super) fn text(&mut self, text: &str) {
        // Looked at whole, as that is many bytes at a time.
        let needs_escape = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
        if text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
            return self.any(&text);
        }
        self.raw("\"");
        self.raw(text);
        self.raw("\"");
    }

    fn texts(&mut self, texts: &[String]) {
        self.list(texts, |out, text| out.text(text));
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

    fn optional_text(&mut self, text: Option<&String>) {
        match text {
            Some(text) => self.text(text),
            None => self.raw("null"),
        }
    }

    /// A text, with what stands before it.
    fn text_of(&mut self, name: &str, text: &str) {
        self.raw(name);
        self.text(text);
    }

    /// Anything, with what stands before it.
    fn any_of(&mut self, name: &str, value: &impl Serialize) {
        self.raw(name);
        self.any(value);
    }

    /// The same, where it is not empty.
    fn unless_empty(&mut self, is_empty: bool, name: &str, value: &impl Serialize) {
        if !is_empty {
            self.any_of(name, value);
        }
    }
}

impl DecisionRecord {
    /// Takes out its document, and writes the rest: without what the document stands for at its end, so that whoever reads it puts
    /// both in. The document stays where it would stand for another end than this.
    pub(crate) fn write_apart(&mut self, bytes: &mut Vec<u8>) -> Option<Document> {
        if self.decision.as_ref().is_some_and(|document| !document.fits(self)) {
            self.write(bytes);
            return None;
        }
        let document = self.decision.take();
        self.write_head(bytes);
        if document.as_ref().is_none_or(|document| document.behind().is_empty()) {
            behind(bytes, &self.policy, &self.source, &self.lines);
        }
        bytes.push(b'}');
        document
    }

    /// Writes it.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        self.write_head(bytes);
        behind(bytes, &self.policy, &self.source, &self.lines);
        bytes.push(b'}');
    }

    /// Its members but those that [`behind`] writes.
    fn write_head(&self, bytes: &mut Vec<u8>) {
        let DecisionRecord {
            id,
            at_ms,
            api,
            is_stream,
            caller,
            caller_request_id,
            trace,
            model,
            outcome,
            status,
            decision,
            inspection,
            request,
            too_long,
            decided,
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
        let mut out = Out(bytes);
        out.text_of("{\"id\":", id);
        out.any_of(",\"at_ms\":", at_ms);
        out.text_of(",\"api\":", api);
        out.any_of(",\"is_stream\":", is_stream);
        out.raw(",\"caller\":");
        self::caller(&mut out, caller);
        out.unless_empty(caller_request_id.is_none(), ",\"caller_request_id\":", caller_request_id);
        out.unless_empty(trace.is_none(), ",\"trace\":", trace);
        out.text_of(",\"model\":", model);
        out.text_of(",\"outcome\":", outcome.name());
        out.any_of(",\"status\":", status);
        out.any_of(",\"decision\":", decision);
        out.raw(",\"inspection\":");
        self::inspection(&mut out, inspection.as_ref());
        if let Some(request) = request {
            out.raw(",\"request\":");
            out.raw(request.text());
        }
        out.unless_empty(too_long.is_empty(), ",\"too_long\":", too_long);
        out.text_of(",\"decided\":", decided);
        out.raw(",\"route\":");
        out.optional_text(route.as_ref());
        out.any_of(",\"arm\":", arm);
        out.raw(",\"reasons\":");
        out.texts(reasons);
        out.raw(",\"target\":");
        out.optional_text(target.as_ref());
        out.unless_empty(chosen.is_none(), ",\"chosen\":", chosen);
        out.raw(",\"attempts\":");
        out.list(attempts, attempt);
        out.unless_empty(passed_over.is_empty(), ",\"passed_over\":", passed_over);
        self::tokens(&mut out, tokens);
        out.any_of(",\"latency_ms\":", latency_ms);
        out.any_of(",\"first_content_ms\":", first_content_ms);
    }
}

/// Writes the last members of a record.
pub(super) fn behind(bytes: &mut Vec<u8>, policy: &str, source: &str, lines: &[RecordedLines]) {
    let mut out = Out(bytes);
    out.text_of(",\"policy\":", policy);
    out.text_of(",\"source\":", source);
    out.raw(",\"lines\":");
    out.list(lines, self::lines);
}

fn caller(out: &mut Out<'_>, caller: &RecordedCaller) {
    let RecordedCaller { key_id, id, team, app, groups } = caller;
    out.text_of("{\"key_id\":", key_id);
    out.text_of(",\"id\":", id);
    out.text_of(",\"team\":", team);
    out.text_of(",\"app\":", app);
    out.raw(",\"groups\":");
    out.texts(groups);
    out.raw("}");
}

fn inspection(out: &mut Out<'_>, inspection: Option<&RecordedInspection>) {
    let Some(RecordedInspection { parts, bytes, took_ms, failed, looked_for }) = inspection else {
        return out.raw("null");
    };
    out.any_of("{\"parts\":", parts);
    out.any_of(",\"bytes\":", bytes);
    out.any_of(",\"took_ms\":", took_ms);
    out.any_of(",\"failed\":", failed);
    if !looked_for.is_empty() {
        out.raw(",\"looked_for\":");
        out.texts(looked_for);
    }
    out.raw("}");
}

fn attempt(out: &mut Out<'_>, attempt: &AttemptRecord) {
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
    out.text_of("{\"target\":", target);
    out.raw(",\"cause\":");
    out.optional_text(cause.as_ref());
    out.any_of(",\"status\":", status);
    out.any_of(",\"started_ms\":", started_ms);
    out.any_of(",\"first_content_ms\":", first_content_ms);
    out.any_of(",\"latency_ms\":", latency_ms);
    out.unless_empty(!maybe_billed, ",\"maybe_billed\":", maybe_billed);
    out.unless_empty(marks.is_empty(), ",\"marks\":", marks);
    out.text_of(",\"detail\":", detail);
    out.raw("}");
}

fn tokens(out: &mut Out<'_>, tokens: &RecordedTokens) {
    let RecordedTokens { input, output, cached, cache_written, reasoning, is_estimated } = tokens;
    for (name, count) in [
        (",\"tokens\":{\"input\":", input),
        (",\"output\":", output),
        (",\"cached\":", cached),
        (",\"cache_written\":", cache_written),
        (",\"reasoning\":", reasoning),
    ] {
        out.any_of(name, count);
    }
    out.any_of(",\"is_estimated\":", is_estimated);
    out.raw("}");
}

fn lines(out: &mut Out<'_>, lines: &RecordedLines) {
    let RecordedLines { file, line, end_line } = lines;
    out.text_of("{\"file\":", file);
    out.any_of(",\"line\":", line);
    out.any_of(",\"end_line\":", end_line);
    out.raw("}");
}

#[cfg(test)]
mod tests;
