"""What the official SDKs can do through a gateway, against upstreams that others wrote, each in both dialects: aimock, which
answers as it is told, and a llama.cpp server with a small model. What is found is the table of `docs/sdks.md`, cell for cell; with
WAYLEAVE_UPDATE=1 the page is rewritten: read it. A cell that fails is a failure whatever the page says."""

import base64
import importlib.metadata
import json
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import time
import urllib.request
import zlib

import pytest
from gateway import ROOT, Gateway

HERE = pathlib.Path(__file__).parent
NODE = HERE.parent / "node"
PYTHON = HERE.parent / "python"
PAGE = ROOT / "docs" / "sdks.md"
BEGIN, END = "<!-- matrix -->", "<!-- end of matrix -->"
KEY = "a-provider-key"
# Of one program, which takes a few seconds, and of one start; beyond it something hangs.
LIMIT_SECONDS = 60

# Providers of the policy, and what their columns are called.
COLUMNS = {
    "aimock-chat": "aimock, Chat Completions",
    "aimock-messages": "aimock, Messages",
    "llama-chat": "llama.cpp, Chat Completions",
    "llama-messages": "llama.cpp, Messages",
}
ROWS = ["chat", "stream", "tools", "structured output", "image"]
# Each SDK: its packages, the program that uses it, and its rows.
SDKS = {
    "python-openai": (["PyPI `openai`"], PYTHON / "matrix" / "openai_cells.py", [*ROWS, "embeddings", "errors"]),
    "python-anthropic": (["PyPI `anthropic`"], PYTHON / "matrix" / "anthropic_cells.py", [*ROWS, "errors"]),
    "node-openai": (["npm `openai`"], NODE / "matrix" / "openai.mjs", [*ROWS, "embeddings", "errors"]),
    "node-anthropic": (["npm `@anthropic-ai/sdk`"], NODE / "matrix" / "anthropic.mjs", [*ROWS, "errors"]),
    "ai-openai": (["npm `ai`", "npm `@ai-sdk/openai`"], NODE / "matrix" / "ai_openai.mjs", [*ROWS, "embeddings", "errors"]),
    "ai-compatible": (
        ["npm `ai`", "npm `@ai-sdk/openai-compatible`"],
        NODE / "matrix" / "ai_compatible.mjs",
        [*ROWS, "embeddings", "errors"],
    ),
    "ai-anthropic": (
        ["npm `ai`", "npm `@ai-sdk/anthropic`"],
        NODE / "matrix" / "ai_anthropic.mjs",
        [*ROWS, "structured output by a tool", "errors"],
    ),
}


def picture():
    """A PNG of 32 times 32 dots of chance, in base64: it is longer than all else in a request."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    chance = random.Random(7)
    rows = b"".join(b"\0" + chance.randbytes(3 * 32) for _ in range(32))
    head = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def version(package):
    """Of `npm NAME` or `PyPI NAME`, as it is installed."""
    registry, name = package.replace("`", "").split()
    if registry == "npm":
        return json.loads((NODE / "node_modules" / name / "package.json").read_text())["version"]
    return importlib.metadata.version(name)


class Upstream:
    """A process that says where it listens. It has a standard input, since one of them ends with that."""

    def __init__(self, words, log):
        with open(log, "w") as output:
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"^.*(http://127\.0\.0\.1:[0-9]+)$", log.read_text(), re.MULTILINE)
            if found:
                self.url = found.group(1)
                return
            time.sleep(0.02)
        self.process.kill()
        raise AssertionError("it did not start:\n" + log.read_text())

    def stop(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(timeout=LIMIT_SECONDS)


@pytest.fixture(scope="module")
def aimock(tmp_path_factory):
    words = [NODE / "node_modules" / ".bin" / "llmock", "-p", "0", "-f", HERE / "fixtures.json", "--strict", "-c", "5"]
    running = Upstream([*words, "--validate-on-load"], tmp_path_factory.mktemp("aimock") / "log")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    folder = tmp_path_factory.mktemp("llama")
    running = Upstream([sys.executable, "-B", HERE / "llama.py", folder], folder / "log")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def gateway(aimock, llama, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    policy = folder / "main.route"
    policy.write_text((HERE / "matrix.route").read_text().replace("AIMOCK", aimock.url).replace("LLAMA", llama.url))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MATRIX_KEY", KEY)
        running = Gateway(folder, policy)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def found(gateway, aimock):
    """Every cell that was found: by SDK, row and column."""
    key = gateway.key("ana")
    gateway.client(key)
    environment = {**os.environ, "MATRIX_URL": gateway.url, "MATRIX_KEY": key, "MATRIX_AIMOCK": aimock.url}
    environment |= {"MATRIX_COLUMNS": " ".join(COLUMNS), "MATRIX_IMAGE": picture()}
    cells = {}
    for sdk, (_, program, _) in SDKS.items():
        words = ["node", program] if program.suffix == ".mjs" else [sys.executable, "-B", program]
        run = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        assert run.returncode == 0, run.stderr
        for line in run.stdout.splitlines():
            cell = json.loads(line)
            cells[sdk, cell["row"], cell["column"]] = " ".join(cell["cell"].replace("|", "/").split())
    return cells


def table(found):
    """The part of the page that is found out."""
    versions = f"aimock {version('npm @copilotkit/aimock')}, xllamacpp {version('PyPI xllamacpp')}"
    lines = ["", "", f"The upstreams: {versions}.", ""]
    for sdk, (packages, _, rows) in SDKS.items():
        lines += [f"### {' with '.join(f'{package} {version(package)}' for package in packages)}", ""]
        lines += [f"| | {' | '.join(COLUMNS.values())} |", f"|---{'|---' * len(COLUMNS)}|"]
        lines += [f"| {row} | {' | '.join(found[sdk, row, column] for column in COLUMNS)} |" for row in rows]
        lines.append("")
    return "\n".join(lines) + "\n"


def parts():
    """The page before, in and behind the table."""
    before, rest = PAGE.read_text().split(BEGIN)
    middle, after = rest.split(END)
    return before, middle, after


def written():
    """Every cell of the page: by SDK, row and column."""
    cells = {}
    sections = parts()[1].split("### ")[1:]
    for sdk, section in zip(SDKS, sections, strict=True):
        for line in section.strip().splitlines()[4:]:
            row, *values = [value.strip() for value in line.strip("|").split("|")]
            cells.update({(sdk, row, column): value for column, value in zip(COLUMNS, values, strict=True)})
    return cells


def every_cell():
    return [(sdk, row, column) for sdk, (_, _, rows) in SDKS.items() for row in rows for column in COLUMNS]


@pytest.mark.parametrize(("sdk", "row", "column"), every_cell())
def test_a_cell(found, sdk, row, column):
    cell = found.get((sdk, row, column), "not tried")
    assert cell == "yes" or cell.startswith("refused: "), cell
    if "WAYLEAVE_UPDATE" not in os.environ:
        assert cell == written()[sdk, row, column]


def test_the_page(found):
    before, middle, after = parts()
    if "WAYLEAVE_UPDATE" in os.environ:
        PAGE.write_text(before + BEGIN + table(found) + END + after)
    else:
        assert middle == table(found)


def test_no_program_has_a_cell_that_the_page_has_not(found):
    assert sorted(found) == sorted(every_cell())


def test_aimock_was_asked_in_the_dialect_of_each_provider(found, aimock):
    with urllib.request.urlopen(f"{aimock.url}/__aimock/journal", timeout=LIMIT_SECONDS) as answer:
        entries = json.load(answer)
    asked = {(entry["body"]["model"], entry["path"]) for entry in entries}
    assert found and asked == {
        ("chat-large", "/v1/chat/completions"),
        ("chat-busy", "/v1/chat/completions"),
        ("chat-embed", "/v1/embeddings"),
        ("messages-large", "/v1/messages"),
        ("messages-busy", "/v1/messages"),
    }
