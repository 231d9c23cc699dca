//! The clauses of rules: in any order, each once, each only where it belongs.

use super::words::{self, begins_clause, begins_item, with_article};
use super::{Parser, conditions, habits, literals, migrations, texts, values};
use crate::{SyntaxEdit, SyntaxError, SyntaxKind, TextRange};

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
    Each,
    Valid,
    Warn,
    Then,
    Sticky,
    Ramp,
    Shadow,
    Rollback,
}

const CLAUSES: [Clause; 15] = [
    Clause::When,
    Clause::Because,
    Clause::From,
    Clause::Until,
    Clause::Owner,
    Clause::By,
    Clause::Ref,
    Clause::Each,
    Clause::Valid,
    Clause::Warn,
    Clause::Then,
    Clause::Sticky,
    Clause::Ramp,
    Clause::Shadow,
    Clause::Rollback,
];

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
            Clause::Each => "each",
            Clause::Valid => "valid",
            Clause::Warn => "warn",
            Clause::Then => "then",
            Clause::Sticky => "sticky",
            Clause::Ramp => "ramp",
            Clause::Shadow => "shadow",
            Clause::Rollback => "rollback",
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
            Clause::Each => SyntaxKind::EachClause,
            Clause::Valid => SyntaxKind::ValidClause,
            Clause::Warn => SyntaxKind::WarnClause,
            Clause::Then => SyntaxKind::ThenClause,
            Clause::Sticky => SyntaxKind::StickyClause,
            Clause::Ramp => SyntaxKind::RampClause,
            Clause::Shadow => SyntaxKind::ShadowClause,
            Clause::Rollback => SyntaxKind::RollbackClause,
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

/// Whether a word begins a clause of some rule, in our language or in another, or is a misspelling of one that does.
pub(super) fn begins_any(word: &str) -> bool {
    let words = CLAUSES.map(Clause::word);
    word == "unless"
        || word == "restore"
        || Clause::of(word).is_some()
        || words::meant(word, &words).is_some()
}

/// Which clauses a rule has so far.
#[derive(Default)]
pub(super) struct Seen<'t>(Vec<(&'t str, TextRange)>);

impl<'t> Seen<'t> {
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.iter().any(|(seen, _)| *seen == word)
    }

    pub(super) fn is_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Notes the clause at the next token, and reports a second one of its kind.
    pub(super) fn note(&mut self, p: &mut Parser, word: &'t str) {
        let range = p.range();
        match self.0.iter().find(|(seen, _)| *seen == word) {
            Some((_, first)) => {
                let error = SyntaxError::new("R0206", range, format!("`{word}` stands twice in one rule"))
                    .with_label("the second one")
                    .with_related(*first, "the first one")
                    .with_help("keep one of the two")
                    .of_meaning();
                p.report(error);
            }
            None => self.0.push((word, range)),
        }
    }
}

/// All clauses of a rule.
pub(super) fn clauses<'t>(p: &mut Parser<'t>, rule: &str, allowed: &[Clause]) -> Seen<'t> {
    let mut seen = Seen::default();
    let is_allowed = |p: &Parser| allowed.iter().any(|clause| p.at_word(clause.word()));
    while is_allowed(p) || !ends_rule(p) {
        match Clause::of(p.word(0)) {
            _ if rule == "deny" && p.at_word("then") && p.word(1) == "deny" => {
                seen.note(p, "because");
                then_deny(p);
            }
            // A grant is valid for a while; a rule ends on a day.
            Some(Clause::Until) if is_term(p) && allowed.contains(&Clause::Valid) => {
                seen.note(p, "valid");
                one(p, Clause::Valid);
            }
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
            None if meant(p, allowed).is_some() => {
                if let Some(clause) = meant(p, allowed) {
                    seen.note(p, clause.word());
                    p.misspelled(clause.word());
                    one_as(p, clause);
                }
            }
            None if p.at_word("unless") && allowed.contains(&Clause::When) => {
                let is_only = !seen.has("when");
                unless(p, is_only);
            }
            None => {
                let help = takes(rule, allowed);
                stray(p, &with_article(rule), &help, |p| Clause::of(p.word(0)).is_some());
            }
        }
    }
    seen
}

/// `expires 30d`
fn is_term(p: &Parser) -> bool {
    p.at_word("expires")
        && matches!(p.kind(1), SyntaxKind::Duration | SyntaxKind::Number | SyntaxKind::BadNumber)
}

/// The clause that a misspelled word stands for.
fn meant(p: &Parser, allowed: &[Clause]) -> Option<Clause> {
    let words: Vec<&str> = allowed.iter().map(|clause| clause.word()).collect();
    let word = words::meant(p.word(0), &words)?;
    allowed.iter().copied().find(|clause| clause.word() == word)
}

/// `then deny "words"` of other languages: a `deny` denies, and says why.
fn then_deny(p: &mut Parser) {
    let mark = p.open();
    let start = p.position;
    p.bump();
    p.bump();
    let range = p.range_since(start);
    let has_words = p.at(SyntaxKind::String);
    let (message, write) = match has_words {
        true => ("a `deny` denies without `then deny`, and says why with `because`", "because"),
        false => ("a `deny` denies without `then deny`", ""),
    };
    p.foreign_at(range, message, write);
    if has_words {
        p.bump();
    }
    mark.close(p, SyntaxKind::Error);
}

/// `unless CONDITION` of other languages.
fn unless(p: &mut Parser, is_only: bool) {
    let mark = p.open();
    let word = p.range();
    p.bump_keyword();
    let start = p.position;
    let condition = conditions::condition(p, "`unless` needs a condition after it");
    let mut error = SyntaxError::new("R0003", word, "`unless` is written `when not`");
    let is_only = is_only && !matches!(p.word(0), "when" | "if" | "unless");
    if !is_only {
        error = error.with_help("a rule has one condition: join them, as in `when a and not (b)`");
    }
    if let Some(condition) = condition.filter(|_| is_only) {
        let is_chain = matches!(p.kind_of(condition), SyntaxKind::AndCondition | SyntaxKind::OrCondition);
        let write = if is_chain { "when not (" } else { "when not" };
        let mut edits = vec![SyntaxEdit { range: word, text: write.to_owned() }];
        if is_chain {
            let blanks = TextRange::new(word.end(), p.range_since(start).start());
            edits[0].range = word.cover(blanks);
            edits.push(SyntaxEdit { range: p.gap(), text: ")".to_owned() });
        }
        error = error.with_edits(edits, format!("write `{}`", write.trim_end_matches(" (")));
    }
    p.report(error);
    mark.close(p, SyntaxKind::Error);
}

/// Whether a rule is over: an item begins, a brace ends, or a line begins with a word that begins no clause.
pub(super) fn ends_rule(p: &Parser) -> bool {
    p.at_end()
        || p.at_item(0)
        || p.at(SyntaxKind::RightBrace)
        || p.is_at_margin(0) && !p.word(0).is_empty() && !begins_clause(p.word(0))
        || begins_item(p.word(0)) && p.is_at_line_start()
        || p.is_foreign_otherwise()
}

/// What begins no clause: says so, and passes over it up to the next clause, item or brace.
pub(super) fn stray(p: &mut Parser, what: &str, help: &str, is_clause: impl Fn(&Parser) -> bool) {
    if p.at(SyntaxKind::Comma) {
        p.foreign("clauses are not separated by commas", "");
        let mark = p.open();
        p.bump();
        mark.close(p, SyntaxKind::Error);
        return;
    }
    if habits::at_rank(p) {
        habits::rank(p);
        return;
    }
    let found = p.found();
    let is_its_name = p.is_nameless && p.at(SyntaxKind::Ident) && !begins_clause(p.word(0));
    if is_its_name {
        p.is_nameless = false;
        p.last_error = Some(p.position);
    }
    let message = match p.kind(0) {
        SyntaxKind::RightParen | SyntaxKind::RightBracket => format!("this {found} closes nothing"),
        _ if begins_clause(p.word(0)) => format!("{found} is no clause of {what}"),
        _ => format!("{found} begins no clause of {what}"),
    };
    let mut error = SyntaxError::new("R0001", p.range(), message);
    error = match p.kind(0) {
        SyntaxKind::RightParen | SyntaxKind::RightBracket => {
            let title = format!("remove {found}");
            error.with_fix(p.range(), "", title)
        }
        _ => error.with_help(help),
    };
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
    one_as(p, clause);
}

/// One clause; the next token stands for its word.
pub(super) fn one_as(p: &mut Parser, clause: Clause) {
    let ours = clause.word();
    let mark = p.open();
    p.bump_keyword();
    p.no_sign(ours);
    match clause {
        Clause::When => {
            conditions::condition(p, "`when` needs a condition after it");
        }
        Clause::From | Clause::Until => literals::date(p, ours),
        Clause::Because => {
            texts::words(p, "`because` needs its words in quotes");
        }
        Clause::Owner | Clause::By | Clause::Ref => {
            texts::text(p, &format!("`{ours}` needs its words in quotes"));
        }
        Clause::Each => {
            values::attribute_name(p, "`each` needs the attribute that each counts by");
        }
        Clause::Valid => {
            if matches!(p.word(0), "for" | "in" | "after") && p.kind(1) == SyntaxKind::Duration {
                p.foreign("`valid` is followed by its duration", "");
                p.bump();
            }
            literals::duration(p, ours);
        }
        Clause::Warn => {
            if !p.eat_word("at") {
                p.missing("`warn` is followed by `at`", "`at` belongs here");
            }
            literals::percent(p, "`warn at` needs a share");
        }
        Clause::Then => then(p),
        Clause::Sticky => {
            if !p.eat_word("by") {
                p.missing("`sticky` is followed by `by`", "`by` belongs here");
            }
            values::attribute_name(p, "`sticky by` needs an attribute");
        }
        Clause::Ramp => migrations::ramp(p),
        Clause::Shadow => migrations::shadow(p),
        Clause::Rollback => migrations::rollback(p),
    }
    mark.close(p, clause.kind());
}

/// `deny` or `continue`, behind `then`.
fn then(p: &mut Parser) {
    if matches!(p.word(0), "deny" | "continue") {
        p.bump_keyword();
        return;
    }
    p.missing("`then` says what a spent budget does", "`deny` or `continue` belongs here");
    if !p.word(0).is_empty() && !begins_clause(p.word(0)) && !ends_rule(p) {
        p.bump();
    }
}

fn takes(rule: &str, allowed: &[Clause]) -> String {
    let words: Vec<String> = allowed.iter().map(|clause| format!("`{}`", clause.word())).collect();
    format!("{} takes {}", with_article(rule), words.join(", "))
}
