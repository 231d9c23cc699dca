//! What the language has and this version does not build: refused where it stands, with one message each, and never passed
//! over in silence.

use super::{Lower, span};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::FileId;
use wayleave_grammar::ast::{AttributeTest, GivenField, Node, OperatorKind};
use wayleave_grammar::{NodeOrToken, SyntaxKind, SyntaxNode, TextRange, WalkEvent};

/// Attributes that this version does not read.
const ATTRIBUTES: [&str; 5] = ["prompt", "system", "prompt.findings", "time.of-day", "time.weekday"];

/// Fields of `given` that are no attributes, and are not read.
const GIVEN: [&str; 2] = ["granted", "draw"];

impl Lower<'_> {
    /// Refuses every such construct of every file.
    pub(super) fn unbuilt(&mut self) {
        for file in self.sources.ids() {
            let root = self.sources.file(file).parse.syntax();
            let mut walk = root.preorder();
            while let Some(event) = walk.next() {
                let WalkEvent::Enter(node) = event else { continue };
                if let Some((range, words)) = unbuilt(&node) {
                    // What cannot be read is mended first.
                    let whole = node.text_range();
                    let errors = self.sources.file(file).parse.errors();
                    if !errors.iter().any(|error| whole.contains_range(error.range)) {
                        self.refuse_unbuilt(file, range, &words);
                    }
                    walk.skip_subtree();
                }
            }
        }
    }

    fn refuse_unbuilt(&mut self, file: FileId, range: TextRange, words: &str) {
        let message =
            format!("`{words}` is a construct of the language that this version does not build yet");
        self.report(Diagnostic::new(Code::R0902, message, span(file, range), "not built yet"));
    }
}

/// Whether a test is refused: it then has no meaning to look for.
pub(super) fn is_unbuilt_test(test: &AttributeTest) -> bool {
    of_test(test).is_some()
}

/// Whether a field of `given` is refused.
pub(super) fn is_unbuilt_given(field: &GivenField) -> bool {
    of_given(field).is_some()
}

/// Where to point, and what to call it.
fn unbuilt(node: &SyntaxNode) -> Option<(TextRange, String)> {
    let count = match node.kind() {
        SyntaxKind::Timezone
        | SyntaxKind::Detector
        | SyntaxKind::Redact
        | SyntaxKind::Flag
        | SyntaxKind::Cap
        | SyntaxKind::Log
        | SyntaxKind::Observe
        | SyntaxKind::Limit
        | SyntaxKind::Budget
        | SyntaxKind::Migrate
        | SyntaxKind::Guarantee
        | SyntaxKind::RetryClause
        | SyntaxKind::BackoffClause
        | SyntaxKind::HedgeClause
        | SyntaxKind::DeadlineClause
        | SyntaxKind::Split
        | SyntaxKind::Ordering => 1,
        SyntaxKind::RequireApproval
        | SyntaxKind::FailoverClause
        | SyntaxKind::ExpectApproval
        | SyntaxKind::ExpectLimited
        | SyntaxKind::ExpectRedact
        | SyntaxKind::ExpectFlag
        | SyntaxKind::ExpectShadow => 2,
        SyntaxKind::ForClause => return keywords(node, 1).map(|(range, _)| (range, "use … for".to_owned())),
        SyntaxKind::AttributeTest => return of_test(&AttributeTest::cast(node.clone())?),
        SyntaxKind::GivenField => return of_given(&GivenField::cast(node.clone())?),
        _ => return None,
    };
    keywords(node, count)
}

/// The first words of a node.
fn keywords(node: &SyntaxNode, count: usize) -> Option<(TextRange, String)> {
    let tokens = node.children_with_tokens().filter_map(NodeOrToken::into_token);
    let words: Vec<_> = tokens.filter(|token| token.kind() == SyntaxKind::Keyword).take(count).collect();
    let range = words.first()?.text_range().cover(words.last()?.text_range());
    Some((range, words.iter().map(|word| word.text()).collect::<Vec<_>>().join(" ")))
}

fn of_test(test: &AttributeTest) -> Option<(TextRange, String)> {
    if let Some(counter) = test.counter() {
        return Some((counter.range(), counter.keyword()));
    }
    let subject = test.subject()?;
    if ATTRIBUTES.contains(&subject.text().as_str()) {
        return Some((subject.text_range(), subject.text()));
    }
    let operator = test.operator()?;
    match operator.kind()? {
        kind @ (OperatorKind::Like | OperatorKind::Matches) => {
            Some((operator.text_range(), kind.text().to_owned()))
        }
        _ => None,
    }
}

fn of_given(field: &GivenField) -> Option<(TextRange, String)> {
    if let Some(counter) = field.counter() {
        return Some((counter.range(), format!("given {}", counter.keyword())));
    }
    let name = field.name()?;
    let text = name.text();
    let is_unbuilt = ATTRIBUTES.contains(&text.as_str()) || GIVEN.contains(&text.as_str());
    is_unbuilt.then(|| (name.text_range(), format!("given {text}")))
}
