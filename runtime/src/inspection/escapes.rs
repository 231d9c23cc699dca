//! What the escapes of a text hide: JSON in a text writes `A` as `\u0041`, and a text that is no whole JSON may still be
//! read so by whoever gets it.

/// Escapes behind escapes are followed so often: JSON in JSON in JSON.
const LEVELS: usize = 3;

/// The text without its escapes, once for each level of them; empty for a text without any.
pub(super) fn hidden(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    while found.len() < LEVELS {
        match unescape(found.last().map_or(text, String::as_str)) {
            Some(plain) => found.push(plain),
            None => break,
        }
    }
    found
}

/// The text with each JSON escape replaced by what it says; what looks like one and is none stays. None where there is
/// no escape.
fn unescape(text: &str) -> Option<String> {
    let first = backslash(text)?;
    let mut plain = String::with_capacity(text.len());
    plain.push_str(&text[..first]);
    let mut rest = &text[first..];
    let mut has_escapes = false;
    while let Some(at) = backslash(rest) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        match escape(rest) {
            Some((character, length)) => {
                plain.push(character);
                rest = &rest[length..];
                has_escapes = true;
            }
            None => {
                plain.push('\\');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    has_escapes.then_some(plain)
}

/// The first of a text; most have none.
fn backslash(text: &str) -> Option<usize> {
    memchr::memchr(b'\\', text.as_bytes())
}

/// What the escape says at the beginning of a text, and its length in bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let character = match text.as_bytes().get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return code_point(text),
        byte @ (b'"' | b'\\' | b'/') => char::from(*byte),
        _ => return None,
    };
    Some((character, 2))
}

fn code_point(text: &str) -> Option<(char, usize)> {
    let high = unit(text)?;
    let low = || unit(text.get(6..)?).filter(|low| (0xDC00..0xE000).contains(low));
    match (high, low()) {
        (0xD800..0xDC00, Some(low)) => {
            let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12))
        }
        _ => Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6)),
    }
}

/// The four digits of `\uXXXX`.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::hidden;

    #[test]
    fn each_level_of_escapes_is_shown_once() {
        assert_eq!(hidden("plain"), [] as [&str; 0]);
        assert_eq!(hidden(r"a\u0062c"), ["abc"]);
        assert_eq!(hidden(r"a\\u0062c"), [r"a\u0062c", "abc"]);
        assert_eq!(hidden(r"\\\\\\\\\\\\\\\\").len(), 3);
        assert_eq!(hidden(r"\ud83d\ude00 \ud83d"), ["😀 \u{fffd}"]);
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [r"\", r"\q", r"\u", r"\u00", r"\u00g0", r"\u+041", r"é\é", r"\u00é0"] {
            assert_eq!(hidden(text), [] as [&str; 0], "{text}");
        }
        assert_eq!(hidden(r"C:\new\work\"), ["C:\new\\work\\"]);
    }
}
