//! Types, attributes and classes: what a request can be known by.

use super::clauses::{Seen, ends_rule, stray};
use super::{Parser, clauses, items, literals, texts, values, words};
use crate::lexer::Token;
use crate::{SyntaxEdit, SyntaxError, SyntaxKind};

/// Where a shape stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind `type NAME =`: values, also as a tree.
    Declared,
    /// Behind an attribute's colon: the name of a type, or values.
    Stated,
}

/// `type NAME = SHAPE`
pub(super) fn type_item(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "type");
    items::joint(p, SyntaxKind::Equals, "a `type`");
    if !shape(p, Place::Declared) {
        let error = SyntaxError::new("R0001", p.gap(), "a `type` needs its values")
            .with_label("values belong here")
            .with_help("write `a | b`, `low < high`, or a tree: `top { left right }`");
        p.error(error);
    }
    mark.close(p, SyntaxKind::TypeItem);
}

fn shape(p: &mut Parser, place: Place) -> bool {
    if place == Place::Stated && p.at_word("set") && p.word(1) == "of" {
        let mark = p.open();
        p.bump_keyword();
        p.bump_keyword();
        if !values_of(p, place) {
            p.missing("`set of` needs a type", "a type belongs here");
        }
        mark.close(p, SyntaxKind::SetType);
        return true;
    }
    values_of(p, place)
}

fn values_of(p: &mut Parser, place: Place) -> bool {
    if place == Place::Declared && p.kind(1) == SyntaxKind::LeftBrace && p.at_name() {
        let mark = p.open();
        branch(p);
        mark.close(p, SyntaxKind::TreeShape);
        return true;
    }
    let mark = p.open();
    if literals::segment(p).is_none() {
        return false;
    }
    let joint = p.kind(0);
    let kind = match joint {
        SyntaxKind::Less => SyntaxKind::ScaleShape,
        SyntaxKind::Pipe | SyntaxKind::Comma | SyntaxKind::OrOr => SyntaxKind::PlainShape,
        _ if place == Place::Declared => SyntaxKind::PlainShape,
        _ => SyntaxKind::NamedType,
    };
    let mut are_told = false;
    while let Some(sign) = shape_sign(p) {
        if p.at(SyntaxKind::Comma) {
            if !are_told {
                are_told = true;
                commas(p);
            }
        } else if sign != p.text(0) {
            p.foreign(format!("the values of a type are joined by `|` or `<`, not `{}`", p.text(0)), sign);
        } else if p.kind(0) != joint && matches!(joint, SyntaxKind::Less | SyntaxKind::Pipe) {
            let error =
                SyntaxError::new("R0001", p.range(), "a type is plain (`|`) or a scale (`<`), not both");
            p.error(error);
        }
        p.bump();
        if literals::segment(p).is_none() {
            p.missing(format!("a value is missing after `{sign}`"), "a value belongs here");
        }
    }
    mark.close(p, if are_told { SyntaxKind::Error } else { kind });
    true
}

/// The first comma between values speaks for all, and there are two readings.
fn commas(p: &mut Parser) {
    let first = p.range();
    let mut commas = vec![first];
    let mut ahead = 2;
    while p.kind(ahead) == SyntaxKind::Comma && p.kind(ahead - 1) == SyntaxKind::Ident {
        commas.extend(p.token(ahead).map(Token::range));
        ahead += 2;
    }
    let edits = |sign: &str| {
        commas.iter().map(|range| SyntaxEdit { range: *range, text: sign.to_owned() }).collect::<Vec<_>>()
    };
    let error = SyntaxError::new("R0003", first, "the values of a type are joined by `|` or `<`, not `,`")
        .with_edits(edits(" |"), "write `|`: the values have no order")
        .with_edits(edits(" <"), "write `<`: each value is below the next one");
    p.report(error);
}

/// The sign between two values that was meant.
fn shape_sign(p: &Parser) -> Option<&'static str> {
    match p.kind(0) {
        SyntaxKind::Less | SyntaxKind::LessEquals => Some("<"),
        SyntaxKind::Pipe | SyntaxKind::Comma | SyntaxKind::OrOr => Some("|"),
        _ => None,
    }
}

/// A value of a tree and, in braces, what is below it.
fn branch(p: &mut Parser) {
    let mark = p.open();
    if literals::segment(p).is_none() {
        literals::quoted_name(p);
    }
    if p.at(SyntaxKind::LeftBrace) {
        p.trees += 1;
        values::body(p, "a tree", |p| {
            if p.at_name() || literals::is_odd_part(p.kind(0)) {
                branch(p);
            } else {
                let found = p.found();
                p.error(SyntaxError::new(
                    "R0001",
                    p.range(),
                    format!("a tree holds names here, not {found}"),
                ));
            }
        });
        p.trees -= 1;
    }
    mark.close(p, SyntaxKind::TreeBranch);
}

/// `attribute NAME: TYPE CLAUSES`
pub(super) fn attribute(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    values::attribute_name(p, "an `attribute` needs a name");
    items::joint(p, SyntaxKind::Colon, "an `attribute`");
    if !shape(p, Place::Stated) {
        p.missing("an `attribute` needs its type", "a type belongs here");
    }
    let mut seen = Seen::default();
    while is_own_word(p) || !ends_rule(p) {
        attribute_clause(p, &mut seen);
    }
    mark.close(p, SyntaxKind::Attribute);
}

/// Words that begin a clause of an attribute.
const OWN_WORDS: [&str; 4] = ["from", "combine", "default", "required"];

/// Words that are clauses here alone.
fn is_own_word(p: &Parser) -> bool {
    matches!(p.word(0), "default" | "required") && p.kind(1) != SyntaxKind::Colon
}

fn attribute_clause(p: &mut Parser, seen: &mut Seen) {
    let mark = p.open();
    match p.word(0) {
        "from" => {
            seen.note(p, "from");
            p.bump_keyword();
            sources(p);
            mark.close(p, SyntaxKind::SourcesClause);
        }
        "combine" => {
            seen.note(p, "combine");
            p.bump_keyword();
            if matches!(p.word(0), "highest" | "lowest" | "first") {
                p.bump_keyword();
            } else {
                p.wrong(
                    "`combine` says how: `highest`, `lowest` or `first`",
                    "one of the three belongs here",
                );
            }
            mark.close(p, SyntaxKind::CombineClause);
        }
        "default" => {
            seen.note(p, "default");
            p.bump_keyword();
            p.no_sign("default");
            if !values::value(p, values::Place::Plain) {
                p.missing("`default` needs a value", "a value belongs here");
            }
            mark.close(p, SyntaxKind::DefaultClause);
        }
        "required" => {
            seen.note(p, "required");
            p.bump_keyword();
            mark.close(p, SyntaxKind::RequiredClause);
        }
        word if words::meant(word, &OWN_WORDS).is_some() => {
            let ours = words::meant(word, &OWN_WORDS).unwrap_or_default();
            p.misspelled(ours);
            seen.note(p, ours);
            p.bump_keyword();
            match ours {
                "from" => sources(p),
                "required" => {}
                _ => {
                    values::value(p, values::Place::Plain);
                }
            }
            mark.close(p, SyntaxKind::Error);
        }
        _ => {
            let help = "an `attribute` takes `from`, `combine`, and `default` or `required`";
            stray(p, "an `attribute`", help, is_own_word);
        }
    }
}

fn sources(p: &mut Parser) {
    loop {
        let mark = p.open();
        if matches!(p.word(0), "credential" | "claim" | "header" | "metadata") {
            let word = p.text(0);
            p.bump_keyword();
            texts::text(p, &format!("`{word}` needs the name of a field in quotes"));
            mark.close(p, SyntaxKind::Source);
        } else {
            let error = SyntaxError::new("R0001", p.gap(), "`from` needs a source")
                .with_label("a source belongs here")
                .with_help(
                    "the sources are `credential \"…\"`, `claim \"…\"`, `header \"…\"` and `metadata \"…\"`",
                );
            p.error(error);
            let is_over =
                |p: &Parser| p.at(SyntaxKind::Comma) || words::begins_clause(p.word(0)) || is_own_word(p);
            if !ends_rule(p) && !is_over(p) {
                p.skip(is_over);
            }
        }
        if !p.eat(SyntaxKind::Comma) {
            return;
        }
    }
}

/// `classify NAME: TYPE { ARMS }`
pub(super) fn classify(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    values::attribute_name(p, "a `classify` needs a name");
    items::joint(p, SyntaxKind::Colon, "a `classify`");
    if !shape(p, Place::Stated) {
        p.missing("a `classify` needs its type", "values such as `code | chat` belong here");
    }
    values::body(p, "a `classify`", arm);
    mark.close(p, SyntaxKind::Classify);
}

/// `default chat` as the last line, and how many tokens stand before the value.
fn default_words(p: &Parser) -> Option<usize> {
    let words = if p.kind(1) == SyntaxKind::Colon { 2 } else { 1 };
    let is_last = p.kind(words + 1) == SyntaxKind::RightBrace;
    (p.at_word("default") && is_last && matches!(p.kind(words), SyntaxKind::Ident | SyntaxKind::String))
        .then_some(words)
}

/// A value alone as the last line, or with its `otherwise` behind it.
fn lone_value(p: &mut Parser) {
    let is_turned = p.word(1) == "otherwise";
    let range = p.range_to(usize::from(is_turned));
    let message = "the last line of a `classify` begins with `otherwise`";
    let write = format!("otherwise {}", p.text(0));
    let title = format!("write `{write}`");
    let error = SyntaxError::new("R0001", range, message)
        .with_help(format!("{title}, or say when it holds: `{} when …`", p.text(0)))
        .with_fix(range, write, title)
        .unsure();
    p.error(error);
    let mark = p.open();
    literals::segment(p);
    p.eat_word("otherwise");
    mark.close(p, SyntaxKind::Error);
}

/// A value whose word is not followed by `when`, and that is nearly `otherwise`.
fn is_misspelled_otherwise(p: &Parser) -> bool {
    p.kind(1) == SyntaxKind::Ident
        && p.kind(2) == SyntaxKind::RightBrace
        && words::meant(p.word(0), &["otherwise"]).is_some()
}

fn arm(p: &mut Parser) {
    let is_otherwise = match p.word(0) {
        "otherwise" => p.word(1) != "when",
        "else" => !matches!(p.word(1), "when" | "if"),
        _ => is_misspelled_otherwise(p) || default_words(p).is_some(),
    };
    let is_turned = p.word(1) == "otherwise" && p.kind(2) == SyntaxKind::RightBrace;
    if p.at_name() && (p.kind(1) == SyntaxKind::RightBrace || is_turned) {
        lone_value(p);
        return;
    }
    if !is_otherwise && !p.at_name() {
        let found = p.found();
        let error = SyntaxError::new("R0001", p.range(), format!("{found} begins no line of a `classify`"))
            .with_help("a line is `VALUE when CONDITION`, the last one `otherwise VALUE`");
        p.error(error);
        p.skip(|p| p.at_word("otherwise") || p.at(SyntaxKind::RightBrace) || p.word(1) == "when");
        return;
    }
    let mark = p.open();
    if is_otherwise {
        if let Some(words) = default_words(p) {
            let range = p.range_to(words - 1);
            p.foreign_at(range, "the last line of a `classify` is `otherwise`", "otherwise");
            if words == 2 {
                p.bump_keyword();
            }
        } else if is_misspelled_otherwise(p) {
            p.misspelled("otherwise");
        } else if p.at_word("else") {
            p.foreign("the last line of a `classify` is `otherwise`", "otherwise");
        }
        p.bump_keyword();
        literals::name(p, "`otherwise` needs the value that it gives");
    } else {
        literals::segment(p);
        if matches!(p.word(0), "when" | "if" | "where") {
            clauses::one(p, clauses::Clause::When);
        } else if words::meant(p.word(0), &["when"]).is_some() {
            p.misspelled("when");
            clauses::one_as(p, clauses::Clause::When);
        } else {
            p.missing("a line of a `classify` says when it holds", "`when …` belongs here");
        }
    }
    mark.close(p, SyntaxKind::ClassifyArm);
}
