//! What the gateway withstands, row by row (`tests/rows.md`): each row names tests that have its id in them, or says why there
//! is none yet; and none is missing.

use std::collections::BTreeSet;
use std::path::Path;

/// The rows that there have to be, in the order of the page: faults, threats, and what is reported of other gateways.
fn expected() -> Vec<String> {
    let faults = (1..=51).chain(59..=62).map(|number| format!("fault-F{number}"));
    let threats = (1..=30).map(|number| format!("threat-T{number}"));
    let routing = [1, 3, 5, 6, 7, 8, 9, 13, 14, 16, 18, 21, 22, 23, 24, 26, 27, 35, 34];
    let streaming = [1, 2, 3, 5, 7, 8, 10, 11, 12, 13, 16, 17, 18, 19, 20];
    let reported = routing.map(|number| format!("case-F{number}")).into_iter();
    let reported = reported.chain(streaming.map(|number| format!("case-S{number}")));
    let reported = reported.chain([1, 3].map(|number| format!("case-X{number}")));
    faults.chain(threats).chain(reported).collect()
}

#[test]
fn each_row_names_tests_that_prove_it() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(tests.join("rows.md")).expect("the page");
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for line in page.lines().filter(|line| {
        line.starts_with("| fault-") || line.starts_with("| threat-") || line.starts_with("| case-")
    }) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, _, by] = cells.as_slice() else { panic!("{line}") };
        rows.push((*id).to_owned());
        if let Some(why) = by.strip_prefix("not yet: ") {
            wrong.extend(why.is_empty().then(|| format!("{id} has no test and no reason")));
            continue;
        }
        for path in by.split(", ").map(|path| path.trim_matches('`')) {
            let text = [tests.join(path), tests.join("..").join(path)]
                .iter()
                .find_map(|path| std::fs::read_to_string(path).ok());
            let is_named = text.is_some_and(|text| ids(&text).contains(&id.to_lowercase()));
            wrong.extend((!is_named).then(|| format!("{path} does not name {id}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows, expected());
}

/// Every id in a text, in small letters: `fault-f16`, from `fault-F16` or a function's `fault_f16_…`.
fn ids(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && !"-_".contains(character));
    let mut ids = BTreeSet::new();
    for word in words {
        let parts: Vec<&str> = word.split(['-', '_']).collect();
        ids.extend(parts.windows(2).map(|pair| format!("{}-{}", pair[0], pair[1]).to_lowercase()));
    }
    ids
}
