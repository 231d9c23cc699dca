//! What is permitted and what is owed: rules of every kind, limits and budgets.

use super::conditions::Scope;
use super::{DATES, Writer};

impl Writer<'_> {
    /// Enough approvals that most requests go somewhere.
    pub(super) fn approvals_of(&mut self) -> Vec<String> {
        let wide = "approve wide: [near/*, far/vision, far/embed]".to_owned();
        let condition = self.condition(Scope::Target);
        let (term, observe) = (self.term(), self.observe());
        let mut written = vec![
            wide,
            format!("{observe}approve more: any  when {condition}{term}  owner \"platform\"  ref \"SEC-1\""),
        ];
        for number in 1..self.times(1) {
            let condition = self.condition(Scope::Target);
            let (condition, term, observe) = (self.of_an_app(condition), self.term(), self.observe());
            let targets = self.pick(&["any", "near/*", "[near/small, far/big]", "far/big"]);
            written.push(format!(
                "{observe}approve more-{number}: {targets}  when {condition}{term}  owner \"platform\"  ref \"SEC-1\""
            ));
        }
        if self.size == super::Size::Large {
            // What is approved for everybody would leave the others nothing to say.
            written.remove(0);
        }
        written
    }

    /// Rules of the kinds that a delegated file may hold too.
    pub(super) fn rules(&mut self, prefix: &str, count: usize) -> Vec<String> {
        (0..count).map(|number| self.rule(&format!("{prefix}{number}"))).collect()
    }

    fn rule(&mut self, name: &str) -> String {
        let (request, target) = (self.condition(Scope::Request), self.condition(Scope::Target));
        let (request, target) = (self.of_an_app(request), self.of_an_app(target));
        let (term, observe) = (self.term(), self.observe());
        let because = self.pick(&["", "  because \"So it was agreed.\""]);
        let targets = self.pick(&["any", "near/*", "[near/small, far/big]", "far/big"]);
        match self.random.usize(..9) {
            // A narrow one: what is denied shows nothing else.
            0 => {
                format!(
                    "{observe}deny deny-{name}  when ({request}) and caller.app is \"desk\"{term}{because}"
                )
            }
            1 | 2 => format!("{observe}forbid forbid-{name}: {targets}  when {target}{term}{because}"),
            3 => {
                let findings = self.some(&["email", "phone", "codename", "medical.patient"]).join(", ");
                let place = self.pick(&["prompt", "prompt restore", "response", "both", "both restore"]);
                format!("{observe}redact redact-{name}: [{findings}] in {place}  when {target}{term}")
            }
            4 => format!("{observe}flag flag-{name}  when {target}{term}"),
            5 => self.requirement(name, &observe, &target, &format!("{term}{because}")),
            6 => {
                let tokens = self.pick(&["1", "50", "200", "2k"]);
                format!("{observe}cap cap-{name}: output {tokens} tokens  when {target}{term}")
            }
            7 => {
                let level = self.pick(&["full", "metadata", "none"]);
                format!("{observe}log log-{name}: {level}  when {target}{term}")
            }
            _ => format!("{observe}flag flag-{name}{term}"),
        }
    }

    fn requirement(&mut self, name: &str, observe: &str, target: &str, rest: &str) -> String {
        self.approvals.push(format!("ask-{name}"));
        format!(
            "{observe}require approval ask-{name}  when {target}{rest}  by \"governance\"  each caller.team  valid 30d"
        )
    }

    /// Limits and budgets, each with a condition of its own.
    pub(super) fn counters_of(&mut self, prefix: &str) -> Vec<String> {
        let mut written = Vec::new();
        for number in 0..self.random.usize(..3) {
            let condition = self.condition(Scope::Classify);
            let each = self.pick(&["caller.id", "caller.team"]);
            if self.maybe() {
                let rate = self.pick(&["60 requests per 1min", "20k tokens per 1h"]);
                written.push(format!("limit {prefix}rate-{number}: {rate}  each {each}  when {condition}"));
                self.counters.push(format!("used({prefix}rate-{number})"));
            } else {
                let period = self.pick(&["hour", "day", "week", "month", "quarter", "year"]);
                let then = self.pick(&["deny", "continue"]);
                written.push(format!(
                    "budget {prefix}money-{number}: $500 per {period}  each {each}  warn at 80%  then {then}  when {condition}"
                ));
                self.counters.push(format!("spent({prefix}money-{number})"));
            }
        }
        written
    }

    fn observe(&mut self) -> String {
        if self.random.usize(..4) == 0 { "observe ".to_owned() } else { String::new() }
    }

    fn term(&mut self) -> String {
        let from = self.random.usize(..DATES.len());
        let until = self.random.usize(..DATES.len());
        match self.random.usize(..6) {
            0 => format!("  from {}", DATES[from]),
            1 => format!("  until {}", DATES[until]),
            2 if from < until => format!("  from {}  until {}", DATES[from], DATES[until]),
            _ => String::new(),
        }
    }
}
