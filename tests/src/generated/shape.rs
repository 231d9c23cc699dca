//! A rule as a reader meets it: words as themselves, rules that only name a place written out where they stand.

use super::law::Law;
use crate::sentences::alternatives;
use pest_meta::ast::Expr;

/// A rule's text, flat.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Written so: a word or a sign.
    Text(String),
    /// Any character of a set, as `[0-9]`, or one that cannot be shown, as `#xA`.
    Characters(String),
    /// Something that is said in words.
    Said(&'static str),
    Rule(String),
    Sequence(Vec<Shape>),
    Choice(Vec<Shape>),
    Optional(Box<Shape>),
    /// At least so many, and at most.
    Repeat(Box<Shape>, u32, Option<u32>),
    /// What follows must be this, and is not taken.
    Ahead(Box<Shape>),
    /// What follows must not be this.
    NotAhead(Box<Shape>),
}

/// How a rule is called in the book. The two that pest demands in capitals are written as the others.
pub(crate) fn shown_name(rule: &str) -> &str {
    match rule {
        "WHITESPACE" => "blank",
        "COMMENT" => "comment",
        other => other,
    }
}

/// Whether a rule has a place in the book: not a word, not another's place, not another's rest.
pub(crate) fn is_shown(rule: &str) -> bool {
    !rule.starts_with("kw_") && !rule.contains("__") && !rule.ends_with("_tail") && !is_boundary(rule)
}

/// Where a word ends is said once for all words.
fn is_boundary(rule: &str) -> bool {
    rule == "word_rest"
}

/// The shape of a rule.
pub(crate) fn of_rule(law: &Law, rule: &str) -> Shape {
    law.rule(rule).map_or_else(|| Shape::Sequence(Vec::new()), |rule| of(law, &rule.expr))
}

fn of(law: &Law, expr: &Expr) -> Shape {
    match expr {
        Expr::Str(text) | Expr::Insens(text) => of_text(text),
        Expr::Range(first, last) => Shape::Characters(format!("[{}-{}]", code(first), code(last))),
        Expr::Ident(name) => of_name(law, name),
        Expr::Seq(_, _) => {
            let mut parts = Vec::new();
            gather(law, expr, &mut parts);
            sequence(parts)
        }
        Expr::Choice(_, _) => {
            let mut all = Vec::new();
            for part in alternatives(expr).into_iter().map(|part| of(law, part)) {
                match part {
                    Shape::Choice(inner) => all.extend(inner),
                    other => all.push(other),
                }
            }
            Shape::Choice(all)
        }
        Expr::Opt(inner) => Shape::Optional(Box::new(of(law, inner))),
        Expr::Rep(inner) => Shape::Repeat(Box::new(of(law, inner)), 0, None),
        Expr::RepOnce(inner) => Shape::Repeat(Box::new(of(law, inner)), 1, None),
        Expr::RepExact(inner, count) => Shape::Repeat(Box::new(of(law, inner)), *count, Some(*count)),
        Expr::RepMin(inner, least) => Shape::Repeat(Box::new(of(law, inner)), *least, None),
        Expr::RepMax(inner, most) => Shape::Repeat(Box::new(of(law, inner)), 0, Some(*most)),
        Expr::RepMinMax(inner, least, most) => Shape::Repeat(Box::new(of(law, inner)), *least, Some(*most)),
        Expr::PosPred(inner) => Shape::Ahead(Box::new(of(law, inner))),
        Expr::NegPred(inner) => Shape::NotAhead(Box::new(of(law, inner))),
        other => panic!("route.pest holds an expression that the book cannot show: {other:?}"),
    }
}

/// The parts of a sequence of sequences; the start of the file is nothing to a reader.
fn gather(law: &Law, expr: &Expr, parts: &mut Vec<Shape>) {
    match expr {
        Expr::Seq(first, second) => {
            gather(law, first, parts);
            gather(law, second, parts);
        }
        Expr::Ident(name) if name == "SOI" => {}
        other => match of(law, other) {
            Shape::Sequence(inner) => parts.extend(inner),
            part => parts.push(part),
        },
    }
}

fn sequence(mut parts: Vec<Shape>) -> Shape {
    if parts.len() == 1 { parts.remove(0) } else { Shape::Sequence(parts) }
}

fn of_name(law: &Law, name: &str) -> Shape {
    let known = match name {
        "EOI" => Shape::Said("end of the file"),
        "ANY" => Shape::Said("any character"),
        "ASCII_DIGIT" => Shape::Characters("[0-9]".to_owned()),
        "ASCII_HEX_DIGIT" => Shape::Characters("[0-9A-Fa-f]".to_owned()),
        "ASCII_ALPHA" => Shape::Characters("[A-Za-z]".to_owned()),
        "ASCII_ALPHANUMERIC" => Shape::Characters("[0-9A-Za-z]".to_owned()),
        _ => match law.keyword(name) {
            Some(word) => Shape::Text(word.to_owned()),
            None if is_shown(name) => Shape::Rule(shown_name(name).to_owned()),
            None => of_rule(law, name),
        },
    };
    let is_known = !matches!(&known, Shape::Rule(rule) if law.rule(name).is_none() && rule == name);
    assert!(is_known, "route.pest names `{name}`, which the book does not know");
    known
}

fn of_text(text: &str) -> Shape {
    let is_plain = text.chars().all(|character| character == ' ' || character.is_ascii_graphic());
    if is_plain { Shape::Text(text.to_owned()) } else { Shape::Characters(code(text)) }
}

/// Characters by their numbers.
fn code(text: &str) -> String {
    text.chars().map(|character| format!("#x{:X}", u32::from(character))).collect::<Vec<_>>().join(" ")
}

impl Shape {
    /// The rules that it names, each once, in order.
    pub(crate) fn rules(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'s>(&'s self, found: &mut Vec<&'s str>) {
        match self {
            Shape::Rule(name) if !found.contains(&name.as_str()) => found.push(name),
            Shape::Sequence(parts) | Shape::Choice(parts) => {
                parts.iter().for_each(|part| part.collect(found));
            }
            Shape::Optional(inner)
            | Shape::Repeat(inner, _, _)
            | Shape::Ahead(inner)
            | Shape::NotAhead(inner) => inner.collect(found),
            Shape::Rule(_) | Shape::Text(_) | Shape::Characters(_) | Shape::Said(_) => {}
        }
    }
}
