//! Requests for a generated policy, with values on both sides of what its conditions test.

use super::{APPS, Generated, Size, an_app};
use fastrand::Rng;
use serde_json::{Map, Value as Json, json};

impl Generated {
    /// A request document.
    pub fn request(&self, random: &mut Rng) -> Json {
        let mut document = Map::new();
        for (name, values) in attributes() {
            if random.usize(..3) > 0 {
                document.insert(name.to_owned(), values[random.usize(..values.len())].clone());
            }
        }
        if self.size == Size::Large && random.usize(..4) > 0 {
            document.insert("caller.app".to_owned(), json!(format!("app-{}", an_app(random, APPS))));
            let groups: Vec<String> =
                (0..random.usize(..4)).map(|_| format!("group-{}", random.usize(..APPS))).collect();
            document.insert("caller.groups".to_owned(), json!(groups));
        }
        if random.usize(..4) == 0 {
            for name in ["prompt.findings", "system.findings"] {
                document
                    .insert(name.to_owned(), json!(some(random, &["secret", "email", "medical.diagnosis"])));
            }
        }
        if random.usize(..3) == 0 {
            let draw = ["0%", "4.9999%", "5%", "49.9999%", "50%", "99.9999%"];
            document.insert("draw".to_owned(), json!(draw[random.usize(..draw.len())]));
        }
        if random.usize(..4) == 0 {
            document.insert("workload".to_owned(), json!(super::CLASSES[random.usize(..3)]));
        }
        for counter in &self.counters {
            let shares = ["0%", "49.9999%", "50%", "80%", "99.9999%", "100%"];
            document.insert(counter.clone(), json!(shares[random.usize(..shares.len())]));
        }
        let approvals: Vec<&str> = self.approvals.iter().map(String::as_str).collect();
        if !approvals.is_empty() && random.bool() {
            document.insert("granted".to_owned(), json!(some(random, &approvals)));
        }
        if !document.contains_key("data") && random.bool() {
            let classes = ["public", "confidential", "restricted"];
            document.insert("sources".to_owned(), json!({"header x-data": classes[random.usize(..3)]}));
        }
        Json::Object(document)
    }
}

fn some<'t>(random: &mut Rng, texts: &[&'t str]) -> Vec<&'t str> {
    texts.iter().filter(|_| random.bool()).copied().collect()
}

fn attributes() -> Vec<(&'static str, Vec<Json>)> {
    let count = |counts: &[u64]| counts.iter().map(|count| json!(count)).collect();
    let texts = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect();
    let sets = |sets: &[&[&str]]| sets.iter().map(|set| json!(set)).collect();
    vec![
        ("caller.id", texts(&["ann", "svc-mail", "bob", ""])),
        ("caller.team", texts(&["company", "engineering", "payments", "search", "product", "nobody"])),
        ("caller.app", texts(&["ide", "desk", "phone"])),
        ("caller.groups", sets(&[&[], &["interns"], &["staff"]])),
        ("request.id", texts(&["r1", "r2", "r3"])),
        ("request.api", texts(&["chat", "chat", "responses", "messages", "gemini", "embeddings"])),
        (
            "request.model",
            texts(&["helpdesk", "far/big", "small", "large", "large-2026", "other", "none", ""]),
        ),
        ("request.stream", vec![json!(true), json!(false)]),
        ("request.needs", sets(&[&[], &["tools"], &["vision", "tools"]])),
        ("request.tokens", count(&[0, 1, 99, 100, 999, 1000, 1024, 1025, 7999])),
        ("request.output", count(&[0, 1, 50, 100, 201, 1000])),
        (
            "time.now",
            texts(&[
                "2026-01-31T22:59:59Z",
                "2026-02-01",
                "2026-03-29T01:00Z",
                "2026-06-30T22:00Z",
                "2026-07-01",
                "2026-10-25T00:59:59Z",
                "2026-10-25T01:00Z",
                "2026-12-25T21:30Z",
            ]),
        ),
        (
            "prompt",
            vec![
                json!(""),
                json!("hello"),
                json!(["12", "Dear Ann"]),
                json!("\u{ff48}ello, and \u{ff2f}RION"),
                json!("see ORION, write to ann@example.com"),
            ],
        ),
        ("system", vec![json!("hi"), json!("about the bluebird"), json!(["a moonbase", "41"])]),
        ("data", texts(&["public", "internal", "confidential", "restricted"])),
        ("origin", texts(&["us", "eu"])),
        ("wish", texts(&["low", "high"])),
        ("size", count(&[0, 9, 10, 1000, 1001])),
        ("careful", vec![json!(true), json!(false)]),
        ("labels", sets(&[&[], &["x"], &["x", "y"]])),
    ]
}
