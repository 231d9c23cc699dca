//! Questions about all requests at once, with an exact answer: a request, or that there is none.

mod groups;

mod clauses;

pub mod formula;

pub mod query;

pub use formula::Formula;
pub use query::{Answer, Query, Requests, Witness};
