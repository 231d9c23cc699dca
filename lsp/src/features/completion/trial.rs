//! What a text would be read as, behind what stands before a place: the item that the place is in, up to there, is parsed once for
//! each text. Items are small, so this is a matter of microseconds.

use wayleave_compiler::source::SourceFile;
use wayleave_grammar::ast::{Item, Node};
use wayleave_grammar::{Parse, SyntaxToken, TextSize, parse_without_fixes};

/// A longer item is not tried: no rule that people write comes near, and an answer must not take long.
const LIMIT_BYTES: usize = 16 * 1024;

/// What stands before a place.
pub(super) struct Trial {
    before: String,
    /// Where the last thing before the place ends.
    end: usize,
    /// The item in which the place is, or which stands before it.
    pub(super) item: Option<Item>,
}

/// A text that was tried and read without an error.
pub(super) struct Read {
    /// All of it.
    pub(super) parse: Parse,
    /// Where the text begins that was tried.
    pub(super) start: usize,
}

impl Read {
    /// The first token of what was tried.
    pub(super) fn token(&self) -> SyntaxToken {
        let at = TextSize::new(u32::try_from(self.start).unwrap_or(u32::MAX));
        let root = self.parse.syntax();
        root.token_at_offset(at).right_biased().expect("the text that was tried is not empty")
    }
}

impl Trial {
    pub(super) fn new(file: &SourceFile, start: usize) -> Trial {
        let root = file.parse.root();
        let begin = |item: &Item| usize::from(item.range().start());
        let item = root.items().filter(|item| begin(item) < start).last();
        let mut before = match &item {
            Some(Item::Edition(_)) => String::new(),
            Some(_) => "edition 2026\n".to_owned(),
            // A file begins with its edition.
            None => String::new(),
        };
        let mut from = item.as_ref().map_or(0, begin);
        if let Some(Item::Provider(provider)) = &item {
            // What stands in the other models changes nothing here.
            for model in provider.models() {
                let range = model.range();
                let (first, last) = (usize::from(range.start()), usize::from(range.end()));
                // One that is not closed may be the one in which the place is.
                if last < start && file.text[..last].ends_with('}') {
                    before.push_str(&file.text[from..first]);
                    from = last;
                }
            }
        }
        before.push_str(&file.text[from..start]);
        let end = before.trim_end().len();
        Trial { before, end, item }
    }

    /// A text behind what stands there; none where it cannot stand. What is wrong before it or missing behind it is no matter.
    pub(super) fn read(&self, text: &str) -> Option<Read> {
        if self.before.len() > LIMIT_BYTES {
            return None;
        }
        let start = self.before.len();
        let parse = parse_without_fixes(&format!("{}{text}", self.before));
        let is_refused = parse.errors().iter().any(|error| {
            let (first, last) = (usize::from(error.range.start()), usize::from(error.range.end()));
            first < start + text.len() && (self.end <= first || start < last)
        });
        (!is_refused).then_some(Read { parse, start })
    }
}
