//! The most that one request can take under a plan: attempts, time and money. Upper bounds from what the policy says and, of
//! time, from the gateway's own limits where it says nothing.

use crate::change::usd;
use crate::question::Question;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use wayleave_compiler::model::{Plan, Policy, Who};
use wayleave_compiler::proof::serving::Serving;
use wayleave_program::catalogue::{Requested, Target, TargetId};
use wayleave_program::value::UsdMicros;
use wayleave_runtime::settings::Timeouts;

/// Bounds for one request.
pub(super) struct Worst {
    /// Calls of candidates, repeated ones and copies included.
    attempts: u64,
    /// Until a stream's first content or the last failure.
    first_content: Duration,
    /// The whole exchange.
    total: Duration,
    /// If all attempts are billed, each as large as fits; none where somebody has no price.
    cost: Option<UsdMicros>,
    /// The same for the dearest alone.
    dearest: Option<(UsdMicros, TargetId)>,
}

impl Worst {
    /// `serving`: which migrations apply.
    pub(super) fn of(plan: &Plan, serving: &Serving, question: &Question) -> Worst {
        let policy = &question.policy;
        let total = plan.tries.deadline_ms.map_or(Timeouts::STANDARD.total, Duration::from_millis);
        let mut worst = Worst {
            attempts: 0,
            first_content: Duration::ZERO,
            total,
            cost: Some(UsdMicros(0)),
            dearest: None,
        };
        let again = u64::from(plan.tries.retry);
        let pause =
            plan.tries.backoff_ms.map_or(Duration::ZERO, |(_, longest)| Duration::from_millis(longest));
        let named = plan.stages.iter().filter(|stage| stage.who != Who::Requested);
        let written: Vec<TargetId> = named.flat_map(|stage| members(policy, &stage.who).0).collect();
        for stage in &plan.stages {
            let (members, calls) = asked(policy, &stage.who, &written, serving);
            let calls = calls as u64 * (1 + again);
            worst.attempts += calls;
            let limit = members.iter().map(|target| limit(policy, *target, stage.within_ms)).max();
            let pauses = pause.saturating_mul(u32::try_from(calls / (1 + again) * again).unwrap_or(u32::MAX));
            let waits = limit.unwrap_or_default().saturating_mul(u32::try_from(calls).unwrap_or(u32::MAX));
            worst.first_content = worst.first_content.saturating_add(waits).saturating_add(pauses);
            match &stage.who {
                // Each of them may be asked, and no one twice.
                Who::Ordered(..) => members.iter().for_each(|one| worst.bill(policy, &[*one], 1 + again)),
                _ => worst.bill(policy, &members, calls),
            }
        }
        // A copy is one call more, and nobody waits for it.
        for index in &serving.copies {
            worst.attempts += 1;
            worst.bill(policy, &[policy.migrations[*index].new], 1);
        }
        worst.first_content = worst.first_content.min(total);
        worst
    }

    fn bill(&mut self, policy: &Policy, members: &[TargetId], calls: u64) {
        let costs: Option<Vec<(UsdMicros, TargetId)>> = members
            .iter()
            .map(|target| Some((largest(policy.catalogue.target(*target))?, *target)))
            .collect();
        let Some(dearest) = costs.and_then(|costs| costs.into_iter().max()) else {
            self.cost = None;
            return;
        };
        let more = dearest.0.0.saturating_mul(calls);
        self.cost = self.cost.map(|UsdMicros(sum)| UsdMicros(sum.saturating_add(more)));
        self.dearest = self.dearest.max(Some(dearest));
    }

    /// "at most 3 attempts, 45 s to the first word, 10 min in all, $0.40 (…)"
    pub(super) fn words(&self) -> String {
        let attempts = if self.attempts == 1 { "attempt" } else { "attempts" };
        let cost = match (self.cost, self.dearest) {
            (Some(all), Some((one, _))) if all == one => format!(", {}", usd(all)),
            (Some(all), Some((one, _))) => {
                format!(", {} an answer, {} if all are billed", usd(one), usd(all))
            }
            _ => ", no bound on money as not all have a price".to_owned(),
        };
        format!(
            "at most {} {attempts}, {} to the first content of a stream, {} in all{cost}",
            self.attempts,
            seconds(self.first_content),
            seconds(self.total)
        )
    }

    pub(super) fn document(&self) -> Value {
        let micros = |UsdMicros(micros): UsdMicros| micros;
        json!({
            "attempts": self.attempts,
            "first_content_ms": u64::try_from(self.first_content.as_millis()).unwrap_or(u64::MAX),
            "total_ms": u64::try_from(self.total.as_millis()).unwrap_or(u64::MAX),
            "answer_usd_micros": self.dearest.filter(|_| self.cost.is_some()).map(|(one, _)| micros(one)),
            "all_usd_micros": self.cost.map(micros),
        })
    }
}

/// Who may be asked at a stage, those that migrations bring included, and how many of them by one request.
fn asked(policy: &Policy, who: &Who, written: &[TargetId], serving: &Serving) -> (Vec<TargetId>, usize) {
    let (mut members, calls) = members(policy, who);
    let moves = serving.moves.iter().map(|index| &policy.migrations[*index]);
    // Who stands in the plan already is asked once all the same.
    let brought: BTreeSet<TargetId> =
        moves.filter(|by| members.contains(&by.old) && !written.contains(&by.new)).map(|by| by.new).collect();
    // One that is moved is asked before the one that it replaces.
    let more = brought.len().min(calls);
    members.extend(brought);
    (members, calls + more)
}

/// The same as written.
fn members(policy: &Policy, who: &Who) -> (Vec<TargetId>, usize) {
    let catalogue = &policy.catalogue;
    match who {
        Who::Target(target) => (vec![*target], 1),
        Who::Split(_, shares) => (shares.iter().map(|(_, target)| *target).collect(), 1),
        Who::Ordered(_, targets) => (targets.clone(), targets.len()),
        Who::Requested => {
            let names =
                catalogue.targets.iter().flat_map(|target| [&target.name, &target.model, &target.remote]);
            let lists = names.filter_map(|name| match catalogue.resolve(name) {
                Requested::Targets(targets) => Some(targets.len()),
                Requested::Alias(_) | Requested::Nothing => None,
            });
            (catalogue.target_ids().collect(), lists.max().unwrap_or_default())
        }
    }
}

/// Until the first content of a stream.
fn limit(policy: &Policy, target: TargetId, within_ms: Option<u64>) -> Duration {
    let provider = policy.catalogue.target(target).provider;
    let own = policy.catalogue.providers[provider.0 as usize].timeouts.first_token_ms;
    let least = within_ms.into_iter().chain(own).min();
    least.map_or(Timeouts::STANDARD.first_token, Duration::from_millis)
}

/// What a request costs that fills the context in the dearest way.
fn largest(target: &Target) -> Option<UsdMicros> {
    let price = target.price?;
    let (context, output) = (target.context.0, target.output.0.min(target.context.0));
    let of = |input: u64, output: u64| {
        let sum =
            u128::from(input) * u128::from(price.input.0) + u128::from(output) * u128::from(price.output.0);
        u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    };
    Some(UsdMicros(of(context, 0).max(of(context - output, output))))
}

fn seconds(time: Duration) -> String {
    match (time.as_secs(), time.subsec_millis()) {
        (0, millis) => format!("{millis} ms"),
        (whole, 0) if whole % 60 == 0 => format!("{} min", whole / 60),
        (whole, 0) => format!("{whole} s"),
        (whole, millis) => format!("{whole}.{:03} s", millis),
    }
}
