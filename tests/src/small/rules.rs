//! The items of a small policy: who can be asked, what is permitted and owed, routes, migrations and promises.

use super::{DATES, Scope, Writer};

impl Writer<'_> {
    pub(super) fn catalogue(&mut self) {
        self.has_prices = self.random.bool();
        let names = ["near/small", "near/large", "far/big", "far/small", "far/embed"];
        let count = self.random.usize(3..6);
        let mut texts: [String; 2] = Default::default();
        for name in &names[..count] {
            let mut supports = vec![if *name == "far/embed" { "embeddings" } else { "chat" }];
            if self.one_in(3) {
                supports.push("vision");
            }
            if supports.contains(&"vision") && !self.needs.contains(&"vision") {
                self.needs.push("vision");
            }
            let context = if self.one_in(3) { 4 } else { 8 };
            let price = match self.has_prices {
                true => format!("  price: ${} in, $2 out per 1M tokens", self.random.u32(1..4)),
                false => String::new(),
            };
            let (provider, model) = name.split_once('/').expect("each has a provider");
            texts[usize::from(provider == "far")].push_str(&format!(
                "  model {model} {{ supports: [{}]  context: {context}k tokens{price} }}\n",
                supports.join(", ")
            ));
            self.models.push(name);
        }
        for (name, models) in ["near", "far"].iter().zip(texts) {
            let region = self.pick(&["eu", "us"]);
            self.items
                .push(format!("provider {name} {{\n  protocol: simulated  region: {region}\n{models}}}"));
        }
        if self.one_in(2) {
            let members = self.targets(2).join(", ");
            self.items.push(format!("group some = [{members}]"));
        }
    }

    fn has(&self, start: &str) -> bool {
        self.items.iter().any(|item| item.starts_with(start))
    }

    pub(super) fn counters(&mut self) {
        if self.one_in(5) {
            let when = self.when(Scope::Plain);
            self.items.push(format!("limit rate: 5 requests per 1min{when}"));
        }
        if self.has_prices && self.one_in(6) {
            let then = self.pick(&["then deny", "then continue"]);
            let when = self.when(Scope::Plain);
            self.items.push(format!("budget money: $5 per month  {then}{when}"));
        }
    }

    pub(super) fn definitions(&mut self) {
        if self.one_in(3) {
            let condition = self.condition(Scope::Plain);
            self.items.push(format!("define special = {condition}"));
            self.has_define = true;
        }
        if self.one_in(3) {
            let first = self.condition(Scope::Plain);
            let second = match self.one_in(3) {
                true => format!("  b when {}\n", self.condition(Scope::Plain)),
                false => String::new(),
            };
            let last = if second.is_empty() { "b" } else { "c" };
            let kinds = if second.is_empty() { "a | b" } else { "a | b | c" };
            self.items
                .push(format!("classify kind: {kinds} {{\n  a when {first}\n{second}  otherwise {last}\n}}"));
            self.has_classes = true;
        }
    }

    pub(super) fn rules(&mut self) {
        let base = match self.random.usize(..4) {
            0 => format!("approve base: any{}", self.when(Scope::Target)),
            1 => format!("approve base: {}", self.spoken_of()),
            _ => "approve base: any".to_owned(),
        };
        let term = self.term();
        self.items.push(format!("{base}{term}"));
        for number in 0..self.random.usize(1..5) {
            let rule = self.rule(number);
            self.items.push(rule);
        }
        if self.one_in(5) {
            self.items.push("alias assistant".to_owned());
        }
    }

    fn rule(&mut self, number: usize) -> String {
        let (observe, term) = (self.observe(), self.term());
        let when = self.when(Scope::Target);
        match self.random.usize(..13) {
            0..=2 => format!("{observe}approve more-{number}: {}{when}{term}", self.spoken_of()),
            3..=5 => {
                let condition = self.condition(Scope::Request);
                format!("{observe}deny deny-{number}  when {condition}{term}")
            }
            6..=8 => format!("{observe}forbid forbid-{number}: {}{when}{term}", self.spoken_of()),
            9 => {
                let name = format!("ask-{number}");
                self.approvals.push(name.clone());
                format!("{observe}require approval {name}{when}{term}  by \"board\"  each caller.team")
            }
            10 | 11 => {
                let findings = self.pick(&["email", "phone", "email, phone"]);
                format!("{observe}redact redact-{number}: [{findings}] in prompt{when}{term}")
            }
            _ => format!("{observe}flag flag-{number}{when}{term}"),
        }
    }

    pub(super) fn routes(&mut self) {
        if self.one_in(3) {
            let plan = self.plan();
            self.items.push(format!("plan spare = {plan}"));
        }
        let mut names: Vec<String> = Vec::new();
        let conditions: Vec<String> = match self.random.usize(..4) {
            0 if self.has_classes => vec!["kind is a".to_owned(), "kind is not a".to_owned()],
            1 => vec![self.condition(Scope::Request), self.condition(Scope::Request)],
            2 => vec![self.condition(Scope::Request)],
            _ => vec![String::new()],
        };
        for (number, condition) in conditions.iter().enumerate() {
            let when = if condition.is_empty() { String::new() } else { format!(" when {condition}") };
            let outcome = self.outcome();
            self.items.push(format!("route route-{number}{when} {outcome}"));
            names.push(format!("route-{number}"));
        }
        for number in 0..self.random.usize(..3) {
            let outer = names[self.random.usize(..names.len())].clone();
            let (condition, outcome) = (self.condition(Scope::Request), self.outcome());
            self.items.push(format!("route inner-{number} inside {outer} when {condition} {outcome}"));
            names.push(format!("inner-{number}"));
        }
        self.items.push("otherwise deny \"none\"".to_owned());
    }

    fn outcome(&mut self) -> String {
        if self.random.bool() {
            return format!("to {}", self.plan());
        }
        let mut arms = String::new();
        for _ in 0..self.random.usize(1..3) {
            let condition = self.condition(Scope::Request);
            let outcome =
                if self.one_in(5) { "deny \"no\"".to_owned() } else { format!("to {}", self.plan()) };
            arms.push_str(&format!("  when {condition}  {outcome}\n"));
        }
        format!("{{\n{arms}  otherwise  to {}\n}}", self.plan())
    }

    /// At most one split, since the draws of two would go together.
    fn plan(&mut self) -> String {
        let mut may_split = true;
        let stages: Vec<String> = (0..self.random.usize(1..4)).map(|_| self.stage(&mut may_split)).collect();
        stages.join(" else ")
    }

    fn stage(&mut self, may_split: &mut bool) -> String {
        match self.random.usize(..12) {
            0 | 1 if *may_split => {
                *may_split = false;
                let shares: &[u32] = [&[50, 50][..], &[80, 20], &[30, 30, 40]][self.random.usize(..3)];
                let members = self.targets(shares.len());
                let parts: Vec<String> =
                    shares.iter().zip(members).map(|(share, member)| format!("{share}% {member}")).collect();
                format!("split {{ {} }}", parts.join("  "))
            }
            2 if self.has_prices => format!("cheapest of [{}]", self.targets(2).join(", ")),
            3 => format!("fastest of [{}]", self.targets(2).join(", ")),
            4 if self.has("group some") => "group some".to_owned(),
            5 if *may_split && self.has("plan spare") => {
                *may_split = false;
                "plan spare".to_owned()
            }
            6 if self.one_in(2) => {
                self.uses_requested = true;
                "requested".to_owned()
            }
            _ => self.target().to_owned(),
        }
    }

    pub(super) fn migrations(&mut self) {
        for number in 0..self.random.usize(..6).saturating_sub(3) {
            self.uses_dates = true;
            let (old, new) = match self.targets(2)[..] {
                [old, new] => (old, new),
                _ => return,
            };
            let when = self.when(Scope::Request);
            let ramp = match self.random.usize(..4) {
                0 => format!("{} 100%", DATES[0]),
                1 => format!("{} 50%", DATES[1]),
                2 => format!("{} 20%  {} 100%", DATES[0], DATES[1]),
                _ => format!("{} 50%  {} 100%", DATES[1], DATES[2]),
            };
            let shadow = match self.random.usize(..4) {
                0 => "  shadow 10%".to_owned(),
                1 => format!("  shadow 100% until {}", self.pick(&DATES)),
                _ => String::new(),
            };
            self.items
                .push(format!("migrate move-{number}: {old} to {new}{when}  ramp {{ {ramp} }}{shadow}"));
        }
    }

    pub(super) fn guarantees(&mut self) {
        for number in 0..self.random.usize(..4) {
            let plain = self.random.bool();
            let mut condition = self.condition(Scope::Request);
            if plain {
                condition = format!(
                    "request.api is chat and request.needs is [] and request.window <= 4k tokens and ({condition})"
                );
            }
            let claim = match self.random.usize(..6) {
                0 | 1 => {
                    let always = self.condition(Scope::Target);
                    let when = self.when(Scope::Target);
                    format!("always {always}{when}")
                }
                2 => format!("denied when {condition}"),
                3 => format!("served when {condition}"),
                4 => {
                    let counted = self.pick(&["providers", "models"]);
                    format!("at least {} {counted} when {condition}", self.random.u32(1..4))
                }
                _ => {
                    let findings = self.pick(&["email", "phone", "email, phone"]);
                    format!("redacted [{findings}] when {}", self.condition(Scope::Target))
                }
            };
            self.items.push(format!("guarantee promise-{number}: {claim}"));
        }
    }
}
