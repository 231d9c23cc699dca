//! The clauses of rules: in any order, each once, each only where it belongs.

use super::words::{begins_clause, begins_item, with_article};
use super::{Parser, conditions, literals};
use crate::{SyntaxError, SyntaxKind, TextRange};

/// A clause that several kinds of rule share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    When,
    Because,
    From,
    Until,
    Owner,
    By,
    Ref,
}

const CLAUSES: [Clause; 7] =
    [Clause::When, Clause::Because, Clause::From, Clause::Until, Clause::Owner, Clause::By, Clause::Ref];

impl Clause {
    fn word(self) -> &'static str {
        match self {
            Clause::When => "when",
            Clause::Because => "because",
            Clause::From => "from",
            Clause::Until => "until",
            Clause::Owner => "owner",
            Clause::By => "by",
            Clause::Ref => "ref",
        }
    }

    fn kind(self) -> SyntaxKind {
        match self {
            Clause::When => SyntaxKind::WhenClause,
            Clause::Because => SyntaxKind::BecauseClause,
            Clause::From => SyntaxKind::FromClause,
            Clause::Until => SyntaxKind::UntilClause,
            Clause::Owner => SyntaxKind::OwnerClause,
            Clause::By => SyntaxKind::ByClause,
            Clause::Ref => SyntaxKind::RefClause,
        }
    }

    /// The clause that a word begins, in our language or in another.
    fn of(word: &str) -> Option<Clause> {
        CLAUSES.into_iter().find(|clause| clause.word() == word).or(match word {
            "if" | "where" => Some(Clause::When),
            "reason" | "message" => Some(Clause::Because),
            "expires" => Some(Clause::Until),
            _ => None,
        })
    }
}

/// Which clauses a rule has so far.
#[derive(Default)]
pub(super) struct Seen(Vec<(&'static str, TextRange)>);

impl Seen {
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.iter().any(|(seen, _)| *seen == word)
    }

    /// Notes the clause at the next token, and reports a second one of its kind.
    pub(super) fn note(&mut self, p: &mut Parser, word: &'static str) {
        let range = p.range();
        match self.0.iter().find(|(seen, _)| *seen == word) {
            Some((_, first)) => {
                let error = SyntaxError::new("R0001", range, format!("`{word}` stands twice in one rule"))
                    .with_related(*first, "the first one");
                p.report(error);
            }
            None => self.0.push((word, range)),
        }
    }
}

/// All clauses of a rule.
pub(super) fn clauses(p: &mut Parser, rule: &str, allowed: &[Clause]) -> Seen {
    let mut seen = Seen::default();
    while !ends_rule(p) {
        match Clause::of(p.word(0)) {
            Some(clause) if allowed.contains(&clause) => {
                seen.note(p, clause.word());
                one(p, clause);
            }
            Some(clause) => {
                let message = format!("{} has no `{}`", with_article(rule), clause.word());
                let error = SyntaxError::new("R0001", p.range(), message).with_help(takes(rule, allowed));
                p.error(error);
                let mark = p.open();
                one(p, clause);
                mark.close(p, SyntaxKind::Error);
            }
            None => {
                let help = takes(rule, allowed);
                stray(p, &with_article(rule), &help, |p| Clause::of(p.word(0)).is_some());
            }
        }
    }
    seen
}

/// Whether a rule is over: an item begins, a brace ends, or a line begins with a word that begins no clause.
pub(super) fn ends_rule(p: &Parser) -> bool {
    p.at_end()
        || p.at_item(0)
        || p.at(SyntaxKind::RightBrace)
        || p.is_at_margin(0) && !p.word(0).is_empty() && !begins_clause(p.word(0))
        || begins_item(p.word(0)) && p.is_at_line_start()
}

/// What begins no clause: says so, and passes over it up to the next clause, item or brace.
pub(super) fn stray(p: &mut Parser, what: &str, help: &str, is_clause: impl Fn(&Parser) -> bool) {
    let found = p.found();
    let message = match p.kind(0) {
        SyntaxKind::RightParen | SyntaxKind::RightBracket => format!("this {found} closes nothing"),
        _ if begins_clause(p.word(0)) => format!("{found} is no clause of {what}"),
        _ => format!("{found} begins no clause of {what}"),
    };
    let error = SyntaxError::new("R0001", p.range(), message).with_help(help);
    p.error(error);
    p.skip(|p| {
        is_clause(p) || begins_clause(p.word(0)) || p.at(SyntaxKind::RightBrace) || p.is_at_lost_item()
    });
}

/// One clause; the next token is its word.
pub(super) fn one(p: &mut Parser, clause: Clause) {
    let ours = clause.word();
    if p.word(0) != ours {
        p.foreign(format!("`{}` is written `{ours}`", p.text(0)), ours);
    }
    let mark = p.open();
    p.bump_keyword();
    match clause {
        Clause::When => {
            conditions::condition(p, "`when` needs a condition after it");
        }
        Clause::From | Clause::Until => literals::date(p, ours),
        Clause::Because | Clause::Owner | Clause::By | Clause::Ref => {
            literals::text(p, &format!("`{ours}` needs its words in quotes"));
        }
    }
    mark.close(p, clause.kind());
}

fn takes(rule: &str, allowed: &[Clause]) -> String {
    let words: Vec<String> = allowed.iter().map(|clause| format!("`{}`", clause.word())).collect();
    format!("{} takes {}; conditions are joined by `and` or `or`", with_article(rule), words.join(", "))
}
