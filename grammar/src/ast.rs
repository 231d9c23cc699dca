//! The typed view: what a tree says, as methods over its nodes. Holds no state of its own, resolves nothing, and answers
//! `None` where a broken text has a hole; in a text without syntax errors every part that the grammar demands is there.

use crate::{NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, TextRange};

mod names;

mod items;

mod providers;

mod rules;

mod counters;

mod routes;

mod migrations;

mod guarantees;

mod types;

mod values;

mod literals;

mod conditions;

mod plans;

mod examples;

pub use crate::literal::{DateText, InstantText, LiteralValue};
pub use conditions::{
    AndCondition, AttributeTest, Condition, Counter, DefineName, NotCondition, Operator, OperatorKind,
    OrCondition, ParenCondition,
};
pub use counters::{Budget, EachClause, Limit, Rate, Spending, ThenClause, WarnClause};
pub use examples::{
    Expect, ExpectApproval, ExpectDeny, ExpectFlag, ExpectLimited, ExpectNever, ExpectOtherwise,
    ExpectRedact, ExpectRoute, ExpectShadow, ExpectTo, Given, GivenField, Test,
};
pub use guarantees::{AlwaysClaim, AtLeastClaim, Claim, DeniedClaim, Guarantee, RedactedClaim, ServedClaim};
pub use items::{
    Alias, Attribute, Classify, ClassifyArm, CombineClause, DefaultClause, Define, Edition, ForClause, Group,
    Item, Plan, RequiredClause, Source, SourceFile, SourceKind, Timezone, TypeItem, UseItem,
};
pub use literals::Literal;
pub use migrations::{
    Migrate, RampClause, RampStep, RollbackClause, RollbackTest, ShadowClause, StickyClause,
};
pub use names::{AttributeName, Name, Text};
pub use plans::{
    AnyTarget, GroupRef, Ordering, PlanExpression, PlanRef, Requested, Split, SplitShare, Stage, StageKind,
    Target, TargetList, TargetPath, Targets, WithinClause,
};
pub use providers::{Detector, Model, Provider};
pub use routes::{
    Arm, Arms, BackoffClause, DeadlineClause, DenyClause, FailoverClause, HedgeClause, InsideClause,
    Otherwise, Outcome, RetryClause, Route, ToClause,
};
pub use rules::{
    Approve, BecauseClause, ByClause, Cap, Deny, Flag, Forbid, FromClause, InClause, Log, Observe,
    OwnerClause, Redact, RefClause, RequireApproval, RestoreClause, Rule, UntilClause, ValidClause,
    WhenClause,
};
pub use types::{NamedType, PlainShape, ScaleShape, SetType, TreeBranch, TreeShape, TypeShape};
pub use values::{Block, Call, Field, List, Price, PricePart, Range, Value};

/// A typed view of one node.
pub trait Node: Sized {
    /// Whether nodes of this kind have the view.
    fn can_cast(kind: SyntaxKind) -> bool;

    /// The view, if the node is of its kind.
    fn cast(node: SyntaxNode) -> Option<Self>;

    /// The node itself.
    fn syntax(&self) -> &SyntaxNode;

    /// From the first to the last token that is not blank or comment.
    fn range(&self) -> TextRange {
        self.syntax().trimmed_range()
    }

    /// Of the word with which the node begins, such as `when`.
    fn keyword_range(&self) -> Option<TextRange> {
        keywords(self.syntax()).next().map(|token| token.text_range())
    }

    /// The lines of the `///` comments before the node, without their slashes, joined by line ends; often empty.
    fn docs(&self) -> String {
        let lines: Vec<String> = self
            .syntax()
            .children_with_tokens()
            .take_while(|element| element.kind().is_trivia())
            .filter(|element| element.kind() == SyntaxKind::DocComment)
            .filter_map(NodeOrToken::into_token)
            .map(|token| {
                let line = token.text().trim_start_matches('/').trim_end();
                line.strip_prefix(' ').unwrap_or(line).to_owned()
            })
            .collect();
        lines.join("\n")
    }
}

/// A view of nodes of one kind.
macro_rules! node {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(pub(super) crate::SyntaxNode);

        impl crate::ast::Node for $name {
            fn can_cast(kind: crate::SyntaxKind) -> bool {
                kind == crate::SyntaxKind::$name
            }

            fn cast(node: crate::SyntaxNode) -> Option<Self> {
                Self::can_cast(node.kind()).then_some(Self(node))
            }

            fn syntax(&self) -> &crate::SyntaxNode {
                &self.0
            }
        }
    };
}

/// A view of nodes of several kinds, each a view of its own.
macro_rules! either {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident($view:ident),)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant($view),)*
        }

        impl crate::ast::Node for $name {
            fn can_cast(kind: crate::SyntaxKind) -> bool {
                matches!(kind, $(crate::SyntaxKind::$view)|*)
            }

            fn cast(node: crate::SyntaxNode) -> Option<Self> {
                match node.kind() {
                    $(crate::SyntaxKind::$view => Some($name::$variant($view(node))),)*
                    _ => None,
                }
            }

            fn syntax(&self) -> &crate::SyntaxNode {
                match self {
                    $($name::$variant(view) => view.syntax(),)*
                }
            }
        }
    };
}

/// Methods that give the first child of a kind each.
macro_rules! parts {
    ($view:ident { $($(#[$meta:meta])* $name:ident: $part:ty,)* }) => {
        impl $view {
            $($(#[$meta])* pub fn $name(&self) -> Option<$part> {
                crate::ast::child(crate::ast::Node::syntax(self))
            })*
        }
    };
}

use {either, node, parts};

// A node or token of a tree is made when it is asked for; by kind, only what is of it.

/// The first child of a kind.
fn child<N: Node>(node: &SyntaxNode) -> Option<N> {
    node.first_child_by_kind(&N::can_cast).and_then(N::cast)
}

/// The children of a kind, in order.
fn children<N: Node>(node: &SyntaxNode) -> impl Iterator<Item = N> {
    node.children_by_kind(N::can_cast).filter_map(N::cast)
}

/// The tokens right below a node that are of such a kind.
fn tokens_of(node: &SyntaxNode, is_wanted: fn(SyntaxKind) -> bool) -> impl Iterator<Item = SyntaxToken> {
    node.tokens_by_kind(is_wanted)
}

/// The tokens right below a node that are not trivia.
fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    tokens_of(node, |kind| !kind.is_trivia())
}

/// The words of the language right below a node.
fn keywords(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    tokens_of(node, |kind| kind == SyntaxKind::Keyword)
}

/// The first string right below a node.
fn text(node: &SyntaxNode) -> Option<Text> {
    tokens_of(node, Text::can_cast).find_map(Text::cast)
}

/// The last closing brace right below a node.
fn closing_brace(node: &SyntaxNode) -> Option<TextRange> {
    tokens_of(node, |kind| kind == SyntaxKind::RightBrace).last().map(|token| token.text_range())
}
