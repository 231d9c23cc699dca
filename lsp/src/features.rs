//! What the server can do, one file each, in plain types: paths, offsets and words, none of the protocol's.

pub mod diagnostics;

pub mod proofs;

pub mod formatting;

pub mod folding;

pub mod links;

pub mod selection;

pub mod symbols;

pub mod tokens;

pub mod names;

pub mod rename;

pub mod hover;

pub mod hints;

pub mod lenses;

pub mod completion;

pub mod targets;

pub mod places;

pub mod missing;

pub mod shift;

pub mod signature;

pub mod beside;
