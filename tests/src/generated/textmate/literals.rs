//! The parts of the TextMate grammar that hold no words: comments, literals, targets, names and signs.

use super::super::law::Law;
use super::super::pattern::Dialect;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DIALECT: Dialect = Dialect::Oniguruma;

/// Comments. One of three slashes documents an item where it stands on a line of its own; of four, it is plain.
pub(crate) fn trivia() -> Vec<Value> {
    let comment = |pattern: &str, kind: &str| {
        json!({
            "match": pattern,
            "name": format!("comment.line.{kind}.route"),
            "captures": { "1": { "name": "punctuation.definition.comment.route" } },
        })
    };
    vec![comment(r"^\s*(///)(?!/).*$", "documentation"), comment("(//).*$", "double-slash")]
}

/// Everything that begins with a quote, a digit or a dollar sign.
pub(crate) fn literals(law: &Law) -> Vec<Value> {
    let mut patterns = vec![regex(), string(law)];
    let numbers = [
        ("instant", "constant.numeric.instant.route"),
        ("date", "constant.numeric.date.route"),
        ("time", "constant.numeric.time.route"),
        ("duration", "constant.numeric.duration.route"),
        ("percent", "constant.numeric.percent.route"),
        ("money", "constant.numeric.money.route"),
        ("number", "constant.numeric.route"),
    ];
    for (rule, scope) in numbers {
        patterns.push(json!({ "match": format!(r"(?<!\w){}", DIALECT.token(law, rule)), "name": scope }));
    }
    patterns
}

fn quoted(name: &str, begin: &str, end: &str, patterns: &[Value]) -> Value {
    json!({
        "name": name,
        "begin": begin,
        "end": end,
        "beginCaptures": { "0": { "name": "punctuation.definition.string.begin.route" } },
        "endCaptures": {
            "1": { "name": "punctuation.definition.string.end.route" },
            "2": { "name": "keyword.other.flag.route" },
        },
        "patterns": patterns,
    })
}

/// A string ends with its line, closed or not.
fn string(law: &Law) -> Value {
    let escape = DIALECT.token(law, "escape");
    let escape = json!({ "match": escape, "name": "constant.character.escape.route" });
    let other = json!({ "match": r"\\.?", "name": "invalid.illegal.escape.route" });
    quoted("string.quoted.double.route", "\"", "(\")|$", &[escape, other])
}

fn regex() -> Value {
    let pattern = |pattern: &str, scope: &str| json!({ "match": pattern, "name": scope });
    let inner = [
        pattern(r"\\.", "constant.character.escape.regexp.route"),
        pattern(r"\[\^?\]?(?:\\.|[^\]\\\x22])*\]", "constant.other.character-class.regexp.route"),
        pattern(r"[*+?]\??|\{\d+(?:,\d*)?\}\??", "keyword.operator.quantifier.regexp.route"),
        pattern(r"[|^$.]", "keyword.operator.regexp.route"),
        pattern(r"\((?:\?(?:P?<\w+>|[imsUux-]*:?))?|\)", "punctuation.definition.group.regexp.route"),
    ];
    quoted("string.regexp.route", r#"(?<![\w-])r""#, r#"(")(i\b)?|$"#, &inner)
}

/// `provider/model`: without blanks, and no comment.
pub(crate) fn targets(ident: &str) -> Vec<Value> {
    let captures = json!({
        "1": { "name": "entity.name.namespace.route" },
        "2": { "name": "punctuation.separator.target.route" },
        "3": { "name": "constant.language.wildcard.route" },
        "4": { "name": "constant.other.model.route" },
    });
    vec![
        json!({ "match": format!(r#"({ident})(/)(?:(\*)|({ident})|(?="))"#), "captures": captures }),
        json!({ "match": format!(r#"(?<=")(/)(?:(\*)|({ident})|(?="))"#), "captures": {
            "1": { "name": "punctuation.separator.target.route" },
            "2": { "name": "constant.language.wildcard.route" },
            "3": { "name": "constant.other.model.route" },
        } }),
    ]
}

/// Fields, attributes, and all other names: these have no colour, but are taken whole.
pub(crate) fn names(ident: &str, operators: &BTreeSet<&str>) -> Vec<Value> {
    let operators = DIALECT.words(operators.iter().copied().filter(|word| !["and", "or"].contains(word)));
    let path = format!(r"{ident}(?:\.{ident})");
    let tested = format!(r"{ident}(?=\s*(?:[<>]|(?:{operators})\b))");
    vec![
        json!({ "match": format!(r"{path}*(?=\s*:)"), "name": "variable.other.property.route" }),
        json!({ "match": format!("{path}+"), "name": "variable.other.route" }),
        json!({ "match": tested, "name": "variable.other.route" }),
        json!({ "match": ident }),
    ]
}

/// Operators and punctuation.
pub(crate) fn signs() -> Vec<Value> {
    let sign = |pattern: &str, scope: &str| json!({ "match": pattern, "name": scope });
    vec![
        sign("<=|>=|<|>", "keyword.operator.comparison.route"),
        sign(r"\.\.", "keyword.operator.range.route"),
        sign("=", "keyword.operator.definition.route"),
        sign(r"\|", "keyword.operator.alternative.route"),
        sign(r"\*", "constant.language.wildcard.route"),
        sign(":", "punctuation.separator.colon.route"),
        sign(",", "punctuation.separator.comma.route"),
        sign(r"\{|\}", "punctuation.section.block.route"),
        sign(r"\[|\]", "punctuation.section.list.route"),
        sign(r"\(|\)", "punctuation.section.group.route"),
    ]
}
