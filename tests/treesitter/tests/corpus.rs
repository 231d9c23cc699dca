//! The trees of the corpus, and every kind of node in one of them.

use std::collections::BTreeSet;

use wayleave_tree_sitter as route;

#[test]
fn trees_are_as_written() {
    let mut parser = route::parser();
    let mut kinds = BTreeSet::new();
    for path in route::files(&route::grammar().join("test/corpus"), &[".txt"]) {
        let shown = path.display();
        let file = std::fs::read_to_string(&path).expect("a text");
        for case in route::corpus::cases(&file).unwrap_or_else(|error| panic!("{shown}: {error}")) {
            let tree = route::corpus::show(&route::parse(&mut parser, &case.text));
            assert_eq!(tree.trim(), case.tree, "{shown}: {}", case.title);
            assert_eq!(route::faults(&mut parser, &case.text), [], "{shown}: {}", case.title);
            kinds.extend(tree.split(['(', ')', '\n', ' ']).map(str::to_owned));
        }
    }
    let language = route::language();
    let ids = (0..language.node_kind_count()).filter_map(|id| u16::try_from(id).ok());
    let shown = ids.filter(|id| language.node_kind_is_named(*id) && language.node_kind_is_visible(*id));
    let missing: Vec<_> =
        shown.filter_map(|id| language.node_kind_for_id(id)).filter(|kind| !kinds.contains(*kind)).collect();
    assert!(missing.is_empty(), "no tree of the corpus holds {missing:?}");
}
