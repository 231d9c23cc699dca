//! The file and its items: which word begins which, the edition, and what is said where no item begins.

use super::words::{self, begins_clause, foreign_item, with_article};
use super::{
    Parser, clauses, conditions, counters, examples, guarantees, habits, literals, migrations, plans,
    providers, routes, rules, texts, types,
};
use crate::tree::Event;
use crate::{SyntaxEdit, SyntaxError, SyntaxKind, TextRange, TextSize};

/// The edition of the language that this version reads.
const EDITION: &str = "2026";

/// All items up to the end of the text. What each of them comes to is handed on before the next one is read: so a long
/// file needs no more room for it than its longest item.
pub(super) fn file(p: &mut Parser, mut hand_on: impl FnMut(&mut [Event])) {
    let mut editions: Vec<TextRange> = Vec::new();
    let mut is_first = true;
    let mut is_first_edition = false;
    while !p.at_end() {
        p.is_silent = false;
        p.is_nameless = false;
        let position = p.position;
        let is_edition = p.at_word("edition") || is_first && is_misspelled_edition(p);
        item(p, is_edition);
        hand_on(&mut p.events);
        p.events.clear();
        if is_edition {
            editions.push(p.range_since(position));
            is_first_edition |= is_first;
        }
        is_first = false;
    }
    p.is_silent = false;
    judge_editions(p, &editions, is_first_edition);
}

fn item(p: &mut Parser, is_edition: bool) {
    let word = p.word(0);
    match foreign_item(word) {
        _ if is_edition => edition(p),
        _ if p.is_foreign_otherwise() => {
            p.foreign(format!("`{word}` is written `otherwise`"), "otherwise");
            routes::otherwise(p);
        }
        _ if habits::item(p) => {}
        Some(ours) if !word.is_empty() && p.kind(1) != SyntaxKind::Colon => {
            p.foreign(format!("`{word}` is no word of the language"), ours);
            item_of(p, ours);
        }
        // What was meant is known by its spelling and by what follows it.
        None if !words::begins_item(word)
            && word != "test"
            && p.is_at_line_start()
            && is_followed_like_item(p) =>
        {
            match words::meant_item(word) {
                Some(ours) => {
                    p.misspelled(ours);
                    item_of(p, ours);
                }
                None => item_of(p, word),
            }
        }
        _ => item_of(p, word),
    }
}

fn is_followed_like_item(p: &Parser) -> bool {
    matches!(p.kind(1), SyntaxKind::Ident | SyntaxKind::String | SyntaxKind::ForeignString)
}

fn item_of(p: &mut Parser, word: &str) {
    match word {
        "timezone" => timezone(p),
        "use" => use_file(p),
        "type" => types::type_item(p),
        "attribute" => types::attribute(p),
        "classify" => types::classify(p),
        "define" => define(p),
        "alias" => alias(p),
        "provider" => providers::provider(p),
        "detector" => providers::detector(p),
        "group" => group(p),
        "plan" => plan(p),
        "approve" => rules::approve(p),
        "deny" => rules::deny(p),
        "forbid" => rules::forbid(p),
        "redact" => rules::redact(p),
        "flag" => rules::flag(p),
        "require" => rules::require_approval(p),
        "cap" => rules::cap(p),
        "log" => rules::log(p),
        "observe" => rules::observe(p),
        "limit" => counters::limit(p),
        "budget" => counters::budget(p),
        "route" => routes::route(p),
        "otherwise" => routes::otherwise(p),
        "migrate" => migrations::migrate(p),
        "guarantee" => guarantees::guarantee(p),
        "test" => examples::test(p),
        _ if is_closing(p.kind(0)) => stray_closing(p),
        _ => stray(p),
    }
}

/// The word, and its name.
pub(super) fn head(p: &mut Parser, what: &str) -> bool {
    p.bump_keyword();
    name_of(p, what)
}

/// The name behind the words of an item. Before a colon no word is reserved, and none needs blanks.
pub(super) fn name_of(p: &mut Parser, what: &str) -> bool {
    let start = p.position;
    p.is_nameless = false;
    if p.kind(1) == SyntaxKind::Colon && p.at_name() {
        literals::bare_name(p);
        return true;
    }
    let is_target = p.at_name() && p.kind(1) == SyntaxKind::Slash && p.is_joined(1);
    if is_target && what == "model" && p.is_joined(2) && literals::is_odd_part(p.kind(2)) {
        // Names of models that other places give have a slash.
        literals::quoted_name(p);
        return true;
    }
    if !is_target && literals::segment(p).is_some() {
        if continues_name(p, what) {
            name_with_blanks(p, start, what);
        }
        return true;
    }
    p.is_nameless = true;
    let error = SyntaxError::new("R0001", p.gap(), format!("{} needs a name", with_article(what)))
        .with_label("a name belongs here")
        .with_help(format!("the name stands right behind `{what}`: letters, digits and inner hyphens"));
    p.error(error);
    false
}

/// Whether a word goes on with the name before it: on its line, and nothing that could follow a name.
fn continues_name(p: &Parser, what: &str) -> bool {
    let word = p.word(0);
    // What stands behind the colon, which is missing.
    let is_level = match what {
        "log" => matches!(word, "full" | "metadata" | "none"),
        "cap" => word == "output",
        _ => false,
    };
    p.at(SyntaxKind::Ident)
        && !is_level
        && !habits::at_rank(p)
        && !p.is_at_line_start()
        && !p.at_item(0)
        && p.kind(1) != SyntaxKind::Slash
        && !words::is_reserved(word)
        && !matches!(word, "any" | "requested")
        && !clauses::begins_any(word)
        && foreign_item(word).is_none()
}

/// Takes the rest of a name that was written with blanks.
fn name_with_blanks(p: &mut Parser, start: usize, what: &str) {
    let mark = p.open();
    while continues_name(p, what) {
        p.bump();
    }
    mark.close(p, SyntaxKind::Error);
    let range = p.range_since(start);
    let joined = p.text_of(range).split_whitespace().collect::<Vec<_>>().join("-");
    let mut error = SyntaxError::new("R0001", range, "a name is written without blanks");
    if joined.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        let title = format!("write `{joined}`");
        error = error.with_fix(range, joined, title);
    }
    p.error(error);
}

/// A colon behind the name of an item that has none.
pub(super) fn no_colon(p: &mut Parser, what: &str) {
    if p.at(SyntaxKind::Colon) && p.is_nameless {
        p.bump();
    } else if p.at(SyntaxKind::Colon) {
        p.foreign(format!("the name of {what} is not followed by `:`"), "");
        p.bump();
    }
}

/// The sign between a name and what it stands for or speaks about; the other of the two is answered with the right one.
pub(super) fn joint(p: &mut Parser, kind: SyntaxKind, what: &str) {
    let (sign, other, other_sign) = match kind {
        SyntaxKind::Equals => ("=", SyntaxKind::Colon, ":"),
        _ => (":", SyntaxKind::Equals, "="),
    };
    let is_word = match kind {
        SyntaxKind::Equals => p.at_word("is"),
        _ => matches!(p.word(0), "to" | "for" | "on" | "of"),
    };
    if is_word {
        let range = p.range();
        let from = if sign == ":" { p.with_blanks_before(range) } else { range };
        let message = format!("the name of {what} is followed by `{sign}`, not `{}`", p.text(0));
        p.report(SyntaxError::new("R0003", range, message).with_fix(from, sign, format!("write `{sign}`")));
        p.bump();
    } else if p.at(other) {
        let message = format!("the name of {what} is followed by `{sign}`, not `{other_sign}`");
        let range = p.range();
        let from = if sign == ":" { p.with_blanks_before(range) } else { range };
        let error = SyntaxError::new("R0001", range, message).with_fix(from, sign, format!("write `{sign}`"));
        p.error(error);
        p.bump();
    } else if !p.eat(kind) {
        let gap = p.gap();
        let error = SyntaxError::new("R0001", gap, format!("`{sign}` is missing after the name of {what}"))
            .with_label(format!("`{sign}` belongs here"))
            .with_fix(gap, if sign == "=" { " =" } else { sign }, format!("write `{sign}`"));
        p.error(error);
    }
}

fn edition(p: &mut Parser) {
    let mark = p.open();
    if !p.at_word("edition") {
        let error = SyntaxError::new("R0005", p.range(), format!("a file begins with `edition {EDITION}`"))
            .with_fix(p.range(), "edition", "write `edition`");
        p.error(error);
    }
    p.bump_keyword();
    p.no_sign("edition");
    if p.at(SyntaxKind::String) && p.text(0).trim_matches('"') == EDITION {
        let range = p.range();
        let title = format!("write `{EDITION}`");
        p.error(
            SyntaxError::new("R0005", range, "the edition stands without quotes")
                .with_fix(range, EDITION, title),
        );
        p.bump();
    } else if matches!(p.kind(0), SyntaxKind::Number | SyntaxKind::BadNumber | SyntaxKind::Date) {
        if p.text(0) != EDITION {
            let message = format!("`{}` is no edition that this version knows", p.text(0));
            let error = SyntaxError::new("R0005", p.range(), message)
                .with_help(format!("the only one so far is {EDITION}"))
                .with_fix(p.range(), EDITION, format!("write `{EDITION}`"));
            p.error(if p.at(SyntaxKind::Number) { error.of_meaning() } else { error });
        }
        p.bump();
    } else {
        let message = format!("the edition has no number: write `edition {EDITION}`");
        let error = SyntaxError::new("R0005", p.gap(), message).with_fix(
            p.gap(),
            format!(" {EDITION}"),
            format!("write `edition {EDITION}`"),
        );
        p.error(error);
    }
    mark.close(p, SyntaxKind::Edition);
}

fn is_misspelled_edition(p: &Parser) -> bool {
    !p.word(0).is_empty() && !super::words::begins_item(p.word(0)) && p.text(1) == EDITION
}

fn judge_editions(p: &mut Parser, editions: &[TextRange], is_first: bool) {
    let mark = if p.input.text.starts_with('\u{FEFF}') { TextSize::of('\u{FEFF}') } else { TextSize::new(0) };
    let insert = SyntaxEdit { range: TextRange::empty(mark), text: format!("edition {EDITION}\n\n") };
    let title = format!("begin the file with `edition {EDITION}`");
    match editions.first() {
        None => {
            let place = p.input.tokens.first().map_or(TextRange::empty(mark), |token| token.range());
            let message = format!("the file does not say its edition: it begins with `edition {EDITION}`");
            p.report(SyntaxError::new("R0005", place, message).with_edits(vec![insert], title));
        }
        Some(first) if !is_first => {
            let remove = SyntaxEdit { range: *first, text: String::new() };
            let error =
                SyntaxError::new("R0005", *first, "the edition stands before everything else in a file")
                    .with_edits(vec![insert, remove], title);
            p.report(error);
        }
        Some(_) => {}
    }
    for again in editions.iter().skip(1) {
        let error = SyntaxError::new("R0005", *again, "a file says its edition once")
            .with_related(editions[0], "said here already")
            .with_fix(*again, "", "remove it");
        p.report(error);
    }
}

fn timezone(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    texts::text(p, "`timezone` needs the name of a zone in quotes, such as \"Europe/Zurich\"");
    mark.close(p, SyntaxKind::Timezone);
}

fn use_file(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    texts::text(p, "`use` needs the path of a file in quotes");
    if p.at_word("when") || p.at_word("if") {
        p.foreign(format!("`use … {}` is written `use … for`", p.text(0)), "for");
    }
    if matches!(p.word(0), "for" | "when" | "if") {
        let delegated = p.open();
        p.bump_keyword();
        conditions::condition(p, "`for` needs the condition of the requests that the file is for");
        delegated.close(p, SyntaxKind::ForClause);
    }
    mark.close(p, SyntaxKind::UseItem);
}

fn define(p: &mut Parser) {
    let mark = p.open();
    head(p, "define");
    habits::parameters(p);
    joint(p, SyntaxKind::Equals, "a `define`");
    conditions::condition(p, "a `define` needs the condition that it stands for");
    mark.close(p, SyntaxKind::Define);
}

fn alias(p: &mut Parser) {
    let mark = p.open();
    let name = p.position;
    head(p, "alias");
    let name = p.range_since(name + 1);
    habits::target_of_alias(p, name);
    mark.close(p, SyntaxKind::Alias);
}

fn group(p: &mut Parser) {
    let mark = p.open();
    head(p, "group");
    joint(p, SyntaxKind::Equals, "a `group`");
    if p.at(SyntaxKind::LeftBracket) {
        plans::target_list(p);
    } else {
        p.missing("a `group` needs a list of targets", "`[provider/model, …]` belongs here");
    }
    mark.close(p, SyntaxKind::Group);
}

fn plan(p: &mut Parser) {
    let mark = p.open();
    head(p, "plan");
    joint(p, SyntaxKind::Equals, "a `plan`");
    plans::expression(p, "a `plan` needs a target");
    if words::begins_plan_option(p.word(0)) {
        let message = format!("`{}` says how a route is executed, and stands behind its `to`", p.text(0));
        let error = SyntaxError::new("R0001", p.range(), message)
            .with_help("move it to each route that goes `to` this plan");
        p.error(error);
        p.skip(|p| p.is_at_lost_item());
    }
    mark.close(p, SyntaxKind::Plan);
}

fn is_closing(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::RightBrace | SyntaxKind::RightBracket | SyntaxKind::RightParen)
}

fn stray_closing(p: &mut Parser) {
    if p.at(SyntaxKind::RightBrace) && p.stray_braces > 0 {
        p.stray_braces -= 1;
    } else {
        let range = p.range();
        let sign = p.text(0);
        let error = SyntaxError::new("R0001", range, format!("this `{sign}` closes nothing")).with_fix(
            range,
            "",
            format!("remove `{sign}`"),
        );
        p.error(error);
    }
    let mark = p.open();
    p.bump();
    mark.close(p, SyntaxKind::Error);
}

fn stray(p: &mut Parser) {
    let found = p.found();
    let message = if begins_clause(p.word(0)) {
        format!("{found} is a clause, and stands in no rule here")
    } else if p.at_word("model") {
        "a `model` stands in the braces of its `provider`".to_owned()
    } else {
        format!("{found} begins no item")
    };
    let error = SyntaxError::new("R0001", p.range(), message)
        .with_help("an item begins with its word: `type`, `attribute`, `provider`, `approve`, `deny`, `forbid`, `route`, `test` …");
    p.error(error);
    p.skip(|p| p.is_at_lost_item());
}
