//! Positions in all encodings, there and back.

use super::{Encoding, Lines, apply};
use gen_lsp_types as lsp;

const TEXT: &str = "a😀b\r\né\rlast\n";

fn at(line: u32, character: u32) -> lsp::Position {
    lsp::Position { line, character }
}

#[test]
fn every_boundary_goes_there_and_back() {
    for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
        let lines = Lines::new(TEXT, encoding);
        for (offset, _) in TEXT.char_indices() {
            let position = lines.position(offset);
            let back = lines.offset(position);
            // Between the halves of `\r\n` there is no position of its own.
            let is_line_break = TEXT[offset..].starts_with('\n');
            assert!(back == offset || is_line_break, "{offset} in {encoding:?}");
        }
        assert_eq!(lines.offset(lines.position(TEXT.len())), TEXT.len());
    }
}

#[test]
fn characters_are_counted_in_the_encoding() {
    let b = TEXT.find('b').expect("it is there");
    assert_eq!(Lines::new(TEXT, Encoding::Utf16).position(b), at(0, 3));
    assert_eq!(Lines::new(TEXT, Encoding::Utf8).position(b), at(0, 5));
    assert_eq!(Lines::new(TEXT, Encoding::Utf32).position(b), at(0, 2));
    let last = TEXT.find("last").expect("it is there");
    assert_eq!(Lines::new(TEXT, Encoding::Utf16).position(last), at(2, 0));
}

#[test]
fn what_lies_beyond_is_the_end() {
    let lines = Lines::new(TEXT, Encoding::Utf16);
    assert_eq!(lines.offset(at(0, 99)), TEXT.find('\r').expect("it is there"));
    assert_eq!(lines.offset(at(99, 0)), TEXT.len());
    assert_eq!(lines.offset(at(0, 2)), 1, "inside the emoji is before it");
    assert_eq!(Lines::new("", Encoding::Utf8).offset(at(0, 0)), 0);
}

#[test]
fn changes_replace_their_range() {
    let change = lsp::TextDocumentContentChangePartial::new(
        lsp::Range { start: at(0, 1), end: at(0, 3) },
        None,
        "x".to_owned(),
    );
    assert_eq!(apply(TEXT, change.into(), Encoding::Utf16), TEXT.replace('😀', "x"));
}
