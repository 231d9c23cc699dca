//! Classes of texts against the obvious twin, which asks every test of every text.

use super::alphabet::preference;
use super::*;
use crate::model::condition::PatternKind;
use std::time::Duration;

/// A test that owns what it asks.
#[derive(Debug, Clone)]
enum Asked {
    OneOf(BTreeSet<String>),
    Matches(Pattern),
}

fn one_of(texts: &[&str]) -> Asked {
    Asked::OneOf(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn pattern(text: &str, kind: PatternKind) -> Asked {
    Asked::Matches(Pattern::new(text, kind).unwrap_or_else(|| panic!("`{text}` is a pattern")))
}

fn glob(text: &str) -> Asked {
    pattern(text, PatternKind::Glob)
}

fn regex(text: &str) -> Asked {
    pattern(text, PatternKind::Regex)
}

fn try_classes(asked: &[Asked]) -> Result<TextClasses, TooMany> {
    let tests = asked.iter().map(|asked| match asked {
        Asked::OneOf(texts) => TextTest::OneOf(texts),
        Asked::Matches(pattern) => TextTest::Matches(pattern),
    });
    TextClasses::new(&tests.collect::<Vec<_>>())
}

fn classes(asked: &[Asked]) -> TextClasses {
    try_classes(asked).unwrap_or_else(|error| panic!("{error:?} of {asked:?}"))
}

/// The twin: what every test says of a text.
fn signature(asked: &[Asked], text: &str) -> Vec<bool> {
    let answer = |asked: &Asked| match asked {
        Asked::OneOf(texts) => texts.contains(text),
        Asked::Matches(pattern) => pattern.is_match(text),
    };
    asked.iter().map(answer).collect()
}

fn signature_of_class(classes: &TextClasses, tests: usize, class: u32) -> Vec<bool> {
    (0..tests).map(|test| classes.holding(test).contains(class)).collect()
}

/// What every partition promises, whatever the texts; the first broken promise.
fn broken(asked: &[Asked], classes: &TextClasses, texts: &[String]) -> Option<String> {
    let mut signatures = BTreeSet::new();
    for class in 0..classes.count() {
        let of_class = signature_of_class(classes, asked.len(), class);
        let text = classes.representative(class);
        if classes.class_of(text) != class {
            return Some(format!("{text:?} stands for {class} and is of {}", classes.class_of(text)));
        }
        if signature(asked, text) != of_class {
            return Some(format!("{text:?} stands for {class}, which answers {of_class:?}"));
        }
        if !signatures.insert(of_class.clone()) {
            return Some(format!("{class} answers as another: {of_class:?}"));
        }
        let is_unasked = !of_class.contains(&true);
        let is_ordered = class < 2 || classes.representative(class - 1) < text;
        if class > 0 && (is_unasked || !is_ordered) {
            return Some(format!("{class} has the wrong place"));
        }
    }
    texts.iter().find_map(|text| {
        let class = classes.class_of(text);
        let of_class = signature_of_class(classes, asked.len(), class);
        let is_right = class < classes.count() && of_class == signature(asked, text);
        (!is_right).then(|| format!("{text:?} is of {class}, which answers {of_class:?}"))
    })
}

/// A source of choices, by seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn text(&mut self, letters: &[char], longest: usize) -> String {
        let length = self.below(longest + 1);
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    fn asked(&mut self) -> Asked {
        const REGEXES: [&str; 24] = [
            "",
            "a",
            "^a",
            "b$",
            "^$",
            "^ab?",
            "a|é",
            "^(a|b)*$",
            "[^a]",
            r"\w",
            r"^\w+$",
            r"\d",
            "(?s).b",
            "(?m)^b$",
            r"(?-u:\b)a",
            r"(?-u:\B)",
            "aa|bb",
            "x*",
            r"\PL",
            r"\z",
            "(?-u:a\\b)|-$",
            ".",
            "^.{2}$",
            "(?i)É",
        ];
        match self.below(5) {
            0 | 1 => Asked::OneOf((0..self.below(5)).map(|_| self.text(&LETTERS, 3)).collect()),
            2 => glob(&self.text(&['a', 'b', 'é', '*', '*', '?'], 4)),
            3 => regex(REGEXES[self.below(REGEXES.len())]),
            _ => pattern(["a", "É", "^k", "^ab$", "ſ"][self.below(5)], PatternKind::AnyCase),
        }
    }
}

const LETTERS: [char; 10] = ['a', 'b', 'A', 'é', 'É', '\n', '-', '1', '\u{212a}', '😀'];

/// All texts of at most `longest` of these letters.
fn all_texts(letters: &[char], longest: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut begin = 0;
    for _ in 0..longest {
        let end = texts.len();
        for index in begin..end {
            let longer = letters.iter().map(|letter| format!("{}{letter}", texts[index]));
            let longer: Vec<String> = longer.collect();
            texts.extend(longer);
        }
        begin = end;
    }
    texts
}

#[test]
fn random_tests_are_told_apart_as_the_twin_does() {
    let mut choices = Choices(1);
    let mut most = 0;
    for round in 0..300 {
        let asked: Vec<Asked> = (0..choices.below(7)).map(|_| choices.asked()).collect();
        let classes = classes(&asked);
        most = most.max(classes.count());
        let mut texts = all_texts(&LETTERS, 2);
        texts.extend((0..100).map(|_| choices.text(&LETTERS, 8)));
        if let Some(why) = broken(&asked, &classes, &texts) {
            panic!("round {round}: {why}\n{asked:#?}");
        }
    }
    assert!(most > 12, "the random tests meet few classes: {most}");
}

/// The check itself: classes that were made for other tests are found out.
#[test]
fn a_wrong_partition_is_found_out() {
    let texts = all_texts(&LETTERS, 2);
    let pairs = [
        (glob("a*"), glob("a?")),
        (regex("a$"), regex("a")),
        (regex("é"), pattern("é", PatternKind::AnyCase)),
        (regex(r"(?-u:\B)"), regex("")),
        (one_of(&["a", "b"]), one_of(&["a"])),
    ];
    for (asked, mistaken) in pairs {
        let made = classes(std::slice::from_ref(&mistaken));
        assert_eq!(broken(std::slice::from_ref(&mistaken), &made, &texts), None);
        assert!(broken(std::slice::from_ref(&asked), &made, &texts).is_some(), "{asked:?} for {mistaken:?}");
    }
}

/// Every text over these bytes is tried: no text before a representative has its signature, none is left out.
#[test]
fn representatives_are_the_first_of_their_classes() {
    let letters = ['a', 'b', 'c', 'd', '0', 'B', '-', ' ', 'é', '\n', '\u{80}'];
    let mut texts = all_texts(&letters, 4);
    let order = |text: &String| (text.len(), text.bytes().map(preference).collect::<Vec<_>>());
    texts.sort_by_cached_key(order);
    let cases: [&[Asked]; 9] = [
        &[],
        &[one_of(&[""])],
        &[one_of(&["", "a", "b"]), one_of(&["b", "c", "0"])],
        &[glob("a*"), one_of(&["a", "aa", "ab", "b", ""])],
        &[regex("^[ab]$"), one_of(&["a", "b"])],
        &[regex("^[ab0]{2}$"), one_of(&["aa", "ab"]), glob("?b")],
        &[regex(r"[^\x00-\x7f]"), regex(r"\n"), glob("??")],
        &[regex("^ ?-"), pattern("b", PatternKind::AnyCase), one_of(&["-", "b"])],
        &[regex(r"(?-u:\B)"), regex("^a"), one_of(&["aa", "\n"])],
    ];
    for asked in cases {
        let classes = classes(asked);
        let mut firsts: BTreeMap<Vec<bool>, &str> = BTreeMap::new();
        for text in &texts {
            firsts.entry(signature(asked, text)).or_insert(text);
        }
        let found = (0..classes.count())
            .map(|class| (signature_of_class(&classes, asked.len(), class), classes.representative(class)));
        // That all classes have a text of these letters is part of what is shown.
        assert_eq!(found.collect::<BTreeMap<_, _>>(), firsts, "{asked:?}");
    }
}

/// A class of which all texts are literals is not there; a bound of 64 patterns is one.
#[test]
fn classes_have_texts() {
    assert_eq!(classes(&[]).count(), 1);
    assert_eq!(classes(&[regex("")]).count(), 1);
    assert_eq!(classes(&[regex("^[ab]$"), one_of(&["a", "b"])]).count(), 2);
    assert_eq!(classes(&[regex("^[ab]$"), one_of(&["a"])]).count(), 3);
    assert_eq!(classes(&[regex("^a$"), glob("a"), one_of(&["a"]), one_of(&[])]).count(), 2);
    assert!(classes(&[one_of(&[])]).holding(0).is_empty());
    let many: Vec<Asked> = (0..64).map(|index| glob(&format!("{index}-*"))).collect();
    assert_eq!(classes(&many).count(), 65);
}

#[test]
fn literals_that_begin_alike_stand_together() {
    let names: Vec<String> =
        (0..500).flat_map(|index| [format!("svc-{index}"), format!("x{index}")]).collect();
    let mut asked: Vec<Asked> = names.iter().map(|name| one_of(&[name])).collect();
    asked.push(glob("svc-*"));
    let classes = classes(&asked);
    assert_eq!(classes.count(), 1002);
    assert_eq!(classes.holding(1000).ranges().len(), 1);
    assert_eq!(classes.holding(1000).len(), 501);
    assert_eq!(classes.representative(0), "");
    assert_eq!(broken(&asked, &classes, &["svc-7x".to_owned(), "svc".to_owned()]), None);
}

#[test]
fn long_texts_are_read_as_far_as_they_are_in_doubt() {
    let asked = [glob("a*b"), regex("^x"), one_of(&["ab"])];
    let classes = classes(&asked);
    let long = "a".repeat(1 << 20);
    let texts = [format!("{long}b"), format!("{long}é"), format!("x{long}"), format!("é{long}")];
    assert_eq!(broken(&asked, &classes, &texts), None);
}

/// Each limit is met by something, and giving up takes no time to speak of.
#[test]
fn too_much_is_given_up() {
    let what =
        |asked: &[Asked]| try_classes(asked).map(|classes| classes.count()).map_err(|error| error.what);
    #[expect(clippy::disallowed_methods, reason = "the test is of how long it takes")]
    let start = std::time::Instant::now();
    let counted: Vec<Asked> = (0..40).map(|index| regex(&format!(".*a.{{{}}}b.*", 12 + index))).collect();
    assert_eq!(what(&counted), Err(Excess::Automata));
    assert_eq!(what(&[regex(r"\bword\b")]), Err(Excess::Automata));
    let apart: Vec<Asked> = ('a'..='z').map(|letter| glob(&format!("*{letter}{letter}*"))).collect();
    assert_eq!(what(&apart), Err(Excess::States));
    let apart: Vec<Asked> = ('a'..='k').map(|letter| glob(&format!("*{letter}*"))).collect();
    assert_eq!(what(&apart), Err(Excess::Sets));
    assert_eq!(what(&apart[..10]), Ok(1024));
    let many: Vec<Asked> = (0..65).map(|index| glob(&format!("{index}"))).collect();
    assert_eq!(what(&many), Err(Excess::Patterns));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
