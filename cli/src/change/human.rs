//! What is decided differently, for a terminal.

use super::{Compared, counted, price, treated};
use crate::output::{Paint, Terminal, columns};
use wayleave_compiler::change::{Kind, Other, Reach, Region, State};
use wayleave_compiler::diagnostic::render::printable;

/// More conditions of one region than this are counted instead of shown.
const CONDITIONS: usize = 2;

/// All of it.
pub(crate) fn human(compared: &Compared, date: &str, terminal: Terminal) -> String {
    let change = &compared.change;
    let mut out = String::new();
    for region in &change.regions {
        out.push_str(&one(region, compared, terminal));
        out.push('\n');
    }
    reach(&mut out, "newly reachable", &change.gained, terminal);
    reach(&mut out, "no longer reachable", &change.lost, terminal);
    if !change.is_reach_whole {
        out.push_str("who can reach whom was not found out for all of them\n\n");
    }
    promises(&mut out, compared, terminal);
    others(&mut out, "carried out differently", &change.execution, terminal);
    others(&mut out, "in other words", &change.wording, terminal);
    others(&mut out, "tests", &change.tests, terminal);
    prices(&mut out, compared, terminal);
    for name in &change.apart {
        out.push_str(&format!(
            "`{name}` is of another type now, so that what one policy asks of it says nothing to the other\n"
        ));
    }
    out.push_str(&total(compared, date));
    out
}

/// The last line.
pub(crate) fn total(compared: &Compared, date: &str) -> String {
    let change = &compared.change;
    let from = match change.from {
        Some(_) => format!(" from {date} on"),
        None => String::new(),
    };
    match change.regions.len() {
        0 if change.execution.is_empty() => format!("no request is decided differently{from}\n"),
        0 => format!("no request is decided differently{from}, and some are carried out differently\n"),
        count => {
            let later = change.regions.iter().filter(|region| region.kinds.contains(&Kind::Later)).count();
            format!(
                "{} of requests {} decided differently{from}{}{}\n",
                counted(count, "set", "sets"),
                if count == 1 { "is" } else { "are" },
                if later > 0 { format!(", {later} of them only later") } else { String::new() },
                if change.is_whole() { "" } else { "; more than could be told apart" }
            )
        }
    }
}

fn paint(kind: Kind) -> Paint {
    match kind {
        Kind::Widens | Kind::Serves => Paint::Yellow,
        Kind::Denies | Kind::Narrows => Paint::Red,
        _ => Paint::Cyan,
    }
}

fn one(region: &Region, compared: &Compared, terminal: Terminal) -> String {
    if region.is_rest {
        return rest(region, compared, terminal);
    }
    let kinds: Vec<String> =
        region.kinds.iter().map(|kind| terminal.paint(paint(*kind), kind.name())).collect();
    let mut out = format!("{}  when {}\n", kinds.join(", "), printable(&region.within));
    match region.when.len() {
        0 | 1 => {}
        count if count <= CONDITIONS => {
            for (index, when) in region.when.iter().enumerate() {
                let joint = if index == 0 { "exactly " } else { "or      " };
                out.push_str(&format!("    {joint}{}\n", printable(when)));
            }
        }
        count => out.push_str(&format!("    in {count} ways, of which --format json shows each\n")),
    }
    for denied in &region.unless {
        out.push_str(&format!("    and not ({})\n", printable(denied)));
    }
    for (word, names) in [("gains", &region.gained), ("loses", &region.lost), ("other", &region.items)] {
        if !names.is_empty() {
            out.push_str(&format!("  {word}  {}\n", printable(&names.join(", "))));
        }
    }
    shown(&mut out, region, compared);
    out
}

/// What was not told apart.
fn rest(region: &Region, compared: &Compared, terminal: Terminal) -> String {
    let mut out =
        format!("{}  {}\n", terminal.paint(Paint::Yellow, "not told apart"), printable(&region.within));
    out.push_str("  any of it may open or close something\n");
    shown(&mut out, region, compared);
    out
}

/// One of its requests, with both decisions.
fn shown(out: &mut String, region: &Region, compared: &Compared) {
    let Some(shown) = &region.shown else { return };
    out.push_str(&format!("  such as  {}\n", printable(&shown.document.to_string())));
    for (word, side, decided) in
        [("was", &compared.old, shown.old.as_ref()), ("is", &compared.new, shown.new.as_ref())]
    {
        out.push_str(&format!("  {word:<3}  {}\n", printable(&side.outcome(decided))));
        for line in side.lines(decided) {
            out.push_str(&format!("         {line}\n"));
        }
    }
    for row in treated::differences(compared, shown) {
        out.push_str(&format!("  in it  {}\n", printable(&row)));
    }
}

fn reach(out: &mut String, title: &str, reached: &[Reach], terminal: Terminal) {
    if reached.is_empty() {
        return;
    }
    out.push_str(&format!("{}\n", terminal.paint(Paint::Cyan, title)));
    let row = |reach: &Reach| vec![format!("  {}", printable(&reach.who)), printable(&reach.whom)];
    out.push_str(&columns(&reached.iter().map(row).collect::<Vec<_>>()));
    out.push('\n');
}

fn promises(out: &mut String, compared: &Compared, terminal: Terminal) {
    let promises = &compared.change.promises;
    let kept = promises.iter().filter(|promise| promise.state == State::Kept).count();
    if promises.is_empty() {
        return;
    }
    out.push_str(&format!(
        "{}  {kept} of {} kept\n",
        terminal.paint(Paint::Cyan, "guarantees"),
        counted(promises.len(), "guarantee", "guarantees")
    ));
    for promise in promises.iter().filter(|promise| promise.state != State::Kept) {
        let paint = if promise.state.is_loss() { Paint::Red } else { Paint::Yellow };
        out.push_str(&format!(
            "  {}  {}\n",
            terminal.paint(paint, promise.state.name()),
            printable(&promise.name)
        ));
        if promise.old != promise.new {
            for (word, text) in [("was", &promise.old), ("is", &promise.new)] {
                if let Some(text) = text {
                    out.push_str(&format!("    {word:<3}  {}\n", printable(text)));
                }
            }
        }
    }
    out.push('\n');
}

fn others(out: &mut String, title: &str, others: &[Other], terminal: Terminal) {
    if others.is_empty() {
        return;
    }
    out.push_str(&format!("{}\n", terminal.paint(Paint::Cyan, title)));
    for other in others {
        out.push_str(&format!("  {}\n", printable(&row(other))));
    }
    out.push('\n');
}

/// `provider a: url: x → y`
pub(crate) fn row(other: &Other) -> String {
    let widens = if other.widens { " (widens)" } else { "" };
    match (&other.old, &other.new) {
        (Some(old), Some(new)) => format!("{}{widens}: {old} → {new}", other.what),
        (Some(_), None) => format!("{}{widens}: gone", other.what),
        (None, Some(new)) if new == "named" => format!("{}: new", other.what),
        (None, new) => format!("{}{widens}: new: {}", other.what, new.as_deref().unwrap_or_default()),
    }
}

fn prices(out: &mut String, compared: &Compared, terminal: Terminal) {
    if compared.change.prices.is_empty() {
        return;
    }
    out.push_str(&format!("{}\n", terminal.paint(Paint::Cyan, "prices")));
    for one in &compared.change.prices {
        out.push_str(&format!("  {}: {} → {}\n", printable(&one.target), price(one.old), price(one.new)));
    }
    out.push('\n');
}
