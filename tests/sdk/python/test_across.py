"""What an application sees whose model is served by a provider that speaks the other dialect: `openai` asks Claude, and
`anthropic` asks a model of OpenAI's. The provider is a small one of our own that speaks both."""

import http.server
import json
import threading

import anthropic
import openai
import pytest
from gateway import Gateway

HELLO = [{"role": "user", "content": "Hello there"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
PIXEL = "iVBORw0KGgo="
CITIES = ["Paris", "Rome"]

POLICY = """edition 2026
alias claude
alias gpt
provider one {
  protocol: anthropic   url: "http://127.0.0.1:PORT"   key: env("ACROSS_KEY")   network: private
  model sonnet as "claude-sonnet" { supports: [chat, tools, vision, structured-output]  context: 128k tokens  output: 8k tokens }
}
provider two {
  protocol: openai   url: "http://127.0.0.1:PORT/v1"   key: env("ACROSS_KEY")   network: private
  model large as "gpt-large" { supports: [chat, tools, vision, structured-output]  context: 128k tokens  output: 8k tokens }
}
approve all: any
  until 2099-01-01  owner "tests"  by "tests"  ref "T-1"
route claude when request.model is claude  to one/sonnet
route gpt when request.model is gpt  to two/large
otherwise deny "never"
"""


def texts(content):
    """The texts of a message's content, in either dialect."""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


class Upstream(http.server.BaseHTTPRequestHandler):
    """Says what it was asked, calls a tool twice where it is offered one, and breaks off where it is told to."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, asked))
        is_chat = self.path == "/v1/chat/completions"
        last = asked["messages"][-1]
        kinds = [part["type"] for part in last["content"]] if isinstance(last["content"], list) else ["text"]
        text = texts(last["content"])
        if text == "wrong":
            error = {"type": "invalid_request_error", "message": "temperature: too hot"}
            return self.answer(400, {"error": error} if is_chat else {"type": "error", "error": error})
        is_result = last["role"] == "tool" or "tool_result" in kinds
        if "tools" in asked and not is_result:
            return self.tell(asked, is_chat, None, False)
        if is_result:
            text = "Sunny in both."
        elif "response_format" in asked or "output_config" in asked:
            text = '{"city":"Oslo"}'
        elif "image_url" in kinds or "image" in kinds:
            text = f"I see {kinds}"
        self.tell(asked, is_chat, text, text == "cut")

    def tell(self, asked, is_chat, text, is_cut):
        events = (self.chat if is_chat else self.message)(asked["model"], text)
        if not asked.get("stream"):
            return self.answer(200, events[0])
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for event in events[1][: 3 if is_cut else None]:
            name = "" if is_chat else f"event: {event['type']}\n"
            data = event if isinstance(event, str) else json.dumps(event)
            self.wfile.write(f"{name}data: {data}\n\n".encode())
        self.close_connection = True

    def chat(self, model, text):
        """A whole answer of Chat Completions, and the chunks of a streamed one."""
        calls = [
            {"id": f"call_{city}", "type": "function", "function": {"name": "weather", "arguments": json.dumps({"city": city})}}
            for city in CITIES
        ]
        said = {"content": text} if text else {"tool_calls": calls}
        reason = "stop" if text else "tool_calls"
        usage = {"prompt_tokens": 13, "completion_tokens": 4, "total_tokens": 17, "prompt_tokens_details": {"cached_tokens": 10}}
        head = {"id": "chat_1", "created": 1, "model": model}
        whole = {**head, "object": "chat.completion", "usage": usage}
        whole["choices"] = [{"index": 0, "message": {"role": "assistant", "content": None, **said}, "finish_reason": reason}]
        pieces = [{"content": text}] if text else [{"tool_calls": [{"index": at, **call}]} for at, call in enumerate(calls)]
        chunk = {**head, "object": "chat.completion.chunk"}
        deltas = [{"role": "assistant", "content": ""}, *pieces]
        chunks = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        chunks.append({**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        # A cut stream ends before its reason.
        chunks = [chunks[0], chunks[1], {**chunk, "choices": []}, *chunks[2:]]
        return whole, [*chunks, {**chunk, "choices": [], "usage": usage}, "[DONE]"]

    def message(self, model, text):
        """A whole answer of Messages, and the events of a streamed one."""
        blocks = [{"type": "tool_use", "id": f"toolu_{city}", "name": "weather", "input": {"city": city}} for city in CITIES]
        blocks = [{"type": "text", "text": text}] if text else blocks
        reason = "end_turn" if text else "tool_use"
        usage = {"input_tokens": 3, "cache_read_input_tokens": 10, "output_tokens": 4}
        whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": blocks}
        whole.update(stop_reason=reason, stop_sequence=None, usage=usage)
        events = [{"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}}]
        for index, block in enumerate(blocks):
            begun = {**block, "text": ""} if text else {**block, "input": {}}
            delta = {"type": "text_delta", "text": text}
            if not text:
                delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            events.append({"type": "content_block_start", "index": index, "content_block": begun})
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
            events.append({"type": "content_block_stop", "index": index})
        events.append({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 4}})
        return whole, [*events, {"type": "message_stop"}]

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def across(upstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("across")
    policy = folder / "main.route"
    policy.write_text(POLICY.replace("PORT", str(upstream.server_port)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ACROSS_KEY", "a-provider-key")
        running = Gateway(folder, policy)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def key(across):
    return across.key("eve")


@pytest.fixture(scope="module")
def chats(across, key):
    return across.client(key).chat.completions


@pytest.fixture(scope="module")
def messages(across, key):
    return across.anthropic(key).messages


def test_a_chat_with_claude(chats, upstream):
    answer = chats.create(model="claude", messages=HELLO, temperature=0.5)
    assert answer.choices[0].message.content == "Hello there" and answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (13, 4)
    assert answer.usage.prompt_tokens_details.cached_tokens == 10
    path, headers, asked = upstream.asked[-1]
    assert path == "/v1/messages" and asked["model"] == "claude-sonnet" and asked["max_tokens"] == 8000
    assert headers["x-api-key"] == "a-provider-key" and headers["anthropic-version"] and "authorization" not in headers


def test_a_stream_of_claude(chats):
    chunks = list(chats.create(model="claude", messages=HELLO, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello there"
    assert chunks[-1].usage.total_tokens == 17


def test_claude_calls_a_tool_twice(chats):
    tools = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    choice = chats.create(model="claude", messages=HELLO, tools=tools).choices[0]
    with chats.stream(model="claude", messages=HELLO, tools=tools) as stream:
        streamed = stream.get_final_completion().choices[0]
    for said in (choice, streamed):
        assert said.finish_reason == "tool_calls"
        assert [json.loads(call.function.arguments)["city"] for call in said.message.tool_calls] == CITIES
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in choice.message.tool_calls]
    again = chats.create(model="claude", messages=[*HELLO, choice.message, *results], tools=tools)
    assert again.choices[0].message.content == "Sunny in both."



def test_claude_answers_by_a_schema_and_sees_an_image(chats):
    shape = {"type": "json_schema", "json_schema": {"name": "place", "strict": True, "schema": SCHEMA}}
    answer = chats.create(model="claude", messages=HELLO, response_format=shape)
    assert json.loads(answer.choices[0].message.content) == {"city": "Oslo"}
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    seen = chats.create(model="claude", messages=[{"role": "user", "content": [image, {"type": "text", "text": "What?"}]}])
    assert seen.choices[0].message.content == "I see ['image', 'text']"


def test_mistakes_with_claude(chats, upstream):
    with pytest.raises(openai.BadRequestError) as wrong:
        chats.create(model="claude", messages=[{"role": "user", "content": "wrong"}])
    assert "temperature: too hot" in wrong.value.message
    before = len(upstream.asked)
    with pytest.raises(openai.BadRequestError) as refused:
        chats.create(model="claude", messages=HELLO, n=2)
    assert refused.value.code == "not_supported" and "cannot carry `n`" in refused.value.message
    assert len(upstream.asked) == before


def test_a_stream_of_claude_that_is_cut(chats):
    pieces = []
    with pytest.raises(openai.APIError, match="broke off"):
        for chunk in chats.create(model="claude", messages=[{"role": "user", "content": "cut"}], stream=True):
            pieces.append(chunk.choices[0].delta.content or "")
    assert "".join(pieces) == "cut"


def test_a_message_for_gpt(messages, upstream):
    answer = messages.create(model="gpt", max_tokens=100, system="Be kind.", messages=HELLO)
    assert answer.content[0].text == "Hello there" and answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (3, 10, 4)
    path, headers, asked = upstream.asked[-1]
    assert path == "/v1/chat/completions" and asked["model"] == "gpt-large"
    assert headers["authorization"] == "Bearer a-provider-key"
    assert not [name for name in headers if name.startswith("anthropic-") or name == "x-api-key"]


def test_a_stream_of_gpt(messages):
    with messages.stream(model="gpt", max_tokens=100, messages=HELLO) as stream:
        assert "".join(stream.text_stream) == "Hello there"
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn" and final.usage.output_tokens == 4


def test_gpt_calls_a_tool_twice(messages):
    asked = {"model": "gpt", "max_tokens": 100, "tools": [{"name": "weather", "input_schema": SCHEMA}]}
    answer = messages.create(**asked, messages=HELLO)
    with messages.stream(**asked, messages=HELLO) as stream:
        streamed = stream.get_final_message()
    for said in (answer, streamed):
        assert said.stop_reason == "tool_use"
        assert [block.input["city"] for block in said.content] == CITIES
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": "sunny"} for block in answer.content]
    turn = [*HELLO, {"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]
    assert messages.create(**asked, messages=turn).content[0].text == "Sunny in both."


def test_gpt_answers_by_a_schema_and_sees_an_image(messages):
    shape = {"format": {"type": "json_schema", "schema": SCHEMA}}
    answer = messages.create(model="gpt", max_tokens=100, messages=HELLO, output_config=shape)
    assert json.loads(answer.content[0].text) == {"city": "Oslo"}
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    seen = messages.create(
        model="gpt", max_tokens=100, messages=[{"role": "user", "content": [image, {"type": "text", "text": "What?"}]}]
    )
    assert seen.content[0].text == "I see ['image_url', 'text']"


def test_mistakes_with_gpt(messages):
    with pytest.raises(anthropic.BadRequestError) as wrong:
        messages.create(model="gpt", max_tokens=9, messages=[{"role": "user", "content": "wrong"}])
    assert "temperature: too hot" in wrong.value.message
    with pytest.raises(anthropic.BadRequestError) as refused:
        messages.create(model="gpt", max_tokens=9, messages=HELLO, extra_body={"top_k": 5})
    assert "cannot carry `top_k`" in refused.value.message


def test_a_stream_of_gpt_that_is_cut(messages):
    pieces = []
    with pytest.raises(anthropic.APIStatusError, match="broke off"):
        with messages.stream(model="gpt", max_tokens=9, messages=[{"role": "user", "content": "cut"}]) as stream:
            pieces.extend(stream.text_stream)
    assert pieces == ["cut"]
