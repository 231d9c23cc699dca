//! Conditions: tests of every attribute, with constants around which the requests of [`super::requests`] lie.

use super::{CLASSES, DATES, Writer};

/// Where a condition stands, as far as it matters to what it may test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In a `classify`: neither its own class nor a define.
    Classify,
    /// In a rule about requests.
    Request,
    /// In a rule about requests and targets.
    Target,
}

/// How deeply conditions nest.
const DEPTH: usize = 2;

/// One of so many tests of a text asks for a built-in detector: to compile one takes longer than all else of a policy.
const BUILT_IN_IS_SELDOM: usize = 40;

impl Writer<'_> {
    pub(super) fn condition(&mut self, scope: Scope) -> String {
        self.nested(scope, DEPTH)
    }

    fn nested(&mut self, scope: Scope, depth: usize) -> String {
        let kind = if depth == 0 { 0 } else { self.random.usize(..6) };
        match kind {
            3 | 4 => {
                let joint = self.pick(&[" and ", " or "]);
                let parts: Vec<String> =
                    (0..self.random.usize(2..4)).map(|_| self.operand(scope, depth - 1)).collect();
                parts.join(joint)
            }
            5 => format!("not {}", self.operand(scope, depth - 1)),
            _ => self.test(scope),
        }
    }

    /// A condition that may stand beside others.
    fn operand(&mut self, scope: Scope, depth: usize) -> String {
        let inner = self.nested(scope, depth);
        let is_single = !inner.contains(" and ") && !inner.contains(" or ");
        if is_single { inner } else { format!("({inner})") }
    }

    fn test(&mut self, scope: Scope) -> String {
        if scope == Scope::Target && self.random.usize(..3) == 0 {
            return self.target_test();
        }
        match self.random.usize(..5) {
            0 => self.declared_test(scope),
            1 => self.caller_test(),
            2 => self.request_test(),
            3 => self.text_test(),
            _ => self.time_test(),
        }
    }

    fn declared_test(&mut self, scope: Scope) -> String {
        let classes = ["public", "internal", "confidential", "restricted"];
        let order = self.pick(&["<", "<=", ">", ">=", "is", "is not"]);
        match self.random.usize(..8) {
            0 => format!("data {order} {}", self.pick(&classes)),
            1 => {
                format!("data {} {}", self.among(), self.pick(&["public..internal", "[public, restricted]"]))
            }
            2 => format!("origin {} {}", self.equals(), self.pick(&["us", "eu"])),
            3 => format!("wish {order} {}", self.pick(&["low", "high"])),
            4 => format!("size {order} {} tokens", self.pick(&["0", "10", "1k"])),
            5 if scope != Scope::Classify => match self.random.usize(..4) {
                0 => self.pick(&["quick", "careful"]).to_owned(),
                1 if self.has_counters && !self.counters.is_empty() => self.counter_test(),
                _ => format!("workload {} {}", self.equals(), self.pick(&CLASSES)),
            },
            6 => self
                .pick(&["labels has \"x\"", "labels lacks \"y\"", "labels is []", "labels is not []"])
                .to_owned(),
            _ => self.pick(&["careful", "careful is false"]).to_owned(),
        }
    }

    fn counter_test(&mut self) -> String {
        let counter = self.counters[self.random.usize(..self.counters.len())].clone();
        let order = self.pick(&["<", "<=", ">", ">="]);
        format!("{counter} {order} {}", self.pick(&["50%", "80%", "99.5%", "100%"]))
    }

    fn caller_test(&mut self) -> String {
        let teams = ["company", "engineering", "payments", "search", "product"];
        match self.random.usize(..8) {
            0 => format!("caller.team {} {}", self.equals(), self.pick(&teams)),
            1 => format!("caller.team {} {}", self.among(), self.pick(&teams)),
            2 => format!("caller.team {} [payments, product]", self.among()),
            3 => format!("caller.app {} {}", self.equals(), self.pick(&["\"ide\"", "\"\"", "\"desk\""])),
            4 => format!("caller.app {} [\"ide\", \"desk\"]", self.among()),
            5 => format!(
                "caller.id {}",
                self.pick(&["like \"svc-*\"", "like \"?nn\"", "matches r\"^a\"", "matches r\"N\"i"])
            ),
            6 => format!("caller.groups {} \"interns\"", self.pick(&["has", "lacks"])),
            _ => format!("caller.groups {} []", self.equals()),
        }
    }

    fn request_test(&mut self) -> String {
        let order = self.pick(&["<", "<=", ">", ">=", "is", "is not"]);
        let count = self.pick(&["0 tokens", "1 tokens", "100 tokens", "1k tokens", "1Ki tokens"]);
        match self.random.usize(..8) {
            0 if self.random.usize(..3) == 0 => {
                format!("request.api {} {}", self.equals(), self.pick(&["chat", "embeddings", "gemini"]))
            }
            1 => format!(
                "request.model {} {}",
                self.equals(),
                self.pick(&["helpdesk", "far/big", "\"other\""])
            ),
            2 => format!(
                "request.model {} {}",
                self.among(),
                self.pick(&["near/*", "far/*", "group mixed", "any", "[helpdesk, near/small, \"other\"]"])
            ),
            3 => self.pick(&["request.stream", "request.stream is false"]).to_owned(),
            4 => {
                format!("request.needs {} {}", self.pick(&["has", "lacks"]), self.pick(&["tools", "vision"]))
            }
            5 => format!("request.needs {} []", self.equals()),
            6 => format!("request.tokens {} 100..1k tokens", self.among()),
            _ => format!(
                "{} {order} {count}",
                self.pick(&["request.tokens", "request.output", "request.window"])
            ),
        }
    }

    fn text_test(&mut self) -> String {
        let of = self.pick(&["prompt", "system"]);
        let findings = ["codename", "nickname", "medical", "medical.diagnosis"];
        let finding = match self.random.usize(..BUILT_IN_IS_SELDOM) {
            0 => self.pick(&["secret", "email"]),
            _ => self.pick(&findings),
        };
        match self.random.usize(..5) {
            0 | 1 => format!("{of} {} {finding}", self.pick(&["has", "lacks"])),
            2 => format!("{of} {} clean", self.equals()),
            3 => format!("{of} like {}", self.pick(&["\"Dear *\"", "\"*hello*\"", "\"?i\""])),
            _ => format!("{of} matches {}", self.pick(&["r\"^\\d+$\"", "r\"hello\"i"])),
        }
    }

    fn time_test(&mut self) -> String {
        match self.random.usize(..5) {
            0 => format!("time.now {} {}", self.pick(&["<", "<=", ">", ">="]), self.pick(&DATES)),
            1 => format!("time.now {} 2026-03-29..2026-07-01", self.among()),
            2 => format!("time.of-day {} {}", self.among(), self.pick(&["08:00..19:00", "22:00..06:00"])),
            3 => format!("time.weekday {} {}", self.among(), self.pick(&["mon..fri", "[sat, mon]"])),
            _ => format!("time.weekday {} sun", self.equals()),
        }
    }

    fn target_test(&mut self) -> String {
        let order = self.pick(&["<", "<=", ">", ">=", "is", "is not"]);
        match self.random.usize(..12) {
            0 => format!("target {} {}", self.equals(), self.pick(&["near/small", "far/big"])),
            1 => format!(
                "target {} {}",
                self.among(),
                self.pick(&["near/*", "group mixed", "[near/large, far/big]"])
            ),
            2 => format!("target.region {} {}", self.equals(), self.pick(&["us", "eu", "origin"])),
            3 => format!("target.class {order} {}", self.pick(&["data", "public", "restricted"])),
            4 => format!("data {order} target.class"),
            5 => format!("target.provider {} near", self.equals()),
            6 => format!("target.context {order} {}", self.pick(&["1k tokens", "8k tokens"])),
            7 => format!("target.price.output {order} {} per 1M tokens", self.pick(&["$2", "$10"])),
            8 => {
                format!("target.supports {} {}", self.pick(&["has", "lacks"]), self.pick(&["vision", "chat"]))
            }
            9 => format!("target.name {} \"small\"", self.equals()),
            10 => format!("size {order} target.most"),
            _ => {
                let pairs =
                    ["caller.app {} target.app", "target.careful {} careful", "labels {} target.labels"];
                self.pick(&pairs).replace("{}", self.equals())
            }
        }
    }

    fn equals(&mut self) -> &'static str {
        self.pick(&["is", "is not"])
    }

    fn among(&mut self) -> &'static str {
        self.pick(&["in", "not in"])
    }
}
