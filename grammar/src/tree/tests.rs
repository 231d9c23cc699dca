//! Trees as those who read them see them: that nothing is lost on the way through one, and places are found.

use crate::{NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, TextSize, TokenAtOffset, WalkEvent, parse};

const TEXT: &str = "edition 2026\n/// One.\nalias a // why\ndeny x when a is b  because \"c\"\n";

fn tokens(root: &SyntaxNode) -> Vec<SyntaxToken> {
    root.descendants_with_tokens().filter_map(NodeOrToken::into_token).collect()
}

#[test]
fn tokens_stand_side_by_side() {
    let parsed = parse(TEXT);
    let found = tokens(&parsed.syntax());
    let ranges: Vec<_> = found.iter().map(|token| (token.kind(), token.text_range())).collect();
    assert_eq!(parsed.tokens(), ranges);
    assert_eq!(found.iter().map(SyntaxToken::text).collect::<String>(), TEXT);
    for pair in found.windows(2) {
        assert_eq!(pair[0].text_range().end(), pair[1].text_range().start());
        assert_eq!(pair[1].prev_token().as_ref(), Some(&pair[0]));
    }
    assert_eq!(found[0].prev_token(), None);
}

#[test]
fn a_token_is_found_by_each_byte_of_it() {
    let root = parse(TEXT).syntax();
    for token in tokens(&root) {
        let range = token.text_range();
        for at in u32::from(range.start()) + 1..range.end().into() {
            assert_eq!(root.token_at_offset(TextSize::new(at)), TokenAtOffset::Single(token.clone()));
        }
        let at_start = root.token_at_offset(range.start());
        assert_eq!(at_start.clone().right_biased(), Some(token.clone()));
        assert_eq!(at_start.left_biased(), token.prev_token().or_else(|| Some(token.clone())));
        assert_eq!(root.token_at_offset(range.end()).left_biased(), Some(token));
    }
    assert_eq!(parse("").syntax().token_at_offset(TextSize::new(0)), TokenAtOffset::None);
}

#[test]
fn a_walk_goes_in_and_out() {
    let root = parse(TEXT).syntax();
    let (mut entered, mut open) = (Vec::new(), Vec::new());
    for event in root.preorder_with_tokens() {
        match event {
            WalkEvent::Enter(element) => {
                assert_eq!(element.parent().as_ref(), open.last().and_then(NodeOrToken::as_node));
                entered.push(element.clone());
                open.push(element);
            }
            WalkEvent::Leave(element) => assert_eq!(open.pop(), Some(element)),
        }
    }
    assert!(open.is_empty());
    assert_eq!(entered, root.descendants_with_tokens().collect::<Vec<_>>());
    let mut walk = root.preorder();
    let mut kinds = Vec::new();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        kinds.push(node.kind());
        if node.kind() == SyntaxKind::Deny {
            walk.skip_subtree();
        }
    }
    assert_eq!(kinds.last(), Some(&SyntaxKind::Deny));
}

#[test]
fn a_place_is_equal_to_itself_alone() {
    let (one, other) = (parse(TEXT), parse(TEXT));
    assert_eq!(one.syntax(), one.syntax());
    assert_ne!(one.syntax(), other.syntax());
    assert_eq!(one, other);
}
