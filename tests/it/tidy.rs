//! How the house is kept: what STYLE.md and ARCHITECTURE.md say and a machine can see.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each crate with those of ours that it may name.
const CRATES: [(&str, &[&str]); 8] = [
    ("grammar", &[]),
    ("program", &[]),
    ("inspect", &[]),
    ("compiler", &["grammar", "program", "inspect"]),
    ("runtime", &["program", "inspect"]),
    ("lsp", &["grammar", "compiler", "program"]),
    ("cli", &["grammar", "program", "inspect", "compiler", "runtime", "lsp"]),
    ("tests", &["grammar", "program", "inspect", "compiler", "runtime", "lsp", "sentences"]),
];

/// Modules of the compiler in their order: each may name those before it, and `lib` all. Of `decision`, `code` knows the boxes,
/// and only the three files behind it know `code`.
const COMPILER: [&str; 26] = [
    "source",
    "diagnostic",
    "model",
    "spec",
    "decision/boxes",
    "decision/partition",
    "decision/lower",
    "decision/layers",
    "decision/cost",
    "decision/shared",
    "decision/doubt",
    "decision/verdict",
    "decision/words",
    "decision/text",
    "code",
    "decision/matcher",
    "decision/evaluate",
    "decision/program",
    "proof",
    "portable",
    "hygiene",
    "unenforced",
    "examples",
    "coverage",
    "view",
    "fix",
];

/// Modules of `program` in their order.
const PROGRAM: [&str; 13] = [
    "value",
    "instant",
    "zone",
    "detector",
    "schema",
    "sources",
    "attributes",
    "catalogue",
    "rule",
    "plan",
    "decision",
    "source_view",
    "document",
];

/// A longer file has more than one idea in it.
const LINES_LIMIT: usize = 600;

/// The length that ARCHITECTURE.md may have.
const ARCHITECTURE_LINES: usize = 200;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `folder` that ends so, with its text and its path from the root; by path.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" && name != "target" {
                folders.push(path);
            } else if name.ends_with(ending) {
                let shown = path.strip_prefix(root()).expect("below the root").display().to_string();
                found.push((shown, std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let mut sources: Vec<(String, String)> = CRATES
        .iter()
        .filter(|(name, _)| *name != "tests")
        .flat_map(|(name, _)| files(&format!("{name}/src"), ".rs"))
        .collect();
    sources.extend(files("tests/it", ".rs"));
    sources.extend(files("tests/src", ".rs"));
    sources
}

#[test]
fn crates_name_only_what_comes_before_them() {
    for (name, allowed) in CRATES {
        let manifest = std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
        let named = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("wayleave-"))
            .filter_map(|rest| rest.split('.').next());
        for other in named {
            assert!(allowed.contains(&other), "`{name}` names `{other}`");
        }
    }
}

#[test]
fn modules_name_only_what_comes_before_them() {
    for (name, order) in [("compiler", COMPILER.as_slice()), ("program", PROGRAM.as_slice())] {
        for (position, module) in order.iter().enumerate() {
            let mut texts = files(&format!("{name}/src"), ".rs");
            let own = format!("{name}/src/{module}");
            texts.retain(|(path, _)| {
                path.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
            });
            assert!(!texts.is_empty(), "{own} is there");
            for (path, text) in texts.iter().filter(|(path, _)| !path.ends_with("tests.rs")) {
                let code: Vec<&str> =
                    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let text = code.join("\n");
                for later in &order[position + 1..] {
                    let names = text.contains(&format!("crate::{later}::"))
                        || text.contains(&format!("crate::{later};"));
                    assert!(!names, "{path} names `{later}`, which comes after it");
                }
            }
        }
    }
}

#[test]
fn wire_and_exchange_do_no_io() {
    for room in ["wire", "exchange", "health", "attributes", "inspection"] {
        let folder = format!("runtime/src/{room}");
        for (path, text) in files(&folder, ".rs") {
            for word in ["tokio", "hyper", "reqwest", "sqlx", "std::net", "std::fs"] {
                assert!(!text.contains(word) || path.ends_with("tests.rs"), "{path} names `{word}`");
            }
        }
    }
}

#[test]
fn every_file_says_what_it_holds_and_is_of_one_idea() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path} does not begin with what it holds");
        assert!(
            text.lines().next().is_some_and(|first| first.len() > 12),
            "{path} begins with too few words"
        );
        assert!(!path.ends_with("mod.rs"), "{path}: write x.rs beside x/");
        let lines = text.lines().count();
        assert!(lines <= LINES_LIMIT || path.ends_with("tests.rs"), "{path} has {lines} lines");
        for word in ["utils", "common", "helpers", "misc", "manager"] {
            assert!(!path.contains(&format!("/{word}")), "{path}: what has no home lacks a name");
        }
    }
}

/// Where machine code is called, and where the benchmarks count allocations.
const UNSAFE: [&str; 2] = ["compiler/src/code/native.rs", "tests/benches/src/heap.rs"];

#[test]
fn nothing_is_left_for_later_and_nothing_is_silenced() {
    let words = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "to".to_owned() + "do!(",
        "unimple".to_owned() + "mented!(",
        "db".to_owned() + "g!(",
    ];
    let silencers = ["#[al".to_owned() + "low(", "#![al".to_owned() + "low("];
    for (path, text) in sources() {
        for word in words.iter().chain(&silencers) {
            assert!(!text.contains(word.as_str()), "{path} holds `{word}`");
        }
        let is_unsafe =
            text.contains(&("uns".to_owned() + "afe {")) || text.contains(&("uns".to_owned() + "afe fn"));
        assert!(!is_unsafe || UNSAFE.contains(&path.as_str()), "{path} holds unsafe code");
    }
}

/// The project speaks of itself alone.
#[test]
fn no_path_of_a_machine_and_no_registry_stands_in_the_project() {
    let mut texts = sources();
    for ending in [".md", ".toml", ".json", ".mjs", ".py", ".sh", ".route", ".cases"] {
        for folder in [
            "docs", "examples", "tests", "grammar", "program", "inspect", "compiler", "runtime", "lsp", "cli",
        ] {
            texts.extend(files(folder, ending));
        }
    }
    let words = [
        "/ro".to_owned() + "ot/",
        "/wo".to_owned() + "rk/",
        "registry.np".to_owned() + "mjs",
        "static.crates".to_owned() + ".io",
    ];
    for (path, text) in texts {
        for word in &words {
            assert!(!text.contains(word.as_str()), "{path} holds `{word}`");
        }
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let (_, dependencies) = manifest.split_once("[workspace.dependencies]").expect("dependencies");
    let (dependencies, _) = dependencies.split_once("\n[").expect("more tables");
    let mut reasons = BTreeMap::new();
    for line in dependencies.lines().filter(|line| line.contains('=') && !line.starts_with("wayleave-")) {
        let name = line.split('=').next().unwrap_or_default().trim().to_owned();
        let reason = line.split_once(" # ").map(|(_, reason)| reason.trim().to_owned()).unwrap_or_default();
        assert!(reason.len() > 10, "`{name}` has no reason beside it");
        reasons.insert(name, reason);
    }
    for (name, _) in CRATES {
        let manifest = std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
        let named = manifest.lines().filter_map(|line| line.strip_suffix(".workspace = true"));
        for dependency in named.filter(|dependency| !dependency.starts_with("wayleave-")) {
            let is_package_field =
                ["version", "edition", "rust-version", "license", "publish"].contains(&dependency);
            assert!(is_package_field || reasons.contains_key(dependency), "{name}: `{dependency}`");
        }
    }
}

#[test]
fn the_map_is_true() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the map");
    assert!(text.lines().count() <= ARCHITECTURE_LINES, "the map is too long");
    // Whatever stands right below a crate's `src` is on the map.
    for (name, _) in CRATES.iter().filter(|(name, _)| *name != "tests") {
        for entry in std::fs::read_dir(root().join(name).join("src")).expect("sources") {
            let file = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            let is_module_folder = !file.contains('.');
            assert!(is_module_folder || text.contains(&file), "`{name}/src/{file}` is not on the map");
        }
    }
}
