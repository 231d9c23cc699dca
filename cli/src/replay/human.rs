//! What a log shows of a policy, for a terminal.

use super::tally::{Change, Example};
use super::{Replayed, told};
use crate::output::{Paint, Terminal, columns, moment};
use wayleave_compiler::diagnostic::render::printable;

/// All of it.
pub(crate) fn human(replayed: &Replayed, terminal: Terminal) -> String {
    let mut out = format!("{}\n", told::answer(replayed));
    let title = |words: &str| terminal.paint(Paint::Cyan, words);
    let changes = told::changes(replayed);
    if !changes.is_empty() {
        out.push_str(&format!("{}\n", terminal.paint(Paint::Dim, &told::compared_with(replayed))));
        let row = |change: &Change, count: u64| {
            vec![
                told::grouped(count),
                change.kinds.join(", "),
                printable(&change.from),
                format!("→ {}", printable(&change.to)),
            ]
        };
        let rows = changes.iter().map(|(change, changed)| row(change, changed.count)).collect();
        table(&mut out, &title("from → to"), rows);
    }
    for (name, all) in [("by team", &replayed.tally.teams), ("by route", &replayed.tally.routes)] {
        let parts = told::parts(all);
        let rows = parts.iter().map(|(name, part)| {
            let count = format!("{} of {}", told::grouped(part.different), told::grouped(part.all));
            vec![count, printable(name)]
        });
        table(&mut out, &title(name), rows.collect());
    }
    let targets = told::targets(replayed);
    let rows = targets.iter().map(|(name, [before, after])| {
        vec![format!("{} → {}", told::grouped(*before), told::grouped(*after)), printable(name)]
    });
    table(&mut out, &title("by target"), rows.collect());
    if let Some(cost) = told::cost(replayed) {
        out.push_str(&format!("\n{}  {cost}\n", title("cost")));
    }
    if !changes.is_empty() {
        out.push_str(&format!("\n{}\n", title("examples")));
        for (_, changed) in changes.iter().take(told::EXAMPLES) {
            example(&mut out, &changed.example);
        }
    }
    let notes = told::notes(replayed);
    if !notes.is_empty() {
        out.push('\n');
    }
    for note in notes {
        out.push_str(&format!("note: {}\n", printable(&note)));
    }
    out
}

/// A title and its rows, numbers first and to the right.
fn table(out: &mut String, title: &str, mut rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let count = rows.len();
    rows.truncate(told::ROWS);
    let width = rows.iter().filter_map(|row| row.first()).map(|cell| cell.chars().count()).max();
    for cell in rows.iter_mut().filter_map(|row| row.first_mut()) {
        *cell = format!("{cell:>width$}", width = width.unwrap_or_default());
    }
    out.push_str(&format!("\n{title}\n"));
    columns(&rows).lines().for_each(|line| out.push_str(&format!("  {line}\n")));
    if count > told::ROWS {
        out.push_str(&format!("  and {} more\n", count - told::ROWS));
    }
}

fn example(out: &mut String, example: &Example) {
    let team = if example.team.is_empty() { String::new() } else { format!(" of {}", example.team) };
    let who = printable(&format!("{}{team}", example.caller));
    out.push_str(&format!("  {}  {}  {who}\n", printable(&example.id), moment(example.at_ms)));
    for (word, (outcome, lines)) in [("was", &example.was), ("is", &example.is)] {
        out.push_str(&format!("    {word:<3}  {}\n", printable(outcome)));
        lines.iter().for_each(|line| out.push_str(&format!("           {}\n", printable(line))));
    }
}
