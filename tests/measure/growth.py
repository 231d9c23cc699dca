#!/usr/bin/env python3
"""Whether the work behind a keystroke grows faster than the text: instructions of `wayleave check --quick`, and of one more edit in
`wayleave lsp`, over policies of 1,000 to 8,000 lines.

    tests/measure/growth.py --binary target/release/wayleave

Instructions are counted by callgrind, so they are the same on every machine of a kind, whatever else it does. Exits 1 where a byte of
the longest costs far more than one of the shortest, 2 where nothing can be counted.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from editing import workloads  # noqa: E402
from editing.client import Client  # noqa: E402

LINES = (1_000, 2_000, 4_000, 8_000)
RATIO_LIMIT = 1.3
EDITS = 4


def valgrind(out):
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--quiet"]


def counted(out):
    text = pathlib.Path(out).read_text(encoding="utf-8", errors="replace")
    return int(re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)[1])


def of_check(binary, folder, out):
    command = [*valgrind(out), binary, "check", "--quick", os.path.join(folder, "main.route")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return counted(out)


def of_edits(binary, folder, out, workload, edits):
    client = Client([*valgrind(out), binary, "lsp"], folder)
    client.open(workload.edited, workload.files[workload.edited], workload.language)
    client.published(workload.edited)
    for edit in range(edits):
        client.edit(workload.edited, workload.edit, edit % 2, "" if edit % 2 else "x")
        client.published(workload.edited)
    client.stop()
    return counted(out)


def row(name, sizes, instructions):
    """A row of the table; whether it grows too fast."""
    each = [count / size for count, size in zip(instructions, sizes)]
    ratio = each[-1] / each[0]
    told = "".join(f"{value:10.1f}" for value in each)
    print(f"{name:<16}{told}{ratio:12.3f}{f'  over {RATIO_LIMIT}' if ratio > RATIO_LIMIT else ''}", flush=True)
    return ratio > RATIO_LIMIT


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(HERE.parent.parent / "target" / "release" / "wayleave"))
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("cannot count: `valgrind` is not installed", file=sys.stderr)
        sys.exit(2)
    binary = os.path.abspath(options.binary)
    sizes, checks, edits = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind")
        empty = os.path.join(folder, "main.route")
        pathlib.Path(empty).write_text("edition 2026\n" + workloads.POLICY_TAIL.replace("  region:   eu\n", ""), encoding="utf-8")
        # Starting up.
        base = of_check(binary, folder, out)
        for lines in LINES:
            workload = workloads.policy(1, lines)
            pathlib.Path(empty).write_text(workload.files["main.route"], encoding="utf-8")
            sizes.append(len(workload.files["main.route"]))
            checks.append(of_check(binary, folder, out) - base)
            some = [of_edits(binary, folder, out, workload, count) for count in (2, 2 + EDITS)]
            edits.append((some[1] - some[0]) / EDITS)
    print("Instructions a byte, by lines")
    print(f"{'':<16}{''.join(f'{lines:10}' for lines in LINES)}{'last/first':>12}")
    is_over = [row("check --quick", sizes, checks), row("an edit", sizes, edits)]
    sys.exit(1 if any(is_over) else 0)


main()
