//! The rules and the clauses that they share.

use super::{
    Condition, EachClause, List, Literal, Name, Node, Targets, Text, child, either, keywords, node, parts,
    text,
};

node! {
    /// `approve NAME: TARGETS` with its clauses.
    Approve
}

node! {
    /// `deny NAME` with its clauses.
    Deny
}

node! {
    /// `forbid NAME: TARGETS` with its clauses.
    Forbid
}

impl Approve {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// What it speaks about.
    pub fn targets(&self) -> Option<Targets> {
        child(self.syntax())
    }

    /// When it holds; always where left out.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// From when on.
    pub fn from(&self) -> Option<FromClause> {
        child(self.syntax())
    }

    /// Until when.
    pub fn until(&self) -> Option<UntilClause> {
        child(self.syntax())
    }

    /// Who answers for it.
    pub fn owner(&self) -> Option<OwnerClause> {
        child(self.syntax())
    }

    /// Who approved it.
    pub fn by(&self) -> Option<ByClause> {
        child(self.syntax())
    }

    /// Where that is recorded.
    pub fn reference(&self) -> Option<RefClause> {
        child(self.syntax())
    }
}

impl Deny {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// When it holds.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// What the caller is told.
    pub fn because(&self) -> Option<BecauseClause> {
        child(self.syntax())
    }

    /// From when on.
    pub fn from(&self) -> Option<FromClause> {
        child(self.syntax())
    }

    /// Until when.
    pub fn until(&self) -> Option<UntilClause> {
        child(self.syntax())
    }
}

impl Forbid {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// What it speaks about.
    pub fn targets(&self) -> Option<Targets> {
        child(self.syntax())
    }

    /// When it holds; always where left out.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// What the caller is told.
    pub fn because(&self) -> Option<BecauseClause> {
        child(self.syntax())
    }

    /// From when on.
    pub fn from(&self) -> Option<FromClause> {
        child(self.syntax())
    }

    /// Until when.
    pub fn until(&self) -> Option<UntilClause> {
        child(self.syntax())
    }
}

node! {
    /// `when CONDITION`
    WhenClause
}

impl WhenClause {
    /// The condition.
    pub fn condition(&self) -> Option<Condition> {
        child(self.syntax())
    }
}

node! {
    /// `because "…"`
    BecauseClause
}

node! {
    /// `owner "…"`
    OwnerClause
}

node! {
    /// `by "…"`
    ByClause
}

node! {
    /// `ref "…"`
    RefClause
}

impl BecauseClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

impl OwnerClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

impl ByClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

impl RefClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

node! {
    /// `from DATE`
    FromClause
}

node! {
    /// `until DATE`
    UntilClause
}

impl FromClause {
    /// A date or an instant; the parser takes no other.
    pub fn date(&self) -> Option<Literal> {
        child(self.syntax())
    }
}

impl UntilClause {
    /// A date or an instant; the parser takes no other.
    pub fn date(&self) -> Option<Literal> {
        child(self.syntax())
    }
}

node! {
    /// `redact NAME: [FINDINGS] in PLACE` with its clauses.
    Redact
}

node! {
    /// `flag NAME` with its clauses.
    Flag
}

node! {
    /// `require approval NAME` with its clauses.
    RequireApproval
}

node! {
    /// `cap NAME: output TOKENS` with its clauses.
    Cap
}

node! {
    /// `log NAME: LEVEL` with its clauses.
    Log
}

node! {
    /// `observe` and the rule that is tried.
    Observe
}

either! {
    /// What can be tried with `observe`.
    Rule {
        /// `approve`
        Approve(Approve),
        /// `deny`
        Deny(Deny),
        /// `forbid`
        Forbid(Forbid),
        /// `redact`
        Redact(Redact),
        /// `flag`
        Flag(Flag),
        /// `require approval`
        RequireApproval(RequireApproval),
        /// `cap`
        Cap(Cap),
        /// `log`
        Log(Log),
    }
}

parts! {
    Observe {
        /// The rule.
        rule: Rule,
    }
}

parts! {
    Redact {
        /// Its name.
        name: Name,
        /// What is masked.
        findings: List,
        /// Where.
        place: InClause,
        /// That the caller gets the originals back.
        restore: RestoreClause,
        /// When it holds; always where left out.
        when: WhenClause,
        /// From when on.
        from: FromClause,
        /// Until when.
        until: UntilClause,
    }
}

parts! {
    Flag {
        /// Its name.
        name: Name,
        /// When it holds; always where left out.
        when: WhenClause,
        /// From when on.
        from: FromClause,
        /// Until when.
        until: UntilClause,
    }
}

parts! {
    RequireApproval {
        /// Its name.
        name: Name,
        /// When it holds; always where left out.
        when: WhenClause,
        /// What the caller is told.
        because: BecauseClause,
        /// From when on.
        from: FromClause,
        /// Until when.
        until: UntilClause,
        /// Who grants.
        by: ByClause,
        /// Who holds a grant.
        each: EachClause,
        /// How long a grant lasts.
        valid: ValidClause,
    }
}

parts! {
    Cap {
        /// Its name.
        name: Name,
        /// The number of tokens.
        tokens: Literal,
        /// When it holds; always where left out.
        when: WhenClause,
        /// From when on.
        from: FromClause,
        /// Until when.
        until: UntilClause,
    }
}

parts! {
    Log {
        /// Its name.
        name: Name,
        /// When it holds; always where left out.
        when: WhenClause,
        /// From when on.
        from: FromClause,
        /// Until when.
        until: UntilClause,
    }
}

impl Log {
    /// The word: `full`, `metadata` or `none`; the parser takes no other.
    pub fn level(&self) -> Option<String> {
        keywords(self.syntax()).nth(1).map(|token| token.text().to_owned())
    }
}

node! {
    /// `in prompt`, `in response`, `in both`
    InClause
}

impl InClause {
    /// The word: `prompt`, `response` or `both`; the parser takes no other.
    pub fn place(&self) -> Option<String> {
        keywords(self.syntax()).nth(1).map(|token| token.text().to_owned())
    }
}

node! {
    /// `restore`
    RestoreClause
}

node! {
    /// `valid DURATION`
    ValidClause
}

parts! {
    ValidClause {
        /// The duration.
        duration: Literal,
    }
}
