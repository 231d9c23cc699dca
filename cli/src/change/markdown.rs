//! What is decided differently, as Markdown for a pull request.

use super::{Compared, counted, human, price, treated};
use std::fmt::Write;
use wayleave_compiler::change::{Kind, Reach, Region, State};

/// More of one kind than this is counted.
const ROWS: usize = 5;

/// Longer texts are cut.
const LONG: usize = 300;

/// A text that stands between backticks and cannot leave them.
pub(crate) fn code(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_control() || is_hidden(c) { '\u{fffd}' } else { c }).collect();
    let cut: String = plain.chars().take(LONG).collect();
    let cut = if cut.len() < plain.len() { format!("{cut}…") } else { cut };
    let longest = cut.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if cut.starts_with('`') || cut.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{cut}{pad}{fence}")
}

/// The same in a table, whose cells a bar would end.
pub(crate) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// What changes the direction of a text, or cannot be seen.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The whole of a comparison.
pub(crate) fn difference(compared: &Compared, date: &str) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "**{}**", human::total(compared, date).trim_end());
    sections(&mut out, compared);
    out
}

/// What there is to tell, a section each.
pub(crate) fn sections(out: &mut String, compared: &Compared) {
    let change = &compared.change;
    reach(out, "Newly reachable", &change.gained);
    let of = |wanted: &dyn Fn(&Region) -> bool| -> Vec<&Region> {
        change.regions.iter().filter(|region| !region.is_rest && wanted(region)).collect()
    };
    let rest: Vec<&Region> = change.regions.iter().filter(|region| region.is_rest).collect();
    let is = |region: &Region, kind: Kind| region.kinds.contains(&kind);
    let is_loss = |region: &Region| is(region, Kind::Denies) || is(region, Kind::Narrows);
    let is_gain = |region: &Region| is(region, Kind::Widens) || is(region, Kind::Serves);
    regions(out, "Opens", &of(&is_gain), compared);
    regions(out, "Who loses something", &of(&|region| is_loss(region) && !is_gain(region)), compared);
    regions(
        out,
        "What moves or is treated differently",
        &of(&|region| !is_loss(region) && !is_gain(region)),
        compared,
    );
    regions(out, "Not told apart", &rest, compared);
    reach(out, "No longer reachable", &change.lost);
    promises(out, compared);
    rows(out, "Carried out differently", &change.execution.iter().map(human::row).collect::<Vec<_>>());
    let prices =
        change.prices.iter().map(|one| format!("{}: {} → {}", one.target, price(one.old), price(one.new)));
    rows(out, "Prices", &prices.collect::<Vec<_>>());
    rows(out, "In other words", &change.wording.iter().map(human::row).collect::<Vec<_>>());
    rows(out, "Tests", &change.tests.iter().map(human::row).collect::<Vec<_>>());
    let apart = change.apart.iter().map(|name| {
        format!("{name} is of another type now: what one policy asks of it says nothing to the other")
    });
    rows(out, "Not comparable", &apart.collect::<Vec<_>>());
}

fn rest(out: &mut String, count: usize) {
    if count > ROWS {
        let _ = writeln!(out, "- and {} more", count - ROWS);
    }
}

fn rows(out: &mut String, title: &str, rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n#### {title}\n");
    rows.iter().take(ROWS).for_each(|row| {
        let _ = writeln!(out, "- {}", code(row));
    });
    rest(out, rows.len());
}

fn reach(out: &mut String, title: &str, reached: &[Reach]) {
    if reached.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n#### {title}\n\n| who | whom |\n|---|---|");
    for one in reached.iter().take(ROWS) {
        let who = if one.who == "always" { "everybody".to_owned() } else { cell(&one.who) };
        let _ = writeln!(out, "| {who} | {} |", cell(&one.whom));
    }
    if reached.len() > ROWS {
        let _ = writeln!(out, "| and {} more | |", reached.len() - ROWS);
    }
}

fn regions(out: &mut String, title: &str, regions: &[&Region], compared: &Compared) {
    if regions.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n#### {title}\n");
    for region in regions.iter().take(ROWS) {
        one(out, region, compared);
    }
    rest(out, regions.len());
}

fn one(out: &mut String, region: &Region, compared: &Compared) {
    let kinds: Vec<&str> = region.kinds.iter().map(|kind| kind.name()).collect();
    let ways = match region.when.len() {
        0 | 1 => String::new(),
        count => format!(" (in {})", counted(count, "way", "ways")),
    };
    let _ = match region.is_rest {
        true => writeln!(out, "- {}: any of it may open or close something", region.within),
        false => writeln!(out, "- **{}** when {}{ways}", kinds.join(", "), code(&region.within)),
    };
    let denied: Vec<String> = region.unless.iter().map(|one| code(one)).collect();
    if !denied.is_empty() {
        let _ = writeln!(out, "  - but not when {}", denied.join(" or "));
    }
    let list = |names: &[String]| names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
    for (word, names) in [("gains", &region.gained), ("loses", &region.lost), ("other", &region.items)] {
        if !names.is_empty() {
            let priced = names.iter().filter_map(|name| {
                let side = if word == "loses" { &compared.old } else { &compared.new };
                side.price(name).map(|one| format!("{name}: {}", price(Some(one))))
            });
            let priced: Vec<String> = priced.collect();
            let prices = if priced.is_empty() { String::new() } else { format!(" ({})", priced.join("; ")) };
            let _ = writeln!(out, "  - {word} {}{prices}", list(names));
        }
    }
    let Some(shown) = &region.shown else { return };
    let _ = writeln!(out, "  - such as {}", code(&shown.document.to_string()));
    for (word, side, decided) in
        [("was", &compared.old, shown.old.as_ref()), ("is", &compared.new, shown.new.as_ref())]
    {
        let _ = writeln!(out, "  - {word} {}", code(&side.outcome(decided)));
        for line in side.lines(decided).iter().take(ROWS) {
            let _ = writeln!(out, "    - {}", code(line));
        }
    }
    for row in treated::differences(compared, shown).iter().take(ROWS) {
        let _ = writeln!(out, "  - in it {}", code(row));
    }
}

fn promises(out: &mut String, compared: &Compared) {
    let promises = &compared.change.promises;
    let other: Vec<_> = promises.iter().filter(|promise| promise.state != State::Kept).collect();
    if other.is_empty() {
        return;
    }
    let kept = promises.len() - other.len();
    let _ = writeln!(out, "\n#### Guarantees\n\n{kept} of {} kept\n", promises.len());
    for promise in other.iter().take(ROWS) {
        let _ = writeln!(out, "- **{}** {}", promise.state.name(), code(&promise.name));
        if promise.old != promise.new {
            for (word, text) in [("was", &promise.old), ("is", &promise.new)] {
                if let Some(text) = text {
                    let _ = writeln!(out, "  - {word} {}", code(text));
                }
            }
        }
    }
    rest(out, other.len());
}
