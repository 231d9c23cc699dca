//! Regular expressions from the grammar: of its tokens, and of what stands around its words, for Oniguruma (TextMate) and
//! for Vim (very magic).

use super::law::{Law, named};
use super::neighbours::{Place, Token, Tokens};
use crate::sentences::alternatives;
use pest_meta::ast::Expr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Oniguruma,
    Vim,
}

impl Dialect {
    pub(crate) fn group(self, inner: &str) -> String {
        match self {
            Dialect::Oniguruma => format!("(?:{inner})"),
            Dialect::Vim => format!("%({inner})"),
        }
    }

    pub(crate) fn not_ahead(self, inner: &str) -> String {
        match self {
            Dialect::Oniguruma => format!("(?!{inner})"),
            Dialect::Vim => format!("%({inner})@!"),
        }
    }

    pub(crate) fn ahead(self, inner: &str) -> String {
        match self {
            Dialect::Oniguruma => format!("(?={inner})"),
            Dialect::Vim => format!("%({inner})@="),
        }
    }

    /// What stands before a word that is none of a name, a path or a target.
    pub(crate) fn word_start(self) -> &'static str {
        match self {
            Dialect::Oniguruma => r"(?<![\w./-])",
            Dialect::Vim => r"[0-9A-Za-z_./-]@1<!",
        }
    }

    /// A name may hold `-` and `_`, and before a colon there are names only.
    pub(crate) fn word_end(self) -> String {
        self.not_ahead(r"\w|-+\w|\s*:")
    }

    /// Written so.
    pub(crate) fn text(self, text: &str) -> String {
        let is_special = |character: char| match self {
            Dialect::Oniguruma => r"\.+*?()|[]{}^$".contains(character),
            Dialect::Vim => !character.is_ascii_alphanumeric() && character != '_' && character.is_ascii(),
        };
        let escaped = |character: char| {
            if is_special(character) { format!("\\{character}") } else { character.to_string() }
        };
        text.chars().map(escaped).collect()
    }

    /// Any of these words; where one begins another, the longer is tried first.
    pub(crate) fn words<'w>(self, words: impl IntoIterator<Item = &'w str>) -> String {
        let mut words: Vec<&str> = words.into_iter().collect();
        words.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
        words.into_iter().map(|word| self.text(word)).collect::<Vec<_>>().join("|")
    }

    /// A rule that is one token.
    pub(crate) fn token(self, law: &Law, rule: &str) -> String {
        law.rule(rule).map(|rule| self.expr(law, &rule.expr)).unwrap_or_default()
    }

    fn expr(self, law: &Law, expr: &Expr) -> String {
        match expr {
            Expr::Str(text) => self.text(text),
            Expr::Ident(name) => match name.as_str() {
                "ASCII_DIGIT" => "[0-9]".to_owned(),
                "ASCII_HEX_DIGIT" => "[0-9A-Fa-f]".to_owned(),
                "ASCII_ALPHA" => "[A-Za-z]".to_owned(),
                "ASCII_ALPHANUMERIC" => "[0-9A-Za-z]".to_owned(),
                "ANY" => ".".to_owned(),
                rule => self.token(law, rule),
            },
            Expr::Seq(first, second) => self.expr(law, first) + &self.expr(law, second),
            Expr::Choice(_, _) => {
                let parts: Vec<String> =
                    alternatives(expr).into_iter().map(|part| self.expr(law, part)).collect();
                self.one_class(&parts).unwrap_or_else(|| self.group(&parts.join("|")))
            }
            Expr::Opt(inner) => self.tight(law, inner) + "?",
            Expr::Rep(inner) => self.tight(law, inner) + "*",
            Expr::RepOnce(inner) => self.tight(law, inner) + "+",
            Expr::RepExact(inner, count) => format!("{}{{{count}}}", self.tight(law, inner)),
            Expr::RepMinMax(inner, least, most) => format!("{}{{{least},{most}}}", self.tight(law, inner)),
            Expr::NegPred(inner) => self.not_ahead(&self.expr(law, inner)),
            Expr::PosPred(inner) => self.ahead(&self.expr(law, inner)),
            other => panic!("route.pest has a token that is no regular expression: {other:?}"),
        }
    }

    /// Alternatives of one character each as one class.
    fn one_class(self, parts: &[String]) -> Option<String> {
        let mut inner = String::new();
        for part in parts {
            let mut bare = part.trim_start_matches('\\').chars();
            match (bare.next(), bare.next()) {
                (Some(character), None) => inner.push_str(&self.in_class(character)),
                _ if is_class(part) => inner.push_str(&part[1..part.len() - 1]),
                _ => return None,
            }
        }
        Some(format!("[{inner}]"))
    }

    /// A character within a class.
    fn in_class(self, character: char) -> String {
        let special = if self == Dialect::Oniguruma { r"[]^-\&" } else { r"]^-\" };
        if special.contains(character) { format!("\\{character}") } else { character.to_string() }
    }

    /// Taken whole or not at all.
    pub(crate) fn whole(self, inner: &str) -> String {
        match self {
            Dialect::Oniguruma => format!("(?>{inner})"),
            Dialect::Vim => format!("%({inner})@>"),
        }
    }

    fn tight(self, law: &Law, expr: &Expr) -> String {
        let inner = self.expr(law, expr);
        let is_one = inner.len() == 1 || is_class(&inner) || inner.len() == 2 && inner.starts_with('\\');
        if is_one { inner } else { self.group(&inner) }
    }

    /// What stands before a word, with the blanks between, or the start of a line. Oniguruma's look-behind has a fixed
    /// length in each alternative, so the blanks are a part of the match: no pattern ends with blanks, and so none takes
    /// them away.
    pub(crate) fn before(self, place: &Place) -> String {
        self.group(&format!(r"^\s*|{}", self.behind_one_of(&place.before)))
    }

    /// The blanks behind one of these tokens.
    pub(crate) fn behind_one_of(self, tokens: &Tokens) -> String {
        let (words, signs): (Vec<_>, Vec<_>) =
            self.endings(tokens).into_iter().partition(|(_, is_word)| *is_word);
        let look = |endings: Vec<(String, bool)>, blanks: &str| {
            let endings: Vec<String> = endings.into_iter().map(|(ending, _)| ending).collect();
            let endings = endings.join("|");
            (!endings.is_empty()).then(|| match self {
                Dialect::Oniguruma => format!("(?<={endings}){blanks}"),
                Dialect::Vim => format!("%({endings})@40<={blanks}"),
            })
        };
        let both: Vec<String> = [look(words, r"\s+"), look(signs, r"\s*")].into_iter().flatten().collect();
        both.join("|")
    }

    /// How tokens end, and whether a blank must stand between these and a word.
    fn endings(self, tokens: &Tokens) -> Vec<(String, bool)> {
        let has = |rule: &str| tokens.contains(&Token::Rule(rule.to_owned()));
        let has_names = has("ident");
        let mut endings = Vec::new();
        let mut signs = String::new();
        for token in tokens {
            match token {
                Token::Sign(sign) if sign == ".." => endings.push((self.text(sign), false)),
                Token::Sign(sign) => signs.extend(sign.chars().last().filter(|last| !signs.contains(*last))),
                Token::Word(word) if !has_names => endings.push((self.whole_word(word), true)),
                Token::Word(_) | Token::Rule(_) | Token::Outside => {}
            }
        }
        if has("string") || has("regex") {
            signs.push('"');
        }
        if has("percent") {
            signs.push('%');
        }
        if has_names {
            endings.push((r"\w".to_owned(), true));
        } else {
            let digits = ["number", "money", "date", "instant", "time"];
            let units =
                [("number", &["[kM]", "Ki"][..]), ("duration", &["[shd]", "ms", "min"]), ("instant", &["Z"])];
            if digits.iter().any(|rule| has(rule)) {
                endings.push(("[0-9]".to_owned(), true));
            }
            for (_, units) in units.iter().filter(|(rule, _)| has(rule)) {
                endings.extend(units.iter().map(|unit| (format!("[0-9]{unit}"), true)));
            }
        }
        if !signs.is_empty() {
            let signs: String = signs.chars().map(|sign| self.in_class(sign)).collect();
            endings.push((format!("[{signs}]"), false));
        }
        endings
    }

    fn whole_word(self, word: &str) -> String {
        match self {
            Dialect::Oniguruma => format!(r"\b{word}"),
            Dialect::Vim => format!("<{}", self.text(word)),
        }
    }

    /// What stands behind a word, or the end of the line.
    pub(crate) fn behind(self, place: &Place) -> String {
        let has = |rule: &str| place.behind.contains(&Token::Rule(rule.to_owned()));
        let mut starts: Vec<String> = Vec::new();
        let mut words: Vec<&str> = Vec::new();
        for token in &place.behind {
            match token {
                Token::Sign(sign) => starts.push(self.text(sign)),
                Token::Word(word) => words.push(word),
                Token::Rule(rule) => starts.push(match rule.as_str() {
                    "ident" => "[A-Za-z]".to_owned(),
                    "string" => "\"".to_owned(),
                    "regex" => "r\"".to_owned(),
                    "money" => r"\$".to_owned(),
                    _ => "[0-9]".to_owned(),
                }),
                // Items begin with small letters.
                Token::Outside => starts.push("[a-z]".to_owned()),
            }
        }
        if !has("ident") && !place.behind.contains(&Token::Outside) && !words.is_empty() {
            let end = if self == Dialect::Oniguruma { r"\b" } else { ">" };
            starts.push(self.group(&self.words(words)) + end);
        }
        starts.sort();
        starts.dedup();
        let (comment, line_end) = (self.text("//"), "$");
        self.ahead(&format!(r"\s*{}", self.group(&format!("{}|{comment}|{line_end}", starts.join("|")))))
    }
}

fn is_class(text: &str) -> bool {
    text.starts_with('[') && text.find(']') == Some(text.len() - 1)
}

/// The words of a rule that are directly followed by a name.
pub(crate) fn words_before_names<'l>(law: &'l Law, expr: &Expr) -> Vec<&'l str> {
    let mut found = Vec::new();
    if let Expr::Seq(first, second) = expr
        && matches!(second.as_ref(), Expr::Ident(name) if name == "name")
    {
        found.extend(named(first).last().and_then(|word| law.keyword(word)));
    }
    found.extend(super::law::parts_of(expr).into_iter().flat_map(|part| words_before_names(law, part)));
    found
}
