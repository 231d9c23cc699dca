//! The binary as a person meets it: transcripts in `suite/cli/*.md`, and a gateway that is started, asked and stopped.
//!
//! A transcript is Markdown. A block that begins with ```` ```file PATH ```` is written to that path in a folder of
//! its own; the lines of a ```` ```console ```` block that begin with `$ ` are given to `sh` in that folder, and what
//! stands below each is what it must print: standard output, then standard error with `2> ` before each line, then
//! `[exit N]` unless N is 0. Everything else is prose. With `WAYLEAVE_UPDATE=1` the answers are rewritten: read them.
//!
//! The binary is another package's, so cargo does not build it for this test: `./test` does, and by hand it is
//! `cargo build -p wayleave-cli`. It is looked for beside this test's own folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

mod forging;

mod gateway;

mod passed;

mod process;

mod replay;

mod settings;

mod signals;

mod watch;

/// The folder of the binary.
fn binary_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test.parent().and_then(Path::parent).expect("a test stands in target/PROFILE/deps");
    assert!(folder.join("wayleave").is_file(), "there is no binary yet: cargo build -p wayleave-cli");
    folder.to_owned()
}

/// The binary.
pub(crate) fn binary() -> PathBuf {
    binary_folder().join("wayleave")
}

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/cli")
}

/// A folder of its own, gone when it is dropped.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("wayleave-it-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs one line of a transcript with nothing inherited but the way to the tools.
fn run(line: &str, folder: &Path) -> Output {
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("sh")
        .arg("-c")
        .arg(line)
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", binary_folder().display()))
        .env("HOME", folder.join("home"))
        .output()
        .expect("sh is there")
}

/// What a transcript shows of an answer, with what differs from run to run replaced.
fn shown(output: &Output, folder: &Path) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str("(no line end)\n");
    }
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        text.push_str("2> ");
        text.push_str(line);
        text.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => text.push_str(&format!("[exit {code}]\n")),
        None => text.push_str("[killed]\n"),
    }
    let text = text.replace(&folder.display().to_string(), "DIR").replace('\u{1b}', "␛");
    let trimmed: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut masked = mask(&trimmed.join("\n"));
    if !masked.is_empty() {
        masked.push('\n');
    }
    masked
}

/// Hashes, keys, their ids and hints, and moments differ from run to run.
fn mask(text: &str) -> String {
    let is_key = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let text = mask_run(text, "sha256:", |character| character.is_ascii_hexdigit(), 12);
    let text = mask_run(&text, "wl_", is_key, 16);
    mask_moments(&mask_ids(&text))
}

/// Replaces the ids of keys, which are 12 hexadecimal digits, the four characters that a hint shows, and clock values.
fn mask_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '…') {
            word.push(character);
            continue;
        }
        let is_id = word.len() == 12 && word.chars().all(|digit| digit.is_ascii_hexdigit());
        let is_hint = word.starts_with('…') && word.chars().count() == 5;
        let is_clock = word.len() == 13 && word.chars().all(|digit| digit.is_ascii_digit());
        let shown = match (is_id, is_hint, is_clock) {
            (true, _, _) => "KEY-ID",
            (_, true, _) => "…HINT",
            (_, _, true) => "CLOCK-MS",
            _ => &word,
        };
        out.push_str(shown);
        word.clear();
        out.push(character);
    }
    out.pop();
    out
}

/// Replaces what follows `prefix`, if it is long enough to be random.
fn mask_run(text: &str, prefix: &str, is_part: impl Fn(char) -> bool, at_least: usize) -> String {
    let mut parts = text.split(prefix);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let length = part.find(|character: char| !is_part(character)).unwrap_or(part.len());
        out.push_str(prefix);
        if length >= at_least {
            out.push('…');
            out.push_str(&part[length..]);
        } else {
            out.push_str(part);
        }
    }
    out
}

/// Replaces `2026-11-22T10:00:00Z` and the like.
fn mask_moments(text: &str) -> String {
    let is_moment_start = |rest: &str| {
        let bytes = rest.as_bytes();
        bytes.len() > 16
            && [4, 7].iter().all(|at| bytes[*at] == b'-')
            && matches!(bytes[10], b'T' | b' ')
            && bytes[13] == b':'
            && bytes[..4].iter().chain(&bytes[5..7]).chain(&bytes[11..13]).all(u8::is_ascii_digit)
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if is_moment_start(rest) {
            let length = rest[16..]
                .find(|c: char| !matches!(c, '0'..='9' | ':' | '.'))
                .map_or(rest.len(), |at| 16 + at);
            let length = if rest[length..].starts_with('Z') { length + 1 } else { length };
            out.push_str("MOMENT");
            rest = &rest[length..];
        } else {
            out.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    out
}

/// Plays a transcript and gives it as it should stand.
fn play(transcript: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut lines = transcript.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if let Some(path) = line.strip_prefix("```file ") {
            let mut body = String::new();
            for line in lines.by_ref().take_while(|line| *line != "```") {
                body.push_str(line);
                body.push('\n');
            }
            let file = folder.join(path.trim());
            std::fs::create_dir_all(file.parent().expect("a file has a folder")).expect("it can be made");
            std::fs::File::create(&file)
                .and_then(|mut file| file.write_all(body.as_bytes()))
                .expect("it can be written");
            out.push_str(&body);
            out.push_str("```\n");
        } else if line == "```console" {
            for line in lines.by_ref().take_while(|line| *line != "```") {
                if let Some(command) = line.strip_prefix("$ ") {
                    out.push_str(line);
                    out.push('\n');
                    out.push_str(&shown(&run(command, folder), folder));
                }
            }
            out.push_str("```\n");
        }
    }
    out
}

#[test]
fn transcripts() {
    let is_updating = std::env::var_os("WAYLEAVE_UPDATE").is_some();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(suite())
        .expect("the suite is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "there are transcripts");
    let mut different = Vec::new();
    for path in paths {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let expected = std::fs::read_to_string(&path).expect("a transcript is text");
        let scratch = Scratch::new(&name);
        let actual = play(&expected, &scratch.0);
        if actual != expected {
            if is_updating {
                std::fs::write(&path, &actual).expect("the transcript can be written");
            }
            different.push(format!("---- {name}\n{}", first_difference(&expected, &actual)));
        }
    }
    assert!(is_updating || different.is_empty(), "{}", different.join("\n"));
}

fn first_difference(expected: &str, actual: &str) -> String {
    let mut before = expected.lines();
    let mut number = 0;
    for line in actual.lines() {
        number += 1;
        let wanted = before.next().unwrap_or("(nothing)");
        if wanted != line {
            let rest: Vec<&str> = actual.lines().skip(number - 1).take(30).collect();
            return format!(
                "line {number}\n  expected: {wanted}\n  came:     {line}\nfrom there on:\n{}",
                rest.join("\n")
            );
        }
    }
    format!("line {}: {} more lines were expected", number + 1, before.count())
}
