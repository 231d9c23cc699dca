"""Other gateways, as `gateway.py --peers` asks for them: one that is a plain proxy, and those that a package registry brings.

Each proxies to the provider without rules, keys or log of its own, on one thread or in one process.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
# What is brought is kept there.
KEPT = HERE.parent.parent / "target" / "gateway-peers"
PORTKEY = "1.15.2"
LITELLM = "1.106.0"


class Peer:
    """A gateway of others that runs; the headers that it wants beside those of every request."""

    def __init__(self, name, port, command, headers=None, environment=None):
        self.name, self.port, self.headers = name, port, headers or {}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, **quiet)

    def is_ready(self, lua):
        """Whether it answers requests, within a minute; says what was wrong where it does not."""
        url = f"http://127.0.0.1:{self.port}/v1/chat/completions"
        began = time.monotonic()
        while "requests in" not in (told := once(lua, url)) or "Non-2xx" in told or "Socket errors" in told:
            if self.process.poll() is not None or time.monotonic() - began > 60:
                print(f"{self.name} is left out, as it does not answer: {told}", file=sys.stderr)
                return False
            time.sleep(0.5)
        return True


def once(lua, url):
    return subprocess.run(["wrk", "-t1", "-c1", "-d1s", "-s", lua, url], capture_output=True, text=True, check=False).stdout


def bring(name):
    print(f"bringing {name}, which may take a minute", file=sys.stderr)


def start(folder, provider, first_port):
    """Those that can be had here, with a word about the others on standard error."""
    started = []
    for name, begin in (("haproxy", haproxy), ("Portkey", portkey), ("LiteLLM", litellm)):
        port = first_port + len(started)
        try:
            started.append(begin(folder, provider, port))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return started


def haproxy(folder, provider, port):
    """A plain proxy, from `apt-get install haproxy`."""
    if not shutil.which("haproxy"):
        raise FileNotFoundError("`haproxy` is not here")
    conf = folder / "haproxy.cfg"
    conf.write_text(
        "global\n  nbthread 1\n  maxconn 4096\n"
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n  http-reuse always\n"
        f"listen all\n  bind 127.0.0.1:{port}\n  server provider 127.0.0.1:{provider}\n"
    )
    return Peer("haproxy", port, ["haproxy", "-db", "-f", conf])


def portkey(_, provider, port):
    """`@portkey-ai/gateway` of npm, which is told with each request where to."""
    place = KEPT / "portkey"
    server = place / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    if not server.exists():
        bring("Portkey")
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", place]
        subprocess.run([*command, f"@portkey-ai/gateway@{PORTKEY}"], check=True, stdout=subprocess.DEVNULL)
    told = {"x-portkey-provider": "openai", "x-portkey-custom-host": f"http://127.0.0.1:{provider}/v1"}
    environment = {"TRUSTED_CUSTOM_HOSTS": "localhost,127.0.0.1", "NODE_ENV": "production"}
    return Peer("Portkey", port, ["node", server, f"--port={port}", "--headless"], told, environment)


def litellm(folder, provider, port):
    """`litellm[proxy]` of PyPI, in an environment of its own."""
    place = KEPT / "litellm"
    binary = place / "bin" / "litellm"
    if not binary.exists():
        bring("LiteLLM")
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        command = [place / "bin" / "pip", "install", "-q", f"litellm[proxy]=={LITELLM}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    conf = folder / "litellm.yaml"
    parameters = {"model": "openai/small", "api_base": f"http://127.0.0.1:{provider}/v1", "api_key": "sk-upstream"}
    # JSON is YAML.
    conf.write_text(json.dumps({"model_list": [{"model_name": "assistant", "litellm_params": parameters}]}))
    command = [binary, "--config", conf, "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    key = "sk-of-the-measure"
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": key}
    return Peer("LiteLLM", port, command, {"authorization": f"Bearer {key}"}, environment)
