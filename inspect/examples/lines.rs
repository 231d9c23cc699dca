//! Findings for a program that has texts: reads a text a line, with `\n`, `\r` and `\\` for what a line cannot hold, and
//! answers each with a line, its findings as `detector:start:end` apart by blanks. Used by `tests/detectors`.

use std::io::{BufRead, Write};
use wayleave_inspect::{Detectors, Looks};

fn main() -> std::io::Result<()> {
    let built_in =
        Looks::BUILT_IN.iter().filter_map(|name| Some(((*name).to_owned(), Looks::built_in(name)?)));
    let detectors = Detectors::new(built_in.collect()).expect("built-in detectors have no bad patterns");
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let text = unescaped(&line?);
        let shown: Vec<String> = detectors
            .find(&text)
            .iter()
            .map(|finding| format!("{}:{}:{}", finding.detector, finding.range.start, finding.range.end))
            .collect();
        writeln!(output, "{}", shown.join(" "))?;
    }
    Ok(())
}

fn unescaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, if character == '\\' { characters.next() } else { None }) {
            (_, Some('n')) => text.push('\n'),
            (_, Some('r')) => text.push('\r'),
            (_, Some(escaped)) => text.push(escaped),
            (character, None) => text.push(character),
        }
    }
    text
}
