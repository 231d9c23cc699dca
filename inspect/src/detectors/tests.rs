//! What the detectors find together, and what they cost to build.

use super::*;

fn is_shared<T: Send + Sync>(_: &T) {}

fn all() -> Detectors {
    let built_in = Looks::BUILT_IN.iter().map(|name| {
        ((*name).to_owned(), Looks::built_in(name).expect("each name on the list is a detector"))
    });
    let own = Looks::Patterns(vec![
        Pattern::Word("project  Blue Heron".to_owned()),
        Pattern::Word("HERON".to_owned()),
        Pattern::Regex { regex: r"case-\d+".to_owned(), any_case: true },
    ]);
    Detectors::new(built_in.chain([("birds".to_owned(), own)]).collect()).expect("good patterns")
}

#[test]
fn findings_come_by_place_with_their_words() {
    let detectors = all();
    is_shared(&detectors);
    let text = "Ask ann@example.org about project blue\nheron (CASE-12) from 10.1.2.3.";
    let shown: Vec<(&str, &str, &str)> = Vec::new();
    let findings = detectors.find(text);
    let mut told = shown;
    for finding in &findings {
        told.push((&finding.detector, &finding.what, &text[finding.range.clone()]));
    }
    assert_eq!(
        told,
        [
            ("email", "an email address", "ann@example.org"),
            ("birds", "what `birds` looks for", "project blue\nheron"),
            ("birds", "what `birds` looks for", "CASE-12"),
            ("ip-address", "an IP address", "10.1.2.3"),
        ]
    );
    assert_eq!(detectors.found(text), BTreeSet::from(["birds", "email", "ip-address"]));
    assert!(detectors.found("nothing here").is_empty());
}

#[test]
fn what_is_found_is_what_finds() {
    let detectors = all();
    for text in ["", "sk-", "a@b.example 4111 1111 1111 1111", "+49 30 901820", "DE89 3704 0044 0532 0130 00"]
    {
        let names: BTreeSet<String> =
            detectors.find(text).into_iter().map(|finding| finding.detector).collect();
        let found: BTreeSet<String> = detectors.found(text).into_iter().map(str::to_owned).collect();
        assert_eq!(names, found, "{text}");
    }
}

/// Hidden characters, full-width letters and accents apart: seen in the plain form, which has no places to tell.
#[test]
fn what_is_meant_is_found_without_a_place() {
    let own = Looks::Patterns(vec![
        Pattern::Word("Müller".to_owned()),
        Pattern::Regex { regex: r"\bcase-\d+".to_owned(), any_case: false },
    ]);
    let detectors = Detectors::new(vec![("own".to_owned(), own), ("email".to_owned(), Looks::Email)])
        .expect("good patterns");
    for text in ["Mu\u{308}ller", "MÜL\u{200B}LER", "Ｍüller", "ca\u{AD}se\u{2011}١٢"] {
        assert!(detectors.find(text).is_empty(), "{text}");
        assert_eq!(detectors.found(text), BTreeSet::from(["own"]), "{text}");
    }
    let both = "Müller, ann\u{200B}@example.org";
    assert_eq!(detectors.found(both), BTreeSet::from(["email", "own"]));
}

/// Joined by what is left out, two words may be none: what the text says as it stands counts all the same.
#[test]
fn what_only_the_text_itself_has_is_found() {
    let own = Looks::Patterns(vec![Pattern::Word("heron".to_owned())]);
    let detectors = Detectors::new(vec![("own".to_owned(), own)]).expect("good patterns");
    let text = "blue\u{200B}heron";
    assert_eq!(detectors.found(text), BTreeSet::from(["own"]));
}

#[test]
fn a_bad_pattern_is_named_by_its_place() {
    let patterns =
        vec![Pattern::Word("ok".to_owned()), Pattern::Regex { regex: "é(".to_owned(), any_case: false }];
    let given = vec![("email".to_owned(), Looks::Email), ("own".to_owned(), Looks::Patterns(patterns))];
    let Err(error) = Detectors::new(given) else { panic!("the second pattern is bad") };
    assert_eq!((error.detector, error.pattern, error.error.offset), (1, 1, Some(2)));
    assert_eq!(error.error.message, "unclosed group");
}

/// Pieces that the rules look at, in an order that nobody chose, with letters of more than one byte between them.
#[test]
fn any_text_has_findings_by_place_and_apart() {
    const PIECES: [&str; 24] = [
        "é",
        "@",
        "a.b",
        "sk-",
        "key=",
        "4111",
        " ",
        "-",
        "+49",
        "00",
        "::1",
        "10.0.0.",
        "1",
        "DE89",
        "\n",
        "\u{1F426}",
        "token: '",
        "x7Qm2Zx9LkT4nRs8WyC1",
        "https://",
        "536-90-4399",
        ".",
        "eyJ",
        "(0)",
        "curl -u ",
    ];
    let detectors = all();
    let mut state = 1_u64;
    for _ in 0..400 {
        let mut text = String::new();
        for _ in 0..60 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(PIECES[(state >> 33) as usize % PIECES.len()]);
        }
        let findings = detectors.find(&text);
        for (name, _) in &detectors.detectors {
            let own: Vec<_> = findings.iter().filter(|finding| finding.detector == *name).collect();
            assert!(own.iter().all(|finding| !text[finding.range.clone()].is_empty()));
            assert!(own.windows(2).all(|two| two[0].range.end <= two[1].range.start), "{text}");
            assert_eq!(detectors.found(&text).contains(name.as_str()), !own.is_empty(), "{name}: {text}");
        }
        let mut vault = crate::Vault::new();
        let redacted = vault.redact(&text, &findings);
        assert_eq!(vault.restore(&redacted), text);
    }
}
