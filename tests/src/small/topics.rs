//! What requests of a small policy are told apart by, and the values that do it.

use super::{DATES, Writer};
use fastrand::Rng;
use serde_json::{Value as Json, json};

/// Something that is known of a request.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    /// As a document names it.
    pub(super) key: &'static str,
    /// What a policy that speaks of it declares.
    pub(super) declared: String,
    /// Tests of it.
    pub(super) atoms: Vec<String>,
    /// A value of each kind that the tests tell apart.
    values: Vec<Json>,
    /// Whether the policy speaks of it.
    pub(super) is_used: bool,
}

fn topic(key: &'static str, declared: &str, atoms: &[&str], values: &[Json]) -> Topic {
    Topic {
        key,
        declared: declared.to_owned(),
        atoms: atoms.iter().map(|atom| (*atom).to_owned()).collect(),
        values: values.to_vec(),
        is_used: false,
    }
}

/// Two or three of them.
pub(super) fn some(random: &mut Rng) -> Vec<Topic> {
    let mut all = all(random);
    random.shuffle(&mut all);
    all.truncate(random.usize(2..4));
    all
}

fn all(random: &mut Rng) -> Vec<Topic> {
    let sources = [
        "credential \"data\"",
        "header \"x-data\"",
        "header \"x-data\"",
        "credential \"data\", header \"x-data\"  combine highest",
        "credential \"data\", header \"x-data\"  combine lowest",
        "credential \"data\", header \"x-data\"  combine first",
        "header \"x-data\", claim \"data\"  combine first",
    ];
    let data = format!(
        "type level = low < mid < high\nattribute data: level  from {}  default {}",
        sources[random.usize(..sources.len())],
        ["low", "mid", "high"][random.usize(..3)]
    );
    let origin = format!(
        "attribute origin: region  from {}",
        ["claim \"region\"  required", "header \"x-region\"  default eu", "metadata \"region\"  default us"]
            [random.usize(..3)]
    );
    vec![
        topic(
            "data",
            &data,
            &[
                "data is low",
                "data is high",
                "data >= mid",
                "data < high",
                "data is not mid",
                "data in [low, high]",
            ],
            &[json!("low"), json!("mid"), json!("high")],
        ),
        topic(
            "origin",
            &origin,
            &["origin is eu", "origin is us", "origin is not eu"],
            &[json!("eu"), json!("us")],
        ),
    ]
    .into_iter()
    .chain(built_in())
    .collect()
}

/// Those that every policy has.
fn built_in() -> Vec<Topic> {
    vec![
        topic(
            "caller.team",
            "type team = company { engineering { search }  product }",
            &[
                "caller.team in engineering",
                "caller.team is search",
                "caller.team in product",
                "caller.team is company",
            ],
            &[json!("company"), json!("engineering"), json!("search"), json!("product"), json!("unknown")],
        ),
        topic(
            "caller.app",
            "",
            &[
                "caller.app is \"ide\"",
                "caller.app is not \"batch\"",
                "caller.app in [\"ide\", \"batch\"]",
                "caller.app like \"i*\"",
            ],
            &[json!(""), json!("ide"), json!("batch"), json!("ix")],
        ),
        topic(
            "caller.groups",
            "",
            &["caller.groups has \"interns\"", "caller.groups lacks \"interns\"", "caller.groups is []"],
            &[json!([]), json!(["interns"]), json!(["zz"])],
        ),
        topic("request.stream", "", &["request.stream", "not request.stream"], &[json!(false), json!(true)]),
        topic(
            "prompt.findings",
            "",
            &["prompt has secret", "prompt lacks secret", "prompt has email"],
            &[json!([]), json!(["secret"]), json!(["email"]), json!(["email", "secret"])],
        ),
        topic(
            "request.model",
            "alias helper",
            &[
                "request.model is helper",
                "request.model is not helper",
                "request.model in near/*",
                "request.model is \"other\"",
            ],
            // What may be named depends on the policy.
            &[json!(0)],
        ),
        topic(
            "clock",
            "",
            &["time.of-day in 08:00..18:00", "time.weekday in mon..fri"],
            // Its values are those of the time.
            &[json!(0)],
        ),
    ]
}

/// An instant of a weekday's night and day and of a weekend's in each phase.
const TIMES: [[&str; 4]; 4] = [
    ["2026-01-01T00:00Z", "2026-01-01T12:00Z", "2026-01-03T00:00Z", "2026-01-03T12:00Z"],
    ["2026-03-01T00:00Z", "2026-03-01T12:00Z", "2026-03-02T00:00Z", "2026-03-02T12:00Z"],
    ["2026-06-01T00:00Z", "2026-06-01T12:00Z", "2026-06-06T00:00Z", "2026-06-06T12:00Z"],
    ["2026-09-01T00:00Z", "2026-09-01T12:00Z", "2026-09-05T00:00Z", "2026-09-05T12:00Z"],
];

/// Of a policy of this text, in every phase.
pub(super) fn all_times(text: &str) -> Vec<Json> {
    let asks_clock = text.contains("time.of-day") || text.contains("time.weekday");
    let count = if asks_clock { 4 } else { 1 };
    let times: Vec<Json> = TIMES.iter().flat_map(|times| &times[..count]).map(|time| json!(time)).collect();
    each("time.now", &times)
}

fn each(key: &str, values: &[Json]) -> Vec<Json> {
    values.iter().map(|value| json!({ key: value })).collect()
}

fn subsets(names: &[&str]) -> Vec<Json> {
    let chosen = |number: usize| -> Json {
        names
            .iter()
            .enumerate()
            .filter(|(at, _)| number >> at & 1 == 1)
            .map(|(_, name)| json!(name))
            .collect()
    };
    (0..1 << names.len()).map(chosen).collect()
}

impl Writer<'_> {
    /// What the policy tells apart, a list of values each.
    pub(super) fn dimensions(&self) -> Vec<Vec<Json>> {
        let text = self.items.join("\n");
        let mut found = vec![each("request.api", &[json!("chat"), json!("embeddings")])];
        // One more need than somebody supports stands for all of them.
        let needs: Vec<&str> = self.needs.iter().copied().chain(["audio"]).collect();
        found.push(each("request.needs", &subsets(&needs)));
        found.push(self.sizes());
        found.push(self.times(&text));
        for topic in self
            .topics
            .iter()
            .filter(|topic| topic.is_used && !["clock", "request.model"].contains(&topic.key))
        {
            found.push(each(topic.key, &self.told_apart(topic, &text)));
        }
        let speaks_of_it = self.topics.iter().any(|topic| topic.key == "request.model" && topic.is_used);
        if self.uses_requested || speaks_of_it || text.contains("alias ") {
            found.push(self.named(&text));
        }
        for (name, key) in [("limit rate", "used(rate)"), ("budget money", "spent(money)")] {
            if text.contains(name) {
                let values: &[Json] = match (text.contains("80%"), text.contains("then continue")) {
                    (true, _) => &[json!("0%"), json!("80%"), json!("100%")],
                    _ => &[json!("0%"), json!("100%")],
                };
                found.push(each(key, values));
            }
        }
        let approvals: Vec<&str> = self.approvals.iter().map(String::as_str).collect();
        if !approvals.is_empty() {
            found.push(each("granted", &subsets(&approvals)));
        }
        found
    }

    fn told_apart(&self, topic: &Topic, text: &str) -> Vec<Json> {
        let knows =
            |name: &str| text.contains(&format!("has {name}")) || text.contains(&format!("lacks {name}"));
        match (topic.key, knows("secret"), knows("email")) {
            ("prompt.findings", true, false) => vec![json!([]), json!(["secret"])],
            ("prompt.findings", false, true) => vec![json!([]), json!(["email"])],
            _ => topic.values.clone(),
        }
    }

    /// Tokens and asked output: the window below, between and above the contexts, and `tokens` apart from it.
    fn sizes(&self) -> Vec<Json> {
        let sizes: &[(u32, u32)] = match self.asks_tokens {
            true => &[(0, 0), (0, 5000), (0, 9000), (4001, 0), (4001, 5000)],
            false => &[(0, 0), (4000, 0), (8000, 0)],
        };
        let size =
            |(tokens, output): &(u32, u32)| json!({"request.tokens": tokens, "request.output": output});
        sizes.iter().map(size).collect()
    }

    fn times(&self, text: &str) -> Vec<Json> {
        let is_said = |phase: usize| phase == 0 || text.contains(DATES[phase - 1]);
        let clock = self.topics.iter().any(|topic| topic.key == "clock" && topic.is_used);
        let phases = TIMES.iter().enumerate().filter(|(phase, _)| is_said(*phase)).map(|(_, times)| times);
        let count = if clock { 4 } else { 1 };
        let times: Vec<Json> = phases.flat_map(|times| &times[..count]).map(|time| json!(time)).collect();
        each("time.now", &times)
    }

    /// What `model` may hold.
    fn named(&self, text: &str) -> Vec<Json> {
        let mut names = vec![json!(""), json!("other")];
        names.extend(self.models.iter().map(|name| json!(name)));
        if self.uses_requested {
            names.extend([json!("small")]);
        }
        if self.topics.iter().any(|topic| topic.key == "request.model" && topic.is_used) {
            names.push(json!("helper"));
        }
        if text.contains("alias assistant") {
            names.push(json!("assistant"));
        }
        each("request.model", &names)
    }
}
