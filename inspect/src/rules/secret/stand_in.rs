//! What stands in a credential's place: too few different characters, the name of a variable, a word that says so.

/// A text of this many bytes with fewer different characters than [`VARIETY`] is a stand-in.
const LONG: usize = 12;
const VARIETY: usize = 5;

/// A credential that holds one of these (lower case) is made up.
const WORDS: [&str; 14] = [
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "your_",
    "your-",
    "yourapi",
    "redacted",
    "dummy",
    "insert_",
    "replace_",
    "xxxxx",
    "*****",
    "abcdefghijklmnopqrstuvwxyz",
];

/// Different bytes.
pub(super) fn variety(text: &str) -> usize {
    let mut seen = [false; 256];
    text.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|is_seen| **is_seen).count()
}

/// Shannon's entropy, in bits a character.
pub(super) fn bits(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

pub(super) fn is_stand_in(credential: &str) -> bool {
    let lower = credential.to_ascii_lowercase();
    (credential.len() >= LONG && variety(credential) < VARIETY)
        || WORDS.iter().any(|word| lower.contains(word))
        || is_reference(credential)
}

/// The place of a value that is filled in later: `$NAME`, `{{ name }}`, `<name>`, `%NAME%`; behind a colon, the
/// password of `user:password`.
fn is_reference(credential: &str) -> bool {
    let value = credential.rsplit_once(':').map_or(credential, |(_, password)| password);
    let value = value.trim_matches(['"', '\'']);
    let is_password_word =
        credential.contains(':') && ["pass", "password", "pwd", "test", "token", "secret"].contains(&value);
    is_password_word
        || value.starts_with(['$', '{', '<', '%', '['])
        || (value.starts_with('@') && value.ends_with('@'))
}
