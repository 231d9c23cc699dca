//! The page of the book, from figures alone: what was compared, under which conditions, by which method, and every figure
//! that was asked for or the reason why there is none.

mod words;

use crate::engines::{KINDS, Kind, Role, wayleave};
use crate::figures::{Found, Run, Shape};
use crate::policy::Family;
use std::fmt::Write;
use words::{bytes, count, lines, milliseconds, nanoseconds, ratio, version};

/// The size at which engines are compared in full.
const COMPARED_RULES: usize = 10_000;

/// The page.
pub fn written(run: &Run) -> String {
    let parts = [
        words::introduction(run),
        by_size(run),
        side_by_side(run),
        where_it_goes(run),
        loading(run),
        other_policies(run),
        words::method(run),
        words::engines(),
    ];
    let mut page = parts.join("\n");
    while page.ends_with('\n') {
        page.pop();
    }
    page.push('\n');
    page
}

fn sizes(run: &Run, family: Family) -> Vec<usize> {
    run.shapes.iter().filter(|shape| shape.family == family.name()).map(|shape| shape.rules).collect()
}

fn shape(run: &Run, family: Family, rules: usize) -> Option<&Shape> {
    run.shapes.iter().find(|shape| shape.family == family.name() && shape.rules == rules)
}

fn found<'r>(run: &'r Run, kind: &Kind, family: Family, rules: usize) -> Result<&'r Found, &'r str> {
    match run.find(kind.id, family.name(), rules) {
        Some(Ok(found)) => Ok(found),
        Some(Err(reason)) => Err(reason),
        None => Err("not measured"),
    }
}

fn row(text: &mut String, cells: &[String]) {
    writeln!(text, "| {} |", cells.join(" | ")).expect("a string takes all");
}

fn head(text: &mut String, cells: &[String]) {
    row(text, cells);
    writeln!(text, "|{}", "---|".repeat(cells.len())).expect("a string takes all");
}

/// A median with its slowest hundredth, or a dash whose reason stands below the table.
fn median_and_p99(found: Result<&Found, &str>, reasons: &mut Vec<String>, title: &str) -> String {
    match found {
        Ok(found) => {
            format!("{} ({})", nanoseconds(found.prepared.median_ns), nanoseconds(found.prepared.p99_ns))
        }
        Err(reason) => missing(reason, reasons, title),
    }
}

/// What stands in the place of a figure: the reason where it is a time, else a dash with the reason below.
fn missing(reason: &str, reasons: &mut Vec<String>, title: &str) -> String {
    if reason.starts_with("over ") {
        return reason.to_owned();
    }
    let reason = reason.split('\n').next().unwrap_or_default();
    let told = format!("{title}: {}", words::short(reason));
    if !reasons.contains(&told) {
        reasons.push(told);
    }
    "–".to_owned()
}

fn told(reasons: &[String]) -> String {
    reasons.iter().map(|reason| lines(&format!("–: {reason}.")) + "\n").collect()
}

fn by_size(run: &Run) -> String {
    let sizes = sizes(run, Family::Realistic);
    let mut text =
        String::from("## By size\n\nMedian per decision, and in parentheses the 99th percentile.\n\n");
    let header: Vec<String> =
        std::iter::once("rules".to_owned()).chain(sizes.iter().map(|rules| count(*rules))).collect();
    head(&mut text, &header);
    let mut reasons = Vec::new();
    for kind in &KINDS {
        let cells = sizes.iter().map(|rules| {
            median_and_p99(found(run, kind, Family::Realistic, *rules), &mut reasons, kind.title)
        });
        let cells: Vec<String> = std::iter::once(kind.title.to_owned()).chain(cells).collect();
        row(&mut text, &cells);
    }
    let shaped = |write: &dyn Fn(&Shape) -> String| -> Vec<String> {
        sizes.iter().map(|rules| shape(run, Family::Realistic, *rules).map_or(String::new(), write)).collect()
    };
    for (title, cells) in [
        ("*requests that meet no rule*", shaped(&|shape| format!("{:.0} %", shape.unmatched_percent))),
        ("*others: median rule*", shaped(&|shape| count(shape.median_rule as usize + 1))),
    ] {
        row(&mut text, &std::iter::once(title.to_owned()).chain(cells).collect::<Vec<_>>());
    }
    text.push('\n');
    text + &told(&reasons)
}

/// At one size: how many times the plain loop and the fastest peer, and what putting requests into form costs.
fn side_by_side(run: &Run) -> String {
    let Some(rules) =
        sizes(run, Family::Realistic).into_iter().filter(|rules| *rules <= COMPARED_RULES).max()
    else {
        return String::new();
    };
    let at = |kind: &Kind| found(run, kind, Family::Realistic, rules);
    let median = |kind: &Kind| at(kind).ok().map(|found| found.prepared.median_ns);
    let least =
        |role: Role| KINDS.iter().filter(|kind| kind.role == role).filter_map(median).min_by(f64::total_cmp);
    let (plain, peer) = (least(Role::Yardstick), least(Role::Peer));
    let mut text = format!(
        "## Side by side at {} rules\n\n{}\n\n",
        count(rules),
        lines(
            "Ratios of medians: above 1 is slower. *With the form* is the median of a decision that first puts the request's \
             strings into the engine's own form; a dash where there is no such form, or it cannot be timed."
        )
    );
    let titles =
        ["", "median", "mean", "to the plain loop", "to the fastest peer", "with the form", "allocations"];
    head(&mut text, &titles.map(str::to_owned));
    for kind in &KINDS {
        let Ok(found) = at(kind) else { continue };
        let times = &found.prepared;
        let to = |other: Option<f64>| other.map_or("–".to_owned(), |other| ratio(times.median_ns / other));
        let afresh = found.afresh.as_ref().map_or("–".to_owned(), |times| nanoseconds(times.median_ns));
        row(
            &mut text,
            &[
                kind.title.to_owned(),
                nanoseconds(times.median_ns),
                nanoseconds(times.mean_ns),
                to(plain),
                to(peer),
                afresh,
                format!("{:.0}", found.allocations),
            ],
        );
    }
    text
}

/// What a decision from a request's own values consists of: the differences between our rows.
fn where_it_goes(run: &Run) -> String {
    let explained = "The median of a decision from a request's own values, divided by what the other rows leave out: looking up \
                     the classes of what the credential says (team, class of data, region, app, groups), those of what the \
                     request says (workload, model, header, tokens, needs), and the search of the list. So a short list costs \
                     what its attributes cost, each text a hash and each set a walk over its members; a long one costs \
                     little more, most of which is memory that no cache holds.";
    let mut text = format!("## Where the time goes\n\n{}\n\n", lines(explained));
    let sizes = sizes(run, Family::Realistic);
    let header = std::iter::once("rules".to_owned()).chain(sizes.iter().map(|rules| count(*rules)));
    head(&mut text, &header.collect::<Vec<_>>());
    let median = |kind: &Kind, rules: usize| {
        found(run, kind, Family::Realistic, rules).ok().map(|found| found.prepared.median_ns)
    };
    let difference = |more: &'static Kind, less: Option<&'static Kind>| {
        move |rules: usize| Some(median(more, rules)? - less.map_or(Some(0.0), |less| median(less, rules))?)
    };
    let (whole, settled, search) = (&wayleave::STRINGS, &wayleave::SETTLED, &wayleave::CLASSES);
    for (title, part) in [
        ("the credential's classes", difference(whole, Some(settled))),
        ("the request's classes", difference(settled, Some(search))),
        ("the search", difference(search, None)),
    ] {
        let cells = sizes.iter().map(|rules| part(*rules).map_or("–".to_owned(), nanoseconds));
        row(&mut text, &std::iter::once(title.to_owned()).chain(cells).collect::<Vec<_>>());
    }
    text
}

fn loading(run: &Run) -> String {
    let sizes: Vec<usize> =
        sizes(run, Family::Realistic).into_iter().filter(|rules| *rules >= 1_000).collect();
    let explained = "From the policy's text in the engine's language, in memory, to the point where requests are answered; \
                     and the bytes that the loaded policy holds, counted by the allocator.";
    let mut text = format!("## Loading\n\n{}\n\n", lines(explained));
    let header: Vec<String> =
        std::iter::once("rules".to_owned()).chain(sizes.iter().map(|rules| count(*rules))).collect();
    head(&mut text, &header);
    let mut reasons = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.role != Role::Yardstick) {
        let cells = sizes.iter().map(|rules| match found(run, kind, Family::Realistic, *rules) {
            Ok(found) => format!("{}, {}", milliseconds(found.load_ms), bytes(found.held_bytes)),
            Err(reason) => missing(reason, &mut reasons, kind.title),
        });
        row(&mut text, &std::iter::once(kind.title.to_owned()).chain(cells).collect::<Vec<_>>());
    }
    text
}

fn other_policies(run: &Run) -> String {
    let families: Vec<(Family, usize)> = Family::ALL
        .into_iter()
        .filter(|family| *family != Family::Realistic)
        .flat_map(|family| sizes(run, family).into_iter().map(move |rules| (family, rules)))
        .collect();
    if families.is_empty() {
        return String::new();
    }
    let mut text = format!("## Other policies\n\n{}\n\n", lines(words::FAMILIES));
    let titles = families.iter().map(|(family, rules)| format!("{}, {}", family.name(), count(*rules)));
    head(&mut text, &std::iter::once(String::new()).chain(titles).collect::<Vec<_>>());
    let mut reasons = Vec::new();
    for kind in &KINDS {
        let cells = families.iter().map(|(family, rules)| {
            median_and_p99(found(run, kind, *family, *rules), &mut reasons, kind.title)
        });
        row(&mut text, &std::iter::once(kind.title.to_owned()).chain(cells).collect::<Vec<_>>());
    }
    let shapes = families.iter().map(|(family, rules)| {
        let shape = shape(run, *family, *rules);
        shape.map_or(String::new(), |shape| {
            format!("{:.0} %; {}", shape.unmatched_percent, count(shape.median_rule as usize + 1))
        })
    });
    let title = "*requests that meet no rule; others: median rule*".to_owned();
    row(&mut text, &std::iter::once(title).chain(shapes).collect::<Vec<_>>());
    text.push('\n');
    text + &told(&reasons)
}

/// A peer with its version.
fn versioned(kind: &Kind) -> String {
    format!("`{}` {}", kind.package, version(kind.package).unwrap_or_default())
}
