//! One decision over a policy's layers, as numbers: which rules, targets and stages, in buffers that are used again. Follows
//! the language contract, section 5, step by step; once its buffers have grown nothing is allocated.

use super::boxes::RuleBox;
use super::layers::{LayerKind, Owing, Rules};
use super::lower::Computed;
use super::matcher::{Code, Matcher};
use super::partition::TARGET;
use super::program::{Facts, MachineCode};
use super::verdict::{Against, Behind, OwedBy, Part, Verdict};
use crate::model::draw::Draw;
use crate::model::{Migration, Ordering, Plan, PlanStage, Policy, Who};
use std::borrow::Cow;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::decision::Outcome;
use wayleave_program::document::write_value;
use wayleave_program::schema::{AttributeId, BuiltIn};
use wayleave_program::value::{Instant, MemberId, Share, Tokens, Value};

/// All of what a counter admits.
const WHOLE: Share = Share(1_000_000);

/// The lists of truths in machine code.
const OF_REQUEST: usize = 0;
const OF_TARGET: usize = 1;

/// A policy's layers, each with its matcher, and what is known of its targets.
pub(super) struct Evaluator<'e> {
    pub(super) policy: &'e Policy,
    pub(super) rules: &'e Rules,
    pub(super) matchers: &'e [Matcher],
    /// Indexed as `matchers`: what each box asks of the target, where the matcher asks of the request alone.
    pub(super) about_targets: &'e [Option<Vec<RuleBox>>],
    pub(super) facts: &'e Facts,
    /// Where there is some.
    pub(super) machine: Option<&'e MachineCode>,
}

/// One request, as far as more than its classes matters.
struct Asked<'a> {
    attributes: &'a Attributes,
    /// What it needs of a target, as [`Facts::capabilities`] has it.
    needs: u32,
    window: u64,
    output: u64,
    now: Option<Instant>,
}

impl<'e> Evaluator<'e> {
    /// Decides. Of attributes that are not given the defaults count.
    pub(super) fn decide(&self, attributes: &Attributes, verdict: &mut Verdict) {
        self.classify(attributes, &mut verdict.classes);
        self.decide_classified(attributes, verdict);
    }

    /// Decides, once the classes of the request are known.
    pub(super) fn decide_classified(&self, attributes: &Attributes, verdict: &mut Verdict) {
        verdict.clear();
        self.all(LayerKind::Denials, &verdict.classes, &mut verdict.denials);
        self.all(LayerKind::TriedOfRequest, &verdict.classes, &mut verdict.tried);
        if !verdict.denials.is_empty() {
            (verdict.outcome, verdict.behind) = (Outcome::Deny, Behind::Denials);
            return;
        }
        verdict.answer = self.answer(&verdict.classes);
        let Some(answer) = verdict.answer else {
            (verdict.outcome, verdict.behind) = (Outcome::Deny, Behind::Otherwise);
            return;
        };
        match self.rules.answers[answer as usize].outcome(self.policy) {
            Err(_) => (verdict.outcome, verdict.behind) = (Outcome::Deny, Behind::Arm),
            Ok(plan) => {
                verdict.behind = Behind::Plan;
                let asked = self.asked(attributes);
                self.plan(&asked, plan, verdict);
                self.tried(verdict);
            }
        }
    }

    /// The answer to a request of these classes, by its number.
    pub(super) fn answer(&self, classes: &[u32]) -> Option<u32> {
        self.first(LayerKind::Answers, classes)
    }

    fn first(&self, kind: LayerKind, classes: &[u32]) -> Option<u32> {
        self.matchers[kind as usize].first(self.code(kind), classes)
    }

    fn all(&self, kind: LayerKind, classes: &[u32], found: &mut Vec<u32>) {
        self.matchers[kind as usize].all(self.code(kind), classes, found);
    }

    fn code(&self, kind: LayerKind) -> Code<'e> {
        self.machine.map_or(Code::Walked, |machine| machine.code(kind))
    }

    /// Searches divided layers once for all targets.
    fn hold(&self, kinds: &[LayerKind], verdict: &mut Verdict) {
        for kind in kinds.iter().filter(|kind| self.about_targets[**kind as usize].is_some()) {
            let held = &mut verdict.held[*kind as usize];
            self.matchers[*kind as usize].boxes_held(self.code(*kind), &verdict.classes, held);
        }
    }

    /// Every rule of a layer that holds of the target that is looked at: ascending, each once.
    fn all_of_target(&self, kind: LayerKind, verdict: &mut Verdict) {
        let Some(rest) = &self.about_targets[kind as usize] else {
            return self.all(kind, &verdict.classes, &mut verdict.found);
        };
        verdict.found.clear();
        for index in &verdict.held[kind as usize] {
            let one = &rest[*index as usize];
            if verdict.found.last() != Some(&one.rule) && one.holds(&verdict.classes) {
                verdict.found.push(one.rule);
            }
        }
    }

    /// Whether some rule of a layer holds of the target that is looked at.
    fn some_of_target(&self, kind: LayerKind, verdict: &Verdict) -> bool {
        match &self.about_targets[kind as usize] {
            None => self.first(kind, &verdict.classes).is_some(),
            Some(rest) => {
                let mut held = verdict.held[kind as usize].iter();
                held.any(|index| rest[*index as usize].holds(&verdict.classes))
            }
        }
    }

    /// The classes of a request.
    pub(super) fn classify(&self, attributes: &Attributes, classes: &mut Vec<u32>) {
        let partition = &self.rules.partition;
        partition.classify_all(attributes, classes);
        if self.facts.tests_window {
            let value = Value::Tokens(Tokens(self.window(attributes)));
            partition.classify(BuiltIn::RequestWindow.id(), &value, classes);
        }
        if self.facts.tests_clock
            && let Some(now) = self.now(attributes)
        {
            let local = self.policy.schema.zone.local(now);
            partition.classify(BuiltIn::TimeOfDay.id(), &Value::TimeOfDay(local.minute), classes);
            partition.classify(BuiltIn::TimeWeekday.id(), &Value::Member(MemberId(local.weekday)), classes);
        }
        if let Some(machine) = self.machine.filter(|machine| machine.computes) {
            return machine.native.derive(OF_REQUEST, classes);
        }
        for index in &self.facts.computed {
            compute(&self.rules.computed[*index], attributes, classes);
        }
    }

    fn look_at(&self, target: TargetId, classes: &mut [u32]) {
        classes[TARGET.0 as usize] = target.0;
        if let Some(machine) = self.machine {
            return machine.native.derive(OF_TARGET, classes);
        }
        for index in &self.facts.of_target {
            if let Computed::Truth(dimension, expression) = &self.rules.of_target[*index] {
                classes[dimension.0 as usize] = u32::from(expression.holds(classes));
            }
        }
    }

    /// A value: the one given, or the default.
    fn value<'a>(&'a self, attributes: &'a Attributes, id: AttributeId) -> &'a Value {
        attributes.get(id).unwrap_or(&self.facts.defaults[id.0 as usize])
    }

    fn tokens(&self, attributes: &Attributes, of: BuiltIn) -> u64 {
        match self.value(attributes, of.id()) {
            Value::Tokens(tokens) => tokens.0,
            _ => 0,
        }
    }

    fn window(&self, attributes: &Attributes) -> u64 {
        let output = self.tokens(attributes, BuiltIn::RequestOutput);
        self.tokens(attributes, BuiltIn::RequestTokens).saturating_add(output.max(1))
    }

    /// Whether no rule, no context and no draw can tell the counts from `least` to `most` apart.
    pub(super) fn decides_alike(&self, attributes: &Attributes, least: Tokens, most: Tokens) -> bool {
        let output = self.tokens(attributes, BuiltIn::RequestOutput).max(1);
        let (small, large) = (least.0.saturating_add(output), most.0.saturating_add(output));
        let partition = &self.rules.partition;
        let mut fits = self.facts.targets.iter().map(|target| target.context);
        !self.facts.draws_by_tokens
            && fits.all(|context| (small > context) == (large > context))
            && partition.is_one_class(BuiltIn::RequestTokens.id(), least.0, most.0)
            && partition.is_one_class(BuiltIn::RequestWindow.id(), small, large)
    }

    fn now(&self, attributes: &Attributes) -> Option<Instant> {
        match self.value(attributes, BuiltIn::TimeNow.id()) {
            Value::Instant(now) => Some(*now),
            _ => None,
        }
    }

    fn asked<'a>(&'a self, attributes: &'a Attributes) -> Asked<'a> {
        let needs = match self.value(attributes, BuiltIn::RequestNeeds.id()) {
            Value::Set(needs) => needs.iter().fold(0, |all, need| all | Facts::bit_of(need)),
            _ => 0,
        };
        let api = match self.value(attributes, BuiltIn::RequestApi.id()) {
            Value::Member(api) => *api,
            _ => MemberId(0),
        };
        Asked {
            attributes,
            needs: needs | self.facts.kind_of(api),
            window: self.window(attributes),
            output: self.tokens(attributes, BuiltIn::RequestOutput),
            now: self.now(attributes),
        }
    }

    fn plan(&self, asked: &Asked<'_>, plan: &Plan, verdict: &mut Verdict) {
        self.hold(&[LayerKind::Approvals, LayerKind::Prohibitions, LayerKind::Requirements], verdict);
        self.named(asked, verdict);
        self.moves(asked, plan, verdict);
        for stage in &plan.stages {
            match &stage.who {
                Who::Target(target) => self.stage_of(asked, stage, &[(Share(0), *target)], verdict),
                Who::Requested => {
                    for index in 0..verdict.named.len() {
                        let target = verdict.named[index];
                        self.stage_of(asked, stage, &[(Share(0), target)], verdict);
                    }
                }
                Who::Split(_, shares) => self.stage_of(asked, stage, shares, verdict),
                Who::Ordered(_, targets) => {
                    let mut members = std::mem::take(&mut verdict.members);
                    members.clear();
                    members.extend(targets.iter().map(|target| (Share(0), *target)));
                    self.stage_of(asked, stage, &members, verdict);
                    verdict.members = members;
                }
            }
        }
        self.shadows(asked, verdict);
        self.owed(asked, verdict);
        if verdict.candidates.is_empty() {
            verdict.outcome = nothing_left(verdict);
        } else {
            self.counted(asked, verdict);
        }
    }

    /// The targets that the caller named.
    fn named(&self, asked: &Asked<'_>, verdict: &mut Verdict) {
        verdict.named.clear();
        if let Value::Text(model) = self.value(asked.attributes, BuiltIn::RequestModel.id())
            && let Requested::Targets(targets) = self.rules.partition.requested(model)
        {
            verdict.named.extend(targets);
        }
    }

    /// The migrations whose old target stands in the plan and whose condition holds; of two that leave one target the
    /// first.
    fn moves(&self, asked: &Asked<'_>, plan: &Plan, verdict: &mut Verdict) {
        if self.policy.migrations.is_empty() {
            return;
        }
        self.all(LayerKind::Migrations, &verdict.classes, &mut verdict.found);
        for index in 0..verdict.found.len() {
            let number = verdict.found[index];
            let by = &self.policy.migrations[number as usize];
            let stands = plan.stages.iter().any(|stage| stands_in(&stage.who, by.old, &verdict.named));
            let is_first = !verdict.moves.iter().any(|(known, _)| self.old(*known) == by.old);
            if stands && is_first {
                let is_drawn = self.draw(asked, &by.name, by.sticky).is_below(share_at(by, asked.now));
                verdict.moves.push((number, is_drawn));
            }
        }
    }

    fn old(&self, migration: u32) -> TargetId {
        self.policy.migrations[migration as usize].old
    }

    /// The target that takes another's place for this request.
    fn new_of(&self, verdict: &Verdict, target: TargetId) -> TargetId {
        let moved = verdict.moves.iter().find(|(number, is_drawn)| *is_drawn && self.old(*number) == target);
        moved.map_or(target, |(number, _)| self.policy.migrations[*number as usize].new)
    }

    /// A stage of which the request is drawn for another target becomes two: the new one, then the old one.
    fn stage_of(
        &self,
        asked: &Asked<'_>,
        stage: &PlanStage,
        members: &[(Share, TargetId)],
        verdict: &mut Verdict,
    ) {
        if members.iter().any(|(_, target)| self.new_of(verdict, *target) != *target) {
            self.add(asked, stage, members, Moved::Yes, verdict);
        }
        self.add(asked, stage, members, Moved::No, verdict);
    }

    /// Adds what is left of a stage: its eligible members, drawn or ordered, but for targets that stand before it.
    fn add(
        &self,
        asked: &Asked<'_>,
        stage: &PlanStage,
        members: &[(Share, TargetId)],
        moved: Moved,
        verdict: &mut Verdict,
    ) {
        verdict.eligible.clear();
        let first_removed = verdict.removed.len();
        for (share, target) in members {
            let target = if moved == Moved::Yes { self.new_of(verdict, *target) } else { *target };
            let from = verdict.against.len() as u32;
            self.against(asked, target, verdict);
            let to = verdict.against.len() as u32;
            if from == to {
                verdict.eligible.push((*share, target));
            } else {
                verdict.removed.push((target, Part { from, to }));
            }
        }
        // Who was removed before, or stands as a candidate, keeps the first place.
        let mut kept = first_removed;
        for index in first_removed..verdict.removed.len() {
            let gone = verdict.removed[index];
            if !verdict.order.contains(&gone.0) {
                verdict.order.push(gone.0);
                verdict.removed[kept] = gone;
                kept += 1;
            }
        }
        verdict.removed.truncate(kept);
        self.choose(asked, &stage.who, verdict);
        let from = verdict.candidates.len() as u32;
        for index in 0..verdict.eligible.len() {
            let target = verdict.eligible[index].1;
            if !verdict.order.contains(&target) {
                verdict.order.push(target);
                verdict.candidates.push(target);
            }
        }
        let to = verdict.candidates.len() as u32;
        if from != to {
            let order = stage.order((to - from) as usize);
            verdict.stages.push((Part { from, to }, stage.within_ms, order));
        }
    }

    /// Leaves of a stage's eligible members those that are asked, in their order.
    fn choose(&self, asked: &Asked<'_>, who: &Who, verdict: &mut Verdict) {
        match who {
            Who::Split(by, _) => {
                let Some(answer) = verdict.answer else { return };
                let route = self.rules.answers[answer as usize].route;
                let draw = self.draw(asked, &self.policy.routes[route as usize].name, *by);
                let drawn = draw.among(verdict.eligible.iter().map(|(share, _)| *share));
                let chosen = drawn.and_then(|position| verdict.eligible.get(position)).copied();
                verdict.eligible.clear();
                verdict.eligible.extend(chosen);
            }
            // Sorting short lists in place allocates nothing.
            Who::Ordered(Ordering::Cheapest, _) => self.sort_by_price(&mut verdict.eligible),
            Who::Target(_) | Who::Requested | Who::Ordered(Ordering::Fastest | Ordering::LeastBusy, _) => {}
        }
    }

    /// Stable, as the order written decides between equal prices.
    fn sort_by_price(&self, members: &mut [(Share, TargetId)]) {
        for end in 1..members.len() {
            let mut at = end;
            while at > 0 && self.facts.price(members[at - 1].1) > self.facts.price(members[at].1) {
                members.swap(at - 1, at);
                at -= 1;
            }
        }
    }

    /// Adds every reason for which a target may not be asked.
    fn against(&self, asked: &Asked<'_>, target: TargetId, verdict: &mut Verdict) {
        self.look_at(target, &mut verdict.classes);
        if !self.some_of_target(LayerKind::Approvals, verdict) {
            verdict.against.push(Against::Unapproved);
        }
        self.all_of_target(LayerKind::Prohibitions, verdict);
        verdict.against.extend(verdict.found.iter().map(|rule| Against::Forbidden(*rule)));
        let target_facts = &self.facts.targets[target.0 as usize];
        if asked.needs & !target_facts.capabilities != 0 {
            verdict.against.push(Against::Capability);
        }
        if asked.window > target_facts.context {
            verdict.against.push(Against::Context);
        }
        self.all_of_target(LayerKind::Requirements, verdict);
        for index in 0..verdict.found.len() {
            let rule = verdict.found[index];
            let granted = self.value(asked.attributes, BuiltIn::Granted.id());
            let name = &self.policy.requirements[rule as usize].name;
            if !matches!(granted, Value::Set(granted) if granted.contains(name)) {
                verdict.against.push(Against::Ungranted(rule));
            }
        }
    }

    /// The new targets that get a copy of what goes to the old ones.
    fn shadows(&self, asked: &Asked<'_>, verdict: &mut Verdict) {
        for index in 0..verdict.moves.len() {
            let (number, is_drawn) = verdict.moves[index];
            let by = &self.policy.migrations[number as usize];
            let (Some((share, until)), false) = (by.shadow, is_drawn) else { continue };
            let is_in_time = until.is_none_or(|until| asked.now.is_some_and(|now| now < until));
            if !verdict.candidates.contains(&by.old) || !is_in_time || verdict.shadows.contains(&by.new) {
                continue;
            }
            let draw = self.draw(asked, &self.facts.shadow_names[number as usize], by.sticky);
            if draw.is_below(share) {
                let before = verdict.against.len();
                self.against(asked, by.new, verdict);
                if verdict.against.len() == before {
                    verdict.shadows.push(by.new);
                }
                verdict.against.truncate(before);
            }
        }
    }

    fn owed(&self, asked: &Asked<'_>, verdict: &mut Verdict) {
        self.hold(&[LayerKind::Obligations], verdict);
        let shadows = verdict.shadows.len();
        for index in 0..verdict.candidates.len() + shadows {
            let target = match index.checked_sub(verdict.candidates.len()) {
                None => verdict.candidates[index],
                Some(shadow) if verdict.candidates.contains(&verdict.shadows[shadow]) => continue,
                Some(shadow) => verdict.shadows[shadow],
            };
            self.look_at(target, &mut verdict.classes);
            self.all_of_target(LayerKind::Obligations, verdict);
            let from = verdict.owing.len() as u32;
            verdict.owing.extend_from_slice(&verdict.found);
            let rules = Part { from, to: verdict.owing.len() as u32 };
            let cap = self.cap(asked, target, &verdict.found);
            verdict.owed.push(OwedBy { target, rules, cap });
        }
    }

    /// The lowest cap, where it is below what was asked, or nothing was asked and a rule caps.
    fn cap(&self, asked: &Asked<'_>, target: TargetId, owing: &[u32]) -> Option<u64> {
        let own = self.facts.targets[target.0 as usize].output;
        let ruled = owing.iter().filter_map(|rule| match self.rules.obligations[*rule as usize] {
            Owing::Cap(index) => Some(self.policy.caps[index as usize].body.tokens),
            Owing::Redaction(_) | Owing::Flag(_) | Owing::Log(_) => None,
        });
        let ruled = ruled.min();
        let lowest = ruled.map_or(own, |ruled| ruled.min(own));
        match asked.output {
            0 => ruled.map(|_| lowest),
            output => (lowest < output).then_some(lowest),
        }
    }

    /// Routed, or limited where a counter that applies has no room.
    fn counted(&self, asked: &Asked<'_>, verdict: &mut Verdict) {
        self.all(LayerKind::Counters, &verdict.classes, &mut verdict.counters);
        for counter in &verdict.counters {
            let used = self.value(asked.attributes, self.policy.counters[*counter as usize].used);
            if matches!(used, Value::Share(used) if *used >= WHOLE) {
                verdict.full.push(*counter);
            }
        }
        verdict.outcome = if verdict.full.is_empty() { Outcome::Route } else { Outcome::Limited };
    }

    /// Rules on trial of each target of the plan.
    fn tried(&self, verdict: &mut Verdict) {
        if self.rules.tried_of_target.is_empty() {
            return;
        }
        self.hold(&[LayerKind::TriedOfTarget], verdict);
        for index in 0..verdict.order.len() {
            let target = verdict.order[index];
            self.look_at(target, &mut verdict.classes);
            self.all_of_target(LayerKind::TriedOfTarget, verdict);
            verdict.tried_of.extend(verdict.found.iter().map(|rule| (*rule, target)));
        }
    }

    fn draw(&self, asked: &Asked<'_>, name: &str, by: Option<AttributeId>) -> Draw {
        if let Some(Value::Share(share)) = asked.attributes.get(BuiltIn::Draw.id()) {
            return Draw::given(*share);
        }
        let text = by.map(|by| self.text_of(asked, by)).filter(|text| !text.is_empty());
        Draw::of(name, &text.unwrap_or_else(|| self.text_of(asked, BuiltIn::RequestId.id())))
    }

    /// A value as a text; of a text itself.
    fn text_of<'a>(&'a self, asked: &Asked<'a>, id: AttributeId) -> Cow<'a, str> {
        let computed = self.computed_value(asked, id);
        let value = match &computed {
            Some(value) => value,
            None => match self.value(asked.attributes, id) {
                Value::Text(text) => return Cow::Borrowed(text),
                other => other,
            },
        };
        let json = write_value(&self.policy.schema.attribute(id).value_type, value);
        Cow::Owned(json.as_str().map_or_else(|| json.to_string(), str::to_owned))
    }

    /// The value of an attribute that is computed from others.
    fn computed_value(&self, asked: &Asked<'_>, id: AttributeId) -> Option<Value> {
        if id == BuiltIn::RequestWindow.id() {
            return Some(Value::Tokens(Tokens(asked.window)));
        }
        let local = || asked.now.map(|now| self.policy.schema.zone.local(now));
        if id == BuiltIn::TimeOfDay.id() {
            return local().map(|local| Value::TimeOfDay(local.minute));
        }
        if id == BuiltIn::TimeWeekday.id() {
            return local().map(|local| Value::Member(MemberId(local.weekday)));
        }
        let is_class =
            |computed: &&Computed| matches!(computed, Computed::First { attribute, .. } if *attribute == id);
        if asked.attributes.get(id).is_some() || !self.rules.computed.iter().any(|one| is_class(&one)) {
            return None;
        }
        let mut classes = Vec::new();
        self.classify(asked.attributes, &mut classes);
        self.rules.computed.iter().for_each(|one| compute(one, asked.attributes, &mut classes));
        let dimension = self.rules.partition.dimensions(id)[0];
        Some(Value::Member(MemberId(classes[dimension.0 as usize])))
    }
}

/// Whose members a stage adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    Yes,
    No,
}

/// The share that a migration has reached.
fn share_at(migration: &Migration, now: Option<Instant>) -> Share {
    let begun = |step: &&(Instant, Share)| now.is_some_and(|now| step.0 <= now);
    migration.ramp.iter().take_while(begun).last().map(|(_, share)| *share).unwrap_or_default()
}

fn stands_in(who: &Who, target: TargetId, named: &[TargetId]) -> bool {
    match who {
        Who::Target(one) => *one == target,
        Who::Requested => named.contains(&target),
        Who::Split(_, shares) => shares.iter().any(|(_, one)| *one == target),
        Who::Ordered(_, targets) => targets.contains(&target),
    }
}

/// Without candidates: an approval is required where it would leave one.
fn nothing_left(verdict: &Verdict) -> Outcome {
    let is_grantable = |(_, part): &(TargetId, Part)| {
        part.of(&verdict.against).iter().all(|reason| matches!(reason, Against::Ungranted(_)))
    };
    if verdict.removed.iter().any(is_grantable) { Outcome::ApprovalRequired } else { Outcome::Deny }
}

/// A class that was given outright stays.
fn compute(computed: &Computed, attributes: &Attributes, classes: &mut [u32]) {
    match computed {
        Computed::First { attribute, .. } if attributes.get(*attribute).is_some() => {}
        Computed::First { .. } | Computed::Truth(..) => computed.compute(classes),
    }
}
