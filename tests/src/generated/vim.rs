//! Syntax and indentation for Vim: the words by the patterns of the TextMate grammar, without its regions.

use super::law::Law;
use super::neighbours::{Neighbours, Place};
use super::pattern::Dialect;
use super::textmate::Role;
use std::collections::{BTreeMap, BTreeSet};

const DIALECT: Dialect = Dialect::Vim;

/// `syntax/route.vim`
pub(crate) fn syntax(law: &Law) -> String {
    let ident = DIALECT.token(law, "ident");
    let mut lines = vec![
        "\" Syntax of Route policies. Made from grammar/route.pest. Change that file or tests/src/generated/vim.rs, then:"
            .to_owned(),
        "\"   WAYLEAVE_UPDATE=1 cargo test -p wayleave-tests generated".to_owned(),
        "if exists('b:current_syntax') | finish | endif".to_owned(),
        "syntax case match".to_owned(),
        String::new(),
        "\" Of patterns that begin at one place the last wins: names are taken whole, so `or-x` is no `or`.".to_owned(),
        matching("routeName", &ident),
        matching("routeAttribute", &format!(r"{ident}%(\.{ident})+")),
        matching("routeField", &format!(r"{ident}%(\.{ident})*%(\s*:)@=")),
    ];
    lines.extend(words(law));
    // A price names what it is for: `$2 in`.
    let money = DIALECT.token(law, "money");
    let parts = law.operators().into_iter().filter(|word| !["and", "or"].contains(word));
    lines.push(matching("routeField", &format!(r"%({money}\s+)@60<=%({})>", DIALECT.words(parts))));
    lines.push(matching("routeTarget", &format!("{ident}\\/%(\\*|{ident}|\\\")@=")));
    lines.push(String::new());
    for rule in ["number", "money", "percent", "duration", "time", "date", "instant"] {
        lines.push(matching("routeNumber", &format!(r"\w@1<!{}", DIALECT.token(law, rule))));
    }
    lines.push(format!("syntax match routeEscape contained #\\v{}#", DIALECT.token(law, "escape")));
    lines.push(
        r#"syntax region routeString start=+"+ skip=+\\.+ end=+"+ oneline contains=routeEscape"#.to_owned(),
    );
    lines.push(r#"syntax region routeRegex start=+\<r"+ skip=+\\.+ end=+"i\?+ oneline"#.to_owned());
    lines.push(r"syntax match routeComment +//.*$+ contains=@Spell".to_owned());
    lines.push(r"syntax match routeDocComment +^\s*///\%(/\)\@!.*$+ contains=@Spell".to_owned());
    lines.push(String::new());
    lines.extend(LINKS.iter().map(|(group, to)| format!("highlight default link {group} {to}")));
    lines.push(String::new());
    lines.push("let b:current_syntax = 'route'".to_owned());
    lines.join("\n") + "\n"
}

/// `indent/route.vim`
pub(crate) fn indent(law: &Law) -> String {
    let items: BTreeSet<&str> = starts(law);
    let items = format!(r"\v^\s*{}{}", DIALECT.group(&DIALECT.words(items)), DIALECT.word_end());
    INDENT.replace("ITEMS", &items)
}

const INDENT: &str = r#"" Indentation of Route policies. Made from grammar/route.pest. Change that file or tests/src/generated/vim.rs, then:
"   WAYLEAVE_UPDATE=1 cargo test -p wayleave-tests generated
if exists('b:did_indent') | finish | endif
let b:did_indent = 1

setlocal expandtab shiftwidth=2
setlocal indentexpr=GetRouteIndent(v:lnum)
setlocal indentkeys=0},0],0),o,O,!^F
let b:undo_indent = 'setlocal expandtab< shiftwidth< indentexpr< indentkeys<'

if exists('*GetRouteIndent') | finish | endif

" In brackets, one step more than the line that opens them; outside, items and comments have none, and clauses one step.
function GetRouteIndent(lnum) abort
  call cursor(a:lnum, 1)
  let Other = {-> synIDattr(synID(line('.'), col('.'), 0), 'name') =~# 'String\|Regex\|Escape\|Comment'}
  let open = searchpair('[[{(]', '', '[]})]', 'bnW', Other)
  let own = getline(a:lnum)
  if open > 0
    return indent(open) + (own =~# '^\s*[]})]' ? 0 : shiftwidth())
  endif
  return own =~# 'ITEMS' || own =~# '^\s*\%(//\|$\)' ? 0 : shiftwidth()
endfunction
"#;

const LINKS: [(&str, &str); 16] = [
    ("routeItem", "Statement"),
    ("routeClause", "Keyword"),
    ("routeOperator", "Operator"),
    ("routeWord", "Keyword"),
    ("routeUnit", "Type"),
    ("routeConstant", "Constant"),
    ("routeFunction", "Function"),
    ("routeAttribute", "Identifier"),
    ("routeField", "Identifier"),
    ("routeTarget", "Special"),
    ("routeNumber", "Number"),
    ("routeString", "String"),
    ("routeRegex", "String"),
    ("routeEscape", "SpecialChar"),
    ("routeComment", "Comment"),
    ("routeDocComment", "SpecialComment"),
];

fn matching(group: &str, pattern: &str) -> String {
    format!("syntax match {group} #\\v{pattern}#")
}

fn keyword<'w>(group: &str, words: impl IntoIterator<Item = &'w str>) -> String {
    let words = DIALECT.group(&DIALECT.words(words));
    matching(group, &format!("{}{words}{}", DIALECT.word_start(), DIALECT.word_end()))
}

/// The words that items begin with.
fn starts(law: &Law) -> BTreeSet<&str> {
    law.items().into_iter().filter_map(|item| super::neighbours::first_word(law, item)).collect()
}

/// The reserved words, then those that are words only in their place.
fn words(law: &Law) -> Vec<String> {
    let (reserved, operators) = (law.reserved(), law.operators());
    let starts = starts(law);
    let clauses = reserved.iter().copied().filter(|word| !operators.contains(word) && !starts.contains(word));
    let mut lines = vec![
        keyword("routeClause", clauses),
        keyword("routeOperator", operators.iter().copied()),
        keyword("routeItem", starts.iter().copied().filter(|word| *word != "test")),
        matching("routeItem", &format!("{}test%(\\s*\\\")@=", DIALECT.word_start())),
    ];
    let neighbours = Neighbours::of(law);
    let mut places: BTreeMap<(Role, &str), Place> = BTreeMap::new();
    for item in law.items() {
        for ((rule, word), place) in neighbours.places(item) {
            let known = law.keywords().into_iter().find(|known| *known == word).expect("a word is a word");
            if !reserved.contains(known) && known != "test" {
                let entry = places.entry((Role::of(&rule, known), known)).or_default();
                entry.before.extend(place.before);
                entry.behind.extend(place.behind);
            }
        }
    }
    let mut alike: BTreeMap<(Role, &Place), Vec<&str>> = BTreeMap::new();
    for ((role, word), place) in &places {
        alike.entry((*role, place)).or_default().push(word);
    }
    for ((role, place), words) in alike {
        let words = DIALECT.group(&DIALECT.words(words));
        let pattern =
            format!("{}{words}{}{}", DIALECT.before(place), DIALECT.word_end(), DIALECT.behind(place));
        lines.push(matching(group(role), &pattern));
    }
    lines
}

fn group(role: Role) -> &'static str {
    match role {
        Role::Word => "routeWord",
        Role::Unit => "routeUnit",
        Role::Constant => "routeConstant",
        Role::Function => "routeFunction",
    }
}
