//! The items that declare: edition, use, types, attributes, classes, defines, aliases, providers, groups and plans.

use super::{
    Approve, AttributeName, Budget, Cap, Condition, Deny, Detector, Flag, Forbid, Guarantee, Limit, Log,
    Migrate, Name, Node, Observe, Otherwise, PlanExpression, Provider, Redact, RequireApproval, Route,
    TargetList, Test, Text, TypeShape, Value, WhenClause, child, children, closing_brace, either, keywords,
    node, parts, text, tokens,
};
use crate::{SyntaxKind, SyntaxNode, TextRange};

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceFile(SyntaxNode);

impl SourceFile {
    pub(crate) fn of(root: SyntaxNode) -> SourceFile {
        SourceFile(root)
    }

    /// The root of the tree.
    pub fn syntax(&self) -> &SyntaxNode {
        &self.0
    }

    /// In the order written.
    pub fn items(&self) -> impl Iterator<Item = Item> {
        children(&self.0)
    }
}

either! {
    /// What a file consists of.
    Item {
        /// `edition 2026`
        Edition(Edition),
        /// `timezone "…"`
        Timezone(Timezone),
        /// `use "FILE"`
        Use(UseItem),
        /// `type NAME = SHAPE`
        Type(TypeItem),
        /// `attribute NAME: TYPE`
        Attribute(Attribute),
        /// `classify NAME: TYPE { … }`
        Classify(Classify),
        /// `define NAME = CONDITION`
        Define(Define),
        /// `alias NAME`
        Alias(Alias),
        /// `provider NAME { … }`
        Provider(Provider),
        /// `detector NAME = r"…"`
        Detector(Detector),
        /// `group NAME = [ … ]`
        Group(Group),
        /// `plan NAME = PLAN`
        Plan(Plan),
        /// `approve NAME: TARGETS`
        Approve(Approve),
        /// `deny NAME when …`
        Deny(Deny),
        /// `forbid NAME: TARGETS`
        Forbid(Forbid),
        /// `route NAME …`
        Route(Route),
        /// `otherwise deny "…"`
        Otherwise(Otherwise),
        /// `redact NAME: [ … ] in …`
        Redact(Redact),
        /// `flag NAME when …`
        Flag(Flag),
        /// `require approval NAME …`
        RequireApproval(RequireApproval),
        /// `cap NAME: output …`
        Cap(Cap),
        /// `log NAME: …`
        Log(Log),
        /// `observe` and a rule.
        Observe(Observe),
        /// `limit NAME: …`
        Limit(Limit),
        /// `budget NAME: …`
        Budget(Budget),
        /// `migrate NAME: … to …`
        Migrate(Migrate),
        /// `guarantee NAME: …`
        Guarantee(Guarantee),
        /// `test "…" { … }`
        Test(Test),
    }
}

node! {
    /// `edition 2026`; the parser has judged the number.
    Edition
}

node! {
    /// `timezone "Europe/Zurich"`
    Timezone
}

impl Timezone {
    /// The name of the zone.
    pub fn zone(&self) -> Option<Text> {
        text(self.syntax())
    }
}

node! {
    /// `use "FILE"`, and `for CONDITION`.
    UseItem
}

impl UseItem {
    /// The file, as written.
    pub fn path(&self) -> Option<Text> {
        text(self.syntax())
    }
}

parts! {
    UseItem {
        /// That the file is delegated, and for which requests.
        delegated: ForClause,
    }
}

node! {
    /// `for CONDITION`
    ForClause
}

parts! {
    ForClause {
        /// Which requests the file is for.
        condition: Condition,
    }
}

node! {
    /// `type NAME = SHAPE`
    TypeItem
}

impl TypeItem {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// Its values; never [`TypeShape::Named`] nor [`TypeShape::Set`].
    pub fn shape(&self) -> Option<TypeShape> {
        child(self.syntax())
    }
}

node! {
    /// `attribute NAME: TYPE` with its clauses.
    Attribute
}

impl Attribute {
    /// Its name: `data`, or `target.region` for a fact of targets.
    pub fn name(&self) -> Option<AttributeName> {
        child(self.syntax())
    }

    /// Its type: a name, a set, or values written in place; never a tree.
    pub fn shape(&self) -> Option<TypeShape> {
        child(self.syntax())
    }

    /// All sources, in the order written.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        self.syntax()
            .children()
            .filter(|node| node.kind() == SyntaxKind::SourcesClause)
            .flat_map(|clause| children::<Source>(&clause).collect::<Vec<_>>())
    }

    /// How several sources become one value.
    pub fn combine(&self) -> Option<CombineClause> {
        child(self.syntax())
    }

    /// The value of a missing one.
    pub fn default(&self) -> Option<DefaultClause> {
        child(self.syntax())
    }

    /// That a missing one is refused.
    pub fn required(&self) -> Option<RequiredClause> {
        child(self.syntax())
    }
}

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// A field of the issued key.
    Credential,
    /// A claim of the caller's token.
    Claim,
    /// A request header.
    Header,
    /// The `metadata` of the request body.
    Metadata,
}

node! {
    /// `header "x-data-class"`
    Source
}

impl Source {
    /// Which of the four.
    pub fn kind(&self) -> Option<SourceKind> {
        let word = keywords(self.syntax()).next()?;
        match word.text() {
            "credential" => Some(SourceKind::Credential),
            "claim" => Some(SourceKind::Claim),
            "header" => Some(SourceKind::Header),
            "metadata" => Some(SourceKind::Metadata),
            _ => None,
        }
    }

    /// The name of the field, claim or header.
    pub fn field(&self) -> Option<Text> {
        text(self.syntax())
    }
}

node! {
    /// `combine highest`
    CombineClause
}

impl CombineClause {
    /// The word: `highest`, `lowest` or `first`; the parser takes no other.
    pub fn word(&self) -> Option<String> {
        keywords(self.syntax()).nth(1).map(|token| token.text().to_owned())
    }
}

node! {
    /// `default VALUE`
    DefaultClause
}

impl DefaultClause {
    /// The value.
    pub fn value(&self) -> Option<Value> {
        child(self.syntax())
    }
}

node! {
    /// `required`
    RequiredClause
}

node! {
    /// `classify NAME: TYPE { ARMS }`
    Classify
}

impl Classify {
    /// The attribute that is made.
    pub fn name(&self) -> Option<AttributeName> {
        child(self.syntax())
    }

    /// Its type: a name, or values written in place; never a tree.
    pub fn shape(&self) -> Option<TypeShape> {
        child(self.syntax())
    }

    /// In the order written, which counts.
    pub fn arms(&self) -> impl Iterator<Item = ClassifyArm> {
        children(self.syntax())
    }

    /// The closing brace of the body.
    pub fn closing_brace(&self) -> Option<TextRange> {
        closing_brace(self.syntax())
    }
}

node! {
    /// `VALUE when CONDITION`, or `otherwise VALUE`.
    ClassifyArm
}

impl ClassifyArm {
    /// The value that it gives.
    pub fn value(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// Its condition; none of an `otherwise`.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// Whether it is the `otherwise`.
    pub fn is_otherwise(&self) -> bool {
        keywords(self.syntax()).any(|token| matches!(token.text(), "otherwise" | "else" | "default"))
    }
}

node! {
    /// `define NAME = CONDITION`
    Define
}

impl Define {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// What it stands for.
    pub fn condition(&self) -> Option<Condition> {
        child(self.syntax())
    }
}

node! {
    /// `alias NAME`
    Alias
}

impl Alias {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }
}

node! {
    /// `group NAME = [TARGETS]`
    Group
}

impl Group {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// Its members.
    pub fn targets(&self) -> Option<TargetList> {
        child(self.syntax())
    }
}

node! {
    /// `plan NAME = PLAN`
    Plan
}

impl Plan {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// What it stands for.
    pub fn expression(&self) -> Option<PlanExpression> {
        child(self.syntax())
    }
}

/// The words of the language with which a node begins.
pub(super) fn words(node: &SyntaxNode) -> String {
    let words: Vec<String> = tokens(node)
        .take_while(|token| token.kind() == SyntaxKind::Keyword)
        .map(|token| token.text().to_owned())
        .collect();
    words.join(" ")
}
