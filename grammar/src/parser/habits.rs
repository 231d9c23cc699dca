//! Items as other languages and systems write them, where more than one word differs from ours: one message for each, and
//! what is passed over gives none.

use super::{Mark, Parser, conditions, plans, rules, words};
use crate::{SyntaxError, SyntaxKind, TextRange};

/// `approval NAME`, `dry-run deny NAME`, `allow NAME`, `default allow` where an item begins. Answers whether one stood there.
pub(super) fn item(p: &mut Parser) -> bool {
    match p.word(0) {
        "approval" | "require-approval" | "require_approval" if is_named(p) => {
            let word = p.text(0);
            p.foreign(format!("`{word}` is written `require approval`"), "require approval");
            let mark = p.open();
            p.bump_keyword();
            rules::approval(p, mark);
        }
        "dry-run" | "dryrun" | "dry_run" if words::begins_rule(p.word(1)) => {
            p.foreign(format!("`{}` is written `observe`", p.text(0)), "observe");
            rules::observe(p);
        }
        "allow" | "permit" | "grant" if is_named(p) => allowed(p),
        "default" if p.word(1) == "deny" && p.kind(2) != SyntaxKind::String => default_deny(p),
        "default" if matches!(p.word(1), "allow" | "permit" | "approve" | "accept") => default_allow(p),
        _ => return false,
    }
    true
}

/// Whether a name follows that no colon follows: so this is no field, and speaks of no targets.
fn is_named(p: &Parser) -> bool {
    matches!(p.kind(1), SyntaxKind::Ident | SyntaxKind::String)
        && !matches!(p.kind(2), SyntaxKind::Colon | SyntaxKind::Equals)
        && !words::is_reserved(p.word(1))
}

/// `allow NAME when …`: an `approve` has targets, and nobody but the writer knows them.
fn allowed(p: &mut Parser) {
    let message = format!("`{}` is written `approve`, with the targets that it speaks about", p.text(0));
    let error = SyntaxError::new("R0003", p.range(), message)
        .with_help("write `approve NAME: TARGETS when …`: targets are `provider/model`, `provider/*`, `group NAME` or `any`");
    p.error(error);
    pass_over(p);
}

fn default_allow(p: &mut Parser) {
    let range = p.range_to(1);
    let error = SyntaxError::new("R0003", range, "nothing is approved by default").with_help(
        "write `approve NAME: TARGETS …` for what may be served; all else is answered by `otherwise deny \"…\"`",
    );
    p.error(error);
    pass_over(p);
}

fn default_deny(p: &mut Parser) {
    let range = p.range_to(1);
    let error = SyntaxError::new("R0003", range, "what no route takes is denied by `otherwise`")
        .with_help("write `otherwise deny \"…\"` with what the caller is told");
    p.error(error);
    let mark = p.open();
    p.bump();
    p.bump();
    mark.close(p, SyntaxKind::Error);
}

/// Up to the next item.
fn pass_over(p: &mut Parser) {
    p.skip(|p| p.is_at_lost_item());
}

/// `to …`, `when …`, `allow` behind the `otherwise` of a policy, which only denies.
pub(super) fn otherwise(p: &mut Parser) -> bool {
    let (message, help) = match p.word(0) {
        "to" | "route" => (
            "the `otherwise` of a policy denies: only a route sends requests somewhere",
            "serve the rest with `route rest to …`, and keep `otherwise deny \"…\"` for what no route takes",
        ),
        "when" | "if" => (
            "the `otherwise` of a policy has no condition: it answers what no route takes",
            "write `deny NAME when …` for these requests, and `otherwise deny \"…\"` for the rest",
        ),
        "allow" | "permit" | "approve" | "accept" => (
            "the `otherwise` of a policy denies: nothing is approved by default",
            "write `otherwise deny \"…\"`, and `approve NAME: TARGETS …` for what may be served",
        ),
        _ if p.at(SyntaxKind::Arrow) => (
            "the `otherwise` of a policy denies: only a route sends requests somewhere",
            "serve the rest with `route rest to …`, and keep `otherwise deny \"…\"` for what no route takes",
        ),
        _ => return false,
    };
    p.error(SyntaxError::new("R0003", p.range(), message).with_help(help));
    let mark = p.open();
    let is_plan = p.at_word("to");
    let is_condition = matches!(p.word(0), "when" | "if");
    p.bump();
    let errors = p.errors.len();
    if is_plan {
        plans::expression(p, "`to` needs a target");
    } else if is_condition {
        conditions::condition(p, "`when` needs a condition after it");
        if p.at_word("deny") && p.kind(1) == SyntaxKind::String {
            p.bump();
            p.bump();
        }
    } else {
        while !p.at_end() && !p.is_at_line_start() {
            p.bump();
        }
    }
    p.errors.truncate(errors);
    mark.close(p, SyntaxKind::Error);
    true
}

/// `deny NAME: TARGETS`: a rule about targets, whose word is another. Answers whether targets stood there.
pub(super) fn denied_targets(p: &mut Parser, word: TextRange) -> bool {
    let is_target = p.kind(1) == SyntaxKind::LeftBracket
        || matches!(p.word(1), "any" | "group")
        || p.kind(2) == SyntaxKind::Slash;
    if !p.at(SyntaxKind::Colon) || p.is_nameless || !is_target {
        return false;
    }
    let error = SyntaxError::new("R0003", word, "a `deny` refuses requests, whatever their target")
        .with_help("write `forbid`, which refuses targets to requests")
        .with_fix(word, "forbid", "write `forbid`")
        .unsure();
    p.error(error);
    let mark = p.open();
    p.bump();
    plans::targets(p, "a `forbid` needs the targets that it speaks about");
    mark.close(p, SyntaxKind::Error);
    true
}

/// A rule about targets that names none: its clauses follow its name. Answers whether that is so.
pub(super) fn without_targets(p: &mut Parser, rule: &str, name: TextRange) -> bool {
    if p.is_nameless || !matches!(p.word(0), "when" | "if" | "where" | "because" | "from" | "until") {
        return false;
    }
    let name = p.text_of(name);
    let gap = p.gap();
    let message = format!("{} needs the targets that it speaks about", words::with_article(rule));
    let error = SyntaxError::new("R0001", gap, message).with_label("`: TARGETS` belongs here");
    let error = match rule {
        "forbid" => error
            .with_help(format!("write `forbid {name}: any {} …` for all targets", p.text(0)))
            .with_fix(gap, ": any", "write `: any`")
            .unsure(),
        _ => error.with_help(format!("write `{rule} {name}: TARGETS {} …`", p.text(0))),
    };
    p.error(error);
    true
}

/// `(a, b)` behind the name of a `define`.
pub(super) fn parameters(p: &mut Parser) {
    if !p.at(SyntaxKind::LeftParen) {
        return;
    }
    let start = p.position;
    let mark = p.open();
    while !p.at_end() && !matches!(p.kind(0), SyntaxKind::RightParen | SyntaxKind::Equals) && !p.at_item(0) {
        p.bump();
    }
    p.eat(SyntaxKind::RightParen);
    mark.close(p, SyntaxKind::Error);
    let error = SyntaxError::new("R0003", p.range_since(start), "a `define` takes no parameters")
        .with_help("write one `define` for each case: it names a condition");
    p.report(error);
}

/// `= near/large` behind the name of an `alias`.
pub(super) fn target_of_alias(p: &mut Parser, name: TextRange) {
    let is_sign = matches!(p.kind(0), SyntaxKind::Equals | SyntaxKind::Colon | SyntaxKind::Arrow);
    if p.is_nameless || !(is_sign || p.at_word("to") || p.at_word("for")) {
        return;
    }
    let help = format!(
        "a route sends its requests somewhere: `route NAME when request.model is {} to provider/model`",
        p.text_of(name)
    );
    p.error(SyntaxError::new("R0003", p.range(), "an alias stands for no target").with_help(help));
    let mark = p.open();
    p.bump();
    let errors = p.errors.len();
    if !p.at_item(0) && !p.is_at_lost_item() {
        plans::expression(p, "");
    }
    p.errors.truncate(errors);
    mark.close(p, SyntaxKind::Error);
}

/// `priority 10`, where a clause begins.
pub(super) fn at_rank(p: &Parser) -> bool {
    let sign = usize::from(matches!(p.kind(1), SyntaxKind::Colon | SyntaxKind::Equals));
    matches!(p.word(0), "priority" | "precedence" | "weight" | "order")
        && p.kind(1 + sign) == SyntaxKind::Number
}

/// Takes it, and says that there is no such thing.
pub(super) fn rank(p: &mut Parser) {
    let start = p.position;
    let mark: Mark = p.open();
    while !p.at(SyntaxKind::Number) {
        p.bump();
    }
    p.bump();
    mark.close(p, SyntaxKind::Error);
    let range = p.range_since(start);
    let error = SyntaxError::new("R0003", range, "there is no order of rules, so none stands before another")
        .with_help("remove it: in whatever order, a `deny` or `forbid` that holds wins over every `approve`")
        .with_fix(range, "", "remove it")
        .unsure();
    p.report(error);
}
