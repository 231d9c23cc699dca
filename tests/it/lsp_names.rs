//! What the language server knows of names, as files: every `$0` in a policy of `suite/lsp/FEATURE` is asked, and what comes
//! stands in the snapshot beside it. `//- NAME` begins another file of the policy; the first line of a case of `rename` says
//! the new names: `// to NAME, NAME`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayleave_compiler::proof::{Stop, silently};
use wayleave_compiler::source::{FileId, Sources, Span};
use wayleave_compiler::{Checked, Options, Severity, check};
use wayleave_lsp::features::beside::{Beside, names_of};
use wayleave_lsp::features::completion::{Insert, Snippets, complete, snippets};
use wayleave_lsp::features::hover::{Known, hover, words};
use wayleave_lsp::features::names::{Names, Role};
use wayleave_lsp::features::places::filled;
use wayleave_lsp::features::proofs::{self, Proofs};
use wayleave_lsp::features::rename;
use wayleave_lsp::features::signature::{self, FORMS};
use wayleave_program::value::DEFAULT_NOW;
use wayleave_tests::generated::law::{Law, named};
use wayleave_tests::snapshot;

const OPTIONS: Options = Options { as_of: DEFAULT_NOW };

/// A policy with the places that are asked.
struct Case {
    text: String,
    sources: Sources,
    names: Names,
    checked: Checked,
    /// The files that the policy does not use.
    beside: Vec<Beside>,
    asked: Vec<(FileId, u32)>,
}

fn case(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).expect("the case can be read");
    let mut files: Vec<(String, String)> = vec![("main.route".to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("//- ") {
            Some(name) => files.push((name.trim().to_owned(), String::new())),
            None => files.last_mut().expect("there is the first").1.push_str(line),
        }
    }
    let mut asked = Vec::new();
    for (name, text) in &mut files {
        while let Some(at) = text.find("$0") {
            text.replace_range(at..at + 2, "");
            asked.push((name.clone(), u32::try_from(at).expect("a small file")));
        }
    }
    let mut read = |name: &str| {
        let found = files.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.clone()).ok_or_else(|| "there is no such file".to_owned())
    };
    let sources = Sources::gather("main.route", &mut read).expect("the root is there");
    let number = |name: &str| sources.ids().find(|id| sources.file(*id).name == name).expect("it is used");
    let asked = asked.iter().map(|(name, at)| (number(name), *at)).collect();
    let names = Names::of(&sources);
    let checked = check(&sources, &OPTIONS);
    let is_used = |name: &str| sources.files().iter().any(|file| file.name == name);
    let beside = files.iter().filter(|(name, _)| !is_used(name));
    let beside = beside.filter_map(|(name, text)| {
        let own = names_of(name, text)?;
        Some(Beside::new(name.clone(), text.clone(), Arc::new(own), &names))
    });
    let beside = beside.collect();
    Case { text, names, checked, beside, asked, sources }
}

/// Calls `show` for every place that is asked, and holds what it says to the snapshot.
fn cases(feature: &str, show: impl Fn(&Case, (FileId, u32)) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/lsp").join(feature);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "route"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has cases", folder.display());
    for path in paths {
        let case = case(&path);
        let mut shown = String::new();
        for place in &case.asked {
            let at = Span { file: place.0, start: place.1, end: place.1 };
            let line = line_of(&case.sources, at);
            writeln!(shown, "== {} `{}`", position(&case.sources, at), line.trim()).expect("a string");
            writeln!(shown, "{}\n", show(&case, *place)).expect("a string");
        }
        snapshot::beside(&path, &shown);
    }
}

fn position(sources: &Sources, span: Span) -> String {
    let start = sources.start(span);
    format!("{}:{}:{}", sources.file(span.file).name, start.line, start.column)
}

fn line_of(sources: &Sources, span: Span) -> String {
    let line = sources.start(span).line as usize;
    sources.file(span.file).text.lines().nth(line - 1).unwrap_or_default().to_owned()
}

#[test]
fn names_are_found_where_they_are_declared_and_used() {
    cases("names", |case, (file, offset)| {
        let Some(found) = case.names.at(file, offset) else { return "no name".to_owned() };
        let symbol = &found.symbol;
        let owner = if symbol.owner.is_empty() { String::new() } else { format!(" of `{}`", symbol.owner) };
        let mut shown = format!("{} `{}`{owner}", symbol.kind.word(), symbol.name);
        for occurrence in case.names.occurrences(symbol) {
            let role = match occurrence.role {
                Role::Declaration => "declared",
                Role::Use => "used",
            };
            let text = case.sources.text(occurrence.span);
            write!(shown, "\n  {role} {} {text}", position(&case.sources, occurrence.span))
                .expect("a string");
        }
        shown
    });
}

#[test]
fn a_rename_changes_every_place_or_says_why_not() {
    cases("rename", |case, (file, offset)| {
        let first = case.text.lines().next().unwrap_or_default();
        let wanted = first.strip_prefix("// to ").expect("the first line says the new names");
        let prepared = rename::prepare(&case.names, file, offset);
        let mut shown = match &prepared {
            Ok((span, name)) => format!("`{name}` at {}", position(&case.sources, *span)),
            Err(why) => format!("refused: {why}"),
        };
        if prepared.is_err() {
            return shown;
        }
        for new in wanted.split(", ") {
            write!(shown, "\nto {new}").expect("a string");
            let told = check(&case.sources, &OPTIONS).diagnostics;
            match rename::rename(
                &case.sources,
                &case.names,
                (file, offset),
                new,
                (&OPTIONS, &mut told.iter()),
            ) {
                Err(why) => write!(shown, "\n  refused: {why}").expect("a string"),
                Ok(edits) => {
                    for edit in edits {
                        let at = position(&case.sources, edit.span);
                        write!(shown, "\n  {at} {}", edit.text).expect("a string");
                    }
                }
            }
        }
        shown
    });
}

#[test]
fn hover_tells_what_is_known_of_a_place() {
    cases("hover", |case, (file, offset)| {
        let notes: Vec<_> =
            case.checked.diagnostics.iter().filter(|told| told.severity == Severity::Note).cloned().collect();
        let exact = proofs::prove(&case.sources, &OPTIONS, &silently, &Stop::default());
        let proofs = match (&case.checked.policy, exact) {
            (Some(_), Some(exact)) => Proofs::Done(exact),
            (Some(_), None) => Proofs::Pending,
            (None, _) => Proofs::Unsound,
        };
        let known = Known {
            sources: &case.sources,
            names: &case.names,
            policy: case.checked.policy.as_deref(),
            notes: &notes,
            proofs: &proofs,
            beside: &case.beside,
            as_of: DEFAULT_NOW,
        };
        match hover(&known, file, offset) {
            Some(hover) => format!("about `{}`\n{}", case.sources.text(hover.span), hover.text),
            None => "nothing".to_owned(),
        }
    });
}

#[test]
fn an_item_tells_what_it_can_say_and_what_comes_next() {
    cases("signature", |case, (file, offset)| {
        let Some(help) = signature::help(&case.sources.file(file).parse, offset as usize) else {
            return "nothing".to_owned();
        };
        let shown = help.signatures.iter().enumerate().map(|(index, one)| {
            let mut label = one.label.clone();
            if let Some(active) = one.active {
                let range = one.parts[active].range.clone();
                assert!(!one.parts[active].documentation.is_empty(), "{label}: {range:?}");
                label.insert(range.end, '»');
                label.insert(range.start, '«');
            }
            format!("{} {label}", if index == help.active { "*" } else { " " })
        });
        shown.collect::<Vec<_>>().join("\n")
    });
}

/// The clauses that a rule of the grammar can have, by the words with which they begin.
fn clause_words<'l>(law: &'l Law, rule: &'l str, words: &mut BTreeSet<&'l str>) {
    let Some(rule) = law.rule(rule) else { return };
    let is_clause = |name: &str| name.ends_with("_clause") || name.ends_with("_claim");
    for name in named(&rule.expr) {
        match name {
            // Several in one, or what has clauses of the item in it.
            "term_clause"
            | "approve_clause"
            | "require_approval_clause"
            | "budget_clause"
            | "route_clause"
            | "attribute_clause"
            | "migrate_clause"
            | "plan_option"
            | "claim" => clause_words(law, name, words),
            _ if is_clause(name) => {
                words.extend(
                    named(&law.rule(name).expect("it is named").expr).iter().find_map(|one| law.keyword(one)),
                );
                if name == "to_clause" || name.ends_with("_claim") {
                    clause_words(law, name, words);
                }
            }
            _ => {}
        }
    }
}

/// A form names every clause that the grammar has for its item, and no other.
#[test]
fn forms_say_what_the_grammar_says() {
    let law = Law::read(include_str!("../../grammar/route.pest")).expect("it is a grammar");
    let rules =
        ["approve", "deny", "forbid", "redact", "flag", "require_approval", "cap", "log", "limit", "budget"];
    let others = ["route", "migrate", "guarantee", "attribute"];
    for rule in rules.into_iter().chain(others) {
        let mut wanted = BTreeSet::new();
        clause_words(&law, rule, &mut wanted);
        let begins = rule.replace('_', " ");
        let forms: Vec<_> = FORMS.iter().filter(|form| form.begins == begins).collect();
        assert!(!forms.is_empty(), "{rule} has a form");
        let said: BTreeSet<&str> = forms
            .iter()
            .flat_map(|form| form.parts)
            .filter(|part| {
                part.kinds.iter().any(|kind| {
                    format!("{kind:?}").ends_with("Clause") || format!("{kind:?}").ends_with("Claim")
                })
            })
            .flat_map(|part| part.words().next())
            .collect();
        assert_eq!(said, wanted, "{rule}");
    }
}

#[test]
fn completion_offers_what_can_stand_there() {
    cases("completion", |case, (file, offset)| {
        let known = Known {
            sources: &case.sources,
            names: &case.names,
            policy: case.checked.policy.as_deref(),
            notes: &[],
            proofs: &Proofs::Pending,
            beside: &case.beside,
            as_of: DEFAULT_NOW,
        };
        let found = complete(&known, file, offset, Snippets::Unknown);
        let shown = found.iter().map(|one| {
            assert_eq!(one.replaces.end, offset, "what is before the place is replaced");
            let text = match &one.insert {
                Insert::Plain(text) => text,
                Insert::Snippet(_) => panic!("{} has places, which nobody understands", one.label),
            };
            let written = if *text == one.label { String::new() } else { format!(" as {text:?}") };
            let also = one.also.iter().map(|edit| format!(" with {:?}", edit.text)).collect::<String>();
            let detail = if one.also.is_none() && !one.detail.is_empty() {
                format!(" ({})", one.detail)
            } else {
                String::new()
            };
            format!("{}{written}{also}{detail}", one.label)
        });
        let shown: Vec<String> = shown.collect();
        if shown.is_empty() { "nothing".to_owned() } else { shown.join(" · ") }
    });
}

#[test]
fn every_item_can_be_begun_from_its_word_and_reads_as_it_stands() {
    let sources = Sources::single("main.route", "edition 2026\n\n");
    let names = Names::of(&sources);
    let known = Known {
        sources: &sources,
        names: &names,
        policy: None,
        notes: &[],
        proofs: &Proofs::Unsound,
        beside: &[],
        as_of: DEFAULT_NOW,
    };
    let found = complete(&known, FileId(0), 14, Snippets::Understood);
    let offered: Vec<&String> = found
        .iter()
        .filter_map(|one| if let Insert::Snippet(text) = &one.insert { Some(text) } else { None })
        .collect();
    assert_eq!(offered.len(), snippets::ALL.len(), "{offered:?}");
    for snippet in offered {
        let text = format!("edition 2026\n{}\n", filled(snippet));
        let parse = wayleave_grammar::parse(&text);
        assert!(parse.errors().is_empty(), "{text}\n{:?}", parse.errors());
    }
}

/// What is offered inside of an item reads where it is offered.
#[test]
fn parts_of_items_read_as_they_stand() {
    for (word, kind, snippet) in snippets::INSIDE {
        let part = filled(snippet);
        let item = match format!("{kind:?}").as_str() {
            "Provider" => format!("provider p {{ {part} }}"),
            "Deny" => format!("deny x when y {part}"),
            "Forbid" => format!("forbid x: any {part}"),
            "RequireApproval" => format!("require approval x {part}"),
            "Budget" => format!("budget x: $5 per month {part}"),
            "Route" if *word == "split" => format!("route x to {part}"),
            "Route" => format!("route x to a/b {part}"),
            "Migrate" => format!("migrate m: a/b to a/c {part}"),
            "Observe" => format!("observe {part}"),
            other => panic!("where is a part of {other} tried?"),
        };
        let parse = wayleave_grammar::parse(&format!("edition 2026\n{item}\n"));
        assert!(parse.errors().is_empty() && part.starts_with(word), "{item}\n{:?}", parse.errors());
    }
    for (body, field, value) in snippets::VALUES {
        let field = format!("{field}: {}", filled(value));
        let item = match *body {
            "model" => format!("provider p {{ model m {{ {field} }} }}"),
            body => format!("{body} p {{ {field} }}"),
        };
        let parse = wayleave_grammar::parse(&format!("edition 2026\n{item}\n"));
        assert!(parse.errors().is_empty(), "{item}\n{:?}", parse.errors());
    }
}

/// Every word of the grammar has its line, and nothing else has.
#[test]
fn every_word_of_the_language_is_told() {
    let grammar = include_str!("../../grammar/route.pest");
    let words = grammar.lines().filter_map(|line| line.strip_prefix("kw_")?.split('"').nth(1));
    let mut words: Vec<&str> = words.collect();
    let mut told: Vec<&str> = words::all().collect();
    words.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, words);
    assert!(words.iter().all(|word| words::help(word).is_some_and(|help| !help.is_empty())));
}
