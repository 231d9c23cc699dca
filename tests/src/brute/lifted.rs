//! R0312: denials and prohibitions that a caller lifts by what headers and metadata say.

use super::{Finding, World};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::{Code, Span};
use wayleave_program::catalogue::TargetId;
use wayleave_program::document::write_request;
use wayleave_program::schema::{AttributeId, Combine, Origin, Source};
use wayleave_program::value::Value;

/// An attribute that a header or the body's metadata may give.
struct Told {
    id: AttributeId,
    sources: Vec<Source>,
    combine: Combine,
    default: Value,
}

fn is_told(source: &Source) -> bool {
    matches!(source, Source::Header(_) | Source::Metadata(_))
}

fn rank(value: &Value) -> u32 {
    match value {
        Value::Member(member) => member.0,
        _ => 0,
    }
}

impl Told {
    fn is_only_told(&self) -> bool {
        self.sources.iter().all(is_told)
    }

    /// Whether it may have this value where no header and no metadata say anything.
    fn may_be_untold(&self, value: &Value) -> bool {
        match (self.is_only_told(), self.combine) {
            (true, _) => *value == self.default,
            (false, Combine::Highest) => rank(value) >= rank(&self.default),
            (false, Combine::Lowest) => rank(value) <= rank(&self.default),
            (false, Combine::First) => true,
        }
    }

    /// Whether a header that is sent can make the second of the first.
    fn can_become(&self, from: &Value, to: &Value) -> bool {
        if self.is_only_told() {
            return true;
        }
        match self.combine {
            Combine::Highest => rank(to) >= rank(from),
            Combine::Lowest => rank(to) <= rank(from),
            Combine::First => is_told(&self.sources[0]) || *from == self.default,
        }
    }
}

impl World<'_> {
    fn told(&self) -> Vec<Told> {
        let schema = &self.policy.schema;
        let mut found = Vec::new();
        for id in schema.ids() {
            let attribute = schema.attribute(id);
            let Origin::Sources(sources, combine) = &attribute.origin else { continue };
            if sources.iter().any(is_told)
                && let Some(default) = &attribute.default
            {
                let (sources, default) = (sources.clone(), default.clone());
                found.push(Told { id, sources, combine: *combine, default });
            }
        }
        found
    }

    pub(super) fn lifted(&self, dead: &BTreeSet<Span>) -> BTreeSet<Finding> {
        let told = self.told();
        if told.is_empty() {
            return BTreeSet::new();
        }
        let mut spans = BTreeSet::new();
        for rule in self.policy.denials.iter().filter(|rule| !rule.is_tried) {
            let holds: Vec<bool> = self.asked.iter().map(|asked| asked.rule_holds(rule, None)).collect();
            if self.is_lifted(&told, std::slice::from_ref(&holds)) {
                spans.insert(rule.span);
            }
        }
        for rule in self.policy.prohibitions.iter().filter(|rule| !rule.is_tried) {
            let of = |target: &TargetId| {
                self.asked.iter().map(|asked| asked.rule_holds(rule, Some(*target))).collect::<Vec<bool>>()
            };
            let holds: Vec<Vec<bool>> = rule.body.targets.iter().map(of).collect();
            if self.is_lifted(&told, &holds) {
                spans.insert(rule.span);
            }
        }
        spans.into_iter().filter(|span| !dead.contains(span)).map(|span| (Code::R0312, span)).collect()
    }

    /// Of a rule that holds so of each request, for each target.
    fn is_lifted(&self, told: &[Told], holds: &[Vec<bool>]) -> bool {
        let schema = &self.policy.schema;
        let value = |number: usize, one: &Told| self.attributes[number].value(schema, one.id).into_owned();
        let untold: Vec<usize> = self
            .numbers()
            .filter(|number| told.iter().all(|one| one.may_be_untold(&value(*number, one))))
            .collect();
        if !untold.iter().any(|number| holds.iter().any(|of| of[*number])) {
            return true;
        }
        told.iter().any(|one| {
            // Requests that differ in this attribute alone.
            let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for number in self.numbers() {
                let mut document = write_request(schema, &self.attributes[number]);
                let name = &schema.attribute(one.id).name;
                document.as_object_mut().expect("it is an object").remove(name);
                alike.entry(document.to_string()).or_default().push(number);
            }
            let lifts = |from: usize, to: usize| {
                one.can_become(&value(from, one), &value(to, one))
                    && holds.iter().any(|of| of[from] && !of[to])
            };
            alike.values().any(|group| {
                let from = group.iter().filter(|number| untold.contains(number));
                from.into_iter().any(|from| group.iter().any(|to| lifts(*from, *to)))
            })
        })
    }
}
