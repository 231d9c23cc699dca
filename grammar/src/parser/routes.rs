//! Routes with their arms, how a plan is executed, and the answer where no route holds.

use super::clauses::{self, Clause, Seen};
use super::{Parser, habits, items, literals, plans, texts, values, words};
use crate::{SyntaxEdit, SyntaxError, SyntaxKind, TextRange, TextSize};

/// `otherwise deny "…"`
pub(super) fn otherwise(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    p.no_sign("otherwise");
    if habits::otherwise(p) {
        mark.close(p, SyntaxKind::Otherwise);
        return;
    }
    if matches!(p.word(0), "reject" | "block" | "refuse") && p.kind(1) == SyntaxKind::String {
        p.foreign(format!("`{}` is written `deny`", p.text(0)), "deny");
        p.bump_keyword();
    } else if !p.eat_word("deny") {
        let gap = p.gap();
        let error = SyntaxError::new("R0001", gap, "`otherwise` outside of a route says `deny` and why")
            .with_label("`deny \"…\"` belongs here");
        let is_said = p.at(SyntaxKind::String);
        p.error(if is_said { error.with_fix(gap, " deny", "write `deny`") } else { error });
    }
    texts::words(p, "`otherwise deny` needs its words in quotes");
    mark.close(p, SyntaxKind::Otherwise);
}

/// `route NAME CLAUSES`
pub(super) fn route(p: &mut Parser) {
    let mark = p.open();
    let errors = p.errors.len();
    items::head(p, "route");
    items::no_colon(p, "a `route`");
    let name_end = p.gap();
    let mut seen = Seen::default();
    while !ends_route(p) {
        route_clause(p, &mut seen);
    }
    if is_denial(p) {
        denied(p);
    } else if !seen.has("to") && p.errors.len() == errors {
        let error = SyntaxError::new("R0206", name_end, "a `route` says where its requests go")
            .with_label("`to …`, or arms in braces, belong here")
            .with_help("add `to provider/model`, or arms: `{ when CONDITION to … otherwise to … }`")
            .of_meaning();
        p.report(error);
    }
    mark.close(p, SyntaxKind::Route);
}

fn ends_route(p: &Parser) -> bool {
    !is_arrow(p) && clauses::ends_rule(p)
}

/// `deny "words"` without a clause was meant for this route, though the grammar reads a rule in it.
fn is_denial(p: &Parser) -> bool {
    let is_alone = !matches!(p.word(2), "when" | "because" | "from" | "until");
    p.at_word("deny") && p.kind(1) == SyntaxKind::String && is_alone
}

/// Reports it, and nothing more about the rule that follows.
fn denied(p: &mut Parser) {
    let error = SyntaxError::new("R0206", p.range(), "only an arm of a route denies")
        .with_help("write a `deny` rule, or give the route arms: `{ when … deny \"…\"  otherwise to … }`")
        .of_meaning();
    p.error(error);
    p.explained = Some(p.position);
}

fn route_clause(p: &mut Parser, seen: &mut Seen) {
    match p.word(0) {
        "if" if !seen.has("to") => {
            let (errors, start) = (p.errors.len(), p.position);
            let mark = p.open();
            seen.note(p, "when");
            clauses::one(p, Clause::When);
            if p.at_word("then") {
                note_outcome(p, seen);
                foreign_to(p);
                if two_arms(p, start, errors, &["{ ", " }"]) {
                    mark.close(p, SyntaxKind::Error);
                    return;
                }
            }
            mark.abandon();
        }
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
            to(p);
        }
        "then" | "use" => {
            note_outcome(p, seen);
            foreign_to(p);
        }
        word if words::begins_plan_option(word) => {
            let message = format!("`{word}` stands right behind the plan that it is about");
            let error = SyntaxError::new("R0001", p.range(), message)
                .with_help("write it after `to PLAN`, before any other clause");
            p.error(error);
            let mark = p.open();
            option(p);
            mark.close(p, SyntaxKind::Error);
        }
        _ if is_arrow(p) => {
            note_outcome(p, seen);
            foreign_to(p);
        }
        _ if p.at(SyntaxKind::LeftBrace) => {
            note_outcome(p, seen);
            arms(p);
        }
        _ => {
            let help = "a `route` takes `inside`, `when`, and `to` or arms in braces";
            clauses::stray(p, "a `route`", help, |p| p.at(SyntaxKind::LeftBrace) || is_arrow(p));
        }
    }
}

/// A route has one outcome, be it `to` or arms.
fn note_outcome(p: &mut Parser, seen: &mut Seen) {
    if seen.has("to") {
        let message = "a `route` has one outcome: `to` or arms, once";
        p.report(SyntaxError::new("R0206", p.range(), message).of_meaning());
    } else {
        seen.note(p, "to");
    }
}

fn is_arrow(p: &Parser) -> bool {
    p.at(SyntaxKind::Arrow)
}

fn foreign_to(p: &mut Parser) {
    if p.word(1) == "to" {
        p.foreign(format!("`to` stands without `{}`", p.text(0)), "");
        let mark = p.open();
        p.bump();
        mark.close(p, SyntaxKind::Error);
        to(p);
        return;
    }
    p.foreign(format!("`{}` is written `to`", p.text(0)), "to");
    to(p);
}

/// `{ ARMS }`
fn arms(p: &mut Parser) {
    let mark = p.open();
    p.arms += 1;
    p.lost_otherwise = None;
    values::body(p, "a route", arm);
    p.arms -= 1;
    mark.close(p, SyntaxKind::Arms);
}

fn arm(p: &mut Parser) {
    let is_known =
        matches!(p.word(0), "when" | "if" | "where" | "otherwise" | "else" | "elif" | "elsif" | "default");
    let meant = if is_known { None } else { words::meant(p.word(0), &["when", "otherwise"]) };
    if let Some(ours) = meant {
        p.misspelled(ours);
        let mark = p.open();
        match ours {
            "when" => clauses::one_as(p, Clause::When),
            _ => p.bump_keyword(),
        }
        outcome(p);
        mark.close(p, SyntaxKind::Arm);
        return;
    }
    if !is_known && p.at(SyntaxKind::Comma) {
        p.foreign("arms are not separated by commas", "");
        let mark = p.open();
        p.bump();
        mark.close(p, SyntaxKind::Error);
        return;
    }
    if !is_known {
        let found = p.found();
        let error = SyntaxError::new("R0001", p.range(), format!("{found} begins no arm of a route"))
            .with_help("an arm is `when CONDITION to PLAN`, the last one `otherwise to PLAN`");
        p.error(error);
        p.skip(|p| matches!(p.word(0), "when" | "otherwise") || p.at(SyntaxKind::RightBrace));
        return;
    }
    if p.at_word("otherwise") && p.word(1) == "deny" && p.is_at_margin(0) {
        p.lost_otherwise = Some(p.gap());
    }
    let mark = p.open();
    let errors = p.errors.len();
    let (start, is_if) = (p.position, p.at_word("if"));
    match p.word(0) {
        "otherwise" => {
            p.bump_keyword();
            p.no_sign("otherwise");
        }
        "elif" | "elsif" => else_if(p, 1),
        "else" if matches!(p.word(1), "if" | "when") => else_if(p, 2),
        "else" | "default" => {
            p.bump_keyword();
            p.eat(SyntaxKind::Colon);
            let range = p.range_since(start);
            p.foreign_at(range, "the last arm of a route is `otherwise`", "otherwise");
        }
        _ => clauses::one(p, Clause::When),
    }
    outcome(p);
    let is_ternary = is_if && two_arms(p, start, errors, &["", ""]);
    mark.close(p, if is_ternary { SyntaxKind::Error } else { SyntaxKind::Arm });
}

/// `if C then X else Y`, read as a plan of two stages since a token: says that these are two arms, in place of what was
/// said of its words. `around` is what the arms need before and behind them.
fn two_arms(p: &mut Parser, start: usize, errors: usize, around: &[&str; 2]) -> bool {
    let place = |word: &str| {
        let tokens = p.input.tokens.get(start..p.position).unwrap_or(&[]);
        tokens.iter().find(|token| token.kind == SyntaxKind::Ident && token.text(p.input.text) == word)
    };
    let (Some(first), Some(then), Some(otherwise)) = (place("if"), place("then"), place("else")) else {
        return false;
    };
    let range = p.range_since(start);
    let [before, behind] = around;
    let edits = vec![
        SyntaxEdit { range: first.range(), text: format!("{before}when") },
        SyntaxEdit { range: then.range(), text: "to".to_owned() },
        SyntaxEdit { range: otherwise.range(), text: "otherwise to".to_owned() },
        SyntaxEdit { range: TextRange::empty(range.end()), text: (*behind).to_owned() },
    ];
    let edits = edits.into_iter().filter(|edit| !edit.range.is_empty() || !edit.text.is_empty());
    let error = SyntaxError::new("R0003", range, "`if … then … else` is written as two arms")
        .with_edits(edits.collect(), "write `when … to …  otherwise to …`")
        .unsure();
    p.errors.truncate(errors);
    p.report(error);
    true
}

/// `else if` in so many words: arms are tried in their order anyway.
fn else_if(p: &mut Parser, words: usize) {
    let mark = p.open();
    let start = p.position;
    for _ in 0..words {
        p.bump_keyword();
    }
    let range = p.range_since(start);
    p.foreign_at(range, format!("`{}` is written `when`: arms are tried in order", p.text_of(range)), "when");
    super::conditions::condition(p, "`when` needs a condition after it");
    mark.close(p, SyntaxKind::WhenClause);
}

fn outcome(p: &mut Parser) {
    match p.word(0) {
        "to" => to(p),
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
    p.no_sign("deny");
    if matches!(p.word(0), "when" | "otherwise" | "else") {
        let error = SyntaxError::new("R0001", p.gap(), "`deny` in a route needs its words in quotes")
            .with_label("the words belong here")
            .with_help("write `deny \"…\"` with what the caller is told");
        p.error(error);
        mark.close(p, SyntaxKind::DenyClause);
        return;
    }
    texts::words(p, "`deny` in a route needs its words in quotes");
    mark.close(p, SyntaxKind::DenyClause);
}

/// `to PLAN` and how it is executed; its word, or a foreign one in its place that has been reported, is next.
fn to(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    p.no_sign("to");
    plans::expression(p, "`to` needs a target");
    let plan_end = p.gap();
    let mut seen = Seen::default();
    options(p, &mut seen);
    if p.at_word("else") && plans::begins_stage(p) && seen.is_any() {
        options_between(p, plan_end, &mut seen);
    }
    mark.close(p, SyntaxKind::ToClause);
}

fn options<'t>(p: &mut Parser<'t>, seen: &mut Seen<'t>) {
    while words::begins_plan_option(p.word(0)) {
        seen.note(p, p.text(0));
        option(p);
    }
}

/// `retry 2 else near/small`: what says how the whole plan is executed stands before its last stage.
fn options_between<'t>(p: &mut Parser<'t>, plan_end: TextRange, seen: &mut Seen<'t>) {
    let options_text = TextRange::new(plan_end.end(), p.gap().end());
    let text = p.text_of(options_text);
    let place = TextRange::new(options_text.end() - TextSize::of(text.trim_start()), options_text.end());
    let error = SyntaxError::new("R0001", place, "how a plan is executed is said behind its last stage");
    let mark = p.open();
    p.bump();
    plans::expression(p, "`else` needs a target after it");
    let gap = p.gap();
    options(p, seen);
    mark.close(p, SyntaxKind::Error);
    let edits = vec![
        SyntaxEdit { range: options_text, text: String::new() },
        SyntaxEdit { range: gap, text: format!(" {}", text.trim()) },
    ];
    let is_plain = !text.contains("//");
    let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = format!("write `{shown}` behind the whole plan");
    p.report(if is_plain { error.with_edits(edits, title).unsure() } else { error.with_help(title) });
}

/// One clause about the execution of a plan; the next token is its word.
fn option(p: &mut Parser) {
    let mark = p.open();
    let word = p.word(0);
    p.bump_keyword();
    p.no_sign(word);
    let kind = match word {
        "failover" => {
            if !p.eat_word("on") {
                p.missing("`failover` is followed by `on`", "`on` belongs here");
            }
            if p.at(SyntaxKind::LeftBracket) {
                failures(p);
            } else {
                p.missing("`failover on` needs a list of failures", "`[rate-limited, timeout]` belongs here");
                if p.at_name() && !clauses::ends_rule(p) {
                    p.bump();
                }
            }
            SyntaxKind::FailoverClause
        }
        "retry" => {
            literals::whole_number(p, "`retry` needs a number");
            if p.at_word("times") {
                p.foreign("`retry` is followed by its number alone", "");
                p.bump();
            }
            SyntaxKind::RetryClause
        }
        "backoff" => {
            backoff(p);
            SyntaxKind::BackoffClause
        }
        "hedge" => {
            if !p.eat_word("after") {
                p.missing("`hedge` is followed by `after`", "`after` belongs here");
            }
            literals::duration(p, "hedge after");
            SyntaxKind::HedgeClause
        }
        _ => {
            literals::duration(p, word);
            SyntaxKind::DeadlineClause
        }
    };
    mark.close(p, kind);
}

/// `[rate-limited, 503]`; `5xx` is a class with a name, and `4xx` none.
fn failures(p: &mut Parser) {
    let mark = p.open();
    let is_foreign = std::cell::Cell::new(false);
    values::elements(p, "a failure", |p| {
        let Some(error) = class_of_statuses(p) else {
            return values::value(p, values::Place::Plain);
        };
        is_foreign.set(true);
        p.report(error);
        p.bump();
        true
    });
    mark.close(p, if is_foreign.get() { SyntaxKind::Error } else { SyntaxKind::List });
}

fn class_of_statuses(p: &Parser) -> Option<SyntaxError> {
    let range = p.range();
    match p.text(0) {
        "5xx" | "5XX" => {
            let error = SyntaxError::new("R0003", range, "answers of 500 and above are `server-error`");
            Some(error.with_fix(range, "server-error", "write `server-error`"))
        }
        "4xx" | "4XX" => {
            let error = SyntaxError::new("R0003", range, "no class holds all answers from 400 to 499");
            Some(error.with_help(
                "name the statuses, as in `[408, 429]`, or `rate-limited`, `model-missing`, `credential`, `refused`, `context-length`",
            ))
        }
        _ => None,
    }
}

/// `250ms..4s`
fn backoff(p: &mut Parser) {
    let mark = p.open();
    literals::duration(p, "backoff");
    if p.at(SyntaxKind::DotDot) {
        values::dots(p);
        literals::duration(p, "backoff");
        mark.close(p, SyntaxKind::Range);
    } else {
        p.missing("`backoff` runs from its first to its longest pause", "`..4s` belongs here");
        mark.close(p, SyntaxKind::Error);
    }
}
