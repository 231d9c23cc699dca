"""One raw client of a language server: messages over pipes, timed from the last byte written to the last byte read. What a
message says is read after the clock, so that the client costs the server nothing."""

import fcntl
import json
import os
import select
import subprocess
import time

PATIENCE_SECONDS = 60
PIPE_BYTES = 1 << 20
"""A long answer is taken in few pieces."""

CAPABILITIES = {
    "workspace": {"workspaceEdit": {"documentChanges": True}, "configuration": True},
    "textDocument": {
        "synchronization": {"didSave": True},
        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True, "tagSupport": {"valueSet": [1, 2]}},
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "signatureHelp": {"signatureInformation": {"documentationFormat": ["markdown"]}},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "foldingRange": {"lineFoldingOnly": True},
        "rename": {"prepareSupport": True},
        "semanticTokens": {
            "requests": {"full": {"delta": True}, "range": True},
            "tokenTypes": ["keyword", "string", "number", "comment", "variable", "type", "property", "function"],
            "tokenModifiers": [],
            "formats": ["relative"],
        },
    },
    "general": {"positionEncodings": ["utf-8", "utf-16"]},
}


def processes(root):
    """The ids of a process and all below it."""
    found = [root]
    for pid in found:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                    found.extend(int(child) for child in file.read().split())
        except FileNotFoundError:
            continue
    return found


class Client:
    """A server that was started for a folder, and the documents that are open in it. As most editors it offers to tell of files that
    change on disk, or as some it does not; none changes here."""

    def __init__(self, command, folder, watches=True):
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        for pipe in (self.process.stdin, self.process.stdout):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.output = self.process.stdout.fileno()
        self.left = b""
        self.ids = 0
        self.versions = {}
        self.folder = folder
        uri = "file://" + folder
        watched = {"didChangeWatchedFiles": {"dynamicRegistration": watches}}
        asked = {
            "processId": os.getpid(),
            "rootUri": uri,
            "workspaceFolders": [{"uri": uri, "name": "policies"}],
            "capabilities": {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], **watched}},
        }
        _, answer = self.ask("initialize", asked)
        self.offers = answer["result"]["capabilities"]
        self.tell("initialized", {})

    # ---- messages -----------------------------------------------------------------------------------------------

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode()
        data = b"Content-Length: %d\r\n\r\n" % len(body) + body
        while data:
            data = data[os.write(self.process.stdin.fileno(), data) :]
        return time.perf_counter()

    def tell(self, method, parameters):
        return self.send({"method": method, "params": parameters})

    def receive(self):
        """The next message, and when its last byte was read."""
        length, body = None, 0
        parts, size = [self.left], len(self.left)
        while True:
            if length is None:
                head = b"".join(parts)
                parts = [head]
                end = head.find(b"\r\n\r\n")
                if end >= 0:
                    fields = dict(line.split(b": ", 1) for line in head[:end].split(b"\r\n"))
                    length, body = int(fields[b"Content-Length"]), end + 4
            if length is not None and size >= body + length:
                break
            if not select.select([self.output], [], [], PATIENCE_SECONDS)[0]:
                raise TimeoutError("the server says nothing")
            part = os.read(self.output, PIPE_BYTES)
            if not part:
                raise EOFError("the server is gone")
            parts.append(part)
            size += len(part)
        at = time.perf_counter()
        data = b"".join(parts)
        self.left = data[body + length :]
        message = json.loads(data[body : body + length])
        if "id" in message and "method" in message:
            wanted = message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
            self.send({"id": message["id"], "result": None if wanted is None else [None] * len(wanted)})
        return at, message

    def until(self, is_wanted):
        while True:
            at, message = self.receive()
            if is_wanted(message):
                return at, message

    def begin(self, method, parameters):
        self.ids += 1
        return self.ids, self.send({"id": self.ids, "method": method, "params": parameters})

    def ask(self, method, parameters):
        """The seconds until it was answered, and the answer."""
        own, sent = self.begin(method, parameters)
        at, message = self.until(lambda message: message.get("id") == own and "method" not in message)
        return at - sent, message

    # ---- documents ----------------------------------------------------------------------------------------------

    def uri(self, name):
        return f"file://{self.folder}/{name}"

    def open(self, name, text, language):
        self.versions[name] = 1
        document = {"uri": self.uri(name), "languageId": language, "version": 1, "text": text}
        return self.tell("textDocument/didOpen", {"textDocument": document})

    def edit(self, name, place, removed, new):
        """Replaces so many letters; when it was told."""
        self.versions[name] += 1
        line, character = place
        span = {"start": {"line": line, "character": character}, "end": {"line": line, "character": character + removed}}
        document = {"uri": self.uri(name), "version": self.versions[name]}
        return self.tell(
            "textDocument/didChange",
            {"textDocument": document, "contentChanges": [{"range": span, "text": new}]},
        )

    def published(self, name):
        """Waits for the diagnostics of a document as it is now; those of all documents that came on the way, the last last."""
        uri, found = self.uri(name), {}
        while True:
            at, message = self.receive()
            if message.get("method") != "textDocument/publishDiagnostics":
                continue
            told = message["params"]
            found[told["uri"]] = told["diagnostics"]
            if told["uri"] == uri and told.get("version") in (None, self.versions[name]):
                return at, found

    # ---- costs --------------------------------------------------------------------------------------------------

    def cpu(self):
        """Seconds that the server, and all that it has started, has run on a core: what else the machine does adds little."""
        nanoseconds = 0
        for pid in processes(self.process.pid):
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    # What is proven beside the answers waits for nobody, and nobody waits for it.
                    with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as file:
                        if file.read().strip() == "proofs":
                            continue
                    with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                        nanoseconds += int(file.read().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
        return nanoseconds / 1e9

    def memory(self):
        """MiB in use."""
        pages = 0
        for pid in processes(self.process.pid):
            try:
                with open(f"/proc/{pid}/statm", encoding="ascii") as file:
                    pages += int(file.read().split()[1])
            except FileNotFoundError:
                continue
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def stop(self):
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.process.wait(timeout=PATIENCE_SECONDS)
