//! Providers and their models: names and fields. Which fields there are is not known here.

use super::{Parser, items, literals, values};
use crate::SyntaxKind;

/// `provider NAME { FIELDS MODELS }`
pub(super) fn provider(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "provider");
    values::body(p, "a `provider`", |p| {
        if p.at_word("model") && p.kind(1) != SyntaxKind::Colon {
            model(p);
        } else {
            values::field_or(p, "a `provider` holds fields and models");
        }
    });
    mark.close(p, SyntaxKind::Provider);
}

fn model(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "model");
    if p.eat_word("as") {
        literals::text(p, "`as` needs the provider's name of the model in quotes");
    }
    values::body(p, "a `model`", |p| values::field_or(p, "a `model` holds fields"));
    mark.close(p, SyntaxKind::Model);
}
