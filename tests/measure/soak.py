#!/usr/bin/env python3
"""A soak of the gateway among faults: does it serve on, and forget nothing and keep nothing, while all around it fails?

    tests/measure/soak.py [--binary target/release/wayleave] [--minutes 30] [--rate 150] [--seed 1]

A provider in this process answers well, late, 429, 500, 503, nothing, broken JSON, broken events, or is cut or stalls at any place, as the
seed draws it. Callers in this process ask it through the gateway, plain and streamed, in both dialects; some leave, some read
slowly or not at all, some ask what is refused, some send a megabyte. The policy has fallbacks, retries, a hedge, deadlines, measured orders
and a target that is not there, and is saved anew each minute.

What is judged, each in a line that says `ok` or `FAILED`:

  answers      each is of its own request, whole or with an error that says so, with a status that can come of it
  records      each answered request has exactly one in the decision log, with the same id, status and end
  log          nothing was lost, and none is there that nobody asked for
  memory       the median of the last third is at most 16 MiB above that of the first, both behind the warm-up
  handles      once callers and provider are gone, as many sockets are open as at the start; of files, no more than the store's
  alive        `/readyz` says 200 at the end, and SIGTERM ends the process with 0
  calls        the provider saw no call that the log does not tell of
  errors       its standard error is empty, but for the line that it is stopping
  reloads      each policy that was saved came into force
  faults       each fault was drawn, each kind of caller came, and each way from target to target was gone: else this run shows little

The gateway's memory, open files and threads are looked at each 10 s, which takes Linux, and root, as the process hides itself from others.
The first tenth of the time is the warm-up. Exit: 0 if all is ok, 1 if something failed, 2 if nothing could be measured. A log of the
standard time and rate takes 1 GB in the folder for temporary files.
Writes Markdown to standard output, and a line a minute to standard error. `--keep` leaves store, policy and output where they are.
"""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True

from soaking.callers import Callers  # noqa: E402
from soaking.judge import Run, judge  # noqa: E402
from soaking.provider import Provider  # noqa: E402

# Far more than run while all is well; beyond it a request is not sent, and counted.
CALLS_AT_ONCE = 1000

SAMPLE_SECONDS = 10
RELOAD_SECONDS = 60

POLICY = """edition 2026

type data-class = public < secret

attribute data: data-class  from header "x-data-class"  default public

alias chain
alias raced
alias measured
alias spread
alias gone
alias alone
alias steady
alias talk
alias across
alias vectors

provider first {
  protocol: openai  url: "http://127.0.0.1:%(port)d/first/v1"  key: env("UP_KEY")  network: private  timeout: { first-token: 5s  idle: 2s }
  model small { supports: [chat]  context: 2000k tokens }
}
provider second {
  protocol: openai  url: "http://127.0.0.1:%(port)d/second/v1"  key: env("UP_KEY")  network: private  timeout: { first-token: 5s  idle: 2s }
  model small { supports: [chat]  context: 2000k tokens }
}
provider steady {
  protocol: openai  url: "http://127.0.0.1:%(port)d/steady/v1"  key: env("UP_KEY")  network: private
  model small { supports: [chat]  context: 2000k tokens }
  model embed { supports: [embeddings]  context: 2000k tokens }
}
provider claude {
  protocol: anthropic  url: "http://127.0.0.1:%(port)d/claude/v1"  key: env("UP_KEY")  network: private  timeout: { first-token: 5s  idle: 2s }
  model sonnet { supports: [chat]  context: 2000k tokens }
}
provider gone {
  protocol: openai  url: "http://127.0.0.1:%(gone)d/v1"  key: env("UP_KEY")  network: private
  model small { supports: [chat]  context: 2000k tokens }
}

approve everyone: any
  until 2099-01-01  owner "a"  by "b"  ref "T-1"

// allow R0312: callers of a soak have nothing to hide
deny classified when data is secret
  because "Secret data stays here."
deny leaked when prompt has secret
  because "No secrets."

route chain when request.model is chain  to first/small within 1s else second/small within 1s else steady/small
  retry 1  backoff 50ms..400ms
route raced when request.model is raced  to first/small else second/small else steady/small
  hedge after 150ms  deadline 15s
route measured when request.model is measured  to fastest of [first/small, second/small, steady/small]
  deadline 15s
route spread when request.model is spread
  to split { 50%% first/small  50%% second/small } within 1s else least-busy of [second/small, steady/small]
route gone when request.model is gone  to gone/small else first/small within 1s else steady/small
route alone when request.model is alone  to first/small
  retry 2  backoff 50ms..400ms  deadline 3s
route steady when request.model is steady  to steady/small
route talk when request.model is talk  to claude/sonnet within 1s else first/small within 1s else steady/small
route across when request.model is across  to first/small within 1s else claude/sonnet
  retry 1  backoff 50ms..400ms
route vectors when request.model is vectors  to steady/embed
otherwise deny "No route."
"""


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Gateway:
    """A gateway in a folder of its own, and what can be seen of its process."""

    def __init__(self, binary, folder, upstream):
        self.folder, self.store = folder, folder / "store.db"
        self.text = POLICY % {"port": upstream, "gone": free_port()}
        self.saved = 0
        (folder / "policy").mkdir()
        self.save()
        told = subprocess.run([binary, "keys", "add", "--id", "ann", "--store", self.store], capture_output=True, text=True, check=True)
        self.key = told.stdout.strip()
        self.port = free_port()
        # Callers that take nothing are given up sooner than standard, and nobody waits for a load balancer at the end.
        command = [binary, "serve", folder / "policy", "--store", self.store, "--listen", f"127.0.0.1:{self.port}",
                   "--admin", f"127.0.0.1:{free_port()}", "--timeouts-write", "3s", "--timeouts-drain-delay", "0s"]
        self.errors = folder / "errors.txt"
        with open(folder / "output.txt", "w") as output, open(self.errors, "w") as errors:
            self.process = subprocess.Popen(command, stdout=output, stderr=errors, env={**os.environ, "UP_KEY": "sk-upstream"})
        began = time.monotonic()
        while self.ready()[0] != 200:
            if self.process.poll() is not None or time.monotonic() - began > 30:
                self.process.kill()
                print(f"the gateway did not start:\n{self.errors.read_text()}", file=sys.stderr)
                sys.exit(2)
            time.sleep(0.05)

    def save(self):
        """Another text of the same meaning."""
        place = self.folder / "policy" / "main.route"
        beside = place.with_suffix(".new")
        beside.write_text(f"{self.text}\n// saved {self.saved}\n")
        beside.replace(place)
        self.saved += 1

    def ready(self):
        """The status and the words of `/readyz`; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def sample(self):
        place = pathlib.Path(f"/proc/{self.process.pid}")
        status = (place / "status").read_text()
        handles = []
        for handle in (place / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                handles.append(os.readlink(handle))
        ticks = (place / "stat").read_text().rsplit(")", 1)[1].split()
        return {
            "at": time.monotonic(),
            "mib": int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024,
            "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
            "sockets": sum(handle.startswith("socket:") for handle in handles),
            "others": sum(not handle.startswith("socket:") for handle in handles),
            "cpu": (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK"),
        }


async def watch(gateway, callers, samples, began, until):
    """Looks at the process, and saves the policy each minute; the texts that did not come into force."""
    unseen, saves = [], began + RELOAD_SECONDS / 2
    source = (await asyncio.to_thread(gateway.ready))[1]["policy"]["source"]
    while time.monotonic() < until and gateway.process.poll() is None:
        samples.append({**gateway.sample(), "asked": len(callers.exchanges), "running": len(callers.running)})
        if time.monotonic() >= saves:
            saves += RELOAD_SECONDS
            gateway.save()
            for _ in range(20):
                await asyncio.sleep(0.25)
                told = (await asyncio.to_thread(gateway.ready))[1].get("policy", {}).get("source")
                if told not in (None, source):
                    source = told
                    break
            else:
                unseen.append(f"the text {gateway.saved - 1} was not in force after 5 s")
            wrong = sum(bool(exchange.wrong) for exchange in callers.exchanges)
            last = samples[-1]
            print(f"{(last['at'] - began) / 60:.1f} min: {last['asked']} requests, {wrong} wrong, {last['mib']:.1f} MiB, "
                  f"{last['sockets']} sockets, {last['threads']} threads", file=sys.stderr)
        await asyncio.sleep(SAMPLE_SECONDS - (time.monotonic() - began) % SAMPLE_SECONDS)
    return unseen


async def quiet(gateway, sockets):
    """Waits until no more sockets are open than at the start, half a minute at most; what is open then."""
    for _ in range(60):
        sample = gateway.sample()
        if sample["sockets"] <= sockets:
            break
        await asyncio.sleep(0.5)
    return sample


def stop(gateway):
    """How the process ends: its exit status, or words."""
    gateway.process.terminate()
    try:
        return gateway.process.wait(40)
    except subprocess.TimeoutExpired:
        gateway.process.kill()
        gateway.process.wait()
        return "killed, as it did not end in 40 s"


async def soak(asked, folder):
    provider = Provider(asked.seed)
    gateway = Gateway(asked.binary, folder, await provider.start())
    try:
        callers = Callers(gateway.port, gateway.key, asked.seed, asked.rate, most=CALLS_AT_ONCE)
        begin, samples = gateway.sample(), []
        began = time.monotonic()
        until = began + asked.minutes * 60
        unseen, _ = await asyncio.gather(watch(gateway, callers, samples, began, until), callers.run(until))
        await provider.stop()
        if gateway.process.poll() is None:
            end = await quiet(gateway, begin["sockets"])
            ready = await asyncio.to_thread(gateway.ready)
            status = await asyncio.to_thread(stop, gateway)
        else:
            end, ready, status = samples[-1], (0, {}), f"by itself, with {gateway.process.returncode}"
    finally:
        if gateway.process.poll() is None:
            gateway.process.kill()
    errors = [line for line in gateway.errors.read_text().splitlines() if not line.startswith("stopping: ")]
    return judge(Run(
        minutes=asked.minutes, began=began, samples=samples, begin=begin, end=end, ready=ready, status=status, errors=errors,
        saved=gateway.saved - 1, unseen=unseen, store=gateway.store, exchanges=callers.exchanges, not_sent=callers.not_sent, did=provider.did,
    ))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/wayleave")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=150, help="requests a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder, and say where it is")
    asked = parser.parse_args()
    if asked.minutes < 1:
        parser.error("below `--minutes 1` there is nothing to compare")
    if not shutil.which(asked.binary) or not sys.platform.startswith("linux") or os.geteuid() != 0:
        print(f"`{asked.binary}` is not here, or this is not root on Linux; see --help", file=sys.stderr)
        sys.exit(2)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wayleave-soak-"))
    try:
        lines, has_failed = asyncio.run(soak(asked, folder))
    finally:
        if asked.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(lines))
    sys.exit(1 if has_failed else 0)


main()
