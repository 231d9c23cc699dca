//! How large the input of a call is, in tokens: an estimate for whoever's tokenizer is unknown, sure bounds for OpenAI's
//! encodings, and their count where it is asked for. Holds no text.
//!
//! What is added to the texts is as OpenAI's cookbook states it ("How to count tokens with tiktoken").

use super::encodings::{Counted, Encoding, least};
use super::tokens;

/// What each message costs beside its texts.
const PER_MESSAGE: u64 = 3;

/// What the answer that is to come costs in advance.
const PER_ANSWER: u64 = 3;

/// What a name costs beside its text.
const PER_NAME: u64 = 1;

/// What a tool costs beside its text, with the older encoding; three less with the newer.
const PER_TOOL: u64 = 10;

/// What all tools together cost beside that.
const PER_TOOLS: u64 = 12;

/// What an image costs: the greatest count that OpenAI states (`gpt-4.1-nano`, 1,536 patches at 2.46), but for
/// `gpt-4o-mini`, which is billed as if an image had thirty times as many as it has.
const PER_IMAGE: u64 = 3_779;

/// What was measured of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// A generous estimate of the whole: [`tokens`].
    pub estimate: u64,
    /// Of the whole but its texts, as OpenAI states it.
    pub beside: u64,
    /// No known encoding has fewer tokens of the texts.
    pub least: u64,
    /// No byte-level encoding has more.
    pub bytes: u64,
}

impl Size {
    /// The least and the greatest that [`of`](Size::of) can answer, without counting.
    pub fn bounds(&self, counted: &Counted) -> (u64, u64) {
        (self.of(counted, self.least), self.of(counted, self.bytes))
    }

    /// The whole, where the texts have so many tokens in the encoding that has most.
    pub fn of(&self, counted: &Counted, texts: u64) -> u64 {
        let known = (!counted.encodings.is_empty()).then(|| self.beside + texts);
        let unknown = counted.has_unknown.then_some(self.estimate);
        known.max(unknown).unwrap_or(self.estimate)
    }
}

/// Measures a call while it is read.
pub(super) struct Meter<'a> {
    pub(super) size: Size,
    counting: Option<Counting<'a>>,
}

/// Counts the texts of a call.
pub(super) struct Counting<'a> {
    encodings: &'a [Encoding],
    is_over: &'a dyn Fn() -> bool,
    /// One for each of the encodings.
    counts: Vec<u64>,
}

impl<'a> Meter<'a> {
    /// Estimates.
    pub(super) fn estimating() -> Meter<'a> {
        Meter { size: Size::default(), counting: None }
    }

    /// Counts in these encodings, until it is over.
    pub(super) fn counting(encodings: &'a [Encoding], is_over: &'a dyn Fn() -> bool) -> Meter<'a> {
        let counts = vec![0; encodings.len()];
        Meter { size: Size::default(), counting: Some(Counting { encodings, is_over, counts }) }
    }

    /// The texts in the encoding that has most of them.
    pub(super) fn greatest(&self) -> u64 {
        let counts = self.counting.iter().flat_map(|counting| &counting.counts);
        counts.copied().max().unwrap_or(0)
    }

    /// A text as it is written, without its quotes or with them, or any value that a model gets as it stands.
    pub(super) fn text(&mut self, raw: &str) {
        let (estimate, words) = tokens::of_text_and_words(raw);
        self.size.estimate += estimate;
        // Within a text quotes stand behind backslashes.
        let raw = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        match &mut self.counting {
            None => {
                self.size.bytes += raw.len() as u64;
                self.size.least += least(raw, words);
            }
            Some(counting) => {
                let text = super::json::unescaped(raw);
                for (encoding, count) in counting.encodings.iter().zip(&mut counting.counts) {
                    *count += match (counting.is_over)() {
                        true => text.len() as u64,
                        false => encoding.count(&text, counting.is_over),
                    };
                }
            }
        }
    }

    /// What a message has beside its texts.
    pub(super) fn message(&mut self) {
        self.size.estimate += tokens::PER_MESSAGE;
        self.size.beside += PER_MESSAGE;
    }

    /// What the answer has in advance.
    pub(super) fn answer(&mut self) {
        self.size.beside += PER_ANSWER;
    }

    /// What a name has beside its text.
    pub(super) fn name(&mut self) {
        self.size.beside += PER_NAME;
    }

    /// A list of so many tools: its text, and what they have beside it.
    pub(super) fn tools(&mut self, raw: &str, count: u64) {
        self.text(raw);
        self.size.beside += PER_TOOLS + PER_TOOL * count;
    }

    /// An image.
    pub(super) fn image(&mut self) {
        self.size.estimate += tokens::PER_IMAGE;
        self.size.beside += PER_IMAGE;
    }

    /// What is estimated alike whatever the encoding: recordings, files, token numbers.
    pub(super) fn other(&mut self, tokens: u64) {
        self.size.estimate += tokens;
        self.size.beside += tokens;
    }

    /// What only the estimate has.
    pub(super) fn allowance(&mut self, tokens: u64) {
        self.size.estimate += tokens;
    }
}

#[cfg(test)]
mod tests;
