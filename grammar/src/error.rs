//! What is wrong with the form of a text, as data. Knows no file and renders nothing: the compiler turns each of these
//! into one diagnostic.

use text_size::TextRange;

/// At most so many errors are reported for one file: who has more reads the first ones.
pub const ERROR_LIMIT: usize = 100;

/// How far a text is from being right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The grammar does not accept it.
    Form,
    /// The grammar accepts it, and yet it cannot be meant: a day that does not exist, a clause that stands twice.
    Meaning,
    /// It is too long or too deep to be read.
    Limit,
}

/// One mistake of form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Stable: `R0001` to `R0005`, or `R0206` for a clause that is missing or stands twice.
    pub code: &'static str,
    /// Whether the grammar accepts the text all the same.
    pub layer: Layer,
    /// Where a person would point; may be empty where something is missing.
    pub range: TextRange,
    /// What is wrong, in the policy's words; stands alone; lower case, no full stop.
    pub message: String,
    /// A few words for the range; may be empty.
    pub label: String,
    /// Other places that have part in it, each with its words.
    pub related: Vec<(TextRange, String)>,
    /// The one next step.
    pub help: Option<String>,
    /// Changes that mend it, best first; several only where the text has several readings. Each has been tried.
    pub fixes: Vec<SyntaxFix>,
    /// Whether its only fix can be applied unasked: it says what the text said, and no other reading is as near.
    pub is_sure: bool,
}

/// A change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxFix {
    /// What it does, as an order: "write `is`".
    pub title: String,
    /// Disjoint, by place.
    pub edits: Vec<SyntaxEdit>,
}

/// Replaces the text of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxEdit {
    /// What is replaced; empty to insert.
    pub range: TextRange,
    /// By what.
    pub text: String,
}

impl SyntaxError {
    /// With nothing but its place and words.
    pub fn new(code: &'static str, range: TextRange, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            code,
            layer: Layer::Form,
            range,
            message: message.into(),
            label: String::new(),
            related: Vec::new(),
            help: None,
            fixes: Vec::new(),
            is_sure: true,
        }
    }

    /// Of a text that the grammar accepts.
    #[must_use]
    pub fn of_meaning(mut self) -> SyntaxError {
        self.layer = Layer::Meaning;
        self
    }

    /// Of a text that is not read to its end.
    #[must_use]
    pub fn of_limit(mut self) -> SyntaxError {
        self.layer = Layer::Limit;
        self
    }

    /// With a fix that somebody should look at.
    #[must_use]
    pub fn unsure(mut self) -> SyntaxError {
        self.is_sure = false;
        self
    }

    /// With words for the range.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> SyntaxError {
        self.label = label.into();
        self
    }

    /// With another place that has part in it.
    #[must_use]
    pub fn with_related(mut self, range: TextRange, text: impl Into<String>) -> SyntaxError {
        self.related.push((range, text.into()));
        self
    }

    /// With the next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> SyntaxError {
        self.help = Some(help.into());
        self
    }

    /// With a change that replaces one range.
    #[must_use]
    pub fn with_fix(
        self,
        range: TextRange,
        text: impl Into<String>,
        title: impl Into<String>,
    ) -> SyntaxError {
        self.with_edits(vec![SyntaxEdit { range, text: text.into() }], title)
    }

    /// With a change of several disjoint ranges.
    #[must_use]
    pub fn with_edits(mut self, edits: Vec<SyntaxEdit>, title: impl Into<String>) -> SyntaxError {
        self.fixes.push(SyntaxFix { title: title.into(), edits });
        self
    }
}

/// Longer words are cut: they repeat a text that is in the file.
const SHOWN_BYTES: usize = 300;

fn shorten(words: &mut String) {
    if words.len() > SHOWN_BYTES {
        words.truncate(words.floor_char_boundary(SHOWN_BYTES));
        words.push('…');
    }
}

/// By place; what is over the limit is replaced by one error that says so.
pub(crate) fn in_order(mut errors: Vec<SyntaxError>) -> Vec<SyntaxError> {
    for error in &mut errors {
        shorten(&mut error.message);
        error.help.as_mut().map(shorten);
        error.fixes.iter_mut().for_each(|fix| shorten(&mut fix.title));
    }
    errors.sort_by(|a, b| {
        (a.range.start(), a.range.end(), a.code).cmp(&(b.range.start(), b.range.end(), b.code))
    });
    if errors.len() > ERROR_LIMIT {
        let place = errors[ERROR_LIMIT].range;
        errors.truncate(ERROR_LIMIT);
        let message =
            format!("there are more mistakes from here on: only the first {ERROR_LIMIT} are listed");
        errors.push(SyntaxError::new("R0001", place, message).of_limit());
    }
    errors
}
