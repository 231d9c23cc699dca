//! The prose of the page, and how its numbers are written.

use super::versioned;
use crate::engines::{KINDS, Role};
use crate::figures::Run;

/// Lines of the book's pages are no longer than this.
const COLUMNS: usize = 128;
/// A reason is told so far.
const REASON_CHARACTERS: usize = 160;

/// What the families are that are not realistic.
pub(super) const FAMILIES: &str = "`no-selective`: no rule names a team, an app, a group or a cost centre, so that no test \
     leaves few rules. `adversarial`: teams and apps in lists of up to 60, token ranges of which each has bounds of its own, \
     negated lists, choices of 6 to 12 tests, and callers of 8 to 20 groups.";

/// What was compared, and under which conditions.
pub(super) fn introduction(run: &Run) -> String {
    let conditions = &run.conditions;
    let peers = KINDS.iter().filter(|kind| kind.role == Role::Peer).map(versioned);
    let mut names: Vec<String> = Vec::new();
    peers.for_each(|name| {
        if !names.contains(&name) {
            names.push(name);
        }
    });
    let plain: Vec<String> = conditions.plain_ns.iter().map(|time| nanoseconds(*time)).collect();
    let made = format!(
        "Made by `tests/benches/run.sh` on {} with commit {}, {}, on {} cores of {}. Before the run {} processes wanted a \
         processor; the plain loop over 1,000 rules took {} at its beginning and at its end. Peers: {}.",
        conditions.date,
        conditions.commit,
        conditions.rustc.split(" (").next().unwrap_or_default(),
        conditions.cores,
        conditions.processor,
        conditions.load_before,
        plain.join(" and "),
        names.join(", ")
    );
    let compared = "One policy as data, by seed, is written out in the language of each engine: a list of rules of which the \
         first that holds answers, each of two to five tests over team, workload, class of data, region, model, tokens, needs, \
         groups, app and a header; 85 % of the rules name one of as many teams as there are rules by ten. The same 10,000 \
         requests meet each engine, 70 % of them made to satisfy some rule. An engine that answers one of them otherwise than \
         the plain loop ends the run.";
    let whole = "The *whole decision* is measured on a larger policy than the list: for each hundred of its rules five \
         approvals, five forbids and one obligation more, and three candidates for each request. No peer answers that.";
    format!("# What a decision costs\n\n{}\n\n{}\n\n{}\n", lines(&made), lines(compared), lines(whole))
}

/// How it was timed.
pub(super) fn method(run: &Run) -> String {
    let conditions = &run.conditions;
    let text = format!(
        "Each engine meets each policy in processes of its own: three times, in turns with the others, of which the turn with \
         the lowest median counts, and once where there are more than 10,000 rules. A process runs on one thread, all built alike (`opt-level = 3`, no LTO, the \
         system's allocator). Requests are taken in groups of 100, which the cache holds: a gateway has just read what it \
         decides. Within a group each is timed alone, among the others in an order that changes each round, up to 21 rounds \
         within {} s; a request's time is the median of its rounds, less what reading the clock costs ({} here). Median \
         and percentile are over requests, so that the percentile shows slow requests and not what else the machine did. The \
         mean is of passes without a clock between. Where a decision takes long, fewer requests are timed, never less than 30.",
        conditions.budget_ms as f64 / 1e3,
        nanoseconds(conditions.clock_ns)
    );
    format!("## How it was timed\n\n{}\n", lines(&text))
}

/// How each engine was used.
pub(super) fn engines() -> String {
    let used = [
        "Requests stand in the engine's own form, with their strings as strings, before the time begins: a context, an input, \
         attributes. Building that form is in the column *with the form*.",
        "Each engine gets the caller's team and its department as two texts, and the class of data as a number; Cedar gets the \
         teams as a tree of entities with the team as principal, Wayleave as the type `team` and a scale.",
        "Wayleave, credential worked out: the classes of what a caller's credential says (team, class of data, region, \
         groups, app) were looked up before, as the gateway does once for each caller; what only the request says is looked up.",
        "wirefilter: compiled filters, asked in order. The published version has no lists as values: groups are one text, \
         searched for `,g-17,`. Newer ones live in its repository alone.",
        "atc-router: the priority of a rule falls with its position.",
        "CEL: one program for each rule, compiled once, executed in order; comparisons instead of lists, which the interpreter \
         would make anew each time.",
        "Rego: one chain of `else`, which stops at the first rule that holds. The bytecode of regorus has no room for a chain \
         of more than some eighty, so that it collects all rules that hold and takes the least. Lists of more than three texts \
         are sets in the data document.",
        "Cedar: every rule is a `permit`, and the answer is the least number of those that determined it. Cedar has no order, so \
         it evaluates all policies always; what it promises instead is that order cannot matter.",
        "Not here: OPA, which does not run in the process of a Rust program.",
    ];
    let items: Vec<String> = used.iter().map(|text| indented(&lines(text))).collect();
    format!("## How each engine was used\n\n{}\n", items.join("\n"))
}

fn indented(text: &str) -> String {
    format!("- {}", text.replace('\n', "\n  "))
}

/// Broken into lines of the book's width, with room for a mark of a list.
pub(super) fn lines(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + word.chars().count() < COLUMNS - 2 {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}

/// The beginning of a reason.
pub(super) fn short(reason: &str) -> String {
    reason.chars().take(REASON_CHARACTERS).collect::<String>().trim_end_matches('.').to_owned()
}

/// The version of a package in this workspace's lock file.
pub(super) fn version(package: &str) -> Option<&'static str> {
    let lock = include_str!("../../Cargo.lock");
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split('"').next()
}

/// Thousands apart.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Two or three figures that mean something.
fn figures(value: f64) -> String {
    match value {
        value if value >= 99.95 => count(value.round() as usize),
        value if value >= 9.995 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}

/// A time in the unit that suits it.
pub(super) fn nanoseconds(value: f64) -> String {
    match value {
        value if value < 1e3 => format!("{value:.0} ns"),
        value if value < 1e6 => format!("{} µs", figures(value / 1e3)),
        value => format!("{} ms", figures(value / 1e6)),
    }
}

/// A time from milliseconds up.
pub(super) fn milliseconds(value: f64) -> String {
    if value < 1e3 { format!("{} ms", figures(value)) } else { format!("{:.1} s", value / 1e3) }
}

/// Memory in the unit that suits it.
pub(super) fn bytes(value: i64) -> String {
    let kibibytes = value as f64 / 1_024.0;
    if kibibytes < 1_024.0 {
        format!("{kibibytes:.0} KiB")
    } else {
        format!("{} MiB", figures(kibibytes / 1_024.0))
    }
}

/// How many times.
pub(super) fn ratio(value: f64) -> String {
    match value {
        value if value >= 9.95 => count(value.round() as usize),
        value if value >= 0.095 => format!("{value:.1}"),
        value => format!("{value:.3}"),
    }
}
