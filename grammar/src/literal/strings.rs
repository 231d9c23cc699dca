//! Strings and regular expressions: quotes and escapes. A regular expression is not compiled here.

use super::{LiteralValue, Problem};

pub(super) fn read_string(text: &str) -> Result<LiteralValue, Problem> {
    let inner = inner(text, "\"").ok_or_else(|| unterminated(text))?;
    let start = 1;
    let mut value = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let escape = &rest[at..];
        let offset = start + inner.len() - escape.len();
        let (character, length) = read_escape(escape).ok_or_else(|| bad_escape(text, offset, escape))?;
        value.push(character);
        rest = &escape[length..];
    }
    value.push_str(rest);
    Ok(LiteralValue::Text(value))
}

pub(super) fn read_regex(text: &str) -> Result<LiteralValue, Problem> {
    let is_any_case = text.ends_with("\"i");
    let body = if is_any_case { &text[..text.len() - 1] } else { text };
    let pattern = inner(body, "r\"").ok_or_else(|| unterminated(text))?.replace("\\\"", "\"");
    Ok(LiteralValue::Regex { pattern, is_any_case })
}

/// `'x'` and `“x”`.
pub(super) fn foreign_quotes(text: &str) -> Problem {
    let mut problem =
        Problem::new(text, "a string stands between straight double quotes").instead(quote(&unquote(text)));
    problem.code = if text.starts_with(['\'', '`']) { "R0003" } else { "R0004" };
    problem
}

/// What stands between the quotes of a string, whole or broken, escapes resolved where they can be.
pub(crate) fn unquote(text: &str) -> String {
    match read_string(text) {
        Ok(LiteralValue::Text(value)) => value,
        _ => {
            let mut characters = text.chars();
            characters.next();
            let rest = characters.as_str();
            rest.strip_suffix(['"', '\'', '`', '”', '“', '»', '‘', '’']).unwrap_or(rest).to_owned()
        }
    }
}

/// A string literal that says this.
pub(crate) fn quote(value: &str) -> String {
    let mut text = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

/// Between the quotes, if the last one is there and is not escaped.
fn inner<'t>(text: &'t str, opening: &str) -> Option<&'t str> {
    let inner = text.strip_prefix(opening)?.strip_suffix('"')?;
    let backslashes = inner.len() - inner.trim_end_matches('\\').len();
    (backslashes % 2 == 0).then_some(inner)
}

fn read_escape(escape: &str) -> Option<(char, usize)> {
    match escape.as_bytes().get(1)? {
        b'"' => Some(('"', 2)),
        b'\\' => Some(('\\', 2)),
        b'n' => Some(('\n', 2)),
        b't' => Some(('\t', 2)),
        b'u' => {
            let digits = code_point_digits(escape)?;
            let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
            Some((character, digits.len() + 4))
        }
        _ => None,
    }
}

/// Whether all escapes of a text have the shape of one.
fn has_shapely_escapes(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at..];
        let known = read_escape(escape).map(|(_, length)| length);
        let shapely = code_point_digits(escape).map(|digits| digits.len() + 4);
        match known.or(shapely) {
            Some(length) => rest = &escape[length..],
            None => return false,
        }
    }
    true
}

/// The digits of `\u{…}`, at most six; whether a character has them is another matter.
fn code_point_digits(escape: &str) -> Option<&str> {
    let digits = escape.strip_prefix("\\u{")?;
    let digits = &digits[..digits.find('}')?];
    let is_plain = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_plain.then_some(digits)
}

fn bad_escape(text: &str, offset: usize, escape: &str) -> Problem {
    let shown: String = escape.chars().take(2).collect();
    let message = match code_point_digits(escape) {
        Some(digits) => format!("`\\u{{{digits}}}` stands for no character"),
        None => format!("`{shown}` is no escape of a string"),
    };
    let mut problem = Problem::new(text, message)
        .help("the escapes are `\\\"`, `\\\\`, `\\n`, `\\t` and `\\u{…}`; a backslash is written `\\\\`");
    problem.at = offset..offset + shown.len();
    problem.is_of_meaning = has_shapely_escapes(escape);
    problem
}

fn unterminated(text: &str) -> Problem {
    let problem = Problem::new(text, "this string does not end in its line").help("close it with `\"`");
    // Two blanks stand between clauses, and a comment behind one: what is behind them is hardly of the string.
    let ends = ["  ", " //"].iter().filter_map(|end| text.find(end)).min();
    match ends.map(|at| text.split_at(at)) {
        Some((words, rest)) => problem.instead(format!("{words}\"{rest}")).instead(format!("{text}\"")),
        None => problem.instead(format!("{text}\"")),
    }
}
