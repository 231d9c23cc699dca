//! What may refuse a request whatever its route: denials, counters without room, and that no route takes it.

use super::picture::{Card, GATE_COLUMNS, Gate, Line, ROUTE_COLUMNS, Tone};
use super::words::{Words, count, duration, folded};
use crate::change::usd;
use wayleave_compiler::model::{Amount, Counter};
use wayleave_program::sources::write_share;

/// The rules about requests.
pub(super) fn denials(words: &Words<'_>) -> Gate {
    let cards: Vec<Card> = words
        .policy
        .denials
        .iter()
        .map(|rule| words.rule(rule, "deny", Tone::Refuses, GATE_COLUMNS))
        .collect();
    let title = if cards.is_empty() { "nothing is refused at once" } else { "refused at once, if one holds" };
    Gate { title: title.to_owned(), cards }
}

/// Limits and budgets; none where there is none.
pub(super) fn counters(words: &Words<'_>) -> Option<Gate> {
    let cards: Vec<Card> = words.policy.counters.iter().map(|counter| card(words, counter)).collect();
    (!cards.is_empty()).then(|| Gate { title: "refused while one has no room".to_owned(), cards })
}

fn card(words: &Words<'_>, counter: &Counter) -> Card {
    let (verb, amount) = match counter.amount {
        Amount::Requests(number, ms) => ("limit", format!("{} requests per {}", count(number), duration(ms))),
        Amount::Tokens(number, ms) => ("limit", format!("{} tokens per {}", count(number), duration(ms))),
        Amount::Money(money, period) => ("budget", format!("{} per {}", usd(money), period.name())),
    };
    let tone = if counter.is_enforced { Tone::Refuses } else { Tone::Idle };
    let mut lines = folded(&format!("{verb} {}", words.clean(&counter.name)), GATE_COLUMNS, 2, tone);
    let each = counter.each.map(|id| {
        let name = &words.policy.schema.attribute(id).name;
        format!(" each {}", words.clean(name))
    });
    lines.extend(folded(&format!("{amount}{}", each.unwrap_or_default()), GATE_COLUMNS, 2, Tone::Plain));
    let warn = counter.warn.map(|share| format!("warn at {}", write_share(share)));
    let then = (!counter.is_enforced).then(|| "then continue: refuses nothing".to_owned());
    let more: Vec<String> = warn.into_iter().chain(then).collect();
    if !more.is_empty() {
        lines.extend(folded(&more.join(", "), GATE_COLUMNS, 2, Tone::Quiet));
    }
    lines.extend(words.when(counter.span, GATE_COLUMNS));
    Card { tip: words.tip(counter.span), tone, lines }
}

/// The answer where no route holds.
pub(super) fn otherwise(words: &Words<'_>) -> Card {
    let otherwise = &words.policy.otherwise;
    let mut lines = vec![Line::new("otherwise deny", Tone::Refuses)];
    let said = format!("\"{}\"", words.clean(&otherwise.words));
    lines.extend(folded(&said, ROUTE_COLUMNS, 2, Tone::Quiet));
    Card { tip: words.tip(otherwise.span), tone: Tone::Refuses, lines }
}
