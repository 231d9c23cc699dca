//! Tools, the choice among them, and their calls.

use super::Dialect;
use super::notes::Notes;
use super::raw::{Made, Object, Value, held_json, list, quoted};
use super::rules::Place;
use crate::wire::json::{Keys, Kind};

/// The schema of a tool that takes nothing.
const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// Members of a Chat function that Messages has a word for.
const FUNCTION_MEMBERS: [&str; 5] = ["name", "description", "parameters", "strict", "cache_control"];

/// Members of a Messages tool that Chat has a word for.
const TOOL_MEMBERS: [&str; 5] = ["type", "name", "description", "input_schema", "strict"];

/// Writes `tools` and `tool_choice` of Messages.
pub(super) fn to_messages(body: &Object<'_>, out: &mut Made, notes: &mut Notes) {
    let tools: Vec<String> =
        items(body, "tools").into_iter().filter_map(|tool| tool_of_chat(tool, notes)).collect();
    if !tools.is_empty() {
        out.raw("tools", &list(&tools));
    }
    let is_single = body.get("parallel_tool_calls").is_some_and(|value| value.raw() == "false");
    let choice = body.get("tool_choice").and_then(|choice| choice_of_chat(choice, notes));
    // Messages refuses a choice where there is nothing to choose from; Chat takes `none` and `auto` there.
    if tools.is_empty() && choice.as_ref().is_none_or(|(kind, _)| matches!(*kind, "auto" | "none")) {
        return;
    }
    let (kind, name) = match (choice, is_single) {
        (Some(choice), _) => choice,
        (None, true) => ("auto", None),
        (None, false) => return,
    };
    let mut made = Made::of_type(kind).with_some("name", name);
    if is_single && kind != "none" {
        made.raw("disable_parallel_tool_use", "true");
    }
    out.raw("tool_choice", &made.finish());
}

fn items<'a>(body: &Object<'a>, name: &str) -> Vec<Value<'a>> {
    body.get(name).map(Value::items).unwrap_or_default()
}

fn tool_of_chat(tool: Value<'_>, notes: &mut Notes) -> Option<String> {
    let tool = tool.object();
    if !notes.carries(Dialect::OpenAi, Place::Tool, "tools", &tool.words("type")) {
        return None;
    }
    let function = tool.get("function")?.object();
    for (name, _) in function.said().filter(|(name, _)| !FUNCTION_MEMBERS.contains(&name.as_str())) {
        notes.drop(&format!("tools.function.{name}"));
    }
    let made = Made::new()
        .with_some("name", function.get("name"))
        .with_some("description", function.get("description"))
        .with("input_schema", &schema(function.get("parameters")))
        .with_some("strict", function.get("strict"));
    let cache = tool.get("cache_control").or_else(|| function.get("cache_control"));
    Some(made.with_some("cache_control", cache).finish())
}

/// Messages wants a schema that says that it is of an object.
fn schema(parameters: Option<Value<'_>>) -> String {
    let Some(parameters) = parameters else { return NO_PARAMETERS.to_owned() };
    let object = parameters.object();
    if object.get("type").is_some() || parameters.kind() != Kind::Object {
        return parameters.raw().to_owned();
    }
    let rest = parameters.raw().trim_start_matches('{').trim_start();
    match rest {
        "}" => NO_PARAMETERS.to_owned(),
        rest => format!("{{\"type\":\"object\",{rest}"),
    }
}

/// The kind of choice, and the name of the tool that it is.
fn choice_of_chat<'a>(choice: Value<'a>, notes: &mut Notes) -> Option<(&'static str, Option<Value<'a>>)> {
    match choice.words().as_str() {
        "auto" => return Some(("auto", None)),
        "none" => return Some(("none", None)),
        "required" => return Some(("any", None)),
        _ => {}
    }
    let object = choice.object();
    let name = object.get("function").and_then(|function| function.object().get("name"));
    if name.is_none() || object.words("type") != "function" {
        notes.refuse("tool_choice", "Messages takes `auto`, `none`, `required` or one function");
        return None;
    }
    Some(("tool", name))
}

/// Whether Messages is made to call a tool.
pub(super) fn is_forced(body: &Object<'_>) -> bool {
    body.get("tool_choice").is_some_and(|choice| !choice.is("auto") && !choice.is("none"))
}

/// Writes `tools`, `tool_choice` and `parallel_tool_calls` of Chat.
pub(super) fn to_chat(body: &Object<'_>, out: &mut Made, notes: &mut Notes) {
    let tools: Vec<String> =
        items(body, "tools").into_iter().filter_map(|tool| tool_of_messages(tool, notes)).collect();
    if !tools.is_empty() {
        out.raw("tools", &list(&tools));
    }
    let Some(choice) = body.get("tool_choice").map(Value::object) else { return };
    let written = match choice.words("type").as_str() {
        "auto" => quoted("auto"),
        "none" => quoted("none"),
        "any" => quoted("required"),
        "tool" => {
            let function = Made::new().with_some("name", choice.get("name")).finish();
            Made::of_type("function").with("function", &function).finish()
        }
        _ => return notes.refuse("tool_choice", "it is `auto`, `any`, `none` or `tool`"),
    };
    out.raw("tool_choice", &written);
    if choice.get("disable_parallel_tool_use").is_some_and(|value| value.raw() == "true") {
        out.raw("parallel_tool_calls", "false");
    }
}

fn tool_of_messages(tool: Value<'_>, notes: &mut Notes) -> Option<String> {
    let tool = tool.object();
    let kind = tool.words("type");
    let kind = if kind.is_empty() { "custom" } else { kind.as_str() };
    if !notes.carries(Dialect::Anthropic, Place::Tool, "tools", kind) {
        return None;
    }
    for (name, _) in tool.said().filter(|(name, _)| !TOOL_MEMBERS.contains(&name.as_str())) {
        notes.drop(&format!("tools.{name}"));
    }
    let function = Made::new()
        .with_some("name", tool.get("name"))
        .with_some("description", tool.get("description"))
        .with_some("parameters", tool.get("input_schema"))
        .with_some("strict", tool.get("strict"));
    Some(Made::of_type("function").with("function", &function.finish()).finish())
}

/// An id that Messages takes: the same for a call and its result.
pub(super) fn messages_id(id: &str) -> String {
    let is_taken = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    quoted(&id.chars().map(|character| if is_taken(character) { character } else { '_' }).collect::<String>())
}

/// The arguments of a call as the object that they hold; none where they hold no object.
pub(super) fn input(arguments: Option<Value<'_>>) -> Option<String> {
    let held = match (arguments, arguments.and_then(Value::text)) {
        (_, Some(text)) => held_json(text),
        (None, _) => String::new(),
        // Some servers forget that it is a text.
        (Some(value), None) => value.raw().to_owned(),
    };
    if held.trim().is_empty() {
        return Some("{}".to_owned());
    }
    let value = Value::read(&held, Keys::Unchecked).ok().filter(|value| value.kind() == Kind::Object)?;
    Some(value.raw().to_owned())
}

/// A call as Chat writes it: the input as the text of its JSON.
pub(super) fn call(block: &Object<'_>) -> String {
    let input = block.get("input").map_or("{}", Value::raw);
    let function =
        Made::new().with_some("name", block.get("name")).with("arguments", &quoted(input)).finish();
    let made = Made::new()
        .with_some("id", block.get("id"))
        .with_text("type", "function")
        .with("function", &function);
    // What a provider of Chat adds to a call, and wants back with it, goes through Messages as it is.
    made.with_some("extra_content", block.get("extra_content")).finish()
}
