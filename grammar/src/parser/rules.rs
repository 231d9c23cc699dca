//! The items that decide: approve, deny, forbid, route and `otherwise`.

use super::clauses::{self, Clause, Seen};
use super::{Parser, items, literals, plans, values, words};
use crate::{SyntaxError, SyntaxKind};

/// `approve NAME: TARGETS CLAUSES`
pub(super) fn approve(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "approve");
    items::joint(p, SyntaxKind::Colon, "an `approve`");
    plans::targets(p, "an `approve` needs the targets that it speaks about");
    let allowed = [Clause::When, Clause::From, Clause::Until, Clause::Owner, Clause::By, Clause::Ref];
    clauses::clauses(p, "approve", &allowed);
    mark.close(p, SyntaxKind::Approve);
}

/// `forbid NAME: TARGETS CLAUSES`
pub(super) fn forbid(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "forbid");
    items::joint(p, SyntaxKind::Colon, "a `forbid`");
    plans::targets(p, "a `forbid` needs the targets that it speaks about");
    clauses::clauses(p, "forbid", &[Clause::When, Clause::Because, Clause::From, Clause::Until]);
    mark.close(p, SyntaxKind::Forbid);
}

/// `deny NAME CLAUSES`
pub(super) fn deny(p: &mut Parser) {
    let mark = p.open();
    let errors = p.errors.len();
    items::head(p, "deny");
    let name_end = p.gap();
    let seen = clauses::clauses(p, "deny", &[Clause::When, Clause::Because, Clause::From, Clause::Until]);
    if !seen.has("when") && p.errors.len() == errors {
        let error = SyntaxError::new("R0001", name_end, "a `deny` says for which requests it holds")
            .with_label("`when …` belongs here")
            .with_help("add `when CONDITION`; what no route takes is turned away by `otherwise deny \"…\"`");
        p.report(error);
    }
    mark.close(p, SyntaxKind::Deny);
}

/// `otherwise deny "…"`
pub(super) fn otherwise(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    if !p.eat_word("deny") {
        p.missing("`otherwise` outside of a route says `deny` and why", "`deny \"…\"` belongs here");
    }
    literals::text(p, "`otherwise deny` needs its words in quotes");
    mark.close(p, SyntaxKind::Otherwise);
}

/// `route NAME CLAUSES`
pub(super) fn route(p: &mut Parser) {
    let mark = p.open();
    let errors = p.errors.len();
    items::head(p, "route");
    let name_end = p.gap();
    let mut seen = Seen::default();
    while !ends_route(p) {
        route_clause(p, &mut seen);
    }
    if !seen.has("to") && p.errors.len() == errors {
        let error = SyntaxError::new("R0001", name_end, "a `route` says where its requests go")
            .with_label("`to …`, or arms in braces, belong here")
            .with_help("add `to provider/model`, or arms: `{ when CONDITION to … otherwise to … }`");
        p.report(error);
    }
    mark.close(p, SyntaxKind::Route);
}

/// A `deny "words"` behind a condition was meant for this route.
fn ends_route(p: &Parser) -> bool {
    let is_outcome = p.at_word("deny") && p.kind(1) == SyntaxKind::String && !p.at_item(0);
    !is_outcome && !is_arrow(p) && clauses::ends_rule(p)
}

fn route_clause(p: &mut Parser, seen: &mut Seen) {
    match p.word(0) {
        "when" | "if" | "where" => {
            seen.note(p, "when");
            clauses::one(p, Clause::When);
        }
        "inside" => {
            seen.note(p, "inside");
            let mark = p.open();
            p.bump_keyword();
            literals::name(p, "`inside` needs the name of a route");
            mark.close(p, SyntaxKind::InsideClause);
        }
        "to" => {
            note_outcome(p, seen);
            plans::to(p);
        }
        "then" | "use" => {
            note_outcome(p, seen);
            foreign_to(p);
        }
        "deny" => {
            let error = SyntaxError::new("R0001", p.range(), "only an arm of a route denies").with_help(
                "write a `deny` rule, or give the route arms: `{ when … deny \"…\"  otherwise to … }`",
            );
            p.error(error);
            note_outcome(p, seen);
            deny_words(p);
        }
        word if words::begins_plan_option(word) => super::unbuilt::clause(p),
        _ if is_arrow(p) => {
            note_outcome(p, seen);
            foreign_to(p);
        }
        _ if p.at(SyntaxKind::LeftBrace) => {
            note_outcome(p, seen);
            arms(p);
        }
        _ => {
            let help = "a `route` takes `inside`, `when`, and `to` or arms in braces; conditions are joined by `and` or `or`";
            clauses::stray(p, "a `route`", help, |p| p.at(SyntaxKind::LeftBrace) || is_arrow(p));
        }
    }
}

/// A route has one outcome, be it `to` or arms.
fn note_outcome(p: &mut Parser, seen: &mut Seen) {
    if seen.has("to") {
        let error = SyntaxError::new("R0001", p.range(), "a `route` has one outcome: `to` or arms, once");
        p.report(error);
    } else {
        seen.note(p, "to");
    }
}

fn is_arrow(p: &Parser) -> bool {
    p.at(SyntaxKind::Arrow)
}

fn foreign_to(p: &mut Parser) {
    p.foreign(format!("`{}` is written `to`", p.text(0)), "to");
    plans::to(p);
}

/// `{ ARMS }`
fn arms(p: &mut Parser) {
    let mark = p.open();
    p.arms += 1;
    values::body(p, "a route", arm);
    p.arms -= 1;
    mark.close(p, SyntaxKind::Arms);
}

fn arm(p: &mut Parser) {
    let is_known = matches!(p.word(0), "when" | "if" | "where" | "otherwise" | "else");
    if !is_known {
        let found = p.found();
        let error = SyntaxError::new("R0001", p.range(), format!("{found} begins no arm of a route"))
            .with_help("an arm is `when CONDITION to PLAN`, the last one `otherwise to PLAN`");
        p.error(error);
        p.skip(|p| matches!(p.word(0), "when" | "otherwise") || p.at(SyntaxKind::RightBrace));
        return;
    }
    let mark = p.open();
    match p.word(0) {
        "otherwise" => p.bump_keyword(),
        "else" => {
            p.foreign("the last arm of a route is `otherwise`", "otherwise");
            p.bump_keyword();
        }
        _ => clauses::one(p, Clause::When),
    }
    outcome(p);
    mark.close(p, SyntaxKind::Arm);
}

fn outcome(p: &mut Parser) {
    match p.word(0) {
        "to" => plans::to(p),
        "deny" => deny_words(p),
        "then" | "use" => foreign_to(p),
        _ if is_arrow(p) => foreign_to(p),
        _ => {
            p.missing(
                "an arm says `to` or `deny` after its condition",
                "`to …` or `deny \"…\"` belongs here",
            );
            let is_over =
                |p: &Parser| matches!(p.word(0), "when" | "otherwise") || p.at(SyntaxKind::RightBrace);
            if !p.at_end() && !p.at_item(0) && !is_over(p) {
                p.skip(is_over);
            }
        }
    }
}

fn deny_words(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    literals::text(p, "`deny` in a route needs its words in quotes");
    mark.close(p, SyntaxKind::DenyClause);
}
