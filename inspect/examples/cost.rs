//! What texts cost to look at, a byte, as a ratio to plain prose of the same size: the figures of
//! `docs/measurements/detectors.md`. The best of several runs counts.

use std::time::Instant;
use wayleave_inspect::{Detectors, Looks};

/// Bytes of each text.
const SIZE: usize = 1 << 20;

const RUNS: usize = 3;

const PROSE: &str = "The council met on Tuesday to hear what the engineers had found out about the old bridge. Its piers \
                     stand well, they said, but the deck needs work before the winter of 2027, and nobody knows yet \
                     who is to pay for it. ";

/// Repeated, each is a text that some rule has to look at again and again.
const TEXTS: [&str; 38] = [
    "x7Qm2Zx9LkT4nRs8WyC1",
    "eyJhbGci.eyJ.",
    "eyJ.",
    "eyJ",
    "eyJ9aB3xQz7.",
    "eyJabc123xyzw890.",
    "eyJdummy90abcdefg.",
    "-----BEGIN PRIVATE KEY-----END ",
    "-----BEGIN ",
    "1:",
    "::",
    "a:",
    "1.2.3.",
    "4111 ",
    "4111 1111 1111 1112 ",
    "DE89 ",
    "DE89-",
    "a@",
    "a@b.",
    "a.",
    "+49 ",
    "00 ",
    "+1(",
    "sk-",
    "ghp_",
    "key=",
    "token token ",
    "fo1_.eyJ",
    "key='a1b2c3d4e5f6g7h8i9j0k1l2m3n4' ",
    "curl -H ",
    "curl -u a:b ",
    "kind: secret data: ",
    "secret ",
    "facebook ",
    "airtable ",
    "s.",
    "zxlk",
    "api_key=\"aaaaaaaaaaaaaaaaaaaaaaaa\" ",
];

fn main() {
    let all = detectors(&Looks::BUILT_IN);
    let alone: Vec<Detectors> = Looks::BUILT_IN.iter().map(|name| detectors(&[name])).collect();
    let prose = nanoseconds(&all, PROSE);
    println!("prose: {prose:.1} ns a byte, with all built-in detectors; the others as ratios to it");
    println!("{:40} {:>8}   {}", "text, repeated", "all", Looks::BUILT_IN.join(" "));
    for text in TEXTS {
        let each: Vec<String> = Looks::BUILT_IN
            .iter()
            .zip(&alone)
            .map(|(name, one)| format!("{:>1$.1}", nanoseconds(one, text) / prose, name.len()))
            .collect();
        println!("{text:40} {:8.1}   {}", nanoseconds(&all, text) / prose, each.join(" "));
    }
}

fn detectors(names: &[&str]) -> Detectors {
    let looks = names.iter().filter_map(|name| Some(((*name).to_owned(), Looks::built_in(name)?)));
    Detectors::new(looks.collect()).expect("built-in detectors have no bad patterns")
}

// A measurement is what it is for, and no part of the crate.
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn nanoseconds(detectors: &Detectors, text: &str) -> f64 {
    let text = text.repeat(SIZE / text.len());
    let time = |_| {
        let started = Instant::now();
        let _ = detectors.find(&text);
        started.elapsed().as_nanos()
    };
    (0..RUNS).map(time).min().unwrap_or_default() as f64 / text.len() as f64
}
