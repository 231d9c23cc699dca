//! The words of a picture: what a policy writes, shortened where it is long, with its place; and units as a policy
//! spells them.

use super::picture::{Card, Line, Tone};
use std::collections::BTreeMap;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use wayleave_compiler::Policy;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_compiler::model::Rule;
use wayleave_compiler::source::{FileId, Sources, Span};
use wayleave_grammar::SyntaxKind;
use wayleave_grammar::ast::{Arm, Item, Node, Provider, UseItem, WhenClause};
use wayleave_program::value::Instant;

/// Which lines a condition may take before it is shortened.
const CONDITION_LINES: usize = 3;

/// The whole words of a box beyond this are cut: a tooltip is no page.
const TIP_CHARACTERS: usize = 4_000;

/// A policy with its text, as of an instant.
pub(super) struct Words<'a> {
    pub(super) policy: &'a Policy,
    pub(super) sources: &'a Sources,
    pub(super) now: Instant,
    /// The condition as written, by the item or arm that it belongs to.
    conditions: BTreeMap<Span, Span>,
    /// Which requests a delegated file speaks about, as written.
    delegated: BTreeMap<FileId, Span>,
    /// Where providers and models stand: `provider`, `provider/model`.
    declared: BTreeMap<String, Span>,
}

impl<'a> Words<'a> {
    pub(super) fn new(policy: &'a Policy, sources: &'a Sources, now: Instant) -> Words<'a> {
        let mut words = Words {
            policy,
            sources,
            now,
            conditions: BTreeMap::new(),
            delegated: BTreeMap::new(),
            declared: BTreeMap::new(),
        };
        for file in sources.ids() {
            let root = sources.file(file).parse.root();
            for node in root.syntax().descendants().filter(|node| node.kind() == SyntaxKind::WhenClause) {
                let owner = node.parent().and_then(|parent| {
                    Item::cast(parent.clone())
                        .map(|item| item.range())
                        .or_else(|| Arm::cast(parent).map(|arm| arm.range()))
                });
                let condition = WhenClause::cast(node).and_then(|when| when.condition());
                if let (Some(owner), Some(condition)) = (owner, condition) {
                    let written = Span::new(file, condition.range());
                    words.conditions.insert(Span::new(file, owner), written);
                }
            }
            for item in root.items() {
                match item {
                    Item::Provider(provider) => words.declare(file, &provider),
                    Item::Use(item) => words.delegate(file, &item),
                    _ => {}
                }
            }
        }
        words
    }

    fn declare(&mut self, file: FileId, provider: &Provider) {
        let Some(name) = provider.name().map(|name| name.text()) else { return };
        for model in provider.models() {
            if let Some(own) = model.name() {
                let target = format!("{name}/{}", own.text());
                self.declared.insert(target, Span::new(file, model.range()));
            }
        }
        self.declared.insert(name, Span::new(file, provider.range()));
    }

    fn delegate(&mut self, file: FileId, item: &UseItem) {
        let used = item.path().and_then(|path| self.sources.used_at(Span::new(file, path.range())));
        let condition = item.delegated().and_then(|clause| clause.condition());
        if let (Some(used), Some(condition)) = (used, condition) {
            self.delegated.insert(used, Span::new(file, condition.range()));
        }
    }

    /// Text as it can be shown: what nobody sees is written out.
    pub(super) fn clean(&self, text: &str) -> String {
        printable(text)
    }

    /// `main.route:12`
    pub(super) fn place(&self, span: Span) -> String {
        format!("{}:{}", printable(&self.sources.file(span.file).path), self.sources.start(span).line)
    }

    /// The place of a span, and below it its words.
    pub(super) fn tip(&self, span: Span) -> String {
        let whole = printable(&self.sources.one_line(span));
        let mut tip = format!("{}\n{whole}", self.place(span));
        if let Some((cut, _)) = tip.char_indices().nth(TIP_CHARACTERS) {
            tip.truncate(cut);
            tip.push('…');
        }
        tip
    }

    /// The place of a provider or a model, and what it is.
    pub(super) fn tip_of(&self, declared: &str, word: &str) -> String {
        let place = self.declared.get(declared).map(|span| self.place(*span));
        format!("{}\n{word} {}", place.unwrap_or_default(), printable(declared))
    }

    /// What follows `when` in an item or an arm; none where it has no condition.
    pub(super) fn condition(&self, owner: Span) -> Option<String> {
        self.conditions.get(&owner).map(|written| printable(&self.sources.one_line(*written)))
    }

    /// `when …`, in so many lines as it may take; before it, of a delegated file, for which requests that is.
    pub(super) fn when(&self, owner: Span, columns: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(requests) = self.delegated.get(&owner.file) {
            let requests = printable(&self.sources.one_line(*requests));
            lines.extend(folded(&format!("for {requests}"), columns, CONDITION_LINES, Tone::Quiet));
        }
        if let Some(condition) = self.condition(owner) {
            lines.extend(folded(&format!("when {condition}"), columns, CONDITION_LINES, Tone::Quiet));
        }
        lines
    }

    /// The day of an instant, by the policy's clock.
    pub(super) fn date(&self, instant: Instant) -> String {
        self.policy.schema.zone.write_date(instant)
    }

    /// A rule as a box: its verb and name, whether it is in force, and when it holds.
    pub(super) fn rule<Body>(&self, rule: &Rule<Body>, verb: &str, tone: Tone, columns: usize) -> Card {
        let state = self.state(rule);
        let tone = if state.is_some() { Tone::Idle } else { tone };
        let observe = if rule.is_tried { "observe " } else { "" };
        let name = printable(&rule.name);
        let mut lines = folded(&format!("{observe}{verb} {name}"), columns, 2, tone);
        lines.extend(state.map(|state| Line::new(state, Tone::Quiet)));
        lines.extend(self.when(rule.span, columns));
        Card { tip: self.tip(rule.span), tone, lines }
    }

    /// Why a rule does nothing today; none of one that does.
    fn state<Body>(&self, rule: &Rule<Body>) -> Option<String> {
        let until = rule.period.until.filter(|until| *until <= self.now);
        let from = rule.period.from.filter(|from| *from > self.now);
        match (until, from, rule.is_tried) {
            (Some(until), _, _) => Some(format!("ended {}", self.date(until))),
            (None, Some(from), true) => Some(format!("tried from {} on", self.date(from))),
            (None, Some(from), false) => Some(format!("from {} on", self.date(from))),
            (None, None, true) => Some("tried: recorded, not enforced".to_owned()),
            (None, None, false) => None,
        }
    }
}

/// A text as lines of so many columns, broken at blanks; what takes more lines ends with `…`.
pub(super) fn folded(text: &str, columns: usize, lines: usize, tone: Tone) -> Vec<Line> {
    let mut folded: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let mut rest = word;
        loop {
            let last = folded.last_mut().expect("there is a line from the start");
            let gap = usize::from(!last.is_empty());
            if last.width() + gap + rest.width() <= columns {
                last.push_str(if gap == 1 { " " } else { "" });
                last.push_str(rest);
                break;
            }
            if last.is_empty() {
                let (head, tail) = rest.split_at(fitting(rest, columns));
                last.push_str(head);
                rest = tail;
            }
            folded.push(String::new());
            if folded.len() > lines {
                break;
            }
        }
        if folded.len() > lines {
            break;
        }
    }
    if folded.len() > lines {
        folded.truncate(lines);
        if let Some(last) = folded.last_mut() {
            last.truncate(fitting(last, columns.saturating_sub(1)));
            last.push('…');
        }
    }
    folded.into_iter().map(|text| Line { text, tone }).collect()
}

/// So many bytes of a text fit into the columns; at least its first character, so that every text comes to an end.
fn fitting(text: &str, columns: usize) -> usize {
    let mut width = 0;
    let fits = text.char_indices().find(|(at, character)| {
        width += character.width().unwrap_or(1);
        width > columns && *at > 0
    });
    fits.map_or(text.len(), |(at, _)| at)
}

/// `250ms`, `30s`, `5min`, `2h`, `7d`
pub(super) fn duration(ms: u64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)];
    let whole = units.into_iter().find(|(_, length)| ms >= *length && ms.is_multiple_of(*length));
    whole.map_or_else(|| format!("{ms}ms"), |(unit, length)| format!("{}{unit}", ms / length))
}

/// `8k tokens`, as a policy rounds it
pub(super) fn count(tokens: u64) -> String {
    match tokens {
        0 => "0".to_owned(),
        _ if tokens.is_multiple_of(1_000_000) => format!("{}M", tokens / 1_000_000),
        _ if tokens.is_multiple_of(1_000) => format!("{}k", tokens / 1_000),
        _ => tokens.to_string(),
    }
}
