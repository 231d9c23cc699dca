//! What completion offers is what the compiler takes: at the places of whole policies, with the rest of the item cut off, each
//! word that is offered is written, and the compiler finds nothing wrong with it there.

use std::fmt::Write;
use std::path::Path;
use wayleave_compiler::diagnostic::Diagnostic;
use wayleave_compiler::source::{FileId, Sources, Span};
use wayleave_compiler::{Code, Options, Severity, check};
use wayleave_grammar::SyntaxKind;
use wayleave_grammar::ast::Node;
use wayleave_lsp::features::completion::{Completion, Insert, Snippets, Sort, complete};
use wayleave_lsp::features::hover::Known;
use wayleave_lsp::features::names::Names;
use wayleave_lsp::features::proofs::Proofs;
use wayleave_program::value::DEFAULT_NOW;

/// Each so many places are asked, so that the test takes seconds; no divisor of what repeats in a policy.
const EACH: usize = 3;

/// Files of one policy, of which one is being written.
struct Policy {
    files: Vec<(String, String)>,
}

impl Policy {
    fn read(folder: &str) -> Policy {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        let mut files = Vec::new();
        for folder in [root.clone(), root.join("teams")] {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry.expect("an entry").path();
                if path.extension().is_some_and(|extension| extension == "route") {
                    let name = path.strip_prefix(&root).expect("it stands in there").display().to_string();
                    files.push((name, std::fs::read_to_string(&path).expect("it can be read")));
                }
            }
        }
        files.sort();
        Policy { files }
    }

    /// The policy with another text in one of its files.
    fn with(&self, file: &str, text: &str) -> (Sources, FileId) {
        let mut read = |name: &str| {
            let found = self.files.iter().find(|(known, _)| known == name);
            let found = found.map(|(known, own)| if known == file { text.to_owned() } else { own.clone() });
            found.ok_or_else(|| "there is no such file".to_owned())
        };
        let sources = Sources::gather("main.route", &mut read).expect("the root is there");
        let id = sources.ids().find(|id| sources.file(*id).name == file).expect("it is used");
        (sources, id)
    }

    fn offered(&self, file: &str, text: &str, at: usize) -> Vec<Completion> {
        let (sources, id) = self.with(file, text);
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
        complete(&known, id, u32::try_from(at).expect("a small file"), Snippets::Unknown)
    }

    /// What the compiler finds wrong with a part of a text, but that something has to follow: an operator behind an attribute,
    /// the second end of a range, the shares of a split, what a key is found by, and what a route stands inside.
    fn wrong(&self, file: &str, text: &str, part: std::ops::Range<usize>) -> Option<String> {
        let (sources, id) = self.with(file, text);
        let told = check(&sources, &Options { as_of: DEFAULT_NOW }).diagnostics;
        let touches = |span: Span| {
            span.file == id && (span.start as usize) < part.end && part.start < span.end as usize
        };
        let must_go_on = |one: &&Diagnostic| match one.code {
            Code::R0001 | Code::R0207 => true,
            Code::R0204 => one.message.ends_with("takes a list or a range, and this is a single value"),
            Code::R0105 => one.message.ends_with("so its routes stand inside another"),
            _ => ["is no condition on its own", "says where the key is found", "which is a quantity"]
                .iter()
                .any(|end| one.message.ends_with(end)),
        };
        let of_it = told.iter().filter(|one| one.severity == Severity::Error && !must_go_on(one));
        let found = of_it.into_iter().find(|one| {
            let is_circle = one.code == Code::R0103;
            is_circle || touches(one.primary.span)
        })?;
        Some(format!("{}: {}", found.code.name(), found.message))
    }
}

fn text_of(completion: &Completion) -> Option<&str> {
    match (&completion.insert, completion.sort) {
        (Insert::Plain(text), Sort::Word | Sort::Name(_) | Sort::Sign | Sort::Value) => Some(text),
        (Insert::Plain(_) | Insert::Snippet(_), _) => None,
    }
}

/// What is wrong with what is offered at the places of one file.
fn rejected(policy: &Policy, file: &str, asked: &mut usize) -> String {
    let (sources, id) = policy.with(file, &policy.files.iter().find(|(name, _)| name == file).expect("it").1);
    let parse = sources.file(id).parse.clone();
    let text = &sources.file(id).text;
    let mut shown = String::new();
    let items: Vec<_> = parse.root().items().collect();
    let places = items.iter().flat_map(|item| {
        let end = usize::from(item.range().end());
        let tokens = item.syntax().descendants_with_tokens().filter_map(|one| one.into_token());
        let tokens = tokens.filter(|token| !token.kind().is_trivia() && token.kind() != SyntaxKind::String);
        tokens.map(move |token| (usize::from(token.text_range().start()), end)).collect::<Vec<_>>()
    });
    for (start, end) in places.step_by(EACH) {
        let cut = format!("{}\n{}", &text[..start], &text[end..]);
        for one in policy.offered(file, &cut, start) {
            let Some(written) = text_of(&one) else { continue };
            *asked += 1;
            let begin = one.replaces.start as usize;
            let tried = format!("{}{written}\n{}", &text[..begin], &text[end..]);
            let mut wrong = policy.wrong(file, &tried, begin..begin + written.len());
            // An operator is looked at once something stands behind it.
            if wrong.is_none() && matches!(written, "is" | "in" | "not in" | "has" | "lacks" | "<" | ">=") {
                let before = format!("{}{written} ", &text[..begin]);
                let open = format!("{before}\n{}", &text[end..]);
                let next = policy.offered(file, &open, before.len());
                let next = next.iter().filter_map(text_of).find(|next| *next != "not");
                if let Some(next) = next {
                    let tried = format!("{before}{next}\n{}", &text[end..]);
                    wrong = policy.wrong(file, &tried, begin..before.len() + next.len());
                }
            }
            if let Some(wrong) = wrong {
                let line = text[..begin].rsplit('\n').next().unwrap_or_default();
                writeln!(shown, "{file}: `{}` + `{written}`: {wrong}", line.trim()).expect("a string");
            }
        }
    }
    shown
}

#[test]
fn what_is_offered_the_compiler_takes() {
    let mut asked = 0;
    let mut shown = String::new();
    for (folder, files) in [
        ("examples/first-policy", ["main.route"].as_slice()),
        (
            "examples/acme",
            [
                "main.route",
                "providers.route",
                "approvals.route",
                "privacy.route",
                "spending.route",
                "guarantees.route",
                "migrations.route",
                "teams/claims.route",
            ]
            .as_slice(),
        ),
    ] {
        let policy = Policy::read(folder);
        for file in files {
            shown.push_str(&rejected(&policy, file, &mut asked));
        }
    }
    assert!(asked > 1_000, "only {asked} were asked");
    assert!(shown.is_empty(), "of {asked} that were offered\n{shown}");
}

/// Forms are written with targets that the policy has, the second one where it has two.
#[test]
fn forms_name_the_targets_of_the_policy() {
    let of = |policy: &str| {
        let text = format!("edition 2026\n{policy}");
        let sources = Sources::single("main.route", &text);
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
        let end = u32::try_from(text.len()).expect("a small file");
        let found = complete(&known, FileId(0), end, Snippets::Understood);
        let plan = found.into_iter().find(|one| one.label == "plan …").expect("it is offered");
        match plan.insert {
            Insert::Snippet(text) | Insert::Plain(text) => text,
        }
    };
    let model = "supports: [chat]  context: 8k tokens";
    let one = format!("provider east {{ protocol: simulated  model \"gpt-4.1\" {{ {model} }} }}\n");
    let two = format!("{one}provider west {{ protocol: simulated  model b {{ {model} }} }}\n");
    assert_eq!(of(""), "plan ${1:name} = ${2:near/large} else ${3:near/small}");
    assert_eq!(of(&one), "plan ${1:name} = ${2:east/\"gpt-4.1\"} else ${3:near/small}");
    assert_eq!(of(&two), "plan ${1:name} = ${2:east/\"gpt-4.1\"} else ${3:west/b}");
}
