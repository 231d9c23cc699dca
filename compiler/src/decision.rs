//! The normal form of a policy: rules as boxes over classes, layer by layer, and how they are searched.

pub mod boxes;
pub mod partition;
