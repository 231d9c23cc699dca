#!/usr/bin/env python3
"""What open streams cost the gateway in memory.

    tests/measure/streams.py [--binary target/release/wayleave] [--streams 2000]

A provider in this process sends each caller one event and then nothing; so many callers wait for more. The gateway has keys and its
decision log on. Prints its resident memory before, with all streams open, and after all callers have left. Judges nothing.
"""

import argparse
import asyncio
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
POLICY = """edition 2026
alias assistant
provider up {
  protocol: openai  url: "http://127.0.0.1:%d/v1"  key: env("UP_KEY")  network: private
  model small { supports: [chat]  context: 128k tokens }
}
approve everyone: any
  until 2099-01-01  owner "a"  by "b"  ref "T-1"
deny leaked when prompt has secret
  because "No secrets."
route main to up/small
otherwise deny "No route."
"""


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


async def provide(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b"%x\r\n" % len(EVENT) + EVENT + b"\r\n")
    await writer.drain()
    # Until the gateway leaves.
    while await reader.read(4096):
        pass
    writer.close()


async def call(port, key):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b'{"model":"assistant","stream":true,"messages":[{"role":"user","content":"hi"}]}'
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    begun = b""
    while EVENT.strip() not in begun:
        piece = await reader.read(4096)
        if not piece:
            sys.exit(f"a stream was refused: {begun.decode()}")
        begun += piece
    return writer


async def ready(port):
    for _ in range(500):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.02)
    sys.exit("the gateway did not start")


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/wayleave")
    parser.add_argument("--streams", type=int, default=2000)
    asked = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    provider = await asyncio.start_server(provide, "127.0.0.1", 0, backlog=4096)
    upstream = provider.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="wayleave-streams-") as folder:
        place = pathlib.Path(folder)
        (place / "main.route").write_text(POLICY % upstream)
        store = place / "store.db"
        key = subprocess.run([asked.binary, "keys", "add", "--id", "ann", "--store", store], capture_output=True, text=True, check=True).stdout.strip()
        port = 19401
        command = [asked.binary, "serve", place, "--store", store, "--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:19501"]
        gateway = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "UP_KEY": "sk-upstream"})
        try:
            await ready(port)
            before = resident_mib(gateway.pid)
            callers = []
            for _ in range(0, asked.streams, 100):
                callers += await asyncio.gather(*(call(port, key) for _ in range(100)))
            opened = resident_mib(gateway.pid)
            for caller in callers:
                caller.close()
            await asyncio.sleep(2)
            after = resident_mib(gateway.pid)
        finally:
            gateway.terminate()
            gateway.wait()
    each = (opened - before) * 1024 / len(callers)
    print(f"{len(callers)} open streams: {before:.0f} MiB before, {opened:.0f} MiB with all, {after:.0f} MiB after; {each:.1f} KiB each")


asyncio.run(main())
