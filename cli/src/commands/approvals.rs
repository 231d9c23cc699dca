//! `approvals`: who allowed what, until when, on which evidence, and what rests on it.

use crate::args::{Approvals, Format};
use crate::duration;
use crate::output::{Exit, Failure, Paint, Terminal, columns, print};
use crate::question::{Question, listed};
use crate::waiting::Waiting;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::Policy;
use wayleave_compiler::diagnostic::render::{JSON_VERSION, printable};
use wayleave_compiler::model::{Approve, Rule};
use wayleave_compiler::proof::approvals::{Rest, resting};
use wayleave_program::catalogue::TargetId;
use wayleave_program::document::write_request;
use wayleave_program::instant;
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
    let ending = arguments.ending.as_deref().map(ending).transpose()?;
    let question = Question::of(&arguments.policy.policy, arguments.as_of.as_deref(), terminal)?;
    let (policy, now) = (&question.policy, question.now);
    let end = ending.map(|within| Instant(now.0.saturating_add(within)));
    known_owner(policy, arguments.owner.as_deref())?;
    let rests = Waiting::with("looking at approvals", |progress| resting(policy, now, progress));
    let is_asked = |approval: &Rule<Approve>| {
        let is_owners = arguments.owner.as_deref().is_none_or(|owner| owner_of(approval) == owner);
        let is_ending = end.is_none_or(|end| approval.period.until.is_some_and(|until| until <= end));
        is_owners && is_ending
    };
    let mut asked: Vec<(&Rule<Approve>, &[Rest])> =
        policy.approvals.iter().zip(&rests).map(|(one, rests)| (one, rests.as_slice())).collect();
    asked.retain(|(approval, _)| is_asked(approval));
    // What ends first wants to be seen first.
    asked.sort_by_key(|(approval, _)| {
        (approval.period.until.map_or(i64::MAX, |until| until.0), approval.span)
    });
    let shown = Shown { of: &question };
    match arguments.format {
        Format::Human => print(&shown.human(&asked, terminal))?,
        Format::Json => print(&format!("{:#}\n", shown.json(&asked)))?,
    }
    Ok(Exit::Yes)
}

/// Who answers for an approval; empty where nobody does.
fn owner_of(approval: &Rule<Approve>) -> &str {
    approval.body.owner.as_deref().map(str::trim).unwrap_or_default()
}

/// Whether somebody of that name owns something.
fn known_owner(policy: &Policy, owner: Option<&str>) -> Result<(), Failure> {
    let Some(owner) = owner.filter(|owner| !owner.is_empty()) else { return Ok(()) };
    let known: BTreeSet<&str> =
        policy.approvals.iter().map(owner_of).filter(|owner| !owner.is_empty()).collect();
    if known.contains(owner) {
        return Ok(());
    }
    let known: Vec<String> = known.into_iter().map(printable).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Failure::new(format!("nobody of the name `{}` owns an approval", printable(owner)))
        .mend(format!("the owners are: {known}")))
}

/// `--ending 30d`, in seconds.
fn ending(text: &str) -> Result<i64, Failure> {
    let within = duration::read(text).ok_or_else(|| {
        Failure::new(format!("`{text}` is not a duration"))
            .mend("write it in days or hours, as `90d` or `12h`")
    })?;
    Ok(i64::try_from(within.as_secs()).unwrap_or(i64::MAX))
}

struct Shown<'a> {
    of: &'a Question,
}

impl Shown<'_> {
    fn human(&self, asked: &[(&Rule<Approve>, &[Rest])], terminal: Terminal) -> String {
        let rows: Vec<Vec<String>> = asked.iter().map(|(approval, _)| self.row(approval)).collect();
        let mut out = String::new();
        for (line, (approval, rests)) in columns(&rows).lines().zip(asked) {
            let state = State::of(approval, self.of.now);
            let rest = line.strip_prefix(state.name()).unwrap_or_default();
            out.push_str(&format!("{}{rest}\n", terminal.paint(state.paint(), state.name())));
            out.push_str(&format!("  {}\n", printable(&self.text(approval))));
            out.push_str(&format!("  at {}\n", self.of.place(approval.span)));
            for line in self.resting(rests) {
                out.push_str(&format!("  {line}\n"));
            }
            out.push('\n');
        }
        let count = match (asked.len(), self.of.policy.approvals.len()) {
            (1, 1) => "1 approval".to_owned(),
            (shown, all) if shown == all => format!("{all} approvals"),
            (shown, all) => format!("{shown} of {all} approvals"),
        };
        out.push_str(&format!("{count}, as of {}\n", self.of.date(self.of.now)));
        out
    }

    /// State, name, owner, who approved it and where that is recorded, when it ends.
    fn row(&self, approval: &Rule<Approve>) -> Vec<String> {
        let body = &approval.body;
        let owner = match owner_of(approval) {
            "" => "no owner".to_owned(),
            owner => printable(owner),
        };
        let by = body.by.as_deref().map(|by| format!("by {}", printable(by)));
        let evidence: Vec<String> = by.into_iter().chain(body.reference.as_deref().map(printable)).collect();
        let evidence = if evidence.is_empty() { "no evidence".to_owned() } else { evidence.join(", ") };
        let state = State::of(approval, self.of.now).name().to_owned();
        vec![state, printable(&approval.name), owner, evidence, self.end(approval)]
    }

    /// "until 2027-06-30, in 216 days"; of one that is not in force yet, how long that is.
    fn end(&self, approval: &Rule<Approve>) -> String {
        let until = match (approval.period.until, self.until(approval)) {
            (Some(until), Some(date)) if until <= self.of.now => format!("until {date}"),
            (Some(until), Some(date)) => format!("until {date}, {}", self.ahead(until)),
            _ => "without end".to_owned(),
        };
        match approval.period.from.filter(|from| *from > self.of.now) {
            Some(from) => {
                let until = until.split(',').next().unwrap_or_default();
                format!("from {}, {}, {until}", self.of.date(from), self.ahead(from))
            }
            None => until,
        }
    }

    /// The date of its `until`, as written.
    fn until(&self, approval: &Rule<Approve>) -> Option<String> {
        let at = approval.body.until_at?;
        self.of.sources.text(at).split_whitespace().nth(1).map(printable)
    }

    /// "in 216 days"
    fn ahead(&self, to: Instant) -> String {
        match self.days(to) {
            ..1 => "within a day".to_owned(),
            1 => "in a day".to_owned(),
            days => format!("in {days} days"),
        }
    }

    /// Days of the policy's calendar until then, less than 0 where that is past.
    fn days(&self, to: Instant) -> i64 {
        let zone = &self.of.policy.schema.zone;
        // Days of the calendar, however many hours they have.
        let day = |instant: Instant| instant::read(&zone.write_date(instant)).map_or(instant.0, |day| day.0);
        (day(to) - day(self.of.now)).div_euclid(SECONDS_PER_DAY)
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
            let name = &self.of.policy.catalogue.target(target).name;
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
        let moved: Vec<String> =
            self.migrations(rest).map(|name| format!("`migrate {}`", printable(name))).collect();
        let by = if moved.is_empty() { String::new() } else { format!(" by {}", listed(&moved)) };
        format!("{}{by}", self.of.answer(rest.route, rest.arm))
    }

    /// What put a target into a plan in which it is not written.
    fn migrations<'r>(&'r self, rest: &'r Rest) -> impl Iterator<Item = &'r str> {
        rest.moved_by.iter().map(|index| self.of.policy.migrations[*index].name.as_str())
    }

    fn text(&self, approval: &Rule<Approve>) -> String {
        let observed = if approval.is_tried { "observe " } else { "" };
        format!("{observed}{}", self.of.sources.one_line(approval.span))
    }

    fn json(&self, asked: &[(&Rule<Approve>, &[Rest])]) -> Value {
        let approvals: Vec<Value> = asked.iter().map(|(approval, rests)| self.one(approval, rests)).collect();
        json!({"version": JSON_VERSION, "as_of": self.of.date(self.of.now), "approvals": approvals})
    }

    fn one(&self, approval: &Rule<Approve>, rests: &[Rest]) -> Value {
        let name = |target: &TargetId| self.of.policy.catalogue.target(*target).name.clone();
        let until = approval.period.until;
        let rest = |rest: &Rest| {
            json!({
                "target": name(&rest.target),
                "route": self.of.policy.routes[rest.route.0 as usize].name,
                "arm": rest.arm,
                "migrations": self.migrations(rest).collect::<Vec<_>>(),
                "witness": rest.request.as_ref().map(|request| write_request(&self.of.policy.schema, request)),
            })
        };
        json!({
            "name": approval.name,
            "file": self.of.sources.file(approval.span.file).path,
            "line": self.of.sources.start(approval.span).line,
            "text": self.text(approval),
            "observed": approval.is_tried,
            "targets": approval.body.targets.iter().map(name).collect::<Vec<_>>(),
            "owner": approval.body.owner,
            "by": approval.body.by,
            "ref": approval.body.reference,
            "from": approval.period.from.map(|from| self.of.date(from)),
            "until": self.until(approval),
            "days": until.map(|until| self.days(until)),
            "state": State::of(approval, self.of.now).name().replace(' ', "-"),
            "rests": rests.iter().map(rest).collect::<Vec<_>>(),
        })
    }
}
