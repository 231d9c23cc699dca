"""A provider that answers well, late, wrongly or not at all, as a seed draws it. Each target draws for itself, by its weights below.

HTTP/1.1 with kept connections. The first part of a path is the target; who asks it at `claude` is answered in Anthropic's words.
An answer quotes the mark of the request that it answers, so that whoever gets another's answer sees it.
"""

import asyncio
import collections
import json
import random
import re
import time

# How often of 1,000 a target does what; the rest is answered well. A target that says `retry-after` is left alone for so long:
# were that frequent, nothing else would happen.
WEIGHTS = {
    "first": {"slow": 60, "limited": 6, "broken": 40, "overloaded": 30, "head": 25, "cut": 40, "stall": 10, "garbled": 40, "unended": 30, "empty": 20},
    "second": {"slow": 80, "limited": 4, "broken": 20, "overloaded": 20, "head": 10, "cut": 20, "stall": 5, "garbled": 20, "unended": 10, "empty": 10},
    "claude": {"slow": 40, "limited": 6, "broken": 30, "overloaded": 30, "head": 20, "cut": 40, "stall": 10, "garbled": 30, "unended": 30, "empty": 20},
    "steady": {"slow": 20},
}

# For so many seconds of each minute `first` fails always, so that its circuit opens and is probed.
STORM_SECONDS = 8

# A stalled call ends when the gateway leaves, which it must long before this.
STALL_SECONDS = 60

# What is counted in place of a target and what it did, where the gateway did not leave.
STALLED = ("", "stalled")

EVENTS = 10
LONG_EVENTS = 64
ENDLESS_EVENTS = 4096
# Of the words of a long answer.
PIECE = "lorem ipsum " * 340


def whole(target, mark, model):
    """The JSON of a good answer."""
    said = f"{mark} is what you asked about"
    if target == "claude":
        usage = {"input_tokens": 20, "output_tokens": 10}
        return {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [{"type": "text", "text": said}],
                "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    return {"id": "c-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}


def event(target, value):
    name = f"event: {value['type']}\n" if target == "claude" else ""
    return f"{name}data: {json.dumps(value)}\n\n".encode()


def events(target, mark, model, texts):
    """The events of a good stream: those before the end, and those that are its end."""
    if target == "claude":
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [], "usage": {"input_tokens": 20, "output_tokens": 1}}
        begin = [{"type": "message_start", "message": message}, {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}]
        middle = [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in texts]
        end = [{"type": "content_block_stop", "index": 0},
               {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 10}},
               {"type": "message_stop"}]
        return [event(target, value) for value in begin + middle], [event(target, value) for value in end]

    def chunk(delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event(target, {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]})

    middle = [chunk({"role": "assistant", "content": ""})] + [chunk({"content": text}) for text in texts]
    return middle, [chunk({}, "stop"), b"data: [DONE]\n\n"]


class Provider:
    def __init__(self, seed):
        self.draws = {target: random.Random(f"{seed}/{target}") for target in WEIGHTS}
        self.did = collections.Counter()
        self.writers = set()
        self.server = None

    async def start(self):
        self.server = await asyncio.start_server(self.connection, "127.0.0.1", 0, backlog=4096, limit=4 << 20)
        return self.server.sockets[0].getsockname()[1]

    async def stop(self):
        """Ends whatever it still holds open, and takes nothing more."""
        self.server.close()
        for writer in list(self.writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    def draw(self, target):
        draw = self.draws[target]
        number = draw.randrange(1000)
        if target == "first" and time.monotonic() % 60 < STORM_SECONDS:
            return "broken"
        for ill, weight in WEIGHTS[target].items():
            if number < weight:
                return ill
            number -= weight
        return "well"

    async def connection(self, reader, writer):
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: *(\d+)", head, re.I)
                body = await reader.readexactly(int(length[1])) if length else b""
                if not await self.answer(reader, writer, head.split(b" ", 2)[1].decode(), body):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            # The gateway has left.
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def answer(self, reader, writer, path, body):
        """Whether the connection can be kept."""
        target = path.split("/")[1]
        found = re.search(rb"mark-\d+\.", body)
        mark = found[0].decode() if found else "mark-none"
        model = re.search(rb'"model": ?"([^"]*)"', body)[1].decode()
        if path.endswith("/embeddings"):
            self.did[target, "well"] += 1
            data = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
            return await self.send(writer, 200, {"object": "list", "model": mark, "data": data, "usage": {"prompt_tokens": 2, "total_tokens": 2}})
        ill = self.draw(target)
        self.did[target, ill] += 1
        draw = self.draws[target]
        if ill == "slow":
            await asyncio.sleep(draw.uniform(0.2, 1.5))
        elif ill == "limited":
            return await self.error(writer, 429, {"retry-after": draw.choice(["1", "0", "2", "soon", "-3"])})
        elif ill in ("broken", "overloaded"):
            return await self.error(writer, 500 if ill == "broken" else 503, {})
        elif ill == "head":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-ty")
            return False
        elif ill == "empty":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            return True
        if re.search(rb'"stream": ?true', body):
            return await self.stream(reader, writer, ill, target, mark, model, body)
        return await self.plain(reader, writer, ill, whole(target, mark, model))

    async def send(self, writer, status, value, headers=None):
        text = json.dumps(value).encode()
        told = "".join(f"{name}: {word}\r\n" for name, word in (headers or {}).items())
        writer.write(f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\n{told}content-length: {len(text)}\r\n\r\n".encode() + text)
        await writer.drain()
        return True

    async def error(self, writer, status, headers):
        error = {"type": "server_error", "message": "this is what you get", "code": None}
        return await self.send(writer, status, {"type": "error", "error": error}, headers)

    async def stall(self, reader):
        try:
            await asyncio.wait_for(reader.read(1), STALL_SECONDS)
        except asyncio.TimeoutError:
            self.did[STALLED] += 1
        return False

    async def plain(self, reader, writer, ill, value):
        text = json.dumps(value).encode()
        if ill in ("garbled", "unended"):
            text = text[: len(text) // 2] if ill == "garbled" else b"null"
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n".encode())
        if ill in ("cut", "stall"):
            writer.write(text[: len(text) // 2])
            await writer.drain()
            return False if ill == "cut" else await self.stall(reader)
        writer.write(text)
        await writer.drain()
        return True

    async def stream(self, reader, writer, ill, target, mark, model, body):
        draw = self.draws[target]
        if b"endless-answer" in body:
            texts = [PIECE] * ENDLESS_EVENTS
        elif b"long-answer" in body:
            texts = [PIECE] * LONG_EVENTS
        else:
            texts = [f"word {number} " for number in range(EVENTS)]
        middle, end = events(target, mark, model, [mark, *texts])
        if ill == "garbled":
            middle.insert(draw.randrange(1, len(middle)), b"data: {\"choices\": [{\"ind\n\n")
        elif ill == "unended":
            end = []
        elif ill in ("cut", "stall"):
            middle, end = middle[: draw.randrange(len(middle))], []
        # Some streams come at once, others event by event.
        pause = draw.choice([0, 0, 0.005, 0.02])
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for piece in middle + end:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            if pause and len(texts) == EVENTS:
                await asyncio.sleep(pause)
        if ill == "stall":
            return await self.stall(reader)
        if ill == "cut":
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True
