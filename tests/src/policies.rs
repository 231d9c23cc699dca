//! Sound policies over the whole language, and requests for them, by a seed. Every name that is used is declared, every
//! literal has its unit, and routes divide the requests by their class; what a policy means is left to chance.

mod conditions;

mod plans;

mod requests;

mod rules;

use conditions::Scope;
use fastrand::Rng;

/// One file of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the root file's folder.
    pub name: String,
    /// What stands in it behind its edition, an item each.
    pub items: Vec<String>,
}

/// A policy, and the names that a request for it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The root first.
    pub files: Vec<File>,
    approvals: Vec<String>,
    counters: Vec<String>,
    size: Size,
}

/// How many rules there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Some of each kind.
    Small,
    /// Hundreds of each kind, most of them about one app among many.
    Large,
}

/// The apps that rules of a large policy speak about: `app-0` and so on; too many for a word with a bit for each.
const APPS: usize = 80;

/// So often the first app is meant, so that rules of an app and those of all often hold side by side.
const FIRST_APP: usize = 4;

/// A large policy has so many times as many rules.
const LARGER: usize = 60;

impl Generated {
    /// The name and the text of each file, the root first.
    pub fn texts(&self) -> Vec<(String, String)> {
        let text = |file: &File| format!("edition 2026\n{}\n", file.items.join("\n"));
        self.files.iter().map(|file| (file.name.clone(), text(file))).collect()
    }

    /// The same items of each file in another order.
    #[must_use]
    pub fn shuffled(&self, random: &mut Rng) -> Generated {
        let mut shuffled = self.clone();
        shuffled.files.iter_mut().for_each(|file| random.shuffle(&mut file.items));
        shuffled
    }

    /// The same policy without one of its items, which is seldom sound.
    #[must_use]
    pub fn without_one(&self, random: &mut Rng) -> Generated {
        let mut broken = self.clone();
        let file = random.usize(..broken.files.len());
        let item = random.usize(..broken.files[file].items.len());
        broken.files[file].items.remove(item);
        broken
    }
}

/// The classes of `workload`: a route each, so that no two routes answer one request.
const CLASSES: [&str; 3] = ["code", "search", "chat"];

/// Dates at which rules begin and end, ascending.
const DATES: [&str; 4] = ["2026-02-01", "2026-03-29", "2026-07-01", "2026-10-25T01:00Z"];

/// The root's items beside those that chance writes.
const FRAME: &str = r#"
type data-class = public < internal < confidential < restricted
type region = us | eu
type team = company { engineering { payments search } product }
attribute data: data-class  from credential "data", header "x-data"  combine highest  default internal
attribute origin: region  from header "x-origin"  default eu
attribute wish: low < high  from metadata "wish"  default low
attribute size: tokens  from header "x-size"
attribute careful: bool  from header "x-careful"
attribute labels: set of string  from metadata "labels"  default ["x"]
attribute target.region: region
attribute target.class: data-class  default internal
attribute target.most: tokens  default 10 tokens
attribute target.app: string  default "ide"
attribute target.careful: bool  default true
attribute target.labels: set of string  default ["x", "y"]
alias helpdesk
detector codename = r"\bORION\b"
detector nickname = ["bluebird", r"moon ?base"i]
detector medical { url: "https://judge.example/find"  finds: [diagnosis, patient]  timeout: 200ms  on-failure: found }
group mixed = [near/small, far/*]
plan spare = near/large within 20s else group mixed within 30s
define quick = request.stream and request.tokens <= 1k tokens
"#;

/// Writes one small policy.
pub fn policy(random: &mut Rng) -> Generated {
    policy_of(random, Size::Small)
}

/// Writes one policy.
pub fn policy_of(random: &mut Rng, size: Size) -> Generated {
    // So that their classes fit into a word in some policies.
    let apps = if random.bool() { APPS } else { APPS / 2 };
    let mut writer =
        Writer { random, approvals: Vec::new(), counters: Vec::new(), has_counters: false, size, apps };
    let mut items: Vec<String> = FRAME.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if writer.maybe() {
        items.push("timezone \"Europe/Zurich\"".to_owned());
    }
    items.extend(writer.catalogue());
    items.push(writer.classes());
    items.extend(writer.counters_of(""));
    // From here on conditions may ask what is spent.
    writer.has_counters = true;
    items.push(format!("define busy = {}", writer.condition(Scope::Request)));
    items.push(format!("define fit = {}", writer.condition(Scope::Target)));
    items.extend(writer.rules("", writer.times(6)));
    items.extend(writer.approvals_of());
    items.extend(writer.routes());
    items.extend(writer.migrations());
    items.push("otherwise deny \"No route covers this request.\"".to_owned());
    let shared = File { name: "b.route".to_owned(), items: writer.rules("shared-", 3) };
    let mut delegated = writer.rules("team-", 3);
    delegated.extend(writer.counters_of("team-"));
    delegated.push(writer.inner_route("team-inner", "chat-only"));
    let uses = ["use \"a.route\" for caller.team in engineering", "use \"b.route\""];
    items.splice(0..0, uses.map(str::to_owned));
    let files = vec![
        File { name: "main.route".to_owned(), items },
        File { name: "a.route".to_owned(), items: delegated },
        shared,
    ];
    let Writer { approvals, counters, .. } = writer;
    Generated { files, approvals, counters, size }
}

/// One of so many apps, by its number.
fn an_app(random: &mut Rng, apps: usize) -> usize {
    if random.usize(..FIRST_APP) == 0 { 0 } else { random.usize(..apps) }
}

/// What is known while a policy is written.
struct Writer<'r> {
    random: &'r mut Rng,
    approvals: Vec<String>,
    /// `spent(NAME)` and `used(NAME)`, in the order written.
    counters: Vec<String>,
    has_counters: bool,
    size: Size,
    /// How many apps its rules speak about.
    apps: usize,
}

impl Writer<'_> {
    /// So many, or more in a large policy.
    fn times(&self, count: usize) -> usize {
        match self.size {
            Size::Small => count,
            Size::Large => count * LARGER,
        }
    }

    /// A condition, in a large policy mostly of one app or a few.
    fn of_an_app(&mut self, condition: String) -> String {
        if self.size == Size::Small || self.random.usize(..5) == 0 {
            return condition;
        }
        let apps = self.apps;
        let app = |random: &mut Rng| format!("\"app-{}\"", an_app(random, apps));
        let asked = match self.random.usize(..8) {
            0 => format!("caller.app in [{}, {}, {}]", app(self.random), app(self.random), app(self.random)),
            1 => format!("caller.app not in [{}, {}]", app(self.random), app(self.random)),
            2 => format!("caller.app like \"app-{}*\"", self.random.usize(..4)),
            3 => format!("caller.groups has \"group-{}\"", self.random.usize(..APPS)),
            4 => format!("(caller.app is {} or caller.groups lacks \"group-1\")", app(self.random)),
            _ => format!("caller.app is {}", app(self.random)),
        };
        format!("{asked} and ({condition})")
    }

    fn maybe(&mut self) -> bool {
        self.random.bool()
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.random.usize(..texts.len())]
    }

    /// Some of them, at least one, in the order given.
    fn some<'t>(&mut self, texts: &[&'t str]) -> Vec<&'t str> {
        let sure = self.random.usize(..texts.len());
        let keeps = |(index, _): &(usize, &&str)| *index == sure || self.random.bool();
        texts.iter().enumerate().filter(keeps).map(|(_, text)| *text).collect()
    }

    fn classes(&mut self) -> String {
        let arms: Vec<String> = CLASSES[..2]
            .iter()
            .map(|class| format!("  {class} when {}\n", self.condition(Scope::Classify)))
            .collect();
        format!("classify workload: {} {{\n{}  otherwise chat\n}}", CLASSES.join(" | "), arms.concat())
    }
}
