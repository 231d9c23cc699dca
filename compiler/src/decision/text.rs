//! A decision program as a text for people: the classes of each dimension, the boxes of each layer, and how they are searched.

use super::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use super::layers::{LayerKind, Owing, Rules};
use super::lower::Computed;
use super::matcher::{Form, Matcher, NONE};
use super::partition::Meaning;
use super::program::Compiled;
use crate::model::{Policy, Predicate};
use std::fmt::Write;
use wayleave_program::document::write_value;
use wayleave_program::value::Value;

/// More classes of one dimension, and more of a set, are counted instead of named.
const NAMED: usize = 12;

/// The whole of a program.
pub fn of(compiled: &Compiled) -> String {
    let writer = Writer { policy: compiled.policy(), rules: compiled.rules() };
    let mut text = writer.classes();
    text.push_str(&writer.computed("computed of a request", &compiled.rules().computed));
    text.push_str(&writer.computed("computed of a request and a target", &compiled.rules().of_target));
    for kind in LayerKind::ALL {
        text.push_str(&writer.layer(kind, compiled.matcher(kind)));
    }
    text
}

struct Writer<'p> {
    policy: &'p Policy,
    rules: &'p Rules,
}

impl Writer<'_> {
    fn classes(&self) -> String {
        let mut text = "classes\n".to_owned();
        for (axis, index) in self.rules.partition.axes().iter().zip(0..) {
            let dimension = Dimension(index);
            let is_truth = !matches!(axis.meaning, Meaning::Value(_) | Meaning::Target);
            let classes = match (is_truth, axis.count as usize) {
                (true, _) => "no, yes".to_owned(),
                (false, count) if count > NAMED => format!("{count} of them"),
                (false, _) => self.named(dimension, &ClassSet::all(axis.count)),
            };
            let _ = writeln!(text, "  {}: {classes}", self.name(dimension));
        }
        text
    }

    fn name(&self, dimension: Dimension) -> String {
        let attribute = |id: &wayleave_program::schema::AttributeId| &self.policy.schema.attribute(*id).name;
        match &self.rules.partition.axes()[dimension.0 as usize].meaning {
            Meaning::Target => "target".to_owned(),
            Meaning::Value(id) => attribute(id).clone(),
            Meaning::Equals(id, set) => format!("{} is {set:?}", attribute(id)),
            Meaning::Computed(name) => name.clone(),
            Meaning::Holds(id, predicate) => match predicate {
                Predicate::Has(member) => format!("{} has {member:?}", attribute(id)),
                Predicate::IsEmpty => format!("{} is []", attribute(id)),
                Predicate::Matches(pattern) => format!("{} matches {:?}", attribute(id), pattern.text),
                Predicate::OneOfTexts(texts) => format!("{} in {texts:?}", attribute(id)),
                _ => attribute(id).clone(),
            },
        }
    }

    /// The classes of a set by their values.
    fn named(&self, dimension: Dimension, classes: &ClassSet) -> String {
        let is_long = classes.len() as usize > NAMED;
        let of_truth = ["no", "yes"];
        let one = |class: u32| match &self.rules.partition.axes()[dimension.0 as usize].meaning {
            Meaning::Target => self.policy.catalogue.targets[class as usize].name.clone(),
            Meaning::Value(id) => {
                let value_type = &self.policy.schema.attribute(*id).value_type;
                let written = |value: &Value| write_value(value_type, value).to_string();
                match self.rules.partition.ends(*id, class) {
                    Some((low, high)) if low == high => written(&low),
                    Some((low, _)) if self.is_last(dimension, class) => format!("{} and more", written(&low)),
                    Some((low, high)) => format!("{}..{}", written(&low), written(&high)),
                    None => class.to_string(),
                }
            }
            Meaning::Holds(..) | Meaning::Equals(..) | Meaning::Computed(_) => {
                of_truth[class.min(1) as usize].to_owned()
            }
        };
        if is_long {
            return format!("{} of {} classes", classes.len(), self.rules.partition.count(dimension));
        }
        classes.classes().map(one).collect::<Vec<_>>().join(", ")
    }

    fn is_last(&self, dimension: Dimension, class: u32) -> bool {
        class + 1 == self.rules.partition.count(dimension)
    }

    fn constraint(&self, Constraint { dimension, classes }: &Constraint) -> String {
        let name = self.name(*dimension);
        let axis = &self.rules.partition.axes()[dimension.0 as usize];
        match (&axis.meaning, classes.ranges()) {
            (Meaning::Value(_) | Meaning::Target, _) => {
                format!("{name}: {}", self.named(*dimension, classes))
            }
            (_, [(1, 1)]) => name,
            _ => format!("not ({name})"),
        }
    }

    fn expression(&self, expression: &Expression) -> String {
        let joined = |parts: &[Expression], joint: &str, of_none: &str| match parts {
            [] => of_none.to_owned(),
            parts => {
                let parts: Vec<String> = parts.iter().map(|part| self.expression(part)).collect();
                format!("({})", parts.join(joint))
            }
        };
        match expression {
            Expression::All(parts) => joined(parts, " and ", "always"),
            Expression::Any(parts) => joined(parts, " or ", "never"),
            Expression::Not(part) => format!("not {}", self.expression(part)),
            Expression::Within(constraint) => self.constraint(constraint),
        }
    }

    fn computed(&self, title: &str, computed: &[Computed]) -> String {
        if computed.is_empty() {
            return String::new();
        }
        let mut text = format!("\n{title}\n");
        for one in computed {
            match one {
                Computed::Truth(dimension, expression) => {
                    let _ = writeln!(text, "  {} = {}", self.name(*dimension), self.expression(expression));
                }
                Computed::First { dimension, arms, otherwise, .. } => {
                    let _ = writeln!(text, "  {}", self.name(*dimension));
                    for (expression, class) in arms {
                        let class = self.named(*dimension, &ClassSet::one(*class));
                        let _ = writeln!(text, "    {class} where {}", self.expression(expression));
                    }
                    let class = self.named(*dimension, &ClassSet::one(*otherwise));
                    let _ = writeln!(text, "    {class} otherwise");
                }
            }
        }
        text
    }

    fn layer(&self, kind: LayerKind, matcher: &Matcher) -> String {
        if matcher.boxes().is_empty() {
            return String::new();
        }
        let mut text = format!("\n{}\n", kind.name());
        for one in self.rules.layer(kind).iter() {
            let _ = writeln!(text, "  {}: {}", self.rule(kind, one.rule), self.boxed(one));
        }
        let _ = writeln!(text, "  searched by");
        self.node(matcher, matcher.root(), 2, "", &mut text);
        text
    }

    fn boxed(&self, one: &RuleBox) -> String {
        let mut parts: Vec<String> = one.constraints.iter().map(|part| self.constraint(part)).collect();
        parts.extend(one.residual.iter().map(|part| self.expression(part)));
        if parts.is_empty() { "always".to_owned() } else { parts.join("; ") }
    }

    fn rule(&self, kind: LayerKind, rule: u32) -> String {
        let (policy, index) = (self.policy, rule as usize);
        match kind {
            LayerKind::Denials => format!("deny {}", policy.denials[index].name),
            LayerKind::Answers => {
                let answer = self.rules.answers[index];
                let route = &policy.routes[answer.route as usize].name;
                let arm = answer.arm.map(|arm| format!(", arm {}", arm + 1)).unwrap_or_default();
                format!("route {route}{arm}")
            }
            LayerKind::Approvals => format!("approve {}", policy.approvals[index].name),
            LayerKind::Prohibitions => format!("forbid {}", policy.prohibitions[index].name),
            LayerKind::Requirements => format!("require approval {}", policy.requirements[index].name),
            LayerKind::Obligations => match self.rules.obligations[index] {
                Owing::Redaction(index) => format!("redact {}", policy.redactions[index as usize].name),
                Owing::Flag(index) => format!("flag {}", policy.flags[index as usize].name),
                Owing::Cap(index) => format!("cap {}", policy.caps[index as usize].name),
                Owing::Log(index) => format!("log {}", policy.logs[index as usize].name),
            },
            LayerKind::Counters => policy.counters[index].rule_name().to_string(),
            LayerKind::Migrations => format!("migrate {}", policy.migrations[index].name),
            LayerKind::TriedOfRequest => self.rules.tried_of_request[index].name.to_string(),
            LayerKind::TriedOfTarget => self.rules.tried_of_target[index].name.to_string(),
        }
    }

    /// Depth is bounded as that of matchers is.
    fn node(&self, matcher: &Matcher, at: u32, depth: usize, title: &str, text: &mut String) {
        let indent = "  ".repeat(depth);
        if at == NONE {
            return;
        }
        match matcher.nodes()[at as usize].form() {
            Form::Leaf(boxes) => {
                let _ = writeln!(text, "{indent}{title}a leaf of {}", boxes.len());
            }
            Form::Matrix(matrix) => {
                let columns: Vec<String> =
                    matrix.dimensions().map(|dimension| self.name(dimension)).collect();
                let (count, columns) = (matrix.boxes().len(), columns.join(", "));
                let _ = writeln!(text, "{indent}{title}a bit matrix of {count}, by {columns}");
            }
            Form::Split { dimension, children, rest } => {
                let _ = writeln!(text, "{indent}{title}a split on {}", self.name(*dimension));
                for (child, class) in children.iter().zip(0..) {
                    let class = self.named(*dimension, &ClassSet::one(class));
                    self.node(matcher, *child, depth + 1, &format!("{class}: "), text);
                }
                self.node(matcher, *rest, depth + 1, "the rest: ", text);
            }
        }
    }
}
