//! What a file of the suite cannot show: bounds, and the typed view of what was read.

use crate::ast::{self, Condition, LiteralValue, Node, OperatorKind, StageKind, TypeShape, Value};
use crate::{ERROR_LIMIT, FILE_LIMIT_BYTES, Parse, SyntaxError, parse};

/// Parses, and holds what is promised for every text.
fn read(text: &str) -> Parse {
    let parse = parse(text);
    assert_eq!(parse.syntax().text(), text);
    for error in parse.errors() {
        assert!(usize::from(error.range.end()) <= text.len());
        assert!(text.get(usize::from(error.range.start())..usize::from(error.range.end())).is_some());
    }
    parse
}

fn edition(text: &str) -> Parse {
    read(&format!("edition 2026\n{text}"))
}

fn codes(parse: &Parse) -> Vec<&str> {
    parse.errors().iter().map(|error| error.code).collect()
}

/// The text after the edit of one fix.
fn mended(text: &str, error: &SyntaxError, fix: usize) -> String {
    let mut edits = error.fixes[fix].edits.clone();
    edits.sort_by_key(|edit| edit.range.start());
    let mut mended = text.to_owned();
    for edit in edits.iter().rev() {
        mended.replace_range(usize::from(edit.range.start())..usize::from(edit.range.end()), &edit.text);
    }
    mended
}

fn condition(parse: &Parse) -> Condition {
    let found = parse.root().items().find_map(|item| match item {
        ast::Item::Deny(deny) => deny.when()?.condition(),
        _ => None,
    });
    found.expect("the text holds a `deny` with a condition")
}

#[test]
fn depth_is_bounded_wherever_something_holds_itself() {
    let deep = 10_000;
    for text in [
        format!("deny x when {}a{}\nalias after", "(".repeat(deep), ")".repeat(deep)),
        format!("deny x when {}a\nalias after", "not ".repeat(deep)),
        format!("deny x when a in {}\nalias after", "[".repeat(deep)),
        format!("type x = {}{}\nalias after", "a { ".repeat(deep), "}".repeat(deep)),
        format!("provider x {{ a: {}\nalias after", "{ a: ".repeat(deep)),
    ] {
        let parse = edition(&text);
        assert_eq!(codes(&parse), ["R0001"], "{}", parse.errors()[0].message);
        assert!(parse.errors()[0].message.contains("256"));
        let after = parse.root().items().any(|item| matches!(item, ast::Item::Alias(_)));
        assert!(after, "the item after is read");
    }
    assert!(codes(&edition(&format!("deny x when {}a{}", "(".repeat(256), ")".repeat(256)))).is_empty());
}

#[test]
fn a_long_chain_is_flat() {
    let chain = vec!["a is b"; 100_000].join(" and ");
    let parse = edition(&format!("deny x when {chain}"));
    assert!(parse.errors().is_empty());
    let Condition::And(and) = condition(&parse) else { panic!("a chain of `and`") };
    assert_eq!(and.operands().count(), 100_000);
}

#[test]
fn size_and_number_of_errors_are_bounded() {
    let parse = read(&"x".repeat(FILE_LIMIT_BYTES + 1));
    assert_eq!(codes(&parse), ["R0001"]);
    assert!(parse.errors()[0].message.contains("4 MiB"));
    let parse = edition(&"} ".repeat(1000));
    assert_eq!(parse.errors().len(), ERROR_LIMIT + 1);
    for sign in
        ["{", "[", "(", "\"", "a.", "a ", "deny ", "}", "\\", "é", "\u{202E}", "$", "1", "group ", "a{", "¤ "]
    {
        assert!(read(&sign.repeat(50_000)).errors().len() <= ERROR_LIMIT + 1);
    }
    for (opening, content, closing) in [
        ("// ", "é", "\n"),
        ("deny x when a is \"", "é\\\\", "\""),
        ("deny x when a matches r\"", "é.", "\"i"),
        ("alias ", "a-é", ""),
        ("alias ", "a-b", ""),
        ("plan x = a/b within ", "9", "s"),
        ("alias '", "é", "'"),
    ] {
        read(&format!("edition 2026\n{opening}a{}{closing}\n", content.repeat(1_000_000 / content.len())));
    }
}

#[test]
fn both_readings_of_and_beside_or_are_right() {
    let text = "edition 2026\ndeny x when a and b or c and not (d or e and f)\n";
    let parse = read(text);
    assert_eq!(codes(&parse), ["R0002", "R0002"]);
    let outer = &parse.errors()[0];
    assert_eq!(outer.fixes[0].title, "read it as `(a and b) or (c and not (d or e and f))`");
    for (fix, shape) in [(0, "Or"), (1, "And")] {
        let mended = mended(text, outer, fix);
        let parse = read(&mended);
        assert_eq!(codes(&parse), ["R0002"], "{mended}");
        assert!(format!("{:?}", condition(&parse)).starts_with(shape), "{mended}");
    }
}

#[test]
fn every_offered_edit_mends() {
    for text in [
        "deny x when a == b",
        "deny x when a != b && !c",
        "deny x if a",
        "deny x when a ≥ 5",
        "deny x when a is in [b]",
        "deny x when a not has b # why",
        "deny x when a > 5m",
        "deny x when a > 9:00",
        "deny x when a is 'b';",
        "deny x when a is “b”",
        "dеny x when a",
        "deny größe when a",
        "deny x when a is b\u{A0}",
        "deny x when a // \u{202E}",
        "alias gpt-4.1",
        "route x to openai / gpt-4.1",
        "plan x = a/b, c/d",
        "plan x: a/b",
        "group x: [a/b c/d]",
        "route x { when a => p/m  else to p/m }",
        "provider x { url = \"y\", model m { price: $2 in $3 out } }",
        "approve x: any until \"2027-01-01\"",
        "test \"x\" { given a: b, c: d  expect otherwise }",
        "type x = a, b",
        "allow x: any",
    ] {
        let mut text = format!("edition 2026\n{text}\n");
        for _ in 0..9 {
            let parse = read(&text);
            let Some(error) = parse.errors().iter().find(|error| error.code != "R0902") else { break };
            assert!(!error.fixes.is_empty(), "{text}: {}", error.message);
            text = mended(&text, error, 0);
        }
        assert_eq!(codes(&read(&text)), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn the_edition_is_asked_first() {
    for (text, mend) in [
        ("", "edition 2026\n\n"),
        ("\u{FEFF}alias x\r\n", "\u{FEFF}edition 2026\n\nalias x\r\n"),
        ("editon 2026\nalias x", "edition 2026\nalias x"),
        ("edition 2025\nalias x", "edition 2026\nalias x"),
        ("edition\nalias x", "edition 2026\nalias x"),
        ("alias x\nedition 2026", "edition 2026\n\nalias x\n"),
        ("edition 2026\nedition 2026\n", "edition 2026\n\n"),
    ] {
        let parse = read(text);
        assert_eq!(codes(&parse), ["R0005"], "{text}");
        let mended = mended(text, &parse.errors()[0], 0);
        assert_eq!(mended, mend);
        assert!(read(&mended).errors().is_empty());
    }
}

#[test]
fn conditions_are_seen_as_written() {
    let parse = edition("deny x when caller.team not in product");
    let Condition::Test(test) = condition(&parse) else { panic!("a test") };
    assert_eq!(test.subject().map(|name| name.text()), Some("caller.team".to_owned()));
    assert_eq!(test.operator().and_then(|operator| operator.kind()), Some(OperatorKind::NotIn));
    let Some(Value::Name(name)) = test.operand() else { panic!("a name") };
    assert_eq!(name.text(), "product");

    let parse = edition("deny x when request.model in group \"eu models\"");
    let Condition::Test(test) = condition(&parse) else { panic!("a test") };
    let Some(Value::Group(group)) = test.operand() else { panic!("a group") };
    assert_eq!(group.name().map(|name| name.text()), Some("eu models".to_owned()));

    let parse = edition("deny x when target.price.output <= $10 per 1M tokens");
    let Condition::Test(test) = condition(&parse) else { panic!("a test") };
    let Some(Value::Literal(literal)) = test.operand() else { panic!("a literal") };
    let expected = LiteralValue::MoneyPerTokens { usd_micros: 10_000_000, tokens: 1_000_000 };
    assert_eq!(literal.value(), Some(expected));
}

#[test]
fn items_are_seen_as_written() {
    let parse = edition("/// One.\n///  Two.\n// no\nplan p = a/\"m 1\" within 5s else plan q\n");
    let Some(ast::Item::Plan(plan)) = parse.root().items().nth(1) else { panic!("a plan") };
    assert_eq!(plan.docs(), "One.\n Two.");
    assert!(parse.syntax().text()[plan.range()].starts_with("plan p"));
    let stages: Vec<_> = plan.expression().expect("a plan").stages().collect();
    let Some(StageKind::Path(path)) = stages[0].kind() else { panic!("a target") };
    assert_eq!(path.model().map(|name| name.text()), Some("m 1".to_owned()));
    let within = stages[0].within().and_then(|within| within.duration()).and_then(|literal| literal.value());
    assert_eq!(within, Some(LiteralValue::DurationMs(5000)));
    assert!(matches!(stages[1].kind(), Some(StageKind::Plan(_))));

    let parse = edition("attribute a: set of b from claim \"c\", header \"d\" combine first default []\n");
    let Some(ast::Item::Attribute(attribute)) = parse.root().items().nth(1) else { panic!("an attribute") };
    assert!(matches!(attribute.shape(), Some(TypeShape::Set(_))));
    let fields: Vec<_> =
        attribute.sources().filter_map(|source| source.field()).map(|text| text.value()).collect();
    assert_eq!(fields, ["c", "d"]);
    assert_eq!(attribute.combine().and_then(|combine| combine.word()), Some("first".to_owned()));
    assert!(attribute.default().and_then(|default| default.value()).is_some());
}
