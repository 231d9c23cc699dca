//! The loop's side of what is proven: when a proof begins and ends, and who is told what it found.

use super::parent::Parent;
use super::{Again, Change, Server, Waiting, WaitsFor};
use crate::features::diagnostics::CheckedPolicy;
use crate::features::proofs::Proofs;
use crate::proving::{Extent, Given, Heard};
use crate::requests::Refusal;
use lsp_server::{ErrorCode, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use wayleave_compiler::Options;

impl Server<'_> {
    pub(super) fn options(&self) -> Options {
        Options { as_of: self.as_of }
    }

    /// The texts are others now: what was asked and found of them is over, but for policies that stay as they are.
    pub(super) fn outdate(&mut self, change: Change) {
        match change {
            Change::Files => self.doubt(),
            Change::Texts | Change::Nothing => self.doubt_in_time(),
        }
        if let Some(policies) = self.policies.take() {
            // Of a policy that has errors now, what it was before them is of more use.
            let mut earlier = std::mem::take(&mut self.before);
            let last = |policy: CheckedPolicy| {
                let sound = earlier.iter().position(|one| one.is_earlier(&policy));
                sound.map(|at| earlier.swap_remove(at)).unwrap_or(policy)
            };
            self.before = policies.into_iter().map(last).collect();
        }
        self.proving.outdate();
        self.end_progress();
        self.refuse_waiting(ErrorCode::ContentModified, "the text has changed since");
    }

    /// Begins with what nobody has proven yet, once it is quiet.
    pub(super) fn prove_later(&mut self) {
        if !self.to_prove().is_empty() {
            self.proving.begin_later();
        }
    }

    fn to_prove(&self) -> Vec<Given> {
        let policies = self.snapshot().policies().iter().enumerate();
        let given = policies.filter_map(|(number, policy)| {
            let (sources, policy) = policy.to_prove()?;
            Some((number, sources, policy))
        });
        given.collect()
    }

    /// When something is to be done though nobody says anything.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let is_shown = !self.client.abilities.shows_progress || self.progress.is_wanted();
        let parent = self.parent.as_ref().map(Parent::next);
        self.proving.deadline(is_shown).into_iter().chain(parent).min()
    }

    pub(super) fn in_time(&mut self) {
        if self.proving.is_due() {
            let extent =
                if self.client.abilities.shows_hints { Extent::ChecksAndRoutes } else { Extent::Checks };
            self.proving.begin(self.to_prove(), self.options(), extent);
        } else if self.proving.is_slow() && self.client.abilities.shows_progress && !self.progress.is_wanted()
        {
            let asking = self.progress.ask();
            self.send(asking);
        }
    }

    /// A request of ours was answered.
    pub(super) fn answered(&mut self, response: &Response) {
        self.watched(response);
        let is_agreed = response.response_result.is_ok();
        if let Some(begin) = self.progress.agreed(&response.id, is_agreed) {
            self.send(begin);
        }
    }

    fn end_progress(&mut self) {
        if let Some(end) = self.progress.end() {
            self.send(end);
        }
    }

    pub(super) fn heard(&mut self, told: (u64, Heard)) {
        match self.proving.hear(told) {
            None => {}
            Some(Heard::Step(what, done, all)) => {
                if let Some(report) = self.progress.step(&what, done, all) {
                    self.send(report);
                }
            }
            Some(Heard::Proven(number, exact)) => {
                let policies = self.policies.get_mut();
                let Some(policy) = policies.and_then(|policies| policies.get_mut(number)) else { return };
                if policy.take(exact) {
                    self.publish_found();
                    self.ask_again(Again::Diagnostics);
                }
                self.ask_again(Again::Beside);
                self.answer_waiting();
            }
            Some(Heard::Served(number, serving)) => {
                let policies = self.policies.get_mut();
                let Some(policy) = policies.and_then(|policies| policies.get_mut(number)) else { return };
                policy.serving = Some(Arc::new(serving));
                self.ask_again(Again::Beside);
            }
            Some(Heard::Failed) => {
                self.log("the exact checks failed with an error of their own");
                for policy in self.policies.get_mut().into_iter().flatten() {
                    if matches!(policy.proofs, Proofs::Pending) {
                        policy.proofs = Proofs::Failed;
                    }
                }
                self.ask_again(Again::Beside);
                self.answer_waiting();
            }
            Some(Heard::Ended) => self.end_progress(),
            Some(Heard::Sampled(id, document)) => self.sampled(&id, document),
        }
    }

    /// Whether something is still being proven.
    pub(super) fn is_proving(&self) -> bool {
        self.snapshot().policies().iter().any(|policy| matches!(policy.proofs, Proofs::Pending))
    }

    /// What depends on what was being proven can be answered now.
    fn answer_waiting(&mut self) {
        if self.is_proving() {
            return;
        }
        let (ready, others) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|waiting| waiting.waits_for == WaitsFor::Proofs);
        self.waiting = others;
        ready.into_iter().for_each(|waiting| self.execute(waiting.request));
    }

    /// Nobody is going to find out what these wait for.
    pub(super) fn refuse_waiting(&mut self, code: ErrorCode, message: &str) {
        for waiting in std::mem::take(&mut self.waiting) {
            let refusal = Refusal { code, message: message.to_owned() };
            self.respond(waiting.request.id, Err(refusal));
        }
    }

    /// The client does not want to know any more.
    pub(super) fn take_back(&mut self, id: &Value) {
        let (taken, waiting): (Vec<Waiting>, Vec<Waiting>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|one| json!(one.request.id) == *id);
        self.waiting = waiting;
        for one in taken {
            let message = "the request was cancelled".to_owned();
            let refusal = Refusal { code: ErrorCode::RequestCanceled, message };
            self.respond(one.request.id, Err(refusal));
        }
    }
}
