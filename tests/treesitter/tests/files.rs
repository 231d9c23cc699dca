//! Every policy that the project shows is read without a fault, and what is broken is not.

use wayleave_tree_sitter as route;

#[test]
fn policies_of_the_project_are_read() {
    let mut parser = route::parser();
    let mut count = 0;
    for folder in ["examples", "tests/suite/decide", "tests/suite/proxy", "tests/suite/syntax"] {
        for path in route::files(&route::root().join(folder), &[".route"]) {
            let text = std::fs::read_to_string(&path).expect("a text");
            let is_broken =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("broken-"));
            if !is_broken {
                assert_eq!(route::faults(&mut parser, &text), [], "{}", path.display());
                count += 1;
            }
        }
    }
    for path in route::files(&route::root().join("docs"), &[".md"]) {
        let page = std::fs::read_to_string(&path).expect("a text");
        for (line, block) in route::blocks(&page) {
            assert_eq!(route::faults(&mut parser, &block), [], "{}:{line}", path.display());
            count += 1;
        }
    }
    assert!(count > 40, "only {count} policies were found");
}

#[test]
fn a_fault_says_where_it_is() {
    let mut parser = route::parser();
    let faults = route::faults(&mut parser, "edition 2026\nalias a\nalias }\n");
    assert_eq!(faults.first().map(|fault| fault.line), Some(3), "{faults:?}");
    assert_ne!(route::faults(&mut parser, "deny a when data == restricted"), []);
}

#[test]
fn a_byte_order_mark_may_stand_first() {
    assert_eq!(route::faults(&mut route::parser(), "\u{FEFF}edition 2026\nalias a\n"), []);
}
