//! R0315: aliases that a caller can name and on which nobody can be served.

use super::formula::Formula;
use super::prover::Prover;
use super::query::Answer;
use super::reach::Reached;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Sources, Span};
use wayleave_grammar::ast::{Item, Node};

pub(super) fn unserved(prover: &Prover<'_>, reached: &Reached, sources: &Sources) -> Vec<Diagnostic> {
    let numbers: Vec<usize> = (0..prover.policy().catalogue.aliases.len()).collect();
    prover
        .each(&numbers, |number| unserved_one(prover, reached, *number, sources))
        .into_iter()
        .flatten()
        .collect()
}

fn unserved_one(
    prover: &Prover<'_>,
    reached: &Reached,
    number: usize,
    sources: &Sources,
) -> Option<Diagnostic> {
    let subject = prover.subject;
    let name = &prover.policy().catalogue.aliases[number].name;
    let at = place(sources, name)?;
    for of in subject.plans.iter().filter(|of| reached.classes[of.number as usize].is_some()) {
        let Some(plan) = of.plan else { continue };
        let attempts = subject.attempts(plan).into_iter().map(|(_, attempt)| attempt).collect();
        let parts = vec![
            subject.is_alias(number),
            Formula::Any(attempts),
            subject.is_answered(of.number),
            subject.has_room(),
        ];
        match prover.find(parts) {
            Answer::Some(_) => return None,
            Answer::Unknown => {
                return Some(prover.too_large(at, &format!("whether anybody is served on `{name}`")));
            }
            Answer::None => {}
        }
    }
    let message = format!("nobody can be served on the alias `{name}`");
    let mut diagnostic = Diagnostic::new(Code::R0315, message, at, "no request that names it is routed")
        .with_help("give it a route whose plan somebody may use, or remove it");
    if let Answer::Some(shown) = prover.shown(vec![subject.is_alias(number)], &|_, _| true) {
        diagnostic = prover.with_witness(diagnostic, &shown);
    }
    Some(diagnostic)
}

/// Where an alias is declared.
fn place(sources: &Sources, name: &str) -> Option<Span> {
    sources.ids().find_map(|file| {
        sources.file(file).parse.root().items().find_map(|item| match item {
            Item::Alias(alias) => {
                let declared = alias.name()?;
                (declared.text() == name).then(|| Span::new(file, alias.range()))
            }
            _ => None,
        })
    })
}
