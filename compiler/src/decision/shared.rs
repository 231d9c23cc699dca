//! Rules about targets, divided: what they ask of the request is searched once, and what they ask of a target is asked of the
//! few rules that are left, target by target.

use super::boxes::{Constraint, Dimension, Expression, RuleBox};
use super::layers::{LayerKind, Rules};
use super::lower::Computed;
use super::partition::TARGET;
use std::collections::BTreeSet;

/// Where more boxes than this ask nothing of the request, they would be left for every request: such a layer is not divided.
const OPEN_LIMIT: usize = 48;

/// The boxes of a layer, as far as they ask of the request; and what each of them asks of the target. None where the layer
/// is better searched for each target.
pub(super) fn divided(rules: &Rules, kind: LayerKind) -> Option<(Vec<RuleBox>, Vec<RuleBox>)> {
    let of_target = |computed: &Computed| computed.dimension();
    let own: BTreeSet<Dimension> = rules.of_target.iter().map(of_target).chain([TARGET]).collect();
    let halves = rules.layer(kind).iter().map(|one| divide(one, &own));
    let (of_request, of_target): (Vec<RuleBox>, Vec<RuleBox>) = halves.unzip();
    let is_open = |one: &&RuleBox| one.constraints.is_empty() && one.residual.is_empty();
    (of_request.iter().filter(is_open).count() <= OPEN_LIMIT).then_some((of_request, of_target))
}

fn divide(one: &RuleBox, own: &BTreeSet<Dimension>) -> (RuleBox, RuleBox) {
    let reads = |expression: &Expression| {
        let mut found = BTreeSet::new();
        expression.add_dimensions(&mut found);
        !found.is_disjoint(own)
    };
    let is_own = |constraint: &Constraint| own.contains(&constraint.dimension);
    let (target_constraints, constraints): (Vec<_>, Vec<_>) =
        one.constraints.iter().cloned().partition(is_own);
    let (target_residual, residual): (Vec<_>, Vec<_>) = one.residual.iter().cloned().partition(reads);
    let rule = one.rule;
    let of_target = RuleBox { rule, constraints: target_constraints, residual: target_residual };
    (RuleBox { rule, constraints, residual }, of_target)
}
