//! What can be known of a request under either of two policies, by names. A value that only one of them knows is a value of
//! both: the other refuses to read it.

use super::both::{Which, is_classified};
use super::conditions::are_same_classes;
use crate::model::{Condition, Policy, Predicate, Subject, Test};
use crate::proof::phrases::NEW;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_program::schema::{
    Attribute, AttributeId, BuiltIn, Combine, Member, NamedType, Origin, Schema, Shape, Type,
};
use wayleave_program::value::{MemberId, Value};

/// How one policy's attributes stand in both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Own {
    /// By attribute of the one, that of both.
    pub(crate) attributes: Vec<AttributeId>,
    /// By attribute of the one, and of one with named values by member, that member's number in both.
    members: BTreeMap<AttributeId, Vec<MemberId>>,
    /// By attribute of the one: that it is not given, where both have another value for that.
    pub(crate) absent: BTreeMap<AttributeId, AttributeId>,
}

impl Own {
    /// A member's number in both.
    pub(crate) fn member(&self, id: AttributeId, member: MemberId) -> MemberId {
        self.members.get(&id).and_then(|members| members.get(member.0 as usize)).copied().unwrap_or(member)
    }

    /// A member of both in the one; none where it does not know it.
    pub(crate) fn known(&self, id: AttributeId, member: MemberId) -> Option<MemberId> {
        match self.members.get(&id) {
            None => Some(member),
            Some(members) => {
                let index = members.iter().position(|known| *known == member)?;
                Some(MemberId(u32::try_from(index).ok()?))
            }
        }
    }
}

/// What both know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Merged {
    pub(crate) schema: Schema,
    own: [Own; 2],
    /// Attributes of one name that are of two types, by name: they are told apart.
    pub(crate) apart: Vec<String>,
    /// An attribute of both, that it is not given, and what the old policy takes it for then.
    pub(crate) absent: Vec<(AttributeId, AttributeId, Value)>,
}

impl Merged {
    pub(crate) fn of(&self, which: Which) -> &Own {
        &self.own[which as usize]
    }

    /// That a request has a value that one of them refuses to read.
    pub(crate) fn strange(&self, which: Which) -> Vec<Condition> {
        let own = self.of(which);
        let mut found = Vec::new();
        for (id, attribute) in own.attributes.iter().zip(0..).map(|(id, index)| (*id, AttributeId(index))) {
            let Type::Named(named) = &self.schema.attribute(id).value_type else { continue };
            // A team that the tree lacks is read as one that is nowhere in it.
            if id == BuiltIn::CallerTeam.id() || self.schema.attribute(id).origin == Origin::Classified {
                continue;
            }
            let members = (0..named.members.len() as u32).map(MemberId);
            let strange: BTreeSet<MemberId> =
                members.filter(|member| own.known(attribute, *member).is_none()).collect();
            if !strange.is_empty() {
                let predicate = Predicate::OneOfMembers(strange);
                found.push(Condition::Test(Test { subject: Subject::Attribute(id), predicate }));
            }
        }
        found
    }
}

/// What both know. `paired`: by counter of the new one, the old one whose state it keeps.
pub(crate) fn merged(old: &Policy, new: &Policy, paired: &BTreeMap<usize, usize>) -> Merged {
    let mut merged = Merged {
        schema: Schema { attributes: old.schema.attributes.clone(), zone: new.schema.zone.clone() },
        ..Merged::default()
    };
    merged.own[0].attributes = old.schema.ids().collect();
    let renamed: BTreeMap<AttributeId, AttributeId> = paired
        .iter()
        .map(|(new_one, old_one)| (new.counters[*new_one].used, old.counters[*old_one].used))
        .collect();
    for id in new.schema.ids() {
        let attribute = new.schema.attribute(id);
        let known = match renamed.get(&id) {
            Some(known) => Some(*known),
            None => old.schema.find(&attribute.name).filter(|known| {
                let is_made = is_classified(old, *known) || is_classified(new, id);
                !renamed.values().any(|taken| taken == known)
                    && (!is_made || are_same_classes((old, *known), (new, id)))
            }),
        };
        let own = known.and_then(|known| merged.join(old, new, known, id));
        let own = own.unwrap_or_else(|| merged.add(attribute.clone(), known.is_some()));
        merged.own[1].attributes.push(own);
    }
    merged.absences(old, new);
    merged
}

impl Merged {
    fn add(&mut self, mut attribute: Attribute, is_apart: bool) -> AttributeId {
        if is_apart {
            self.apart.push(attribute.name.clone());
        }
        if self.schema.find(&attribute.name).is_some() {
            // Never written: what is classified follows from others.
            attribute.name = format!("{}{NEW}", attribute.name);
        }
        let id = AttributeId(self.schema.attributes.len() as u32);
        self.schema.attributes.push(attribute);
        id
    }

    /// One attribute of both; none where their values have nothing to do with each other.
    fn join(
        &mut self,
        old: &Policy,
        new: &Policy,
        known: AttributeId,
        id: AttributeId,
    ) -> Option<AttributeId> {
        let (one, other) = (&old.schema.attribute(known).value_type, &new.schema.attribute(id).value_type);
        let joined = match (one, other) {
            (Type::Named(one), Type::Named(other)) => {
                let (named, of_old, of_new) = joined(one, other)?;
                self.own[0].members.insert(known, of_old);
                self.own[1].members.insert(id, of_new);
                Type::Named(Arc::new(named))
            }
            (Type::NamedSet(one), Type::NamedSet(other)) => Type::NamedSet(Arc::new(joined_set(one, other))),
            (one, other) if one == other => one.clone(),
            _ => return None,
        };
        let attribute = &mut self.schema.attributes[known.0 as usize];
        attribute.value_type = joined;
        if let Some(Value::Member(member)) = attribute.default {
            attribute.default = Some(Value::Member(self.own[0].member(known, member)));
        }
        // What a caller's word is weighed against is not asked.
        if let Origin::Sources(sources, _) = &attribute.origin {
            attribute.origin = Origin::Sources(sources.clone(), Combine::First);
        }
        attribute.is_required &= new.schema.attribute(id).is_required;
        Some(known)
    }

    /// What counts where something is not given is another value in each.
    fn absences(&mut self, old: &Policy, new: &Policy) {
        let known: BTreeMap<AttributeId, AttributeId> =
            self.own[1].attributes.iter().zip(0..).map(|(id, index)| (*id, AttributeId(index))).collect();
        for id in old.schema.ids() {
            let Some(other) = known.get(&id).copied() else { continue };
            let (one, two) = (old.schema.attribute(id), new.schema.attribute(other));
            if one.is_required
                || two.is_required
                || matches!(one.origin, Origin::Counter | Origin::Findings(..))
            {
                continue;
            }
            let value = |attribute: &Attribute, own: &Own, id: AttributeId| {
                let value = attribute.default.clone().unwrap_or_else(|| attribute.value_type.empty_value());
                match value {
                    Value::Member(member) => Value::Member(own.member(id, member)),
                    value => value,
                }
            };
            let (before, after) = (value(one, &self.own[0], id), value(two, &self.own[1], other));
            if before != after {
                self.schema.attributes[id.0 as usize].default = Some(before.clone());
                let attribute = Attribute {
                    name: format!("{} is not given", one.name),
                    value_type: Type::Bool,
                    origin: Origin::Sources(Vec::new(), Combine::First),
                    default: None,
                    is_required: false,
                };
                let absent = self.add(attribute, false);
                self.own[1].absent.insert(other, absent);
                self.absent.push((id, absent, before));
            }
        }
    }
}

/// All members of both; none where they are of different shapes. With the numbers of each one's members.
fn joined(one: &NamedType, other: &NamedType) -> Option<(NamedType, Vec<MemberId>, Vec<MemberId>)> {
    if one.shape != other.shape {
        return None;
    }
    // The new order, with what only the old one knows behind what stood before it there.
    let mut names: Vec<&str> = other.members.iter().map(|member| member.name.as_str()).collect();
    for (index, member) in one.members.iter().enumerate() {
        if names.contains(&member.name.as_str()) {
            continue;
        }
        let before = match one.shape {
            Shape::Tree => member.parent.map(|parent| one.members[parent.0 as usize].name.as_str()),
            Shape::Plain | Shape::Scale => index.checked_sub(1).map(|index| one.members[index].name.as_str()),
        };
        let at =
            before.and_then(|before| names.iter().position(|name| *name == before)).map_or(0, |at| at + 1);
        names.insert(at, &member.name);
    }
    let number = |name: &str| {
        let index = names.iter().position(|known| *known == name).expect("every name is there");
        MemberId(u32::try_from(index).expect("few members"))
    };
    let parent = |name: &str| {
        let of = |named: &NamedType| {
            let member = named.members.iter().find(|member| member.name == name)?;
            Some(member.parent.map(|parent| number(&named.members[parent.0 as usize].name)))
        };
        of(other).or_else(|| of(one)).flatten()
    };
    let members =
        names.iter().map(|name| Member { name: (*name).to_owned(), parent: parent(name) }).collect();
    let numbers = |named: &NamedType| named.members.iter().map(|member| number(&member.name)).collect();
    Some((NamedType { members, ..other.clone() }, numbers(one), numbers(other)))
}

fn joined_set(one: &NamedType, other: &NamedType) -> NamedType {
    let mut members = other.members.clone();
    members.extend(
        one.members
            .iter()
            .filter(|member| other.member(&member.name).is_none())
            .map(|member| Member { name: member.name.clone(), parent: None }),
    );
    NamedType { members, ..other.clone() }
}
