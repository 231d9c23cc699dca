//! What holds of every text, whatever stands in it: asked of the kept texts by a test, and of texts that nobody thought of
//! by `fuzz/`. Each function panics where a promise is broken, and is given nothing but the text.

use wayleave_grammar::layout::{kept, layout};
use wayleave_grammar::{
    ERROR_LIMIT, Layer, NESTING_LIMIT, Parse, SyntaxError, SyntaxFix, SyntaxKind, SyntaxNode, TextRange,
    WalkEvent,
};

/// A level of nesting opens at most so many nodes inside each other: with this the depth of a tree is bounded.
const NODES_PER_LEVEL: usize = 8;

/// Of so many mistakes the mended text is read too: each costs as much as the text itself.
const MENDED_TEXTS: usize = 3;

/// Bytes of any kind as the text that is asked about; what is no UTF-8 becomes U+FFFD.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The promises of [`wayleave_grammar::parse`].
///
/// # Panics
///
/// Where one is broken.
pub fn of_parse(text: &str) -> Parse {
    let parse = wayleave_grammar::parse(text);
    let root = parse.syntax();
    assert!(root.text() == text, "the text of the tree is the input");
    of_tree(&root);
    let errors = parse.errors();
    assert!(errors.len() <= ERROR_LIMIT + 1, "{} errors are over the limit", errors.len());
    assert!(errors.is_sorted_by_key(|error| error.range.start()), "errors stand by place: {errors:#?}");
    for error in errors {
        within(text, error.range, error);
        for (range, _) in &error.related {
            within(text, *range, error);
        }
        for fix in &error.fixes {
            mended(text, fix);
        }
    }
    let quick = wayleave_grammar::parse_without_fixes(text);
    let bare = errors.iter().map(|error| SyntaxError { fixes: Vec::new(), ..error.clone() });
    assert!(
        bare.eq(quick.errors().iter().cloned()),
        "without fixes it finds the same: {:#?}",
        quick.errors()
    );
    assert!(of_kinds(&quick.syntax()).eq(of_kinds(&root)), "without fixes it reads the same tree");
    parse
}

/// Every node and token as it begins.
fn of_kinds(root: &SyntaxNode) -> impl Iterator<Item = (SyntaxKind, TextRange)> {
    root.descendants_with_tokens().map(|element| (element.kind(), element.text_range()))
}

/// The promises, and the same for the texts that the fixes of the first few mistakes leave.
///
/// # Panics
///
/// Where one is broken.
pub fn of_parse_and_fixes(text: &str) {
    let parse = of_parse(text);
    let fixes = parse.errors().iter().filter_map(|error| error.fixes.first());
    for fix in fixes.take(MENDED_TEXTS) {
        let _ = of_parse(&mended(text, fix));
    }
}

fn of_tree(root: &SyntaxNode) {
    let mut depth = 0_usize;
    for event in root.preorder_with_tokens() {
        match event {
            WalkEvent::Enter(element) => {
                assert!(element.kind() != SyntaxKind::EndOfFile, "the end of the file is no token of a tree");
                depth += 1;
                assert!(depth <= NODES_PER_LEVEL * NESTING_LIMIT as usize, "the depth of a tree is bounded");
            }
            WalkEvent::Leave(_) => depth -= 1,
        }
    }
}

fn within(text: &str, range: TextRange, owner: &impl std::fmt::Debug) {
    let is_within = text.get(usize::from(range.start())..usize::from(range.end())).is_some();
    assert!(is_within, "{range:?} is no part of the text: {owner:#?}");
}

/// The text with a fix applied.
fn mended(text: &str, fix: &SyntaxFix) -> String {
    assert!(!fix.edits.is_empty(), "a fix changes something: {fix:#?}");
    let mut mended = String::with_capacity(text.len());
    let mut taken = 0_usize;
    for edit in &fix.edits {
        within(text, edit.range, fix);
        let (start, end) = (usize::from(edit.range.start()), usize::from(edit.range.end()));
        assert!(taken <= start, "edits are disjoint and stand by place: {fix:#?}");
        mended.push_str(&text[taken..start]);
        mended.push_str(&edit.text);
        taken = end;
    }
    mended.push_str(&text[taken..]);
    mended
}

/// The promises of [`wayleave_grammar::layout::layout`]: it keeps what it must, brings no mistake in, and is the layout of
/// itself; grammar and parser agree about the text and about its layout.
///
/// # Panics
///
/// Where one is broken.
pub fn of_layout(text: &str) {
    let before = wayleave_grammar::parse(text);
    agreed(text, &before);
    let laid_out = layout(&before);
    let after = wayleave_grammar::parse(&laid_out);
    if let Err(loss) = kept(&before, &after) {
        panic!("{loss}: {text:?} became {laid_out:?}");
    }
    assert!(is_right(&after) || !is_right(&before), "{text:?} was right, and became {laid_out:?}");
    agreed(&laid_out, &after);
    assert!(
        layout(&after) == laid_out,
        "{text:?} is laid out as {laid_out:?}, and that is not its own layout"
    );
}

fn agreed(text: &str, parse: &Parse) {
    if let Err(disagreement) = wayleave_grammar::judge::agree(text, parse) {
        panic!("{disagreement}: {text:?}");
    }
}

fn is_right(parse: &Parse) -> bool {
    parse.errors().iter().all(|error| error.layer == Layer::Meaning)
}
