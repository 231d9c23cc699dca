//! Catalogues and decisions by chance: what a policy could have decided.

use fastrand::Rng;
use wayleave_program::catalogue::{
    Catalogue, Network, Protocol, Provider, ProviderId, Target, TargetId, Timeouts,
};
use wayleave_program::decision::{Decision, Outcome};
use wayleave_program::plan::{FailureClass, Stage, TryOrder};
use wayleave_program::value::Tokens;

/// A request and what is decided of it.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) decision: Decision,
    pub(super) is_stream: bool,
    /// Until the first content of each candidate, and between two pieces.
    pub(super) patience_ms: u64,
}

/// One to three providers with one to three models each.
pub(super) fn catalogue(chance: &mut Rng) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for provider in 0..chance.u32(1..=3) {
        let name = format!("p{provider}");
        for model in 0..chance.u32(1..=3) {
            catalogue.targets.push(Target {
                provider: ProviderId(provider),
                name: format!("{name}/m{model}"),
                model: format!("m{model}"),
                remote: format!("m{model}"),
                supports: vec!["chat".to_owned()],
                context: Tokens(1000),
                output: Tokens(1000),
                price: None,
            });
        }
        catalogue.providers.push(Provider {
            name,
            protocol: Protocol::Simulated,
            url: None,
            key: None,
            network: Network::Public,
            timeouts: Timeouts::default(),
        });
    }
    catalogue
}

impl Planned {
    pub(super) fn new(catalogue: &Catalogue, chance: &mut Rng) -> Planned {
        let mut targets: Vec<TargetId> = catalogue.target_ids().collect();
        chance.shuffle(&mut targets);
        targets.truncate(chance.usize(1..=targets.len()));
        let mut decision = Decision::of(Outcome::Route);
        while !targets.is_empty() {
            let candidates = targets.split_off(targets.len() - chance.usize(1..=targets.len().min(3)));
            let orders = [TryOrder::Given, TryOrder::Fastest, TryOrder::LeastBusy];
            let order = orders[chance.usize(0..orders.len())];
            decision.plan.push(Stage { candidates, order, within_ms: None });
        }
        decision.failover = match chance.u8(0..4) {
            0 => vec![FailureClass::Timeout, FailureClass::Ambiguous],
            1 => vec![FailureClass::RateLimited, FailureClass::ServerError, FailureClass::Status(402)],
            _ => FailureClass::DEFAULT.to_vec(),
        };
        decision.retry = chance.u32(0..4);
        decision.backoff_ms = chance.bool().then(|| (chance.u64(0..300), chance.u64(300..3_000)));
        decision.hedge_ms = chance.bool().then(|| chance.u64(1..2_000));
        decision.deadline_ms = (chance.u8(0..3) == 0).then(|| chance.u64(100..20_000));
        Planned { decision, is_stream: chance.bool(), patience_ms: chance.u64(200..4_000) }
    }

    /// The candidates of all stages.
    pub(super) fn candidates(&self) -> usize {
        self.decision.candidates().count()
    }
}
