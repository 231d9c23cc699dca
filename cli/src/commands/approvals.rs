//! `approvals`: who allowed what, until when, on which evidence, and what rests on it.

use super::check::{as_of, date};
use crate::args::{Approvals, Format};
use crate::duration;
use crate::load;
use crate::output::{Exit, Failure, Paint, Terminal, columns, note, ordinal, print};
use crate::waiting::Waiting;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wayleave_compiler::diagnostic::render::{JSON_VERSION, printable, render_human};
use wayleave_compiler::model::{Approve, Rule};
use wayleave_compiler::proof::approvals::{Rest, resting};
use wayleave_compiler::source::{Sources, Span};
use wayleave_compiler::{Options, Policy, check};
use wayleave_program::catalogue::TargetId;
use wayleave_program::document::write_request;
use wayleave_program::value::Instant;

const SECONDS_PER_DAY: i64 = 86_400;

/// Where an approval stands in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    InForce,
    NotYet,
    Ended,
    Tried,
}

impl State {
    fn of(approval: &Rule<Approve>, now: Instant) -> State {
        let period = approval.period;
        if period.until.is_some_and(|until| until <= now) {
            State::Ended
        } else if approval.is_tried {
            State::Tried
        } else if period.from.is_some_and(|from| from > now) {
            State::NotYet
        } else {
            State::InForce
        }
    }

    fn name(self) -> &'static str {
        match self {
            State::InForce => "in force",
            State::NotYet => "not yet",
            State::Ended => "ended",
            State::Tried => "observed",
        }
    }

    fn paint(self) -> Paint {
        match self {
            State::InForce => Paint::Green,
            State::NotYet | State::Tried => Paint::Yellow,
            State::Ended => Paint::Red,
        }
    }
}

pub(super) fn run(arguments: &Approvals, terminal: Terminal) -> Result<Exit, Failure> {
    let now = as_of(arguments.as_of.as_deref())?;
    let ending = arguments.ending.as_deref().map(|text| ending(text, now)).transpose()?;
    let root = load::root_file(&arguments.policy.policy)?;
    let sources = load::sources(&root)?;
    let checked = check(&sources, &Options { as_of: now });
    let Some(policy) = checked.policy else {
        note(&render_human(&checked.diagnostics, &sources, terminal.error_style()));
        return Err(Failure::new(format!("the policy `{}` has errors", root.display()))
            .mend("mend what is shown above"));
    };
    let rests = Waiting::with("looking at approvals", |progress| resting(&policy, now, progress));
    let is_asked = |approval: &Rule<Approve>| {
        let is_owners = arguments.owner.is_none() || approval.body.owner == arguments.owner;
        let is_ending = ending.is_none_or(|end| approval.period.until.is_some_and(|until| until <= end));
        is_owners && is_ending
    };
    let mut asked: Vec<(&Rule<Approve>, &[Rest])> =
        policy.approvals.iter().zip(&rests).map(|(one, rests)| (one, rests.as_slice())).collect();
    asked.retain(|(approval, _)| is_asked(approval));
    // What ends first wants to be seen first.
    asked.sort_by_key(|(approval, _)| {
        (approval.period.until.map_or(i64::MAX, |until| until.0), approval.span)
    });
    let shown = Shown { policy: &policy, sources: &sources, now };
    match arguments.format {
        Format::Human => print(&shown.human(&asked, terminal))?,
        Format::Json => print(&format!("{:#}\n", shown.json(&asked)))?,
    }
    Ok(Exit::Yes)
}

/// `--ending 30d`: the last instant at which it may end.
fn ending(text: &str, now: Instant) -> Result<Instant, Failure> {
    let within = duration::read(text).ok_or_else(|| {
        Failure::new(format!("`{text}` is not a duration")).mend("write it as `30d` or `12h`")
    })?;
    Ok(Instant(now.0.saturating_add(i64::try_from(within.as_secs()).unwrap_or(i64::MAX))))
}

struct Shown<'a> {
    policy: &'a Policy,
    sources: &'a Sources,
    now: Instant,
}

impl Shown<'_> {
    fn human(&self, asked: &[(&Rule<Approve>, &[Rest])], terminal: Terminal) -> String {
        let rows: Vec<Vec<String>> = asked.iter().map(|(approval, _)| self.row(approval)).collect();
        let mut out = String::new();
        for (line, (approval, rests)) in columns(&rows).lines().zip(asked) {
            let state = State::of(approval, self.now);
            let rest = line.strip_prefix(state.name()).unwrap_or_default();
            out.push_str(&format!("{}{rest}\n", terminal.paint(state.paint(), state.name())));
            out.push_str(&format!("  {}\n", self.text(approval.span)));
            out.push_str(&format!("  at {}\n", self.place(approval.span)));
            for line in self.resting(rests) {
                out.push_str(&format!("  {line}\n"));
            }
            out.push('\n');
        }
        let count = match (asked.len(), self.policy.approvals.len()) {
            (1, 1) => "1 approval".to_owned(),
            (shown, all) if shown == all => format!("{all} approvals"),
            (shown, all) => format!("{shown} of {all} approvals"),
        };
        out.push_str(&format!("{count}, as of {}\n", date(self.now)));
        out
    }

    /// State, name, owner, who approved it and where that is recorded, when it ends.
    fn row(&self, approval: &Rule<Approve>) -> Vec<String> {
        let body = &approval.body;
        let owner = body.owner.as_deref().map_or("no owner".to_owned(), printable);
        let by = body.by.as_deref().map(|by| format!("by {}", printable(by)));
        let evidence: Vec<String> = by.into_iter().chain(body.reference.as_deref().map(printable)).collect();
        let evidence = if evidence.is_empty() { "no evidence".to_owned() } else { evidence.join(", ") };
        let state = State::of(approval, self.now).name().to_owned();
        vec![state, printable(&approval.name), owner, evidence, self.end(approval)]
    }

    /// "until 2027-06-30, in 216 days"
    fn end(&self, approval: &Rule<Approve>) -> String {
        let zone = &self.policy.schema.zone;
        let from = approval.period.from.filter(|from| *from > self.now);
        let from = from.map(|from| format!("from {} ", zone.write_date(from))).unwrap_or_default();
        let Some(until) = approval.period.until else { return format!("{from}without end") };
        let date = zone.write_date(until);
        match days(until, self.now) {
            ..0 => format!("{from}until {date}"),
            0 => format!("{from}until {date}, within a day"),
            1 => format!("{from}until {date}, in a day"),
            days => format!("{from}until {date}, in {days} days"),
        }
    }

    /// "rests on it: near/large in `route code` and the 2nd arm of `route chat`", a line for each target.
    fn resting(&self, rests: &[Rest]) -> Vec<String> {
        let mut of_target: BTreeMap<TargetId, (Vec<String>, Vec<String>)> = BTreeMap::new();
        for rest in rests {
            let (shown, unknown) = of_target.entry(rest.target).or_default();
            let list = if rest.request.is_some() { shown } else { unknown };
            list.push(self.words(rest));
        }
        let mut lines = Vec::new();
        for (target, (shown, unknown)) in of_target {
            let name = &self.policy.catalogue.target(target).name;
            if !shown.is_empty() {
                lines.push(format!("rests on it: {name} in {}", listed(&shown)));
            }
            if !unknown.is_empty() {
                lines.push(format!("may rest on it: {name} in {}, not found out", listed(&unknown)));
            }
        }
        if lines.is_empty() {
            lines.push("nothing rests on it".to_owned());
        }
        lines
    }

    /// "the 2nd arm of `route code`"
    fn words(&self, rest: &Rest) -> String {
        let name = printable(&self.policy.routes[rest.route.0 as usize].name);
        match rest.arm {
            Some(arm) => format!("the {} arm of `route {name}`", ordinal(arm + 1)),
            None => format!("`route {name}`"),
        }
    }

    fn text(&self, span: Span) -> String {
        printable(&self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn place(&self, span: Span) -> String {
        format!("{}:{}", printable(&self.sources.file(span.file).path), self.sources.start(span).line)
    }

    fn json(&self, asked: &[(&Rule<Approve>, &[Rest])]) -> Value {
        let approvals: Vec<Value> = asked.iter().map(|(approval, rests)| self.one(approval, rests)).collect();
        json!({"version": JSON_VERSION, "as_of": date(self.now), "approvals": approvals})
    }

    fn one(&self, approval: &Rule<Approve>, rests: &[Rest]) -> Value {
        let zone = &self.policy.schema.zone;
        let name = |target: &TargetId| self.policy.catalogue.target(*target).name.clone();
        let until = approval.period.until;
        let rest = |rest: &Rest| {
            json!({
                "target": name(&rest.target),
                "route": self.policy.routes[rest.route.0 as usize].name,
                "arm": rest.arm,
                "witness": rest.request.as_ref().map(|request| write_request(&self.policy.schema, request)),
            })
        };
        json!({
            "name": approval.name,
            "file": self.sources.file(approval.span.file).path,
            "line": self.sources.start(approval.span).line,
            "text": self.sources.text(approval.span),
            "targets": approval.body.targets.iter().map(name).collect::<Vec<_>>(),
            "owner": approval.body.owner,
            "by": approval.body.by,
            "ref": approval.body.reference,
            "from": approval.period.from.map(|from| zone.write_date(from)),
            "until": until.map(|until| zone.write_date(until)),
            "days": until.map(|until| days(until, self.now)),
            "state": State::of(approval, self.now).name().replace(' ', "-"),
            "rests": rests.iter().map(rest).collect::<Vec<_>>(),
        })
    }
}

/// Whole days until then, less than 0 where that is past.
fn days(until: Instant, now: Instant) -> i64 {
    (until.0 - now.0).div_euclid(SECONDS_PER_DAY)
}

/// "a, b and c"
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
