//! What a policy can tell apart: the values of each dimension, cut into finitely many classes.

pub mod texts;
