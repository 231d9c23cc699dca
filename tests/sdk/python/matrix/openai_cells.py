"""The cells of PyPI's `openai`."""

import json
import os

import cells
import openai
from cells import HELLO, IMAGE, LONG, SCHEMA, TIMEOUT_SECONDS, TOKENS, TOOL, Place, raises

TOOLS = [{"type": "function", "function": {"name": "weather", "description": TOOL, "parameters": SCHEMA}}]


def user(content):
    return [{"role": "user", "content": content}]


def chat(client, column):
    answer = client.chat.completions.create(
        model=column.model(), messages=[{"role": "system", "content": "Be kind."}, *user("hello")], max_tokens=TOKENS
    )
    column.said(answer.choices[0].message.content, HELLO)
    assert answer.choices[0].finish_reason == ("stop" if column.is_scripted else "length")
    column.counted(answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def stream(client, column):
    chunks = list(
        client.chat.completions.create(
            model=column.model(),
            messages=user("hello"),
            max_tokens=TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) > 1
    column.said("".join(pieces), HELLO)
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    assert reasons == ["stop" if column.is_scripted else "length"], reasons
    column.counted(chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens)


def tools(client, column):
    asked = {"model": column.model(), "max_tokens": TOKENS, "tools": TOOLS}
    whole = client.chat.completions.create(messages=user("weather"), **asked).choices[0]
    with client.chat.completions.stream(messages=user("weather"), **asked) as streaming:
        streamed = streaming.get_final_completion().choices[0]
    for said in (whole, streamed):
        assert said.finish_reason == "tool_calls", said.finish_reason
        cities = [Place.model_validate_json(call.function.arguments).city for call in said.message.tool_calls]
        assert len(cities) == 2, cities
        assert not column.is_scripted or cities == ["Paris", "Rome"]
        assert len({call.id for call in said.message.tool_calls}) == 2
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in whole.message.tool_calls]
    answer = client.chat.completions.create(messages=[*user("weather"), whole.message, *results], **asked).choices[0]
    column.said(answer.message.content, "Sunny in both.")
    for result in results:
        column.saw(result["tool_call_id"])


def structured_output(client, column):
    asked = {"model": column.model(), "messages": user("which city"), "max_tokens": TOKENS, "response_format": Place}
    answer = client.chat.completions.parse(**asked).choices[0].message.parsed
    assert isinstance(answer, Place)
    with client.chat.completions.stream(**asked) as streaming:
        assert isinstance(streaming.get_final_completion().choices[0].message.parsed, Place)


def image(client, column):
    parts = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
        {"type": "text", "text": "which picture"},
    ]
    answer = client.chat.completions.create(model=column.model(), messages=user(parts), max_tokens=TOKENS)
    column.said(answer.choices[0].message.content, "A cloud of dots.")
    column.saw_image()


def embeddings(client, column):
    # Unless told otherwise this package asks for base64 and decodes it.
    for asked in ({}, {"encoding_format": "float"}):
        answer = client.embeddings.create(model=column.model("embed"), input=["one", "one two"], **asked)
        assert [row.index for row in answer.data] == [0, 1]
        assert all(-1 <= number <= 1 for row in answer.data for number in row.embedding)
        assert not column.is_scripted or answer.data[0].embedding == [0.5, -0.25, 0.125]
        assert len(answer.data[0].embedding) == len(answer.data[1].embedding) > 1


def errors(client, column):
    def ask(content="hello", model=column.model(), with_client=client, **more):
        return with_client.chat.completions.create(model=model, messages=user(content), max_tokens=TOKENS, **more)

    stranger = client.with_options(api_key="wl_not-a-key")
    raises(openai.AuthenticationError, lambda: ask(with_client=stranger), status_code=401, code="invalid_api_key")
    raises(openai.PermissionDeniedError, lambda: ask(model="nobody"), status_code=403, code="denied_by_policy")
    raises(openai.NotFoundError, lambda: ask(model="no-such"), status_code=404, code="model_not_found")
    if not column.is_scripted:
        raises(openai.BadRequestError, lambda: ask("hello " * 2000), status_code=400, message="exceeds the available context")
        return
    raises(openai.BadRequestError, lambda: ask("wrong"), status_code=400, message="temperature: too hot")
    raises(openai.RateLimitError, lambda: ask("busy", column.model("busy")), status_code=429)
    text = []

    def read():
        for chunk in ask("cut", stream=True):
            text.append(chunk.choices[0].delta.content or "")

    raises(openai.APIError, read, code="upstream_lost", message="broke off")
    assert "".join(text) and LONG.startswith("".join(text))


def refusal(error):
    is_refusal = isinstance(error, openai.BadRequestError) and error.code == "not_supported"
    is_denial = isinstance(error, openai.PermissionDeniedError) and error.code == "denied_by_policy"
    return json.loads(error.response.text)["error"]["message"] if is_refusal or is_denial else None


if __name__ == "__main__":
    cells.run(
        openai.OpenAI(
            base_url=os.environ["MATRIX_URL"], api_key=os.environ["MATRIX_KEY"], max_retries=0, timeout=TIMEOUT_SECONDS
        ),
        {
            "chat": chat,
            "stream": stream,
            "tools": tools,
            "structured output": structured_output,
            "image": image,
            "embeddings": embeddings,
            "errors": errors,
        },
        refusal,
    )
