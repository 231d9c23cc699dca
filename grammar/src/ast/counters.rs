//! Limits and budgets: how much of what is counted, in which time, for whom.

use super::{AttributeName, Literal, Name, Node, WhenClause, keywords, node, parts};

node! {
    /// `limit NAME: RATE` with its clauses.
    Limit
}

parts! {
    Limit {
        /// Its name.
        name: Name,
        /// How much in which window.
        rate: Rate,
        /// Who is counted apart; all together where left out.
        each: EachClause,
        /// Which requests count; all where left out.
        when: WhenClause,
    }
}

node! {
    /// `budget NAME: SPENDING` with its clauses.
    Budget
}

parts! {
    Budget {
        /// Its name.
        name: Name,
        /// How much in which period.
        spending: Spending,
        /// Who is counted apart; all together where left out.
        each: EachClause,
        /// When its owner is warned.
        warn: WarnClause,
        /// What happens when it is spent.
        then: ThenClause,
        /// Which requests count; all where left out.
        when: WhenClause,
    }
}

node! {
    /// `60 requests per 1min`
    Rate
}

parts! {
    Rate {
        /// Requests or tokens.
        amount: Literal,
    }
}

impl Rate {
    /// The window: a duration.
    pub fn window(&self) -> Option<Literal> {
        super::children(self.syntax()).nth(1)
    }
}

node! {
    /// `$500 per month`
    Spending
}

parts! {
    Spending {
        /// The money.
        amount: Literal,
    }
}

impl Spending {
    /// The word: `hour`, `day`, `week`, `month`, `quarter` or `year`; the parser takes no other.
    pub fn period(&self) -> Option<String> {
        keywords(self.syntax()).nth(1).map(|token| token.text().to_owned())
    }
}

node! {
    /// `each ATTRIBUTE`
    EachClause
}

parts! {
    EachClause {
        /// The attribute.
        attribute: AttributeName,
    }
}

node! {
    /// `warn at SHARE`
    WarnClause
}

parts! {
    WarnClause {
        /// The share.
        share: Literal,
    }
}

node! {
    /// `then deny`, `then continue`
    ThenClause
}

impl ThenClause {
    /// The word: `deny` or `continue`; the parser takes no other.
    pub fn word(&self) -> Option<String> {
        keywords(self.syntax()).nth(1).map(|token| token.text().to_owned())
    }
}
