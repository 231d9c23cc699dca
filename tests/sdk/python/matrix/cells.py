"""What a program of the matrix prints: a line of JSON a cell, which says how one thing went with one upstream.

A cell is `yes`, `refused: ` and the gateway's words, or `failed: ` and what went wrong."""

import json
import os
import urllib.request
from typing import Literal

import pydantic

HELLO = "Hi there, friend! How are you on this fine day?"
LONG = "one two three four five six seven eight nine ten"
# A picture, as base64 of a PNG.
IMAGE = os.environ["MATRIX_IMAGE"]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}},
    "required": ["city"],
    "additionalProperties": False,
}
# What the tool is told to be: the small model does as it says.
TOOL = "Tells the weather; ask twice."
TOKENS = 300
TIMEOUT_SECONDS = 20


class Place(pydantic.BaseModel):
    """What `SCHEMA` describes."""

    model_config = pydantic.ConfigDict(extra="forbid")
    city: Literal["Paris", "Rome"]


class Column:
    """One upstream, asked through the gateway: a provider of the policy."""

    def __init__(self, name, aimock):
        self.name = name
        self.aimock = aimock
        self.is_scripted = name.startswith("aimock")

    def model(self, name="large"):
        return f"{self.name}/{name}"

    def said(self, text, scripted):
        """That a text is what the upstream was to say; of a model of chance it is known that it says something."""
        assert text == scripted if self.is_scripted else text, f"it said {text!r}"

    def counted(self, tokens_in, tokens_out):
        """That an answer to `hello` counts its tokens: the small model goes on until it is stopped."""
        wanted = (11, 12) if self.is_scripted else (tokens_in, TOKENS)
        assert tokens_in > 0 and (tokens_in, tokens_out) == wanted, f"it counts {tokens_in} and {tokens_out}"

    def asked(self):
        """What aimock was sent last: headers, and a body that it writes as a chat whatever the dialect was."""
        with urllib.request.urlopen(f"{self.aimock}/__aimock/journal", timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)[-1]

    def saw(self, wanted):
        """That the upstream was sent this name, where it tells."""
        assert not self.is_scripted or wanted in json.dumps(self.asked()["body"]), f"it was sent {self.asked()['body']}"

    def saw_image(self):
        """That the upstream was sent the image. Of a message aimock keeps no more of it than how long the whole was."""
        assert not self.is_scripted or int(self.asked()["headers"]["content-length"]) > len(IMAGE), "no image was sent"


def raises(kind, call, **members):
    """The error of a call, which must be of the SDK's own class and have these members."""
    try:
        call()
    except kind as error:
        for name, wanted in members.items():
            found = error.message if name == "message" else getattr(error, name)
            assert wanted in found if name == "message" else found == wanted, f"`{name}` is {found!r}"
        return error
    raise AssertionError(f"no {kind.__name__}")


def run(client, rows, refusal):
    """Does every row with every column. `refusal` says what the gateway said where an error is its refusal."""
    for name in os.environ["MATRIX_COLUMNS"].split():
        column = Column(name, os.environ["MATRIX_AIMOCK"])
        for row, does in rows.items():
            try:
                does(client, column)
                cell = "yes"
            # Whatever goes wrong is what the cell says.
            except Exception as error:
                why = refusal(error)
                cell = f"refused: {why}" if why else f"failed: {type(error).__name__}: {error}"
            print(json.dumps({"row": row, "column": name, "cell": cell}), flush=True)
