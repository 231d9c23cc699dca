//! The grammar chapter of the book: a page with the parts and the words, a page a part, and a drawing a rule.

use super::law::{Law, Part};
use super::shape::{self, Shape};
use super::{diagram, notation};
use pest_meta::ast::RuleType;
use std::collections::BTreeMap;

const MADE: &str = "<!-- Made from grammar/route.pest. Change that file, then: \
                    WAYLEAVE_UPDATE=1 cargo test -p wayleave-tests generated -->";

const READING: &str = "\
## How to read it

```ebnf
\"word\"      a word or a sign, written so
a b         a, then b; blanks and comments may stand between
a | b       one of them, tried in this order
a?  a*  a+  at most once; any number of times; at least once
a{1,6}      one to six times
[0-9A-F]    one of these characters; #xA is a character by its number
&a  !a      what follows must be a, or must not; nothing is taken
? … ?       said in words
```

A word of the language ends where no letter, digit, `_` or inner hyphen follows: `or-x` and `orange` are names.
In the drawings, words and signs have round corners, rules have square ones.
";

/// A rule and what the pages show of it.
struct Entry {
    /// As the page calls it.
    name: String,
    /// The rule in the grammar.
    rule: String,
    shape: Shape,
}

/// The pages and drawings, by path.
pub(crate) fn files(law: &Law) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let parts: Vec<(&Part, Vec<Entry>)> = law.parts.iter().map(|part| (part, entries(law, part))).collect();
    let book = Book { law, parts };
    files.insert("docs/grammar.md".to_owned(), book.front());
    for (part, entries) in book.parts.iter().filter(|(_, entries)| !entries.is_empty()) {
        files.insert(format!("docs/grammar/{}.md", file_name(&part.title)), book.page(part, entries));
        for entry in entries {
            if let Some(svg) = diagram::svg(&entry.name, &entry.shape) {
                files.insert(format!("docs/grammar/{}.svg", entry.name), svg);
            }
        }
    }
    files
}

/// Some rules as a page of `docs/reference` shows them, with links to their drawings.
///
/// # Errors
/// A name that is no rule of the book.
pub(crate) fn excerpt(law: &Law, names: &[&str]) -> Result<String, String> {
    let parts: Vec<(&Part, Vec<Entry>)> = law.parts.iter().map(|part| (part, entries(law, part))).collect();
    let book = Book { law, parts };
    let mut rules = Vec::new();
    let mut links = Vec::new();
    for name in names {
        let found = book.entries().find(|(_, entry)| entry.rule == *name || entry.name == *name);
        let (_, entry) = found.ok_or_else(|| format!("`{name}` has no place in the book"))?;
        rules.push(notation::rule(&entry.name, &entry.shape));
        links.push(book.link(&entry.name, None).replace("](grammar/", "](../grammar/"));
    }
    let reading = "[how to read it](../grammar.md#how-to-read-it)";
    Ok(format!("```ebnf\n{}\n```\n\nDrawn: {}; {reading}.\n", rules.join("\n"), links.join(", ")))
}

fn entries(law: &Law, part: &Part) -> Vec<Entry> {
    let shown = part.rules.iter().filter(|rule| shape::is_shown(rule));
    let entry = |rule: &String| Entry {
        name: shape::shown_name(rule).to_owned(),
        rule: rule.clone(),
        shape: shape::of_rule(law, rule),
    };
    shown.map(entry).collect()
}

/// `Types and attributes`: `types-and-attributes`.
fn file_name(title: &str) -> String {
    let title = title.to_lowercase();
    title
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

struct Book<'l> {
    law: &'l Law,
    parts: Vec<(&'l Part, Vec<Entry>)>,
}

impl Book<'_> {
    fn entries(&self) -> impl Iterator<Item = (&Part, &Entry)> {
        self.parts.iter().flat_map(|(part, entries)| entries.iter().map(|entry| (*part, entry)))
    }

    fn front(&self) -> String {
        let mut page =
            format!("{MADE}\n\n# The grammar\n\n{}\n\n{READING}\n## The rules\n\n", self.law.preface);
        for (part, entries) in self.parts.iter().filter(|(_, entries)| !entries.is_empty()) {
            let links: Vec<String> = entries.iter().map(|entry| self.link(&entry.name, None)).collect();
            let file = file_name(&part.title);
            page.push_str(&format!("- [{}](grammar/{file}.md): {}\n", part.title, links.join(", ")));
        }
        page.push_str("\n## The words\n\nA reserved word is a name only in quotes, after a dot or slash, or before a colon.\n");
        page.push_str("Any other is a word only where it stands in a rule.\n\n");
        page.push_str("| word | reserved | stands in |\n|---|---|---|\n");
        let reserved = self.law.reserved();
        for word in self.law.keywords() {
            let is_user = |entry: &&Entry| entry.rule != "reserved" && entry.shape.has_text(word);
            let users = self.entries().map(|(_, entry)| entry).filter(is_user);
            let users: Vec<String> = users.map(|entry| self.link(&entry.name, None)).collect();
            let mark = match (reserved.contains(word), word) {
                (true, _) => "yes",
                (false, "test") => "before a string and `{`",
                (false, _) => "",
            };
            page.push_str(&format!("| `{word}` | {mark} | {} |\n", users.join(", ")));
        }
        page
    }

    fn page(&self, part: &Part, entries: &[Entry]) -> String {
        let mut page = format!("{MADE}\n\n# {}\n\n", part.title);
        page.push_str("How to read this: [The grammar](../grammar.md#how-to-read-it).\n");
        if self.is_of_tokens(entries) {
            page.push_str("\nNothing stands between the parts of these rules.\n");
        }
        for entry in entries {
            page.push_str(&format!("\n## {}\n\n", entry.name));
            let words = self.words(entry);
            if !words.is_empty() {
                page.push_str(&format!("{words}\n\n"));
            }
            if diagram::svg(&entry.name, &entry.shape).is_some() {
                page.push_str(&format!("![Railroad diagram of {}]({}.svg)\n\n", entry.name, entry.name));
            }
            page.push_str(&format!("```ebnf\n{}\n```\n", notation::rule(&entry.name, &entry.shape)));
            let names = entry.shape.rules();
            self.push_links(&mut page, "Uses", part, &names);
            let users = self.entries().filter(|(_, user)| user.shape.rules().contains(&entry.name.as_str()));
            let users: Vec<&str> = users.map(|(_, user)| user.name.as_str()).collect();
            self.push_links(&mut page, "Used by", part, &users);
        }
        page
    }

    /// A token is written without blanks; the rules that are no node of the tree stand among tokens as parts of them.
    fn is_of_tokens(&self, entries: &[Entry]) -> bool {
        let is_token =
            |entry: &&Entry| self.law.rule(&entry.rule).is_some_and(|rule| rule.ty == RuleType::Atomic);
        entries.iter().filter(is_token).count() * 3 > entries.len()
    }

    fn push_links(&self, page: &mut String, title: &str, part: &Part, names: &[&str]) {
        if !names.is_empty() {
            let links: Vec<String> = names.iter().map(|name| self.link(name, Some(part))).collect();
            page.push_str(&format!("\n{title}: {}\n", links.join(", ")));
        }
    }

    /// A link to a rule, from the page of a part or from the front page.
    fn link(&self, name: &str, from: Option<&Part>) -> String {
        let (part, _) = self
            .entries()
            .find(|(_, entry)| entry.name == name)
            .unwrap_or_else(|| panic!("`{name}` has no place in the book"));
        let file = file_name(&part.title);
        match from {
            Some(from) if from.title == part.title => format!("[{name}](#{name})"),
            Some(_) => format!("[{name}]({file}.md#{name})"),
            None => format!("[{name}](grammar/{file}.md#{name})"),
        }
    }

    /// What the grammar says before a rule, and before those that are written out in it or are places of it.
    fn words(&self, entry: &Entry) -> String {
        let mut words = vec![self.law.words_before(&entry.rule).to_owned()];
        for rule in self.law.rules().map(|rule| rule.name.as_str()) {
            let is_place = rule.split_once("__").is_some_and(|(whole, _)| whole == entry.rule);
            let is_rest = rule.ends_with("_tail")
                && self.law.rule(&entry.rule).is_some_and(|own| super::law::named(&own.expr).contains(&rule));
            if is_place || is_rest {
                words.push(self.law.words_before(rule).to_owned());
            }
        }
        words.retain(|said| !said.is_empty());
        // Words that end without a full stop are examples.
        words.join("\n\n")
    }
}

impl Shape {
    fn has_text(&self, wanted: &str) -> bool {
        match self {
            Shape::Text(text) => text == wanted,
            Shape::Sequence(parts) | Shape::Choice(parts) => parts.iter().any(|part| part.has_text(wanted)),
            Shape::Optional(inner) | Shape::Repeat(inner, _, _) => inner.has_text(wanted),
            Shape::Ahead(_) | Shape::NotAhead(_) | Shape::Rule(_) | Shape::Characters(_) | Shape::Said(_) => {
                false
            }
        }
    }
}
