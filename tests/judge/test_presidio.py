"""A gateway whose policy asks Presidio's own analyzer."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BINARY = pathlib.Path(os.environ.get("WAYLEAVE", HERE.parents[1] / "target" / "debug" / "wayleave"))
START_SECONDS = 60

POLICY = """edition 2026
alias assistant
detector medical {
  url: "http://127.0.0.1:PORT/analyze"  finds: [FINDS]  timeout: 30s  on-failure: FAILURE
}
provider sim {
  protocol: simulated
  model small { supports: [chat, tools]  context: 128k tokens }
}
approve all: any
  until 2099-01-01  owner "tests"  by "tests"  ref "T-1"
deny found when prompt has medical
  because "It stays here."
route main to sim/small
otherwise deny "never"
"""


@pytest.fixture(scope="module")
def port():
    with subprocess.Popen([sys.executable, "-B", HERE / "analyzer.py"], stdout=subprocess.PIPE, text=True) as analyzer:
        yield int(analyzer.stdout.readline())
        analyzer.kill()


def serve(folder, port, finds="patient-id, email-address, iban-code", failure="clean"):
    policy = folder / "main.route"
    text = POLICY.replace("PORT", str(port)).replace("FINDS", finds).replace("FAILURE", failure)
    policy.write_text(text)
    log = folder / "serve.log"
    with open(log, "w") as output:
        process = subprocess.Popen(
            [BINARY, "serve", policy, "--open", "--store", folder / "store.db", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = re.search(r"callers +(http://[0-9.:]+/v1)", log.read_text())
        if found:
            return process, found.group(1)
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    raise AssertionError("the gateway did not start:\n" + log.read_text())


def ask(url, text):
    body = json.dumps({"model": "assistant", "messages": [{"role": "user", "content": text}]}).encode()
    request = urllib.request.Request(url + "/chat/completions", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def gateway(tmp_path, port, request):
    process, url = serve(tmp_path, port, **getattr(request, "param", {}))
    yield url
    process.terminate()
    assert process.wait(timeout=START_SECONDS) == 0


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("hello", 200),
        ("the results of PAT-123456 are in", 403),
        ("write to ann@example.com", 403),
        ("pay to IL150120690000003111111", 403),
        # Presidio finds it, and the policy does not name it.
        ("card 4012888888881881", 200),
        ("a " * 200_000 + "PAT-123456", 403),
    ],
)
def test_findings_of_the_analyzer_decide(gateway, text, status):
    assert ask(gateway, text) == status


# Presidio answers 500 where it has a recognizer for none of the entities that it is asked for.
@pytest.mark.parametrize(
    ("gateway", "status"),
    [({"finds": "diagnosis", "failure": "found"}, 403), ({"finds": "diagnosis", "failure": "clean"}, 200)],
    indirect=["gateway"],
)
def test_a_finding_that_nobody_knows_is_a_failure(gateway, status):
    assert ask(gateway, "hello") == status
