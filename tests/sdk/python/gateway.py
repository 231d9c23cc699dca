"""A real `wayleave serve` with a store of its own, and keys, for the official SDKs to call."""

import json
import os
import pathlib
import re
import subprocess
import time

import anthropic
import openai

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("WAYLEAVE", ROOT / "target" / "debug" / "wayleave"))
START_SECONDS = 30


class Gateway:
    """A running gateway and its store."""

    def __init__(self, folder, policy, *options):
        self.store = folder / "store.db"
        self.log = folder / "serve.log"
        self.environment = {**os.environ, "NO_COLOR": "1", "TZ": "UTC"}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", policy, "--store", self.store, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.environment,
            )
        self.url = self._wait(r"callers +(http://[0-9.:]+/v1)")
        self.console = self._wait(r"console +(http://[0-9.:]+)/")

    def _wait(self, pattern):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.search(pattern, self.log.read_text())
            if found:
                return found.group(1)
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        raise AssertionError("the gateway did not start:\n" + self.log.read_text())

    def command(self, *words):
        """Another `wayleave` command on the same store."""
        return subprocess.run(
            [BINARY, *words, "--store", self.store],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=self.environment,
            check=False,
        )

    def key(self, name, *words):
        run = self.command("keys", "add", "--id", name, "--format", "json", *words)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)["key"]

    def record(self, identifier):
        """A decision from the log, which is written a little behind the answer."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            run = self.command("log", "--id", identifier, "--format", "json")
            if run.returncode == 0:
                return json.loads(run.stdout)
            time.sleep(0.05)
        raise AssertionError(run.stderr)

    def client(self, key):
        """The official client, told nothing but where the gateway is and which key to use."""
        client = openai.OpenAI(base_url=self.url, api_key=key, max_retries=0, timeout=20)
        # The gateway learns of a key that another process issued within about a second.
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                client.models.list()
                break
            except openai.AuthenticationError:
                time.sleep(0.05)
        return client

    def anthropic(self, key):
        """The official client of Anthropic, told where the gateway is and which key to use."""
        self.client(key)
        return anthropic.Anthropic(base_url=self.url.removesuffix("/v1"), api_key=key, max_retries=0, timeout=20)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=START_SECONDS) == 0, self.log.read_text()
