//! What a word of the language does, in the words of the book: of an item the first paragraph of its page, of any other word a
//! line. And what the book's table says of an attribute that every policy has.

use wayleave_grammar::{SyntaxKind, SyntaxNode, SyntaxToken};

/// The pages of words that begin an item or a body.
const PAGES: [(&str, &str); 28] = [
    ("alias", include_str!("../../../../docs/reference/alias.md")),
    ("approve", include_str!("../../../../docs/reference/approve.md")),
    ("attribute", include_str!("../../../../docs/reference/attributes.md")),
    ("budget", include_str!("../../../../docs/reference/budget.md")),
    ("cap", include_str!("../../../../docs/reference/cap.md")),
    ("classify", include_str!("../../../../docs/reference/classify.md")),
    ("define", include_str!("../../../../docs/reference/define.md")),
    ("deny", include_str!("../../../../docs/reference/deny.md")),
    ("detector", include_str!("../../../../docs/reference/detector.md")),
    ("edition", include_str!("../../../../docs/reference/files.md")),
    ("flag", include_str!("../../../../docs/reference/flag.md")),
    ("forbid", include_str!("../../../../docs/reference/forbid.md")),
    ("group", include_str!("../../../../docs/reference/group.md")),
    ("guarantee", include_str!("../../../../docs/reference/guarantee.md")),
    ("limit", include_str!("../../../../docs/reference/limit.md")),
    ("log", include_str!("../../../../docs/reference/log.md")),
    ("migrate", include_str!("../../../../docs/reference/migrate.md")),
    ("model", include_str!("../../../../docs/reference/model.md")),
    ("observe", include_str!("../../../../docs/reference/observe.md")),
    ("otherwise", include_str!("../../../../docs/reference/otherwise.md")),
    ("plan", include_str!("../../../../docs/reference/plan.md")),
    ("provider", include_str!("../../../../docs/reference/provider.md")),
    ("redact", include_str!("../../../../docs/reference/redact.md")),
    ("require", include_str!("../../../../docs/reference/require-approval.md")),
    ("route", include_str!("../../../../docs/reference/route.md")),
    ("test", include_str!("../../../../docs/reference/test.md")),
    ("type", include_str!("../../../../docs/reference/types.md")),
    ("use", include_str!("../../../../docs/reference/delegation.md")),
];

/// All other words.
const LINES: &[(&str, &str)] = &[
    ("after", "`hedge after 3s`: so long the first candidate is waited for"),
    ("always", "this is true of every attempt of every request that is routed, shadow copies included"),
    ("and", "both hold; beside `or` it needs parentheses"),
    ("any", "all targets"),
    ("approval", "what a caller can be granted: `require approval NAME`, `expect approval NAME`"),
    ("as", "the provider's own name of the model, where it is another than ours"),
    ("at", "`warn at 80%`: from this share on the owner is told; `at least 2 providers`: so many candidates"),
    ("backoff", "the shortest and the longest wait before a candidate is tried again"),
    ("because", "what the caller is told"),
    ("both", "in prompt and response"),
    (
        "by",
        "who approved it, or which group grants it; of a `split` or `sticky` the attribute that draws go by",
    ),
    ("cheapest", "these targets, by input and output price together"),
    ("claim", "a claim of the caller's JWT"),
    (
        "combine",
        "which of several sources counts; for `highest` and `lowest` a missing one counts as the default",
    ),
    (
        "continue",
        "a request for which there is no room is served all the same; a condition can test `spent(NAME)`",
    ),
    ("credential", "a field of the issued key"),
    ("day", "a calendar day, in the policy's time zone"),
    ("deadline", "a limit for the whole exchange, all attempts together"),
    ("default", "what counts where the value is missing"),
    ("denied", "every such request is denied"),
    ("each", "one for each value of this attribute"),
    ("else", "what is tried when the stage before fails"),
    ("errors", "the share of failed attempts"),
    ("expect", "what the decision must be"),
    ("failover", "the failures that lead to the next candidate"),
    ("false", "not so"),
    ("fastest", "these targets, by recent time to the first token"),
    ("first", "the first source that is present, in the order written"),
    ("first-token", "the median time to the first token"),
    ("for", "the file is delegated: its rules hold for these requests alone"),
    ("from", "where the value comes from; of a rule its first day"),
    ("full", "the decision log keeps prompt and answer"),
    ("given", "what is known of the request; all else has its default"),
    ("has", "this is a member of the set, or found in the text"),
    ("header", "a header of the request: the caller's own word"),
    ("hedge", "after so long without content the next candidate is asked beside this one"),
    ("highest", "the highest of the sources on the scale"),
    ("hour", "a calendar hour"),
    ("in", "one of a list, a range or a group, or at or below in a tree; of a `redact` the place"),
    ("inside", "takes a part of that route's requests"),
    ("is", "is the same; `is not` is not"),
    ("lacks", "this is no member of the set, or not found in the text"),
    ("least", "`at least 2 providers`: so many or more"),
    ("least-busy", "these targets, by requests under way"),
    ("like", "the whole text fits, with `*` for any characters and `?` for one; case counts"),
    ("limited", "this limit or budget has no room"),
    ("lowest", "the lowest of the sources on the scale"),
    ("matches", "the regular expression is found somewhere in the text"),
    (
        "metadata",
        "a member of the request's `metadata`: the caller's own word; of a `log` all but the content",
    ),
    ("models", "targets, whoever provides them"),
    ("month", "a calendar month, in the policy's time zone"),
    ("never", "none of these is a candidate"),
    ("none", "the decision log keeps nothing of the content"),
    ("not", "holds where this does not"),
    ("of", "what is ordered, or what a set holds"),
    ("on", "the failures follow in a list"),
    ("or", "one of them holds; beside `and` it needs parentheses"),
    ("output", "how many tokens an answer may have"),
    ("over", "the time over which attempts are looked at"),
    ("owner", "who answers for the rule"),
    ("per", "what an amount is for: a window, a period, or so many tokens"),
    ("prompt", "all text that goes to the model"),
    ("providers", "providers, each counted once"),
    ("quarter", "a calendar quarter"),
    ("ramp", "from which day on which share of requests is moved"),
    ("redacted", "every such attempt masks these findings"),
    ("ref", "where the approval is recorded"),
    ("requested", "the targets that the caller put into `model`"),
    ("requests", "counts requests"),
    ("required", "a request without it is refused"),
    ("response", "the answer that goes to the caller"),
    ("restore", "the caller gets the originals back"),
    ("retry", "how often the same candidate is tried again"),
    ("rollback", "the migration goes back by itself when one of these holds"),
    ("served", "every such request is routed, while limits, detectors and providers answer as they should"),
    ("set", "several values at once, in no order"),
    ("shadow", "a copy of this share of the other requests, whose answer nobody gets"),
    ("spent", "the used part of the caller's own budget"),
    ("split", "one of these, drawn by their shares among those that are eligible"),
    ("sticky", "the attribute that the draw goes by: the same value moves at once and for good"),
    ("then", "what happens to a request for which there is no room"),
    ("timezone", "the clock of dates, of calendar budgets and of `time.of-day`; UTC where nothing is said"),
    ("to", "the plan: which targets are tried, in which order"),
    ("tokens", "counts tokens"),
    ("true", "so"),
    ("until", "the first day on which it no longer holds"),
    ("used", "the used part of the caller's own limit"),
    ("valid", "how long a grant holds"),
    ("warn", "from this share on the owner is told"),
    ("week", "a calendar week, from Monday"),
    ("when", "the requests for which it holds; always, where nothing is said"),
    ("within", "how long a candidate has until the first content"),
    ("year", "a calendar year"),
];

/// Words that mean something of their own where they begin, or stand in, a part of an item.
const PARTS: &[(&str, SyntaxKind, &str)] = &[
    ("approval", SyntaxKind::ExpectApproval, "an approval is required, and this one can be asked for"),
    ("at", SyntaxKind::WarnClause, "from this share on the owner is told"),
    ("at", SyntaxKind::AtLeastClaim, "`at least 2 providers`: so many candidates"),
    ("by", SyntaxKind::Split, "the attribute that the draw goes by"),
    ("by", SyntaxKind::StickyClause, "the attribute that the draw goes by"),
    ("by", SyntaxKind::Approve, "who approved it"),
    ("by", SyntaxKind::RequireApproval, "which group grants it"),
    ("deny", SyntaxKind::DenyClause, "these requests are denied, with what the caller is told"),
    (
        "deny",
        SyntaxKind::ThenClause,
        "a request for which there is no room is `limited`, with status 429, until the period ends",
    ),
    ("deny", SyntaxKind::Otherwise, "with what the caller is told"),
    ("deny", SyntaxKind::ExpectDeny, "this `deny` holds; several may"),
    ("flag", SyntaxKind::ExpectFlag, "some call has this flag"),
    ("from", SyntaxKind::SourcesClause, "where the value comes from"),
    ("from", SyntaxKind::FromClause, "the first day on which the rule holds"),
    ("in", SyntaxKind::Operator, "one of a list, a range or a group, or at or below in a tree"),
    ("in", SyntaxKind::InClause, "where the findings are masked: `prompt`, `response` or `both`"),
    ("metadata", SyntaxKind::Source, "a member of the request's `metadata`: the caller's own word"),
    ("metadata", SyntaxKind::Log, "the decision log keeps all but the content"),
    ("of", SyntaxKind::Ordering, "what is ordered"),
    ("of", SyntaxKind::SetType, "what the set holds"),
    ("otherwise", SyntaxKind::Arm, "the requests of the route that no line above takes"),
    ("otherwise", SyntaxKind::ClassifyArm, "the value where no line above holds"),
    ("otherwise", SyntaxKind::ExpectOtherwise, "no route takes the request"),
    ("per", SyntaxKind::Rate, "the window in which so much is let through"),
    ("per", SyntaxKind::Spending, "the period for which the money is"),
    ("per", SyntaxKind::Price, "how many tokens the amounts are for"),
    ("per", SyntaxKind::Literal, "how many tokens the amount is for"),
    ("redact", SyntaxKind::ExpectRedact, "every call masks all of these"),
    ("route", SyntaxKind::ExpectRoute, "this route answers, also where none of its targets may be asked"),
    ("shadow", SyntaxKind::ExpectShadow, "this target gets a copy"),
    ("to", SyntaxKind::ExpectTo, "the request is routed, to exactly these candidates in this order"),
];

/// Every word of the language that a place can give a meaning of its own, each once.
pub fn all() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(word, _)| *word).chain(LINES.iter().map(|(word, _)| *word))
}

/// What a word of the language does; in Markdown.
pub fn help(word: &str) -> Option<String> {
    if let Some((_, page)) = PAGES.iter().find(|(item, _)| *item == word) {
        return Some(first_paragraph(page));
    }
    LINES.iter().find(|(known, _)| *known == word).map(|(_, line)| (*line).to_owned())
}

/// What a word does where it stands: only that, where it has other meanings in other places.
pub fn help_at(token: &SyntaxToken) -> Option<String> {
    let word = token.text();
    let told = |node: &SyntaxNode| {
        let part = PARTS.iter().find(|(known, kind, _)| *known == word && *kind == node.kind());
        part.map(|(_, _, line)| (*line).to_owned())
    };
    token.parent_ancestors().find_map(|node| told(&node)).or_else(|| help(word))
}

/// What is behind the heading of a page, without its links, which lead nowhere in an editor.
pub(crate) fn first_paragraph(page: &str) -> String {
    let behind = page.lines().skip_while(|line| line.starts_with('#') || line.is_empty());
    let paragraph: Vec<&str> = behind.take_while(|line| !line.is_empty()).collect();
    without_links(&paragraph.join("\n"))
}

/// `[words](place)` as `words`.
pub(super) fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((words, (_, behind))) =
            after.split_once("](").and_then(|(words, rest)| Some((words, rest.split_once(')')?)))
        else {
            break;
        };
        plain.push_str(before);
        plain.push_str(words);
        rest = behind;
    }
    plain.push_str(rest);
    plain
}

/// What the book's tables say of an attribute that every policy has: its type, and what it is.
pub fn attribute(name: &str) -> Option<(String, String)> {
    let page = include_str!("../../../../docs/reference/built-in-attributes.md");
    let quoted = format!("`{name}`");
    page.lines().filter(|line| line.starts_with("| `")).find_map(|line| {
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        let names = cells.next()?;
        let is_it = names.split(", ").any(|one| one == quoted);
        is_it.then(|| {
            let mut cell = || without_links(cells.next().unwrap_or_default().trim_end_matches('|').trim());
            (cell(), cell())
        })
    })
}
