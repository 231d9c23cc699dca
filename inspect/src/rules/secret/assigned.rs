//! A value that its name says is a credential: `api_key = "…"`. Looked for where no issuer's form tells more, so it has
//! to look random, and neither name nor value may be of a kind that only sounds like one.

use std::ops::Range;

pub(super) const KEYWORDS: [&str; 10] =
    ["access", "api", "auth", "key", "credential", "creds", "passwd", "password", "secret", "token"];

pub(super) const NAMES: &str = "access|auth|(?-i:[Aa]pi|API)|credential|creds|key|passw(?:or)?d|secret|token";

/// Shorter values are seldom chance: names, words, numbers.
pub(super) const VALUE: &str = r"[\w.=-]{18,150}|[a-z0-9][a-z0-9+/]{17,150}={0,3}";

/// Bits a character.
pub(super) const ENTROPY: f64 = 3.5;

/// How much of a name may stand before the word that makes it one.
const LONGEST_NAME: usize = 50;

/// Names that hold such a word and name no credential; blanks, points, hyphens and underscores left out, lower case.
const HARMLESS_NAMES: [&str; 84] = [
    "accessibility",
    "accessor",
    "accessid",
    "randomaccess",
    "accesslevel",
    "accessmode",
    "apiid",
    "apiname",
    "apiversion",
    "apihost",
    "rapid",
    "capital",
    "therapist",
    "author",
    "xmsexchangeorganizationauth",
    "authenticationresults",
    "credentialid",
    "credentialsid",
    "withcredentials",
    "bucketkey",
    "foreignkey",
    "hotkey",
    "idxkey",
    "naturalkey",
    "primarykey",
    "pubkey",
    "publickey",
    "schemakey",
    "sequencekey",
    "sortkey",
    "cachekey",
    "partitionkey",
    "translationkey",
    "turkey",
    "keyalias",
    "keyboard",
    "keycode",
    "keyframe",
    "keyid",
    "keylength",
    "keymesh",
    "keyname",
    "keypair",
    "keypress",
    "keyring",
    "keyselector",
    "keysignature",
    "keysize",
    "keystone",
    "keystoretype",
    "keyword",
    "keyup",
    "keydown",
    "keyleft",
    "keyright",
    "keyvaultid",
    "keyvaultname",
    "keyvaulttostoresecrets",
    "keystorefile",
    "keystorepath",
    "keytabfile",
    "keytabpath",
    "issuerkeyhash",
    "monkey",
    "keying",
    "secretlength",
    "secretname",
    "secretsize",
    "secretarn",
    "usersecretsid",
    "csrftoken",
    "iojsonwebtoken",
    "apiendpoint",
    "apiurl",
    "apiuri",
    "credentialsurl",
    "credentialsuri",
    "tokenendpoint",
    "tokenurl",
    "tokenuri",
    "publictoken",
    "keyfile",
    "tokenfile",
    "tokenizer",
];

/// Values that hold one of these (lower case) are nobody's.
const HARMLESS_VALUES: [&str; 7] =
    ["example", "123456789", "1234-1234", "test_", "_test", "snapshot", "localhost"];

/// Lines that hold one of these speak of files and modules.
const HARMLESS_LINES: [&str; 2] = ["--mount=type=secret,", "import {"];

/// A line is looked at this far around a match.
const LONGEST_LINE: usize = 256;

/// Whether a match of the rule, with this value in it, is a credential.
pub(super) fn is_credential(text: &str, whole: Range<usize>, value: Range<usize>) -> bool {
    let name = &text[whole.start..value.start];
    let value = &text[value];
    let lower = value.to_ascii_lowercase();
    if is_words(value)
        || is_version(value)
        || value.ends_with("..")
        || HARMLESS_VALUES.iter().any(|word| lower.contains(word))
        || HARMLESS_LINES.iter().any(|words| line(text, &whole).contains(words))
    {
        return false;
    }
    let from = text.floor_char_boundary(whole.start.saturating_sub(LONGEST_NAME));
    let lead = &text[from..whole.start];
    let lead = &lead[lead.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "_.-".contains(c)).len()..];
    let name: String = lead
        .chars()
        .chain(name.chars())
        .filter(|c| !matches!(c, ' ' | '_' | '.' | '-' | '"' | '\''))
        .collect::<String>()
        .to_ascii_lowercase();
    !HARMLESS_NAMES.iter().any(|harmless| name.contains(harmless))
}

/// Nothing but words, or words for the most part: `jetbrains.mps.v8_elimination`, `NAME=`.
fn is_words(value: &str) -> bool {
    const SHORTEST_WORD: usize = 4;
    let parts = value.split(['.', '_', '-', '=', '/']);
    let is_word = |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let letters: usize =
        parts.clone().filter(is_word).filter(|part| part.len() >= SHORTEST_WORD).map(str::len).sum();
    letters * 3 >= value.len() * 2 || parts.clone().all(|part| is_word(&part))
}

/// Three numbers parted by points.
fn is_version(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    parts.windows(3).any(|three| {
        let digit = |part: &str, end: bool| {
            let byte = if end { part.bytes().next_back() } else { part.bytes().next() };
            byte.is_some_and(|byte| byte.is_ascii_digit())
        };
        digit(three[0], true) && three[1].bytes().all(|b| b.is_ascii_digit()) && digit(three[2], false)
    })
}

/// The lines that a match stands in, as far as they are looked at.
fn line<'a>(text: &'a str, whole: &Range<usize>) -> &'a str {
    let from = text.floor_char_boundary(whole.start.saturating_sub(LONGEST_LINE));
    let to = text.ceil_char_boundary((whole.end + LONGEST_LINE).min(text.len()));
    let start = text[from..whole.start].rfind('\n').map_or(from, |at| from + at + 1);
    let end = text[whole.end..to].find('\n').map_or(to, |at| whole.end + at);
    &text[start..end]
}
