"""What the book shows of a running gateway is what one answers: the policy, the command, the request and the answer are all
taken from the page. Moments, times and counts differ from run to run and are masked."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BINARY = ROOT / "target" / "debug" / "wayleave"


class Page:
    """A page and its fences, in order."""

    def __init__(self, path: str):
        text = (ROOT / "docs" / path).read_text()
        found = re.findall(r"^```([^\n]+)\n(.*?)^```$", text, re.S | re.M)
        self.fences = [(words.strip().split(","), body) for words, body in found]

    def one(self, kind: str, words: str) -> str:
        """The one fence of that kind which holds those words."""
        bodies = [body for of, body in self.fences if of[0] == kind and words in body]
        assert len(bodies) == 1, (kind, words, bodies)
        return bodies[0]

    def write_files(self, folder: Path):
        for words, body in self.fences:
            for name in (word.removeprefix("file=") for word in words if word.startswith("file=")):
                (folder / name).write_text(body)


class Gateway:
    """A running `wayleave serve`, on free ports."""

    def __init__(self, folder: Path, *words: str):
        command = [str(BINARY), "serve", *words, "--open", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--store", "store.db"]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.folder = folder
        lines = iter(self.process.stdout.readline, "")
        self.callers = next(line.split()[1] for line in lines if line.strip().startswith("callers"))

    def chat(self, body: dict, **headers: str):
        """Status, headers and JSON of an answer."""
        request = urllib.request.Request(f"{self.callers}/chat/completions", json.dumps(body).encode())
        for name, value in {"content-type": "application/json", **headers}.items():
            request.add_header(name, value)
        try:
            answer = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as refused:
            answer = refused
        return answer.status, answer.headers, json.load(answer)

    def wayleave(self, *words: str) -> str:
        command = [str(BINARY), *words, "--store", "store.db"]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=20, check=False).stdout

    def logged(self, part: str, *words: str) -> str:
        """What `log` shows once it holds that part: the log is written behind the requests."""
        end = time.monotonic() + 20
        while True:
            shown = self.wayleave("log", *words)
            if part in masked(shown) or time.monotonic() > end:
                assert part in masked(shown), shown
                return shown
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0


@pytest.fixture
def serve(tmp_path: Path):
    running = []

    def start(*words: str) -> Gateway:
        running.append(Gateway(tmp_path, *words))
        return running[-1]

    yield start
    for gateway in running:
        gateway.stop()


def body_of(command: str) -> dict:
    """What a shown curl sends."""
    return json.loads(re.search(r"-d '(.*)'", command, re.S).group(1))


def test_the_tour_shows_a_denial(tmp_path: Path, serve):
    page = Page("tour.md")
    subprocess.run([str(BINARY), "init", "my-policy"], cwd=tmp_path, check=True, capture_output=True)
    gateway = serve("my-policy")
    body = body_of(page.one("sh", "curl"))
    status, headers, _ = gateway.chat(body)
    assert status == 200 and "x-wayleave-target" in headers and "x-wayleave-decision" in headers
    status, _, answer = gateway.chat(body, **{"x-data-class": "confidential"})
    assert status == 403 and answer == json.loads(page.one("json", "error"))


def masked(text: str) -> str:
    return re.sub(r"\d+ ms", "N ms", re.sub(r" +", " ", text)).strip()


def test_an_outage_shows_its_attempts(tmp_path: Path, serve):
    page = Page("how-to/survive-an-outage.md")
    page.write_files(tmp_path)
    rule = re.search(r"--simulate (\S+)", page.one("sh", "serve")).group(1)
    gateway = serve("outage.route", "--simulate", rule)
    status, headers, _ = gateway.chat(body_of(page.one("sh", "curl")))
    assert (status, headers["x-wayleave-target"]) == (200, "abroad/wide")
    gateway.logged(masked(page.one("text", "attempts")), "--id", headers["x-wayleave-decision"])


def test_a_rule_on_trial_is_counted(tmp_path: Path, serve):
    page = Page("how-to/roll-out-with-observe.md")
    page.write_files(tmp_path)
    gateway = serve("trial.route")
    for _ in range(3):
        status, _, _ = gateway.chat({"model": "abroad/wide", "messages": [{"role": "user", "content": "hello"}]})
        assert status == 200
    shown = gateway.logged("forbid internal-stays 3", "--summary", "app")
    count = re.compile(r"\d+$", re.M)
    assert count.sub("N", page.one("text", "rules on trial")).strip() in count.sub("N", shown), shown
