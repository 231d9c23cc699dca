//! The keyword part of the Tree-sitter queries: every word that no other query there colours.

use super::law::Law;
use pest_meta::ast::Expr;
use std::collections::BTreeSet;

/// Lines of the query file are not longer.
const WIDTH: usize = 110;

/// The lists of words, one for what begins an item and one for what stands within.
pub(crate) fn keywords(law: &Law) -> String {
    let mut other: BTreeSet<&str> = law.operators();
    other.extend(law.keywords_in("counter"));
    other.extend(
        law.rules()
            .filter(|rule| matches!(rule.expr, Expr::Ident(_)))
            .flat_map(|rule| law.keywords_in(&rule.name)),
    );
    other.extend(law.keywords_in("literal").into_iter().filter(|word| ["true", "false"].contains(word)));
    let words: BTreeSet<&str> = law.keywords().difference(&other).copied().collect();
    let items: BTreeSet<&str> =
        law.items().into_iter().filter_map(|item| super::neighbours::first_word(law, item)).collect();
    let (begin, within): (BTreeSet<&str>, BTreeSet<&str>) =
        words.into_iter().partition(|word| items.contains(word));
    format!(
        "\n; What begins an item.\n{}\n; Clauses, and the words within these.\n{}",
        list(&begin),
        list(&within)
    )
}

fn list(words: &BTreeSet<&str>) -> String {
    let mut lines = vec![String::from(" ")];
    for word in words {
        let last = lines.last_mut().expect("there is a line");
        if last.len() + word.len() + 3 > WIDTH {
            lines.push(format!("  \"{word}\""));
        } else {
            last.push_str(&format!(" \"{word}\""));
        }
    }
    format!("[\n{}\n] @keyword\n", lines.join("\n"))
}
