//! The encodings whose dictionaries OpenAI publishes, which models count in them, and how many tokens a text has there.
//! Pure: a dictionary is part of the program, and is read when it is first asked for.

use super::Api;
use bpe_openai::Tokenizer;
use std::sync::OnceLock;
use wayleave_program::catalogue::Catalogue;

/// An encoding. Both are byte-level: a text never has more tokens than bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// `cl100k_base`
    Cl100k,
    /// `o200k_base`
    O200k,
}

/// No token of either encoding is longer.
const TOKEN_BYTES: u64 = 128;

/// An escape in JSON is at most so many times as long as what it says: `\u0041` is `A`.
const ESCAPE_BYTES: u64 = 6;

/// A piece without a place to split at counts as its bytes from here on, so that a look at the clock is never far away:
/// nobody writes such a piece but to be slow at.
const PIECE_BYTES: usize = 128 << 10;

/// By the beginning of a model's name, the longer one first: `model.py` of OpenAI's `tiktoken` 0.12. What is left out is
/// unknown; so is `gpt-oss`, whose own template adds to a request what no formula states.
const MODELS: [(&str, Encoding); 25] = [
    ("chatgpt-4o-", Encoding::O200k),
    ("davinci-002", Encoding::Cl100k),
    ("babbage-002", Encoding::Cl100k),
    ("ft:babbage-002", Encoding::Cl100k),
    ("ft:davinci-002", Encoding::Cl100k),
    ("ft:gpt-3.5-turbo", Encoding::Cl100k),
    ("ft:gpt-4.1", Encoding::O200k),
    ("ft:gpt-4o", Encoding::O200k),
    ("ft:gpt-4", Encoding::Cl100k),
    ("gpt-3.5", Encoding::Cl100k),
    ("gpt-35-turbo", Encoding::Cl100k),
    ("gpt-4.1", Encoding::O200k),
    ("gpt-4.5-", Encoding::O200k),
    ("gpt-4o", Encoding::O200k),
    ("gpt-4-", Encoding::Cl100k),
    ("gpt-5", Encoding::O200k),
    ("o1-", Encoding::O200k),
    ("o3-", Encoding::O200k),
    ("o4-mini", Encoding::O200k),
    ("text-embedding-3-large", Encoding::Cl100k),
    ("text-embedding-3-small", Encoding::Cl100k),
    ("text-embedding-ada-002", Encoding::Cl100k),
    // Whole names, as each is the beginning of others.
    ("gpt-4", Encoding::Cl100k),
    ("o1", Encoding::O200k),
    ("o3", Encoding::O200k),
];

/// From here on the table has whole names.
const WHOLE_NAMES: usize = 22;

impl Encoding {
    /// That of a model, by the provider's name of it; a name may stand behind `openai/`, as routers of others write it.
    pub fn of_model(name: &str) -> Option<Encoding> {
        let name = name.strip_prefix("openai/").unwrap_or(name);
        let (beginnings, whole) = MODELS.split_at(WHOLE_NAMES);
        let begins = beginnings.iter().find(|(beginning, _)| name.starts_with(beginning));
        let is_whole = || whole.iter().find(|(known, _)| name == *known);
        begins.or_else(is_whole).map(|(_, encoding)| *encoding)
    }

    /// Whether its dictionary was read: the first who counts waits for it, some hundredths of a second.
    pub fn is_ready(self) -> bool {
        self.cell().get().is_some()
    }

    fn cell(self) -> &'static OnceLock<&'static Tokenizer> {
        static CL100K: OnceLock<&'static Tokenizer> = OnceLock::new();
        static O200K: OnceLock<&'static Tokenizer> = OnceLock::new();
        match self {
            Encoding::Cl100k => &CL100K,
            Encoding::O200k => &O200K,
        }
    }

    /// The tokens of a text for itself; what is left when nobody waits any more counts as its bytes, and so does a piece
    /// that is longer than anybody writes. Linear in the text.
    pub fn count(self, text: &str, is_over: &dyn Fn() -> bool) -> u64 {
        let tokenizer = self.cell().get_or_init(|| match self {
            Encoding::Cl100k => bpe_openai::cl100k_base(),
            Encoding::O200k => bpe_openai::o200k_base(),
        });
        let (mut tokens, mut counted, mut looked) = (0, 0, 0);
        for piece in tokenizer.split(text) {
            if counted >= looked + LOOK_BYTES {
                if is_over() {
                    break;
                }
                looked = counted;
            }
            counted += piece.len();
            tokens += match piece.len() > PIECE_BYTES {
                true => piece.len(),
                false => tokenizer.bpe.count(piece.as_bytes()),
            };
        }
        (tokens + (text.len() - counted)) as u64
    }
}

/// The clock is looked at after so many bytes: less than a millisecond of them.
const LOOK_BYTES: usize = 16 << 10;

/// A number of tokens below which no text in JSON, without its quotes, can stay in any [`Encoding`]: all begin another
/// one at a blank before a letter or behind it, and none has more than `TOKEN_BYTES`. `words` is how many letters stand behind a
/// blank.
pub fn least(raw: &str, words: u64) -> u64 {
    // What the text begins with is one token at the least, with a blank before it or without.
    let begins = match raw.as_bytes() {
        [] => 0,
        [b' ', letter, ..] if letter.is_ascii_alphabetic() => 0,
        _ => 1,
    };
    (words + begins).max((raw.len() as u64).div_ceil(ESCAPE_BYTES * TOKEN_BYTES))
}

/// In what the targets of one kind of api count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// The known encodings, ascending, each once.
    pub encodings: Vec<Encoding>,
    /// Whether some target counts in what is not known.
    pub has_unknown: bool,
}

/// In what the targets of a policy count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encodings {
    chat: Counted,
    embeddings: Counted,
}

impl Encodings {
    /// Of all targets, by the provider's names of their models.
    pub fn of(catalogue: &Catalogue) -> Encodings {
        let counted = |capability: &str| {
            let mut counted = Counted::default();
            for target in catalogue.targets.iter().filter(|target| target.can(capability)) {
                match Encoding::of_model(&target.remote) {
                    Some(encoding) => counted.encodings.push(encoding),
                    None => counted.has_unknown = true,
                }
            }
            counted.encodings.sort();
            counted.encodings.dedup();
            // Whom nothing can be asked of counts nothing; the estimate stands.
            counted.has_unknown |= counted.encodings.is_empty();
            counted
        };
        Encodings { chat: counted("chat"), embeddings: counted("embeddings") }
    }

    /// Those of the targets that can answer that api.
    pub fn of_api(&self, api: Api) -> &Counted {
        match api {
            Api::Chat | Api::Messages | Api::CountTokens => &self.chat,
            Api::Embeddings => &self.embeddings,
        }
    }
}

#[cfg(test)]
mod tests;
