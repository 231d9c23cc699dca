//! Guarantees: claims over all requests.

use super::{Condition, List, Literal, Name, Node, WhenClause, either, keywords, node, parts};

node! {
    /// `guarantee NAME: CLAIM`
    Guarantee
}

parts! {
    Guarantee {
        /// Its name.
        name: Name,
        /// What it claims.
        claim: Claim,
    }
}

either! {
    /// What a guarantee claims.
    Claim {
        /// `always C when D`
        Always(AlwaysClaim),
        /// `denied when C`
        Denied(DeniedClaim),
        /// `served when C`
        Served(ServedClaim),
        /// `at least N providers when C`
        AtLeast(AtLeastClaim),
        /// `redacted […] when C`
        Redacted(RedactedClaim),
    }
}

node! {
    /// `always CONDITION when CONDITION`
    AlwaysClaim
}

parts! {
    AlwaysClaim {
        /// What is true of every attempt.
        condition: Condition,
        /// Of which requests; all where left out.
        when: WhenClause,
    }
}

node! {
    /// `denied when CONDITION`
    DeniedClaim
}

parts! {
    DeniedClaim {
        /// Of which requests.
        when: WhenClause,
    }
}

node! {
    /// `served when CONDITION`
    ServedClaim
}

parts! {
    ServedClaim {
        /// Of which requests.
        when: WhenClause,
    }
}

node! {
    /// `at least N providers when CONDITION`
    AtLeastClaim
}

parts! {
    AtLeastClaim {
        /// How many: a number.
        count: Literal,
        /// Of which requests.
        when: WhenClause,
    }
}

impl AtLeastClaim {
    /// `providers` or `models`; the parser takes no other.
    pub fn counted(&self) -> Option<String> {
        keywords(self.syntax()).nth(2).map(|token| token.text().to_owned())
    }
}

node! {
    /// `redacted [FINDINGS] when CONDITION`
    RedactedClaim
}

parts! {
    RedactedClaim {
        /// The findings.
        findings: List,
        /// Of which attempts.
        when: WhenClause,
    }
}
