//! Texts that a pattern matches, made from how it is written: for patterns of which there is no automaton that says so.

use crate::model::condition::Pattern;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// More ways to match are not written out.
const WAYS: usize = 8;

/// A longer example is of no use to anybody.
const LENGTH_LIMIT: usize = 4 << 10;

/// Some texts that match, short ones first. Of a pattern that asks for more than can be told from how it is written there may be
/// none.
pub(in crate::decision::partition) fn examples(pattern: &Pattern) -> Vec<String> {
    let (source, is_any_case) = pattern.source();
    let parsed = ParserBuilder::new().case_insensitive(is_any_case).build().parse(&source);
    let mut found = parsed.map(|hir| ways(&hir)).unwrap_or_default();
    found.retain(|text| pattern.is_match(text));
    found.sort_by_key(String::len);
    found.dedup();
    found
}

/// Depth is bounded by the parser's nesting limit.
fn ways(hir: &Hir) -> Vec<String> {
    let mut found = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).into_iter().collect(),
        HirKind::Class(class) => member(class).map(String::from).into_iter().collect(),
        HirKind::Capture(capture) => ways(&capture.sub),
        HirKind::Repetition(repetition) => {
            let times = repetition.min as usize;
            let once = ways(&repetition.sub);
            let repeated = once.iter().filter(|text| text.len() * times <= LENGTH_LIMIT);
            if times == 0 { vec![String::new()] } else { repeated.map(|text| text.repeat(times)).collect() }
        }
        HirKind::Alternation(parts) => parts.iter().take(WAYS).flat_map(ways).collect(),
        HirKind::Concat(parts) => parts.iter().fold(vec![String::new()], |before, part| {
            let next = ways(part);
            let both = before.iter().flat_map(|text| next.iter().map(move |more| format!("{text}{more}")));
            both.filter(|text| text.len() <= LENGTH_LIMIT).take(WAYS).collect()
        }),
    };
    found.truncate(WAYS);
    found
}

/// The member of a class that reads best.
fn member(class: &Class) -> Option<char> {
    let mut members: Vec<char> = Vec::new();
    let good = ('a'..='z').chain('0'..='9').chain('A'..='Z').chain(' '..='~');
    match class {
        Class::Unicode(class) => {
            let contains =
                |c: &char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(c));
            members.extend(good.clone().find(contains));
            members.extend(class.ranges().first().map(|range| range.start()));
        }
        Class::Bytes(class) => {
            let contains = |c: &char| {
                class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&(*c as u8)))
            };
            members.extend(good.clone().find(contains));
        }
    }
    members.into_iter().next()
}
