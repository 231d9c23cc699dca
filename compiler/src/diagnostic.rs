//! What the compiler says of a policy, as data. Never text alone: code, places, one next step, and edits.

pub mod codes;

pub mod render;

use crate::source::{FileId, Span, UseProblem};
pub use codes::Code;
use wayleave_grammar::SyntaxError;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Stops the compile.
    Error,
    /// Does not.
    Warning,
    /// For hover and `--notes`.
    Note,
}

impl Severity {
    /// As the JSON spells it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A place and what it has to do with the diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where; as small as still shows it.
    pub span: Span,
    /// A few words, possibly none.
    pub text: String,
}

/// Replaces the text at a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// How far an edit can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// A machine may apply it.
    Always,
    /// A person should look first.
    Maybe,
    /// It holds places to fill in.
    Placeholders,
}

impl Applicability {
    /// As the JSON spells it.
    pub fn name(self) -> &'static str {
        match self {
            Applicability::Always => "always",
            Applicability::Maybe => "maybe",
            Applicability::Placeholders => "placeholders",
        }
    }
}

/// A change that mends the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: "write `is`".
    pub title: String,
    /// Disjoint, by place.
    pub edits: Vec<Edit>,
    /// How far it can be trusted.
    pub applicability: Applicability,
}

/// One thing that the compiler says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable.
    pub code: Code,
    /// From the code's default.
    pub severity: Severity,
    /// What is wrong, in the policy's words; stands alone; lower case, no full stop.
    pub message: String,
    /// The place that should change.
    pub primary: Label,
    /// Other places that have part in it, by place.
    pub secondary: Vec<Label>,
    /// The one next step, if it can be told.
    pub help: Option<String>,
    /// At most three, best first.
    pub fixes: Vec<Fix>,
    /// A request document on which `decide` shows it, where it is about requests.
    pub witness: Option<Box<serde_json::Value>>,
}

impl Diagnostic {
    /// With the code's default severity and nothing but a primary place.
    pub fn new(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: Label { span, text: label.into() },
            secondary: Vec::new(),
            help: None,
            fixes: Vec::new(),
            witness: None,
        }
    }

    /// What is wrong with a `use`.
    pub fn of_use(problem: &UseProblem) -> Diagnostic {
        let (code, label, help) = match problem.is_circle {
            true => (Code::R0103, "this closes the circle", "remove one of the `use` items"),
            false => (Code::R0101, "used here", "correct the path, or remove the `use`"),
        };
        Diagnostic::new(code, &problem.message, problem.span, label).with_help(help)
    }

    /// What a parser says of a file's form.
    pub fn of_syntax(file: FileId, error: &SyntaxError) -> Diagnostic {
        let code = Code::find(error.code).unwrap_or(Code::R0001);
        let span = |range| Span::new(file, range);
        let mut diagnostic = Diagnostic::new(code, &error.message, span(error.range), &error.label);
        for (range, text) in &error.related {
            diagnostic = diagnostic.with_label(span(*range), text);
        }
        diagnostic.help.clone_from(&error.help);
        let is_sure = error.is_sure && error.fixes.len() == 1;
        let applicability = if is_sure { Applicability::Always } else { Applicability::Maybe };
        diagnostic.fixes = error
            .fixes
            .iter()
            .map(|fix| {
                let edits =
                    fix.edits.iter().map(|edit| Edit { span: span(edit.range), text: edit.text.clone() });
                Fix { title: fix.title.clone(), edits: edits.collect(), applicability }
            })
            .collect();
        diagnostic
    }

    /// With another place, kept by place.
    #[must_use]
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self.secondary.sort_by_key(|label| label.span);
        self
    }

    /// With the next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// With a change of one place.
    #[must_use]
    pub fn with_fix(
        mut self,
        title: impl Into<String>,
        span: Span,
        text: impl Into<String>,
        applicability: Applicability,
    ) -> Diagnostic {
        let edits = vec![Edit { span, text: text.into() }];
        self.fixes.push(Fix { title: title.into(), edits, applicability });
        self
    }
}
