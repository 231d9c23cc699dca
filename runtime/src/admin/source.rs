//! A policy's text with its line numbers, the lines that decided marked.

use super::number;
use super::words;
use crate::record::RecordedLines;
use maud::{Markup, html};
use wayleave_program::source_view::SourceText;

/// Files of so many lines are shown whole; of longer ones, what stands around the deciding lines is unfolded.
const WHOLE_LINES: usize = 40;

/// Lines shown before and after a deciding one of a long file.
const AROUND_LINES: usize = 6;

/// A longer stretch of other lines is left out, not folded: a page stays some hundred KiB.
const FOLDED_LINES: usize = 2_000;

/// Characters shown of a line.
const LINE_CHARACTERS: usize = 400;

/// Lines shown on one page, all files together: the text of a large policy is better read in an editor.
const PAGE_LINES: usize = 20_000;

/// The files that hold deciding lines, these marked, with the address `#F-L` for line L of file F (from 0).
pub(super) fn deciding(files: &[SourceText], lines: &[RecordedLines]) -> Markup {
    html! {
        @for (number, file) in files.iter().enumerate() {
            @let marked: Vec<(usize, usize)> = lines.iter().filter(|lines| lines.file == file.path).map(span).collect();
            @if !marked.is_empty() { (listing(number, file, &marked, &around(file, &marked))) }
        }
    }
}

/// All files, as far as a page holds them.
pub(super) fn whole(files: &[SourceText]) -> Markup {
    let mut left = PAGE_LINES;
    html! {
        @for (number, file) in files.iter().enumerate() {
            @let shown = file.text.lines().count().min(left);
            (listing(number, file, &[], &[(1, shown)]))
            @if shown < file.text.lines().count() {
                p.muted { "The rest of " code { (file.path) } " is left out here." }
            }
            ({ left -= shown; maud::PreEscaped("") })
        }
    }
}

/// Where a deciding line is on the page: `None` where the file is not there.
pub(super) fn anchor(files: &[SourceText], lines: &RecordedLines) -> Option<String> {
    let number = files.iter().position(|file| file.path == lines.file)?;
    Some(format!("#{number}-{}", lines.line))
}

fn span(lines: &RecordedLines) -> (usize, usize) {
    let index = |line: u32| usize::try_from(line).unwrap_or(usize::MAX);
    (index(lines.line), index(lines.end_line.max(lines.line)))
}

/// The stretches of a file that are shown: ascending, apart from each other, from 1, both ends included.
fn around(file: &SourceText, marked: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let count = file.text.lines().count();
    if count <= WHOLE_LINES {
        return vec![(1, count)];
    }
    let mut stretches: Vec<(usize, usize)> = marked
        .iter()
        .map(|(first, last)| {
            (first.saturating_sub(AROUND_LINES).max(1), last.saturating_add(AROUND_LINES).min(count))
        })
        .collect();
    stretches.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for (first, last) in stretches {
        match apart.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => apart.push((first, last)),
        }
    }
    apart
}

fn listing(number: usize, file: &SourceText, marked: &[(usize, usize)], shown: &[(usize, usize)]) -> Markup {
    let count = file.text.lines().count();
    html! {
        figure.source {
            figcaption { code { (file.path) } span { (number::count(count, "line")) } }
            div.code tabindex="0" role="region" aria-label={ "Text of " (file.path) } {
                @let mut reached = 0;
                @for (first, last) in shown {
                    (others(number, file, reached + 1, first.saturating_sub(1)))
                    ol start=(first) { (items(number, file, marked, *first, *last)) }
                    ({ reached = *last; maud::PreEscaped("") })
                }
                (others(number, file, reached + 1, count))
            }
        }
    }
}

/// Lines that did not decide, folded.
fn others(number: usize, file: &SourceText, first: usize, last: usize) -> Markup {
    let lines = (last + 1).saturating_sub(first);
    html! {
        @match lines {
            0 => {}
            1..=FOLDED_LINES => {
                details.gap {
                    summary { (number::count(lines, "other line")) }
                    ol start=(first) { (items(number, file, &[], first, last)) }
                }
            }
            _ => { p.gap { (number::count(lines, "other line")) " left out" } }
        }
    }
}

fn items(number: usize, file: &SourceText, marked: &[(usize, usize)], first: usize, last: usize) -> Markup {
    let lines = file.text.lines().enumerate().skip(first.saturating_sub(1));
    html! {
        @for (index, text) in lines.take((last + 1).saturating_sub(first)) {
            @let line = index + 1;
            @let is_deciding = marked.iter().any(|(from, to)| (*from..=*to).contains(&line));
            li id={ (number) "-" (line) } class=[is_deciding.then_some("deciding")] {
                span.line aria-hidden="true" { (line) }
                @if is_deciding { span.unseen { "deciding: " } }
                code { (words::cut(text, LINE_CHARACTERS)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_shown_around_what_decided() {
        let text = |count: usize| SourceText { path: "p".to_owned(), text: "x\n".repeat(count) };
        assert_eq!(around(&text(10), &[(3, 4)]), [(1, 10)]);
        assert_eq!(around(&text(1000), &[(500, 501), (5, 5), (505, 505)]), [(1, 11), (494, 511)]);
        assert_eq!(around(&text(1000), &[(999, usize::MAX)]), [(993, 1000)]);
    }
}
