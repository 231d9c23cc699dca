//! Literals with their units. The value of the token itself is `literal.rs`'s matter.

use super::{Name, Node, child, node, tokens};
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
            (LiteralValue::Integer(count), _, Some(_)) => Some(LiteralValue::Tokens(count)),
            (value, _, _) => Some(value),
        }
    }

    /// The unit word after a number: `tokens`, the only one so far.
    pub fn unit(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// What a sum of money is for.
    pub fn per(&self) -> Option<Literal> {
        child(self.syntax())
    }
}
