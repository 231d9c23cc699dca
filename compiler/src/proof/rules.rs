//! R0306: rules that never apply, and approvals of which everything is forbidden.

use super::formula::Formula;
use super::prover::{Prover, blame, listed};
use super::query::Answer;
use crate::decision::layers::{LayerKind, Owing};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Rule;
use crate::source::Span;
use std::collections::BTreeSet;

/// A rule with what holds where it does.
struct Asked<'s> {
    words: String,
    span: Span,
    holds: Formula<'s>,
}

/// What is told of them, and where those stand that never apply.
pub(super) fn never_applied(prover: &Prover<'_>) -> (Vec<Diagnostic>, BTreeSet<Span>) {
    let asked = all(prover);
    let mut found = prover
        .told(&asked, ("whether it ever applies", &|one| one.span), |one| never_applied_one(prover, one));
    let dead: BTreeSet<Span> = found.iter().map(|told| told.primary.span).collect();
    let approvals: Vec<u32> = (0..prover.policy().approvals.len() as u32)
        .filter(|index| {
            let rule = &prover.policy().approvals[*index as usize];
            !rule.is_tried && !dead.contains(&rule.span)
        })
        .collect();
    let at = |index: &u32| prover.policy().approvals[*index as usize].span;
    let what = "whether what it allows is forbidden";
    found.extend(prover.told(&approvals, (what, &at), |index| forbidden(prover, *index)));
    let dead = found.iter().map(|told| told.primary.span).collect();
    (found, dead)
}

/// Every rule, limit, budget and migration.
fn all<'s>(prover: &Prover<'s>) -> Vec<Asked<'s>> {
    let (policy, subject) = (prover.policy(), prover.subject);
    let mut found = Vec::new();
    let mut add = |words: String, span: Span, kind: LayerKind, number: u32| {
        found.push(Asked { words, span, holds: subject.holds(kind, number) });
    };
    fn each<B>(
        rules: &[Rule<B>],
        word: &str,
        kind: LayerKind,
        add: &mut dyn FnMut(String, Span, LayerKind, u32),
    ) {
        for (rule, index) in rules.iter().zip(0_u32..).filter(|(rule, _)| !rule.is_tried) {
            add(format!("{word} {}", rule.name), rule.span, kind, index);
        }
    }
    each(&policy.denials, "deny", LayerKind::Denials, &mut add);
    each(&policy.approvals, "approve", LayerKind::Approvals, &mut add);
    each(&policy.prohibitions, "forbid", LayerKind::Prohibitions, &mut add);
    each(&policy.requirements, "require approval", LayerKind::Requirements, &mut add);
    for (owing, number) in subject.rules.obligations.iter().zip(0_u32..) {
        let (words, span) = match owing {
            Owing::Redaction(index) => of("redact", &policy.redactions[*index as usize]),
            Owing::Flag(index) => of("flag", &policy.flags[*index as usize]),
            Owing::Cap(index) => of("cap", &policy.caps[*index as usize]),
            Owing::Log(index) => of("log", &policy.logs[*index as usize]),
        };
        add(words, span, LayerKind::Obligations, number);
    }
    for (counter, index) in policy.counters.iter().zip(0_u32..).filter(|(counter, _)| counter.is_enforced) {
        add(counter.rule_name().to_string(), counter.span, LayerKind::Counters, index);
    }
    let idle = policy.counters.iter().zip(0_u32..).filter(|(counter, _)| !counter.is_enforced);
    found.extend(idle.map(|(counter, index)| Asked {
        words: counter.rule_name().to_string(),
        span: counter.span,
        holds: Formula::from(&subject.counted[index as usize]),
    }));
    let mut add = |words: String, span: Span, kind: LayerKind, number: u32| {
        found.push(Asked { words, span, holds: subject.holds(kind, number) });
    };
    for (migration, index) in policy.migrations.iter().zip(0_u32..) {
        add(format!("migrate {}", migration.name), migration.span, LayerKind::Migrations, index);
    }
    for (tried, index) in subject.rules.tried_of_request.iter().zip(0_u32..) {
        add(format!("observe {}", tried.name), tried.span, LayerKind::TriedOfRequest, index);
    }
    for (tried, index) in subject.rules.tried_of_target.iter().zip(0_u32..) {
        add(format!("observe {}", tried.name), tried.span, LayerKind::TriedOfTarget, index);
    }
    found
}

fn of<B>(word: &str, rule: &Rule<B>) -> (String, Span) {
    (format!("{word} {}", rule.name), rule.span)
}

fn never_applied_one<'s>(prover: &Prover<'s>, asked: &Asked<'s>) -> Option<Diagnostic> {
    match prover.find(vec![asked.holds.clone()]) {
        Answer::Some(_) => None,
        Answer::Unknown => {
            Some(prover.too_large(asked.span, &format!("whether `{}` ever applies", asked.words)))
        }
        Answer::None => {
            let message = format!("`{}` never applies: no request fulfils its condition", asked.words);
            Some(
                Diagnostic::new(Code::R0306, message, asked.span, "never holds")
                    .with_help("mend the condition, or remove the rule"),
            )
        }
    }
}

/// An approval of which everything is denied or forbidden.
fn forbidden(prover: &Prover<'_>, index: u32) -> Option<Diagnostic> {
    let subject = prover.subject;
    let rule = &prover.policy().approvals[index as usize];
    let holds = || subject.holds(LayerKind::Approvals, index);
    let prohibitions = Formula::Boxes(subject.rules.layer(LayerKind::Prohibitions), None);
    match prover.find(vec![holds(), prohibitions.negated(), subject.is_denied().negated()]) {
        Answer::Some(_) => return None,
        Answer::Unknown => {
            let question = format!("whether `approve {}` approves anything", rule.name);
            return Some(prover.too_large(rule.span, &question));
        }
        Answer::None => {}
    }
    let mut causes = prover.denials();
    causes.extend(prover.prohibitions());
    let cover = prover.cover(&[holds()], &causes)?;
    let names: Vec<String> = cover.iter().map(|cause| cause.words.clone()).collect();
    let message = format!(
        "`approve {}` approves nothing: {} against all of it",
        rule.name,
        match names.len() {
            1 => format!("{} stands", names[0]),
            _ => format!("{} stand", listed(&names)),
        }
    );
    let diagnostic = Diagnostic::new(Code::R0306, message, rule.span, "approves nothing");
    let mut diagnostic = blame(diagnostic, &cover, "wins over it")
        .with_help("remove the approval, or narrow what stands against it");
    if let Answer::Some(shown) = prover.shown(vec![holds()], &|_, _| true) {
        diagnostic = prover.with_witness(diagnostic, &shown);
    }
    Some(diagnostic)
}
