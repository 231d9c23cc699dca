//! Guarantees: typed and kept. That they hold is proven elsewhere.

use super::conditions::Scope;
use super::names::Kind;
use super::{Lower, Placed, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Claim, Condition, Counted, Guarantee};
use crate::source::FileId;
use wayleave_grammar::ast::{self, Item, LiteralValue};

impl Lower<'_> {
    pub(super) fn guarantees(&mut self, items: &[Placed<Item>]) -> Vec<Guarantee> {
        let mut guarantees = Vec::new();
        for (file, item) in items {
            let Item::Guarantee(item) = item else { continue };
            let Some(name) = self.declare_name(Kind::Guarantee, *file, item.name()) else { continue };
            let claim = item.claim().and_then(|claim| self.claim(*file, &claim));
            let Some(claim) = claim else { continue };
            guarantees.push(Guarantee { name, span: span_of(*file, item), claim });
        }
        guarantees
    }

    fn claim(&mut self, file: FileId, claim: &ast::Claim) -> Option<Claim> {
        match claim {
            ast::Claim::Always(claim) => {
                let always = self.condition(file, &claim.condition()?, Scope::Targets);
                let when = self.rule_condition(file, claim.when(), Scope::Targets);
                Some(Claim::Always(always?, when?))
            }
            ast::Claim::Denied(claim) => self.requests(file, claim.when()).map(Claim::Denied),
            ast::Claim::Served(claim) => self.requests(file, claim.when()).map(Claim::Served),
            ast::Claim::AtLeast(claim) => {
                let count = claim.count()?;
                let counted = match claim.counted()?.as_str() {
                    "models" => Counted::Models,
                    _ => Counted::Providers,
                };
                let LiteralValue::Integer(number) = count.value()? else { return None };
                let number = u32::try_from(number).ok().filter(|number| *number > 0);
                if number.is_none() {
                    let message = "a guarantee counts from 1 up";
                    let diagnostic =
                        Diagnostic::new(Code::R0201, message, span_of(file, &count), "no such number");
                    self.report(
                        diagnostic.with_help("write how many candidates there are at least, such as `2`"),
                    );
                }
                let when = self.requests(file, claim.when());
                Some(Claim::AtLeast(number?, counted, when?))
            }
            ast::Claim::Redacted(claim) => {
                let findings = self.finding_list(file, &claim.findings()?, true);
                let when = self.rule_condition(file, claim.when(), Scope::Targets);
                Some(Claim::Redacted(findings?, when?))
            }
        }
    }

    fn requests(&mut self, file: FileId, when: Option<ast::WhenClause>) -> Option<Condition> {
        self.rule_condition(file, when, Scope::Claim)
    }
}
