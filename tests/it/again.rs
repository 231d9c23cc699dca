//! A check that remembers an earlier one finds what a check finds that remembers nothing: along random edits of the files of a
//! policy, of words, names and whole items, some of which are taken back. A run that fails prints its seed.

use fastrand::Rng;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use wayleave_compiler::source::SourceText;
use wayleave_compiler::{
    Checked, Diagnostic, Memory, Options, Policy, Sources, check, check_again, portable,
};
use wayleave_grammar::ast::{Item, Node};
use wayleave_grammar::{NodeOrToken, SyntaxKind, TextRange};
use wayleave_program::value::DEFAULT_NOW;

const SEEDS: u64 = 8;
const EDITS: usize = 150;

/// What the example does not have: names across files in every way, and what is asked of all that is looked for.
const MORE: &str = r#"edition 2026

define quiet = prompt is clean and office-hours
define from-outside = origin is us and not quiet
define dear = target.price.output > $5 per 1M tokens and from-outside

group all-standard = [group us-standard, own-eu/open-large]

plan last = plan everyday else cheapest of [own-eu/open-large, azure-eu/gpt-5-mini]

observe deny odd-hours
  when quiet and caller.app in ["ide", "reviewbot"]
  because "Tried."

observe approve more: group all-standard
  when quiet and caller.team in acme
  until 2027-12-31  owner "ai-platform"  by "security-review"  ref "SEC-3001"

observe forbid dear-models: any when dear because "Tried."

budget more-day: $20 per day each caller.app  then continue  when from-outside

flag spent-much when spent(more-day) > 50% and request.model is "a-new-one"

route night inside chat when not office-hours and caller.team in legal  to plan last

guarantee more-is-masked: redacted [email] when target.hosting is vendor and data is confidential
"#;

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

type Place = std::ops::Range<usize>;

fn with(files: &Files, name: &str, text: String) -> Files {
    let mut files = files.clone();
    files.insert(name.to_owned(), Arc::new(SourceText::new(text)));
    files
}

/// A name, text or number that stands elsewhere in the policy.
fn with_a_word_of_another(files: &Files, random: &mut Rng) -> Files {
    let kinds = [SyntaxKind::Ident, SyntaxKind::String, SyntaxKind::Number];
    let kind = kinds[random.usize(0..kinds.len())];
    let ((name, read), (_, other)) = (any(files, random), any(files, random));
    let new = random.choice(words(other, kind)).map(|range| other.text[range].to_owned());
    let (Some(at), Some(new)) = (random.choice(words(read, kind)), new) else { return files.clone() };
    let mut text = read.text.clone();
    text.replace_range(Place::from(at), &new);
    with(files, name, text)
}

/// A name everywhere as another one, which may be taken.
fn renamed(files: &Files, random: &mut Rng) -> Files {
    let (_, read) = any(files, random);
    let Some(old) = random.choice(words(read, SyntaxKind::Ident)).map(|range| &read.text[range]) else {
        return files.clone();
    };
    let new = format!("{old}-{}", ["a", "b"][random.usize(0..2)]);
    let mut renamed = files.clone();
    for (name, read) in files {
        let mut text = read.text.clone();
        for at in words(read, SyntaxKind::Ident).into_iter().rev().filter(|at| &read.text[*at] == old) {
            text.replace_range(Place::from(at), &new);
        }
        if text != read.text {
            renamed.insert(name.clone(), Arc::new(SourceText::new(text)));
        }
    }
    renamed
}

/// An item at the beginning or end of some file, or nowhere; and still where it was, or no more.
fn moved(files: &Files, random: &mut Rng) -> Files {
    let (name, read) = any(files, random);
    let items: Vec<TextRange> = read.parse.root().items().map(|item| item.range()).collect();
    let Some(at) = random.choice(items).map(Place::from) else { return files.clone() };
    let item = read.text[at.clone()].to_owned();
    let mut files = files.clone();
    if random.bool() {
        let mut text = read.text.clone();
        text.replace_range(at, "");
        files = with(&files, name, text);
    }
    let (name, read) = any(&files, random);
    match random.u8(0..5) {
        0 => files.clone(),
        1 | 2 => with(&files, name, format!("{item}\n\n{}", read.text)),
        _ => with(&files, name, format!("{}\n{item}\n", read.text)),
    }
}

/// A line, blank or sign more, or a sign less: what the policy says stands elsewhere, or its text cannot be read.
fn shifted(files: &Files, random: &mut Rng) -> Files {
    let (name, read) = any(files, random);
    let mut text = read.text.clone();
    let items: Vec<TextRange> = read.parse.root().items().map(|item| item.range()).collect();
    let Some(item) = random.choice(items) else { return files.clone() };
    let tokens = read.parse.syntax().descendants_with_tokens().filter_map(NodeOrToken::into_token);
    let token = random.choice(tokens.map(|token| token.text_range()).collect::<Vec<_>>());
    match (random.u8(0..8), token) {
        (0..=3, _) => text.insert_str(item.start().into(), "// One line more.\n"),
        (4 | 5, _) => text.insert(item.end().into(), ' '),
        (6, Some(token)) => text.replace_range(Place::from(token), ""),
        (_, Some(token)) => text.insert_str(token.start().into(), ["{", "and ", ")"][random.usize(0..3)]),
        (_, None) => text.push('\n'),
    }
    with(files, name, text)
}

/// One edit, most often of one file.
fn edited(files: &Files, random: &mut Rng) -> Files {
    match random.u8(0..10) {
        0..=3 => with_a_word_of_another(files, random),
        4 => renamed(files, random),
        5 | 6 => moved(files, random),
        _ => shifted(files, random),
    }
}

/// All that was found: what is told, the policy as a file, and what that leaves out.
fn found(checked: &Checked) -> (&[Diagnostic], Option<(Vec<u8>, String)>) {
    let beside = |policy: &Policy| format!("{:?} {:?}", policy.operands, policy.detectors.keys());
    let policy = checked.policy.as_ref().map(|policy| (portable::write(policy), beside(policy)));
    (&checked.diagnostics, policy)
}

fn acme() -> Files {
    let mut files = Files::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/acme"), "", &mut files);
    files
}

/// Whether the files are a policy without a mistake, having seen that no memory changes anything.
fn is_sound_for(files: &Files, memories: &mut [&mut Memory], what: &str) -> bool {
    let (options, sources) = (Options { as_of: DEFAULT_NOW }, gathered(files));
    let anew = check(&sources, &options);
    let new = found(&anew);
    for memory in memories {
        let again = check_again(&sources, &options, memory);
        let remembered = found(&again);
        assert_eq!(remembered.0, new.0, "{what}");
        assert!(remembered.1 == new.1, "{what}: the policies are not the same");
    }
    anew.policy.is_some()
}

fn is_sound(files: &Files, memory: &mut Memory, what: &str) -> bool {
    is_sound_for(files, &mut [memory], what)
}

fn session(seed: u64) -> usize {
    let mut random = Rng::with_seed(seed);
    let mut files = with(&acme(), "more.route", MORE.to_owned());
    let root = files["main.route"].text.replace("\nuse \"privacy", "\nuse \"more.route\"\nuse \"privacy");
    files = with(&files, "main.route", root);
    let (mut memory, mut sound) = (Memory::default(), 0);
    assert!(is_sound(&files, &mut memory, "the example and more"));
    // An editor goes on from the last policy without a mistake, and a memory may be of any state.
    let (mut whole, mut remembered) = (files.clone(), memory.clone());
    for edit in 0..EDITS {
        files = edited(&files, &mut random);
        let mut other = remembered.clone();
        if is_sound_for(&files, &mut [&mut memory, &mut other], &format!("seed {seed}, edit {edit}")) {
            sound += 1;
            (whole, remembered) = (files.clone(), other);
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

/// A small policy in which each file leans on what another one declares.
const LEANING: [(&str, &str); 5] = [
    (
        "main.route",
        r#"edition 2026
timezone "Europe/Zurich"
use "asking.route"
use "naming.route"
use "own.route" for data is restricted
use "ruling.route"
type data-class = public < internal < restricted
attribute data: data-class  from header "x-data"  default public
attribute target.region: eu | us  default eu
provider near {
  protocol: simulated
  model small { supports: [chat]  context: 8k tokens  price: $1 in, $2 out per 1M tokens }
  model large { supports: [chat]  context: 9k tokens  price: $3 in, $4 out per 1M tokens }
}
provider far {
  protocol: simulated
  model distant { supports: [chat]  context: 8k tokens  price: $1 in, $2 out per 1M tokens }
}
approve everyone: any
route chat to near/small else far/distant
otherwise deny "No."
"#,
    ),
    (
        "asking.route",
        r#"edition 2026
flag looks when prompt has email
flag known when caller.app in ["review-bot", "ide"]
budget month: $9 per month each caller.team  then continue
require approval sponsor when data is internal  by "somebody"  each caller.team
test "it is answered" { given data: public  expect route chat }
"#,
    ),
    (
        "naming.route",
        r#"edition 2026
alias helper
alias thinker
detector codename = ["Orion"]
define secret-one = data is restricted
define hidden-one = data is internal
define clean-one = prompt is clean
define by-bots = caller.app in ["scraper", "crawler"]
group both = [near/small, near/large]
plan usual = near/small else near/large
limit rate: 10 requests per 1min each caller.id
"#,
    ),
    ("own.route", "edition 2026\nflag of-own when caller.team is \"claims\"\n"),
    (
        "ruling.route",
        r#"edition 2026
deny unclean when not clean-one and by-bots  because "Not clean."
deny never-clean when prompt is clean and hidden-one  because "Clean."
flag marked when secret-one
forbid some: group both when secret-one and request.model is thinker  because "Not these."
forbid places: any when target.region is us and data > public and time.now < 2027-06-30  because "Not there."
forbid one: near/large when target.provider is far or hidden-one  because "Not this."
route special inside chat when secret-one  to plan usual
route other when hidden-one  to cheapest of [far/distant, near/large]
flag spent when spent(month) > 50% and used(rate) > 50%
"#,
    ),
];

/// What is changed of it: in which file what becomes what.
const CHANGES: [&[(&str, &str, &str)]; 28] = [
    &[],
    // Rules.
    &[("asking.route", "prompt has email", "prompt has phone")],
    &[("asking.route", "has email", "has codename")],
    &[("asking.route", "\"review-bot\", ", "\"review-bot\", \"review_bot\", ")],
    &[("asking.route", "month: $9", "month: $8")],
    &[("asking.route", "budget month: $9 per month", "budget months: $9 per month")],
    &[("asking.route", "flag looks", "flag marked")],
    &[("asking.route", "route chat }", "route other }")],
    &[("asking.route", "approval sponsor", "approval sponsors")],
    &[(
        "own.route",
        "flag of-own",
        "require approval sponsor when data is public  by \"me\"  each caller.id\nflag of-own",
    )],
    // What is declared, in other words, and at another place.
    &[("naming.route", "alias helper", "// One line more.\n\nalias helper")],
    &[("naming.route", "alias helper\nalias thinker", "alias thinker\nalias helper")],
    &[("naming.route", "\"crawler\"", "\"crawler\", \"crawlers\"")],
    &[("naming.route", "\"Orion\"", "\"Lyra\"")],
    &[("naming.route", "secret-one = data is restricted", "secret-one = data is public")],
    &[("naming.route", "secret-one = data is restricted", "secret-one = target.region is us")],
    &[(
        "naming.route",
        "define secret-one = data is restricted\ndefine hidden-one = data is internal",
        "define hidden-one = data is internal\ndefine secret-one = data is restricted",
    )],
    &[("naming.route", "[near/small, near/large]", "[near/small]")],
    &[("naming.route", "near/small else near/large", "near/large else near/small")],
    &[("naming.route", "limit rate: 10", "limit rate: 11")],
    &[("naming.route", "limit rate: 10", "limit rate: 10 requests per 1min\nlimit rate: 11")],
    &[
        ("naming.route", "define by-bots = caller.app in [\"scraper\", \"crawler\"]\n", ""),
        ("own.route", "flag", "define by-bots = caller.app in [\"scraper\", \"crawler\"]\nflag"),
    ],
    &[("naming.route", "= data is restricted", "= data is unheard-of")],
    // What all lean on.
    &[("main.route", "public < internal", "public < open < internal")],
    &[("main.route", "eu | us", "us | eu")],
    &[("main.route", "Europe/Zurich", "America/New_York")],
    &[("main.route", "for data is restricted", "for data is internal")],
    &[
        (
            "main.route",
            "\n  model large { supports: [chat]  context: 9k tokens  price: $3 in, $4 out per 1M tokens }",
            "",
        ),
        (
            "main.route",
            "near {\n  protocol: simulated",
            "near {\n  protocol: simulated\n  model large { supports: [chat]  context: 9k tokens  price: $3 in, $4 out per 1M tokens }",
        ),
    ],
];

/// From each state to each other one: whatever changes alone is seen.
#[test]
fn what_a_rule_leans_on_is_seen() {
    let base: Files =
        LEANING.map(|(name, text)| (name.to_owned(), Arc::new(SourceText::new(text.to_owned())))).into();
    let states = CHANGES.map(|changes| {
        changes.iter().fold(base.clone(), |files, (name, from, to)| {
            assert!(files[*name].text.contains(from), "{name} says {from}");
            let text = files[*name].text.replace(from, to);
            with(&files, name, text)
        })
    });
    for (number, from) in states.iter().enumerate() {
        let mut memory = Memory::default();
        let is_right = is_sound(from, &mut memory, &format!("state {number}"));
        assert!(is_right || number > 0, "the first has no mistake");
        for (other, to) in states.iter().enumerate() {
            is_sound(to, &mut memory.clone(), &format!("from state {number} to state {other}"));
        }
    }
}

/// Many texts that differ in a letter are a series and no slip; when a file with one of them goes, the others may be near.
#[test]
fn fewer_texts_may_be_near_each_other() {
    let series = ('a'..='h').map(|letter| format!("\"crawler{letter}\"")).collect::<Vec<_>>().join(", ");
    let main = format!(
        "edition 2026\n\nuse \"other.route\"\n\nalias chat\n\nprovider near {{\n  protocol: openai  url: \"https://near.example/v1\"  \
         key: env(\"NEAR_KEY\")\n  model small {{ supports: [chat]  context: 8k tokens }}\n}}\n\napprove everyone: any\n  \
         until 2099-01-01  owner \"a\"  by \"b\"  ref \"T-1\"\n\nflag one when caller.app in [{series}]\n\n\
         route all to near/small\notherwise deny \"No route.\"\n"
    );
    let other = "edition 2026\n\nflag two when caller.app is \"crawleri\"\n";
    let text = |text: &str| Arc::new(SourceText::new(text.to_owned()));
    let both: Files = [("main.route", main.as_str()), ("other.route", other)]
        .map(|(name, words)| (name.to_owned(), text(words)))
        .into();
    let alone: Files = [("main.route".to_owned(), text(&main.replace("use \"other.route\"\n\n", "")))].into();
    let mut memory = Memory::default();
    assert!(is_sound(&both, &mut memory, "a series"), "it has no mistake");
    is_sound(&alone, &mut memory, "what is left of it");
    let warned = check(&gathered(&alone), &Options { as_of: DEFAULT_NOW });
    assert!(warned.diagnostics.iter().any(|found| found.code.name() == "R0314"), "it is no series any more");
}
