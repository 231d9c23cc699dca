//! What a log shows of a policy, as a section of Markdown for a pull request.

use super::tally::Example;
use super::{Replayed, told};
use crate::change::markdown::{cell, code};
use crate::output::moment;
use std::fmt::Write;

/// All of it; headings begin at the fourth level.
pub(crate) fn section(replayed: &Replayed) -> String {
    let mut out = format!("**{}** ({})\n", told::answer(replayed), code(&told::compared_with(replayed)));
    let changes = told::changes(replayed);
    let rows = changes.iter().map(|(change, changed)| {
        let kinds = change.kinds.join(", ");
        format!("{} | {kinds} | {} | {}", told::grouped(changed.count), cell(&change.from), cell(&change.to))
    });
    table(&mut out, "What moves", "requests | | from | to", &rows.collect::<Vec<_>>());
    for (name, all) in [("team", &replayed.tally.teams), ("route", &replayed.tally.routes)] {
        let parts = told::parts(all);
        let rows = parts.iter().map(|(name, part)| {
            format!("{} | {} | {}", cell(name), told::grouped(part.different), told::grouped(part.all))
        });
        let head = format!("{name} | different | requests");
        table(&mut out, &format!("By {name}"), &head, &rows.collect::<Vec<_>>());
    }
    let targets = told::targets(replayed);
    let rows = targets.iter().map(|(name, [before, after])| {
        format!("{} | {} | {}", cell(name), told::grouped(*before), told::grouped(*after))
    });
    table(&mut out, "By target", "target | before | after", &rows.collect::<Vec<_>>());
    if let Some(cost) = told::cost(replayed) {
        let _ = writeln!(out, "\nCost: {cost}.");
    }
    if !changes.is_empty() {
        let _ = writeln!(out, "\n#### Examples\n");
        changes.iter().take(told::EXAMPLES).for_each(|(_, changed)| example(&mut out, &changed.example));
    }
    let notes = told::notes(replayed);
    if !notes.is_empty() {
        let _ = writeln!(out, "\n#### To know\n");
    }
    for note in notes.iter().take(told::ROWS) {
        let _ = writeln!(out, "- {}", code(note));
    }
    if notes.len() > told::ROWS {
        let _ = writeln!(out, "- and {} more", notes.len() - told::ROWS);
    }
    out
}

fn table(out: &mut String, title: &str, head: &str, rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    let line = "---|".repeat(head.split('|').count());
    let _ = writeln!(out, "\n#### {title}\n\n| {head} |\n|{line}");
    rows.iter().take(told::ROWS).for_each(|row| {
        let _ = writeln!(out, "| {row} |");
    });
    if rows.len() > told::ROWS {
        let _ = writeln!(out, "\nand {} more", rows.len() - told::ROWS);
    }
}

fn example(out: &mut String, example: &Example) {
    let team = if example.team.is_empty() { String::new() } else { format!(" of {}", code(&example.team)) };
    let (id, at) = (code(&example.id), moment(example.at_ms));
    let _ = writeln!(out, "- {id}, {at}, {}{team}", code(&example.caller));
    for (word, (outcome, lines)) in [("was", &example.was), ("is", &example.is)] {
        let _ = writeln!(out, "  - {word} {}", code(outcome));
        for line in lines {
            let _ = writeln!(out, "    - {}", code(line));
        }
    }
}
