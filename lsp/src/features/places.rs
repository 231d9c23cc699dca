//! Texts with places to fill in, written as editors read them: `because "${1:why}"`. A dollar that is none of them stands
//! behind a backslash, and so does a closing brace or a backslash inside a place.

/// As it stands where nobody fills in anything: each place with the words that it is shown with.
pub fn filled(snippet: &str) -> String {
    let mut words: Vec<(String, String)> = Vec::new();
    let mut text = String::new();
    let mut rest = snippet.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => text.extend(rest.next()),
            '$' if rest.peek() == Some(&'{') => {
                rest.next();
                let number: String =
                    std::iter::from_fn(|| rest.next_if(|c| *c != ':' && *c != '}')).collect();
                let mut shown = String::new();
                if rest.next() == Some(':') {
                    while let Some(inner) = rest.next().filter(|c| *c != '}') {
                        shown.extend(if inner == '\\' { rest.next() } else { Some(inner) });
                    }
                }
                text.push_str(&shown);
                words.push((number, shown));
            }
            '$' => {
                let number: String = std::iter::from_fn(|| rest.next_if(char::is_ascii_digit)).collect();
                // The same words again; a place that is named first here has none.
                let known = words.iter().find(|(known, _)| *known == number);
                text.push_str(known.map_or("", |(_, shown)| shown));
            }
            other => text.push(other),
        }
    }
    text
}

/// A text as a snippet that has no places.
pub fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$")
}

/// A text as a snippet in which what stands between quotes is to be filled in.
pub fn of_text(text: &str) -> String {
    let mut snippet = String::new();
    let mut number = 0;
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            snippet.push('"');
        }
        // Every second part stands between quotes.
        if index % 2 == 1 {
            number += 1;
            let inner = plain(part).replace('}', "\\}");
            snippet.push_str(&format!("${{{number}:{inner}}}"));
        } else {
            snippet.push_str(&plain(part));
        }
    }
    snippet
}

#[cfg(test)]
mod tests {
    use super::{filled, of_text, plain};

    #[test]
    fn what_is_made_a_snippet_reads_as_before_where_nobody_fills_it_in() {
        for text in
            ["", "otherwise deny \"…\"", "$5 per month", "a \\ b", "by \"a}b\"  because \"$\"", "x \"\" y"]
        {
            assert_eq!(filled(&plain(text)), text);
            assert_eq!(filled(&of_text(text)), text);
        }
    }

    #[test]
    fn a_place_that_is_named_again_has_the_same_words() {
        assert_eq!(filled("classify ${1:a}: $1 | $2 costs \\$5"), "classify a: a |  costs $5");
    }
}
