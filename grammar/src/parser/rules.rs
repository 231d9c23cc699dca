//! The rules: what is permitted, refused, masked, marked, asked for, bounded and kept.

use super::clauses::{self, Clause};
use super::{Mark, Parser, habits, items, literals, plans, values, words};
use crate::{SyntaxError, SyntaxKind};

/// When a rule holds, and in which time.
const TERM: [Clause; 3] = [Clause::When, Clause::From, Clause::Until];

/// `observe` and the rule that is tried.
pub(super) fn observe(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    p.no_sign("observe");
    match p.word(0) {
        "approve" => approve(p),
        "deny" => deny(p),
        "forbid" => forbid(p),
        "redact" => redact(p),
        "flag" => flag(p),
        "require" => require_approval(p),
        "cap" => cap(p),
        "log" => log(p),
        word => {
            let mut error =
                SyntaxError::new("R0001", p.gap(), "`observe` stands before the rule that is tried")
                    .with_label("a rule belongs here");
            if words::begins_item(word) {
                error = SyntaxError::new(
                    "R0001",
                    p.range(),
                    format!("{} cannot be tried with `observe`", words::with_article(word)),
                );
            }
            let error = error.with_help(
                "`observe` tries `approve`, `deny`, `forbid`, `redact`, `flag`, `require approval`, `cap` and `log`",
            );
            p.error(error);
        }
    }
    mark.close(p, SyntaxKind::Observe);
}

/// `approve NAME: TARGETS CLAUSES`
pub(super) fn approve(p: &mut Parser) {
    let mark = p.open();
    let name = p.position + 1;
    items::head(p, "approve");
    let name = p.range_since(name);
    if !habits::without_targets(p, "approve", name) {
        items::joint(p, SyntaxKind::Colon, "an `approve`");
        plans::targets(p, "an `approve` needs the targets that it speaks about");
    }
    let allowed = [Clause::When, Clause::From, Clause::Until, Clause::Owner, Clause::By, Clause::Ref];
    clauses::clauses(p, "approve", &allowed);
    mark.close(p, SyntaxKind::Approve);
}

/// `forbid NAME: TARGETS CLAUSES`
pub(super) fn forbid(p: &mut Parser) {
    let mark = p.open();
    let name = p.position + 1;
    items::head(p, "forbid");
    let name = p.range_since(name);
    if !habits::without_targets(p, "forbid", name) {
        items::joint(p, SyntaxKind::Colon, "a `forbid`");
        plans::targets(p, "a `forbid` needs the targets that it speaks about");
    }
    clauses::clauses(p, "forbid", &[Clause::When, Clause::Because, Clause::From, Clause::Until]);
    mark.close(p, SyntaxKind::Forbid);
}

/// `deny NAME CLAUSES`
pub(super) fn deny(p: &mut Parser) {
    let mark = p.open();
    let errors = p.errors.len();
    let is_explained = p.explained == Some(p.position);
    let word = p.range();
    items::head(p, "deny");
    let name_end = p.gap();
    if !habits::denied_targets(p, word) {
        items::no_colon(p, "a `deny`");
    }
    let seen = clauses::clauses(p, "deny", &[Clause::When, Clause::Because, Clause::From, Clause::Until]);
    if !seen.has("when") && p.errors.len() == errors && !is_explained {
        let error = SyntaxError::new("R0206", name_end, "a `deny` says for which requests it holds")
            .with_label("`when …` belongs here")
            .with_help("add `when CONDITION`; what no route takes is turned away by `otherwise deny \"…\"`")
            .of_meaning();
        p.report(error);
    }
    mark.close(p, SyntaxKind::Deny);
}

/// `redact NAME: [FINDINGS] in PLACE CLAUSES`
pub(super) fn redact(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "redact");
    items::joint(p, SyntaxKind::Colon, "a `redact`");
    values::findings(p, "a `redact` needs the findings that it masks");
    if p.at_word("in") {
        let place = p.open();
        p.bump_keyword();
        if matches!(p.word(0), "prompt" | "response" | "both") {
            p.bump_keyword();
        } else {
            p.wrong("`in` says where", "`prompt`, `response` or `both` belongs here");
            if !p.word(0).is_empty() && !words::begins_clause(p.word(0)) && !p.at_item(0) {
                p.bump();
            }
        }
        place.close(p, SyntaxKind::InClause);
    } else {
        let gap = p.gap();
        let mut error = SyntaxError::new("R0001", gap, "a `redact` says where it masks")
            .with_label("where is missing here")
            .with_help("write `in prompt`, `in response` or `in both`");
        for place in ["prompt", "response", "both"] {
            error = error.with_fix(gap, format!(" in {place}"), format!("write `in {place}`"));
        }
        p.error(error);
    }
    if p.at_word("restore") {
        let restore = p.open();
        p.bump_keyword();
        restore.close(p, SyntaxKind::RestoreClause);
    }
    clauses::clauses(p, "redact", &TERM);
    mark.close(p, SyntaxKind::Redact);
}

/// `flag NAME CLAUSES`
pub(super) fn flag(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "flag");
    items::no_colon(p, "a `flag`");
    clauses::clauses(p, "flag", &TERM);
    mark.close(p, SyntaxKind::Flag);
}

/// `require approval NAME CLAUSES`
pub(super) fn require_approval(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    if !p.eat_word("approval") {
        p.missing("`require` is followed by `approval`", "`approval` belongs here");
    }
    approval(p, mark);
}

/// What stands behind `require approval`.
pub(super) fn approval(p: &mut Parser, mark: Mark) {
    items::name_of(p, "require approval");
    items::no_colon(p, "a `require approval`");
    let allowed =
        [Clause::When, Clause::Because, Clause::From, Clause::Until, Clause::By, Clause::Each, Clause::Valid];
    clauses::clauses(p, "require approval", &allowed);
    mark.close(p, SyntaxKind::RequireApproval);
}

/// `cap NAME: output TOKENS CLAUSES`
pub(super) fn cap(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "cap");
    items::joint(p, SyntaxKind::Colon, "a `cap`");
    if !p.eat_word("output") {
        p.missing("a `cap` bounds the output", "`output 4k tokens` belongs here");
    }
    literals::tokens(p, "a `cap` needs a number of tokens");
    clauses::clauses(p, "cap", &TERM);
    mark.close(p, SyntaxKind::Cap);
}

/// `log NAME: LEVEL CLAUSES`
pub(super) fn log(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "log");
    items::joint(p, SyntaxKind::Colon, "a `log`");
    if matches!(p.word(0), "full" | "metadata" | "none") {
        p.bump_keyword();
    } else {
        p.wrong("a `log` says what is kept of the content", "`full`, `metadata` or `none` belongs here");
        if !p.word(0).is_empty() && !words::begins_clause(p.word(0)) && !clauses::ends_rule(p) {
            p.bump();
        }
    }
    clauses::clauses(p, "log", &TERM);
    mark.close(p, SyntaxKind::Log);
}
