"""Callers of the gateway: sound requests and wrong ones, plain and streamed, some of which leave early or read slowly.

Each request has a number, in its `x-request-id`, by which its record is found, and in its prompt, by which its answer is known. What
came of each is kept as an `Exchange`; whatever no gateway may do is said in its `wrong`.
"""

import asyncio
import dataclasses
import json
import random
import re
import socket
import time

# Nothing in the policy lasts so long.
PATIENCE_SECONDS = 40

# Below the gateway's 90 s for a connection on which no request runs, so that it is never the gateway that ends one in between.
IDLE_SECONDS = 30

# How often of 1,000 a caller does what; the rest is a sound chat.
WEIGHTS = {"messages": 150, "vectors": 30, "models": 20, "leaves": 70, "slow": 20, "big": 5, "deaf": 2, "refused": 80}
MODELS = ["chain", "chain", "raced", "raced", "measured", "spread", "gone", "alone"]

# What is refused, and how; whether that is a decision and so has a record.
REFUSALS = {
    "stranger": (401, True), "denied": (403, True), "no JSON": (400, True), "unknown model": (404, True),
    "too large": (413, True), "unknown path": (404, False), "bad framing": (400, False),
}

# What may come of a sound request of which every candidate may fail.
SOUND = {200, 429, 502, 503, 504}


@dataclasses.dataclass(slots=True)
class Exchange:
    number: int
    kind: str
    is_recorded: bool = True
    decision: str = ""
    status: int = 0
    # `whole`, `failed` (an error event ended it), `error` (an error status), `left`, `ended` (deaf callers)
    ending: str = ""
    took_ms: float = 0
    wrong: str = ""


class Wrong(Exception):
    """What no gateway may do."""


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer, self.since = reader, writer, 0.0
        self.is_kept = True

    async def head(self):
        """The status and the headers of an answer."""
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = text.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if headers.get("connection") == "close":
            self.is_kept = False
        return int(lines[0].split(" ")[1]), headers

    async def pieces(self, headers):
        """The pieces of the body, up to its end; one that never ends is an incomplete read."""
        if "content-length" in headers:
            yield await self.reader.readexactly(int(headers["content-length"]))
            return
        while True:
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            piece = await self.reader.readexactly(size + 2)
            if size == 0:
                return
            yield piece[:-2]


class Callers:
    def __init__(self, port, key, seed, rate, most):
        self.port, self.key, self.rate, self.most = port, key, rate, most
        self.draw = random.Random(f"{seed}/callers")
        self.exchanges = []
        self.idle = []
        self.running = set()
        self.not_sent = 0

    async def run(self, until):
        """Sends so many requests a second, at times that do not wait for answers, and comes back when all have theirs."""
        due = time.monotonic()
        while due < until:
            due += self.draw.expovariate(self.rate)
            await asyncio.sleep(max(0, due - time.monotonic()))
            if len(self.running) >= self.most:
                self.not_sent += 1
                continue
            task = asyncio.create_task(self.exchange(self.kind()))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        while self.running:
            await asyncio.wait(self.running)
        for connection in self.idle:
            connection.writer.close()
        self.idle = []

    def kind(self):
        number = self.draw.randrange(1000)
        for kind, weight in WEIGHTS.items():
            if number < weight:
                return self.draw.choice(list(REFUSALS)) if kind == "refused" else kind
            number -= weight
        return "chat"

    async def connect(self, is_slow=False):
        while self.idle and not is_slow:
            connection = self.idle.pop()
            if time.monotonic() - connection.since < IDLE_SECONDS and not connection.reader.at_eof():
                return connection
            connection.writer.close()
        ends = socket.socket()
        if is_slow:
            ends.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        ends.setblocking(False)
        await asyncio.get_running_loop().sock_connect(ends, ("127.0.0.1", self.port))
        return Connection(*await asyncio.open_connection(sock=ends, limit=(16 << 10) if is_slow else (1 << 20)))

    async def exchange(self, kind):
        found = Exchange(len(self.exchanges), kind)
        self.exchanges.append(found)
        begun = time.monotonic()
        try:
            connection = await self.connect(is_slow=kind in ("slow", "deaf"))
        except OSError as error:
            found.wrong = f"nobody takes connections: {error}"
            return
        try:
            await asyncio.wait_for(self.converse(connection, found), PATIENCE_SECONDS)
        except Wrong as wrong:
            found.wrong = str(wrong)
        except asyncio.TimeoutError:
            found.wrong = f"not over in {PATIENCE_SECONDS} s"
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            found.wrong = f"the connection ended inside an answer: {type(error).__name__}"
        found.took_ms = (time.monotonic() - begun) * 1e3
        if connection.is_kept and not found.wrong and found.ending in ("whole", "failed", "error"):
            connection.since = time.monotonic()
            self.idle.append(connection)
        else:
            connection.writer.close()

    def request(self, found):
        """The request of that kind: its head, its body, and whether it wants a stream."""
        mark, kind = f"mark-{found.number}.", found.kind
        path, is_stream = "/v1/chat/completions", self.draw.random() < 0.5
        words = {"slow": "long-answer", "deaf": "endless-answer", "big": "Please explain the tide. " * 42_000}.get(kind, "Please explain the tide.")
        value = {"model": self.draw.choice(MODELS), "messages": [{"role": "user", "content": f"{words} {mark}"}]}
        headers = {"authorization": f"Bearer {self.key}", "x-request-id": f"soak-{found.number}", "content-type": "application/json"}
        if kind == "messages":
            path, value["max_tokens"] = "/v1/messages", 100
            value["model"] = self.draw.choice(["talk", "talk", "across"])
        elif kind == "vectors":
            path, value, is_stream = "/v1/embeddings", {"model": "vectors", "input": mark}, False
        elif kind == "models":
            path = "/v1/models"
        elif kind in ("slow", "deaf"):
            value["model"], is_stream = "steady", True
        elif kind == "stranger":
            headers["authorization"] = "Bearer wl_nobody"
        elif kind == "denied":
            headers["x-data-class"] = "secret"
        elif kind == "unknown model":
            value["model"] = "nothing-such"
        elif kind == "unknown path":
            path = "/v1/chat/nothing"
        elif kind == "bad framing":
            headers["transfer-encoding"] = "chunked"
        if is_stream:
            value["stream"] = True
        body = b"" if kind == "models" else json.dumps(value).encode()
        if kind == "no JSON":
            body = body[:-10]
        length = 17 << 20 if kind == "too large" else len(body)
        if kind != "models":
            headers["content-length"] = str(length)
        lines = "".join(f"{name}: {word}\r\n" for name, word in headers.items())
        head = f"{'GET' if kind == 'models' else 'POST'} {path} HTTP/1.1\r\nhost: gateway\r\n{lines}\r\n".encode()
        return head, b"" if kind == "too large" else body, is_stream

    async def converse(self, connection, found):
        head, body, is_stream = self.request(found)
        if found.kind == "leaves":
            return await self.leave(connection, found, head, body)
        connection.writer.write(head + body)
        await connection.writer.drain()
        if found.kind == "deaf":
            # For longer than the gateway waits.
            await asyncio.sleep(8)
        found.status, headers = await connection.head()
        found.decision = headers.get("x-wayleave-decision", "")
        if found.kind in ("models", *REFUSALS):
            expected, found.is_recorded = REFUSALS.get(found.kind, (200, False))
            expected = {expected}
        else:
            expected = SOUND
        if found.status not in expected:
            raise Wrong(f"{found.kind}: status {found.status}")
        if found.kind == "deaf":
            return await self.hear(connection, found, headers)
        text = b""
        async for piece in connection.pieces(headers):
            text += piece
            if found.kind == "slow":
                await asyncio.sleep(0.01)
        self.judge(found, text, is_stream)

    def judge(self, found, text, is_stream):
        """Whether an answer is this request's, and whole, or says that it is not."""
        marks = set(re.findall(rb"mark-\d+\.", text))
        if marks - {b"mark-%d." % found.number}:
            raise Wrong("an answer to another request")
        if found.status != 200:
            found.ending = "error"
            if "error" not in json.loads(text):
                raise Wrong("an error without words")
            return
        if not is_stream or found.kind == "models":
            json.loads(text)
            found.ending = "whole"
        elif re.search(rb'"(finish_reason|stop_reason)": ?"', text):
            found.ending = "whole"
            if re.search(rb'^data: {"error"|^event: error', text, re.M):
                raise Wrong("a stream with an end and an error")
        elif re.search(rb'^data: {"error"|^event: error', text, re.M):
            found.ending = "failed"
            if re.search(rb"^data: \[DONE\]|message_stop", text, re.M):
                raise Wrong("a stream that failed and has an end")
        else:
            raise Wrong(f"a stream without end or error: {text[-200:]!r}")
        if found.ending == "whole" and found.kind != "models" and not marks:
            raise Wrong("an answer without what was asked")

    async def hear(self, connection, found, headers):
        """One who has taken nothing for so long gets what was on its way, and no whole answer."""
        found.ending = "ended"
        try:
            async for _ in connection.pieces(headers):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        raise Wrong("a caller that took nothing got all of an endless answer")

    async def leave(self, connection, found, head, body):
        """Leaves inside its own request, before the answer, or inside it; by a close or a reset."""
        found.ending = "left"
        way = self.draw.choice(["inside", "before", "within"])
        if way == "inside":
            connection.writer.write(head + body[: len(body) // 2])
            found.kind = "leaves inside"
        else:
            connection.writer.write(head + body)
        await connection.writer.drain()
        if way == "before":
            await asyncio.sleep(self.draw.uniform(0, 0.3))
        elif way == "within":
            try:
                await connection.reader.read(200)
            except ConnectionError:
                pass
        else:
            await asyncio.sleep(self.draw.uniform(0, 0.1))
        if self.draw.random() < 0.5:
            connection.writer.transport.abort()
