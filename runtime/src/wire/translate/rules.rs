//! What becomes of each member of a request in the other dialect: the single source, which the code follows and the book prints.
//!
//! A member that is null, or that says what holds anyway, counts as unsaid. Members that stand in no table are dropped with their
//! name; kinds of parts and tools that stand in none are refused, since they are what the model is to see.

use super::Dialect;

/// What becomes of a member or a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Goes on under its name, as it was written.
    Carried,
    /// Said in the other dialect's way, which is told here.
    Rewritten(&'static str),
    /// Left out with its name, since nothing hangs on it: why.
    Dropped(&'static str),
    /// Stands in the way, since the caller would get something else than was asked for: why.
    Refused(&'static str),
}

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A member of the body.
    Member,
    /// A member of a message.
    Message,
    /// The kind of a part of a message's content.
    Part,
    /// The kind of a tool.
    Tool,
}

/// What becomes of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// As it is written.
    pub name: &'static str,
    /// Values that ask for nothing, as they are written.
    pub unsaid: &'static [&'static str],
    /// What becomes of any other.
    pub fate: Fate,
}

/// All rules for that place in requests of that dialect.
pub fn rules(from: Dialect, place: Place) -> &'static [Rule] {
    match (from, place) {
        (Dialect::OpenAi, Place::Member) => CHAT_MEMBERS,
        (Dialect::OpenAi, Place::Message) => CHAT_MESSAGES,
        (Dialect::OpenAi, Place::Part) => CHAT_PARTS,
        (Dialect::OpenAi, Place::Tool) => CHAT_TOOLS,
        (Dialect::Anthropic, Place::Member) => MESSAGES_MEMBERS,
        (Dialect::Anthropic, Place::Message) => MESSAGES_MESSAGES,
        (Dialect::Anthropic, Place::Part) => MESSAGES_PARTS,
        (Dialect::Anthropic, Place::Tool) => MESSAGES_TOOLS,
    }
}

/// The rule for that name.
pub fn find(from: Dialect, place: Place, name: &str) -> Option<&'static Rule> {
    rules(from, place).iter().find(|rule| rule.name == name)
}

/// Words of paths that are no members of a body or a message, nor kinds of parts or tools.
const INNER: &[&str] = &[
    "arguments",
    "choices",
    "citations",
    "content",
    "context",
    "description",
    "detail",
    "display",
    "extra_content",
    "function",
    "image_url",
    "is_error",
    "json_schema",
    "title",
    "tool_calls",
    "user_id",
];

/// Whether a name that was dropped is the dialects' own, each word of its path: anything else may be a text of the caller's.
pub fn is_known(path: &str) -> bool {
    const PLACES: [Place; 4] = [Place::Member, Place::Message, Place::Part, Place::Tool];
    let is_rule = |name: &str| {
        let dialects = [Dialect::OpenAi, Dialect::Anthropic].into_iter();
        let mut places = dialects.flat_map(|from| PLACES.map(|place| (from, place)));
        places.any(|(from, place)| find(from, place, name).is_some())
    };
    path.split('.').all(|name| INNER.contains(&name) || is_rule(name))
}

const fn rule(name: &'static str, fate: Fate) -> Rule {
    Rule { name, unsaid: &[], fate }
}

const fn unless(name: &'static str, unsaid: &'static [&'static str], fate: Fate) -> Rule {
    Rule { name, unsaid, fate }
}

use Fate::{Carried, Dropped, Refused, Rewritten};

const ZERO: &[&str] = &["0", "0.0"];
const FALSE: &[&str] = &["false"];
const EMPTY_LIST: &[&str] = &["[]"];
const SAMPLING: &str = "Messages cannot shape sampling so";
const PROBABILITIES: &str = "Messages tells no probabilities";
const AT_THE_PROVIDER: &str = "it runs at the provider";
const OF_ITS_PROVIDER: &str = "it lies at another provider";
const CACHE_HINT: &str = "it changes the cost alone";

const CHAT_MEMBERS: &[Rule] = &[
    rule("model", Rewritten("the target's name of the model")),
    rule("messages", Rewritten("`system` and `messages`, see below")),
    rule("max_completion_tokens", Rewritten("`max_tokens`; unsaid, the target's output limit")),
    rule("max_tokens", Rewritten("`max_tokens`, where `max_completion_tokens` is unsaid")),
    rule("stream", Carried),
    rule(
        "stream_options",
        Rewritten("`include_usage` decides whether the stream ends with its usage; the rest is left out"),
    ),
    rule("temperature", Rewritten("`temperature` up to 1; above it is refused, never rescaled")),
    rule("top_p", Carried),
    rule("top_k", Carried),
    rule("stop", Rewritten("`stop_sequences`, a single one as a list; one of blanks alone is refused")),
    unless("tools", EMPTY_LIST, Rewritten("`tools`, `parameters` as `input_schema`")),
    rule(
        "tool_choice",
        Rewritten(
            "`auto`, `none`, `required` as `any`, a function as `tool`; a choice among some tools is refused",
        ),
    ),
    unless(
        "parallel_tool_calls",
        &["true"],
        Rewritten("`false` as `disable_parallel_tool_use` of `tool_choice`"),
    ),
    rule(
        "functions",
        Refused("it is the old way to say `tools`, whose answers have another shape: say `tools`"),
    ),
    rule("function_call", Refused("it is the old way to say `tool_choice`: say that")),
    rule(
        "response_format",
        Rewritten(
            "`json_schema` as `output_config.format`; `text` is unsaid; `json_object` is refused, since Messages wants a schema",
        ),
    ),
    rule("reasoning_effort", Rewritten("`thinking` and `output_config.effort`, see below")),
    rule(
        "user",
        Rewritten(
            "`metadata.user_id`, where `safety_identifier` is unsaid; beyond 256 characters it is dropped",
        ),
    ),
    rule("safety_identifier", Rewritten("`metadata.user_id`; beyond 256 characters it is dropped")),
    rule("service_tier", Rewritten("`auto`; `default` as `standard_only`; others are dropped")),
    rule("metadata", Dropped("it labels what OpenAI stores")),
    unless("store", FALSE, Dropped("nothing is stored for the caller")),
    rule("seed", Dropped("it is a wish, and no provider promises the same answer")),
    rule("prediction", Dropped("it makes the answer faster, not another")),
    unless("verbosity", &["\"medium\""], Dropped("it is a wish for the length")),
    rule("prompt_cache_key", Dropped(CACHE_HINT)),
    rule("prompt_cache_options", Dropped(CACHE_HINT)),
    rule("prompt_cache_retention", Dropped(CACHE_HINT)),
    unless("n", &["1"], Refused("Messages gives one answer")),
    unless("logprobs", FALSE, Refused(PROBABILITIES)),
    unless("top_logprobs", ZERO, Refused(PROBABILITIES)),
    unless("logit_bias", &["{}"], Refused(SAMPLING)),
    unless("presence_penalty", ZERO, Refused(SAMPLING)),
    unless("frequency_penalty", ZERO, Refused(SAMPLING)),
    unless("modalities", &["[\"text\"]"], Refused("Messages answers in text alone")),
    rule("audio", Refused("Messages answers in text alone")),
    rule("moderation", Refused(AT_THE_PROVIDER)),
    rule("web_search_options", Refused(AT_THE_PROVIDER)),
];

const CHAT_MESSAGES: &[Rule] = &[
    rule(
        "role",
        Rewritten(
            "`system` and `developer`, wherever they stand, as `system`, in their order; `tool` as `tool_result` of a user; messages of one side in a row as one",
        ),
    ),
    rule(
        "content",
        Rewritten(
            "parts as blocks, see below; texts of blanks alone are left out, since Messages takes none",
        ),
    ),
    rule("refusal", Rewritten("a text")),
    rule(
        "tool_calls",
        Rewritten(
            "`tool_use`, its `arguments` as `input`; other characters of an id than letters, digits, `_` and `-` as `_`",
        ),
    ),
    rule("tool_call_id", Rewritten("`tool_use_id`")),
    rule("thinking_blocks", Rewritten("the blocks, before the text: the state that an answer gave")),
    rule("reasoning_content", Dropped("reasoning without a signature is refused by Messages")),
    rule("reasoning", Dropped("reasoning without a signature is refused by Messages")),
    rule("name", Dropped("Messages has no names of those who speak")),
    rule("cache_control", Rewritten("with the last block of the content")),
    unless("annotations", EMPTY_LIST, Dropped("they are of an earlier answer")),
    rule("audio", Refused(OF_ITS_PROVIDER)),
    rule("function_call", Refused("it is the old way to say `tool_calls`: say that")),
];

const CHAT_PARTS: &[Rule] = &[
    rule("text", Carried),
    rule("refusal", Rewritten("`text`")),
    rule(
        "image_url",
        Rewritten(
            "`image`: an `https:` URL, or a `data:` URL of a JPEG, PNG, GIF or WebP in base64; `detail` is dropped",
        ),
    ),
    rule(
        "file",
        Rewritten(
            "`document`: `file_data` that is a `data:` URL of a PDF in base64; a `file_id` is refused, since it lies at another provider",
        ),
    ),
    rule("input_audio", Refused("Messages hears no sound")),
];

const CHAT_TOOLS: &[Rule] = &[
    rule("function", Rewritten("a tool; `strict` is carried")),
    rule("custom", Refused("Messages has no tools of free text")),
];

const MESSAGES_MEMBERS: &[Rule] = &[
    rule("model", Rewritten("the target's name of the model")),
    rule("messages", Rewritten("`messages`, see below")),
    rule("system", Rewritten("the first message, its role `system`")),
    rule("max_tokens", Rewritten("`max_completion_tokens`; 0, which only warms a cache, is refused")),
    rule("stream", Rewritten("`stream`, with `stream_options.include_usage`, since Messages always counts")),
    rule("temperature", Carried),
    rule("top_p", Carried),
    rule("top_k", Refused("Chat cannot shape sampling so")),
    unless(
        "stop_sequences",
        EMPTY_LIST,
        Rewritten("`stop`; more than four are refused, which Chat does not take"),
    ),
    unless("tools", EMPTY_LIST, Rewritten("`tools`, `input_schema` as `parameters`")),
    rule(
        "tool_choice",
        Rewritten(
            "`auto`, `none`, `any` as `required`, `tool` as a function; `disable_parallel_tool_use` as `parallel_tool_calls`",
        ),
    ),
    rule(
        "thinking",
        Rewritten("`reasoning_effort` by its budget, where `output_config.effort` is unsaid, see below"),
    ),
    rule(
        "output_config",
        Rewritten("`effort` as `reasoning_effort`, `format` as a strict `response_format`"),
    ),
    rule("output_format", Rewritten("a strict `response_format`, where `output_config.format` is unsaid")),
    rule("metadata", Rewritten("`user_id` as `user`, beyond 64 characters dropped as is the rest")),
    rule("service_tier", Rewritten("`auto`; `standard_only` as `default`; others are dropped")),
    rule("cache_control", Dropped(CACHE_HINT)),
    unless("speed", &["\"standard\""], Dropped("it makes the answer faster, not another")),
    rule("diagnostics", Dropped("it is about the request, not the answer")),
    rule("container", Refused(OF_ITS_PROVIDER)),
    rule("inference_geo", Refused("Chat cannot say where data is processed")),
    unless("mcp_servers", EMPTY_LIST, Refused(AT_THE_PROVIDER)),
    rule("context_management", Dropped("the conversation is sent whole")),
    unless("fallbacks", EMPTY_LIST, Refused("the policy alone says where a request goes")),
];

const MESSAGES_MESSAGES: &[Rule] = &[
    rule(
        "role",
        Rewritten("`user`, `assistant` and `system` as they are; `tool_result` of a user as `tool`"),
    ),
    rule("content", Rewritten("blocks as parts, see below; a single text as a text")),
];

const MESSAGES_PARTS: &[Rule] = &[
    rule("text", Rewritten("a part of a user, `citations` dropped; the texts of an assistant as one")),
    rule(
        "image",
        Rewritten(
            "`image_url`: base64 as a `data:` URL; a `file` is refused, since it lies at another provider",
        ),
    ),
    rule(
        "document",
        Rewritten(
            "base64 as `file`; a text as `text`, content as its parts; a URL, a `file` and `citations` are refused",
        ),
    ),
    rule("tool_use", Rewritten("`tool_calls`, its `input` as `arguments`")),
    rule(
        "tool_result",
        Rewritten("a message of the role `tool`; `is_error` is dropped; other content than texts is refused"),
    ),
    rule(
        "thinking",
        Rewritten(
            "`reasoning_content` where it has no signature, as answers of Chat are translated; dropped where it has one, which nobody else can read",
        ),
    ),
    rule("redacted_thinking", Dropped("nobody else can read it")),
    rule("mid_conv_system", Rewritten("a message of the role `system`")),
    rule("search_result", Refused("Chat has no search results to cite")),
    rule("server_tool_use", Refused(AT_THE_PROVIDER)),
    rule("web_search_tool_result", Refused(AT_THE_PROVIDER)),
    rule("web_fetch_tool_result", Refused(AT_THE_PROVIDER)),
    rule("code_execution_tool_result", Refused(AT_THE_PROVIDER)),
    rule("bash_code_execution_tool_result", Refused(AT_THE_PROVIDER)),
    rule("text_editor_code_execution_tool_result", Refused(AT_THE_PROVIDER)),
    rule("tool_search_tool_result", Refused(AT_THE_PROVIDER)),
    rule("mcp_tool_use", Refused(AT_THE_PROVIDER)),
    rule("mcp_tool_result", Refused(AT_THE_PROVIDER)),
    rule("container_upload", Refused(OF_ITS_PROVIDER)),
];

const MESSAGES_TOOLS: &[Rule] =
    &[rule("custom", Rewritten("a function; `strict` is carried, other members are dropped"))];
