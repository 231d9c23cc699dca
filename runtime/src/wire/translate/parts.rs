//! Parts of a message's content: Chat's parts and Messages' blocks.

use super::Dialect;
use super::notes::Notes;
use super::raw::{Made, Object, Value, quoted};
use super::rules::Place;
use crate::wire::json::Kind;

/// Where parts stand in a Chat body, for notes.
const PATH: &str = "messages.content";

/// Pictures that Messages takes.
const PICTURES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/// How a file without a name is called, since Chat wants one.
const UNNAMED: &str = "document.pdf";

/// A `data:` URL in base64.
struct DataUrl<'a> {
    media_type: &'a str,
    base64: &'a str,
}

impl<'a> DataUrl<'a> {
    fn read(url: &'a str) -> Option<DataUrl<'a>> {
        let (head, base64) = url.strip_prefix("data:")?.split_once(',')?;
        let head = head.strip_suffix(";base64")?;
        Some(DataUrl { media_type: head.split(';').next().unwrap_or(head), base64 })
    }
}

/// Whose content it is: what parts it may have differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// A system prompt's: texts alone.
    System,
    /// A user's.
    User,
    /// An assistant's, from earlier answers.
    Assistant,
    /// A tool's.
    Tool,
}

/// The content of a Chat message as blocks.
pub(super) fn to_blocks(content: Value<'_>, whose: Whose, notes: &mut Notes) -> Vec<String> {
    match content.kind() {
        Kind::String if content.says_something() => {
            vec![Made::of_type("text").with("text", content.raw()).finish()]
        }
        Kind::String => Vec::new(),
        Kind::Array => content.items().into_iter().filter_map(|part| to_block(part, whose, notes)).collect(),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
            notes.refuse(PATH, "it is neither a text nor a list of parts");
            Vec::new()
        }
    }
}

fn to_block(part: Value<'_>, whose: Whose, notes: &mut Notes) -> Option<String> {
    let part = part.object();
    let kind = part.words("type");
    if !notes.carries(Dialect::OpenAi, Place::Part, PATH, &kind) {
        return None;
    }
    let made = match kind.as_str() {
        "text" | "refusal" => {
            let text = part.get(&kind)?;
            text.says_something().then(|| Made::of_type("text").with("text", text.raw()))?
        }
        _ if matches!(whose, Whose::System | Whose::Assistant) => {
            notes.refuse(PATH, "Messages takes texts alone of a system prompt and of an assistant");
            return None;
        }
        "image_url" => image(&part, notes)?,
        _ => document(&part, notes)?,
    };
    Some(cached(made, &part).finish())
}

/// Adds the place up to which the prompt is to be cached: Messages' own word, which some callers write, or Chat's.
pub(super) fn cached(made: Made, part: &Object<'_>) -> Made {
    match (part.get("cache_control"), part.get("prompt_cache_breakpoint")) {
        (Some(control), _) => made.with("cache_control", control.raw()),
        (None, Some(_)) => made.with("cache_control", "{\"type\":\"ephemeral\"}"),
        (None, None) => made,
    }
}

fn image(part: &Object<'_>, notes: &mut Notes) -> Option<Made> {
    let image = part.get("image_url")?.object();
    if image.get("detail").is_some_and(|detail| !detail.is("auto")) {
        notes.drop("messages.content.image_url.detail");
    }
    let url = image.words("url");
    let source = match DataUrl::read(&url) {
        Some(data) => {
            let media_type = if data.media_type == "image/jpg" { "image/jpeg" } else { data.media_type };
            if !PICTURES.contains(&media_type) {
                notes.refuse(PATH, "Messages takes pictures that are JPEG, PNG, GIF or WebP");
                return None;
            }
            base64_source(media_type, data.base64)
        }
        None if url.starts_with("https://") => Made::of_type("url").with_text("url", &url),
        None => {
            notes.refuse(PATH, "Messages takes a picture by an `https:` URL, or as a `data:` URL in base64");
            return None;
        }
    };
    Some(Made::of_type("image").with("source", &source.finish()))
}

fn base64_source(media_type: &str, data: &str) -> Made {
    Made::of_type("base64").with_text("media_type", media_type).with_text("data", data)
}

fn document(part: &Object<'_>, notes: &mut Notes) -> Option<Made> {
    let file = part.get("file")?.object();
    let data = file.words("file_data");
    let Some(data) = DataUrl::read(&data).filter(|data| data.media_type == "application/pdf") else {
        notes.refuse(PATH, "Messages takes a file whose `file_data` is a `data:` URL of a PDF in base64");
        return None;
    };
    let source = base64_source(data.media_type, data.base64).finish();
    Some(Made::of_type("document").with("source", &source).with_some("title", file.get("filename")))
}

/// The content of a Messages message as blocks; a text counts as a block of it.
pub(super) fn blocks_of(content: Value<'_>, notes: &mut Notes) -> Vec<(String, String)> {
    match content.kind() {
        Kind::String => {
            vec![("text".to_owned(), Made::of_type("text").with("text", content.raw()).finish())]
        }
        Kind::Array => {
            let kinds = content
                .items()
                .into_iter()
                .map(|block| (block.object().words("type"), block.raw().to_owned()));
            kinds.collect()
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
            notes.refuse(PATH, "it is neither a text nor a list of blocks");
            Vec::new()
        }
    }
}

/// A block of a user as parts of Chat; more than one for a document made of blocks.
pub(super) fn to_parts(kind: &str, block: &Object<'_>, notes: &mut Notes) -> Vec<String> {
    if block.get("cache_control").is_some() {
        notes.drop("messages.content.cache_control");
    }
    match kind {
        "text" => vec![text_part(block, notes)],
        "image" => image_part(block, notes).into_iter().collect(),
        _ => document_parts(block, notes),
    }
}

/// A text of Chat.
pub(super) fn text_part(block: &Object<'_>, notes: &mut Notes) -> String {
    if block.get("citations").is_some_and(|citations| citations.raw() != "[]") {
        notes.drop("messages.content.citations");
    }
    Made::of_type("text").with("text", block.get("text").map_or("\"\"", Value::raw)).finish()
}

fn image_part(block: &Object<'_>, notes: &mut Notes) -> Option<String> {
    let source = block.get("source")?.object();
    let url = match source.words("type").as_str() {
        "base64" => data_url(&source),
        "url" => source.get("url")?.raw().to_owned(),
        _ => {
            notes.refuse(PATH, "Chat takes a picture by its URL or in base64");
            return None;
        }
    };
    Some(Made::of_type("image_url").with("image_url", &Made::new().with("url", &url).finish()).finish())
}

fn data_url(source: &Object<'_>) -> String {
    quoted(&format!("data:{};base64,{}", source.words("media_type"), source.words("data")))
}

fn document_parts(block: &Object<'_>, notes: &mut Notes) -> Vec<String> {
    let cites = block.get("citations").map(|citations| citations.object());
    if cites.is_some_and(|citations| citations.get("enabled").is_some_and(|enabled| enabled.raw() == "true"))
    {
        notes.refuse(PATH, "Chat cannot cite a document");
        return Vec::new();
    }
    if block.get("context").is_some() {
        notes.drop("messages.content.document.context");
    }
    let Some(source) = block.get("source").map(Value::object) else { return Vec::new() };
    match source.words("type").as_str() {
        "base64" => {
            let name = block.get("title").map_or_else(|| quoted(UNNAMED), |title| title.raw().to_owned());
            let file = Made::new().with("filename", &name).with("file_data", &data_url(&source)).finish();
            vec![Made::of_type("file").with("file", &file).finish()]
        }
        "text" => {
            if block.get("title").is_some() {
                notes.drop("messages.content.document.title");
            }
            vec![Made::of_type("text").with("text", source.get("data").map_or("\"\"", Value::raw)).finish()]
        }
        "content" => {
            let Some(content) = source.get("content") else { return Vec::new() };
            let mut parts = Vec::new();
            for (kind, block) in blocks_of(content, notes) {
                if !matches!(kind.as_str(), "text" | "image") {
                    notes.refuse(PATH, "a document is made of texts and pictures");
                    continue;
                }
                parts.extend(inner_part(&kind, &block, notes));
            }
            parts
        }
        _ => {
            notes.refuse(PATH, "Chat takes a document in base64 or as a text");
            Vec::new()
        }
    }
}

fn inner_part(kind: &str, block: &str, notes: &mut Notes) -> Vec<String> {
    let block = Value::read(block, crate::wire::json::Keys::Unchecked);
    block.map(|block| to_parts(kind, &block.object(), notes)).unwrap_or_default()
}
