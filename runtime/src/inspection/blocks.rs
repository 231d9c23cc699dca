//! The content blocks of Anthropic's API: which of them are text, and how far. A block of another kind than these is
//! unread, as everywhere.

use super::{Walk, Walked, words};
use crate::wire::json::{Kind, Reader, Text};
use std::borrow::Cow;

/// Whose contents the results of tools are: as of a message with that role.
const RESULT_SPEAKER: &str = words::SEPARATE_ROLES[0];

impl Walk {
    /// The system prompt of a request for a message, which stands beside the messages, or words that are put into the
    /// model's mouth.
    pub(super) fn said_by(&mut self, speaker: &'static str, reader: &mut Reader<'_>) -> Walked {
        self.is_system = words::SYSTEM_ROLES.contains(&speaker);
        self.speaker = speaker.into();
        self.is_begun = false;
        let walked = self.contents(reader);
        self.is_system = false;
        walked
    }

    /// A text, or a list of blocks.
    fn contents(&mut self, reader: &mut Reader<'_>) -> Walked {
        match reader.peek()? {
            Kind::String => {
                let text = reader.string()?;
                self.content(text);
                Ok(())
            }
            Kind::Array => reader.array(|reader| self.content_part(reader)),
            Kind::Object => self.content_part(reader),
            Kind::Null | Kind::Bool | Kind::Number => self.value_of(reader, None),
        }
    }

    /// A block of that kind, which is no plain text.
    pub(super) fn block(&mut self, reader: &mut Reader<'_>, kind: &str) -> Walked {
        match kind {
            "thinking" => reader.object(|reader, key| self.member(reader, key)),
            "tool_use" | "server_tool_use" | "mcp_tool_use" => {
                reader.object(|reader, key| match key.is("input") {
                    true => self.arguments(reader, key),
                    false => self.member(reader, key),
                })
            }
            "tool_result" | "mcp_tool_result" => {
                let speaker = std::mem::replace(&mut self.speaker, RESULT_SPEAKER.into());
                self.is_begun = false;
                let walked = self.holder(reader);
                self.speaker = speaker;
                walked
            }
            "search_result" => self.holder(reader),
            "document" => reader.object(|reader, key| match key.is("source") {
                true => self.source(reader, key),
                false => self.member(reader, key),
            }),
            _ => {
                self.unread();
                self.media(reader, None)
            }
        }
    }

    /// A block that holds blocks.
    fn holder(&mut self, reader: &mut Reader<'_>) -> Walked {
        reader.object(|reader, key| match key.is("content") {
            true => self.contents(reader),
            false => self.member(reader, key),
        })
    }

    /// What a tool is called with: a part as it stands, and each of its texts.
    fn arguments(&mut self, reader: &mut Reader<'_>, key: Text<'_>) -> Walked {
        let raw = reader.fork().raw()?;
        if reader.peek()? == Kind::Object && raw != "{}" {
            self.add(raw.to_owned());
        }
        self.level += 1;
        let walked = self.value(reader, key);
        self.level -= 1;
        walked
    }

    /// Where a document comes from: plain text and blocks can be read, a file cannot.
    fn source(&mut self, reader: &mut Reader<'_>, key: Text<'_>) -> Walked {
        let kind = match reader.peek()? {
            Kind::Object => super::word_of(&mut reader.fork(), "type")?.unwrap_or_default(),
            _ => Cow::default(),
        };
        match kind.as_ref() {
            "text" => reader.object(|reader, key| match reader.peek()? {
                Kind::String if key.is("data") => {
                    let text = reader.string()?;
                    self.content(text);
                    Ok(())
                }
                _ => self.member(reader, key),
            }),
            "content" => self.holder(reader),
            _ => self.unread_value(reader, key),
        }
    }

    /// Whether a member of the body names what lies at the provider, and nobody here can read.
    pub(super) fn is_elsewhere(key: Text<'_>) -> bool {
        key.is("container")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Texts, read};
    use crate::wire::{Api, call};
    use wayleave_program::schema::Inspected;

    /// Of a request with these members beside what it must have.
    fn texts(members: &str) -> Texts {
        let messages = if members.contains("\"messages\"") { "" } else { r#""messages":[],"# };
        let body = format!(r#"{{"model":"m","max_tokens":9,{messages}{members}}}"#);
        call::read(Api::Messages, body.as_bytes()).unwrap_or_else(|bad| panic!("{bad}: {body}"));
        read(Api::Messages, &body).expect("a call is JSON")
    }

    fn blocks(blocks: &str) -> Texts {
        texts(&format!(r#""messages":[{{"role":"user","content":[{blocks}]}}]"#))
    }

    fn parts(texts: &Texts) -> Vec<&str> {
        texts.of(Inspected::Prompt).collect()
    }

    #[test]
    fn the_protocols_own_words_are_no_text() {
        let texts = texts(
            r#""stream":true,"thinking":{"type":"enabled","budget_tokens":1024},"temperature":0.5,"top_k":5,
            "output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},
            "tool_choice":{"type":"any","disable_parallel_tool_use":true},"service_tier":"auto",
            "system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],
            "messages":[{"role":"user","content":[{"type":"text","text":"hi"},
              {"type":"tool_result","content":[{"type":"text","text":"r"}],"is_error":false},
              {"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"citations":{"enabled":true}}]}]"#,
        );
        assert_eq!(parts(&texts), ["s", "hi", "r", "d"]);
        assert!(!texts.is_unread(Inspected::Prompt));
    }

    #[test]
    fn every_other_text_is_a_part() {
        for member in [
            r#""system":"X""#,
            r#""system":[{"type":"text","text":"X"}]"#,
            r#""system":[{"type":"text","text":"X","cache_control":{}}]"#,
            r#""metadata":{"user_id":"X"}"#,
            r#""stop_sequences":["X"]"#,
            r#""prefill":[{"type":"text","text":"X"}]"#,
            r#""vendor":{"a":["X"]}"#,
            r#""tools":[{"name":"f","description":"X"}]"#,
            r#""tools":[{"name":"f","input_schema":{"properties":{"X":{"type":"string"}}}}]"#,
            r#""mcp_servers":[{"type":"url","url":"X"}]"#,
            r#""container":"X""#,
        ] {
            assert!(parts(&texts(member)).contains(&"X"), "{member}");
        }
        for block in [
            r#"{"type":"text","text":"X"}"#,
            r#"{"text":"X","type":"text"}"#,
            r#"{"type":"text","text":"a","citations":[{"cited_text":"X"}]}"#,
            r#"{"type":"thinking","thinking":"X","signature":"c"}"#,
            r#"{"type":"thinking","thinking":"a","signature":"X"}"#,
            r#"{"type":"redacted_thinking","data":"X"}"#,
            r#"{"type":"tool_use","id":"t","name":"X","input":{}}"#,
            r#"{"type":"tool_use","id":"t","name":"f","input":{"k":["X"]}}"#,
            r#"{"type":"tool_use","id":"t","name":"f","input":{"X":1}}"#,
            r#"{"type":"tool_use","id":"t","name":"f","input":{"k":"{\"i\":\"X\"}"}}"#,
            r#"{"type":"server_tool_use","name":"web_search","input":{"query":"X"}}"#,
            r#"{"type":"tool_result","tool_use_id":"X","content":"a"}"#,
            r#"{"type":"tool_result","tool_use_id":"t","content":"X"}"#,
            r#"{"type":"tool_result","content":[{"type":"text","text":"X"}]}"#,
            r#"{"type":"tool_result","content":[{"type":"search_result","title":"X","content":[]}]}"#,
            r#"{"type":"search_result","source":"s","content":[{"type":"text","text":"X"}]}"#,
            r#"{"type":"document","title":"X","source":{"type":"text","data":"a"}}"#,
            r#"{"type":"document","context":"X","source":{"type":"text","data":"a"}}"#,
            r#"{"type":"document","source":{"type":"text","data":"X"}}"#,
            r#"{"type":"document","source":{"type":"content","content":"X"}}"#,
            r#"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"X"}]}}"#,
            r#"{"type":"document","source":{"type":"url","url":"X"}}"#,
            r#"{"type":"image","source":{"type":"url","url":"X"}}"#,
            r#"{"type":"web_search_tool_result","content":[{"title":"X"}]}"#,
            r#"{"type":"X"}"#,
        ] {
            assert!(parts(&blocks(block)).contains(&"X"), "{block}");
        }
        let call = blocks(r#"{"type":"tool_use","name":"f","input":{"password":"a b"}}"#);
        assert!(parts(&call).contains(&r#"{"password":"a b"}"#), "{call:?}");
    }

    #[test]
    fn what_is_split_is_joined() {
        let joined = |members: &str| parts(&texts(members)).contains(&"secret");
        let block = |text: &str| format!(r#"{{"type":"text","text":"{text}"}}"#);
        let (one, two) = (block("se"), block("cret"));
        assert!(joined(&format!(r#""system":[{one},{two}]"#)));
        assert!(joined(&format!(r#""messages":[{{"role":"user","content":[{one},{two}]}}]"#)));
        assert!(joined(r#""messages":[{"role":"user","content":"se"},{"role":"user","content":"cret"}]"#));
        let result = |content: &str| format!(r#"{{"type":"tool_result","content":[{content}]}}"#);
        let of = |blocks: &str| joined(&format!(r#""messages":[{{"role":"user","content":[{blocks}]}}]"#));
        assert!(of(&result(&format!("{one},{two}"))));
        assert!(!of(&format!("{},{}", result(&one), result(&two))));
        assert!(!of(&format!("{one},{}", result(&two))));
        let empty = result("");
        assert!(of(&format!("{one},{empty},{two}")), "a result without text does not end the row");
        let system = texts(r#""system":"s","messages":[{"role":"user","content":"u"}]"#);
        assert_eq!(system.of(Inspected::System).collect::<Vec<_>>(), ["s"]);
        let late =
            texts(r#""messages":[{"role":"user","content":"u"}],"system":[{"type":"image"}],"user":"v""#);
        assert!(late.is_unread(Inspected::System) && late.of(Inspected::System).next().is_none());
    }

    #[test]
    fn what_nobody_can_read_is_told() {
        for block in [
            r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}"#,
            r#"{"type":"image","source":{"type":"file","file_id":"file_1"}}"#,
            r#"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}"#,
            r#"{"type":"document","source":{"type":"file","file_id":"file_1"}}"#,
            r#"{"type":"document","source":{"type":"content","content":[{"type":"image","source":{}}]}}"#,
            r#"{"type":"document","source":{"data":"a"}}"#,
            r#"{"type":"tool_result","content":[{"type":"image","source":{}}]}"#,
            r#"{"type":"redacted_thinking","data":"AAAA"}"#,
            r#"{"type":"container_upload","file_id":"file_1"}"#,
            r#"{"type":"web_search_tool_result","content":[]}"#,
            r#"{"type":"hologram","text":"a"}"#,
        ] {
            assert!(blocks(block).is_unread(Inspected::Prompt), "{block}");
        }
        assert!(texts(r#""container":"c""#).is_unread(Inspected::Prompt));
        let payload = "QUJD".repeat(1000);
        let image = format!(
            r#"{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{payload}"}}}}"#
        );
        assert!(blocks(&image).bytes() < 100);
    }
}
