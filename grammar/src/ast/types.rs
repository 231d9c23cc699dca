//! The shapes of types: plain, scale, tree, set, or a name.

use super::{Name, Node, child, children, either, node};

either! {
    /// How a type is written.
    TypeShape {
        /// `a | b`; also a single value.
        Plain(PlainShape),
        /// `a < b`, the lowest first.
        Scale(ScaleShape),
        /// `a { b c }`
        Tree(TreeShape),
        /// `set of TYPE`, only where an attribute states its type.
        Set(SetType),
        /// A type by its name, only where an attribute states its type.
        Named(NamedType),
    }
}

node! {
    /// `a | b`
    PlainShape
}

impl PlainShape {
    /// In the order written.
    pub fn values(&self) -> impl Iterator<Item = Name> {
        children(self.syntax())
    }
}

node! {
    /// `a < b`
    ScaleShape
}

impl ScaleShape {
    /// The lowest first.
    pub fn values(&self) -> impl Iterator<Item = Name> {
        children(self.syntax())
    }
}

node! {
    /// `a { b c }`
    TreeShape
}

impl TreeShape {
    /// The value at the top.
    pub fn root(&self) -> Option<TreeBranch> {
        child(self.syntax())
    }
}

node! {
    /// A value of a tree with what is below it; as deep as [`crate::NESTING_LIMIT`] at most.
    TreeBranch
}

impl TreeBranch {
    /// The value.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// Right below it, in the order written.
    pub fn branches(&self) -> impl Iterator<Item = TreeBranch> {
        children(self.syntax())
    }
}

node! {
    /// `set of TYPE`
    SetType
}

impl SetType {
    /// The type of the members: a name, or values written in place.
    pub fn member(&self) -> Option<TypeShape> {
        child(self.syntax())
    }
}

node! {
    /// A type by its name; `string` and `bool` are such names.
    NamedType
}

impl NamedType {
    /// The name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }
}
