//! What no policy holds, wherever it stands: characters that nobody sees, look-alike letters and signs, comments and
//! separators of other languages. Looks at characters and tokens alone, and never changes what the parser sees but for one thing: a
//! word of look-alike letters is also known by the word that it looks like.

use crate::lexer::Token;
use crate::literal::{classify, quote};
use crate::{ERROR_LIMIT, SyntaxError, SyntaxKind, TextRange, TextSize};

/// Letters that look like those of a–z, each pair in one string.
const LOOK_ALIKE_LETTERS: &[&str] = &[
    "аa", "еe", "оo", "рp", "сc", "уy", "хx", "іi", "јj", "ѕs", "һh", "ԁd", "ԛq", "ԝw", "ӏl", "ɡg", "ıi",
    "οo", "αa", "νv", "ιi", "κk", "ρp", "υu", "χx", "АA", "ВB", "ЕE", "КK", "МM", "НH", "ОO", "РP", "СC",
    "ТT", "ХX", "ІI", "ЈJ", "ЅS", "ΑA", "ΒB", "ΕE", "ΖZ", "ΗH", "ΙI", "ΚK", "ΜM", "ΝN", "ΟO", "ΡP", "ΤT",
    "ΥY", "ΧX",
];

/// Signs that look like ours, or that a word processor puts in their place.
const LOOK_ALIKE_SIGNS: &[(&str, &str)] = &[
    ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2212}", "-"),
    (
        "\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}",
        " ",
    ),
    ("\u{202F}\u{205F}\u{3000}", " "),
    ("\u{AD}\u{200C}\u{200D}", ""),
    ("\u{2044}\u{2215}", "/"),
    ("\u{2236}\u{A789}", ":"),
    ("\u{2217}\u{D7}", "*"),
    ("\u{2223}", "|"),
];

/// Characters that a reader does not see, or not as they work: they stand nowhere, in no string and no comment either. What
/// joins letters (U+200C, U+200D) is no such character: words of many languages need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hidden {
    /// Turns the order in which text is shown.
    Direction,
    /// Ends a line for some programs and not for others.
    LineEnd,
    /// A control character: to some programs a file that has one is no text, and others do what it says.
    Control,
    /// Has no width.
    Nothing,
}

impl Hidden {
    fn of(character: char) -> Option<Hidden> {
        match character {
            '\t' | '\n' | '\r' => None,
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                Some(Hidden::Direction)
            }
            '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(Hidden::LineEnd),
            '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}' => Some(Hidden::Nothing),
            _ if character.is_control() => Some(Hidden::Control),
            _ => None,
        }
    }

    fn message(self, code_point: &str) -> String {
        match self {
            Hidden::Direction => {
                format!(
                    "`{code_point}` changes the order in which text is shown, so it may not read as it works"
                )
            }
            Hidden::LineEnd => {
                format!("`{code_point}` ends the line for some readers and not for others")
            }
            Hidden::Control => {
                format!(
                    "`{code_point}` is a control character: it is not shown, and may keep a diff from being shown"
                )
            }
            Hidden::Nothing => format!("`{code_point}` has no width, so nobody sees that it is here"),
        }
    }
}

/// Hidden characters, by place; those of one sort side by side are one mistake. Only tokens that can hold any text are
/// looked at: all others are of characters that are seen. A byte order mark is blank at the very start.
fn hidden(text: &str, tokens: &[Token]) -> impl Iterator<Item = SyntaxError> {
    let suspects = tokens.iter().filter(|token| token.kind.holds_any_text());
    suspects
        .filter(|token| !is_plain(token.text(text)))
        .flat_map(|token| hidden_in(token.start, token.text(text)))
}

/// Whether a text has nothing but visible ASCII, blanks and tabs. Without a branch for each byte: most texts are.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |is_plain, byte| is_plain & (matches!(byte, b' '..=b'~') | (byte == b'\t')))
}

fn hidden_in(start: u32, text: &str) -> impl Iterator<Item = SyntaxError> {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (first_at, first, sort) =
            characters.find_map(|(at, character)| Some((at, character, Hidden::of(character)?)))?;
        let mut end = first_at + first.len_utf8();
        while let Some((at, next)) = characters.next_if(|(_, next)| Hidden::of(*next) == Some(sort)) {
            end = at + next.len_utf8();
        }
        let offset = |at: usize| TextSize::new(start + u32::try_from(at).unwrap_or(0));
        let range = TextRange::new(offset(first_at), offset(end));
        let error =
            SyntaxError::new("R0004", range, sort.message(&code_point(first))).with_label("invisible here");
        Some(match sort {
            Hidden::LineEnd => error.with_fix(range, " ", "write a blank"),
            Hidden::Direction | Hidden::Control | Hidden::Nothing => error.with_fix(range, "", "remove it"),
        })
    })
}

/// All such mistakes of a text, by place; at most one more than are reported.
pub(crate) fn check(text: &str, tokens: &[Token]) -> Vec<SyntaxError> {
    let mut errors: Vec<SyntaxError> = hidden(text, tokens).take(ERROR_LIMIT + 1).collect();
    let limit = errors.len() + ERROR_LIMIT + 1;
    // The end of the last dash, while only lines of one list follow each other.
    let mut listed: Option<usize> = None;
    let mut merged = false;
    for (index, token) in tokens.iter().enumerate() {
        let error = match token.kind {
            SyntaxKind::HashComment if token.text(text).starts_with('#') => Some(hash_comment(*token)),
            SyntaxKind::HashComment if token.text(text).starts_with("/*") => {
                Some(block_comment(text, *token))
            }
            SyntaxKind::HashComment => conflict(*token, &mut merged),
            SyntaxKind::Semicolon => Some(semicolon(*token)),
            SyntaxKind::ForeignWord => Some(foreign_word(*token, token.text(text))),
            SyntaxKind::Unknown if is_dash_of_list(text, *token) => dash(text, *token, &mut listed),
            SyntaxKind::Unknown => {
                let turned = turned_dollars(text, tokens, index);
                turned.or_else(|| unknown(*token, token.text(text)))
            }
            _ => continue,
        };
        errors.extend(error);
        if errors.len() == limit {
            break;
        }
    }
    errors
}

/// `500$`: mended where the number is whole. Of `1,000$` nobody knows whether it is one number or the end of a list.
fn turned_dollars(text: &str, tokens: &[Token], index: usize) -> Option<SyntaxError> {
    let sign = tokens[index];
    let (amount, others) = without_blank(text, &tokens[..index])?.split_last()?;
    if sign.text(text) != "$" || !is_numeric(amount) {
        return None;
    }
    let is_followed = tokens[index + 1..].iter().find(|token| !is_blank(text, token)).is_some_and(is_numeric);
    if is_followed || is_in_parts(text, *amount, others) {
        let error = SyntaxError::new("R0001", sign.range(), "`$` stands before its number");
        return Some(error.with_help("write one number with the sign before it, as in `$1_000` or `$2.50`"));
    }
    let write = format!("${}", amount.text(text));
    let range = TextRange::new(amount.range().start(), sign.range().end());
    let error = SyntaxError::new("R0001", range, "`$` stands before its number");
    let is_money = classify(&write) == SyntaxKind::Money;
    is_money.then(|| error.with_fix(range, write.clone(), format!("write `{write}`")))
}

/// `1,000` and `1 000`: whether more digits belong to an amount than its own. Behind a comma and a blank it is another value.
fn is_in_parts(text: &str, amount: Token, before: &[Token]) -> bool {
    let Some((last, others)) = without_blank(text, before).and_then(<[Token]>::split_last) else {
        return false;
    };
    let is_joint = match last.kind {
        SyntaxKind::Comma => last.end == amount.start,
        SyntaxKind::Dot => true,
        _ => return is_numeric(last),
    };
    let first = without_blank(text, others).and_then(<[Token]>::last);
    is_joint && first.is_some_and(is_numeric)
}

/// The tokens up to the last one that is no blank of the line.
fn without_blank<'t>(text: &str, tokens: &'t [Token]) -> Option<&'t [Token]> {
    let last = tokens.iter().rposition(|token| !is_blank(text, token))?;
    tokens.get(..=last)
}

fn is_blank(text: &str, token: &Token) -> bool {
    token.kind == SyntaxKind::Whitespace && !token.text(text).contains(['\n', '\r'])
}

fn is_numeric(token: &Token) -> bool {
    matches!(token.kind, SyntaxKind::Number | SyntaxKind::BadNumber | SyntaxKind::Money)
}

/// `- ` at the beginning of a line, as YAML writes lists.
fn is_dash_of_list(text: &str, token: Token) -> bool {
    let is_followed = text[token.end as usize..].starts_with([' ', '\t']);
    let before = text[..token.start as usize].bytes().rev().take(INDENT);
    let first = before.clone().find(|byte| !matches!(byte, b' ' | b'\t' | b'-'));
    let is_at_start = first.map_or(before.count() < INDENT, |byte| byte == b'\n');
    token.text(text) == "-" && is_followed && is_at_start
}

/// How far in a dash may stand to begin a line, in bytes: work on a long line stays in proportion to it.
const INDENT: usize = 64;

/// The first dash of a list stands for all: the list goes on while no line begins at the margin.
fn dash(text: &str, token: Token, listed: &mut Option<usize>) -> Option<SyntaxError> {
    let start = token.start as usize;
    let goes_on = listed.is_some_and(|last| {
        let between = text.get(last..start).unwrap_or("");
        between.split('\n').skip(1).all(|line| line.is_empty() || line.starts_with([' ', '\t', '\r']))
    });
    *listed = Some(start);
    if goes_on {
        return None;
    }
    let error = SyntaxError::new("R0003", token.range(), "lists are not written with dashes")
        .with_help("values stand in brackets, `[a, b]`; entries in braces, one behind the other");
    Some(match values_of_dashes(text, start) {
        Some((end, values)) => {
            let range = TextRange::new(token.range().start(), TextSize::new(end));
            let write = format!("[{}]", values.join(", "));
            let title = format!("write `{write}`");
            error.with_fix(range, write, title)
        }
        None => error,
    })
}

/// The values of a list of dashes, each a single word or string, and where the last one ends.
fn values_of_dashes(text: &str, start: usize) -> Option<(u32, Vec<&str>)> {
    let mut values = Vec::new();
    let (mut at, mut end) = (start, start);
    for line in text.get(start..)?.split_inclusive('\n') {
        let Some(value) = line.trim_start_matches([' ', '\t']).strip_prefix("- ") else { break };
        let value = value.trim();
        if value.is_empty() || value.contains([' ', ':', '{', '[']) {
            return None;
        }
        values.push(value);
        end = at + line.trim_end().len();
        at += line.len();
    }
    Some((u32::try_from(end).ok()?, values)).filter(|(_, values)| !values.is_empty())
}

/// What a word of other letters looks like, if each of them looks like one of a–z.
pub(crate) fn skeleton(word: &str) -> Option<String> {
    word.chars().map(ascii_look_alike).collect()
}

fn ascii_look_alike(character: char) -> Option<char> {
    if character.is_ascii() {
        return Some(character);
    }
    if let Some(ascii) = full_width(character) {
        return Some(ascii);
    }
    let pair = LOOK_ALIKE_LETTERS.iter().find(|pair| pair.starts_with(character))?;
    pair.chars().nth(1)
}

/// The ASCII character of a full-width one.
fn full_width(character: char) -> Option<char> {
    let code = u32::from(character);
    let is_full_width = (0xFF01..=0xFF5E).contains(&code);
    is_full_width.then(|| char::from_u32(code - 0xFF01 + 0x21)).flatten()
}

/// A line that a merge left; the first one speaks for all.
fn conflict(token: Token, is_told: &mut bool) -> Option<SyntaxError> {
    if std::mem::replace(is_told, true) {
        return None;
    }
    let error = SyntaxError::new("R0003", token.range(), "a merge left its marks here")
        .with_help("keep one of the two sides, and remove the lines with marks");
    Some(error)
}

fn hash_comment(token: Token) -> SyntaxError {
    let sign = TextRange::at(token.range().start(), TextSize::new(1));
    SyntaxError::new("R0003", sign, "a comment begins with `//`").with_fix(sign, "//", "write `//`")
}

/// `/* … */`: rewritten where nothing follows in its last line.
fn block_comment(text: &str, token: Token) -> SyntaxError {
    let range = token.range();
    let sign = TextRange::at(range.start(), TextSize::new(2));
    let error = SyntaxError::new("R0003", sign, "a comment begins with `//`, and ends with its line");
    let rest = text[range.end().into()..].lines().next().unwrap_or("");
    let before = &text[..range.start().into()];
    let indent = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    let is_alone = rest.trim().is_empty() && indent.trim().is_empty();
    if !is_alone {
        return error.with_help("write it behind `//` at the end of the line, or on a line of its own");
    }
    let inner = token.text(text).trim_start_matches("/*").trim_end_matches("*/").trim_matches(['*', ' ']);
    let lines: Vec<String> = inner
        .trim()
        .lines()
        .map(|line| format!("// {}", line.trim().trim_start_matches('*').trim()).trim_end().to_owned())
        .collect();
    error.with_fix(range, lines.join(&format!("\n{indent}")), "write `//` before each line")
}

fn semicolon(token: Token) -> SyntaxError {
    SyntaxError::new("R0003", token.range(), "nothing ends with `;`: items and clauses begin with their word")
        .with_help("remove it; in a list, write `,`")
        .with_fix(token.range(), "", "remove `;`")
}

fn foreign_word(token: Token, word: &str) -> SyntaxError {
    if let Some(skeleton) = skeleton(word).filter(|skeleton| skeleton != word) {
        let others: String = word.chars().filter(|character| !character.is_ascii()).take(3).collect();
        let message = format!("this word only looks like `{skeleton}`: `{others}` is not of the letters a–z");
        return SyntaxError::new("R0004", token.range(), message).with_fix(
            token.range(),
            skeleton.clone(),
            format!("write `{skeleton}` in plain letters"),
        );
    }
    let quoted = quote(word);
    let title = format!("write `{quoted}`");
    SyntaxError::new("R0001", token.range(), format!("`{word}` is no name without quotes"))
        .with_help("a name begins with a letter of a–z and holds letters, digits, `_` and inner hyphens; another stands in quotes")
        .with_fix(token.range(), quoted, title)
}

/// A hidden one among the characters is reported already.
fn unknown(token: Token, characters: &str) -> Option<SyntaxError> {
    let first = characters.chars().find(|character| Hidden::of(*character).is_none())?;
    let seen = characters.chars().filter(|character| Hidden::of(*character).is_none());
    let mend: Option<String> = seen.map(plain_sign).collect();
    let name = code_point(first);
    Some(match mend {
        Some(mend) => {
            let message = match mend.trim() {
                "" => {
                    format!("`{name}` is no blank of the language, though it looks like one or like nothing")
                }
                sign => format!("`{name}` only looks like `{sign}`"),
            };
            let title = if mend.trim().is_empty() { "write a plain blank" } else { "write the plain sign" };
            SyntaxError::new("R0004", token.range(), message).with_fix(token.range(), mend, title)
        }
        None => {
            let message = match first {
                '%' | '$' => format!("`{first}` belongs to a number and touches it, as in `5%` and `$2.50`"),
                '€' | '£' | '¥' => format!("prices are in dollars, `$2.50`, not in `{first}`"),
                '-' => "there are no negative numbers, and a hyphen stands inside a name".to_owned(),
                _ => format!("`{name}` has no meaning outside of strings and comments"),
            };
            SyntaxError::new("R0001", token.range(), message)
        }
    })
}

fn plain_sign(character: char) -> Option<String> {
    let listed = LOOK_ALIKE_SIGNS.iter().find(|(signs, _)| signs.contains(character));
    listed.map(|(_, plain)| (*plain).to_owned()).or_else(|| full_width(character).map(String::from))
}

/// A character as a message can show it.
fn code_point(character: char) -> String {
    if character.is_control()
        || character.is_whitespace()
        || Hidden::of(character).is_some()
        || plain_sign(character).is_some()
    {
        format!("U+{:04X}", u32::from(character))
    } else {
        character.to_string()
    }
}
