//! Who can be asked, and in which order: providers, plans, routes and migrations.

use super::conditions::Scope;
use super::{CLASSES, Writer};

const TARGETS: [&str; 5] = ["near/small", "near/large", "far/big", "far/vision", "far/embed"];

impl Writer<'_> {
    pub(super) fn catalogue(&mut self) -> Vec<String> {
        let needs = ["tools", "structured-output", "reasoning", "files", "audio"];
        let mut model = |name: &str, base: &str| {
            let mut supports = vec![base];
            supports.extend(self.some(&needs));
            let context = self.pick(&["1k", "2k", "8k"]);
            let output = self.pick(&["100", "500", "1k"]);
            let (input, answer) = (self.pick(&["$0.5", "$1", "$2"]), self.pick(&["$1", "$2", "$10"]));
            let facts = [
                self.pick(&["", "  most: 9 tokens", "  most: 1k tokens"]),
                self.pick(&["", "  app: \"desk\""]),
                self.pick(&["", "  careful: false"]),
                self.pick(&["", "  labels: []", "  labels: [\"x\"]"]),
            ];
            let facts = facts.concat();
            format!(
                "  model {name} {{ supports: [{}]  context: {context} tokens  output: {output} tokens  price: {input} in, {answer} out per 1M tokens{facts} }}\n",
                supports.join(", ")
            )
        };
        let near = [model("small", "chat"), model("large as \"large-2026\"", "chat, vision")];
        let mut far =
            vec![model("big", "chat"), model("vision", "chat, vision"), model("embed", "embeddings")];
        let ambiguous = model("small", "chat");
        // A name that stands for two targets, whose order in the policy is then a meaning.
        if self.size == super::Size::Large {
            far.push(ambiguous);
        }
        vec![
            format!("provider near {{\n  protocol: simulated\n  region: eu\n{}}}", near.concat()),
            format!(
                "provider far {{\n  protocol: simulated\n  region: us  class: confidential\n{}}}",
                far.concat()
            ),
        ]
    }

    /// A route for each class, and for the last one two more inside each other.
    pub(super) fn routes(&mut self) -> Vec<String> {
        let mut routes: Vec<String> = CLASSES
            .iter()
            .map(|class| {
                let outcome = self.outcome();
                format!("route {class}-only when workload is {class} {outcome}")
            })
            .collect();
        routes.push(self.inner_route("inner", "code-only"));
        routes.push(self.inner_route("innermost", "inner"));
        routes
    }

    pub(super) fn inner_route(&mut self, name: &str, outer: &str) -> String {
        let condition = self.condition(Scope::Request);
        format!("route {name} inside {outer} when {condition} {}", self.outcome())
    }

    /// What a route does: a plan, or arms.
    fn outcome(&mut self) -> String {
        if self.random.usize(..3) > 0 {
            return format!("to {}", self.plan());
        }
        let count = self.random.usize(1..3);
        let arms: Vec<String> = (0..self.times(count))
            .map(|_| {
                let condition = self.condition(Scope::Request);
                let condition = self.of_an_app(condition);
                match self.random.usize(..5) {
                    0 => format!("  when {condition}  deny \"Not so.\"\n"),
                    _ => format!("  when {condition}  to {}\n", self.plan()),
                }
            })
            .collect();
        format!("{{\n{}  otherwise  to {}\n}}", arms.concat(), self.plan())
    }

    /// Stages, and how they are executed.
    fn plan(&mut self) -> String {
        let stages: Vec<String> = (0..self.random.usize(1..4)).map(|_| self.stage()).collect();
        let mut plan = stages.join(" else ");
        let options = [
            "  failover on [timeout, rate-limited, 402]",
            "  retry 2",
            "  hedge after 3s",
            "  deadline 2min",
        ];
        for option in options {
            if self.random.usize(..5) == 0 {
                plan.push_str(option);
            }
        }
        plan
    }

    fn stage(&mut self) -> String {
        let by = self.pick(&["", " by caller.id", " by caller.team", " by caller.app"]);
        let stage = match self.random.usize(..9) {
            0 => "requested".to_owned(),
            1 => format!("split{by} {{ 90% near/small  10% {} }}", self.pick(&["far/big", "near/large"])),
            2 => format!("split{by} {{ 50% near/large  30% far/big  20% far/vision }}"),
            3 => format!(
                "{} of [{}]",
                self.pick(&["cheapest", "fastest", "least-busy"]),
                self.some(&TARGETS).join(", ")
            ),
            4 => "plan spare".to_owned(),
            5 => "group mixed".to_owned(),
            _ => self.pick(&TARGETS).to_owned(),
        };
        if self.random.usize(..3) == 0 { format!("{stage} within 10s") } else { stage }
    }

    /// Each leaves a target of its own, so that no two meet.
    pub(super) fn migrations(&mut self) -> Vec<String> {
        let pairs = [("near/small", "far/big"), ("far/big", "far/vision"), ("near/large", "near/small")];
        let mut written = Vec::new();
        for (old, new) in pairs {
            if self.maybe() {
                continue;
            }
            let condition = self.condition(Scope::Request);
            let sticky = self.pick(&["", "  sticky by caller.id", "  sticky by caller.team"]);
            let shadow = self.pick(&["", "  shadow 40%", "  shadow 50% until 2026-07-01"]);
            let name = old.replace('/', "-");
            written.push(format!(
                "migrate from-{name}: {old} to {new}  when {condition}{sticky}  ramp {{ 2026-02-01 5%  2026-03-29 50%  2026-10-25 100% }}{shadow}"
            ));
        }
        written
    }
}
