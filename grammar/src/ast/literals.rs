//! Literals with their units. The value of the token itself is `literal.rs`'s matter.

use super::{Node, child, keywords, node, tokens};
use crate::SyntaxToken;
use crate::literal::{self, LiteralValue};

node! {
    /// A literal with its unit.
    Literal
}

impl Literal {
    /// What it says; none only where the parser has reported it.
    pub fn value(&self) -> Option<LiteralValue> {
        let token = tokens(self.syntax()).next()?;
        let value = literal::read(token.kind(), token.text()).ok()?;
        match (value, self.per(), self.unit()) {
            (LiteralValue::MoneyUsdMicros(usd_micros), Some(per), _) => match per.value()? {
                LiteralValue::Tokens(tokens) if tokens > 0 => {
                    Some(LiteralValue::MoneyPerTokens { usd_micros, tokens })
                }
                _ => None,
            },
            (LiteralValue::Integer(count), _, Some(unit)) if unit.text() == "requests" => {
                Some(LiteralValue::Requests(count))
            }
            (LiteralValue::Integer(count), _, Some(_)) => Some(LiteralValue::Tokens(count)),
            (value, _, _) => Some(value),
        }
    }

    /// The unit word after a number: `tokens` or `requests`.
    pub fn unit(&self) -> Option<SyntaxToken> {
        keywords(self.syntax()).find(|token| !matches!(token.text(), "true" | "false" | "per"))
    }

    /// What a sum of money is for.
    pub fn per(&self) -> Option<Literal> {
        child(self.syntax())
    }
}
