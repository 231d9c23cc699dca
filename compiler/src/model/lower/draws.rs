//! The attributes that requests are told apart by: of draws (`split by`, `sticky by`), counters and grants (`each`).

use super::{Lower, span};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Subject;
use crate::source::FileId;
use wayleave_grammar::ast::{AttributeName, EachClause};
use wayleave_program::schema::{AttributeId, BuiltIn, Origin, Type};

/// What to write in place of an attribute that tells no requests apart.
const NAMED_ONE: &str = "name one such as `caller.id`, `caller.team` or `caller.app`";

impl Lower<'_> {
    pub(super) fn each(&mut self, file: FileId, clause: &EachClause) -> Option<AttributeId> {
        self.told_apart_by(file, &clause.attribute()?)
    }

    /// An attribute of the request with one value that can be written as a text.
    pub(super) fn told_apart_by(&mut self, file: FileId, name: &AttributeName) -> Option<AttributeId> {
        let text = name.text();
        let at = span(file, name.text_range());
        if matches!(self.attribute_or_field(&text), Some((Subject::Target(_), _))) {
            let message = format!("requests cannot be told apart by `{text}`, which is of a target");
            let diagnostic = Diagnostic::new(Code::R0212, message, at, "no target is chosen yet");
            self.report(diagnostic.with_help(NAMED_ONE));
            return None;
        }
        let asking = self.asking(file, name, super::conditions::Scope::Counter)?;
        let Subject::Attribute(id) = asking.subject else { return None };
        let attribute = self.declared.schema.attribute(id);
        let problem = match (&attribute.value_type, &attribute.origin) {
            (_, Origin::BuiltIn(BuiltIn::RequestId)) => None,
            (Type::TextSet | Type::NamedSet(_), _) => Some("is a set of values"),
            (Type::Parts, _) => Some("is the text of a request"),
            (Type::Instant | Type::TimeOfDay | Type::Tokens | Type::Share, _) => {
                Some("is another quantity for almost every request")
            }
            (Type::Text | Type::Model | Type::Named(_) | Type::Bool, _) => None,
        };
        if let Some(problem) = problem {
            let message = format!("requests cannot be told apart by `{text}`, which {problem}");
            let diagnostic = Diagnostic::new(Code::R0201, message, at, "no single name");
            self.report(diagnostic.with_help(NAMED_ONE));
            return None;
        }
        Some(id)
    }
}
