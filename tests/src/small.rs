//! Small policies over the whole language, by a seed, each with every request that it tells apart: the product of the values
//! of what it reads. What such a policy says of itself can be found out by asking all of them.

mod topics;

mod rules;

use fastrand::Rng;
use serde_json::{Map, Value as Json};
use topics::Topic;

/// A policy of one file.
#[derive(Debug, Clone)]
pub struct Small {
    /// Its text.
    pub text: String,
    dimensions: Vec<Vec<Json>>,
}

/// No policy tells more requests apart.
const REQUESTS: usize = 1_300;

/// The policy of a seed.
pub fn policy(seed: u64) -> Small {
    let mut random = Rng::with_seed(seed);
    loop {
        let written = Writer::new(&mut random).policy();
        if written.requests_count() <= REQUESTS {
            return written;
        }
    }
}

impl Small {
    /// The same requests for another text.
    pub fn with_text(&self, text: String) -> Small {
        Small { text, dimensions: self.dimensions.clone() }
    }

    /// The same with requests of every phase that some date could begin.
    #[must_use]
    pub fn of_all_dates(mut self) -> Small {
        for values in &mut self.dimensions {
            if values.first().is_some_and(|value| value.get("time.now").is_some()) {
                *values = topics::all_times(&self.text);
            }
        }
        self
    }

    fn requests_count(&self) -> usize {
        self.dimensions.iter().map(Vec::len).product()
    }

    /// Every request that it tells apart.
    pub fn requests(&self) -> Vec<Json> {
        let mut all = vec![Map::new()];
        for values in &self.dimensions {
            let with = |known: &Map<String, Json>, value: &Json| {
                let mut more = known.clone();
                more.extend(value.as_object().cloned().unwrap_or_default());
                more
            };
            all = all
                .iter()
                .flat_map(|known| values.iter().map(|value| with(known, value)).collect::<Vec<_>>())
                .collect();
        }
        all.into_iter().map(Json::Object).collect()
    }
}

/// What a condition may speak about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// A request.
    Request,
    /// A request, and not its class or a name for a condition.
    Plain,
    /// Also a target.
    Target,
}

struct Writer<'r> {
    random: &'r mut Rng,
    topics: Vec<Topic>,
    models: Vec<&'static str>,
    /// What request needs are stated by a target or asked.
    needs: Vec<&'static str>,
    approvals: Vec<String>,
    has_classes: bool,
    has_define: bool,
    has_prices: bool,
    /// Whether some text speaks of a date.
    uses_dates: bool,
    uses_requested: bool,
    asks_tokens: bool,
    items: Vec<String>,
}

/// Dates at which something begins or ends; there are three of them and so four phases.
const DATES: [&str; 3] = ["2026-03-01", "2026-06-01", "2026-09-01"];

impl<'r> Writer<'r> {
    fn new(random: &'r mut Rng) -> Writer<'r> {
        Writer {
            random,
            topics: Vec::new(),
            models: Vec::new(),
            needs: Vec::new(),
            approvals: Vec::new(),
            has_classes: false,
            has_define: false,
            has_prices: false,
            uses_dates: false,
            uses_requested: false,
            asks_tokens: false,
            items: Vec::new(),
        }
    }

    fn policy(mut self) -> Small {
        self.topics = topics::some(self.random);
        self.catalogue();
        self.counters();
        self.definitions();
        self.rules();
        self.routes();
        self.migrations();
        self.guarantees();
        let declared = self.topics.iter().filter(|topic| topic.is_used).map(|topic| topic.declared.as_str());
        let mut parts = vec!["edition 2026", "type region = eu | us", "attribute target.region: region"];
        parts.extend(declared.filter(|text| !text.is_empty()));
        parts.extend(self.items.iter().map(String::as_str));
        let text = format!("{}\n", parts.join("\n"));
        Small { dimensions: self.dimensions(), text }
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.random.usize(..times) == 0
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.random.usize(..texts.len())]
    }

    fn target(&mut self) -> &'static str {
        let index = self.random.usize(..self.models.len());
        self.models[index]
    }

    /// Different ones, so many or all.
    fn targets(&mut self, count: usize) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.models.clone();
        self.random.shuffle(&mut names);
        names.truncate(count);
        names
    }

    /// What stands after the name of an `approve` or a `forbid`.
    fn spoken_of(&mut self) -> String {
        match self.random.usize(..5) {
            0 | 1 => "any".to_owned(),
            2 => self.pick(&["near/*", "far/*"]).to_owned(),
            3 => self.target().to_owned(),
            _ => format!("[{}]", self.targets(2).join(", ")),
        }
    }

    fn condition(&mut self, scope: Scope) -> String {
        let mut part = || self.atom(scope);
        let (a, b, c) = (part(), part(), part());
        match self.random.usize(..10) {
            0..=3 => a,
            4 | 5 => format!("{a} and {b}"),
            6 => format!("{a} or {b}"),
            7 => format!("{a} and ({b} or {c})"),
            8 => format!("{a} or {b} and {c}").replace(&format!("{b} and {c}"), &format!("({b} and {c})")),
            _ => format!("not ({a} and {b})"),
        }
    }

    fn atom(&mut self, scope: Scope) -> String {
        if scope == Scope::Target && self.random.bool() {
            return self.target_atom();
        }
        if scope != Scope::Plain && self.has_classes && self.one_in(4) {
            return self.pick(&["kind is a", "kind is b", "kind is not a"]).to_owned();
        }
        if scope != Scope::Plain && self.has_define && self.one_in(5) {
            return self.pick(&["special", "not special"]).to_owned();
        }
        match self.random.usize(..self.topics.len() + 1) {
            0 => self.size_atom(),
            number => {
                let topic = &mut self.topics[number - 1];
                topic.is_used = true;
                topic.atoms[self.random.usize(..topic.atoms.len())].clone()
            }
        }
    }

    /// About what each request has: an api, needs, a size, a time.
    fn size_atom(&mut self) -> String {
        match self.random.usize(..6) {
            0 => "request.api is embeddings".to_owned(),
            1 | 2 => {
                if !self.needs.contains(&"vision") {
                    self.needs.push("vision");
                }
                let tests = ["request.needs is []", "request.needs has vision", "request.needs lacks vision"];
                self.pick(&tests).to_owned()
            }
            3 => self.pick(&["request.window <= 4k tokens", "request.window > 8k tokens"]).to_owned(),
            4 if self.one_in(2) => {
                self.asks_tokens = true;
                "request.tokens > 4k tokens".to_owned()
            }
            _ => {
                self.uses_dates = true;
                let order = self.pick(&["<", ">="]);
                format!("time.now {order} {}", self.pick(&DATES))
            }
        }
    }

    fn target_atom(&mut self) -> String {
        let compares = self.topics.iter().any(|topic| topic.key == "origin");
        let count = if compares { 8 } else { 6 };
        let one = self.target();
        match self.random.usize(..count) {
            0 => "target.region is eu".to_owned(),
            1 => "target.region is not eu".to_owned(),
            2 => "target.context > 4k tokens".to_owned(),
            3 => "target in near/*".to_owned(),
            4 => format!("target is {one}"),
            5 => "target.supports has vision".to_owned(),
            _ => {
                self.topics
                    .iter_mut()
                    .filter(|topic| topic.key == "origin")
                    .for_each(|topic| topic.is_used = true);
                self.pick(&["target.region is origin", "target.region is not origin"]).to_owned()
            }
        }
    }

    /// A `when`, or nothing.
    fn when(&mut self, scope: Scope) -> String {
        match self.one_in(4) {
            true => String::new(),
            false => format!("  when {}", self.condition(scope)),
        }
    }

    fn term(&mut self) -> String {
        let from = self.random.usize(..DATES.len());
        let until = self.random.usize(..DATES.len());
        let text = match self.random.usize(..9) {
            0 => format!("  from {}", DATES[from]),
            1 => format!("  until {}", DATES[until]),
            2 if from < until => format!("  from {}  until {}", DATES[from], DATES[until]),
            _ => return String::new(),
        };
        self.uses_dates = true;
        text
    }

    fn observe(&mut self) -> &'static str {
        if self.one_in(8) { "observe " } else { "" }
    }
}
