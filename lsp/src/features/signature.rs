//! What an item can say, clause by clause, and which of its clauses is being written. The forms are those of `route.pest`, in
//! the order of the layout; the tree says what is stated already, also of an item that is not finished.

use super::hover::words;
use std::ops::Range;
use wayleave_grammar::{NodeOrToken, Parse, SyntaxKind, SyntaxNode, SyntaxToken, TextSize};

mod forms;

pub use forms::{FORMS, Form, Part};

/// One way to write an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// All of it, in ASCII.
    pub label: String,
    /// Its parts, by place.
    pub parts: Vec<Labelled>,
    /// The part that is being written, or that can come next.
    pub active: Option<usize>,
}

/// A part of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// In bytes of the label.
    pub range: Range<usize>,
    /// What it says, in Markdown.
    pub documentation: String,
}

/// The ways to write an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// At least one.
    pub signatures: Vec<Signature>,
    /// The one that is being written.
    pub active: usize,
    /// What the item is for, in Markdown.
    pub documentation: String,
}

/// What the item at a place can say; none between items, in comments and in texts.
pub fn help(parse: &Parse, offset: usize) -> Option<Help> {
    let left = left_of(parse, offset)?;
    let (node, forms) = left.parent_ancestors().find_map(|node| {
        let forms: Vec<&Form> = FORMS.iter().filter(|form| form.kind == node.kind()).collect();
        (!forms.is_empty()).then_some((node, forms))
    })?;
    let stated = Stated::of(&node, offset);
    let telling = |form: &Form| form.parts.iter().filter(|part| stated.has(part)).count();
    let most = forms.iter().map(|form| telling(form)).max().unwrap_or(0);
    let active = forms.iter().position(|form| telling(form) == most).unwrap_or(0);
    let signatures = forms
        .iter()
        .map(|form| Signature { active: active_part(form, &node, &left, offset), ..written(form) });
    Some(Help { signatures: signatures.collect(), active, documentation: forms[active].documentation() })
}

/// The last thing that is written before a place, if the place still belongs to it.
fn left_of(parse: &Parse, offset: usize) -> Option<SyntaxToken> {
    let at = TextSize::new(u32::try_from(offset).ok()?);
    let mut token = parse.syntax().token_at_offset(at).left_biased()?;
    let is_open_comment = matches!(token.kind(), SyntaxKind::Comment | SyntaxKind::DocComment);
    if is_open_comment || (token.kind() == SyntaxKind::String && at < token.text_range().end()) {
        return None;
    }
    while token.kind().is_trivia() {
        token = token.prev_token()?;
    }
    let end = usize::from(token.text_range().end()).min(offset);
    let root = parse.syntax();
    let lines = root.text().get(end..offset)?.matches('\n').count();
    // Behind an empty line something else begins.
    (lines <= 1).then_some(token)
}

/// What of an item is written before a place.
struct Stated {
    kinds: Vec<SyntaxKind>,
    /// The words of the language right below it.
    words: Vec<String>,
}

impl Stated {
    fn of(node: &SyntaxNode, offset: usize) -> Stated {
        let mut stated = Stated { kinds: Vec::new(), words: Vec::new() };
        let mut open = vec![node.clone()];
        while let Some(outer) = open.pop() {
            for child in outer.children_with_tokens() {
                if usize::from(child.text_range().start()) >= offset {
                    continue;
                }
                stated.kinds.push(child.kind());
                match child {
                    NodeOrToken::Node(child) if is_wrapper(child.kind()) => open.push(child),
                    NodeOrToken::Node(_) => {}
                    NodeOrToken::Token(word) => stated.words.push(word.text().to_owned()),
                }
            }
        }
        stated
    }

    fn has(&self, part: &Part) -> bool {
        let says = |word: &str| self.words.iter().any(|said| said == word);
        part.kinds.iter().any(|kind| self.kinds.contains(kind)) || part.words().any(says)
    }
}

/// Clauses that have clauses of the item in them.
fn is_wrapper(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::ToClause
            | SyntaxKind::AlwaysClaim
            | SyntaxKind::DeniedClaim
            | SyntaxKind::ServedClaim
            | SyntaxKind::AtLeastClaim
            | SyntaxKind::RedactedClaim
    )
}

/// The part that the last word belongs to; where that is complete, the next one that is not written yet.
fn active_part(form: &Form, node: &SyntaxNode, left: &SyntaxToken, offset: usize) -> Option<usize> {
    let is_part =
        |inner: &SyntaxNode| inner.parent().is_some_and(|outer| outer == *node || is_wrapper(outer.kind()));
    let of_kind = |kind: SyntaxKind| form.parts.iter().position(|part| part.kinds.contains(&kind));
    let mut inner = left.parent_ancestors().take_while(|ancestor| ancestor != node).filter(is_part);
    let within = inner.find_map(|ancestor| Some((of_kind(ancestor.kind())?, ancestor)));
    let is_within = within.as_ref().is_some_and(|(_, clause)| goes_on(clause, offset));
    let current = within.map(|(current, _)| current).or_else(|| {
        let is_own = left.parent().as_ref() == Some(node);
        let said = |part: &Part| is_own && part.words().any(|word| word == left.text());
        form.parts.iter().position(said).or_else(|| if is_own { of_kind(left.kind()) } else { None })
    });
    let is_behind = usize::from(left.text_range().end()) < offset;
    let whole = Stated::of(node, usize::MAX);
    let is_open = |index: &usize| !whole.has(&form.parts[*index]);
    match current {
        Some(current) if !is_behind || is_within || wants_more(left) => Some(current),
        Some(current) => (current + 1..form.parts.len()).chain(0..current).find(is_open),
        // A word or sign of the item itself: what comes behind it.
        None => (0..form.parts.len()).find(is_open),
    }
}

/// Whether something of a clause stands behind a place, such as its closing bracket.
fn goes_on(clause: &SyntaxNode, offset: usize) -> bool {
    let tokens = clause.descendants_with_tokens().filter_map(NodeOrToken::into_token);
    let mut words = tokens.filter(|token| !token.kind().is_trivia());
    words.any(|token| usize::from(token.text_range().start()) >= offset)
}

/// Whether something has to follow a word or sign.
fn wants_more(token: &SyntaxToken) -> bool {
    let is_last_word = matches!(
        token.text(),
        "required" | "restore" | "any" | "requested" | "denied" | "served" | "providers" | "models"
    );
    match token.kind() {
        SyntaxKind::Keyword => !is_last_word && !is_value(token),
        SyntaxKind::Colon
        | SyntaxKind::Comma
        | SyntaxKind::Equals
        | SyntaxKind::Less
        | SyntaxKind::LessEquals
        | SyntaxKind::Greater
        | SyntaxKind::GreaterEquals
        | SyntaxKind::LeftParen
        | SyntaxKind::LeftBracket
        | SyntaxKind::LeftBrace => true,
        _ => false,
    }
}

/// Whether a word of the language is a value that ends its clause: `then deny`, `in both`, `combine highest`, `per month`, and
/// `true`.
fn is_value(token: &SyntaxToken) -> bool {
    let Some(parent) = token.parent() else { return false };
    let words = parent.children_with_tokens().filter_map(NodeOrToken::into_token);
    let is_first = words.into_iter().find(|word| word.kind() == SyntaxKind::Keyword).as_ref() == Some(token);
    match parent.kind() {
        SyntaxKind::Literal => true,
        SyntaxKind::ThenClause
        | SyntaxKind::InClause
        | SyntaxKind::CombineClause
        | SyntaxKind::Spending
        | SyntaxKind::Log => !is_first,
        _ => false,
    }
}

/// A form as it is shown.
fn written(form: &Form) -> Signature {
    let mut label = form.begins.to_owned();
    let mut parts = Vec::new();
    for part in form.parts {
        if !part.text.starts_with(':') && !label.is_empty() {
            label.push(' ');
        }
        let start = label.len();
        label.push_str(part.text);
        parts.push(Labelled { range: start..label.len(), documentation: part.documentation() });
    }
    Signature { label, parts, active: None }
}
