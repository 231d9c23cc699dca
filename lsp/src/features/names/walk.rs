//! One tree from top to bottom: which names stand in it, and what each is a name of.

use super::{Domain, Kind, Occurrence, Role, Symbol, domains};
use std::collections::BTreeMap;
use wayleave_compiler::source::{FileId, Span};
use wayleave_grammar::ast::{self, AttributeName, Field, LiteralValue, Name, Node, TypeShape, Value};
use wayleave_grammar::{Parse, SyntaxKind, SyntaxNode};

/// The names of a text.
pub(super) fn text(file: FileId, parse: &Parse, domains: &BTreeMap<String, Domain>) -> Vec<Occurrence> {
    let mut walk = Walk { file, domains, found: Vec::new() };
    for node in parse.syntax().descendants() {
        walk.node(node);
    }
    walk.found
}

struct Walk<'d> {
    file: FileId,
    domains: &'d BTreeMap<String, Domain>,
    found: Vec<Occurrence>,
}

/// The kind of name that an item of this kind declares right behind its word.
fn declares(kind: SyntaxKind) -> Option<Kind> {
    match kind {
        SyntaxKind::Define => Some(Kind::Attribute),
        SyntaxKind::Alias => Some(Kind::Alias),
        SyntaxKind::Group => Some(Kind::Group),
        SyntaxKind::Plan => Some(Kind::Plan),
        SyntaxKind::Provider => Some(Kind::Provider),
        SyntaxKind::Detector => Some(Kind::Detector),
        SyntaxKind::Approve => Some(Kind::Approve),
        SyntaxKind::Deny => Some(Kind::Deny),
        SyntaxKind::Forbid => Some(Kind::Forbid),
        SyntaxKind::Redact => Some(Kind::Redact),
        SyntaxKind::Flag => Some(Kind::Flag),
        SyntaxKind::RequireApproval => Some(Kind::Approval),
        SyntaxKind::Cap => Some(Kind::Cap),
        SyntaxKind::Log => Some(Kind::Log),
        SyntaxKind::Limit | SyntaxKind::Budget => Some(Kind::Counter),
        SyntaxKind::Route => Some(Kind::Route),
        SyntaxKind::Migrate => Some(Kind::Migrate),
        SyntaxKind::Guarantee => Some(Kind::Guarantee),
        _ => None,
    }
}

/// The kind of name that a node of this kind uses.
fn uses(kind: SyntaxKind) -> Option<Kind> {
    match kind {
        SyntaxKind::NamedType => Some(Kind::Type),
        SyntaxKind::GroupRef => Some(Kind::Group),
        SyntaxKind::PlanRef => Some(Kind::Plan),
        SyntaxKind::Counter => Some(Kind::Counter),
        SyntaxKind::InsideClause | SyntaxKind::ExpectRoute => Some(Kind::Route),
        SyntaxKind::ExpectDeny => Some(Kind::Deny),
        SyntaxKind::ExpectApproval => Some(Kind::Approval),
        SyntaxKind::ExpectLimited => Some(Kind::Counter),
        SyntaxKind::ExpectFlag => Some(Kind::Flag),
        _ => None,
    }
}

fn first_name(node: &SyntaxNode) -> Option<Name> {
    node.children().find_map(Name::cast)
}

impl Walk<'_> {
    fn node(&mut self, node: SyntaxNode) {
        if let Some(kind) = declares(node.kind()) {
            self.declare(kind, "", first_name(&node));
        }
        if let Some(kind) = uses(node.kind()) {
            self.name(kind, "", Role::Use, first_name(&node));
        }
        match node.kind() {
            SyntaxKind::TypeItem => self.type_item(ast::TypeItem::cast(node)),
            SyntaxKind::Attribute => self.attribute_item(ast::Attribute::cast(node)),
            SyntaxKind::Classify => self.classify(ast::Classify::cast(node)),
            SyntaxKind::Model => self.model(&node),
            SyntaxKind::TargetPath => self.target(ast::TargetPath::cast(node)),
            SyntaxKind::AttributeTest => self.test(ast::AttributeTest::cast(node)),
            SyntaxKind::GivenField => self.given(ast::GivenField::cast(node)),
            SyntaxKind::DefineName
            | SyntaxKind::EachClause
            | SyntaxKind::StickyClause
            | SyntaxKind::Split => {
                self.attribute(Role::Use, node.children().find_map(AttributeName::cast));
            }
            SyntaxKind::Redact | SyntaxKind::RedactedClaim | SyntaxKind::ExpectRedact => {
                self.list(&Domain::Findings, &node);
            }
            SyntaxKind::FailoverClause => {
                self.list(&Domain::Named(Kind::Word, "failover".to_owned()), &node);
            }
            SyntaxKind::Field => self.field(Field::cast(node)),
            SyntaxKind::PricePart => self.name(Kind::Word, "price", Role::Use, first_name(&node)),
            SyntaxKind::Call => self.name(Kind::Word, "key", Role::Use, first_name(&node)),
            _ => {}
        }
    }

    fn type_item(&mut self, item: Option<ast::TypeItem>) {
        let Some(item) = item else { return };
        let owner = item.name().map(|name| name.text()).unwrap_or_default();
        self.declare(Kind::Type, "", item.name());
        self.members(&owner, item.shape());
    }

    fn attribute_item(&mut self, item: Option<ast::Attribute>) {
        let Some(item) = item else { return };
        let Some(name) = item.name() else { return };
        self.attribute(Role::Declaration, Some(name.clone()));
        self.members(&name.text(), item.shape());
        if let Some(value) = item.default().and_then(|clause| clause.value()) {
            self.value_of(&name.text(), &value);
        }
    }

    fn classify(&mut self, item: Option<ast::Classify>) {
        let Some(item) = item else { return };
        let Some(name) = item.name() else { return };
        self.attribute(Role::Declaration, Some(name.clone()));
        self.members(&name.text(), item.shape());
        let Some(Domain::Named(kind, owner)) = domains::of(&name.text(), self.domains) else { return };
        for arm in item.arms() {
            self.name(kind, &owner, Role::Use, arm.value());
        }
    }

    /// The values that a shape writes in place.
    fn members(&mut self, owner: &str, shape: Option<TypeShape>) {
        match shape {
            Some(TypeShape::Plain(plain)) => {
                plain.values().for_each(|value| self.declare(Kind::Member, owner, Some(value)));
            }
            Some(TypeShape::Scale(scale)) => {
                scale.values().for_each(|value| self.declare(Kind::Member, owner, Some(value)));
            }
            Some(TypeShape::Tree(tree)) => {
                let branches = tree.syntax().descendants().filter_map(ast::TreeBranch::cast);
                branches.for_each(|branch| self.declare(Kind::Member, owner, branch.name()));
            }
            // A set of a set is no type, so this goes one step down at most.
            Some(TypeShape::Set(set)) => match set.member() {
                Some(TypeShape::Set(_)) | None => {}
                member => self.members(owner, member),
            },
            Some(TypeShape::Named(_)) | None => {}
        }
    }

    fn model(&mut self, node: &SyntaxNode) {
        let provider = node.parent().as_ref().and_then(first_name);
        let owner = provider.map(|name| name.text()).unwrap_or_default();
        self.declare(Kind::Model, &owner, first_name(node));
    }

    fn target(&mut self, path: Option<ast::TargetPath>) {
        let Some(path) = path else { return };
        let owner = path.provider().map(|name| name.text()).unwrap_or_default();
        self.name(Kind::Provider, "", Role::Use, path.provider());
        self.name(Kind::Model, &owner, Role::Use, path.model());
    }

    fn test(&mut self, test: Option<ast::AttributeTest>) {
        let Some(test) = test else { return };
        self.attribute(Role::Use, test.subject());
        if let (Some(subject), Some(value)) = (test.subject(), test.operand()) {
            self.value_of(&subject.text(), &value);
        }
    }

    fn given(&mut self, field: Option<ast::GivenField>) {
        let Some(field) = field else { return };
        self.attribute(Role::Use, field.name());
        if let (Some(subject), Some(value)) = (field.name(), field.value()) {
            self.value_of(&subject.text(), &value);
        }
    }

    fn field(&mut self, field: Option<Field>) {
        let Some(field) = field else { return };
        let Some(name) = field.name() else { return };
        let Some(owner) = body_of(field.syntax()) else { return };
        let text = name.text();
        let fact = format!("target.{text}");
        if matches!(owner, "provider" | "model")
            && !domains::fields(owner).contains(&text.as_str())
            && self.domains.contains_key(&fact)
        {
            let span = Span::new(self.file, name.text_range());
            self.push(Symbol::new(Kind::Attribute, fact.clone()), Role::Use, span, span);
            if let Some(value) = field.value() {
                self.value_of(&fact, &value);
            }
            return;
        }
        self.name(Kind::Field, owner, Role::Use, Some(name));
        let Some(value) = field.value() else { return };
        match (owner, text.as_str()) {
            ("detector", "finds") => self.findings_of(field.syntax(), &value),
            ("model", "supports") => self.value_of("target.supports", &value),
            (_, "protocol" | "network" | "on-failure") => {
                self.value(&Domain::Named(Kind::Word, text), &value);
            }
            _ => {}
        }
    }

    /// What an outside detector says that it finds.
    fn findings_of(&mut self, field: &SyntaxNode, value: &Value) {
        let detector = field.parent().as_ref().and_then(first_name);
        let owner = detector.map(|name| name.text()).unwrap_or_default();
        if let Value::List(list) = value {
            for value in list.values() {
                if let Value::Name(name) = value {
                    self.declare(Kind::Finding, &owner, Some(name));
                }
            }
        }
    }

    fn list(&mut self, domain: &Domain, node: &SyntaxNode) {
        if let Some(list) = node.children().find_map(ast::List::cast) {
            self.value(domain, &Value::List(list));
        }
    }

    fn value_of(&mut self, attribute: &str, value: &Value) {
        let domain = domains::of(attribute, self.domains).unwrap_or(Domain::Text);
        self.value(&domain, value);
    }

    fn value(&mut self, domain: &Domain, value: &Value) {
        match value {
            Value::Name(name) => {
                let text = name.text();
                self.named(domain, text, Span::new(self.file, name.text_range()));
            }
            Value::Literal(literal) => {
                if let Some(LiteralValue::Text(text)) = literal.value() {
                    self.named(domain, text, Span::new(self.file, literal.range()));
                }
            }
            Value::Attribute(path) if *domain == Domain::Findings => self.finding(path),
            Value::Attribute(path) => self.attribute(Role::Use, Some(path.clone())),
            Value::List(list) => list.values().for_each(|value| self.value(domain, &value)),
            Value::Range(range) => {
                let ends = [range.start(), range.end()].into_iter().flatten();
                ends.for_each(|end| self.value(domain, &end));
            }
            // Those within are nodes of their own, and met as such.
            Value::Target(_)
            | Value::Any(_)
            | Value::Group(_)
            | Value::Call(_)
            | Value::Block(_)
            | Value::Price(_) => {}
        }
    }

    /// A single name, or a text that may stand for one.
    fn named(&mut self, domain: &Domain, text: String, span: Span) {
        let symbol = match domain {
            Domain::Named(kind, owner) => Symbol::within(*kind, owner.clone(), text),
            Domain::Model => Symbol::new(Kind::Alias, text),
            Domain::Findings if domains::words("prompt").contains(&text) => {
                Symbol::within(Kind::Word, "prompt", text)
            }
            Domain::Findings => Symbol::new(Kind::Detector, text),
            Domain::Target | Domain::Text | Domain::Truth | Domain::Quantity(_) => return,
        };
        self.push(symbol, Role::Use, span, span);
    }

    /// `medical.diagnosis`
    fn finding(&mut self, path: &AttributeName) {
        let parts: Vec<Name> = path.segments().collect();
        if let [detector, finding] = parts.as_slice() {
            let owner = detector.text();
            self.name(Kind::Detector, "", Role::Use, Some(detector.clone()));
            self.name(Kind::Finding, &owner, Role::Use, Some(finding.clone()));
        }
    }

    fn attribute(&mut self, role: Role, path: Option<AttributeName>) {
        let Some(path) = path else { return };
        let whole = Span::new(self.file, path.text_range());
        let parts: Vec<Name> = path.segments().collect();
        let span = match parts.as_slice() {
            [first, last] if first.text() == "target" => Span::new(self.file, last.text_range()),
            _ => whole,
        };
        self.push(Symbol::new(Kind::Attribute, path.text()), role, span, whole);
    }

    fn declare(&mut self, kind: Kind, owner: &str, name: Option<Name>) {
        self.name(kind, owner, Role::Declaration, name);
    }

    fn name(&mut self, kind: Kind, owner: &str, role: Role, name: Option<Name>) {
        let Some(name) = name else { return };
        let span = Span::new(self.file, name.text_range());
        self.push(Symbol::within(kind, owner, name.text()), role, span, span);
    }

    fn push(&mut self, symbol: Symbol, role: Role, span: Span, whole: Span) {
        if span.start < span.end {
            self.found.push(Occurrence { symbol, role, span, whole });
        }
    }
}

/// The word that opens the body in which a field stands.
fn body_of(field: &SyntaxNode) -> Option<&'static str> {
    let body = field.parent()?;
    match body.kind() {
        SyntaxKind::Provider => Some("provider"),
        SyntaxKind::Model => Some("model"),
        SyntaxKind::Detector => Some("detector"),
        // The only field whose value is a block.
        SyntaxKind::Block => Some("timeout"),
        _ => None,
    }
}
