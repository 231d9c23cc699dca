#!/usr/bin/env python3
"""The texts that a fuzz target begins with, and those that are kept of its runs. Needs Python 3.9 and nothing else.

    corpus.py gather TARGET FOLDER   writes the seeds: every policy of the project and the kept texts, a file each
    corpus.py pack TARGET FOLDER     keeps the texts of a minimised corpus in tests/suite/fuzz/TARGET.jsonl

A kept text is a line, as a JSON string of ASCII alone: what is hostile to a terminal or an editor stays readable, and a
diff shows which texts came and went. Bytes that are no UTF-8 are kept as U+FFFD, as which the targets read them.
"""

import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Folders of policies and of pages that show some.
POLICIES = ["tests/suite", "examples"]
PAGES = ["tests/suite", "examples", "docs", "README.md"]
# A test replays all of it on every change, so it stays small.
KEPT_TEXTS = 1500
KEPT_BYTES = 1_000_000


def files(places, ending):
    for place in places:
        path = ROOT / place
        found = [path] if path.is_file() else path.rglob("*" + ending)
        yield from sorted(file for file in found if file.name.endswith(ending))


def read(path):
    return path.read_bytes().decode("utf-8", errors="replace")


def kept_file(target):
    return ROOT / "tests/suite/fuzz" / f"{target}.jsonl"


def seeds(target):
    for path in files(POLICIES, ".route"):
        text = read(path)
        yield text
        # Items by themselves: short texts are changed faster.
        yield from re.split(r"(?:\r?\n){2,}", text)
    for path in files(PAGES, ".md"):
        yield from re.findall(r"^ *```route[^\n]*\n(.*?)^ *```", read(path), re.M | re.S)
    if kept_file(target).exists():
        yield from map(json.loads, read(kept_file(target)).splitlines())


def gather(target, folder):
    folder.mkdir(parents=True, exist_ok=True)
    texts = set(seeds(target))
    for text in texts:
        data = text.encode()
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
    print(f"{len(texts)} seeds")


def pack(target, folder):
    texts = sorted({read(path) for path in folder.iterdir()}, key=lambda text: (len(text), text))
    lines = [json.dumps(text) + "\n" for text in texts]
    # The longest are left out first.
    while len(lines) > KEPT_TEXTS or sum(map(len, lines)) > KEPT_BYTES:
        lines.pop()
    kept_file(target).parent.mkdir(parents=True, exist_ok=True)
    kept_file(target).write_text("".join(lines))
    print(f"{len(lines)} of {len(texts)} texts, {sum(map(len, lines))} bytes, kept in {kept_file(target).relative_to(ROOT)}")


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("gather", "pack"):
        sys.exit(__doc__)
    {"gather": gather, "pack": pack}[sys.argv[1]](sys.argv[2], pathlib.Path(sys.argv[3]))


main()
