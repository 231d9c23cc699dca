//! Providers with their models, and detectors: names and fields. Which fields there are is not known here.

use super::{Parser, items, literals, texts, values, words};
use crate::{SyntaxError, SyntaxKind};

/// `provider NAME { FIELDS MODELS }`
pub(super) fn provider(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "provider");
    if p.kind(1) == SyntaxKind::LeftBrace {
        items::no_colon(p, "a `provider`");
    }
    values::body(p, "a `provider`", |p| {
        if p.at_word("model") && p.kind(1) != SyntaxKind::Colon {
            model(p);
        } else if is_misspelled_model(p) {
            p.misspelled("model");
            model(p);
        } else {
            values::field_or(p, "a `provider` holds fields and models");
        }
    });
    mark.close(p, SyntaxKind::Provider);
}

fn is_misspelled_model(p: &Parser) -> bool {
    let is_followed = p.kind(2) == SyntaxKind::LeftBrace || p.word(2) == "as";
    matches!(p.kind(1), SyntaxKind::Ident | SyntaxKind::String)
        && is_followed
        && words::meant(p.word(0), &["model"]).is_some()
}

fn model(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "model");
    if p.eat_word("as") {
        texts::text(p, "`as` needs the provider's name of the model in quotes");
    }
    values::body(p, values::MODEL, |p| values::field_or(p, "a `model` holds fields"));
    mark.close(p, SyntaxKind::Model);
}

/// `detector NAME = PATTERN`, `detector NAME { FIELDS }`
pub(super) fn detector(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "detector");
    if p.at(SyntaxKind::LeftBrace) {
        values::body(p, "a `detector`", |p| values::field_or(p, "a `detector` holds fields"));
    } else {
        items::joint(p, SyntaxKind::Equals, "a `detector`");
        match p.kind(0) {
            SyntaxKind::Regex => {
                literals::literal(p);
            }
            SyntaxKind::LeftBracket => {
                values::list(p);
            }
            SyntaxKind::String => {
                let listed = format!("[{}]", p.text(0));
                let message = "a `detector` looks for a pattern, or for a list of words";
                let error = SyntaxError::new("R0001", p.range(), message).with_fix(
                    p.range(),
                    listed.clone(),
                    format!("write `{listed}`"),
                );
                p.error(error);
                literals::literal(p);
            }
            _ => p.missing(
                "a `detector` needs what it looks for",
                "`r\"…\"`, a list of words, or `{ url: … }` belongs here",
            ),
        }
    }
    mark.close(p, SyntaxKind::Detector);
}
