#!/usr/bin/env python3
"""What a request costs the gateway, beside nginx as a plain reverse proxy in the same run.

    tests/measure/gateway.py [--binary target/release/wayleave] [--seconds 6] [--rounds 3] [--peers]

Needs nginx and wrk (apt-get install nginx-light wrk). Everything runs on this machine: wrk asks, an nginx answers as the
provider (a JSON answer of 600 bytes, or a stream of 67 events sent at once), and the gateway or another nginx stands between.
The gateway has keys, detectors and its decision log on, under policies of 10, 1,000 and 10,000 rules. Like nginx, which has
one worker, it serves on one thread; two rows say what both cost with one for each processor, which is its standard. CPU time is user and
system time of the process from /proc, by request, at 64 connections; latency is wrk's median at one connection. Ratios to nginx
in the same run can be compared between machines, microseconds cannot. With `--peers` other gateways are measured too, those
that apt, npm and PyPI bring: see peers.py. Judges nothing; writes Markdown to standard output.
"""

import argparse
import os
import pathlib
import peers
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")
PORTS = {"json": 19101, "stream": 19102, "nginx json": 19201, "nginx stream": 19202, "workers json": 19203}
ANSWER = (
    '{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"small","choices":[{"index":0,"message":'
    '{"role":"assistant","content":"%s"},"finish_reason":"stop"}],'
    '"usage":{"prompt_tokens":200,"completion_tokens":100,"total_tokens":300}}' % ("lorem ipsum dolor " * 21).strip()
)
EVENT = 'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{%s},"finish_reason":%s}]}\n\n'
STREAM = (
    EVENT % ('"role":"assistant","content":""', "null")
    + "".join(EVENT % (f'"content":"word {number} "', "null") for number in range(64))
    + EVENT % ("", '"stop"')
    + "data: [DONE]\n\n"
)
ONE = ("--threads", "1")
GATEWAYS = ((10, "json", ONE), (1000, "json", ONE), (10000, "json", ONE), (1000, "stream", ONE), (1000, "json", ()))
EVENTS = STREAM.count("\n\n")
PROMPT = "Please explain how the tide works in simple words. " * 16
TEAMS = [f"t{number}" for number in range(40)]


def policy(rules, port):
    """A policy of so many `deny` rules over team, workload, class and sizes, none of which holds of what is asked."""
    words = [
        "edition 2026\n",
        "type workload-kind = chat | code | search | batch | agent",
        "type data-class = public < internal < confidential",
        "type team = company { " + "  ".join(TEAMS) + " }\n",
        'attribute workload: workload-kind  from header "x-workload"  default chat',
        'attribute data: data-class  from header "x-data-class"  default internal\n',
        "alias assistant\n",
        f'provider up {{\n  protocol: openai  url: "http://127.0.0.1:{port}/v1"  key: env("UP_KEY")  network: private',
        "  model small { supports: [chat, tools]  context: 128k tokens  output: 4k tokens }",
        "  model large { supports: [chat, tools]  context: 128k tokens  output: 4k tokens }\n}",
        'approve everyone: any\n  until 2099-01-01  owner "a"  by "b"  ref "T-1"\n',
        'deny leaked when prompt has secret\n  because "No secrets."',
        'deny mail when prompt has email and data is confidential\n  because "No addresses."',
    ]
    for number in range(rules):
        team, workload = TEAMS[number % 40], ["chat", "code", "search", "batch", "agent"][number // 40 % 5]
        data = ["public", "internal", "confidential"][number // 200 % 3]
        size = number // 600
        words.append(
            f"deny r{number} when caller.team is {team} and workload is {workload} and data is {data} "
            f'and request.tokens > {20 + size}k tokens\n  because "Rule {number}."'
        )
    words.append('route main to up/small else up/large\notherwise deny "No route."\n')
    return "\n".join(words)


def nginx(folder, name, servers, workers="1"):
    """An nginx of so many workers; their pids."""
    conf = folder / f"{name}.conf"
    conf.write_text(
        f"worker_processes {workers}; daemon on; error_log {folder}/{name}.err; pid {folder}/{name}.pid;\n"
        "events { worker_connections 8192; }\n"
        f"http {{ access_log off; keepalive_requests 10000000; client_body_temp_path {folder}/{name}-body;\n{servers}\n}}\n"
    )
    subprocess.run(["nginx", "-c", conf, "-p", folder], check=True, stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    master = (folder / f"{name}.pid").read_text().strip()
    told = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid in told.split()]


def start(folder):
    (folder / "stream.txt").write_text(STREAM)
    nginx(
        folder,
        "provider",
        f"server {{ listen 127.0.0.1:{PORTS['json']} backlog=4096; location / {{ default_type application/json; return 200 '{ANSWER}'; }} }}\n"
        f"server {{ listen 127.0.0.1:{PORTS['stream']} backlog=4096; root {folder}; error_page 405 =200 /stream.txt;\n"
        "  location = /stream.txt { types {} default_type text/event-stream; } location / { return 405; } }",
    )
    def proxied(name, kind):
        return (
            f"upstream {kind} {{ server 127.0.0.1:{PORTS[kind]}; keepalive 128; }}\n"
            f"server {{ listen 127.0.0.1:{PORTS[f'{name} {kind}']} backlog=4096; location / {{ proxy_pass http://{kind}; "
            'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } }\n'
        )

    between = nginx(folder, "between", proxied("nginx", "json") + proxied("nginx", "stream"))
    return between, nginx(folder, "workers", proxied("workers", "json"), "auto")


def script(folder, name, key, is_stream, headers=None):
    body = '{"model":"assistant","temperature":0.3,%s"messages":[{"role":"user","content":"%s"}]}'
    body %= ('"stream":true,' if is_stream else "", PROMPT)
    path = folder / f"{name}.lua"
    path.write_text(
        f"wrk.method='POST'\nwrk.body='{body}'\n"
        f"wrk.headers['content-type']='application/json'\nwrk.headers['authorization']='Bearer {key}'\n"
        + "".join(f"wrk.headers['{name}']='{value}'\n" for name, value in (headers or {}).items())
    )
    return path


def cpu_seconds(pids):
    stats = [pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def measure(pids, port, lua, connections, seconds):
    """CPU microseconds a request, and the median latency in microseconds."""
    before = cpu_seconds(pids)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", lua, f"http://127.0.0.1:{port}/v1/chat/completions"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = cpu_seconds(pids)
    if "Non-2xx" in told or "Socket errors" in told:
        sys.exit(f"requests failed on port {port}:\n{told}")
    requests = int(re.search(r"(\d+) requests in", told)[1])
    number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", told).groups()
    return (after - before) * 1e6 / requests, float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


class Gateway:
    """A gateway that serves a policy; how long it took until it was ready."""

    def __init__(self, binary, folder, rules, upstream, port, threads):
        place = folder / f"policy-{port}"
        place.mkdir()
        (place / "main.route").write_text(policy(rules, upstream))
        self.port, store = port, folder / f"store-{port}.db"
        told = subprocess.run([binary, "keys", "add", "--id", "ann", "--team", "t1", "--store", store], capture_output=True, text=True, check=True)
        self.key = told.stdout.strip()
        began = time.monotonic()
        address, admin = f"127.0.0.1:{port}", f"127.0.0.1:{port + 100}"
        command = [binary, "serve", place, "--store", store, "--listen", address, "--admin", admin, *threads]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "UP_KEY": "sk-upstream"})
        while subprocess.run(["curl", "-sf", "-o", "/dev/null", f"http://{address}/readyz"], check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() - began > 120:
                sys.exit(f"the gateway of {rules} rules did not start")
            time.sleep(0.01)
        self.ready_ms = (time.monotonic() - began) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/wayleave")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true", help="measure other gateways too, and bring them where they are not here")
    asked = parser.parse_args()
    for needed in ("nginx", "wrk", "curl", asked.binary):
        if not shutil.which(needed):
            sys.exit(f"`{needed}` is not here; see --help")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wayleave-measure-"))
    # The provider's worker has another user, and reads its answer there.
    folder.chmod(0o755)
    gateways, others = [], []
    try:
        between, workers = start(folder)
        for number, (rules, kind, threads) in enumerate(GATEWAYS):
            gateways.append(Gateway(asked.binary, folder, rules, PORTS[kind], 19301 + number, threads))
        few, some, many, streaming, standard = gateways
        if asked.peers:
            others = peers.start(folder, PORTS["json"], 19501)

        def ask(gateway, is_stream=False):
            return script(folder, f"ask-{gateway.port}-{is_stream}", gateway.key, is_stream)

        rows = [
            ("nginx, JSON", between, PORTS["nginx json"], ask(some), 64),
            ("10 rules, JSON", [few.process.pid], few.port, ask(few), 64),
            ("1,000 rules, JSON", [some.process.pid], some.port, ask(some), 64),
            ("10,000 rules, JSON", [many.process.pid], many.port, ask(many), 64),
            ("nginx, one for each processor", workers, PORTS["workers json"], ask(standard), 64),
            ("1,000 rules, one for each processor", [standard.process.pid], standard.port, ask(standard), 64),
            ("nginx, stream", between, PORTS["nginx stream"], ask(streaming, True), 64),
            ("1,000 rules, stream", [streaming.process.pid], streaming.port, ask(streaming, True), 64),
            ("nginx, one connection", between, PORTS["nginx json"], ask(some), 1),
            ("1,000 rules, one connection", [some.process.pid], some.port, ask(some), 1),
        ]
        for peer in others:
            lua = script(folder, f"ask-{peer.port}", some.key, False, peer.headers)
            if peer.is_ready(lua):
                rows.append((f"{peer.name}, JSON", [peer.process.pid], peer.port, lua, 64))
                rows.append((f"{peer.name}, one connection", [peer.process.pid], peer.port, lua, 1))
        measured = {name: [] for name, *_ in rows}
        # Rounds interleave, so that a busy moment strikes all alike.
        for _ in range(asked.rounds):
            for name, pids, port, lua, connections in rows:
                measured[name].append(measure(pids, port, lua, connections, asked.seconds))
        report(measured, gateways)
    finally:
        for gateway in [*gateways, *others]:
            gateway.process.terminate()
        for name in ("between", "workers", "provider"):
            pid = folder / f"{name}.pid"
            if pid.exists():
                subprocess.run(["kill", pid.read_text().strip()], check=False)
        time.sleep(0.5)
        shutil.rmtree(folder, ignore_errors=True)


def report(measured, gateways):
    middle = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in measured.items()}
    print("| | CPU µs a request | beside nginx | median latency µs |\n|---|---|---|---|")
    for name, (cpu, latency) in middle.items():
        kind = name.rsplit(", ", 1)[1]
        ratio = cpu / middle[f"nginx, {kind}"][0]
        print(f"| {name} | {cpu:.1f} | {ratio:.2f} | {latency:.0f} |")
    stream, plain = middle["1,000 rules, stream"][0], middle["nginx, stream"][0]
    print(f"\nAn event of a stream of {EVENTS}: {stream / EVENTS:.2f} µs, nginx {plain / EVENTS:.2f} µs.")
    print(f"Added at one connection: {middle['1,000 rules, one connection'][1] - middle['nginx, one connection'][1]:.0f} µs.")
    ready = ", ".join(f"{gateway.ready_ms:.0f}" for gateway in gateways)
    print(f"Ready after {ready} ms (10, 1,000, 10,000, and twice 1,000 rules); {resident_mib(gateways[1].process.pid):.0f} MiB after the load of 1,000 rules.")


main()
