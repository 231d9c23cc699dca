"""The cells of PyPI's `anthropic`."""

import os

import anthropic
import cells
from cells import HELLO, IMAGE, LONG, SCHEMA, TIMEOUT_SECONDS, TOKENS, TOOL, Place, raises

TOOLS = [{"name": "weather", "description": TOOL, "input_schema": SCHEMA}]


def user(content):
    return [{"role": "user", "content": content}]


def tokens_in(answer):
    """With those that the provider had read before, which Messages counts apart."""
    return answer.usage.input_tokens + (answer.usage.cache_read_input_tokens or 0)


def chat(client, column):
    answer = client.messages.create(model=column.model(), system="Be kind.", messages=user("hello"), max_tokens=TOKENS)
    column.said(answer.content[0].text, HELLO)
    assert answer.stop_reason == ("end_turn" if column.is_scripted else "max_tokens")
    column.counted(tokens_in(answer), answer.usage.output_tokens)


def stream(client, column):
    with client.messages.stream(model=column.model(), messages=user("hello"), max_tokens=TOKENS) as streaming:
        pieces = list(streaming.text_stream)
        final = streaming.get_final_message()
    assert len(pieces) > 1
    column.said("".join(pieces), HELLO)
    assert final.content[0].text == "".join(pieces)
    assert final.stop_reason == ("end_turn" if column.is_scripted else "max_tokens")
    column.counted(tokens_in(final), final.usage.output_tokens)


def tools(client, column):
    asked = {"model": column.model(), "max_tokens": TOKENS, "tools": TOOLS}
    whole = client.messages.create(messages=user("weather"), **asked)
    with client.messages.stream(messages=user("weather"), **asked) as streaming:
        streamed = streaming.get_final_message()
    for said in (whole, streamed):
        assert said.stop_reason == "tool_use", said.stop_reason
        calls = [block for block in said.content if block.type == "tool_use"]
        cities = [Place.model_validate(call.input).city for call in calls]
        assert len(cities) == 2, cities
        assert not column.is_scripted or cities == ["Paris", "Rome"]
        assert len({call.id for call in calls}) == 2
    ids = [block.id for block in whole.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": called, "content": "sunny"} for called in ids]
    turns = [*user("weather"), {"role": "assistant", "content": whole.content}, *user(results)]
    answer = client.messages.create(messages=turns, **asked)
    column.said(answer.content[0].text, "Sunny in both.")
    for called in ids:
        column.saw(called)


def structured_output(client, column):
    asked = {"model": column.model(), "messages": user("which city"), "max_tokens": TOKENS, "output_format": Place}
    assert isinstance(client.messages.parse(**asked).parsed_output, Place)
    with client.messages.stream(**asked) as streaming:
        assert isinstance(streaming.get_final_message().parsed_output, Place)


def image(client, column):
    parts = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}},
        {"type": "text", "text": "which picture"},
    ]
    answer = client.messages.create(model=column.model(), messages=user(parts), max_tokens=TOKENS)
    column.said(answer.content[0].text, "A cloud of dots.")
    column.saw_image()


def errors(client, column):
    def ask(content="hello", model=column.model(), with_client=client):
        return with_client.messages.create(model=model, messages=user(content), max_tokens=TOKENS)

    stranger = client.with_options(api_key="wl_not-a-key")
    raises(anthropic.AuthenticationError, lambda: ask(with_client=stranger), status_code=401, type="authentication_error")
    raises(anthropic.PermissionDeniedError, lambda: ask(model="nobody"), status_code=403, type="permission_error")
    raises(anthropic.NotFoundError, lambda: ask(model="no-such"), status_code=404, type="not_found_error")
    if not column.is_scripted:
        raises(anthropic.BadRequestError, lambda: ask("hello " * 2000), status_code=400, message="exceeds the available context")
        return
    raises(anthropic.BadRequestError, lambda: ask("wrong"), status_code=400, message="temperature: too hot")
    raises(anthropic.RateLimitError, lambda: ask("busy", column.model("busy")), status_code=429)
    text = []

    def read():
        with client.messages.stream(model=column.model(), messages=user("cut"), max_tokens=TOKENS) as streaming:
            text.extend(streaming.text_stream)

    raises(anthropic.APIError, read, message="broke off")
    assert "".join(text) and LONG.startswith("".join(text))


def refusal(error):
    if not isinstance(error, (anthropic.BadRequestError, anthropic.PermissionDeniedError)):
        return None
    said = error.body["error"]
    return said["message"] if said.get("code") in ("not_supported", "denied_by_policy") else None


if __name__ == "__main__":
    cells.run(
        anthropic.Anthropic(
            base_url=os.environ["MATRIX_URL"].removesuffix("/v1"),
            api_key=os.environ["MATRIX_KEY"],
            max_retries=0,
            timeout=TIMEOUT_SECONDS,
        ),
        {
            "chat": chat,
            "stream": stream,
            "tools": tools,
            "structured output": structured_output,
            "image": image,
            "errors": errors,
        },
        refusal,
    )
