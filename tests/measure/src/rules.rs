//! A sound policy of any number of rules of every kind, like those of a large company: tests of teams, apps, groups, data
//! classes, sizes, dates and texts. Same number, same bytes.

use std::fmt::Write;

const HEAD: &str = "\
edition 2026

type team = company { platform { search  payments }  product { support  growth }  legal  finance }
type data-class = public < internal < confidential < restricted
type region = us | eu | apac
attribute data: data-class  from header \"x-data-class\"  default internal
attribute target.region: region
";

const TEAMS: [&str; 6] = ["search", "payments", "support", "growth", "legal", "finance"];
const CLASSES: [&str; 3] = ["public", "internal", "confidential"];
const REGIONS: [&str; 3] = ["us", "eu", "apac"];

/// So many providers of so many models each.
const PROVIDERS: usize = 8;
const MODELS: usize = 5;

/// Numbers of a fixed sequence.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn target(&mut self) -> String {
        format!("p{}/m{}", self.below(PROVIDERS), self.below(MODELS))
    }

    fn test(&mut self) -> String {
        match self.below(9) {
            0 => format!("caller.team in {}", TEAMS[self.below(TEAMS.len())]),
            1 => format!("caller.app is \"app-{}\"", 1000 + self.below(3000)),
            2 => format!("data <= {}", CLASSES[self.below(CLASSES.len())]),
            3 => format!("request.tokens > {}k tokens", 1 + self.below(100)),
            4 => format!("caller.groups has \"group-{}\"", 1000 + self.below(3000)),
            5 => "request.needs has tools".to_owned(),
            6 => format!("time.now < 2027-0{}-01", 1 + self.below(9)),
            7 => "prompt has secret".to_owned(),
            _ => format!("caller.id like \"service-{}-*\"", 1000 + self.below(3000)),
        }
    }

    fn condition(&mut self) -> String {
        let tests: Vec<String> = (0..2 + self.below(3)).map(|_| self.test()).collect();
        tests.join(" and ")
    }
}

/// A policy of so many rules beside those that every policy needs.
pub fn of_rules(count: usize) -> String {
    let mut text = HEAD.to_owned();
    for provider in 0..PROVIDERS {
        let region = REGIONS[provider % REGIONS.len()];
        let _ = writeln!(text, "provider p{provider} {{\n  protocol: openai\n  url: \"https://p{provider}.example/v1\"\n  key: env(\"KEY_{provider}\")\n  region: {region}");
        for model in 0..MODELS {
            let size = 8 << model;
            let _ = writeln!(text, "  model m{model} {{ supports: [chat, tools]  context: {size}k tokens  price: $1 in, $3 out per 1M tokens }}");
        }
        text.push_str("}\n");
    }
    text.push_str("approve everyone: any\nroute base to p0/m4 else p1/m4\notherwise deny \"No route covers this request.\"\n");
    let mut random = Sequence(0x2545_F491_4F6C_DD1D);
    for number in 0..count {
        let condition = random.condition();
        let _ = match number % 10 {
            0..=2 => writeln!(text, "deny d{number} when {condition}  because \"Rule {number} of the handbook.\""),
            3..=5 => writeln!(text, "forbid f{number}: {} when {condition}  because \"Rule {number}.\"", random.target()),
            6 | 7 => writeln!(text, "approve a{number}: [{}, {}] when {condition}  until 2099-06-30  owner \"platform\"", random.target(), random.target()),
            8 => writeln!(text, "flag g{number} when {condition}"),
            _ => writeln!(text, "route r{number} inside base when {condition} to {} else {}", random.target(), random.target()),
        };
    }
    text
}
