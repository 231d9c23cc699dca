//! A request that shows a difference: the plainest of a region, read and decided by each policy on its own.

use super::both::Which;
use super::cell::{Kind, Pair};
use super::regions::{Found, Rest};
use super::{Compared, Shown};
use crate::model::{Policy, RouteBody, Who};
use crate::proof::formula::Formula;
use crate::proof::query::{Answer, WORK_LIMIT};
use crate::proof::spaces::is_of;
use crate::proof::witness::boundaries;
use crate::spec;
use std::collections::BTreeSet;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::Decision;
use wayleave_program::document::write_request;
use wayleave_program::schema::{AttributeId, BuiltIn, Inspected, Origin, Type};
use wayleave_program::value::{Instant, Share, Value};

/// So many callers are looked at for one whose draws show it.
const CALLERS: u32 = 3_000;

/// Of what was not told apart, so many ways are tried for a request.
const WAYS: usize = 8;

/// In seconds, as an [`Instant`] is.
const DAY: i64 = 24 * 60 * 60;

/// The same requests on a day, or some days after it, where they are before it: nothing that is written lies between, but the
/// time of day or the weekday may matter.
fn not_before(request: &Attributes, day: Instant) -> impl Iterator<Item = Attributes> + '_ {
    let now = match request.get(BuiltIn::TimeNow.id()) {
        Some(Value::Instant(now)) if *now < day => Some(*now),
        _ => None,
    };
    let at = now.into_iter().flat_map(move |now| {
        let days = (day.0 - now.0 + DAY - 1) / DAY;
        let later = move |days: i64| Instant(now.0 + days * DAY);
        [day, later(days), later((days + 6) / 7 * 7)]
    });
    at.map(|at| {
        let mut moved = request.clone();
        moved.set(BuiltIn::TimeNow.id(), Value::Instant(at));
        moved
    })
}

impl Compared<'_> {
    /// One request of a region, on which the policies decide differently; from a day on.
    pub(super) fn shown(
        &self,
        pair: &Pair<'_>,
        found: &Found,
        assumed: &[Formula<'_>],
        as_of: Instant,
    ) -> Option<Shown> {
        let mut plain = None;
        for space in &found.spaces {
            let mut query = pair.requests.query();
            query.when(is_of(space));
            found.part.base(pair.sides).into_iter().for_each(|base| {
                query.when(base);
            });
            assumed.iter().for_each(|assumed| {
                query.when(assumed.clone());
            });
            let mut work = WORK_LIMIT;
            let Answer::Some(witness) = query.answer(&mut work) else { continue };
            let request = witness.request;
            let shows = |one: Attributes| self.with_draws(&one, &found.signature.kinds);
            let is_of_it = |one: &Attributes| {
                let classes = self.classes(pair, one);
                let mut all = found.part.base(pair.sides);
                all.extend(assumed.iter().cloned());
                space.iter().all(|part| part.holds(&classes))
                    && all.iter().all(|formula| pair.requests.holds(formula, &classes))
            };
            let moved = not_before(&request, as_of).filter(is_of_it);
            let shown = moved.chain([request.clone()]).find_map(shows);
            if shown.is_some() {
                return shown;
            }
            plain.get_or_insert(request);
        }
        plain.map(|request| self.decided(&request))
    }

    /// The classes of a request of both.
    fn classes(&self, pair: &Pair<'_>, request: &Attributes) -> Vec<u32> {
        let policy = &self.both.policy;
        let partition = &pair.sides[0].subject.rules.partition;
        let mut classes = partition.defaults().to_vec();
        for id in policy.schema.ids() {
            if let Some(value) = request.get(id) {
                partition.classify(id, value, &mut classes);
            }
        }
        partition.classify_computed(policy, request, &mut classes);
        pair.requests.compute(&mut classes);
        classes
    }

    /// A request that was not told apart, if one is easily found.
    pub(super) fn shown_of_rest(
        &self,
        pair: &Pair<'_>,
        rest: &Rest<'_>,
        assumed: &[Formula<'_>],
    ) -> Option<Shown> {
        rest.ways.iter().take(WAYS).find_map(|way| {
            let mut query = pair.requests.query();
            query.when(way.clone());
            for formula in rest.part.base(pair.sides).into_iter().chain(assumed.iter().cloned()) {
                query.when(formula);
            }
            rest.seen.iter().for_each(|space| {
                query.unless(is_of(space));
            });
            let mut work = WORK_LIMIT;
            match query.answer(&mut work) {
                Answer::Some(witness) => Some(self.decided(&witness.request)),
                Answer::None | Answer::Unknown => None,
            }
        })
    }

    fn with_draws(&self, request: &Attributes, kinds: &BTreeSet<Kind>) -> Option<Shown> {
        let is_it = |shown: &Shown| self.differs(shown, kinds);
        let plain = self.decided(request);
        if is_it(&plain) {
            return Some(plain);
        }
        let mut shares = boundaries(self.old);
        shares.extend(boundaries(self.new));
        for share in shares {
            let mut with = request.clone();
            with.set(BuiltIn::Draw.id(), Value::Share(Share(share)));
            let shown = self.decided(&with);
            if is_it(&shown) {
                return Some(shown);
            }
        }
        let by = self.drawn_by();
        (1..=CALLERS).filter(|_| !by.is_empty()).find_map(|number| {
            let mut with = request.clone();
            by.iter().for_each(|id| with.set(*id, Value::Text(number.to_string())));
            let shown = self.decided(&with);
            is_it(&shown).then_some(shown)
        })
    }

    /// The attributes of texts by which something is drawn, in both.
    fn drawn_by(&self) -> BTreeSet<AttributeId> {
        let policy = &self.both.policy;
        let mut by: BTreeSet<AttributeId> = policy
            .migrations
            .iter()
            .map(|migration| migration.sticky.unwrap_or(BuiltIn::RequestId.id()))
            .collect();
        for stage in
            policy.routes.iter().flat_map(|route| RouteBody::plans(&route.body)).flat_map(|plan| &plan.stages)
        {
            if let Who::Split(attribute, _) = &stage.who {
                by.insert(attribute.unwrap_or(BuiltIn::RequestId.id()));
            }
        }
        by.retain(|id| policy.schema.attribute(*id).value_type == Type::Text);
        by
    }

    /// What each of them decides.
    fn decided(&self, request: &Attributes) -> Shown {
        let request = self.written_out(request);
        let read = |which: Which, policy: &Policy| {
            let attributes = self.read(which, policy, &request)?;
            let decision = spec::decide(policy, &attributes);
            Some((attributes, decision))
        };
        let (old, new) = (read(Which::Old, self.old), read(Which::New, self.new));
        let mut document = write_request(&self.both.policy.schema, &request);
        if let Some(document) = document.as_object_mut() {
            document.retain(|name, _| !name.ends_with(" is not given"));
        }
        Shown { document, old, new }
    }

    /// With what a document has to say: what is required, what is not found in a text, and what is given as it is.
    fn written_out(&self, request: &Attributes) -> Attributes {
        let schema = &self.both.policy.schema;
        let mut written = request.clone();
        for id in schema.ids() {
            let attribute = schema.attribute(id);
            if attribute.is_required && request.get(id).is_none() {
                written.set(id, request.value(schema, id).into_owned());
            }
            if let Origin::Findings(inspected, _) = attribute.origin
                && request.get(inspected.texts().id()).is_some()
                && request.get(id).is_none()
            {
                written.set(id, Value::Set(BTreeSet::new()));
            }
            // What is found in the system prompt is found in the prompt.
            if let Origin::Findings(Inspected::System, detector) = attribute.origin
                && let Some(Value::Set(own)) = request.get(id)
                && let Some(all) = schema.findings(Inspected::Prompt, detector)
            {
                let mut found = match written.get(all) {
                    Some(Value::Set(found)) => found.clone(),
                    _ => BTreeSet::new(),
                };
                found.extend(own.iter().cloned());
                written.set(all, Value::Set(found));
            }
        }
        for (id, absent, before) in &self.both.schema.absent {
            let is_absent = matches!(request.get(*absent), Some(Value::Bool(true)));
            if !is_absent && request.get(*id).is_none() {
                written.set(*id, before.clone());
            }
        }
        written
    }

    /// The same request as one of them reads it; none where it refuses to.
    fn read(&self, which: Which, policy: &Policy, request: &Attributes) -> Option<Attributes> {
        let own = self.both.schema.of(which);
        let both = &self.both.policy.schema;
        let mut read = Attributes::new(&policy.schema);
        for (id, index) in own.attributes.iter().zip(0..) {
            let to = AttributeId(index);
            let is_absent =
                self.both.schema.absent.iter().any(|(of, absent, _)| {
                    of == id && matches!(request.get(*absent), Some(Value::Bool(true)))
                });
            if both.attribute(*id).origin == Origin::Classified || is_absent {
                continue;
            }
            let value = match request.get(*id) {
                None => continue,
                Some(Value::Member(member)) => match own.known(to, *member) {
                    Some(member) => Value::Member(member),
                    None if to == BuiltIn::CallerTeam.id() => Value::Unknown,
                    None => return None,
                },
                Some(Value::Set(set)) => match &policy.schema.attribute(to).value_type {
                    Type::NamedSet(named) => {
                        let known = set.iter().filter(|member| named.member(member).is_some());
                        Value::Set(known.cloned().collect())
                    }
                    _ => Value::Set(set.clone()),
                },
                Some(value) => value.clone(),
            };
            read.set(to, value);
        }
        Some(read)
    }

    /// Whether what is decided differs in one of these ways.
    fn differs(&self, shown: &Shown, kinds: &BTreeSet<Kind>) -> bool {
        let (old, new) = (shown.old.as_ref(), shown.new.as_ref());
        let kind = |kind: Kind| kinds.contains(&kind);
        let is_routed = |decided: Option<&(Attributes, Decision)>| {
            decided.is_some_and(|(_, decision)| !decision.plan.is_empty())
        };
        match (is_routed(old), is_routed(new)) {
            (true, false) => kind(Kind::Denies),
            (false, true) => kind(Kind::Serves),
            (false, false) => kind(Kind::Approval),
            (true, true) => {
                let names = |policy: &Policy, decided: Option<&(Attributes, Decision)>| {
                    let decision = decided.map(|(_, decision)| decision);
                    let own = decision.into_iter().flat_map(|decision| {
                        decision.candidates().map(|(target, _)| target).chain(decision.shadow.iter().copied())
                    });
                    own.map(|target| policy.catalogue.target(target).name.clone()).collect::<BTreeSet<_>>()
                };
                let (before, after) = (names(self.old, old), names(self.new, new));
                let words = [
                    (Kind::Widens, after.difference(&before).next().is_some()),
                    (Kind::Narrows, before.difference(&after).next().is_some()),
                ];
                let targets = words.iter().any(|(of, is_so)| *is_so && kind(*of));
                let others = [Kind::Reroutes, Kind::Inspection, Kind::Limits].into_iter().any(kind);
                targets || others && self.is_other(old, new)
            }
        }
    }

    /// Whether two decisions are not equal.
    fn is_other(&self, old: Option<&(Attributes, Decision)>, new: Option<&(Attributes, Decision)>) -> bool {
        let (Some((_, old)), Some((_, new))) = (old, new) else { return true };
        !super::equal::are_equal((self.old, old), (self.new, new), &self.renamed())
    }
}
