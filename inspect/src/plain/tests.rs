//! What is written in several forms becomes one, in bounded size.

use super::*;

#[test]
fn what_looks_the_same_becomes_the_same() {
    for (text, wanted) in [
        ("ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ann@example.org"),
        ("sk\u{200B}-\u{2060}proj\0-\u{AD}Zx\u{E0041}", "sk-proj-Zx"),
        ("4111\u{A0}1111\u{2009}1111\u{3000}1111", "4111 1111 1111 1111"),
        ("536\u{2011}90\u{2212}4399 \u{FF0D} \u{FE58}", "536-90-4399 - -"),
        ("Mu\u{308}nchen, mu\u{200D}\u{308}de", "München, müde"),
        ("٤١١١ ۴۱۱۱ ४१११ 𝟒𝟏𝟏𝟏 ④①①① \u{1E5F5}", "4111 4111 4111 4111 4111 4"),
        ("ﬁn \u{212B} ½", "fin Å 1\u{2044}2"),
        ("\u{FFA0}\u{3164}\u{FEFF}", ""),
    ] {
        assert_eq!(plain(text), wanted, "{text}");
    }
}

#[test]
fn what_is_plain_is_borrowed() {
    for text in
        ["", "plain\ttext\r\nof two lines", "Grüße aus Köln, 東京, שלום", "a\u{2028}b\u{85}c", "\u{FDFA}"]
    {
        assert!(matches!(plain(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}

#[test]
fn what_is_plain_stays_so() {
    for text in
        ["ｅ\u{200B}\u{301}", "1\u{2044}2 ½", "\u{1D160}\u{FDFB}ｱ\u{3099}", "\u{1100}\u{200D}\u{1161}"]
    {
        let once = plain(text).into_owned();
        assert_eq!(plain(&once), once, "{text}");
    }
}

/// Every character alone and many at a time: the bound holds, and no order of marks takes more than its time.
#[test]
fn growth_is_bounded() {
    for character in '\u{1}'..=char::MAX {
        let text = character.to_string();
        assert!(plain(&text).len() <= MOST_GROWTH * text.len(), "{text:?}");
    }
    for text in
        ["\u{FDFA}", "\u{301}", "\u{301}\u{316}", "\u{1D160}", "e\u{301}", "\u{1100}\u{1161}", "\u{200B}"]
    {
        let many = text.repeat(100_000);
        assert!(plain(&many).len() <= MOST_GROWTH * many.len());
    }
}

#[test]
fn digits_are_decimal_digits_alone() {
    assert!(ZEROS.is_sorted());
    for zero in ZEROS {
        let first = char::from_u32(zero).expect("a character");
        assert_eq!((digit(first), everyday(first)), (Some('0'), '0'), "{zero:X}");
    }
    assert_eq!((everyday('一'), everyday('Ⅷ'), everyday('½')), ('一', 'Ⅷ', '½'));
}
