//! Credentials in the policy's text, wherever they stand: everyone who reads a policy would have them.

use super::{Lower, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::FileId;
use crate::source::Span;
use wayleave_grammar::ast::{Item, SourceFile};

impl Lower<'_> {
    /// Reports each credential that is not reported already. What a test gives may look like one.
    pub(super) fn secrets(&mut self) {
        for file in self.sources.ids() {
            let source = self.sources.file(file);
            let findings = source.credentials();
            if findings.is_empty() {
                continue;
            }
            let given = givens(file, &source.parse.root());
            for finding in findings {
                let (Ok(start), Ok(end)) =
                    (u32::try_from(finding.range.start), u32::try_from(finding.range.end))
                else {
                    continue;
                };
                let at = Span { file, start, end };
                let is_given = given.iter().any(|given| given.start <= at.start && at.end <= given.end);
                let is_told = self.diagnostics.iter().any(|told| {
                    told.code == Code::R0211
                        && told.primary.span.file == file
                        && told.primary.span.start <= at.start
                        && at.end <= told.primary.span.end
                });
                if is_given || is_told {
                    continue;
                }
                let masked = wayleave_inspect::masked(&source.text[finding.range.clone()]);
                let message = format!("{} stands in the policy: {masked}", finding.what);
                let diagnostic =
                    Diagnostic::new(Code::R0211, message, at, "everyone who reads the policy has it")
                        .with_help("remove it, and replace it where it was issued");
                self.diagnostics.push(diagnostic);
            }
        }
    }
}

/// Where tests give values.
fn givens(file: FileId, root: &SourceFile) -> Vec<Span> {
    let mut spans = Vec::new();
    for item in root.items() {
        if let Item::Test(test) = item {
            spans.extend(test.givens().map(|given| span_of(file, &given)));
        }
    }
    spans
}
