//! The TextMate grammar. Each kind of item is a region from its first word to the next item; in it, a word that is not
//! reserved is coloured only where what stands before and behind it can stand there by the grammar.

use super::law::Law;
use super::neighbours::{Neighbours, Place, Token, Tokens};
use super::pattern::{Dialect, words_before_names};
use pest_meta::ast::Expr;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

mod literals;

const DIALECT: Dialect = Dialect::Oniguruma;

/// A rule that stands in more kinds of items than this is coloured alike in all.
const SHARED: usize = 3;

/// A rule, a word in it, and what stands around it.
type Places = BTreeMap<(String, String), Place>;

/// What a word means to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Word,
    Unit,
    Constant,
    Function,
}

impl Role {
    /// Of a word in a rule.
    pub(crate) fn of(rule: &str, word: &str) -> Role {
        match rule {
            "any_target" | "requested" => Role::Constant,
            "counter" => Role::Function,
            "literal" if ["true", "false"].contains(&word) => Role::Constant,
            "rate" | "spending" | "price" => Role::Unit,
            rule if rule.starts_with("literal") => Role::Unit,
            _ => Role::Word,
        }
    }

    fn scope(self) -> &'static str {
        match self {
            Role::Word => "keyword.other.route",
            Role::Unit => "keyword.other.unit.route",
            Role::Constant => "constant.language.route",
            Role::Function => "support.function.route",
        }
    }
}

/// The file.
pub(crate) fn text(law: &Law) -> String {
    let maker = Maker::new(law);
    let items: Vec<&str> = law.items();
    let mut top: Vec<Value> = vec![include("trivia")];
    top.extend(items.iter().map(|item| include(item)));
    top.push(include("rest"));
    let mut repository = maker.fixed();
    let (shared, by_item) = maker.in_place();
    repository.insert("words".to_owned(), json!({ "patterns": maker.words(&shared) }));
    for item in items {
        repository.insert(item.to_owned(), maker.region(item));
        let mut patterns = maker.words(&by_item[item]);
        patterns.extend(maker.own(item));
        repository.extend(inside(item, patterns));
    }
    let grammar = json!({
        "$comment": "Made from grammar/route.pest. Change that file or tests/src/generated/textmate.rs, then: \
                     WAYLEAVE_UPDATE=1 cargo test -p wayleave-tests generated",
        "name": "Route",
        "scopeName": "source.route",
        "fileTypes": ["route"],
        "patterns": top,
        "repository": repository,
    });
    let mut text = serde_json::to_string_pretty(&grammar).expect("a value of JSON can be written");
    text.push('\n');
    text
}

fn include(name: &str) -> Value {
    json!({ "include": format!("#{name}") })
}

/// A pattern whose groups have scopes, counted from 1; an empty scope is none.
fn capturing(pattern: &str, scopes: &[&str]) -> Value {
    json!({ "match": pattern, "captures": captures(scopes) })
}

fn captures(scopes: &[&str]) -> Value {
    let named = scopes.iter().zip(1..).filter(|(scope, _)| !scope.is_empty());
    Value::Object(named.map(|(scope, index)| (index.to_string(), json!({ "name": scope }))).collect())
}

/// What stands in an item, and in brackets of every kind within it: there, no item begins.
fn inside(item: &str, words: Vec<Value>) -> Map<String, Value> {
    let own = format!("in-{item}");
    let mut patterns = vec![include("trivia")];
    for (name, begin, end) in [("block", r"\{", r"\}"), ("list", r"\[", r"\]"), ("group", r"\(", r"\)")] {
        patterns.push(json!({
            "name": format!("meta.{name}.route"),
            "begin": begin,
            "end": end,
            "beginCaptures": { "0": { "name": format!("punctuation.section.{name}.begin.route") } },
            "endCaptures": { "0": { "name": format!("punctuation.section.{name}.end.route") } },
            "patterns": [include(&own)],
        }));
    }
    patterns.extend(words);
    patterns.push(include("rest"));
    Map::from_iter([(own, json!({ "patterns": patterns }))])
}

struct Maker<'l> {
    law: &'l Law,
    neighbours: Neighbours<'l>,
    /// The words that items begin with.
    starts: BTreeSet<&'l str>,
    ident: String,
    /// Around all words of each item.
    places: BTreeMap<&'l str, Places>,
    /// Where the next item begins.
    item_start: String,
}

impl<'l> Maker<'l> {
    fn new(law: &'l Law) -> Maker<'l> {
        let neighbours = Neighbours::of(law);
        let starts =
            law.items().into_iter().filter_map(|item| super::neighbours::first_word(law, item)).collect();
        let places = law.items().into_iter().map(|item| (item, neighbours.places(item))).collect();
        let ident = DIALECT.whole(&DIALECT.token(law, "ident"));
        let mut maker = Maker { law, neighbours, starts, ident, places, item_start: String::new() };
        maker.item_start = maker.find_item_start();
        maker
    }

    /// A word of the language, as a group.
    fn keyword<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> String {
        format!("{}({}){}", DIALECT.word_start(), DIALECT.words(words), DIALECT.word_end())
    }

    /// The region of an item: its first words and its name, then all up to the next item.
    fn region(&self, item: &str) -> Value {
        let rule = self.law.rule(item).expect("an item is a rule");
        let mut begin = String::new();
        let mut scopes = Vec::new();
        let mut leading = Vec::new();
        sequence(&rule.expr, &mut leading);
        let mut open = 0;
        for expr in leading {
            let Expr::Ident(name) = expr else { break };
            let next = match self.law.keyword(name) {
                Some(word) if begin.is_empty() => {
                    begin = self.keyword([word]);
                    scopes.push("keyword.declaration.route");
                    continue;
                }
                Some(word) => {
                    scopes.push("keyword.declaration.route");
                    format!("({word}){}", DIALECT.word_end())
                }
                None if name == "name" || name == "attribute_name" => {
                    scopes.push(name_scope(item));
                    format!(r"({0}(?:\.{0})*)", self.ident)
                }
                None if item == "test" => {
                    begin.push_str(r#"(?=\s*")"#);
                    break;
                }
                None => break,
            };
            begin.push_str(&format!(r"(?:\s+{next}"));
            open += 1;
        }
        begin.push_str(&")?".repeat(open));
        let region = item.trim_end_matches("_item").replace('_', "-");
        json!({
            "name": format!("meta.{region}.route"),
            "begin": begin,
            "beginCaptures": captures(&scopes),
            "end": format!("(?={})", self.item_start),
            "patterns": [include(&format!("in-{item}"))],
        })
    }

    /// Where an item begins: its first word. What `held_starts` takes comes first, as it begins with blanks; where there
    /// are none stands a sign.
    fn find_item_start(&self) -> String {
        let plain = self.starts.iter().copied().filter(|word| *word != "test");
        let start = DIALECT.word_start();
        let test = r#"test(?=\s*")"#;
        format!(r"{start}(?<![,:<>=\[{{(])(?:{test}|(?:{}){})", DIALECT.words(plain), DIALECT.word_end())
    }

    /// The word of an item where another item holds it: `then deny`, `in group x`.
    fn held_starts(&self) -> Vec<Value> {
        let before = DIALECT.behind_one_of(&self.before_held_starts());
        let naming = self.naming();
        let starts = self.starts.iter().copied().filter(|word| *word != "test");
        let (naming, others): (BTreeSet<&str>, BTreeSet<&str>) =
            starts.partition(|word| naming.contains(word));
        let held =
            |words: BTreeSet<&str>| format!("(?:{before})({}){}", DIALECT.words(words), DIALECT.word_end());
        let named = format!(r"{}(?:\s+{}({})(?![./]\w))?", held(naming), self.no_reserved(), self.ident);
        vec![
            capturing(&named, &["keyword.control.route", "entity.name.function.route"]),
            capturing(&held(others), &["keyword.control.route"]),
        ]
    }

    /// The words that a name follows.
    fn naming(&self) -> BTreeSet<&'l str> {
        self.law.rules().flat_map(|rule| words_before_names(self.law, &rule.expr)).collect()
    }

    /// What stands before `deny` in `then deny`, before `group` in `in group x`: nothing that an item can end with.
    fn before_held_starts(&self) -> Tokens {
        let mut before = Tokens::new();
        let mut endings = Tokens::new();
        for (item, places) in &self.places {
            endings.extend(self.neighbours.last_of(item).iter().cloned());
            for ((rule, word), place) in places {
                if rule != item && self.starts.contains(word.as_str()) {
                    before.extend(place.before.iter().cloned());
                }
            }
        }
        let is_sure =
            |token: &Token| matches!(token, Token::Word(_) | Token::Sign(_)) && !endings.contains(token);
        before.into_iter().filter(is_sure).collect()
    }

    /// The places of the words that are not reserved: those that are alike in many items, and those of each item.
    fn in_place(&self) -> (Places, BTreeMap<String, Places>) {
        let reserved = self.law.reserved();
        let mut by_item: BTreeMap<String, Places> = BTreeMap::new();
        let mut users: BTreeMap<String, usize> = BTreeMap::new();
        for (item, places) in &self.places {
            let mut places = places.clone();
            places.retain(|(_, word), _| !reserved.contains(word.as_str()) && word != "test");
            let rules: BTreeSet<&String> = places.keys().map(|(rule, _)| rule).collect();
            rules.into_iter().for_each(|rule| *users.entry(rule.clone()).or_default() += 1);
            by_item.insert((*item).to_owned(), places);
        }
        let mut shared = Places::new();
        for places in by_item.values_mut() {
            let (alike, own) =
                std::mem::take(places).into_iter().partition(|((rule, _), _)| users[rule] > SHARED);
            *places = own;
            for (key, place) in Places::into_iter(alike) {
                let known = shared.entry(key).or_default();
                known.before.extend(place.before);
                known.behind.extend(place.behind);
            }
        }
        (shared, by_item)
    }

    /// A pattern for the words that stand in places alike; the name that follows some of them is a part of it.
    fn words(&self, places: &Places) -> Vec<Value> {
        let naming = self.naming();
        let mut groups: BTreeMap<(Role, bool, &Place), BTreeSet<&str>> = BTreeMap::new();
        for ((rule, word), place) in places {
            let is_naming = naming.contains(word.as_str());
            groups.entry((Role::of(rule, word), is_naming, place)).or_default().insert(word);
        }
        let pattern = |((role, is_naming, place), words): ((Role, bool, &Place), BTreeSet<&str>)| {
            let (before, behind) = (DIALECT.before(place), DIALECT.behind(place));
            let pattern = format!("{before}({}){}{behind}", DIALECT.words(words), DIALECT.word_end());
            if is_naming {
                let name = format!(r"{pattern}(?:\s+({}))?", self.ident);
                capturing(&name, &[role.scope(), "entity.name.function.route"])
            } else {
                capturing(&pattern, &[role.scope()])
            }
        };
        groups.into_iter().map(pattern).collect()
    }

    /// What stands in one kind of item alone: prices, in which `in` is a name, and the values of a type.
    fn own(&self, item: &str) -> Vec<Value> {
        let mut patterns = Vec::new();
        if self.places[item].keys().any(|(rule, _)| rule == "price") {
            let money = DIALECT.token(self.law, "money");
            let per = DIALECT.not_ahead("per\\b");
            patterns.push(capturing(
                &format!(r"(?<!\w)({money})\s+{per}({})", self.ident),
                &["constant.numeric.money.route", "variable.other.property.route"],
            ));
        }
        if item == "type_item" {
            let pattern = format!("{}({}){}", self.no_reserved(), self.ident, DIALECT.word_end());
            patterns.push(capturing(&pattern, &["constant.other.value.route"]));
        }
        patterns
    }

    /// No reserved word comes here.
    fn no_reserved(&self) -> String {
        let words = DIALECT.group(&DIALECT.words(self.law.reserved()));
        DIALECT.not_ahead(&format!("{words}{}", DIALECT.word_end()))
    }

    /// What is the same everywhere.
    fn fixed(&self) -> Map<String, Value> {
        let operators = self.law.operators();
        let reserved = self.law.reserved();
        let others: BTreeSet<&str> = reserved.difference(&operators).copied().collect();
        let naming = self.naming();
        let naming = others.intersection(&naming).copied();
        let named = format!(r"{}\s+{}({})(?![./]\w)", self.keyword(naming), self.no_reserved(), self.ident);
        let patterns = [
            ("trivia", literals::trivia()),
            ("literals", literals::literals(self.law)),
            ("targets", literals::targets(&self.ident)),
            ("names", literals::names(&self.ident, &operators)),
            (
                "reserved",
                [
                    self.held_starts(),
                    vec![
                        capturing(&named, &["keyword.control.route", "entity.name.function.route"]),
                        capturing(&self.keyword(operators.iter().copied()), &["keyword.operator.word.route"]),
                        capturing(&self.keyword(others.iter().copied()), &["keyword.control.route"]),
                    ],
                ]
                .concat(),
            ),
            ("signs", literals::signs()),
            ("rest", ["literals", "words", "reserved", "targets", "names", "signs"].map(include).to_vec()),
        ];
        let patterns = patterns.into_iter();
        patterns.map(|(name, patterns)| (name.to_owned(), json!({ "patterns": patterns }))).collect()
    }
}

/// The parts of a sequence, in order.
fn sequence<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match expr {
        Expr::Seq(first, second) => {
            sequence(first, parts);
            sequence(second, parts);
        }
        other => parts.push(other),
    }
}

fn name_scope(item: &str) -> &'static str {
    match item {
        "type_item" => "entity.name.type.route",
        "provider" => "entity.name.namespace.route",
        "attribute" | "classify" | "define" => "variable.other.route",
        "alias" => "constant.other.route",
        _ => "entity.name.function.route",
    }
}
