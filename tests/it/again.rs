//! A check that remembers the one before finds what a check finds that remembers nothing: along random edits of the files of a
//! policy, of words and of whole items, some of which are taken back. A run that fails prints its seed.

use fastrand::Rng;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use wayleave_compiler::source::SourceText;
use wayleave_compiler::{Checked, Diagnostic, Memory, Options, Sources, check, check_again, portable};
use wayleave_grammar::ast::{Item, Node};
use wayleave_grammar::{NodeOrToken, SyntaxKind, TextRange};
use wayleave_program::value::DEFAULT_NOW;

const SEEDS: u64 = 8;
const EDITS: usize = 150;

/// The files of a policy by name, each read once for each text that it has.
type Files = BTreeMap<String, Arc<SourceText>>;

fn read(folder: &Path, below: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder.join(below)).expect("the example is there") {
        let entry = entry.expect("it can be listed");
        let name = format!("{below}{}", entry.file_name().to_str().expect("a name"));
        if name.ends_with(".route") {
            let text = std::fs::read_to_string(entry.path()).expect("it is a text");
            files.insert(name, Arc::new(SourceText::new(text)));
        } else if entry.path().is_dir() {
            read(folder, &format!("{name}/"), files);
        }
    }
}

fn gathered(files: &Files) -> Sources {
    let mut read = |name: &str| files.get(name).cloned().ok_or_else(|| "there is no such file".to_owned());
    Sources::gather_read("main.route", &mut read).expect("the root is there")
}

fn any<'f>(files: &'f Files, random: &mut Rng) -> (&'f String, &'f Arc<SourceText>) {
    files.iter().nth(random.usize(0..files.len())).expect("it is one of them")
}

/// The places of some kind in a text.
fn words(text: &SourceText, kind: SyntaxKind) -> Vec<TextRange> {
    let elements = text.parse.syntax().descendants_with_tokens().filter_map(NodeOrToken::into_token);
    elements.filter(|token| token.kind() == kind).map(|token| token.text_range()).collect()
}

/// One edit: the file, and its text with it.
fn edited(files: &Files, random: &mut Rng) -> (String, String) {
    let (name, read) = any(files, random);
    let mut text = read.text.clone();
    let items: Vec<TextRange> = read.parse.root().items().map(|item| item.range()).collect();
    let item = random.choice(&items).copied();
    match (random.u8(0..10), item) {
        // A name, text or number that stands elsewhere in the policy.
        (0..=4, _) => {
            let kinds = [SyntaxKind::Ident, SyntaxKind::String, SyntaxKind::Number];
            let kind = kinds[random.usize(0..kinds.len())];
            let (_, other) = any(files, random);
            let new = random.choice(words(other, kind)).map(|range| other.text[range].to_owned());
            if let (Some(at), Some(new)) = (random.choice(words(read, kind)), new) {
                text.replace_range(std::ops::Range::<usize>::from(at), &new);
            }
        }
        (5, Some(item)) => text.replace_range(std::ops::Range::<usize>::from(item), ""),
        (6 | 7, Some(item)) => {
            let copy = text[item].to_owned();
            let (other, read) = any(files, random);
            return (other.clone(), format!("{}\n{copy}\n", read.text));
        }
        (8, Some(item)) => text.insert_str(item.start().into(), "// One line more.\n"),
        (_, Some(item)) => text.insert(item.end().into(), ' '),
        (_, None) => text.push('\n'),
    }
    (name.clone(), text)
}

/// All that was found: what is told, and the policy as a file.
fn found(checked: &Checked) -> (&[Diagnostic], Option<Vec<u8>>) {
    (&checked.diagnostics, checked.policy.as_ref().map(|policy| portable::write(policy)))
}

fn acme() -> Files {
    let mut files = Files::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/acme"), "", &mut files);
    files
}

/// Whether the files are a policy without a mistake, having seen that memory changes nothing.
fn is_sound(files: &Files, memory: &mut Memory, what: &str) -> bool {
    let (options, sources) = (Options { as_of: DEFAULT_NOW }, gathered(files));
    let (again, anew) = (check_again(&sources, &options, memory), check(&sources, &options));
    let (remembered, new) = (found(&again), found(&anew));
    assert_eq!(remembered.0, new.0, "{what}");
    assert!(remembered.1 == new.1, "{what}: the policies are not the same");
    anew.policy.is_some()
}

fn session(seed: u64) -> usize {
    let mut random = Rng::with_seed(seed);
    let mut files = acme();
    let (mut memory, mut sound) = (Memory::default(), 0);
    let mut whole = files.clone();
    for edit in 0..EDITS {
        let (name, text) = edited(&files, &mut random);
        files.insert(name, Arc::new(SourceText::new(text)));
        if is_sound(&files, &mut memory, &format!("seed {seed}, edit {edit}")) {
            sound += 1;
            whole = files.clone();
        } else if random.u8(0..4) > 0 {
            // Otherwise there would soon be nothing but mistakes.
            files = whole.clone();
        }
    }
    sound
}

#[test]
fn what_is_remembered_changes_no_answer() {
    let sound: usize = (0..SEEDS).map(session).sum();
    assert!(sound > EDITS / 2, "{sound} of {SEEDS} times {EDITS} policies had no mistake");
}

/// The second of two is none of the policy's, until the first is gone.
#[test]
fn a_rule_is_moved_by_copying_it_first() {
    let (mut files, mut memory) = (acme(), Memory::default());
    assert!(is_sound(&files, &mut memory, "at first"));
    let (from, to) = ("approvals.route", "privacy.route");
    let read = files[from].clone();
    let required = read.parse.root().items().find(|item| matches!(item, Item::RequireApproval(_)));
    let place = std::ops::Range::<usize>::from(required.expect("the example has one").range());
    let copied = format!("{}\n{}\n", files[to].text, &read.text[place.clone()]);
    files.insert(to.to_owned(), Arc::new(SourceText::new(copied)));
    assert!(!is_sound(&files, &mut memory, "copied"));
    let mut without = read.text.clone();
    without.replace_range(place, "");
    files.insert(from.to_owned(), Arc::new(SourceText::new(without)));
    assert!(is_sound(&files, &mut memory, "moved"));
}
