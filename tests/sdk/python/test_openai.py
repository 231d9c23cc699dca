"""What an application sees that uses the official `openai` SDK and has changed nothing but its base URL."""

import openai
import pytest

HELLO = [{"role": "user", "content": "Hello there"}]


def test_chat(apps):
    answer = apps.chat.completions.create(model="assistant", messages=HELLO)
    assert answer.choices[0].message.role == "assistant"
    assert "Hello there" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_stream(apps):
    whole = apps.chat.completions.create(model="assistant", messages=HELLO).choices[0].message.content
    chunks = list(apps.chat.completions.create(model="assistant", messages=HELLO, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_stream_with_usage(apps):
    chunks = list(
        apps.chat.completions.create(
            model="assistant", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].usage.completion_tokens > 0


def test_embeddings(apps):
    # The SDK asks for base64 by itself and decodes it.
    answer = apps.embeddings.create(model="north/embed", input=["one", "two"])
    assert [row.index for row in answer.data] == [0, 1]
    assert len(answer.data[0].embedding) > 0
    assert answer.data[0].embedding != answer.data[1].embedding
    again = apps.embeddings.create(model="north/embed", input="one", encoding_format="float")
    assert again.data[0].embedding == pytest.approx(answer.data[0].embedding)


def test_models(apps, gateway):
    names = {model.id for model in apps.models.list()}
    assert {"assistant", "north/large", "south/large"} <= names
    stranger = gateway.client(gateway.key("nobody"))
    assert "south/large" not in {model.id for model in stranger.models.list()}
    assert apps.models.retrieve("assistant").id == "assistant"


def test_denial_says_why(apps):
    with pytest.raises(openai.PermissionDeniedError) as denied:
        apps.chat.completions.create(
            model="assistant", messages=HELLO, extra_headers={"x-data-class": "confidential"}
        )
    assert denied.value.status_code == 403
    assert "Confidential data goes to no hosted model." in denied.value.message
    assert denied.value.response.headers["x-wayleave-decision"]


def test_unknown_model(apps):
    with pytest.raises(openai.NotFoundError) as missing:
        apps.chat.completions.create(model="no-such-model", messages=HELLO)
    assert missing.value.code == "model_not_found"


def test_wrong_header_value(apps):
    with pytest.raises(openai.BadRequestError) as wrong:
        apps.chat.completions.create(model="assistant", messages=HELLO, extra_headers={"x-data-class": "secret"})
    assert "public, internal or confidential" in wrong.value.message


def test_no_valid_key(gateway):
    client = openai.OpenAI(base_url=gateway.url, api_key="wl_not-a-key", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model="assistant", messages=HELLO)


def test_a_model_may_be_named(apps):
    raw = apps.chat.completions.with_raw_response.create(model="south/large", messages=HELLO)
    assert raw.headers["x-wayleave-target"] == "south/large"


def test_fallback_is_served_and_told(failing):
    client = failing.client(failing.key("ben", "--team", "apps", "--app", "ide"))
    raw = client.chat.completions.with_raw_response.create(model="assistant", messages=HELLO)
    assert raw.headers["x-wayleave-target"] == "south/large"
    assert "Hello there" in raw.parse().choices[0].message.content
    with client.chat.completions.with_streaming_response.create(
        model="assistant", messages=HELLO, stream=True
    ) as streamed:
        assert streamed.headers["x-wayleave-target"] == "south/large"
        assert "[DONE]" in streamed.read().decode()
    identifier = raw.headers["x-wayleave-decision"]
    record = failing.record(identifier)
    attempts = [(attempt["target"], attempt["cause"], attempt["status"]) for attempt in record["attempts"]]
    assert attempts == [("north/large", "overloaded", 503), ("south/large", None, 200)]
    assert record["target"] == "south/large"
