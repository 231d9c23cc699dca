//! Migrations: from one target to another, by steps with dates.

use super::clauses::{self, Clause};
use super::{Parser, conditions, items, literals, plans, values};
use crate::{SyntaxError, SyntaxKind};

/// `migrate NAME: TARGET to TARGET CLAUSES`
pub(super) fn migrate(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "migrate");
    if p.at_word("from") && p.kind(2) == SyntaxKind::Slash {
        p.foreign("the name of a `migrate` is followed by `:`, not `from`", ":");
        p.bump();
    } else {
        items::joint(p, SyntaxKind::Colon, "a `migrate`");
    }
    plans::one_target(p, "a `migrate` needs the target that is replaced");
    if p.at(SyntaxKind::Arrow) {
        p.foreign(format!("`{}` is written `to`", p.text(0)), "to");
        p.bump_keyword();
        plans::one_target(p, "`to` needs the new target");
    } else if p.eat_word("to") {
        plans::one_target(p, "`to` needs the new target");
    } else {
        p.missing("a `migrate` says where its requests go", "`to provider/model` belongs here");
    }
    let allowed = [Clause::When, Clause::Sticky, Clause::Ramp, Clause::Shadow, Clause::Rollback];
    clauses::clauses(p, "migrate", &allowed);
    mark.close(p, SyntaxKind::Migrate);
}

/// `{ 2026-12-01 5%  2026-12-08 25% }`
pub(super) fn ramp(p: &mut Parser) {
    values::body(p, "a `ramp`", |p| {
        if p.at(SyntaxKind::Percent) && matches!(p.kind(1), SyntaxKind::Date | SyntaxKind::Instant) {
            let mark = p.open();
            let write = format!("{} {}", p.text(1), p.text(0));
            let start = p.position;
            p.bump();
            p.bump();
            let range = p.range_since(start);
            let title = format!("write `{write}`");
            p.error(
                SyntaxError::new("R0001", range, "a date stands before its share")
                    .with_fix(range, write, title),
            );
            mark.close(p, SyntaxKind::Error);
            return;
        }
        if !matches!(p.kind(0), SyntaxKind::Date | SyntaxKind::Instant | SyntaxKind::BadNumber) {
            let found = p.found();
            let error = SyntaxError::new(
                "R0001",
                p.range(),
                format!("a `ramp` holds steps, and {found} begins none"),
            )
            .with_help("a step is a date and a share: `2026-12-01 5%`");
            p.error(error);
            p.skip(|p| p.at(SyntaxKind::RightBrace) || p.at(SyntaxKind::Date));
            return;
        }
        let mark = p.open();
        literals::bare(p);
        if p.at(SyntaxKind::Colon) || p.at(SyntaxKind::Equals) {
            p.foreign("a date and its share stand side by side", "");
            p.bump();
        }
        literals::percent(p, "a step says which share is drawn from its date on");
        mark.close(p, SyntaxKind::RampStep);
    });
}

/// `10% until 2026-12-01`
pub(super) fn shadow(p: &mut Parser) {
    literals::percent(p, "`shadow` needs the share that is copied");
    if p.at_word("until") {
        clauses::one(p, Clause::Until);
    }
}

/// `over 10min when errors > 2% or first-token > 3s`
pub(super) fn rollback(p: &mut Parser) {
    if p.eat_word("over") {
        literals::duration(p, "over");
    } else {
        p.missing("`rollback` says over which time it looks", "`over 10min` belongs here");
    }
    if !p.eat_word("when") {
        p.missing("`rollback` says when", "`when errors > 2%` belongs here");
        return;
    }
    loop {
        measure(p);
        if conditions::at_or(p) {
            conditions::take_or(p);
        } else {
            break;
        }
    }
    if p.at_word("and") {
        let error = SyntaxError::new("R0001", p.range(), "the tests of a `rollback` are joined by `or`")
            .with_fix(p.range(), "or", "write `or`");
        p.error(error);
        p.skip(|p| super::words::begins_clause(p.word(0)) || p.is_at_lost_item());
    }
}

/// `errors > 2%`, `first-token > 3s`
fn measure(p: &mut Parser) {
    let mark = p.open();
    let word = p.word(0);
    if !matches!(word, "errors" | "first-token") {
        p.missing(
            "a `rollback` looks at `errors` or at `first-token`",
            "`errors > 2%` or `first-token > 3s` belongs here",
        );
        mark.close(p, SyntaxKind::Error);
        return;
    }
    p.bump_keyword();
    if p.at(SyntaxKind::GreaterEquals) {
        p.foreign("a `rollback` asks for more than: `>`", ">");
        p.bump();
    } else {
        p.expect(SyntaxKind::Greater, ">", &format!("after `{word}`"));
    }
    if word == "errors" {
        literals::percent(p, "`errors` is compared with a share");
    } else {
        literals::duration(p, "first-token");
    }
    mark.close(p, SyntaxKind::RollbackTest);
}
