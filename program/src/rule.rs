//! Rules by their names, as a decision document spells them.

/// What stands behind a removal or a denial, as a decision document names it in `by`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleName {
    /// `deny NAME`
    Deny(String),
    /// `forbid NAME`
    Forbid(String),
    /// `route NAME`: an arm that denies.
    Route(String),
    /// No route answers.
    Otherwise,
    /// `approve NAME`: a rule that is tried.
    Approve(String),
    /// `approve`: nothing approves the target.
    Unapproved,
    /// The target lacks something that the request needs.
    Capability,
    /// The request does not fit the target's context.
    Context,
    /// The caller's `model` names nothing that the plan could ask.
    Requested,
    /// `approval NAME`: needs a grant that the caller does not hold.
    Approval(String),
    /// `redact NAME`
    Redact(String),
    /// `flag NAME`
    Flag(String),
    /// `cap NAME`
    Cap(String),
    /// `log NAME`
    Log(String),
    /// `limit NAME`
    Limit(String),
    /// `budget NAME`
    Budget(String),
}

impl std::fmt::Display for RuleName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RuleName::Deny(name) => write!(f, "deny {name}"),
            RuleName::Forbid(name) => write!(f, "forbid {name}"),
            RuleName::Route(name) => write!(f, "route {name}"),
            RuleName::Otherwise => f.write_str("otherwise"),
            RuleName::Approve(name) => write!(f, "approve {name}"),
            RuleName::Unapproved => f.write_str("approve"),
            RuleName::Capability => f.write_str("capability"),
            RuleName::Context => f.write_str("context"),
            RuleName::Requested => f.write_str("requested"),
            RuleName::Approval(name) => write!(f, "approval {name}"),
            RuleName::Redact(name) => write!(f, "redact {name}"),
            RuleName::Flag(name) => write!(f, "flag {name}"),
            RuleName::Cap(name) => write!(f, "cap {name}"),
            RuleName::Log(name) => write!(f, "log {name}"),
            RuleName::Limit(name) => write!(f, "limit {name}"),
            RuleName::Budget(name) => write!(f, "budget {name}"),
        }
    }
}
