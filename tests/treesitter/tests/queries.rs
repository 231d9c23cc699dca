//! What editors ask of the trees: every query is one of this grammar, and colours are as the tests beside them say.

use tree_sitter::{Parser, Query};

use wayleave_tree_sitter as route;

fn query(name: &str) -> Query {
    let path = route::grammar().join("queries").join(name);
    let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Query::new(&route::language(), &source).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All texts that the grammar's tests show.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for path in route::files(&route::grammar().join("test"), &[".txt", ".route"]) {
        let file = std::fs::read_to_string(&path).expect("a text");
        let shown = path.display().to_string();
        if shown.ends_with(".txt") {
            let cases = route::corpus::cases(&file).unwrap_or_else(|error| panic!("{shown}: {error}"));
            texts.extend(cases.into_iter().map(|case| (format!("{shown}: {}", case.title), case.text)));
        } else {
            texts.push((shown, file));
        }
    }
    texts
}

#[test]
fn every_query_is_of_this_grammar_and_finds_something() {
    let mut parser = route::parser();
    let paths = route::files(&route::grammar().join("queries"), &[".scm"]);
    assert_eq!(paths.len(), 5, "{paths:?}");
    for path in paths {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let query = query(&name);
        let mut unused: Vec<&str> = query.capture_names().to_vec();
        for (_, text) in texts() {
            for colour in route::highlight::colours(&mut parser, &query, &text) {
                unused.retain(|name| *name != colour.name);
            }
        }
        assert!(unused.is_empty(), "{name}: nothing is {unused:?}");
    }
}

#[test]
fn colours_are_as_the_comments_say() {
    let mut parser = route::parser();
    let query = query("highlights.scm");
    for path in route::files(&route::grammar().join("test/highlight"), &[".route"]) {
        let text = std::fs::read_to_string(&path).expect("a text");
        let (looked_at, differences) = route::highlight::differences(&mut parser, &query, &text);
        assert!(differences.is_empty(), "{}\n{}", path.display(), differences.join("\n"));
        assert!(looked_at > 40, "{}: {looked_at}", path.display());
    }
}

#[test]
fn every_token_has_one_colour() {
    let mut parser = route::parser();
    let query = query("highlights.scm");
    for (title, text) in texts() {
        let wrong = route::highlight::wrongly_coloured(&mut parser, &query, &text);
        assert!(wrong.is_empty(), "{title}\n{}", wrong.join("\n"));
    }
}

#[test]
fn the_outline_names_every_item_that_has_a_name() {
    let text = "edition 2026\nalias a\nprovider b { model c { } }\nobserve deny d\ntest \"e\" { }\notherwise deny \"f\"\n";
    assert_eq!(outline(&mut route::parser(), text), ["a", "b", "c", "d", "\"e\""]);
}

fn outline(parser: &mut Parser, text: &str) -> Vec<String> {
    let colours = route::highlight::colours(parser, &query("outline.scm"), text);
    let names = colours.iter().filter(|colour| colour.name == "name");
    names.map(|colour| text[colour.start..colour.end].to_owned()).collect()
}
