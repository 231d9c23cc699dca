//! What a field of a body says, and what the language's own values of some fields mean, in the words of the book's tables.

use super::words::without_links;

/// The pages on what has a body, by the word that opens it.
const PAGES: [(&str, &str); 3] = [
    ("provider", include_str!("../../../../docs/reference/provider.md")),
    ("model", include_str!("../../../../docs/reference/model.md")),
    ("detector", include_str!("../../../../docs/reference/detector.md")),
];

/// Where it stands which failures lead to the next candidate.
const FAILURES: &str = include_str!("../../../../docs/proxy.md");

/// What has no table of its own.
const LINES: &[(&str, &str, &str)] = &[
    ("timeout", "connect", "how long until the connection stands"),
    ("timeout", "first-token", "how long until the first content"),
    ("timeout", "idle", "how long between two pieces of an answer"),
    ("on-failure", "found", "what does not answer in time counts as having found all that it can find"),
    ("on-failure", "clean", "what does not answer in time counts as having found nothing"),
    ("network", "private", "loopback and private addresses are allowed, and `http://`"),
    ("network", "public", "only public addresses, and only `https://`"),
    ("protocol", "openai", "OpenAI's HTTP API and what is compatible with it"),
    ("protocol", "anthropic", "Anthropic's Messages API"),
    ("protocol", "gemini", "Google's Gemini API"),
    ("protocol", "simulated", "answers in process, without a key or a network"),
    ("price", "in", "for input tokens"),
    ("price", "out", "for output tokens"),
    ("price", "cached", "for input tokens that the provider reads from its cache"),
    ("price", "cache-write", "for input tokens that the provider writes to its cache"),
    ("price", "reasoning", "for tokens of reasoning"),
];

/// What a field or a value of the language says; `owner` has it. In Markdown.
pub(super) fn help(owner: &str, name: &str) -> Option<String> {
    let line = LINES.iter().find(|(of, known, _)| *of == owner && *known == name);
    if let Some((_, _, line)) = line {
        return Some((*line).to_owned());
    }
    match owner {
        "failover" => row(FAILURES, name),
        _ => row(PAGES.iter().find(|(word, _)| *word == owner)?.1, name),
    }
}

/// What a table of a page says in the row that begins with a name, cell by cell.
fn row(page: &str, name: &str) -> Option<String> {
    let quoted = format!("`{name}`");
    page.lines().filter(|line| line.starts_with("| `")).find_map(|line| {
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        let is_it = cells.next()?.split(", ").any(|one| one == quoted);
        let told: Vec<String> = cells
            .map(|cell| without_links(cell.trim_end_matches('|').trim()))
            .filter(|cell| !cell.is_empty())
            .collect();
        // Whether it has to be there stands before what it says.
        is_it.then(|| match told.as_slice() {
            [needed, what] => format!("{what} ({needed})"),
            others => others.join(": "),
        })
    })
}
