//! Providers and their models with their fields, and detectors.

use super::{Field, List, Literal, Name, Node, Text, child, children, closing_brace, node, parts, text};
use crate::TextRange;

node! {
    /// `provider NAME { FIELDS MODELS }`
    Provider
}

impl Provider {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// Its own fields, in the order written; repeated ones are all here.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        children(self.syntax())
    }

    /// Its models, in the order written.
    pub fn models(&self) -> impl Iterator<Item = Model> {
        children(self.syntax())
    }

    /// The closing brace of the body.
    pub fn closing_brace(&self) -> Option<TextRange> {
        closing_brace(self.syntax())
    }
}

node! {
    /// `model NAME as "…" { FIELDS }`
    Model
}

impl Model {
    /// Our name for it.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// The provider's name, where it is another.
    pub fn provider_side_name(&self) -> Option<Text> {
        text(self.syntax())
    }

    /// In the order written; repeated ones are all here.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        children(self.syntax())
    }

    /// The closing brace of the body.
    pub fn closing_brace(&self) -> Option<TextRange> {
        closing_brace(self.syntax())
    }
}

node! {
    /// `detector NAME = r"…"`, `detector NAME = […]`, or `detector NAME { FIELDS }`.
    Detector
}

parts! {
    Detector {
        /// Its name.
        name: Name,
        /// The pattern that it looks for.
        pattern: Literal,
        /// The words and patterns that it looks for.
        words: List,
    }
}

impl Detector {
    /// In the order written; repeated ones are all here.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        children(self.syntax())
    }
}
