"""What every server is asked to do: start, and then round after round an edit, its diagnostics, and a question of each kind."""

import statistics
import time

from editing.client import Client

STARTS = 10
ROUNDS_BEFORE = 10
"""Not counted: caches fill, pages are mapped."""
LETTER = "x"


class Times:
    """Seconds by what was asked: until the answer, and of CPU time."""

    def __init__(self):
        self.wall = {}
        self.cpu = {}
        self.at = 0

    def begin(self, client):
        self.at = client.cpu()

    def add(self, what, seconds, client=None):
        """What it took; the CPU time since it was begun, where a client is given."""
        self.wall.setdefault(what, []).append(seconds)
        if client is not None:
            self.cpu.setdefault(what, []).append(client.cpu() - self.at)

    def told(self, what, of="wall"):
        """The median and the 95th percentile in milliseconds; none where it was not asked."""
        times = sorted(getattr(self, of).get(what, []))
        if not times:
            return None
        return statistics.median(times) * 1e3, times[min(len(times) - 1, len(times) * 95 // 100)] * 1e3


def position(workload, client, place):
    return {
        "textDocument": {"uri": client.uri(workload.edited)},
        "position": {"line": place[0], "character": place[1]},
    }


QUESTIONS = (
    # What it is called, what has to be offered, the method, and what is asked beside the document.
    ("completion", "completionProvider", "textDocument/completion", "complete", {}),
    ("hover", "hoverProvider", "textDocument/hover", "name", {}),
    ("definition", "definitionProvider", "textDocument/definition", "name", {}),
    ("highlight", "documentHighlightProvider", "textDocument/documentHighlight", "name", {}),
    ("signature help", "signatureHelpProvider", "textDocument/signatureHelp", "signature", {}),
    ("symbols", "documentSymbolProvider", "textDocument/documentSymbol", None, {}),
    ("folding", "foldingRangeProvider", "textDocument/foldingRange", None, {}),
    ("references", "referencesProvider", "textDocument/references", "name", {"context": {"includeDeclaration": True}}),
    ("prepare rename", "renameProvider", "textDocument/prepareRename", "name", {}),
    ("rename", "renameProvider", "textDocument/rename", "name", {"newName": "another_name"}),
    (
        "format",
        "documentFormattingProvider",
        "textDocument/formatting",
        None,
        {"options": {"tabSize": 2, "insertSpaces": True}},
    ),
)
UNWATCHED = "edit → diagnostics, unwatched"
"""By a client that does not tell of files that change on disk."""
ROWS = (
    "first diagnostics",
    "edit → diagnostics",
    UNWATCHED,
    "edit → diagnostics elsewhere",
    *(name for name, *_ in QUESTIONS[:5]),
    "tokens, delta",
    "tokens, full",
    *(name for name, *_ in QUESTIONS[5:]),
    "stale request",
)


def started(command, folder, workload):
    """A client whose server has said what is wrong with the document that will be edited."""
    client = Client(command, folder)
    for name in workload.opened:
        client.open(name, workload.files[name], workload.language)
    # The edited one is opened first, so that it is what a person waits for.
    at, _ = client.published(workload.edited)
    return client, at - client.started


def starts(command, folder, workload, times):
    for _ in range(STARTS):
        client, seconds = started(command, folder, workload)
        # All that it has used so far.
        times.at = 0
        times.add("first diagnostics", seconds, client)
        client.stop()


def tokens(client, document, times, known):
    """Colours by change, then whole; the id of what was told last."""
    provider = client.offers.get("semanticTokensProvider")
    if not provider:
        return None
    if isinstance(provider.get("full"), dict) and provider["full"].get("delta") and known is not None:
        asked = {**document, "previousResultId": known}
        times.begin(client)
        seconds, _ = client.ask("textDocument/semanticTokens/full/delta", asked)
        times.add("tokens, delta", seconds, client)
    times.begin(client)
    seconds, answer = client.ask("textDocument/semanticTokens/full", document)
    times.add("tokens, full", seconds, client)
    return answer["result"].get("resultId")


def stale(client, workload, times, removed, new):
    """A question and, at once, the edit that outdates it."""
    own, _ = client.begin("textDocument/hover", position(workload, client, workload.name))
    sent = client.edit(workload.edited, workload.edit, removed, new)
    # Some servers answer before they tell what is wrong, some behind it.
    uri, is_answered, is_told = client.uri(workload.edited), False, False
    while not (is_answered and is_told):
        at, message = client.receive()
        if message.get("id") == own and "method" not in message:
            times.add("stale request", at - sent)
            is_answered = True
        if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
            is_told = True


def a_round(client, workload, times, known):
    document = {"textDocument": {"uri": client.uri(workload.edited)}}
    for removed, new in ((0, LETTER), (1, "")):
        times.begin(client)
        sent = client.edit(workload.edited, workload.edit, removed, new)
        at, _ = client.published(workload.edited)
        times.add("edit → diagnostics", at - sent, client)
    for name, offer, method, place, more in QUESTIONS:
        if not client.offers.get(offer):
            continue
        if name == "prepare rename" and not (
            isinstance(client.offers[offer], dict) and client.offers[offer].get("prepareProvider")
        ):
            continue
        asked = {**(position(workload, client, getattr(workload, place)) if place else document), **more}
        times.begin(client)
        seconds, answer = client.ask(method, asked)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        times.add(name, seconds, client)
        if name == "symbols":
            known = tokens(client, document, times, known)
    if client.offers.get("hoverProvider"):
        stale(client, workload, times, 0, LETTER)
        stale(client, workload, times, 1, "")
    return known


def elsewhere(client, workload, times):
    """A name that another open file uses is changed where it is declared: until that file has its diagnostics."""
    if workload.declared is None:
        return
    name, place, user = workload.declared
    for removed, new in ((0, LETTER), (1, "")):
        sent = client.edit(name, place, removed, new)
        uri = client.uri(user)
        at, _ = client.until(
            lambda message: message.get("method") == "textDocument/publishDiagnostics"
            and message["params"]["uri"] == uri
        )
        times.add("edit → diagnostics elsewhere", at - sent)


def run(command, folder, workload, rounds):
    """Times, milliseconds of CPU a round, MiB at the end."""
    times = Times()
    starts(command, folder, workload, times)
    client, _ = started(command, folder, workload)
    known = None
    for _ in range(ROUNDS_BEFORE):
        known = a_round(client, workload, Times(), known)
    before = client.cpu()
    for _ in range(rounds):
        known = a_round(client, workload, times, known)
    cpu = (client.cpu() - before) / rounds * 1e3
    memory = client.memory()
    for _ in range(rounds // 4):
        elsewhere(client, workload, times)
    client.stop()
    return times, cpu, memory


def unwatched(command, folder, workload, rounds, times):
    """The same rounds by a client that does not tell of files: the edits alone are told."""
    client = Client(command, folder, watches=False)
    for name in workload.opened:
        client.open(name, workload.files[name], workload.language)
    client.published(workload.edited)
    own, known = Times(), None
    for number in range(ROUNDS_BEFORE + rounds):
        known = a_round(client, workload, own if number >= ROUNDS_BEFORE else Times(), known)
    client.stop()
    times.wall[UNWATCHED], times.cpu[UNWATCHED] = own.wall["edit → diagnostics"], own.cpu["edit → diagnostics"]


def endurance(command, folder, workload, edits, random):
    """So many edits in bursts of one to eight, questions now and then; memory at the start, along the way, and at the end."""
    client, _ = started(command, folder, workload)
    told, done, known = [(0, client.memory())], 0, None
    began = time.perf_counter()
    while done < edits:
        burst = random.randint(1, 8)
        for _ in range(burst):
            client.edit(workload.edited, workload.edit, 0, LETTER)
        client.published(workload.edited)
        client.edit(workload.edited, workload.edit, burst, "")
        client.published(workload.edited)
        done += burst + 1
        if random.random() < 0.02:
            known = a_round(client, workload, Times(), known)
            done += 4
        if done >= len(told) * edits // 10:
            told.append((done, client.memory()))
    client.stop()
    return told, time.perf_counter() - began
