//! Days as they can stand at a place, counted from the one on which it is asked, and the next step of a ramp.

use super::{Completion, Insert, Place, Sort, is_among_values};
use crate::features::names::{Domain, Quantity};
use wayleave_grammar::SyntaxToken;
use wayleave_grammar::ast::{self, Item, Node};
use wayleave_program::value::Instant;
use wayleave_program::zone::Zone;

/// Days that rules begin and end on, by how far they are away.
const AHEAD: [(i64, &str); 5] =
    [(0, "today"), (7, "in a week"), (30, "in 30 days"), (90, "in 90 days"), (365, "in a year")];

/// Shares of a ramp, rising.
const SHARES: [&str; 5] = ["1%", "5%", "25%", "50%", "100%"];

/// How many days a step of a ramp is looked at before the next.
const DAYS_OF_A_STEP: i64 = 7;

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

impl Place<'_> {
    pub(super) fn dates(&self) -> Vec<Completion> {
        if let Some(read) = self.trial.read("2027-01-01 5%")
            && let Some(ramp) = read.token().parent_ancestors().find_map(ast::RampClause::cast)
        {
            return self.next_step(&ramp, &read.token()).into_iter().collect();
        }
        let Some(read) = self.trial.read("2027-01-01") else { return Vec::new() };
        let token = read.token();
        let fits = match self.asked(&token) {
            Some(asked) => asked.domain == Domain::Quantity(Quantity::Instant) && asked.takes_one(),
            None => !is_among_values(&token),
        };
        if !fits {
            return Vec::new();
        }
        let zone = self.zone();
        let days = AHEAD.iter().map(|(days, detail)| {
            let date = days_after(&zone, self.known.as_of, *days);
            let mut found = self.offer(date.clone(), Sort::Value, String::new(), Insert::Plain(date));
            found.detail = (*detail).to_owned();
            found
        });
        days.collect()
    }

    /// A week after the last step, with the next larger share; none behind a step of all.
    fn next_step(&self, ramp: &ast::RampClause, own: &SyntaxToken) -> Option<Completion> {
        let zone = self.zone();
        let is_before = |step: &ast::RampStep| step.range().end() <= own.text_range().start();
        let last = ramp.steps().filter(is_before).last();
        let written = |literal: Option<ast::Literal>| literal.map(|one| one.syntax().text().to_owned());
        let (day, share) = match &last {
            Some(step) => {
                let day = written(step.date()).and_then(|text| zone.read(text.trim()));
                (day.unwrap_or(self.known.as_of), written(step.share()).unwrap_or_default())
            }
            None => (self.known.as_of, "0%".to_owned()),
        };
        let number = |share: &str| share.trim().trim_end_matches('%').parse::<f64>().unwrap_or(100.0);
        let next = SHARES.iter().find(|next| number(next) > number(&share))?;
        let text = format!("{} {next}", days_after(&zone, day, DAYS_OF_A_STEP));
        Some(self.offer(text.clone(), Sort::Value, String::new(), Insert::Plain(text)))
    }

    /// The clock of the policy's dates.
    fn zone(&self) -> Zone {
        let files = self.known.sources.files().iter();
        let mut items = files.flat_map(|file| file.parse.root().items().collect::<Vec<_>>());
        let stated = items.find_map(|item| match item {
            Item::Timezone(item) => Zone::find(&item.zone()?.value()),
            _ => None,
        });
        stated.or_else(|| Zone::find("UTC")).expect("every tz database has UTC")
    }
}

/// The day so many days after that of an instant.
fn days_after(zone: &Zone, instant: Instant, days: i64) -> String {
    let begin = zone.read(&zone.write_date(instant)).unwrap_or(instant);
    // Noon, as a day may be an hour longer or shorter.
    zone.write_date(Instant(begin.0 + days * SECONDS_OF_A_DAY + SECONDS_OF_A_DAY / 2))
}
