//! What stands in a credential's place: too few different characters, the name of a variable, a word that says so.

/// A text of this many bytes with fewer different characters than [`VARIETY`] is a stand-in.
const LONG: usize = 12;
const VARIETY: usize = 5;

/// `AKIA…EXAMPLE`, as issuers print them; what is longer only speaks of one.
const LONGEST_EXAMPLE: usize = 64;

/// A credential that holds one of these (lower case) is made up.
const WORDS: [&str; 14] = [
    "your-api",
    "placeholder",
    "changeme",
    "change_me",
    "your_",
    "your-key",
    "yourapi",
    "redacted",
    "dummy",
    "insert_",
    "replace_",
    "xxxxx",
    "*****",
    "abcdefghijklmnopqrstuvwxyz",
];

/// Credentials that documents print as examples, by FNV-1a of 64 bits, so that no scanner takes this list for a leak:
/// keys of Google's guides and of popular projects, passwords of NuGet's reference.
const PRINTED: [u64; 18] = [
    0x08b5_4596_2adc_7d8b,
    0x1211_3c2e_6979_f447,
    0x1a3e_1c90_ee66_98a0,
    0x294c_63f8_344d_5df1,
    0x29a3_36c7_244f_48dd,
    0x4155_0317_7a5c_10e1,
    0x515c_b771_a423_8032,
    0x6835_e0f2_8883_2a40,
    0x6acb_d824_bd32_bbd4,
    0x816c_d10f_db11_ead0,
    0x8288_18f8_3325_7868,
    0x99b2_7263_46a1_e92a,
    0xadbd_04e3_fe1b_6d49,
    0xc73f_1e61_952e_6987,
    0xd8e1_3cde_d253_33c6,
    0xdb94_22f1_dd33_2dcc,
    0xe754_678e_a2b1_4ef1,
    0xe766_6dbb_286c_6c2e,
];

/// Whether there are so many different bytes. Reads no further than it must.
pub(super) fn has_variety(text: &str, wanted: usize) -> bool {
    let mut seen = [false; 256];
    let mut count = 0;
    text.bytes().any(|byte| {
        count += usize::from(!std::mem::replace(&mut seen[usize::from(byte)], true));
        count >= wanted
    })
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

/// The last place of a word that says that a credential is made up.
pub(super) fn last_word(credential: &str) -> Option<usize> {
    let lower = credential.to_ascii_lowercase();
    WORDS.iter().filter_map(|word| lower.rfind(word)).max()
}

pub(super) fn is_stand_in(credential: &str) -> bool {
    let lower = credential.to_ascii_lowercase();
    (credential.len() >= LONG && !has_variety(credential, VARIETY))
        || WORDS.iter().any(|word| lower.contains(word))
        || (lower.ends_with("example") && credential.len() <= LONGEST_EXAMPLE)
        || is_reference(credential)
        || PRINTED.contains(&fnv(credential))
}

/// The hash of Fowler, Noll and Vo, 1a.
fn fnv(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The place of a value that is filled in later: `$NAME`, `{{ name }}`, `<name>`, `%NAME%`; behind a colon, the
/// password of `user:password`.
fn is_reference(credential: &str) -> bool {
    let value = credential.rsplit_once(':').map_or(credential, |(_, password)| password);
    let value = value.trim_matches(['"', '\'']);
    let is_password_word =
        credential.contains(':') && ["pass", "password", "pwd", "test", "token", "secret"].contains(&value);
    is_password_word
        || value.starts_with(['$', '<', '%', '['])
        || value.starts_with("{{")
        || (value.starts_with('@') && value.ends_with('@'))
}
