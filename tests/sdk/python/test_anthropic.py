"""What an application sees that uses the official `anthropic` SDK and has changed nothing but its base URL."""

import http.server
import json
import threading

import anthropic
import pytest
from gateway import Gateway

HELLO = [{"role": "user", "content": "Hello there"}]
TOOL = {"name": "weather", "description": "Tells the weather.", "input_schema": {"type": "object"}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}

POLICY = """edition 2026
alias assistant
provider claude {
  protocol: anthropic   url: "http://127.0.0.1:PORT"   key: env("CLAUDE_KEY")   network: private
  model sonnet as "claude-sonnet" { supports: [chat, tools, vision, reasoning]  context: 128k tokens  output: 8k tokens }
}
approve all: any
  until 2099-01-01  owner "tests"  by "tests"  ref "T-1"
route main to claude/sonnet
otherwise deny "never"
"""


def test_message(claude):
    answer = claude.messages.create(model="assistant", max_tokens=100, messages=HELLO)
    assert answer.role == "assistant" and answer.stop_reason == "end_turn"
    assert "Hello there" in answer.content[0].text
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


def test_stream(claude):
    whole = claude.messages.create(model="assistant", max_tokens=100, messages=HELLO).content[0].text
    with claude.messages.stream(model="assistant", max_tokens=100, messages=HELLO) as stream:
        assert "".join(stream.text_stream) == whole
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0


def test_count_tokens(claude):
    counted = claude.messages.count_tokens(model="assistant", system="Be kind.", messages=HELLO)
    assert counted.input_tokens == 5


def test_models(claude):
    first = claude.models.list(limit=2)
    names = [model.id for model in first]
    assert len(first.data) == 2 and {"assistant", "north/large", "south/large"} <= set(names)
    assert claude.models.retrieve("assistant").display_name == "assistant"


def test_denial_says_why(claude):
    with pytest.raises(anthropic.PermissionDeniedError) as denied:
        claude.messages.create(
            model="assistant", max_tokens=9, messages=HELLO, extra_headers={"x-data-class": "confidential"}
        )
    assert denied.value.type == "permission_error"
    assert denied.value.error_code == "denied_by_policy"
    assert "Confidential data goes to no hosted model." in denied.value.message
    assert denied.value.request_id == denied.value.response.headers["x-wayleave-decision"]


def test_errors_have_their_types(claude, gateway):
    with pytest.raises(anthropic.NotFoundError) as missing:
        claude.messages.create(model="no-such-model", max_tokens=9, messages=HELLO)
    assert missing.value.error_code == "model_not_found"
    stranger = anthropic.Anthropic(base_url=gateway.url.removesuffix("/v1"), api_key="wl_not-a-key", max_retries=0)
    with pytest.raises(anthropic.AuthenticationError):
        stranger.messages.create(model="assistant", max_tokens=9, messages=HELLO)


class Upstream(http.server.BaseHTTPRequestHandler):
    """A provider that says what it was asked, calls the tool that it is offered, and breaks off where it is told to."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, dict(self.headers), asked))
        last = asked["messages"][-1]["content"]
        text = last if isinstance(last, str) else ""
        if text == "too long":
            error = {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"}
            return self.answer(400, {"type": "error", "error": error, "request_id": "req_1"})
        if self.path.endswith("/count_tokens"):
            return self.answer(200, {"input_tokens": 42})
        block = {"type": "text", "text": f"I see {[part['type'] for part in last]}" if not text else text}
        if "tools" in asked and text:
            block = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": asked["model"],
            "content": [block],
            "stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 4},
        }
        if not asked.get("stream"):
            return self.answer(200, message)
        return self.stream(message, block, is_cut=text == "cut")

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, message, block, is_cut):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        if block["type"] == "tool_use":
            begun = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        else:
            begun = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": block["text"]}
        events = [
            {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": begun},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"]}, "usage": {"output_tokens": 4}},
            {"type": "message_stop"},
        ]
        for event in events[: 3 if is_cut else None]:
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        self.close_connection = True


@pytest.fixture(scope="module")
def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def through(upstream, tmp_path_factory):
    """The official client, through a gateway, to a provider that speaks Anthropic's API."""
    folder = tmp_path_factory.mktemp("claude")
    policy = folder / "main.route"
    policy.write_text(POLICY.replace("PORT", str(upstream.server_port)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CLAUDE_KEY", "a-provider-key")
        running = Gateway(folder, policy)
    yield running.anthropic(running.key("dan"))
    running.stop()


def test_tools(through, upstream):
    asked = {"model": "assistant", "max_tokens": 100, "tools": [TOOL], "messages": HELLO}
    answer = through.messages.create(**asked)
    assert answer.stop_reason == "tool_use" and answer.content[0].input == {"city": "Paris"}
    with through.messages.stream(**asked) as stream:
        assert stream.get_final_message().content[0].input == {"city": "Paris"}
    result = {"type": "tool_result", "tool_use_id": answer.content[0].id, "content": "sunny"}
    turn = [*HELLO, {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}]
    again = through.messages.create(**{**asked, "messages": turn})
    assert again.content[0].text == "I see ['tool_result']"
    path, headers, body = upstream.asked[-1]
    assert path == "/v1/messages" and body["model"] == "claude-sonnet"
    assert headers["x-api-key"] == "a-provider-key" and "authorization" not in {name.lower() for name in headers}
    assert headers["anthropic-version"] == through.default_headers["anthropic-version"]


def test_images_and_betas(through, upstream):
    answer = through.beta.messages.create(
        model="assistant",
        max_tokens=100,
        betas=["one-2026-01-01"],
        thinking={"type": "enabled", "budget_tokens": 1024},
        messages=[{"role": "user", "content": [IMAGE, {"type": "text", "text": "What is it?"}]}],
    )
    assert answer.content[0].text == "I see ['image', 'text']"
    assert upstream.asked[-1][1]["anthropic-beta"] == "one-2026-01-01"


def test_the_provider_counts(through):
    assert through.messages.count_tokens(model="assistant", messages=HELLO).input_tokens == 42


def test_a_callers_own_mistake(through):
    with pytest.raises(anthropic.BadRequestError) as wrong:
        through.messages.create(model="assistant", max_tokens=9, messages=[{"role": "user", "content": "too long"}])
    assert "prompt is too long" in wrong.value.message


def test_a_stream_that_is_cut_is_an_error(through):
    pieces = []
    with pytest.raises(anthropic.APIStatusError) as cut:
        with through.messages.stream(
            model="assistant", max_tokens=9, messages=[{"role": "user", "content": "cut"}]
        ) as stream:
            pieces.extend(stream.text_stream)
    assert pieces == ["cut"]
    assert "broke off" in cut.value.message
