//! Test blocks: `given` fields and what is expected.

use super::{Parser, conditions, literals, plans, texts, values, words};
use crate::{SyntaxError, SyntaxKind};

/// `test "…" { GIVEN EXPECT }`
pub(super) fn test(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    texts::words(p, "a `test` says in quotes what it shows");
    values::body(p, "a `test`", |p| match p.word(0) {
        "given" => given(p),
        "expect" => expect(p),
        word if words::meant(word, &["given", "expect"]).is_some() => {
            let ours = words::meant(word, &["given", "expect"]).unwrap_or_default();
            p.misspelled(ours);
            if ours == "given" { given(p) } else { expect(p) }
        }
        _ => {
            let found = p.found();
            let error = SyntaxError::new(
                "R0001",
                p.range(),
                format!("a `test` holds `given` and `expect`, not {found}"),
            );
            p.error(error);
            p.skip(ends_line);
        }
    });
    mark.close(p, SyntaxKind::Test);
}

fn ends_line(p: &Parser) -> bool {
    let is_expectation = matches!(
        p.word(2),
        "route"
            | "to"
            | "never"
            | "deny"
            | "otherwise"
            | "approval"
            | "limited"
            | "redact"
            | "flag"
            | "shadow"
    );
    let is_followed = !matches!(p.kind(4), SyntaxKind::Colon | SyntaxKind::Dot);
    if p.at_word("expect") && p.kind(1) == SyntaxKind::Colon && is_expectation && is_followed {
        return matches!(p.kind(3), SyntaxKind::Ident | SyntaxKind::String | SyntaxKind::LeftBracket);
    }
    let is_misspelled = p.is_at_line_start() && words::meant(p.word(0), &["given", "expect"]).is_some();
    let begins_line = matches!(p.word(0), "given" | "expect") && p.kind(1) != SyntaxKind::Colon
        || is_misspelled && !p.at_field();
    begins_line || p.at(SyntaxKind::RightBrace)
}

fn given(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    if ends_line(p) || p.at_end() {
        p.missing("`given` needs fields", "`attribute: value` belongs here");
    }
    while !(ends_line(p) || p.at_end() || p.at_item(0)) {
        let before = p.position;
        field(p);
        if p.eat(SyntaxKind::Comma) {
            p.report_previous_comma();
        }
        if p.position == before {
            p.skip(|p| ends_line(p) || p.at_field());
        }
    }
    mark.close(p, SyntaxKind::Given);
}

fn field(p: &mut Parser) {
    let is_name = p.at_name() || p.at_field();
    if !is_name {
        let found = p.found();
        let error =
            SyntaxError::new("R0001", p.range(), format!("`given` holds fields, and {found} begins none"))
                .with_help("a field is written `attribute: value`");
        p.error(error);
        return;
    }
    let mark = p.open();
    let start = p.position;
    if conditions::is_counter(p) {
        conditions::counter(p);
    } else {
        values::attribute_name(p, "an attribute belongs here");
    }
    let name = p.text_of(p.range_since(start));
    if matches!(p.kind(0), SyntaxKind::Equals | SyntaxKind::EqualsEquals) || p.at_word("is") {
        p.foreign(format!("a value that is given stands behind `:`, not `{}`", p.text(0)), ":");
        p.bump();
    } else {
        p.expect(SyntaxKind::Colon, ":", &format!("after `{name}`"));
    }
    if !values::value(p, values::Place::Plain) {
        p.missing(format!("`{name}` has no value"), "a value belongs here");
    }
    mark.close(p, SyntaxKind::GivenField);
}

fn expect(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    p.no_sign("expect");
    let word = p.word(0);
    let kind = match word {
        "deny" if p.word(1) == "otherwise" && p.kind(2) != SyntaxKind::Colon => {
            let range = p.range_to(1);
            p.bump_keyword();
            p.foreign_at(
                range,
                "`otherwise` is no `deny` with a name, and is expected by itself",
                "otherwise",
            );
            SyntaxKind::ExpectOtherwise
        }
        "route" => SyntaxKind::ExpectRoute,
        "to" => SyntaxKind::ExpectTo,
        "never" => SyntaxKind::ExpectNever,
        "deny" => SyntaxKind::ExpectDeny,
        "otherwise" => {
            if p.word(1) == "deny" && p.kind(2) == SyntaxKind::RightBrace {
                p.foreign_at(p.range_to(1), "`otherwise` is expected by itself", "otherwise");
                p.bump_keyword();
            }
            SyntaxKind::ExpectOtherwise
        }
        "approval" => SyntaxKind::ExpectApproval,
        "limited" => SyntaxKind::ExpectLimited,
        "redact" => SyntaxKind::ExpectRedact,
        "flag" => SyntaxKind::ExpectFlag,
        "shadow" => SyntaxKind::ExpectShadow,
        _ => {
            let error = SyntaxError::new("R0001", p.gap(), "`expect` says what the decision is")
                .with_label(
                    "`route NAME`, `to PLAN`, `never TARGETS`, `deny NAME` or `otherwise` belongs here",
                )
                .with_help(
                    "also `approval NAME`, `limited NAME`, `redact […]`, `flag NAME` and `shadow TARGET`",
                );
            p.error(error);
            if !(ends_line(p) || p.at_end() || p.at_item(0)) {
                p.skip(ends_line);
            }
            mark.close(p, SyntaxKind::Error);
            return;
        }
    };
    p.bump_keyword();
    match kind {
        SyntaxKind::ExpectRoute
        | SyntaxKind::ExpectDeny
        | SyntaxKind::ExpectApproval
        | SyntaxKind::ExpectLimited
        | SyntaxKind::ExpectFlag => {
            literals::name(p, &format!("`expect {word}` needs a name"));
        }
        SyntaxKind::ExpectTo => plans::expression(p, "`expect to` needs a target"),
        SyntaxKind::ExpectNever => plans::targets(p, "`expect never` needs targets"),
        SyntaxKind::ExpectRedact => values::findings(p, "`expect redact` needs findings"),
        SyntaxKind::ExpectShadow => plans::one_target(p, "`expect shadow` needs a target"),
        _ => {}
    }
    mark.close(p, kind);
}
