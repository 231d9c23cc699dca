//! What is checked in was made from `grammar.js`, and says the words that `route.pest` says.

use std::collections::BTreeSet;
use std::path::Path;

use wayleave_tree_sitter as route;

#[test]
fn the_parser_is_what_grammar_js_says() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    route::generate(&folder).expect("grammar.js is a grammar");
    for name in route::GENERATED {
        let made = std::fs::read_to_string(folder.join(name)).expect("it was made");
        let kept =
            std::fs::read_to_string(route::grammar().join("src").join(name)).expect("it is checked in");
        assert!(made == kept, "src/{name} is old: run `cargo run -- generate` in tests/treesitter");
    }
}

#[test]
fn its_words_are_those_of_the_law() {
    let law = std::fs::read_to_string(route::root().join("grammar/route.pest")).expect("the law is there");
    let law: BTreeSet<&str> = law.lines().filter_map(word_of_rule).collect();
    let language = route::language();
    let ids = (0..language.node_kind_count()).filter_map(|id| u16::try_from(id).ok());
    let tokens = ids.filter(|id| language.node_kind_is_visible(*id) && !language.node_kind_is_named(*id));
    let words: BTreeSet<&str> =
        tokens.filter_map(|id| language.node_kind_for_id(id)).filter(|kind| is_word(kind)).collect();
    // Words that are a node by themselves are no tokens of their own.
    let nodes = BTreeSet::from(["any", "requested", "required", "restore", "true", "false"]);
    let missing: Vec<_> = law.difference(&words).filter(|word| !nodes.contains(**word)).collect();
    let foreign: Vec<_> = words.difference(&law).collect();
    assert!(missing.is_empty() && foreign.is_empty(), "missing {missing:?}, not in route.pest {foreign:?}");
}

/// `kw_deny = @{ "deny" ~ !word_rest }`
fn word_of_rule(line: &str) -> Option<&str> {
    line.strip_prefix("kw_")?.split('"').nth(1)
}

fn is_word(kind: &str) -> bool {
    kind.starts_with(|first: char| first.is_ascii_lowercase())
}
