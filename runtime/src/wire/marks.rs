//! What is odd about an answer that is one all the same: events that could not be read, calls that nobody can execute,
//! another model than was asked. It is looked for where an answer is read anyway, and changes nothing of what the
//! caller gets.

use super::json::{Keys, Kind, Reader, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Arguments of one answer that are kept until they are whole: what comes beyond is not judged, so that no stream holds
/// more. A model writes some 100,000 tokens into it.
const KEPT_LIMIT_BYTES: usize = 1 << 20;

/// Calls of one answer that are judged; no model calls as many tools in one turn.
const CALLS_LIMIT: usize = 1_024;

/// A model's name is cut to so many characters; no provider has longer ones.
const NAME_CHARACTERS: usize = 128;

/// What an answer is held to.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The names of the model that was asked: its provider's, and the policy's.
    pub models: [String; 2],
    /// The tools that were offered, by name.
    pub tools: Arc<BTreeSet<String>>,
}

/// What was odd.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    /// Events of a stream that could not be read and were left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped_events: u64,
    /// Events and pieces of a stream that the caller's dialect has no word for, and that were left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped_pieces: u64,
    /// Calls of tools whose arguments are no JSON object.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub broken_arguments: u64,
    /// Calls of tools that the caller did not offer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unoffered_tools: u64,
    /// Whether a count of tokens was negative, no whole number or absurd, so that another stands in the record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_suspect_usage: bool,
    /// The model that the answer names, where it is another than was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_model: Option<String>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Marks {
    /// Whether nothing was odd.
    pub fn is_empty(&self) -> bool {
        *self == Marks::default()
    }

    /// A few words on each, for people.
    pub fn words(&self) -> Vec<String> {
        let count = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(one.to_owned()),
            _ => Some(many.replace('N', &count.to_string())),
        };
        let counted = [
            count(
                self.skipped_events,
                "1 event could not be read and was skipped",
                "N events could not be read and were skipped",
            ),
            count(
                self.dropped_pieces,
                "1 piece of the stream was left out",
                "N pieces of the stream were left out",
            ),
            count(
                self.broken_arguments,
                "the arguments of 1 call are no JSON object",
                "the arguments of N calls are no JSON objects",
            ),
            count(
                self.unoffered_tools,
                "1 call is of a tool that was not offered",
                "N calls are of tools that were not offered",
            ),
        ];
        let suspect =
            self.has_suspect_usage.then(|| "the provider's count of tokens was out of range".to_owned());
        let other = self.other_model.as_ref().map(|model| format!("answered by {model}"));
        counted.into_iter().flatten().chain(suspect).chain(other).collect()
    }
}

/// A piece of a call, as a stream has it, or all of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallPiece<'a> {
    /// The choice that it is of, and its place there.
    pub(super) place: (u64, u64),
    /// The call's id, with its first piece.
    pub(super) id: Option<Text<'a>>,
    /// The tool's name, with its first piece.
    pub(super) name: Option<Text<'a>>,
    /// A piece of the arguments' JSON.
    pub(super) arguments: Option<Text<'a>>,
}

/// Looks at one answer as it is read.
#[derive(Debug, Default)]
pub struct Watch {
    expected: Expected,
    marks: Marks,
    has_model: bool,
    /// By their places, the calls whose arguments may go on.
    calls: BTreeMap<(u64, u64), Call>,
    kept_bytes: usize,
}

#[derive(Debug, Default)]
struct Call {
    id: String,
    is_named: bool,
    arguments: String,
    /// Whether all of its arguments were kept.
    is_cut: bool,
}

impl Watch {
    /// Of an answer that is held to that.
    pub fn new(expected: Expected) -> Watch {
        Watch { expected, ..Watch::default() }
    }

    /// What was odd so far; of a whole answer also what only its end tells.
    pub fn marks(&self, is_whole: bool) -> Marks {
        let broken = self.calls.values().filter(|call| is_whole && call.is_broken()).count() as u64;
        Marks { broken_arguments: self.marks.broken_arguments + broken, ..self.marks.clone() }
    }

    /// An event could not be read.
    pub fn skipped(&mut self) {
        self.marks.skipped_events += 1;
    }

    /// A count of tokens is none that a provider could mean.
    pub(super) fn suspects_usage(&mut self) {
        self.marks.has_suspect_usage = true;
    }

    /// The answer names its model; the first name that says anything counts.
    pub(super) fn model(&mut self, named: Text<'_>) {
        if self.has_model || named.raw.is_empty() {
            return;
        }
        self.has_model = true;
        let named = named.decode_lossy();
        let asked = self.expected.models.iter().filter(|asked| !asked.is_empty());
        let mut asked = asked.map(|asked| is_same_model(asked, &named)).peekable();
        if asked.peek().is_some() && !asked.any(|is_same| is_same) {
            self.marks.other_model = Some(named.chars().take(NAME_CHARACTERS).collect());
        }
    }

    /// A call begins.
    pub(super) fn begins(&mut self, place: (u64, u64)) {
        self.close(place);
        if self.calls.len() < CALLS_LIMIT {
            self.calls.insert(place, Call::default());
        }
    }

    /// Whether a call at that place goes on.
    pub(super) fn has_begun(&self, place: (u64, u64)) -> bool {
        self.calls.contains_key(&place)
    }

    /// A piece of a call has come. One with another id than the one before it at its place begins another call.
    pub(super) fn call(&mut self, piece: CallPiece<'_>) {
        let id = piece.id.filter(|id| !id.raw.is_empty());
        let is_same = self
            .calls
            .get(&piece.place)
            .is_some_and(|call| id.is_none_or(|id| call.id.is_empty() || id.is(&call.id)));
        if !is_same {
            self.begins(piece.place);
        }
        let Some(call) = self.calls.get_mut(&piece.place) else { return };
        if let Some(id) = id.filter(|_| call.id.is_empty()) {
            call.id = id.decode_lossy().into_owned();
            self.kept_bytes += call.id.len();
        }
        if let Some(name) = piece.name.filter(|name| !name.raw.is_empty() && !call.is_named) {
            call.is_named = true;
            let is_offered = self.expected.tools.contains(name.decode_lossy().as_ref());
            self.marks.unoffered_tools += u64::from(!is_offered);
        }
        if let Some(arguments) = piece.arguments {
            self.kept_bytes += arguments.raw.len();
            call.is_cut |= self.kept_bytes > KEPT_LIMIT_BYTES;
            if !call.is_cut {
                call.arguments.push_str(&arguments.decode_lossy());
            }
        }
    }

    fn close(&mut self, place: (u64, u64)) {
        if let Some(call) = self.calls.remove(&place) {
            self.marks.broken_arguments += u64::from(call.is_broken());
        }
    }
}

impl Call {
    /// Whether its arguments are no object. Some servers write an empty text for a call that takes nothing.
    fn is_broken(&self) -> bool {
        let is_object = || {
            let mut reader = Reader::new(&self.arguments, Keys::Unchecked);
            reader.peek() == Ok(Kind::Object) && reader.skip().is_ok() && reader.end().is_ok()
        };
        !self.is_cut && !self.arguments.trim().is_empty() && !is_object()
    }
}

/// Whether two names are of one model: the same, but for their case, what stands before the last slash, and a snapshot
/// that one of them does not say.
fn is_same_model(asked: &str, named: &str) -> bool {
    if asked == named {
        return true;
    }
    let (asked, named) = (asked.to_ascii_lowercase(), named.to_ascii_lowercase());
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let (asked, named) = (last(&asked), last(&named));
    let ((asked_stem, of_asked), (named_stem, of_named)) = (snapshot(&asked), snapshot(&named));
    let is_one_snapshot = of_asked == of_named || of_asked.is_empty() || of_named.is_empty();
    asked == named
        || asked == named_stem
        || asked_stem == named
        || (asked_stem == named_stem && is_one_snapshot)
}

/// The forms of the dates and numbers by which providers tell snapshots of a model apart, `d` for a digit: OpenAI's
/// `2025-08-07` and `0613`, Anthropic's `20250929`, Google's `06-05` and `001`, Cohere's `08-2024`, Mistral's `2411`.
const SNAPSHOTS: [&str; 7] = ["dddd-dd-dd", "dddddddd", "dd-dddd", "dddddd", "dd-dd", "dddd", "ddd"];

/// A name without its snapshot, and the snapshot; `latest` is none.
fn snapshot(name: &str) -> (&str, &str) {
    let split = |tail: &str| {
        let stem = name.strip_suffix(tail)?.strip_suffix(['-', '@', ':'])?;
        (!stem.is_empty()).then_some(stem)
    };
    if let Some(stem) = split("latest") {
        return (stem, "");
    }
    for form in SNAPSHOTS {
        let tail = name.len().checked_sub(form.len()).and_then(|at| name.get(at..));
        let is_form = |tail: &&str| {
            form.bytes().zip(tail.bytes()).all(|(form, byte)| match form {
                b'd' => byte.is_ascii_digit(),
                itself => byte == itself,
            })
        };
        if let Some(tail) = tail.filter(is_form)
            && let Some(stem) = split(tail)
        {
            return (stem, tail);
        }
    }
    let digits = name.len() - name.trim_end_matches(|character: char| character.is_ascii_digit()).len();
    let version = name.get(name.len() - digits..).filter(|digits| !digits.is_empty());
    let version = version.and_then(|digits| Some((split(&format!("v{digits}"))?, digits)));
    version.unwrap_or((name, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fault-F32: a snapshot of the model that was asked is that model; a relative of it is not.
    #[test]
    fn names_of_one_model_are_told_from_those_of_another() {
        for (asked, named) in [
            ("gpt-5", "gpt-5"),
            ("gpt-5", "gpt-5-2025-08-07"),
            ("gpt-5-2025-08-07", "gpt-5"),
            ("gpt-4", "gpt-4-0613"),
            ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
            ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"),
            ("mistral-large-latest", "mistral-large-2411"),
            ("command-r", "command-r-08-2024"),
            ("gemini-2.5-pro-preview", "gemini-2.5-pro-preview-06-05"),
            ("text-embedding-ada-002", "text-embedding-ada-002-v2"),
            ("llama3.2", "llama3.2:latest"),
            ("accounts/fireworks/models/Qwen3-8B", "qwen3-8b"),
        ] {
            assert!(is_same_model(asked, named), "{asked} {named}");
        }
        for (asked, named) in [
            ("gpt-5", "gpt-5-mini"),
            ("gpt-5", "gpt-5-mini-2025-08-07"),
            ("gpt-5", "gpt-4"),
            ("gpt-5-2025-08-07", "gpt-5-2025-10-01"),
            ("gpt-4", "gpt-4-32k"),
            ("gpt-4", "gpt-4o-2024-08-06"),
            ("claude-sonnet-4", "claude-sonnet-4-5"),
            ("deepseek-v2", "deepseek-v3"),
            ("large", "2411"),
        ] {
            assert!(!is_same_model(asked, named), "{asked} {named}");
        }
    }

    fn text(raw: &str) -> Option<Text<'_>> {
        Reader::new(raw, Keys::Unchecked).string().ok()
    }

    fn watch(pieces: &[(u64, &str, &str, &str)]) -> Marks {
        let tools = Arc::new(BTreeSet::from(["f".to_owned()]));
        let mut watch = Watch::new(Expected { tools, ..Expected::default() });
        for (index, id, name, arguments) in pieces {
            watch.call(CallPiece {
                place: (0, *index),
                id: text(id),
                name: text(name),
                arguments: text(arguments),
            });
        }
        assert_eq!(watch.marks(false).unoffered_tools, watch.marks(true).unoffered_tools);
        watch.marks(true)
    }

    /// fault-F31: arguments are judged when they are whole, in whatever pieces they come.
    #[test]
    fn arguments_are_joined_before_they_are_judged() {
        let nothing = "";
        assert_eq!(
            watch(&[
                (0, "\"a\"", "\"f\"", "\"\""),
                (0, nothing, nothing, r#""{\"x\":""#),
                (0, nothing, nothing, r#""\"\\ud83d\"}""#)
            ]),
            Marks::default()
        );
        assert_eq!(watch(&[(0, "\"a\"", "\"f\"", nothing)]), Marks::default());
        let broken = Marks { broken_arguments: 1, ..Marks::default() };
        for arguments in [r#""{\"x\":""#, "\"[]\"", "\"x\"", r#""{} {}""#] {
            assert_eq!(watch(&[(0, "\"a\"", "\"f\"", arguments)]), broken, "{arguments}");
        }
        // Some servers number all calls 0: an id of its own makes a call.
        assert_eq!(
            watch(&[(0, "\"a\"", "\"f\"", r#""{\"x\":1}""#), (0, "\"b\"", "\"f\"", r#""{\"x\":""#)]),
            broken
        );
        let unoffered = Marks { unoffered_tools: 1, ..Marks::default() };
        assert_eq!(
            watch(&[
                (0, "\"a\"", "\"g\"", "\"{}\""),
                (0, nothing, "\"g\"", "\"\""),
                (1, "\"b\"", "\"f\"", nothing)
            ]),
            unoffered
        );
    }

    #[test]
    fn what_is_kept_of_one_answer_is_bounded() {
        let long = format!("\"{}\"", "x".repeat(KEPT_LIMIT_BYTES / 2));
        let marks = watch(&[
            (0, "\"a\"", "\"f\"", &long),
            (1, "\"b\"", "\"f\"", &long),
            (2, "\"c\"", "\"f\"", "\"x\""),
        ]);
        assert_eq!(
            marks,
            Marks { broken_arguments: 1, ..Marks::default() },
            "what was not kept whole is not judged"
        );
        let mut watch = Watch::default();
        (0..2 * CALLS_LIMIT as u64).for_each(|index| watch.begins((0, index)));
        assert_eq!(watch.calls.len(), CALLS_LIMIT);
    }

    #[test]
    fn marks_have_words_and_a_form_that_says_nothing_of_what_is_not_there() {
        let marks = Marks {
            skipped_events: 2,
            unoffered_tools: 1,
            other_model: Some("m".to_owned()),
            ..Marks::default()
        };
        let told = [
            "2 events could not be read and were skipped",
            "1 call is of a tool that was not offered",
            "answered by m",
        ];
        assert_eq!(marks.words(), told);
        let json = r#"{"skipped_events":2,"unoffered_tools":1,"other_model":"m"}"#;
        assert_eq!(serde_json::to_string(&marks).ok().as_deref(), Some(json));
        assert_eq!(serde_json::from_str::<Marks>("{}").ok(), Some(Marks::default()));
        assert!(Marks::default().is_empty() && Marks::default().words().is_empty());
    }
}
