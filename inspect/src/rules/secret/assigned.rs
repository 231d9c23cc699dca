//! A value that its name says is a credential: `api_key = "…"`. Looked for where no issuer's form tells more, so it has
//! to look random, and neither name nor value may be of a kind that only sounds like one.

use std::ops::Range;

pub(super) const KEYWORDS: [&str; 10] =
    ["access", "api", "auth", "key", "credential", "creds", "passwd", "password", "secret", "token"];

pub(super) const NAMES: &str = "access|auth|(?-i:[Aa]pi|API)|credential|creds|key|passw(?:or)?d|secret|token";

pub(super) const VALUE: &str = r"[\w.=-]{10,150}|[a-z0-9][a-z0-9+/]{11,150}={0,3}";

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

/// Values that hold one of these (lower case) are words of code and prose, not chance.
const HARMLESS_VALUES: [&str; 0] = [];

/// Whether a match of the rule, with this value in it, is a credential.
pub(super) fn is_credential(text: &str, whole: Range<usize>, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_word = value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b'-'));
    if is_word || HARMLESS_VALUES.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let from = text.floor_char_boundary(whole.start.saturating_sub(LONGEST_NAME));
    let lead = &text[from..whole.start];
    let lead = &lead[lead.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "_.-".contains(c)).len()..];
    let value_start = value.as_ptr() as usize - text.as_ptr() as usize;
    let name: String = lead
        .chars()
        .chain(text[whole.start..value_start].chars())
        .filter(|c| !matches!(c, ' ' | '_' | '.' | '-' | '"' | '\''))
        .collect::<String>()
        .to_ascii_lowercase();
    !HARMLESS_NAMES.iter().any(|harmless| name.contains(harmless))
}
