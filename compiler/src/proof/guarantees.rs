//! R0401 and R0402: what a policy promises, over all requests, phases, findings, counters, grants, draws and outages. Whoever
//! may become a candidate counts as asked, since any candidate before it may fail.

use super::choices::{CHOICES, choices, subsets};
use super::formula::Formula;
use super::prover::{Prover, Shown, listed};
use super::query::Answer;
use super::subject::{PlanOf, members};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Claim, Counted, Guarantee, Plan, Who};
use crate::source::Span;
use crate::spec;
use std::collections::BTreeSet;
use std::time::Duration;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::{Decision, Outcome, RuleName};

/// What was found of a guarantee.
#[derive(Debug, Clone)]
pub struct Proven {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What is taken for granted: of claims that something happens.
    pub assumes: Vec<&'static str>,
    /// What it took.
    pub time: Duration,
    /// What is told where it does not simply hold.
    pub diagnostic: Option<Diagnostic>,
    /// Of one that fails: the request, and what is decided on it.
    pub counterexample: Option<(Attributes, Decision)>,
    /// Of one that fails: the lines that led there, in the order in which they are met, each with what it does.
    pub path: Vec<(Span, String)>,
}

/// Whether a guarantee holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Of every request.
    Holds,
    /// Not of the one that is shown.
    Fails,
    /// Of every request, since it speaks of none.
    Vacuous,
    /// It was not found out within the work budget.
    Unknown,
}

impl Verdict {
    /// As `prove --format json` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Fails => "fails",
            Verdict::Vacuous => "vacuous",
            Verdict::Unknown => "unknown",
        }
    }
}

/// What claims that a request is served take for granted.
const LIVE: [&str; 3] =
    ["limits and budgets have room", "detectors answer in time", "a provider that is asked answers"];

pub(super) fn prove(prover: &Prover<'_>, number: usize, clock: super::Clock<'_>) -> Proven {
    let guarantee = &prover.policy().guarantees[number];
    let begin = clock();
    let mut proven = Proven {
        name: guarantee.name.clone(),
        span: guarantee.span,
        verdict: Verdict::Holds,
        assumes: match guarantee.claim {
            Claim::Served(_) => LIVE.to_vec(),
            Claim::Always(..) | Claim::Denied(_) | Claim::AtLeast(..) | Claim::Redacted(..) => Vec::new(),
        },
        time: Duration::ZERO,
        diagnostic: None,
        counterexample: None,
        path: Vec::new(),
    };
    let asked = Asked { prover, guarantee, number };
    match asked.violation() {
        Answer::Some(shown) => asked.failed(shown, &mut proven),
        Answer::Unknown => {
            proven.verdict = Verdict::Unknown;
            let question = format!("whether `guarantee {}` holds", guarantee.name);
            proven.diagnostic = Some(prover.too_large(guarantee.span, &question));
        }
        // Of what is assumed a guarantee need say nothing.
        Answer::None if prover.assumes() && asked.is_vacuous() => proven.verdict = Verdict::Vacuous,
        Answer::None if asked.is_vacuous() => {
            proven.verdict = Verdict::Vacuous;
            let message = format!("`guarantee {}` promises nothing: {}", guarantee.name, asked.of_nothing());
            let diagnostic = Diagnostic::new(Code::R0402, message, guarantee.span, "holds of nothing");
            proven.diagnostic = Some(diagnostic.with_help("mend its condition, or remove it"));
        }
        Answer::None => {}
    }
    proven.time = clock().saturating_sub(begin);
    proven
}

struct Asked<'a, 's> {
    prover: &'a Prover<'s>,
    guarantee: &'s Guarantee,
    number: usize,
}

impl<'s> Asked<'_, 's> {
    /// Of which requests, or attempts, it is claimed.
    fn when(&self) -> Formula<'s> {
        Formula::from(&self.prover.subject.claims[self.number].1)
    }

    fn plans(&self) -> Vec<(PlanOf<'s>, &'s Plan)> {
        self.prover.subject.plans.iter().filter_map(|of| Some((*of, of.plan?))).collect()
    }

    fn violation(&self) -> Answer<Shown> {
        match &self.guarantee.claim {
            Claim::Always(..) => {
                let claimed = Formula::from(&self.prover.subject.claims[self.number].0);
                self.attempt(&|target| claimed.clone().negated().of(target))
            }
            Claim::Redacted(findings, _) => {
                let masked = |target| {
                    let all = findings.iter().map(|finding| self.prover.subject.is_masked(finding, target));
                    Formula::All(all.collect()).negated()
                };
                self.attempt(&masked)
            }
            Claim::Denied(_) => self.not_denied(),
            Claim::Served(_) => self.not_served(),
            Claim::AtLeast(count, counted, _) => self.too_few(*count, *counted),
        }
    }

    /// An attempt that is claimed of, and of which something else is true.
    fn attempt(&self, wrong: &dyn Fn(TargetId) -> Formula<'s>) -> Answer<Shown> {
        let subject = self.prover.subject;
        let policy = self.prover.policy();
        let mut unsafe_targets: BTreeSet<TargetId> = BTreeSet::new();
        // Whatever routes say: may the target be asked at all, where it is wrong?
        for target in policy.catalogue.target_ids() {
            let parts = vec![
                self.when().of(target),
                wrong(target),
                subject.is_eligible(target),
                subject.is_denied().negated(),
            ];
            if !matches!(self.prover.find(parts), Answer::None) {
                unsafe_targets.insert(target);
            }
        }
        if unsafe_targets.is_empty() {
            return Answer::None;
        }
        let mut is_known = true;
        for (of, plan) in self.plans() {
            for (target, attempt) in subject.attempts(plan) {
                if !unsafe_targets.contains(&target) {
                    continue;
                }
                let parts = vec![
                    self.when().of(target),
                    wrong(target),
                    attempt,
                    subject.is_answered(of.number),
                    subject.has_room(),
                ];
                match self.shown(parts) {
                    Answer::Some(shown) => return Answer::Some(shown),
                    Answer::Unknown => is_known = false,
                    Answer::None => {}
                }
            }
        }
        if is_known { Answer::None } else { Answer::Unknown }
    }

    fn not_denied(&self) -> Answer<Shown> {
        let subject = self.prover.subject;
        // Whatever routes say: is it not denied at all?
        let early = vec![self.when(), subject.is_denied().negated()];
        if matches!(self.prover.find(early), Answer::None) {
            return Answer::None;
        }
        let mut is_known = true;
        for (of, plan) in self.plans() {
            let attempts = subject.attempts(plan).into_iter().map(|(_, attempt)| attempt).collect();
            let parts = vec![self.when(), Formula::Any(attempts), subject.is_answered(of.number)];
            match self.shown(parts) {
                Answer::Some(shown) => return Answer::Some(shown),
                Answer::Unknown => is_known = false,
                Answer::None => {}
            }
        }
        if is_known { Answer::None } else { Answer::Unknown }
    }

    /// A request of which all of it holds and which is against the claim, as plain as can be.
    fn shown(&self, parts: Vec<Formula<'s>>) -> Answer<Shown> {
        self.prover.shown_plainly(parts, &|request, decision| self.violation_of(request, decision).is_some())
    }

    /// Whether a decision is against the claim; of a claim about attempts, which attempt.
    fn violation_of(&self, request: &Attributes, decision: &Decision) -> Option<Option<TargetId>> {
        let policy = self.prover.policy();
        let asked = spec::Asked::of(policy, request);
        let attempts =
            || decision.candidates().map(|(target, _)| target).chain(decision.shadow.iter().copied());
        let is_routed = decision.outcome == Outcome::Route;
        match &self.guarantee.claim {
            Claim::Always(claimed, when) => {
                let is_wrong = |target: &TargetId| {
                    asked.holds(when, Some(*target)) && !asked.holds(claimed, Some(*target))
                };
                attempts().filter(|_| is_routed).find(is_wrong).map(Some)
            }
            Claim::Redacted(findings, when) => {
                let is_masked = |target: TargetId, finding: &String| {
                    let mut owed = decision.obligations.iter().filter(|owed| owed.target == target);
                    owed.any(|owed| owed.obligations.redact.iter().any(|one| one.find == *finding))
                };
                let is_wrong = |target: &TargetId| {
                    asked.holds(when, Some(*target)) && !findings.iter().all(|one| is_masked(*target, one))
                };
                attempts().filter(|_| is_routed).find(is_wrong).map(Some)
            }
            Claim::Denied(when) => {
                // What needs an approval is denied for as long as nobody grants it.
                let is_let_through = matches!(decision.outcome, Outcome::Route | Outcome::Limited);
                (asked.holds(when, None) && is_let_through).then_some(None)
            }
            Claim::Served(when) => {
                let is_served = matches!(decision.outcome, Outcome::Route | Outcome::Limited);
                (asked.holds(when, None) && !is_served).then_some(None)
            }
            Claim::AtLeast(count, counted, when) => {
                let groups: BTreeSet<u32> =
                    decision.candidates().map(|(target, _)| self.group(target, *counted)).collect();
                let is_wrong = is_routed && groups.len() < *count as usize && asked.holds(when, None);
                is_wrong.then_some(None)
            }
        }
    }

    /// What a claim counts.
    fn group(&self, target: TargetId, counted: Counted) -> u32 {
        match counted {
            Counted::Models => target.0,
            Counted::Providers => self.prover.policy().catalogue.target(target).provider.0,
        }
    }

    fn not_served(&self) -> Answer<Shown> {
        let subject = self.prover.subject;
        let mut is_known = true;
        for refused in [subject.is_denied(), subject.is_left_over()] {
            match self.shown(vec![self.when(), refused]) {
                Answer::Some(shown) => return Answer::Some(shown),
                Answer::Unknown => is_known = false,
                Answer::None => {}
            }
        }
        for of in &subject.plans {
            let mut parts = vec![self.when(), subject.is_answered(of.number)];
            parts.extend(of.plan.map(|plan| subject.nobody_left(plan)));
            match self.shown(parts) {
                Answer::Some(shown) => return Answer::Some(shown),
                Answer::Unknown => is_known = false,
                Answer::None => {}
            }
        }
        if is_known { Answer::None } else { Answer::Unknown }
    }

    fn too_few(&self, count: u32, counted: Counted) -> Answer<Shown> {
        let subject = self.prover.subject;
        let mut is_known = true;
        for (of, plan) in self.plans() {
            let attempts = subject.attempts(plan);
            let group = |target: TargetId| self.group(target, counted);
            let groups: BTreeSet<u32> = attempts.iter().map(|(target, _)| group(*target)).collect();
            let groups: Vec<u32> = groups.into_iter().collect();
            let fewer = (count as usize - 1).min(groups.len());
            if choices(groups.len() as u64, fewer as u64) > CHOICES {
                is_known = false;
                continue;
            }
            for chosen in subsets(&groups, fewer) {
                let is_inside = |target: TargetId| chosen.contains(&group(target));
                let some = attempts
                    .iter()
                    .filter(|(target, _)| is_inside(*target))
                    .map(|(_, attempt)| attempt.clone());
                let parts = vec![
                    self.when(),
                    Formula::Any(some.collect()),
                    self.all_inside(plan, &is_inside),
                    subject.is_answered(of.number),
                    subject.has_room(),
                ];
                match self.shown(parts) {
                    Answer::Some(shown) => return Answer::Some(shown),
                    Answer::Unknown => is_known = false,
                    Answer::None => {}
                }
            }
        }
        if is_known { Answer::None } else { Answer::Unknown }
    }

    /// For some draws, every candidate of a plan is one of these.
    fn all_inside(&self, plan: &'s Plan, is_inside: &dyn Fn(TargetId) -> bool) -> Formula<'s> {
        let subject = self.prover.subject;
        let outside = |targets: &[TargetId]| -> Vec<Formula<'s>> {
            targets
                .iter()
                .filter(|target| !is_inside(**target))
                .map(|target| subject.is_eligible(*target))
                .collect()
        };
        let inside = |targets: &[TargetId]| -> Vec<Formula<'s>> {
            targets
                .iter()
                .filter(|target| is_inside(**target))
                .map(|target| subject.is_eligible(*target))
                .collect()
        };
        let mut parts = Vec::new();
        for stage in &plan.stages {
            match &stage.who {
                Who::Requested => {
                    for (targets, when) in &subject.named {
                        let eligible = Formula::Any(outside(targets));
                        parts.push(Formula::All(vec![Formula::from(when), eligible]).negated());
                    }
                }
                // One of a split is drawn: one inside, if there is one.
                who @ Who::Split(..) => {
                    let targets = members(who);
                    let none = Formula::Any(outside(&targets)).negated();
                    parts.push(Formula::Any(inside(&targets).into_iter().chain([none]).collect()));
                }
                who => parts.push(Formula::Any(outside(&members(who))).negated()),
            }
        }
        for (migration, index) in self.prover.policy().migrations.iter().zip(0..) {
            let all = || vec![subject.moves(index, plan), subject.draws_all(index)];
            for stage in &plan.stages {
                let stands = match &stage.who {
                    Who::Requested => subject.is_named(migration.old),
                    who => Formula::constant(members(who).contains(&migration.old)),
                };
                let mut moved = all();
                moved.push(stands);
                match &stage.who {
                    // Of a split that is moved one is drawn too.
                    who @ Who::Split(..) => {
                        let new =
                            |target: TargetId| if target == migration.old { migration.new } else { target };
                        let targets: Vec<TargetId> = members(who).into_iter().map(new).collect();
                        let none = Formula::Any(outside(&targets)).negated();
                        let drawn = Formula::Any(inside(&targets).into_iter().chain([none]).collect());
                        moved.push(drawn.negated());
                    }
                    _ if is_inside(migration.new) => continue,
                    _ => moved.push(subject.is_eligible(migration.new)),
                }
                parts.push(Formula::All(moved).negated());
            }
        }
        Formula::All(parts)
    }

    /// Whether there is nothing that it is claimed of.
    fn is_vacuous(&self) -> bool {
        let subject = self.prover.subject;
        let some = |parts: Vec<Formula<'s>>| !matches!(self.prover.find(parts), Answer::None);
        match &self.guarantee.claim {
            Claim::Denied(_) | Claim::Served(_) => !some(vec![self.when()]),
            Claim::Always(..) | Claim::Redacted(..) => !self.plans().into_iter().any(|(of, plan)| {
                subject.attempts(plan).into_iter().any(|(target, attempt)| {
                    some(vec![
                        self.when().of(target),
                        attempt,
                        subject.is_answered(of.number),
                        subject.has_room(),
                    ])
                })
            }),
            Claim::AtLeast(..) => !self.plans().into_iter().any(|(of, plan)| {
                let attempts = subject.attempts(plan).into_iter().map(|(_, attempt)| attempt).collect();
                some(vec![
                    self.when(),
                    Formula::Any(attempts),
                    subject.is_answered(of.number),
                    subject.has_room(),
                ])
            }),
        }
    }

    fn of_nothing(&self) -> &'static str {
        match &self.guarantee.claim {
            Claim::Denied(_) | Claim::Served(_) => "no request fulfils its condition",
            Claim::AtLeast(..) => "no request that fulfils its condition is ever routed",
            Claim::Always(..) | Claim::Redacted(..) => {
                "no request and target that it speaks of ever come together"
            }
        }
    }

    /// What happens to the request that is shown.
    fn failure(&self, shown: &Shown, target: Option<TargetId>) -> String {
        let prover = self.prover;
        let decision = &shown.decision;
        let candidate = target.map(|target| prover.target_name(target)).unwrap_or_default();
        match &self.guarantee.claim {
            Claim::Always(..) => {
                format!(
                    "`{candidate}` may be asked for the request shown, and `{}` is not true then",
                    self.claimed()
                )
            }
            Claim::Redacted(findings, _) => {
                let redact = decision.obligations.iter().find(|owed| Some(owed.target) == target);
                let masked = |finding: &&String| {
                    redact.is_some_and(|owed| owed.obligations.redact.iter().any(|one| one.find == **finding))
                };
                let missing: Vec<String> = findings
                    .iter()
                    .filter(|finding| !masked(finding))
                    .map(|finding| format!("`{finding}`"))
                    .collect();
                format!("`{candidate}` may be sent {} unmasked", listed(&missing))
            }
            Claim::Denied(_) => match decision.candidates().next() {
                Some(_) if decision.outcome == Outcome::Limited => {
                    "the request shown is limited, which is not denied".to_owned()
                }
                Some((first, _)) => format!("the request shown goes to `{}`", prover.target_name(first)),
                None => "the request shown is not denied".to_owned(),
            },
            Claim::Served(_) => match decision.outcome {
                Outcome::ApprovalRequired => {
                    "the request shown needs an approval that may not be granted".to_owned()
                }
                _ => "the request shown is denied".to_owned(),
            },
            Claim::AtLeast(count, counted, _) => {
                let targets: Vec<String> = decision
                    .candidates()
                    .map(|(target, _)| format!("`{}`", prover.target_name(target)))
                    .collect();
                let wanted = match (counted, count) {
                    (Counted::Models, _) => format!("{count} models"),
                    (Counted::Providers, 1) => "a provider".to_owned(),
                    (Counted::Providers, _) => format!("{count} providers"),
                };
                format!("the request shown can only go to {}, which is fewer than {wanted}", listed(&targets))
            }
        }
    }

    fn failed(&self, shown: Shown, proven: &mut Proven) {
        let prover = self.prover;
        let target = self.violation_of(&shown.request, &shown.decision).flatten();
        let own = |of: &&PlanOf<'_>| {
            let is_route = shown.decision.route.as_ref() == Some(&prover.route(of).name);
            is_route && shown.decision.arm == of.arm
        };
        let of = prover.subject.plans.iter().find(own).copied();
        let name = &self.guarantee.name;
        let what = self.failure(&shown, target);
        let mut diagnostic = Diagnostic::new(
            Code::R0401,
            format!("`guarantee {name}` does not hold: {what}"),
            self.guarantee.span,
            "promised here",
        );
        proven.path = self.path(&shown, of, target);
        for (span, text) in &proven.path {
            diagnostic = diagnostic.with_label(*span, text.clone());
        }
        diagnostic = diagnostic.with_help(match &self.guarantee.claim {
            Claim::Always(..) | Claim::Redacted(..) | Claim::Denied(_) => {
                "close the way that is shown, or narrow what is promised with `when`"
            }
            Claim::Served(_) => "open a way for such requests, or narrow what is promised with `when`",
            Claim::AtLeast(..) => "add a candidate for such requests, or narrow what is promised with `when`",
        });
        proven.verdict = Verdict::Fails;
        proven.diagnostic = Some(prover.with_witness(diagnostic, &shown));
        proven.counterexample = Some((shown.request, shown.decision));
    }

    /// What is claimed to be always true, as it is written.
    fn claimed(&self) -> String {
        let whole = self.prover.text(self.guarantee.span);
        let claimed = whole.split_once(" always ").map_or(whole.as_str(), |(_, claimed)| claimed);
        claimed.split_once(" when ").map_or(claimed, |(claimed, _)| claimed).to_owned()
    }

    /// The lines that lead a request to where it should not be.
    fn path(&self, shown: &Shown, of: Option<PlanOf<'s>>, target: Option<TargetId>) -> Vec<(Span, String)> {
        let prover = self.prover;
        let (policy, subject) = (prover.policy(), prover.subject);
        let asked = spec::Asked::of(policy, &shown.request);
        let mut path = Vec::new();
        for rule in policy.denials.iter().filter(|rule| !rule.is_tried && asked.rule_holds(rule, None)) {
            path.push((rule.span, format!("`deny {}` holds", rule.name)));
        }
        let Some(of) = of else {
            if path.is_empty() {
                path.push((policy.otherwise.span, "no route takes it".to_owned()));
            }
            return path;
        };
        let route = prover.route(&of);
        path.push((route.head, format!("`route {}` answers it", route.name)));
        if of.arm.is_some() {
            path.push((prover.place(&of), "by this arm".to_owned()));
        }
        let stands =
            target.is_some_and(|target| of.plan.is_some_and(|plan| subject.in_plan(plan).contains(&target)));
        for migration in &policy.migrations {
            if target == Some(migration.new) && !stands {
                let old = prover.target_name(migration.old);
                let is_copy = shown.decision.shadow.contains(&migration.new);
                let what = if is_copy { "copies to it what goes to" } else { "puts it in the place of" };
                path.push((migration.span, format!("{what} `{old}`")));
            }
        }
        for approval in policy.approvals.iter().filter(|rule| !rule.is_tried) {
            let asked_of = |target: TargetId| {
                approval.body.targets.contains(&target) && asked.rule_holds(approval, Some(target))
            };
            if let Some(target) = target.filter(|target| asked_of(*target)) {
                path.push((approval.span, format!("approves `{}` for it", prover.target_name(target))));
                break;
            }
        }
        if target.is_none() {
            self.removed(shown, &mut path);
        }
        path
    }
}

impl Asked<'_, '_> {
    /// What takes candidates out.
    fn removed(&self, shown: &Shown, path: &mut Vec<(Span, String)>) {
        let policy = self.prover.policy();
        for removed in &shown.decision.removed {
            let name = self.prover.target_name(removed.target);
            for reason in &removed.reasons {
                let span = match &reason.by {
                    RuleName::Forbid(rule) => {
                        policy.prohibitions.iter().find(|one| one.name == *rule).map(|one| one.span)
                    }
                    RuleName::Approval(rule) => {
                        policy.requirements.iter().find(|one| one.name == *rule).map(|one| one.span)
                    }
                    _ => None,
                };
                match (span, path.iter_mut().find(|(known, _)| Some(*known) == span)) {
                    (Some(_), Some((_, text))) => text.push_str(&format!(", `{name}`")),
                    (Some(span), None) => path.push((span, format!("takes out `{name}`"))),
                    (None, _) => {}
                }
            }
        }
    }
}
