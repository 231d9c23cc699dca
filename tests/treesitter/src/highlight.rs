//! The colours of a text, and what a test says of them.
