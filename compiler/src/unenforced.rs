//! What the language has and the proxy does not carry out yet. A policy that holds one of these is sound, and is refused
//! where it would be served: a rule that is accepted and not enforced is worse than none.
//!
//! Whatever the runtime learns to enforce leaves this list; `tests/it/enforced.rs` holds one policy for each entry.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Sources, Span};
use wayleave_grammar::ast::{Node, Source, SourceKind};
use wayleave_grammar::{NodeOrToken, SyntaxKind, SyntaxNode, TextRange, WalkEvent};

/// Every construct of a policy that the proxy does not enforce, each where it stands.
pub fn unenforced(sources: &Sources) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for file in sources.ids() {
        let root = sources.file(file).parse.syntax();
        let mut walk = root.preorder();
        while let Some(event) = walk.next() {
            let WalkEvent::Enter(node) = event else { continue };
            // A rule that is tried is recorded and not enforced, whatever it says; a test sends nothing.
            if matches!(node.kind(), SyntaxKind::Observe | SyntaxKind::Test) {
                walk.skip_subtree();
            } else if let Some((range, words)) = of_node(&node) {
                found.push(tell(file, range, &words));
                walk.skip_subtree();
            }
        }
    }
    found
}

fn tell(file: FileId, range: TextRange, words: &str) -> Diagnostic {
    let message = format!("`{words}` is a construct of the language that the proxy does not enforce yet");
    Diagnostic::new(Code::R0902, message, Span::new(file, range), "not enforced")
        .with_help("leave it out of what is served; `check`, `test` and `decide` know it")
}

/// Where to point, and what to call it.
fn of_node(node: &SyntaxNode) -> Option<(TextRange, String)> {
    let count = match node.kind() {
        SyntaxKind::Redact | SyntaxKind::Limit | SyntaxKind::Budget | SyntaxKind::Migrate => 1,
        SyntaxKind::RequireApproval => 2,
        SyntaxKind::Log => {
            let level = keywords(node).nth(1).filter(|token| token.text() != "metadata")?;
            let log = keywords(node).next()?;
            return Some((log.text_range().cover(level.text_range()), format!("log: {}", level.text())));
        }
        SyntaxKind::Source => {
            let source = Source::cast(node.clone())?;
            return (source.kind()? == SourceKind::Claim).then(|| (source.range(), "from claim".to_owned()));
        }
        SyntaxKind::Field => return protocol(node),
        _ => return None,
    };
    let words: Vec<_> = keywords(node).take(count).collect();
    let range = words.first()?.text_range().cover(words.last()?.text_range());
    Some((range, words.iter().map(|word| word.text()).collect::<Vec<_>>().join(" ")))
}

fn protocol(node: &SyntaxNode) -> Option<(TextRange, String)> {
    let field = wayleave_grammar::ast::Field::cast(node.clone())?;
    let is_protocol = field.name()?.text() == "protocol";
    let wayleave_grammar::ast::Value::Name(name) = field.value()? else { return None };
    let is_spoken = name.text() != "gemini";
    (is_protocol && !is_spoken).then(|| (field.range(), format!("protocol: {}", name.text())))
}

fn keywords(node: &SyntaxNode) -> impl Iterator<Item = wayleave_grammar::SyntaxToken> + use<> {
    let tokens: Vec<_> = node.children_with_tokens().filter_map(NodeOrToken::into_token).collect();
    tokens.into_iter().filter(|token| token.kind() == SyntaxKind::Keyword)
}
