//! Sentences: what an item speaks about, then its clauses in one order. On one line if it fits, else a line for each
//! clause; clauses that belong together share one.

use super::build::{Builder, Element, elements};
use super::doc::{Doc, Gap};
use crate::{SyntaxKind, SyntaxNode};

/// The order of the clauses of an item; those with one first number share a line where it is broken over lines.
fn place(item: SyntaxKind, kind: SyntaxKind) -> Option<(u8, u8)> {
    use SyntaxKind as K;
    let counts = matches!(item, K::Limit | K::Budget);
    Some(match kind {
        K::EachClause if counts => (1, 0),
        K::WarnClause => (1, 1),
        K::ThenClause => (1, 2),
        K::InsideClause => (0, 0),
        K::ForClause | K::SourcesClause => (1, 1),
        K::CombineClause => (1, 2),
        K::DefaultClause => (1, 3),
        K::RequiredClause => (1, 4),
        K::EachClause => (4, 2),
        K::WhenClause => (2, 0),
        K::FromClause => (3, 0),
        K::UntilClause => (3, 1),
        K::OwnerClause => (4, 0),
        K::ByClause => (4, 1),
        K::RefClause => (4, 3),
        K::ValidClause => (4, 4),
        K::BecauseClause => (5, 0),
        K::StickyClause => (6, 0),
        K::RampClause => (7, 0),
        K::ShadowClause => (8, 0),
        K::RollbackClause => (9, 0),
        K::ToClause | K::Arms => (10, 0),
        K::FailoverClause => (11, 0),
        K::RetryClause => (12, 0),
        K::BackoffClause => (12, 1),
        K::HedgeClause => (12, 2),
        K::DeadlineClause => (12, 3),
        _ => return None,
    })
}

/// A clause and its kind.
pub(super) type Clause = (SyntaxKind, Doc);

/// An item: its head, then its clauses.
pub(super) fn item(builder: &mut Builder, node: &SyntaxNode) -> Doc {
    let elements = elements(node);
    let kind = node.kind();
    let head_length = elements.iter().position(|element| begins_clauses(kind, element));
    let (head, rest) = elements.split_at(head_length.unwrap_or(elements.len()));
    let mut parts = vec![builder.side_by_side(head, kind)];
    let start = builder.position();
    let mut arms = None;
    let mut clauses: Vec<Clause> = Vec::new();
    let mut end = start;
    for element in rest {
        match element.as_node() {
            Some(node) if node.kind() == SyntaxKind::Arms => {
                end = builder.position() + 1;
                arms = Some(builder.node(node));
                continue;
            }
            Some(node) if node.kind() == SyntaxKind::ToClause => clauses.extend(to_clause(builder, node)),
            Some(node) if is_claim(node.kind()) => {
                let (claim, when) = claim(builder, node);
                parts.extend([Doc::gap(Gap::Blanks(1)), claim.indent()]);
                clauses.extend(when);
            }
            _ => clauses.push((element.kind(), builder.element(element))),
        }
        end = builder.position();
    }
    // With comments among them they stay as they are: a comment belongs to its place.
    let is_commented = builder.has_comments(start..end)
        || arms.is_none() && builder.has_comment_behind(end.saturating_sub(1));
    if !is_commented && !repeats(&clauses) {
        clauses.sort_by_key(|(clause, _)| place(kind, *clause));
    }
    let arms_count = elements.iter().filter(|element| element.kind() == SyntaxKind::Arms).count();
    if arms_count > 1 || is_commented && arms_count == 1 && !is_last(&elements, SyntaxKind::Arms) {
        return as_written(builder, node, start, parts);
    }
    let inside = clauses.iter().take_while(|(kind, _)| *kind == SyntaxKind::InsideClause).count();
    for (_, doc) in clauses.drain(..inside) {
        parts.extend([Doc::gap(Gap::Blanks(1)), doc]);
    }
    let before_first = if kind == SyntaxKind::Attribute { 2 } else { 1 };
    let mut inner = Vec::new();
    for (index, doc) in in_lines(kind, clauses).into_iter().enumerate() {
        inner.extend([Doc::gap(Gap::Line(if index == 0 { before_first } else { 2 })), doc]);
    }
    parts.push(Doc::all(inner).indent());
    let sentence = Doc::all(parts);
    match arms {
        Some(arms) => Doc::all(vec![sentence.group_before(2), Doc::gap(Gap::Blanks(1)), arms]),
        None => sentence.group(),
    }
}

/// A route whose arms do not stand last, or that has comments: in the order written.
fn as_written(builder: &mut Builder, node: &SyntaxNode, start: usize, mut parts: Vec<Doc>) -> Doc {
    builder.go_back(start);
    let node_kind = node.kind();
    let elements = elements(node);
    let head_length = elements.iter().position(|element| begins_clauses(node.kind(), element));
    let mut is_first = true;
    for element in &elements[head_length.unwrap_or(elements.len())..] {
        let is_arms = element.kind() == SyntaxKind::Arms;
        if is_arms {
            parts.extend([Doc::gap(Gap::Blanks(1)), builder.element(element)]);
        } else {
            let clauses = match element.as_node() {
                Some(node) if node.kind() == SyntaxKind::ToClause => to_clause(builder, node),
                _ => vec![(element.kind(), builder.element(element))],
            };
            for doc in in_lines(node_kind, clauses) {
                let gap = Doc::gap(Gap::Line(if is_first { 1 } else { 2 }));
                parts.push(Doc::all(vec![gap, doc]).indent());
                is_first = false;
            }
        }
    }
    Doc::all(parts).group()
}

/// `to PLAN`, and apart from it each clause about its execution.
pub(super) fn to_clause(builder: &mut Builder, node: &SyntaxNode) -> Vec<Clause> {
    let elements = elements(node);
    let count =
        elements.iter().take_while(|element| place(SyntaxKind::Route, element.kind()).is_none()).count();
    let plan = builder.side_by_side(&elements[..count], node.kind());
    let start = builder.position();
    let mut options: Vec<Clause> =
        elements[count..].iter().map(|element| (element.kind(), builder.element(element))).collect();
    let end = builder.position();
    let is_commented = builder.has_comments(start..end) || builder.has_comment_behind(end.saturating_sub(1));
    if !is_commented && !repeats(&options) {
        options.sort_by_key(|(kind, _)| place(SyntaxKind::Route, *kind));
    }
    let mut all = vec![(SyntaxKind::ToClause, plan)];
    all.extend(options);
    all
}

/// A claim, and apart from it its `when`.
fn claim(builder: &mut Builder, node: &SyntaxNode) -> (Doc, Vec<Clause>) {
    let elements = elements(node);
    let count = elements.iter().take_while(|element| element.kind() != SyntaxKind::WhenClause).count();
    let claim = builder.side_by_side(&elements[..count], node.kind());
    let when = elements[count..].iter().map(|element| (element.kind(), builder.element(element))).collect();
    (claim, when)
}

/// Neighbouring clauses that share a line, as one document each.
pub(super) fn in_lines(item: SyntaxKind, clauses: Vec<Clause>) -> Vec<Doc> {
    let mut lines: Vec<(Option<u8>, Vec<Doc>)> = Vec::new();
    for (kind, doc) in clauses {
        let number = place(item, kind).map(|(line, _)| line);
        match lines.last_mut() {
            Some((last, docs)) if *last == number && number.is_some() => {
                docs.extend([Doc::gap(Gap::Line(2)), doc]);
            }
            _ => lines.push((number, vec![doc])),
        }
    }
    lines.into_iter().map(|(_, docs)| Doc::all(docs).group()).collect()
}

/// Whether a clause stands twice, which is a mistake: then nothing is moved.
fn repeats(clauses: &[Clause]) -> bool {
    clauses
        .iter()
        .enumerate()
        .any(|(index, (kind, _))| clauses[..index].iter().any(|(other, _)| other == kind))
}

fn begins_clauses(item: SyntaxKind, element: &Element) -> bool {
    let is_part_of_head = item == SyntaxKind::Redact
        && matches!(element.kind(), SyntaxKind::InClause | SyntaxKind::RestoreClause);
    !is_part_of_head && (place(item, element.kind()).is_some() || is_claim(element.kind()))
}

fn is_claim(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::AlwaysClaim
            | SyntaxKind::DeniedClaim
            | SyntaxKind::ServedClaim
            | SyntaxKind::AtLeastClaim
            | SyntaxKind::RedactedClaim
    )
}

fn is_last(elements: &[Element], kind: SyntaxKind) -> bool {
    elements.last().is_some_and(|element| element.kind() == kind)
}
