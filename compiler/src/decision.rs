//! The normal form of a policy: rules as boxes over classes, layer by layer, and how they are searched.

pub mod boxes;

pub mod partition;

mod lower;

pub mod layers;

mod cost;

pub mod matcher;

mod shared;

mod doubt;

pub mod verdict;

mod evaluate;

mod words;

pub mod program;

mod memo;

pub mod text;

pub use layers::Rules;
pub use lower::Computed;
pub use memo::Decisions;
pub use program::Compiled;
