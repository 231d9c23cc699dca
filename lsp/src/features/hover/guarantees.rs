//! The state of a guarantee: whether it holds, and where it does not the request, what is decided on it, and the lines that led
//! there.

use super::Known;
use wayleave_compiler::examples::outcome;
use wayleave_program::document::write_request;

/// Paragraphs about a guarantee, in Markdown.
pub(super) fn state(known: &Known<'_>, name: &str) -> Vec<String> {
    let words = known.proofs.words(name);
    let Some(proven) = known.proofs.of(name) else { return vec![words.to_owned()] };
    // Where it does not simply hold, there is a sentence about it.
    let mut parts = vec![proven.diagnostic.as_ref().map_or(words.to_owned(), |told| told.message.clone())];
    if !proven.assumes.is_empty() {
        parts.push(format!("taken for granted: {}", proven.assumes.join("; ")));
    }
    if let (Some((request, decision)), Some(policy)) = (&proven.counterexample, known.policy) {
        let document = write_request(&policy.schema, request);
        parts.push(format!("```json\n{document:#}\n```"));
        parts.push(outcome(decision, &policy.catalogue));
    }
    let lines = proven.path.iter().map(|(span, text)| {
        let (file, line) = (&known.sources.file(span.file).name, known.sources.start(*span).line);
        format!("- {file}:{line} {text}")
    });
    parts.push(lines.collect::<Vec<_>>().join("\n"));
    parts.retain(|part| !part.is_empty());
    parts
}
