//! Guarantees: claims over all requests.

use super::clauses::{self, Clause};
use super::{Parser, conditions, items, literals, values, words};
use crate::{SyntaxError, SyntaxKind};

const CLAIMS: &str = "a claim is `always … when …`, `denied when …`, `served when …`, `at least N providers when …` or `redacted […] when …`";

/// `guarantee NAME: CLAIM`
pub(super) fn guarantee(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "guarantee");
    items::joint(p, SyntaxKind::Colon, "a `guarantee`");
    match p.word(0) {
        "always" => always(p),
        "denied" => judged(p, SyntaxKind::DeniedClaim),
        "served" => judged(p, SyntaxKind::ServedClaim),
        "at" => at_least(p),
        "redacted" => redacted(p),
        "never" => never(p),
        _ if p.at_name() || p.at_word("not") => unsaid_always(p),
        _ => {
            let error = SyntaxError::new("R0001", p.gap(), "a `guarantee` needs its claim")
                .with_label("a claim belongs here")
                .with_help(CLAIMS);
            p.error(error);
        }
    }
    if !clauses::ends_rule(p) {
        clauses::stray(p, "a `guarantee`", CLAIMS, |_| false);
    }
    mark.close(p, SyntaxKind::Guarantee);
}

fn always(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    conditions::condition(p, "`always` needs the condition that it claims");
    if is_when(p) {
        clauses::one(p, Clause::When);
    }
    mark.close(p, SyntaxKind::AlwaysClaim);
}

/// A condition without the word that makes it a claim.
fn unsaid_always(p: &mut Parser) {
    let gap = p.gap();
    let error = SyntaxError::new("R0001", gap, "a `guarantee` says `always` before a condition")
        .with_label("`always` belongs here")
        .with_fix(gap, " always", "write `always`");
    p.error(error);
    let mark = p.open();
    conditions::condition(p, "`always` needs the condition that it claims");
    if is_when(p) {
        clauses::one(p, Clause::When);
    }
    mark.close(p, SyntaxKind::AlwaysClaim);
}

fn never(p: &mut Parser) {
    let error = SyntaxError::new("R0003", p.range(), "`never C` is written `always not C`")
        .with_fix(p.range(), "always not", "write `always not`")
        .with_help("or `denied when C`, where no such request is to be answered at all");
    p.error(error);
    let mark = p.open();
    p.bump_keyword();
    conditions::condition(p, "`always` needs the condition that it claims");
    if is_when(p) {
        clauses::one(p, Clause::When);
    }
    mark.close(p, SyntaxKind::AlwaysClaim);
}

/// `denied when C`, `served when C`
fn judged(p: &mut Parser, kind: SyntaxKind) {
    let mark = p.open();
    let word = p.text(0);
    p.bump_keyword();
    when(p, word);
    mark.close(p, kind);
}

fn at_least(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    if !p.eat_word("least") {
        p.missing("`at` is followed by `least`", "`least` belongs here");
    }
    literals::whole_number(p, "`at least` needs a number");
    match p.word(0) {
        "providers" | "models" => p.bump_keyword(),
        word @ ("provider" | "model") => {
            let plural = format!("{word}s");
            p.foreign(format!("`at least` counts `{plural}`"), &plural);
            p.bump_keyword();
        }
        _ => p.missing("`at least` says what it counts", "`providers` or `models` belongs here"),
    }
    when(p, "at least");
    mark.close(p, SyntaxKind::AtLeastClaim);
}

fn redacted(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    values::findings(p, "`redacted` needs the findings that it speaks about");
    when(p, "redacted");
    mark.close(p, SyntaxKind::RedactedClaim);
}

fn when(p: &mut Parser, word: &str) {
    if is_when(p) {
        clauses::one(p, Clause::When);
    } else {
        p.missing(format!("`{word}` says of which requests"), "`when …` belongs here");
        if !clauses::ends_rule(p) {
            p.skip(|p| words::begins_clause(p.word(0)) || p.is_at_lost_item());
        }
    }
}

fn is_when(p: &Parser) -> bool {
    matches!(p.word(0), "when" | "if" | "where")
}
