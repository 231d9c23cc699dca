//! Targets, lists of them, and plans: stages joined by `else`.

use super::{Done, Mark, Parser, clauses, literals, values, words};
use crate::{SyntaxEdit, SyntaxError, SyntaxKind, TextRange};

/// What a rule speaks about: a target, or a list of them.
pub(super) fn targets(p: &mut Parser, missing: &str) {
    let (start, errors) = (p.position, p.errors.len());
    if p.at(SyntaxKind::LeftBracket) {
        target_list(p);
    } else if target(p).is_none() {
        let error = SyntaxError::new("R0001", p.gap(), missing)
            .with_label("targets belong here")
            .with_help("targets are `provider/model`, `provider/*`, `group NAME` or `any`");
        p.error(error);
    } else if p.at(SyntaxKind::Comma) {
        several(p, start, errors);
    }
}

/// `, c/d` behind a target: the rest of several without brackets, in place of what was said of the first since `errors`.
fn several(p: &mut Parser, start: usize, errors: usize) {
    let mark = p.open();
    let is_whole = p.errors.len() == errors;
    while p.eat(SyntaxKind::Comma) && target(p).is_some() {}
    mark.close(p, SyntaxKind::Error);
    let range = p.range_since(start);
    let is_right = is_whole && p.errors.len() == errors;
    p.errors.truncate(errors);
    let error = SyntaxError::new("R0001", range, "several targets stand in brackets");
    let error = if is_right {
        let write = format!("[{}]", p.text_of(range));
        let title = format!("write `{write}`");
        error.with_fix(range, write, title)
    } else {
        error.with_help(
            "write `[a/b, c/*]`: targets are `provider/model`, `provider/*`, `group NAME` or `any`",
        )
    };
    p.report(error);
}

/// `[a/b, c/*]`
pub(super) fn target_list(p: &mut Parser) {
    let mark = p.open();
    values::elements(p, "targets", |p| target(p).is_some());
    mark.close(p, SyntaxKind::TargetList);
}

/// `any`, `group NAME`, `provider/model`; a single name is reported and taken.
pub(super) fn target(p: &mut Parser) -> Option<Done> {
    let is_alone = !matches!(p.kind(1), SyntaxKind::Slash | SyntaxKind::Dot | SyntaxKind::Colon);
    if let Some(done) = foreign_target(p) {
        return Some(done);
    }
    match p.word(0) {
        "any" if is_alone => {
            let mark = p.open();
            p.bump_keyword();
            Some(mark.close(p, SyntaxKind::AnyTarget))
        }
        "group" if is_alone && !p.at_item(0) => Some(reference(p, SyntaxKind::GroupRef)),
        _ if p.kind(1) == SyntaxKind::Slash && p.at_name() => {
            let start = p.position;
            let mark = p.open();
            literals::bare_name(p);
            Some(after_provider(p, mark, start))
        }
        _ if p.at_name() && !p.at_field() => Some(lone_name(p)),
        _ => None,
    }
}

/// `north:small`, `north.small`, `"north/small"`, `all`, `*`: targets as others write them.
fn foreign_target(p: &mut Parser) -> Option<Done> {
    let is_joined = p.is_joined(1) && p.is_joined(2);
    let is_pair = matches!(p.kind(1), SyntaxKind::Colon | SyntaxKind::Dot)
        && matches!(p.kind(2), SyntaxKind::Ident | SyntaxKind::String)
        && p.kind(3) != SyntaxKind::Colon
        && is_joined
        && p.at_name();
    let quoted = p.text(0).trim_matches('"').split_once('/');
    let is_quoted = p.at(SyntaxKind::String)
        && !matches!(p.kind(1), SyntaxKind::Slash | SyntaxKind::Colon)
        && quoted.is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty());
    let is_every =
        p.at(SyntaxKind::Star) || p.at_word("all") && p.kind(1) != SyntaxKind::Slash && !p.at_field();
    let (tokens, write, message) = if is_pair {
        let write = format!("{}/{}", p.text(0), p.text(2));
        (3, write, "a target is written `provider/model`")
    } else if is_quoted {
        (
            1,
            p.text(0).trim_matches('"').to_owned(),
            "a target is written without quotes around the whole of it",
        )
    } else if is_every {
        (1, "any".to_owned(), "all targets are written `any`")
    } else {
        return None;
    };
    let mark = p.open();
    let start = p.position;
    for _ in 0..tokens {
        p.bump();
    }
    let range = p.range_since(start);
    let title = format!("write `{write}`");
    let error = SyntaxError::new("R0003", range, message).with_fix(range, write, title);
    // What is called `all` may be a group, and all targets are more than anybody may have meant.
    p.error(if is_every { error.unsure() } else { error });
    Some(mark.close(p, SyntaxKind::Error))
}

/// `group NAME`, `plan NAME`
fn reference(p: &mut Parser, kind: SyntaxKind) -> Done {
    let mark = p.open();
    let word = p.text(0);
    p.bump_keyword();
    literals::name(p, &format!("`{word}` needs the name of a {word}"));
    mark.close(p, kind)
}

/// A name that stands where a target should.
fn lone_name(p: &mut Parser) -> Done {
    let name = p.text(0);
    let (message, help) = if p.input.aliases.contains(name) {
        let message = format!("`{name}` is an alias, and an alias is no target");
        (
            message,
            "write `provider/model`, `plan NAME` or `group NAME`: what answers who asks for it".to_owned(),
        )
    } else {
        let help =
            format!("write `provider/{name}`, `{name}/*` for all models of a provider, or `group {name}`");
        (format!("`{name}` is no target: a target is `provider/model`"), help)
    };
    p.error(SyntaxError::new("R0001", p.range(), message).with_help(help));
    let mark = p.open();
    literals::segment(p);
    mark.close(p, SyntaxKind::Error)
}

/// `/model` or `/*`, behind the name of a provider that began at a token.
pub(super) fn after_provider(p: &mut Parser, mark: Mark, start: usize) -> Done {
    let is_spaced = !p.is_joined(0) || !p.is_joined(1);
    p.bump();
    let has_model = match p.kind(0) {
        SyntaxKind::Star => {
            p.bump();
            true
        }
        SyntaxKind::Ident if !p.is_joined(0) && words::is_reserved(p.word(0)) => no_model(p),
        SyntaxKind::Ident | SyntaxKind::ForeignWord | SyntaxKind::String | SyntaxKind::ForeignString => {
            model(p);
            true
        }
        kind if literals::is_odd_part(kind) => {
            model(p);
            true
        }
        _ => no_model(p),
    };
    if is_spaced && has_model {
        values::spaced(p, start, "a target is written without blanks");
    }
    mark.close(p, SyntaxKind::TargetPath)
}

fn no_model(p: &mut Parser) -> bool {
    let error = SyntaxError::new("R0001", p.gap(), "the name of a model is missing after `/`")
        .with_label("a model or `*` belongs here")
        .with_help("a target is `provider/model`, or `provider/*` for all models of a provider");
    p.error(error);
    false
}

/// The name behind the slash, where no word is reserved.
fn model(p: &mut Parser) {
    let is_odd = !matches!(p.kind(0), SyntaxKind::String | SyntaxKind::ForeignString)
        && (literals::is_odd_start(p)
            || p.kind(0) != SyntaxKind::Ident && p.kind(0) != SyntaxKind::ForeignWord);
    if is_odd {
        let start = p.position;
        let mark = p.open();
        p.bump();
        literals::odd_rest(p, start);
        mark.close(p, SyntaxKind::Name);
    } else {
        literals::bare_name(p);
    }
}

/// A plan; `missing` says that there is none.
pub(super) fn expression(p: &mut Parser, missing: &str) {
    let mark = p.open();
    let mut missing = missing.to_owned();
    loop {
        if !stage(p) {
            let error = SyntaxError::new("R0001", p.gap(), missing)
                .with_label("a target belongs here")
                .with_help("a plan names `provider/model`, `plan NAME`, `group NAME` or `requested`, joined by `else`");
            p.error(error);
        }
        if !joins(p) {
            break;
        }
        missing = format!("`{}` needs a target after it", p.text(0));
        p.bump_keyword();
        // The second word of `fallback to`, told with the first; in arms, `else to` begins another one.
        if p.at_word("to") && p.arms == 0 {
            if missing.starts_with("`else`") {
                p.foreign("a plan has one `to`, before its first stage", "");
            }
            p.bump();
        } else if p.at_word("to") {
            p.bump();
        }
    }
    mark.close(p, SyntaxKind::PlanExpression);
}

/// Whether a stage, or `else` and a stage, stands behind the next token.
pub(super) fn begins_stage(p: &Parser) -> bool {
    is_stage(p, 1) || p.word(1) == "else" && is_stage(p, 2)
}

fn is_stage(p: &Parser, ahead: usize) -> bool {
    matches!(p.word(ahead), "plan" | "group" | "requested" | "split" | "cheapest" | "fastest" | "least-busy")
        || matches!(p.kind(ahead + 1), SyntaxKind::Slash)
}

/// `fallback to`, `and then`, `or else`, `, then` before a stage.
fn joins_by_two_words(p: &Parser) -> bool {
    let is_pair = match p.word(0) {
        "fallback" => return p.word(1) == "to",
        "failover" => p.word(1) == "to",
        "and" | "or" => matches!(p.word(1), "then" | "else"),
        _ => p.at(SyntaxKind::Comma) && p.word(1) == "then",
    };
    is_pair && is_stage(p, 2)
}

/// Whether another stage follows; another language's word for it is reported.
fn joins(p: &mut Parser) -> bool {
    let is_misspelled = p.kind(2) == SyntaxKind::Slash
        && !p.is_at_line_start()
        && !words::is_reserved(p.word(0))
        && words::meant(p.word(0), &["else"]).is_some()
        || matches!(p.word(0), "esle" | "elze") && matches!(p.word(1), "plan" | "requested" | "group");
    if is_misspelled {
        p.misspelled("else");
        return true;
    }
    let is_foreign = match p.word(0) {
        // In the arms of a route this is an `otherwise` in the words of another language.
        "else" => {
            let is_arm = matches!(p.word(1), "to" | "deny" | "if" | "when") && p.kind(2) != SyntaxKind::Slash
                || p.kind(1) == SyntaxKind::Arrow;
            return p.arms == 0 || !is_arm;
        }
        _ if joins_by_two_words(p) => {
            let range = p.range_to(1);
            let message = format!("the stages of a plan are joined by `else`, not `{}`", p.text_of(range));
            p.foreign_at(range, message, "else");
            if !matches!(p.word(0), "fallback" | "failover") {
                p.bump();
            }
            return true;
        }
        "or" => true,
        "fallback" => p.kind(1) != SyntaxKind::Colon,
        "then" => begins_stage(p),
        // In arms, the next one lacks its `to`.
        "otherwise" => p.arms == 0 && !p.is_at_line_start() && begins_stage(p),
        "and" if begins_stage(p) => {
            let error = SyntaxError::new("R0003", p.range(), "the stages of a plan are joined by `else`, not `and`")
                .with_help("one request goes to one target: `else` names the next one to try, `split { … }` shares them out")
                .with_fix(p.range(), "else", "write `else`");
            p.report(error.unsure());
            return true;
        }
        _ if matches!(p.kind(0), SyntaxKind::Comma | SyntaxKind::Pipe) && !begins_stage(p) => false,
        _ if p.at(SyntaxKind::Comma) && p.word(1) == "else" => {
            p.foreign("the stages of a plan are joined by `else` alone", "");
            let mark = p.open();
            p.bump();
            mark.close(p, SyntaxKind::Error);
            return true;
        }
        _ => matches!(p.kind(0), SyntaxKind::Comma | SyntaxKind::OrOr | SyntaxKind::Arrow | SyntaxKind::Pipe),
    };
    if is_foreign {
        p.foreign(format!("the stages of a plan are joined by `else`, not `{}`", p.text(0)), "else");
    }
    is_foreign
}

fn begins_duration(p: &Parser) -> bool {
    matches!(p.kind(1), SyntaxKind::Duration | SyntaxKind::Number | SyntaxKind::BadNumber)
}

fn stage(p: &mut Parser) -> bool {
    let mark = p.open();
    let is_alone = p.kind(1) != SyntaxKind::Slash;
    let is_there = match p.word(0) {
        "plan" if is_alone && !p.at_item(0) => {
            reference(p, SyntaxKind::PlanRef);
            true
        }
        "requested" if is_alone => {
            let inner = p.open();
            p.bump_keyword();
            inner.close(p, SyntaxKind::Requested);
            true
        }
        "split" | "cheapest" | "fastest" | "least-busy" if is_alone => {
            drawn(p);
            true
        }
        "any" if is_alone => {
            let error = SyntaxError::new(
                "R0001",
                p.range(),
                "`any` is no stage of a plan: a plan names its targets in order",
            );
            p.error(error);
            target(p);
            true
        }
        _ if p.at(SyntaxKind::LeftBracket) => {
            listed_stages(p);
            true
        }
        _ if p.word(1) == "of" && p.kind(2) == SyntaxKind::LeftBracket && p.at_name() => {
            foreign_ordering(p);
            true
        }
        _ => target(p).is_some(),
    };
    if !is_there {
        return false;
    }
    let first = p.range();
    if within(p) {
        while p.at_word("within") {
            let error = SyntaxError::new("R0001", p.range(), "`within` stands once behind a stage")
                .with_label("the second one")
                .with_related(first, "the first one")
                .with_help("keep one of the two");
            p.error(error);
            let again = p.open();
            within(p);
            again.close(p, SyntaxKind::Error);
        }
    }
    mark.close(p, SyntaxKind::Stage);
    true
}

/// `within 20s`, if it is there, be it misspelled or in the word of others.
fn within(p: &mut Parser) -> bool {
    let has_sign = p.kind(1) == SyntaxKind::Colon && p.kind(2) == SyntaxKind::Duration;
    match p.word(0) {
        "within" => {}
        "timeout" if begins_duration(p) || has_sign => {
            let range = p.range_to(usize::from(has_sign));
            let error = SyntaxError::new("R0003", range, "`timeout` is written `within`")
                .with_help("write `within` behind a stage, for its first content; `deadline` behind the plan bounds all of it")
                .with_fix(range, "within", "write `within`");
            p.report(error.unsure());
            if has_sign {
                p.bump();
            }
        }
        word if !p.is_at_line_start() && begins_duration(p) && words::meant(word, &["within"]).is_some() => {
            p.misspelled("within");
        }
        _ => return false,
    }
    let mark = p.open();
    p.bump_keyword();
    literals::duration(p, "within");
    mark.close(p, SyntaxKind::WithinClause);
    true
}

/// `[a/b, requested]`: stages as a list.
fn listed_stages(p: &mut Parser) {
    let mark = p.open();
    let opening = p.range();
    p.bump();
    let start = p.position;
    let goes_on = |p: &Parser| {
        matches!(p.kind(0), SyntaxKind::Ident | SyntaxKind::String | SyntaxKind::Slash | SyntaxKind::Star)
            || p.at(SyntaxKind::Comma)
    };
    while goes_on(p) && !p.at_item(0) {
        p.bump();
    }
    let inner = p.text_of(p.range_since(start));
    let write =
        inner.split(',').map(str::trim).filter(|stage| !stage.is_empty()).collect::<Vec<_>>().join(" else ");
    let is_closed = p.eat(SyntaxKind::RightBracket);
    let message = "the stages of a plan are no list: they are joined by `else`";
    let error = if is_closed && !write.is_empty() {
        let range = TextRange::new(opening.start(), p.gap().end());
        let title = format!("write `{write}`");
        SyntaxError::new("R0001", range, message).with_fix(range, write, title)
    } else {
        SyntaxError::new("R0001", opening, message)
            .with_help("write `a/b else c/d`, or give the list a name: `group NAME = […]`")
    };
    p.error(error);
    mark.close(p, SyntaxKind::Error);
}

const ORDERINGS: [&str; 3] = ["cheapest", "fastest", "least-busy"];

/// `smartest of […]`
fn foreign_ordering(p: &mut Parser) {
    if let Some(ours) = words::meant(p.word(0), &ORDERINGS) {
        p.misspelled(ours);
        drawn(p);
        return;
    }
    let error = SyntaxError::new("R0001", p.range(), format!("there is no ordering `{}`", p.text(0)))
        .with_help("the orderings are `cheapest of`, `fastest of` and `least-busy of`; an order of your own is written with `else`");
    p.error(error);
    let mark = p.open();
    p.bump();
    p.bump();
    target_list(p);
    mark.close(p, SyntaxKind::Error);
}

/// `split by … { … }`, `cheapest of […]`
fn drawn(p: &mut Parser) {
    let mark = p.open();
    let word = p.text(0);
    p.bump_keyword();
    if word != "split" {
        if !p.eat_word("of") {
            p.missing(format!("`{word}` is followed by `of`"), "`of` belongs here");
        }
        if p.at(SyntaxKind::LeftBracket) {
            target_list(p);
        } else {
            p.missing(format!("`{word} of` needs a list of targets"), "`[provider/model, …]` belongs here");
            target(p);
        }
        mark.close(p, SyntaxKind::Ordering);
        return;
    }
    if p.eat_word("by") {
        values::attribute_name(p, "`by` needs an attribute");
    }
    let is_turned = p.at(SyntaxKind::LeftBrace) && p.kind(2) == SyntaxKind::Slash;
    values::body(p, "a `split`", share);
    // Of shares that stand the wrong way round there is no sum.
    mark.close(p, if is_turned { SyntaxKind::Error } else { SyntaxKind::Split });
}

/// `90% provider/model`
fn share(p: &mut Parser) {
    if p.kind(1) == SyntaxKind::Slash && p.at_name() {
        turned_shares(p);
        return;
    }
    if !matches!(p.kind(0), SyntaxKind::Percent | SyntaxKind::Number | SyntaxKind::BadNumber) {
        let found = p.found();
        let error =
            SyntaxError::new("R0001", p.range(), format!("a `split` holds shares, and {found} begins none"))
                .with_help("a share is written `90% provider/model`");
        p.error(error);
        p.skip(|p| p.at(SyntaxKind::RightBrace) || p.at(SyntaxKind::Percent));
        return;
    }
    let mark = p.open();
    literals::percent(p, "a share has a `%`");
    if p.at(SyntaxKind::Colon) {
        p.foreign("a share and its target stand side by side", "");
        p.bump();
    }
    one_target(p, "a share needs its target");
    mark.close(p, SyntaxKind::SplitShare);
}

/// `provider/model: 90%`, the wrong way round, with those of its kind that follow.
fn turned_shares(p: &mut Parser) {
    let mark = p.open();
    let (start, errors) = (p.position, p.errors.len());
    let (mut edits, mut shares) = (Vec::new(), Vec::new());
    let mut are_whole = true;
    while p.kind(1) == SyntaxKind::Slash && p.at_name() {
        let first = p.position;
        target(p);
        let target = p.text_of(p.range_since(first));
        p.eat(SyntaxKind::Colon);
        let share = p.text(0).trim_end_matches('%');
        if matches!(p.kind(0), SyntaxKind::Percent | SyntaxKind::Number) {
            p.bump();
        } else {
            are_whole = false;
            p.eat(SyntaxKind::BadNumber);
        }
        p.eat(SyntaxKind::Comma);
        let text = format!("{share}% {target}");
        edits.push(SyntaxEdit { range: p.range_since(first), text: text.clone() });
        shares.push(text);
    }
    are_whole &= p.errors.len() == errors;
    let mut error = SyntaxError::new("R0001", p.range_since(start), "a share stands before its target");
    error = match are_whole {
        true => error.with_edits(edits, format!("write `{}`", shares.join("  "))),
        false => error.with_help("a share is written `90% provider/model`"),
    };
    p.report(error);
    mark.close(p, SyntaxKind::Error);
}

/// `provider/model`, and nothing that means several but `provider/*`.
pub(super) fn one_target(p: &mut Parser, missing: &str) {
    if p.kind(1) == SyntaxKind::Slash && p.at_name() {
        target(p);
        return;
    }
    let is_other = matches!(p.word(0), "any" | "group" | "plan" | "requested");
    let error = SyntaxError::new("R0001", if is_other { p.range() } else { p.gap() }, missing)
        .with_label("a target belongs here")
        .with_help("a target is `provider/model`");
    if is_other {
        p.error(error);
        p.bump();
        if p.at_name() && p.kind(1) != SyntaxKind::Colon && !clauses::ends_rule(p) {
            p.bump();
        }
    } else if target(p).is_none() {
        p.error(error);
    }
}
