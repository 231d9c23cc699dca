//! The one test binary of the workspace: what must hold across crates, a module a topic.

mod access;

mod again;

mod agreement;

mod approvals;

mod change;

mod check;

mod decide;

mod decision_schema;

mod cli;

mod docs;

mod exact;

mod fixes;

mod fuzz;

mod generated;

mod generated_policies;

mod graph;

mod grammar;

mod inspect;

mod layout;

mod lsp;

mod lsp_completion;
mod lsp_names;

mod mistakes;

mod portable;

mod proxy;

mod prove;

mod query;

mod recorded;

mod reports;

mod review;

mod rows;

mod shares;

mod simulation;

mod syntax;

mod tidy;

mod wire;
