//! How much a model is to reason: Chat's words for the effort, Messages' thinking, by effort or by a budget of tokens.

use super::TargetFacts;
use super::notes::Notes;
use super::raw::{Made, Object, Value};
use super::tools;

/// Chat's efforts with the effort of Messages, and the budget for a model that takes budgets alone. The budgets are
/// powers of two from the least that Messages takes.
const EFFORTS: [(&str, &str, u64); 6] = [
    ("minimal", "low", 1_024),
    ("low", "low", 2_048),
    ("medium", "medium", 8_192),
    ("high", "high", 16_384),
    ("xhigh", "xhigh", 32_768),
    ("max", "max", 32_768),
];

/// The least budget that Messages takes.
const LEAST_BUDGET: u64 = 1_024;

/// From these budgets on, the effort of Chat; below the first it is `low`.
const BUDGETS: [(u64, &str); 2] = [(16_384, "high"), (4_096, "medium")];

/// Pieces of the names of models that take a budget and no effort: all before Claude 4.6. Of any other, also of those that nobody knows
/// yet, the effort is said.
const BUDGET_MODELS: [&str; 8] = [
    "claude-3",
    "claude-sonnet-4-5",
    "claude-opus-4-5",
    "claude-haiku-4-5",
    "claude-opus-4-1",
    "claude-opus-4-0",
    "claude-sonnet-4-0",
    "-4-2025",
];

/// What Messages is told of reasoning.
#[derive(Debug, Default)]
pub(super) struct Thinking {
    /// The value of `thinking`.
    pub(super) thinking: Option<String>,
    /// The value of `output_config.effort`.
    pub(super) effort: Option<String>,
}

/// Chat's `reasoning_effort` for Messages, within that many output tokens. `can_begin` says whether the last turn allows thinking to begin:
/// a model with a budget does not take up a loop of tools without the thinking that led into it.
pub(super) fn to_messages(
    body: &Object<'_>,
    target: &TargetFacts<'_>,
    output_tokens: u64,
    can_begin: bool,
    notes: &mut Notes,
) -> Thinking {
    let Some(effort) = body.get("reasoning_effort").map(Value::words) else { return Thinking::default() };
    if effort == "none" {
        return Thinking { thinking: Some(Made::of_type("disabled").finish()), effort: None };
    }
    let Some((_, word, budget)) = EFFORTS.iter().find(|(chat, ..)| *chat == effort) else {
        notes
            .refuse("reasoning_effort", "it is `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`");
        return Thinking::default();
    };
    if tools::is_forced(body) {
        notes.refuse("reasoning_effort", "Messages does not reason where `tool_choice` forces a call");
        return Thinking::default();
    }
    // Some write the version with a point.
    let model = target.model.replace('.', "-");
    if !BUDGET_MODELS.iter().any(|piece| model.contains(piece)) {
        let thinking = Some(Made::of_type("adaptive").finish());
        return Thinking { thinking, effort: Some((*word).to_owned()) };
    }
    // The budget is a part of the output, and half of it is left for the answer.
    let budget = (*budget).min(output_tokens / 2).max(LEAST_BUDGET);
    if budget >= output_tokens || !can_begin {
        notes.drop("reasoning_effort");
        return Thinking::default();
    }
    let thinking = Made::of_type("enabled").with("budget_tokens", &budget.to_string()).finish();
    Thinking { thinking: Some(thinking), effort: None }
}

/// Messages' `output_config.effort` and `thinking` as Chat's effort.
pub(super) fn to_chat(body: &Object<'_>, notes: &mut Notes) -> Option<String> {
    let effort = body.get("output_config").and_then(|config| config.object().get("effort"));
    let thinking = body.get("thinking").map(Value::object);
    if thinking.as_ref().is_some_and(|thinking| thinking.get("display").is_some()) {
        notes.drop("thinking.display");
    }
    if let Some(effort) = effort {
        return Some(effort.raw().to_owned());
    }
    let thinking = thinking?;
    match thinking.words("type").as_str() {
        "enabled" => {
            let budget = thinking.get("budget_tokens").and_then(Value::integer).unwrap_or(LEAST_BUDGET);
            let word = BUDGETS.iter().find(|(from, _)| budget >= *from).map_or("low", |(_, word)| word);
            Some(format!("\"{word}\""))
        }
        // The model decides: so it does where Chat is told nothing.
        "adaptive" => None,
        // Chat's `none` is refused by models that never reason, and by those that always do.
        _ => {
            notes.drop("thinking");
            None
        }
    }
}

/// A block of thinking with the members that Messages takes back: clients add some, such as the `index` of a stream. None for any other
/// block.
pub(super) fn block(block: Value<'_>) -> Option<String> {
    let fields = block.object();
    let members: &[&str] = match fields.words("type").as_str() {
        "thinking" => &["thinking", "signature"],
        "redacted_thinking" => &["data"],
        _ => return None,
    };
    let mut made = Made::of_type(&fields.words("type"));
    for name in members {
        made.raw(name, fields.get(name).map_or("\"\"", Value::raw));
    }
    Some(made.finish())
}
