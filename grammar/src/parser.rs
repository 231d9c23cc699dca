//! Tokens to events: a cursor that passes over trivia, marks for nodes, and recovery at the next clause or item. Total:
//! every loop takes a token or ends, nesting stops at [`crate::NESTING_LIMIT`], and every node that is opened is closed.
//! One mistake gives one message: after an error nothing more is said until a token has been taken.

use crate::lexer::Token;
use crate::tree::Event;
use crate::{ERROR_LIMIT, NESTING_LIMIT, SyntaxError, SyntaxKind, TextRange, TextSize, foreign};
use std::collections::{BTreeMap, BTreeSet};

mod words;

mod items;

mod providers;

mod types;

mod rules;

mod counters;

mod routes;

mod migrations;

mod guarantees;

mod clauses;

mod conditions;

mod operators;

mod comparisons;

mod mixture;

mod plans;

mod values;

mod prices;

mod literals;

mod texts;

mod examples;

mod habits;

#[cfg(test)]
mod tests;

/// Reads a whole file, hands on the events of each item, and answers with the mistakes in the order found.
pub(crate) fn parse(text: &str, tokens: &[Token], hand_on: impl FnMut(&mut [Event])) -> Vec<SyntaxError> {
    let input = Input::new(text, tokens);
    let mut parser = Parser::new(&input);
    items::file(&mut parser, hand_on);
    parser.errors
}

/// The tokens that mean something.
struct Input<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    /// What words of look-alike letters look like, by index of the token.
    skeletons: BTreeMap<usize, String>,
    /// Before which tokens, by index, stand unknown characters.
    unknown_before: Vec<usize>,
    /// Before which tokens, by index, stands a `;`, which is reported by itself.
    semicolon_before: Vec<usize>,
    /// What this file calls an alias.
    aliases: BTreeSet<&'t str>,
}

impl<'t> Input<'t> {
    fn new(text: &'t str, all: &[Token]) -> Input<'t> {
        let tokens = Vec::with_capacity(all.len());
        let mut input = Input {
            text,
            tokens,
            skeletons: BTreeMap::new(),
            unknown_before: Vec::new(),
            semicolon_before: Vec::new(),
            aliases: BTreeSet::new(),
        };
        let mut is_behind_alias = false;
        for token in all {
            let index = input.tokens.len();
            match token.kind {
                SyntaxKind::Unknown => input.unknown_before.push(index),
                SyntaxKind::Semicolon => input.semicolon_before.push(index),
                SyntaxKind::ForeignWord => {
                    if let Some(skeleton) = foreign::skeleton(token.text(text)) {
                        input.skeletons.insert(index, skeleton);
                    }
                }
                _ => {}
            }
            if !token.kind.is_trivia() {
                input.tokens.push(*token);
                let is_word = token.kind == SyntaxKind::Ident;
                if is_behind_alias && is_word {
                    input.aliases.insert(token.text(text));
                }
                is_behind_alias = is_word && token.text(text) == "alias";
            }
        }
        input
    }
}

struct Parser<'t> {
    input: &'t Input<'t>,
    /// Of the next token.
    position: usize,
    /// Of the item under way.
    events: Vec<Event>,
    errors: Vec<SyntaxError>,
    /// How many constructs that can hold themselves are open.
    depth: u32,
    /// How many bodies of routes are open: in one, `otherwise deny` is an arm.
    arms: u32,
    /// How many bodies of trees are open: in one, every word that is not reserved is a name.
    trees: u32,
    /// Set where the nesting limit was met: what follows up to the next item is not judged.
    is_silent: bool,
    /// Where the last error was said.
    last_error: Option<usize>,
    /// Where an item begins whose mistake has been told.
    explained: Option<usize>,
    /// Behind what an `otherwise` at the margin stands, where it was taken as an arm.
    lost_otherwise: Option<TextRange>,
    /// Whether the item under way lacks its name: a word that stands astray in it may be just that.
    is_nameless: bool,
    /// Braces that were opened in what was passed over: their ends are passed over too.
    stray_braces: u32,
}

/// A node that is open.
struct Mark(usize);

/// A node that is closed, and can still be put into another.
#[derive(Clone, Copy)]
struct Done(usize);

impl Mark {
    fn close(self, parser: &mut Parser, kind: SyntaxKind) -> Done {
        if let Some(event) = parser.events.get_mut(self.0) {
            *event = Event::Open { kind, outer: 0 };
        }
        parser.events.push(Event::Close);
        Done(self.0)
    }
}

impl Mark {
    /// Leaves what was to be a node without one.
    fn abandon(self) {}
}

impl Done {
    /// A node that begins where this one does.
    fn wrap(self, parser: &mut Parser) -> Mark {
        let mark = parser.open();
        let distance = u32::try_from(mark.0 - self.0).unwrap_or(0);
        if let Some(Event::Open { outer, .. }) = parser.events.get_mut(self.0) {
            *outer = distance;
        }
        mark
    }
}

/// Looking.
impl<'t> Parser<'t> {
    fn new(input: &'t Input<'t>) -> Parser<'t> {
        Parser {
            input,
            position: 0,
            events: Vec::new(),
            errors: Vec::new(),
            depth: 0,
            arms: 0,
            trees: 0,
            is_silent: false,
            last_error: None,
            explained: None,
            lost_otherwise: None,
            is_nameless: false,
            stray_braces: 0,
        }
    }

    fn token(&self, ahead: usize) -> Option<Token> {
        self.input.tokens.get(self.position + ahead).copied()
    }

    fn kind(&self, ahead: usize) -> SyntaxKind {
        self.token(ahead).map_or(SyntaxKind::EndOfFile, |token| token.kind)
    }

    fn at(&self, kind: SyntaxKind) -> bool {
        self.kind(0) == kind
    }

    fn at_end(&self) -> bool {
        self.position >= self.input.tokens.len()
    }

    /// The text of a token; empty at the end.
    fn text(&self, ahead: usize) -> &'t str {
        self.token(ahead).map_or("", |token| token.text(self.input.text))
    }

    /// The text of a word, in plain letters if it has others; empty if it is no word.
    fn word(&self, ahead: usize) -> &'t str {
        let index = self.position + ahead;
        let Some(token) = self.input.tokens.get(index) else { return "" };
        match token.kind {
            SyntaxKind::Ident => token.text(self.input.text),
            SyntaxKind::ForeignWord => {
                self.input.skeletons.get(&index).map_or(token.text(self.input.text), String::as_str)
            }
            _ => "",
        }
    }

    fn at_word(&self, word: &str) -> bool {
        self.word(0) == word
    }

    /// Whether a token follows the one before it without a blank.
    fn is_joined(&self, ahead: usize) -> bool {
        let index = self.position + ahead;
        match (index.checked_sub(1).and_then(|before| self.input.tokens.get(before)), self.token(ahead)) {
            (Some(before), Some(token)) => before.end == token.start,
            _ => false,
        }
    }

    /// Whether a token begins its line, behind blanks or not.
    fn is_at_line_start(&self) -> bool {
        let end = usize::from(self.previous_range().end());
        let start = usize::from(self.range().start());
        self.position == 0 || self.input.text.get(end..start).is_some_and(|gap| gap.contains('\n'))
    }

    /// Whether a token begins its line without a blank before it. Layout means nothing to a text that is right; in one that
    /// is not, it tells where a person began something new.
    fn is_at_margin(&self, ahead: usize) -> bool {
        self.token(ahead).is_some_and(|token| self.input.text[..token.start as usize].ends_with('\n'))
    }

    /// Whether an item may have been meant to begin here, whatever follows its word: for recovery alone.
    fn is_at_lost_item(&self) -> bool {
        words::begins_item(self.word(0)) && self.is_at_margin(0)
    }

    /// `default deny "…"`, `else deny "…"`: the last item of other languages.
    fn is_foreign_otherwise(&self) -> bool {
        matches!(self.word(0), "default" | "else")
            && self.word(1) == "deny"
            && self.kind(2) == SyntaxKind::String
            && self.is_at_margin(0)
    }

    /// The word before a token; empty if that is none, or the part of a name.
    fn previous_word(&self, ahead: usize) -> &'t str {
        let before = |distance: usize| {
            let index = (self.position + ahead).checked_sub(distance);
            index.and_then(|index| self.input.tokens.get(index))
        };
        match (before(2), before(1)) {
            (Some(sign), Some(_)) if matches!(sign.kind, SyntaxKind::Dot | SyntaxKind::Slash) => "",
            (_, Some(word)) if word.kind == SyntaxKind::Ident => word.text(self.input.text),
            _ => "",
        }
    }

    /// Of the next token; at the end, the place behind the last.
    fn range(&self) -> TextRange {
        self.token(0).map_or_else(|| self.gap(), Token::range)
    }

    /// From the next token to a later one, if that is there.
    fn range_to(&self, ahead: usize) -> TextRange {
        let range = self.range();
        self.token(ahead).map_or(range, |last| range.cover(last.range()))
    }

    /// Of the token that was taken last.
    fn previous_range(&self) -> TextRange {
        let previous = self.position.checked_sub(1).and_then(|index| self.input.tokens.get(index));
        previous.map_or_else(|| TextRange::empty(TextSize::new(0)), |token| token.range())
    }

    /// The place right behind the token that was taken last: where something missing would stand.
    fn gap(&self) -> TextRange {
        TextRange::empty(self.previous_range().end())
    }

    /// From the start of a token, by index, to the end of the one taken last.
    fn range_since(&self, position: usize) -> TextRange {
        let end = self.previous_range().end();
        let start = self.input.tokens.get(position).map_or(end, |token| token.range().start());
        TextRange::new(start.min(end), end)
    }

    /// The kind of a node that is closed.
    fn kind_of(&self, done: Done) -> SyntaxKind {
        match self.events.get(done.0) {
            Some(Event::Open { kind, .. }) => *kind,
            _ => SyntaxKind::Error,
        }
    }

    fn text_of(&self, range: TextRange) -> &'t str {
        &self.input.text[range]
    }
}

/// Taking.
impl Parser<'_> {
    fn open(&mut self) -> Mark {
        self.events.push(Event::Nothing);
        Mark(self.events.len() - 1)
    }

    /// Takes the next token as what the lexer called it.
    fn bump(&mut self) {
        let kind = self.kind(0);
        self.bump_as(kind);
    }

    /// Takes the next token as a word of the language.
    fn bump_keyword(&mut self) {
        self.bump_as(SyntaxKind::Keyword);
    }

    fn bump_as(&mut self, kind: SyntaxKind) {
        if !self.at_end() {
            self.position += 1;
            self.events.push(Event::Token { kind });
        }
    }

    fn eat(&mut self, kind: SyntaxKind) -> bool {
        let is_there = self.at(kind);
        if is_there {
            self.bump();
        }
        is_there
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let is_there = self.at_word(word);
        if is_there {
            self.bump_keyword();
        }
        is_there
    }

    /// Takes a sign, or says that it is missing behind what was taken last.
    fn expect(&mut self, kind: SyntaxKind, sign: &str, what: &str) -> bool {
        self.eat(kind) || {
            let gap = self.gap();
            let error = SyntaxError::new("R0001", gap, format!("`{sign}` is missing {what}"))
                .with_label(format!("`{sign}` belongs here"));
            self.error(error);
            false
        }
    }

    /// Takes tokens into one node until `ends` says so, an item begins, or the text ends; at least one.
    fn skip(&mut self, ends: impl Fn(&Parser) -> bool) {
        let mark = self.open();
        let mut braces = 0_u32;
        let mut is_first = true;
        while !self.at_end() && (is_first || !(self.at_item(0) || braces == 0 && ends(self))) {
            match self.kind(0) {
                SyntaxKind::LeftBrace => braces += 1,
                SyntaxKind::RightBrace => braces = braces.saturating_sub(1),
                _ => {}
            }
            self.bump();
            is_first = false;
        }
        self.stray_braces = self.stray_braces.saturating_add(braces);
        mark.close(self, SyntaxKind::Error);
    }
}

/// Saying what is wrong.
impl Parser<'_> {
    /// Whether unknown characters, which are reported by themselves, stand before or behind the next token.
    fn is_beside_unknown(&self) -> bool {
        let is_before = |index: &usize| self.input.unknown_before.binary_search(index).is_ok();
        is_before(&self.position) || is_before(&(self.position + 1))
    }

    /// Says it, unless something was said at this token already, or unknown characters before it, which are reported by
    /// themselves, may be the cause.
    fn error(&mut self, error: SyntaxError) {
        let is_said = self.last_error == Some(self.position);
        self.last_error = Some(self.position);
        let is_explained = self.input.unknown_before.binary_search(&self.position).is_ok();
        if !is_said && !is_explained {
            self.report(error);
        }
    }

    /// Says it whatever was said before: for what is no consequence of another mistake.
    fn report(&mut self, error: SyntaxError) {
        if !self.is_silent && self.errors.len() <= ERROR_LIMIT {
            self.errors.push(error);
        }
    }

    /// Another word stands where one of a few belongs: says so at that word, or where it is missing.
    fn wrong(&mut self, message: impl Into<String>, label: &str) {
        let is_there = matches!(self.kind(0), SyntaxKind::Ident | SyntaxKind::ForeignWord)
            && !self.is_at_line_start()
            && !words::is_reserved(self.word(0));
        let range = if is_there { self.range() } else { self.gap() };
        self.error(SyntaxError::new("R0001", range, message).with_label(label));
    }

    /// Something is missing behind the token that was taken last.
    fn missing(&mut self, message: impl Into<String>, label: &str) {
        let error = SyntaxError::new("R0001", self.gap(), message).with_label(label);
        self.error(error);
    }

    /// A sign or word of another language, at the next token.
    fn foreign(&mut self, message: impl Into<String>, write: &str) {
        let range = self.range();
        self.foreign_at(range, message, write);
    }

    /// A misspelled word of the language, at the next token.
    fn misspelled(&mut self, ours: &str) {
        let error =
            SyntaxError::new("R0001", self.range(), format!("`{}` is written `{ours}`", self.text(0)))
                .with_fix(self.range(), ours, format!("write `{ours}`"));
        self.error(if words::permits(ours) { error.unsure() } else { error });
    }

    /// The range of the next token with the blanks before it; alone, where there is more than blanks.
    fn with_blanks_before(&self, range: TextRange) -> TextRange {
        let before = TextRange::new(self.gap().end().min(range.start()), range.start());
        let is_blank = self.text_of(before).bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        if is_blank { before.cover(range) } else { range }
    }

    /// A sign of other languages between a word and what belongs to it.
    fn no_sign(&mut self, word: &str) {
        if matches!(self.kind(0), SyntaxKind::Colon | SyntaxKind::Equals) {
            let range = self.range();
            let sign = self.text(0);
            // The blanks before the sign go with it, and those behind it stay.
            let from = self.with_blanks_before(range);
            let is_apart = self.token(1).is_some_and(|next| next.start > u32::from(range.end()));
            let text = if is_apart { "" } else { " " };
            self.report(
                SyntaxError::new("R0003", range, format!("`{word}` is not followed by `{sign}`")).with_fix(
                    from,
                    text,
                    "remove it",
                ),
            );
            self.bump();
        }
    }

    fn foreign_at(&mut self, range: TextRange, message: impl Into<String>, write: &str) {
        let title = if write.is_empty() { "remove it".to_owned() } else { format!("write `{write}`") };
        let text = self.apart(range, write);
        let error = SyntaxError::new("R0003", range, message).with_fix(range, text, title);
        self.report(if words::permits(write) { error.unsure() } else { error });
    }

    /// What is written in place of a range, with blanks where it would touch a word.
    fn apart(&self, range: TextRange, write: &str) -> String {
        let is_word =
            |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric());
        let (before, after) =
            (&self.input.text[..range.start().into()], &self.input.text[range.end().into()..]);
        let left =
            if is_word(before.chars().next_back()) && is_word(write.chars().next()) { " " } else { "" };
        let right =
            if is_word(after.chars().next()) && is_word(write.chars().next_back()) { " " } else { "" };
        format!("{left}{write}{right}")
    }

    /// The comma that was taken last separates nothing.
    fn report_previous_comma(&mut self) {
        let range = self.previous_range();
        self.foreign_at(range, "fields are not separated by commas", "");
    }

    /// The next token as a message shows it.
    fn found(&self) -> String {
        match self.kind(0) {
            SyntaxKind::EndOfFile => "the end of the file".to_owned(),
            SyntaxKind::String => "a string".to_owned(),
            _ => format!("`{}`", self.text(0)),
        }
    }

    /// Enters a construct that can hold itself. At the limit says so once, and passes over the rest up to the next item;
    /// whoever is told `false` closes its nodes and returns.
    fn enter(&mut self) -> bool {
        if self.depth < NESTING_LIMIT {
            self.depth += 1;
            return true;
        }
        let message = format!("this is nested deeper than {NESTING_LIMIT} levels, which is the limit");
        self.error(
            SyntaxError::new("R0001", self.range(), message)
                .with_help("name parts of it with `define`")
                .of_limit(),
        );
        self.is_silent = true;
        if !self.at_end() {
            self.skip(|_| false);
        }
        false
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}
