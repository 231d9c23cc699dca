//! What the documents show is true: every policy in them is checked, every command in them is run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use wayleave_compiler::proof::silently;
use wayleave_compiler::{
    Code, Diagnostic, Options, Severity, Sources, check, check_exactly, examples, unenforced,
};
use wayleave_grammar::layout::layout;
use wayleave_grammar::parse;
use wayleave_program::instant;
use wayleave_program::value::DEFAULT_NOW;

/// What surrounds a fence that shows a part of a policy (`route,part`).
const SURROUNDINGS: &str = r#"
type region = us | eu
type team = company { engineering { search } product }
type data-class = public < internal < restricted
attribute data: data-class  from header "x-data-class"  default internal
attribute target.region: region
alias assistant
provider near {
  protocol: simulated
  region: eu
  model small { supports: [chat, tools]  context: 32k tokens  price: $1 in, $2 out per 1M tokens }
  model large { supports: [chat, tools, vision]  context: 128k tokens  price: $3 in, $9 out per 1M tokens }
}
provider abroad {
  protocol: simulated
  region: us
  model wide { supports: [chat, tools]  context: 128k tokens  price: $3 in, $9 out per 1M tokens }
}
approve everyone: near/*
"#;

/// A fenced block of a Markdown file.
struct Fence {
    /// `docs/x.md:12`
    place: String,
    /// Behind the backticks: `route,part,error=R0101`.
    words: Vec<String>,
    text: String,
}

impl Fence {
    /// Under which name commands of the page find it.
    fn file(&self) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix("file="))
    }

    fn has_otherwise(&self) -> bool {
        self.text.lines().any(|line| line.starts_with("otherwise"))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Markdown file that the project shows to people, by path.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("docs"), root().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    for name in ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "STYLE.md", "tests/README.md"] {
        found.push(root().join(name));
    }
    found.sort();
    found
}

fn fences(path: &Path) -> Vec<Fence> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let mut fences: Vec<Fence> = Vec::new();
    let mut is_open = false;
    for (line, number) in text.lines().zip(1..) {
        match (line.trim_start().strip_prefix("```"), is_open) {
            (Some(words), false) => {
                let words = words.split(',').map(|word| word.trim().to_owned()).collect();
                fences.push(Fence { place: format!("{shown}:{number}"), words, text: String::new() });
                is_open = true;
            }
            (Some(_), true) => is_open = false,
            (None, true) => {
                let fence = fences.last_mut().expect("a fence is open");
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!is_open, "{shown}: a fence is not closed");
    fences
}

fn whole_policy(fence: &Fence) -> String {
    if !fence.words.iter().any(|word| word == "part") {
        return fence.text.clone();
    }
    let otherwise = if fence.has_otherwise() { "" } else { "\notherwise deny \"Nothing else.\"\n" };
    format!("edition 2026\n{SURROUNDINGS}\n{}{otherwise}", fence.text)
}

/// The layout of a fence that is a policy, or a part of one.
fn laid_out(fence: &Fence) -> String {
    let is_part = fence.words.iter().any(|word| word == "part");
    let edition = if is_part { "edition 2026\n" } else { "" };
    let text = layout(&parse(&format!("{edition}{}", fence.text)));
    text.strip_prefix(edition).unwrap_or(&text).to_owned()
}

#[test]
fn every_policy_shown_is_laid_out() {
    for page in pages() {
        let mut text = std::fs::read_to_string(&page).expect("the page can be read");
        let before = text.clone();
        for fence in fences(&page) {
            let is_right = !fence.words.iter().any(|word| word.starts_with("error=R000"));
            if fence.words[0] == "route" && is_right && !fence.words.iter().any(|word| word == "as-written") {
                text = text.replace(&fence.text, &laid_out(&fence));
            }
        }
        if std::env::var_os("WAYLEAVE_UPDATE").is_some() && text != before {
            std::fs::write(&page, &text).expect("the page can be written");
        } else {
            assert_eq!(before, text, "{}: WAYLEAVE_UPDATE=1 lays it out", page.display());
        }
    }
}

/// The pages of the codes of exact checks, and the one on proofs.
fn is_about_proofs(page: &Path) -> bool {
    const CODES: [&str; 14] = [
        "R0301", "R0302", "R0304", "R0305", "R0306", "R0307", "R0308", "R0312", "R0315", "R0401", "R0402",
        "R0501", "R0502", "R0901",
    ];
    let name = page.file_stem().unwrap_or_default().to_string_lossy();
    name == "proofs" || CODES.contains(&&*name)
}

#[test]
fn every_policy_shown_is_as_it_is_said_to_be() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        let fences = fences(&page);
        // What another policy of the page uses: fences with `file=NAME`, of two with one name the last above it.
        let named = |fences: &'_ [Fence]| -> BTreeMap<String, String> {
            let each =
                fences.iter().rev().filter_map(|fence| Some((fence.file()?.to_owned(), fence.text.clone())));
            each.collect()
        };
        let mut files = named(&fences);
        for fence in fences.iter().filter(|fence| fence.words[0] == "route") {
            count += 1;
            files.extend(fence.file().map(|name| (name.to_owned(), fence.text.clone())));
            if fence.file().is_some() && !fence.has_otherwise() {
                assert_eq!(parse(&fence.text).errors(), [], "{}", fence.place);
                continue;
            }
            if fence.words.iter().any(|word| word == "form") {
                assert_eq!(parse(&fence.text).errors(), [], "{}", fence.place);
                continue;
            }
            let mut read = |name: &str| match name {
                "main.route" => Ok(whole_policy(fence)),
                name => files.get(name).cloned().ok_or_else(|| "there is no such file".to_owned()),
            };
            let sources = Sources::gather("main.route", &mut read).expect("the root file is there");
            let as_of = fence.words.iter().find_map(|word| word.strip_prefix("as-of="));
            let as_of = as_of.map_or(DEFAULT_NOW, |date| instant::read(date).expect("a date"));
            let options = Options { as_of };
            let is_part = fence.words.iter().any(|word| word == "part");
            // A part leaves out much of what it would take to serve somebody.
            let checked = match !is_part || is_about_proofs(&page) {
                true => check_exactly(&sources, &options, &silently),
                false => check(&sources, &options),
            };
            let mut diagnostics = checked.diagnostics;
            if fence.words.iter().any(|word| word == "error=R0902") {
                diagnostics.extend(unenforced(&sources));
            }
            if let Some(policy) = &checked.policy {
                diagnostics.extend(examples::diagnostics(&examples::run(policy)));
            }
            let mut wanted: Vec<&str> =
                fence.words.iter().filter_map(|word| word.strip_prefix("error=")).collect();
            diagnostics.retain(|told| told.severity != Severity::Note || wanted.contains(&told.code.name()));
            // A part that is shown need not use all that it and its surroundings declare.
            let is_shown = |told: &Diagnostic| fence.text.contains(sources.text(told.primary.span));
            diagnostics.retain(|told| {
                !is_part || told.code != Code::R0309 || wanted.contains(&"R0309") && is_shown(told)
            });
            let mut found: Vec<&str> = diagnostics.iter().map(|told| told.code.name()).collect();
            found.sort_unstable();
            wanted.sort_unstable();
            let messages: Vec<&str> = diagnostics.iter().map(|told| told.message.as_str()).collect();
            if found != wanted {
                wrong.push(format!("{}: wanted {wanted:?}, and it is {messages:?}", fence.place));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 40, "the documents show policies: {count}");
}

/// The lines of a file that are quoted (`text,of=PATH`) stand there so, in that order; some may be left out.
#[test]
fn what_is_quoted_stands_there() {
    let mut count = 0;
    for page in pages() {
        for fence in fences(&page) {
            let Some(path) = fence.words.iter().find_map(|word| word.strip_prefix("of=")) else { continue };
            let text = std::fs::read_to_string(root().join(path)).expect("the quoted file is there");
            count += 1;
            let mut lines = text.lines();
            for line in fence.text.lines().filter(|line| !line.is_empty()) {
                assert!(lines.any(|other| other == line), "{}: not in {path}: {line}", fence.place);
            }
        }
    }
    assert!(count >= 4, "the documents quote files: {count}");
}

/// The page of the whole language shows what the suite lays out.
#[test]
fn the_whole_policy_is_the_one_of_the_suite() {
    let shown = fences(&root().join("docs/whole-policy.md"));
    let shown: Vec<&str> = shown.iter().map(|fence| fence.text.as_str()).collect();
    let kept = ["delegated", "contract"].map(|name| {
        let path = root().join(format!("tests/suite/layout/{name}.route"));
        layout(&parse(&std::fs::read_to_string(path).expect("the policy can be read")))
    });
    assert_eq!(shown, kept);
}

#[test]
fn every_code_has_its_page_with_mistake_and_mend() {
    for code in Code::ALL {
        let page = root().join(format!("docs/codes/{}.md", code.name()));
        let title = format!("# {}: {}", code.name(), code.title());
        assert_eq!(code.page().lines().next(), Some(title.as_str()));
        let error = format!("error={}", code.name());
        let fences = fences(&page);
        let is_used = |fence: &Fence| fence.words.iter().any(|word| word.starts_with("file="));
        let policies: Vec<&Fence> =
            fences.iter().filter(|fence| fence.words[0] == "route" && !is_used(fence)).collect();
        assert!(policies[0].words.contains(&error), "{}: the mistake comes first", code.name());
        let is_mend = |fence: &&&Fence| !fence.words.iter().any(|word| word.starts_with("error="));
        assert!(policies.iter().find(is_mend).is_some(), "{}: no mend is shown", code.name());
    }
}

/// A folder in which a page's commands run: its own files beside the project's folders.
struct Stage(PathBuf);

impl Stage {
    fn set(page: &Path, fences: &[Fence]) -> Stage {
        let name = page.strip_prefix(root()).unwrap_or(page).display().to_string().replace(['/', '.'], "-");
        let folder = std::env::temp_dir().join(format!("wayleave-docs-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let root = std::fs::canonicalize(root()).expect("the project is there");
        for shared in ["docs", "examples", "tests"] {
            std::os::unix::fs::symlink(root.join(shared), folder.join(shared)).expect("a link can be made");
        }
        for (fence, file) in fences.iter().filter_map(|fence| Some((fence, fence.file()?))) {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("it can be made");
            std::fs::write(path, &fence.text).expect("it can be written");
        }
        Stage(folder)
    }

    /// What a shown command prints, both streams.
    fn printed(&self, command: &str, place: &str) -> String {
        let is_ours = command.starts_with("wayleave ") || command.starts_with("echo ");
        assert!(is_ours, "{place}: a command of ours, or `echo … | wayleave …`: {command}");
        let tools = super::cli::binary();
        let tools = tools.parent().expect("the binary has a folder").display().to_string();
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(&self.0)
            .env("PATH", format!("{tools}:{}", std::env::var("PATH").unwrap_or_default()))
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .stdin(std::process::Stdio::null())
            .output()
            .expect("a shell");
        let mut found = String::from_utf8_lossy(&output.stdout).into_owned();
        found.push_str(&String::from_utf8_lossy(&output.stderr));
        found
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// ```` ```console ```` blocks hold commands after `$ ` and below each what it prints. They run in a folder that holds the
/// page's `file=NAME` blocks, and the project's `docs`, `examples` and `tests`.
#[test]
fn every_command_shown_prints_what_is_shown() {
    let mut count = 0;
    for page in pages() {
        let mut text = std::fs::read_to_string(&page).expect("the page can be read");
        let before = text.clone();
        let fences = fences(&page);
        let stage = Stage::set(&page, &fences);
        for fence in fences.iter().filter(|fence| fence.words[0] == "console") {
            let mut shown = Vec::new();
            for step in fence.text.split("\n$ ").map(|step| step.trim_start_matches("$ ")) {
                let command = step.split_once('\n').map_or(step, |(command, _)| command).trim_end();
                shown.push(format!("$ {command}\n{}", stage.printed(command, &fence.place).trim_end()));
                count += 1;
            }
            let shown: Vec<&str> = shown.iter().map(|step| step.trim_end()).collect();
            text = text.replacen(&fence.text, &format!("{}\n", shown.join("\n")), 1);
        }
        if std::env::var_os("WAYLEAVE_UPDATE").is_some() && text != before {
            std::fs::write(&page, &text).expect("the page can be written");
        } else {
            assert_eq!(before, text, "{}: WAYLEAVE_UPDATE=1 writes what is printed", page.display());
        }
    }
    assert!(count >= 80, "the documents show commands: {count}");
}

/// Every page stands in the contents of the book.
#[test]
fn the_book_lists_every_page() {
    let docs = root().join("docs");
    let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).expect("the book has contents");
    for page in pages() {
        let Ok(path) = page.strip_prefix(&docs) else { continue };
        let link = format!("]({})", path.display());
        let is_listed = path == Path::new("SUMMARY.md") || summary.contains(&link);
        assert!(is_listed, "docs/SUMMARY.md does not list {}", path.display());
    }
}

/// Links between the documents lead somewhere.
#[test]
fn links_lead_to_files() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || link.contains("://") {
                continue;
            }
            let target = page.parent().expect("a folder").join(file);
            assert!(target.exists(), "{}: the link `{link}` leads nowhere", page.display());
        }
    }
}
