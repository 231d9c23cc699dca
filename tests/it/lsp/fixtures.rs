//! The files of `suite/lsp`, a folder a feature: policies with a place marked by `$0`, or a range by two of them, and beside each
//! what the server answers there. `//- PATH` begins another file; the one with the mark is open, the others are on disk. Every
//! case is asked in each encoding of positions and with both line ends, and the answers must be the same.

use super::client::{Client, uri};
use lsp_server::{Message, Request};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use wayleave_grammar::layout::layout;
use wayleave_grammar::parse;
use wayleave_lsp::Pace;
use wayleave_lsp::features::places::filled;

/// Where a case begins that names no file.
const MAIN: &str = "/p/main.route";

/// A case as its file tells it.
pub(crate) struct Case {
    /// Path and text.
    pub(crate) files: Vec<(String, String)>,
    /// Which of them is open.
    pub(crate) open: usize,
    /// In bytes of that one.
    pub(crate) mark: Range<usize>,
}

impl Case {
    pub(crate) fn read(text: &str) -> Case {
        let mut files: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            if let Some(path) = line.strip_prefix("//- ") {
                files.push((path.trim().to_owned(), String::new()));
                continue;
            }
            if files.is_empty() {
                files.push((MAIN.to_owned(), String::new()));
            }
            files.last_mut().expect("one was begun").1.push_str(line);
        }
        let open = files.iter().position(|(_, text)| text.contains("$0")).unwrap_or(0);
        let text = &mut files[open].1;
        let start = text.find("$0");
        *text = text.replacen("$0", "", 1);
        let end = text.find("$0");
        *text = text.replacen("$0", "", 1);
        let start = start.unwrap_or(0);
        Case { files, open, mark: start..end.unwrap_or(start) }
    }

    /// With every line end as on Windows.
    fn on_windows(&self) -> Case {
        let text = |text: &str| text.replace('\n', "\r\n");
        let before = |at: usize| text(&self.files[self.open].1[..at]).len();
        Case {
            files: self.files.iter().map(|(path, content)| (path.clone(), text(content))).collect(),
            open: self.open,
            mark: before(self.mark.start)..before(self.mark.end),
        }
    }

    pub(crate) fn path(&self) -> &str {
        &self.files[self.open].0
    }

    pub(crate) fn text(&self) -> &str {
        &self.files[self.open].1
    }

    /// A client that has the file open.
    pub(crate) fn client(&self, encoding: &str, capabilities: &Value, waits: Waits) -> Client {
        let mut capabilities = capabilities.clone();
        capabilities["general"] = json!({"positionEncodings": [encoding]});
        let disk: Vec<(&str, &str)> =
            self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let client = match waits {
            Waits::ForChecks => Client::start(capabilities, &disk),
            Waits::ForProofs => Client::paced(Pace::PROMPT, capabilities, &disk, |_| {}),
        };
        client.open(self.path(), self.text());
        if waits == Waits::ForProofs {
            // It is asked to ask again when guarantees are proven, and when it is known what routes do.
            let mut again = 0;
            let mut count = |message: Message| {
                let is_again = |request: &Request| request.method == "workspace/inlayHint/refresh";
                again += usize::from(matches!(message, Message::Request(request) if is_again(&request)));
            };
            if client.settled(self.path(), &mut count) {
                while again < 2 {
                    let message = client.receive();
                    let is_again = |request: &Request| request.method == "workspace/inlayHint/refresh";
                    again += usize::from(matches!(message, Message::Request(request) if is_again(&request)));
                }
            }
        }
        client
    }
}

/// What a client waits for before it asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// What a look at the text shows.
    ForChecks,
    /// All that is proven.
    ForProofs,
}

/// A text as a client counts in it.
pub(crate) struct Counted<'t> {
    pub(crate) text: &'t str,
    pub(crate) encoding: &'t str,
}

impl Counted<'_> {
    fn length(&self, text: &str) -> usize {
        match self.encoding {
            "utf-8" => text.len(),
            "utf-16" => text.encode_utf16().count(),
            _ => text.chars().count(),
        }
    }

    pub(crate) fn position(&self, at: usize) -> Value {
        let before = &self.text[..at];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        json!({"line": before.matches('\n').count(), "character": self.length(&before[start..])})
    }

    pub(crate) fn range(&self, range: &Range<usize>) -> Value {
        json!({"start": self.position(range.start), "end": self.position(range.end)})
    }

    /// The byte of a position, which must be one that stands in the text.
    pub(crate) fn offset(&self, position: &Value) -> usize {
        let number = |name: &str| position[name].as_u64().and_then(|number| usize::try_from(number).ok());
        let (line, character) = (number("line").expect("a line"), number("character").expect("a character"));
        let start: usize = self.text.split_inclusive('\n').take(line).map(str::len).sum();
        assert!(self.text[..start].matches('\n').count() == line, "{position} is beyond the text");
        let rest = self.text[start..].split('\n').next().expect("a line").trim_end_matches('\r');
        let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        let at = ends.into_iter().find(|at| self.length(&rest[..*at]) == character);
        start + at.unwrap_or_else(|| panic!("{position} is not between characters of {rest:?}"))
    }

    pub(crate) fn bytes(&self, range: &Value) -> Range<usize> {
        self.offset(&range["start"])..self.offset(&range["end"])
    }

    /// For people: line and column in code points from 1, and what stands there.
    fn shown(&self, range: &Value) -> String {
        let bytes = self.bytes(range);
        let place = |at: usize| {
            let before = &self.text[..at];
            let start = before.rfind('\n').map_or(0, |end| end + 1);
            format!("{}:{}", before.matches('\n').count() + 1, before[start..].chars().count() + 1)
        };
        let text = self.text[bytes.clone()].replace("\r\n", "\n");
        format!("{}-{} {text:?}", place(bytes.start), place(bytes.end))
    }

    /// The text with edits applied, which must be disjoint and by place.
    pub(crate) fn edited(&self, edits: &Value) -> String {
        let mut edited = String::new();
        let mut end = 0;
        for edit in edits.as_array().expect("edits") {
            let range = self.bytes(&edit["range"]);
            assert!(range.start >= end, "edits meet: {edits}");
            edited.push_str(&self.text[end..range.start]);
            edited.push_str(edit["newText"].as_str().expect("a text"));
            end = range.end;
        }
        edited + &self.text[end..]
    }
}

/// An answer with every range as people read it.
fn readable(answer: &Value, texts: &BTreeMap<String, String>, encoding: &str, of: &str) -> Value {
    let again = |value: &Value, of: &str| readable(value, texts, encoding, of);
    match answer {
        Value::Object(members) if members.contains_key("start") && members.contains_key("end") => {
            match texts.get(of) {
                Some(text) => json!(Counted { text, encoding }.shown(answer)),
                None => answer.clone(),
            }
        }
        Value::Object(members) => {
            let own = ["uri", "targetUri"].iter().find_map(|name| members.get(*name)?.as_str());
            let own = own.or(members.get("textDocument").and_then(|document| document["uri"].as_str()));
            let shown = members.iter().map(|(name, value)| {
                let of = if name.starts_with("file://") { name } else { own.unwrap_or(of) };
                (name.clone(), again(value, of))
            });
            Value::Object(shown.collect::<Map<_, _>>())
        }
        Value::Array(values) => values.iter().map(|value| again(value, of)).collect(),
        Value::String(text) => json!(text.replace("\r\n", "\n")),
        Value::Null | Value::Bool(_) | Value::Number(_) => answer.clone(),
    }
}

/// The names of colours by number, as the server says them at the start.
const COLOURS: [&str; 11] = [
    "comment",
    "keyword",
    "string",
    "number",
    "regexp",
    "operator",
    "type",
    "property",
    "enumMember",
    "namespace",
    "variable",
];

/// The same of what is more to know.
const MODIFIERS: [&str; 4] = ["declaration", "readonly", "deprecated", "defaultLibrary"];

/// Each word with its colour.
fn coloured(case: &Case, counted: &Counted<'_>, answer: &Value) -> Vec<String> {
    let numbers: Vec<u64> =
        answer["data"].as_array().expect("numbers").iter().filter_map(Value::as_u64).collect();
    let (mut line, mut character) = (0, 0);
    let mut shown = Vec::new();
    for token in numbers.chunks(5) {
        character = if token[0] == 0 { character + token[1] } else { token[1] };
        line += token[0];
        let end = json!({"line": line, "character": character + token[2]});
        let range = json!({"start": {"line": line, "character": character}, "end": end});
        let colour = COLOURS[usize::try_from(token[3]).expect("a small number")];
        let is_set = |bit: &usize| token[4] & (1 << bit) != 0;
        let more: String =
            (0..MODIFIERS.len()).filter(is_set).map(|bit| format!("+{}", MODIFIERS[bit])).collect();
        shown.push(format!("{}: {colour}{more} {}", line + 1, &case.text()[counted.bytes(&range)]));
    }
    shown
}

/// A feature of the suite: its folder, its method, and what else is asked.
struct Asked {
    folder: &'static str,
    method: &'static str,
    capabilities: fn() -> Value,
    waits: Waits,
    /// What is added to the document, from the marked range.
    more: fn(&Counted<'_>, &Range<usize>) -> Value,
    /// What must hold of the answer, whatever it is.
    holds: fn(&Case, &Counted<'_>, &Value),
    /// What of the answer is shown.
    shown: fn(&Case, &Counted<'_>, &Value) -> Value,
}

const PLAIN: Asked = Asked {
    folder: "",
    method: "",
    capabilities: || json!({}),
    waits: Waits::ForChecks,
    more: |_, _| json!({}),
    holds: |_, _, _| {},
    shown: |_, _, answer| answer.clone(),
};

const ACTIONS: Asked = Asked {
    method: "textDocument/codeAction",
    more: |counted, mark| json!({"range": counted.range(mark), "context": {"diagnostics": []}}),
    ..PLAIN
};

const COMPLETION: Asked = Asked { method: "textDocument/completion", more: place, ..PLAIN };

fn place(counted: &Counted<'_>, mark: &Range<usize>) -> Value {
    json!({"position": counted.position(mark.start)})
}

fn versioned() -> Value {
    json!({"workspace": {"workspaceEdit": {"documentChanges": true}}})
}

/// Of a file below both folders each has a policy.
fn two_policies() -> Value {
    json!({"workspaceFolders": [{"uri": uri("/p"), "name": "p"}, {"uri": uri("/p/team"), "name": "team"}]})
}

/// What is done to the open file by any action leaves no more mistakes of form than there were.
fn reads_after(case: &Case, counted: &Counted<'_>, actions: &Value) {
    for action in actions.as_array().expect("a list") {
        let documents = action["edit"]["documentChanges"].as_array().expect("edits by document");
        for document in documents.iter().filter(|one| one["textDocument"]["uri"] == json!(uri(case.path()))) {
            assert_eq!(document["textDocument"]["version"], json!(1), "{action}");
            let edits = document["edits"].as_array().expect("edits").iter().map(|edit| {
                let text = match edit["snippet"]["value"].as_str() {
                    Some(snippet) => json!(filled(snippet)),
                    None => edit["newText"].clone(),
                };
                json!({"range": edit["range"], "newText": text})
            });
            let text = counted.edited(&edits.collect());
            assert!(parse(&text).errors().len() <= parse(case.text()).errors().len(), "{text}");
        }
    }
}

/// What is offered: how it is called, what is said of it, and what comes with it.
fn offered(_: &Case, _: &Counted<'_>, answer: &Value) -> Value {
    let items = answer["items"].as_array().expect("items").iter();
    let told = items.filter(|item| item["additionalTextEdits"].is_array() || item["kind"] != json!(14));
    let shown = told.map(|item| {
        let detail = item["detail"].as_str().unwrap_or_default();
        json!({"label": item["label"], "detail": detail, "also": item["additionalTextEdits"]})
    });
    shown.collect()
}

const FEATURES: &[Asked] = &[
    Asked {
        folder: "formatting",
        method: "textDocument/formatting",
        more: |_, _| json!({"options": {"tabSize": 8, "insertSpaces": false}}),
        holds: |case, counted, edits| {
            assert_eq!(counted.edited(edits), layout(&parse(case.text())), "what comes of {edits}");
        },
        ..PLAIN
    },
    Asked {
        folder: "range-formatting",
        method: "textDocument/rangeFormatting",
        more: |counted, mark| json!({"range": counted.range(mark), "options": {"tabSize": 8, "insertSpaces": false}}),
        ..PLAIN
    },
    Asked { folder: "symbols", method: "textDocument/documentSymbol", ..PLAIN },
    Asked {
        folder: "selection",
        method: "textDocument/selectionRange",
        more: |counted, mark| json!({"positions": [counted.position(mark.start)]}),
        ..PLAIN
    },
    Asked {
        folder: "workspace-symbols",
        method: "workspace/symbol",
        more: |counted, mark| json!({"query": &counted.text[mark.clone()]}),
        ..PLAIN
    },
    Asked {
        folder: "tokens",
        method: "textDocument/semanticTokens/full",
        shown: |case, counted, answer| json!(coloured(case, counted, answer)),
        ..PLAIN
    },
    Asked {
        folder: "tokens-range",
        method: "textDocument/semanticTokens/range",
        more: |counted, mark| json!({"range": counted.range(mark)}),
        shown: |case, counted, answer| json!(coloured(case, counted, answer)),
        ..PLAIN
    },
    Asked {
        folder: "fixes",
        method: "textDocument/codeAction",
        capabilities: || json!({"workspace": {"workspaceEdit": {"documentChanges": true}}}),
        more: |counted, mark| json!({"range": counted.range(mark), "context": {"diagnostics": []}}),
        ..PLAIN
    },
    Asked {
        folder: "pull",
        method: "textDocument/diagnostic",
        capabilities: || {
            json!({"textDocument": {"publishDiagnostics": {
                "relatedInformation": true, "tagSupport": {"valueSet": [1, 2]}}}})
        },
        // The id is made of positions, which differ by encoding.
        shown: |_, _, answer| answer["items"].clone(),
        ..PLAIN
    },
    Asked {
        folder: "rename-edits",
        method: "textDocument/rename",
        capabilities: versioned,
        more: |counted, mark| json!({"position": counted.position(mark.start), "newName": "renamed"}),
        ..PLAIN
    },
    Asked { folder: "additions", capabilities: versioned, holds: reads_after, ..ACTIONS },
    Asked {
        folder: "additions-with-places",
        capabilities: || json!({"workspace": {"workspaceEdit": {"documentChanges": true, "snippetEditSupport": true}}}),
        holds: reads_after,
        ..ACTIONS
    },
    Asked { folder: "missing-use", capabilities: versioned, holds: reads_after, ..ACTIONS },
    Asked { folder: "brought", shown: offered, ..COMPLETION },
    Asked { folder: "shared-completion", capabilities: two_policies, shown: offered, ..COMPLETION },
    Asked {
        folder: "shared-hover",
        method: "textDocument/hover",
        capabilities: two_policies,
        more: place,
        ..PLAIN
    },
    Asked {
        folder: "shared-highlight",
        method: "textDocument/documentHighlight",
        capabilities: two_policies,
        more: place,
        ..PLAIN
    },
    Asked {
        folder: "signature-help",
        method: "textDocument/signatureHelp",
        capabilities: || {
            let parts = json!({"parameterInformation": {"labelOffsetSupport": true}});
            json!({"textDocument": {"signatureHelp": {"signatureInformation": parts}}})
        },
        more: place,
        ..PLAIN
    },
    Asked { folder: "folding", method: "textDocument/foldingRange", ..PLAIN },
    Asked { folder: "links", method: "textDocument/documentLink", ..PLAIN },
    Asked {
        folder: "lenses",
        method: "textDocument/codeLens",
        capabilities: again,
        waits: Waits::ForProofs,
        shown: |_, _, answer| json!(answer.as_array().expect("lenses").iter().map(lens).collect::<Vec<_>>()),
        ..PLAIN
    },
    Asked {
        folder: "hints",
        method: "textDocument/inlayHint",
        capabilities: again,
        waits: Waits::ForProofs,
        more: |counted, mark| {
            let all = 0..counted.text.len();
            json!({"range": counted.range(if mark.is_empty() { &all } else { mark })})
        },
        shown: |_, counted, answer| {
            json!(
                answer
                    .as_array()
                    .expect("hints")
                    .iter()
                    .map(|hint| behind(counted, hint))
                    .collect::<Vec<_>>()
            )
        },
        ..PLAIN
    },
    Asked {
        folder: "commands",
        method: "workspace/executeCommand",
        capabilities: again,
        waits: Waits::ForProofs,
        more: |counted, mark| {
            let first = counted.text.lines().next().unwrap_or_default();
            let asked = first.strip_prefix("// ").expect("the first line says what is asked");
            let (command, argument) = asked.split_once(' ').expect("a command and its argument");
            let mut argument: Value = serde_json::from_str(argument).expect("it is JSON");
            if argument["position"] == json!("marked") {
                argument["position"] = counted.position(mark.start);
            }
            argument["uri"] = json!(uri(MAIN));
            json!({"command": command, "arguments": [argument]})
        },
        // The rest of a decision is the compiler's.
        shown: |_, _, answer| without(answer, &["decision"]),
        ..PLAIN
    },
];

/// What a client says that asks again when it is told to.
fn again() -> Value {
    json!({
        "textDocument": {"inlayHint": {}},
        "workspace": {"codeLens": {"refreshSupport": true}, "inlayHint": {"refreshSupport": true}},
    })
}

/// A lens with the line that it is above.
fn lens(lens: &Value) -> Value {
    let command = &lens["command"];
    let argument = without(&command["arguments"][0], &["uri"]);
    json!({"above": lens["range"], "title": command["title"], "does": command["command"], "with": argument})
}

/// A hint with what stands before it on its line.
fn behind(counted: &Counted<'_>, hint: &Value) -> Value {
    let at = counted.offset(&hint["position"]);
    let start = counted.text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = counted.text[..at].matches('\n').count() + 1;
    let text = format!("{line}: {}", counted.text[start..at].trim_start());
    json!({"behind": text, "label": hint["label"], "tooltip": hint["tooltip"]["value"]})
}

/// An answer without members of these names.
fn without(answer: &Value, names: &[&str]) -> Value {
    match answer {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !names.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name.clone(), without(value, names))).collect())
        }
        Value::Array(values) => values.iter().map(|value| without(value, names)).collect(),
        other => other.clone(),
    }
}

/// What one client is answered, as people read it.
fn answer(asked: &Asked, case: &Case, encoding: &str) -> String {
    let client = case.client(encoding, &(asked.capabilities)(), asked.waits);
    let counted = Counted { text: case.text(), encoding };
    let mut parameters = (asked.more)(&counted, &case.mark);
    parameters["textDocument"] = json!({"uri": uri(case.path())});
    let answer = client.answer(asked.method, parameters);
    client.finish();
    (asked.holds)(case, &counted, &answer);
    let texts = case.files.iter().map(|(path, text)| (uri(path), text.clone())).collect();
    let shown = readable(&(asked.shown)(case, &counted, &answer), &texts, encoding, &uri(case.path()));
    serde_json::to_string_pretty(&shown).expect("it is JSON")
}

#[test]
fn answers_are_as_the_files_say_in_every_encoding_and_with_both_line_ends() {
    for asked in FEATURES {
        insta::glob!("../../suite/lsp", &format!("{}/*.route", asked.folder), |path| {
            let case = Case::read(&std::fs::read_to_string(path).expect("the file can be read"));
            let shown = answer(asked, &case, "utf-16");
            for encoding in ["utf-8", "utf-32"] {
                assert_eq!(answer(asked, &case, encoding), shown, "{} in {encoding}", path.display());
            }
            for encoding in ["utf-8", "utf-16", "utf-32"] {
                let on_windows = answer(asked, &case.on_windows(), encoding);
                assert_eq!(on_windows, shown, "{} in {encoding} with CRLF", path.display());
            }
            wayleave_tests::snapshot::beside(path, &shown);
        });
    }
}
