//! What the value or the word at a place is held against: the attribute that is asked or given there and in which manner, and
//! so which values, words and signs fit. The compiler's own rules stand in its `model/lower/operands.rs`.

use super::units::is_in_price;
use super::{Completion, Insert, Place, Sort, field_of, given, holds_token, is_among_values, trial::Read};
use crate::features::hover::item_at;
use crate::features::names::{Domain, Form, Kind, Quantity, Symbol};
use wayleave_compiler::source::FileId;
use wayleave_grammar::ast::{self, Item, Node, OperatorKind as Op};
use wayleave_grammar::{SyntaxKind, SyntaxNode, SyntaxToken};

/// The operators that are no single word, each with what it asks.
const SIGNS: [(&str, Sort, &str); 5] = [
    ("<", Sort::Sign, "is below"),
    ("<=", Sort::Sign, "is below, or the same"),
    (">", Sort::Sign, "is above"),
    (">=", Sort::Sign, "is above, or the same"),
    ("not in", Sort::Word, "none of a list, a range or a group, nor at or below in a tree"),
];

/// The items that no delegated file can hold.
const PERMITTING: [&str; 10] = [
    "alias",
    "approve",
    "attribute",
    "classify",
    "detector",
    "migrate",
    "provider",
    "timezone",
    "type",
    "use",
];

/// What a value is held against.
pub(super) struct Asked {
    pub(super) domain: Domain,
    form: Form,
    manner: Manner,
    is_in_list: bool,
    /// Whether it is how much of a limit or budget is used.
    pub(super) is_counter: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It is asked, by an operator.
    Tested(Op),
    /// It is asked by a word that is none yet: `not` without `in`.
    Unsaid,
    /// A request has it, or counts as having it.
    Given,
}

impl Asked {
    /// Whether one of its values can stand here.
    pub(super) fn takes_one(&self) -> bool {
        let is_set = self.form == Form::Set;
        let is_ordered = self.form == Form::Scale || matches!(self.domain, Domain::Quantity(_));
        let is_of_texts = self.domain == Domain::Findings && !is_set;
        match self.manner {
            Manner::Given => is_set == self.is_in_list && !is_of_texts,
            Manner::Tested(Op::Is | Op::IsNot) => !self.is_in_list && !is_set,
            Manner::Tested(Op::In | Op::NotIn) => {
                let is_one_of = !is_set && !is_of_texts && self.domain != Domain::Truth;
                // The beginning of a range, or the top of a part of a tree.
                is_one_of && (self.is_in_list || is_ordered || self.form == Form::Tree)
            }
            Manner::Tested(Op::Has | Op::Lacks) => !self.is_in_list && (is_set || is_of_texts),
            Manner::Tested(Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual) => {
                !self.is_in_list && is_ordered && !is_set
            }
            Manner::Tested(Op::Like | Op::Matches) | Manner::Unsaid => false,
        }
    }

    /// Whether several targets can stand here: `any`, a group, all of a provider.
    pub(super) fn takes_several(&self) -> bool {
        matches!(self.domain, Domain::Target | Domain::Model)
            && matches!(self.manner, Manner::Tested(Op::In | Op::NotIn))
    }

    /// Whether it is asked which findings a text has, all of them together: `is clean`.
    pub(super) fn is_of_all_findings(&self) -> bool {
        self.domain == Domain::Findings && matches!(self.manner, Manner::Tested(Op::Is | Op::IsNot))
    }
}

/// How a value can be asked: the operators that the compiler takes.
fn operators(domain: &Domain, form: Form) -> &'static [&'static str] {
    match (domain, form) {
        (Domain::Truth, _) => &[],
        (Domain::Findings, Form::Plain | Form::Scale | Form::Tree) => {
            &["has", "lacks", "is", "like", "matches"]
        }
        (_, Form::Set) => &["has", "lacks", "is"],
        (Domain::Quantity(_), _) | (_, Form::Scale) => &["is", "in", "not in", "<", "<=", ">", ">="],
        (Domain::Text | Domain::Model, Form::Plain | Form::Tree) => {
            &["is", "in", "not in", "like", "matches"]
        }
        (Domain::Named(..) | Domain::Target, Form::Plain | Form::Tree) => &["is", "in", "not in"],
    }
}

impl Place<'_> {
    /// Whether a word that can be read here also fits what stands around it.
    pub(super) fn can_be(&self, word: &str, read: &Read) -> bool {
        let token = read.token();
        let Some(parent) = token.parent() else { return false };
        if word == "model" && is_behind_colon(&token) {
            return false;
        }
        // `observe approve` begins with another word.
        let is_item = read.begins_item() || word == "approve" && parent.kind() == SyntaxKind::Approve;
        if is_item && !self.can_hold(word) {
            return false;
        }
        if parent.kind() == SyntaxKind::Operator {
            return self.can_be_asked(word, &parent);
        }
        if self.is_behind_half_a_test(&token) {
            // An item that begins on a line of its own has nothing to do with what stands before it.
            return self.is_first_of_line() && read.begins_item();
        }
        // A test expects certain candidates.
        let is_open =
            matches!(word, "requested" | "split" | "cheapest" | "fastest" | "least-busy" | "within");
        if is_open && token.parent_ancestors().any(|node| node.kind() == SyntaxKind::ExpectTo) {
            return false;
        }
        if given::is_given_name(&token) || !self.fits_attribute(&parent, word) {
            return false;
        }
        let list = match parent.kind() {
            SyntaxKind::GroupRef => Some(Kind::Group),
            SyntaxKind::PlanRef => Some(Kind::Plan),
            _ => None,
        };
        if list.is_some_and(|kind| !self.has_any(kind)) {
            return false;
        }
        let asked = self.asked(&token);
        match word {
            "tokens" | "requests" | "per" => self.unit_fits(word, &token, asked.as_ref()),
            _ => match asked {
                Some(asked) => match word {
                    "true" | "false" => asked.domain == Domain::Truth && asked.takes_one(),
                    "any" | "group" => asked.takes_several(),
                    _ => false,
                },
                None => parent.kind() == SyntaxKind::DefaultClause || !is_among_values(&token),
            },
        }
    }

    /// Whether the file can hold an item that begins with a word: a delegated one permits nothing, and `otherwise` stands once,
    /// in the root.
    fn can_hold(&self, word: &str) -> bool {
        if word == "otherwise" {
            let root = self.known.sources.file(FileId(0)).parse.root();
            let mut items = root.items();
            return self.file == FileId(0) && !items.any(|item| matches!(item, Item::Otherwise(_)));
        }
        !self.delegated.contains(&self.file) || !PERMITTING.contains(&word)
    }

    /// The operators that are no single word.
    pub(super) fn signs(&self) -> Vec<Completion> {
        let mut found = Vec::new();
        for (sign, sort, help) in SIGNS {
            let Some(read) = self.trial.read(sign) else { continue };
            let Some(parent) = read.token().parent() else { continue };
            if parent.kind() == SyntaxKind::Operator && self.can_be_asked(sign, &parent) {
                found.push(self.offer(
                    sign.to_owned(),
                    sort,
                    help.to_owned(),
                    Insert::Plain(sign.to_owned()),
                ));
            }
        }
        found
    }

    /// Whether an operator, or a word of one, fits what it asks about.
    fn can_be_asked(&self, word: &str, operator: &SyntaxNode) -> bool {
        let Some(test) = operator.parent().and_then(ast::AttributeTest::cast) else { return true };
        // The second word of `is not`.
        if word == "not" {
            return true;
        }
        let Some(subject) = test.subject() else {
            return operators(&Domain::Quantity(Quantity::Share), Form::Plain).contains(&word);
        };
        let name = subject.text();
        match self.known.names.domain(&name) {
            Some(domain) => operators(&domain, self.known.names.form(&name)).contains(&word),
            // A condition; of a name that nobody declares all is possible.
            None => !self.is_define(&name),
        }
    }

    fn is_define(&self, name: &str) -> bool {
        let symbol = Symbol::new(Kind::Attribute, name);
        let mut declared = self.known.names.declarations(&symbol);
        declared.any(|one| matches!(item_at(self.known.sources, one.span), Some(Item::Define(_))))
    }

    /// Whether an attribute stands before a token that is not true or false, so that an operator has to come, or the first
    /// word of one.
    fn is_behind_half_a_test(&self, token: &SyntaxToken) -> bool {
        let Some(last) = before(token) else { return false };
        let around = last.parent();
        let is_denied = around
            .as_ref()
            .is_some_and(|node| node.kind() == SyntaxKind::NotCondition || node.text().starts_with("is"));
        if last.text() == "not" && !is_denied {
            return true;
        }
        let Some(alone) = last.parent_ancestors().find_map(ast::DefineName::cast) else { return false };
        if alone.range().end() > token.text_range().start() {
            return false;
        }
        let domain = alone.name().and_then(|name| self.known.names.domain(&name.text()));
        domain.is_some_and(|domain| domain != Domain::Truth)
    }

    fn is_first_of_line(&self) -> bool {
        let before = &self.known.sources.file(self.file).text[..self.start];
        before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
    }

    /// Whether a clause, or a word of one, fits an attribute: a fact has no sources, one source is not combined, and what is
    /// required has no default.
    fn fits_attribute(&self, clause: &SyntaxNode, word: &str) -> bool {
        let Some(item) = clause.parent().and_then(ast::Attribute::cast) else { return true };
        let Some(name) = item.name().map(|name| name.text()) else { return true };
        let is_fact = name.starts_with("target.");
        match clause.kind() {
            SyntaxKind::SourcesClause => !is_fact,
            SyntaxKind::RequiredClause => !is_fact && item.default().is_none(),
            SyntaxKind::DefaultClause => item.required().is_none(),
            SyntaxKind::CombineClause => {
                let domain = self.known.names.domain(&name);
                let is_quantity = matches!(domain, Some(Domain::Quantity(_)));
                let is_ordered = is_quantity || self.known.names.form(&name) == Form::Scale;
                let is_of_order = matches!(word, "highest" | "lowest");
                item.sources().count() > 1 && (is_ordered || !is_of_order)
            }
            _ => true,
        }
    }

    /// What the value is held against that a token is part of.
    pub(super) fn asked(&self, token: &SyntaxToken) -> Option<Asked> {
        token.parent_ancestors().find_map(|node| self.asked_by(&node, token))
    }

    fn asked_by(&self, node: &SyntaxNode, token: &SyntaxToken) -> Option<Asked> {
        let (subject, value, manner) = if let Some(test) = ast::AttributeTest::cast(node.clone()) {
            let operator = test.operator()?.kind();
            (test.subject(), test.operand(), operator.map_or(Manner::Unsaid, Manner::Tested))
        } else if let Some(field) = ast::GivenField::cast(node.clone()) {
            (field.name(), field.value(), Manner::Given)
        } else {
            let item = ast::Attribute::cast(node.clone())?;
            (item.name(), item.default().and_then(|clause| clause.value()), Manner::Given)
        };
        value.filter(|value| holds_token(value.syntax(), token))?;
        let within = token.parent_ancestors().take_while(|inner| inner != node);
        let is_in_list = within.into_iter().any(|inner| inner.kind() == SyntaxKind::List);
        let names = self.known.names;
        let (domain, form) = match &subject {
            Some(name) => (names.domain(&name.text()).unwrap_or(Domain::Text), names.form(&name.text())),
            // A counter.
            None => (Domain::Quantity(Quantity::Share), Form::Plain),
        };
        Some(Asked { domain, form, manner, is_in_list, is_counter: subject.is_none() })
    }

    /// Whether a word that belongs to a number fits where the number stands.
    fn unit_fits(&self, word: &str, token: &SyntaxToken, asked: Option<&Asked>) -> bool {
        if is_in_price(token) {
            // `per` comes with the tokens that have to follow.
            return word == "tokens";
        }
        match (asked, field_of(token)) {
            (Some(asked), _) => word == "tokens" && asked.domain == Domain::Quantity(Quantity::Tokens),
            (None, Some(field)) => word == "tokens" && matches!(field.as_str(), "context" | "output"),
            (None, None) => true,
        }
    }
}

/// The token before another, but for blanks and comments.
fn before(token: &SyntaxToken) -> Option<SyntaxToken> {
    let mut before = std::iter::successors(token.prev_token(), SyntaxToken::prev_token);
    before.find(|one| !one.kind().is_trivia())
}

/// Whether the value of a field is due.
fn is_behind_colon(token: &SyntaxToken) -> bool {
    before(token).is_some_and(|last| last.kind() == SyntaxKind::Colon)
}

/// Whether findings are named that are masked.
pub(super) fn is_masked(token: &SyntaxToken) -> bool {
    let masks = |node: SyntaxNode| {
        matches!(node.kind(), SyntaxKind::Redact | SyntaxKind::RedactedClaim | SyntaxKind::ExpectRedact)
    };
    token.parent_ancestors().any(masks)
}
