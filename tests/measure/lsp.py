#!/usr/bin/env python3
"""How long an editor waits for `wayleave lsp`, beside the language servers of ruff and ty, which do the same job in the same run.

    tests/measure/lsp.py --binary target/release/wayleave [--rounds 200] [--edits 100000] [--only-ours]

One raw client on this machine: ten starts, then rounds of an edit, its diagnostics and a question of each kind that the server
offers, over 100 files of 100 lines with ten of them open, and over one file of 10,000 lines. The client offers to tell of files that
change on disk, as most editors do; ours has its edits measured without that too. Times are of the wall, from the last
byte written to the last byte read; CPU time and memory are of the server with all that it starts, from /proc. Then so many edits in
bursts, for the memory. The peers are what `requirements.txt` pins, in an environment of their own below `target/`. Different
languages ask for different work: the columns beside ours are a yardstick of the same machine, no race. Judges nothing; writes
Markdown to standard output, and what it does to standard error.
"""

import argparse
import os
import pathlib
import platform
import random
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from editing import job, workloads  # noqa: E402

SIZES = ((100, 100), (1, 10_000))
SETTLED_SECONDS = 3.5
"""A file that changed just now is read with every edit, as it could change again and keep its time: most of a project has not."""

# The 95th percentile in milliseconds for each size; a row without a goal has none.
GOALS = {
    "first diagnostics": (60, 60),
    "edit → diagnostics": (8, 25),
    job.UNWATCHED: (8, None),
    "edit → diagnostics elsewhere": (25, None),
    "completion": (8, 16),
    "hover": (4, 8),
    "definition": (4, 8),
    "highlight": (4, 8),
    "signature help": (4, 8),
    "prepare rename": (4, 8),
    "tokens, full": (5, 30),
    "tokens, delta": (3, 10),
    "symbols": (5, 20),
    "folding": (5, 15),
    "references": (30, 30),
    "rename": (30, 30),
    "format": (5, 60),
    "stale request": (10, 10),
}


def say(words):
    print(words, file=sys.stderr, flush=True)


def peers():
    """The commands of the peers, installed where that was not done before."""
    folder = HERE.parent.parent / "target" / "peers"
    if not (folder / "bin" / "ty").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        requirements = HERE / "editing" / "requirements.txt"
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "-r", requirements], check=True, stdout=sys.stderr)
    return {"ruff": [str(folder / "bin" / "ruff"), "server"], "ty": [str(folder / "bin" / "ty"), "server"]}


def written(workload, folders):
    """A new folder with the files of a workload, below another."""
    folder = tempfile.mkdtemp(dir=folders)
    for name, text in workload.files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    time.sleep(SETTLED_SECONDS)
    return folder


def cell(told):
    return "–" if told is None else f"{told[0]:.1f} / {told[1]:.1f}"


def beside(ours, theirs):
    if ours is None or theirs is None:
        return "–"
    return f"{ours[1] / max(theirs[1], 0.01):.2f}"


def table(size, results, names, of):
    """A size as Markdown: p50 / p95 of all, our p95 beside each peer's; of the wall or of CPU time."""
    others = [name for name in names if name != "wayleave"]
    heads = ["", "goal, p95", *names, *(f"beside {name}" for name in others)]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    column = SIZES.index(size)
    for row in job.ROWS:
        told = {name: results[name][0].told(row, of) for name in names}
        if all(of is None for of in told.values()):
            continue
        goal = GOALS.get(row, (None, None))[column]
        cells = [row, "" if goal is None else str(goal), *(cell(told[name]) for name in names)]
        cells += [beside(told["wayleave"], told[name]) for name in others]
        print(f"| {' | '.join(cells)} |")
    if of == "wall":
        print()
        return
    for what, index, unit in (("CPU a round", 1, "ms"), ("memory", 2, "MiB")):
        cells = [f"{what}, {unit}", "", *(f"{results[name][index]:.1f}" for name in names)]
        cells += [f"{results['wayleave'][index] / max(results[name][index], 0.01):.2f}" for name in others]
        print(f"| {' | '.join(cells)} |")


def missed(size, results):
    column = SIZES.index(size)
    for row, goals in GOALS.items():
        told = results["wayleave"][0].told(row)
        if told and goals[column] and told[1] > goals[column]:
            say(f"  missed: {row}, {told[1]:.1f} ms of {goals[column]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(HERE.parent.parent / "target" / "release" / "wayleave"))
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--edits", type=int, default=100_000)
    parser.add_argument("--only-ours", action="store_true", help="without the peers")
    options = parser.parse_args()
    commands = {"wayleave": [os.path.abspath(options.binary), "lsp"]}
    if not options.only_ours:
        commands.update(peers())
    versions = [
        subprocess.run([command[0], "--version"], check=True, capture_output=True, text=True).stdout.strip()
        for command in commands.values()
    ]
    with tempfile.TemporaryDirectory() as folders:
        measured(options, commands, versions, folders)


def measured(options, commands, versions, folders):
    print(f"{', '.join(versions)}; {options.rounds} rounds; {os.cpu_count()} cores, {platform.machine()}.")
    for size in SIZES:
        files, lines = size
        results = {}
        for name, command in commands.items():
            workload = (workloads.policy if name == "wayleave" else workloads.python)(files, lines)
            say(f"{name}: {files} × {lines} lines")
            folder = written(workload, folders)
            results[name] = job.run(command, folder, workload, options.rounds)
            if name == "wayleave" and files > 1:
                job.unwatched(command, folder, workload, options.rounds, results[name][0])
        print(f"\n## {'One file' if files == 1 else f'{files} files'} of {lines:,} lines")
        for of, what in (("wall", "Until the answer"), ("cpu", "CPU time")):
            print(f"\n{what}, milliseconds, p50 / p95:\n")
            table(size, results, list(commands), of)
        missed(size, results)
    if options.edits:
        say(f"{options.edits} edits")
        workload = workloads.policy(*SIZES[0])
        told, seconds = job.endurance(
            commands["wayleave"], written(workload, folders), workload, options.edits, random.Random(1)
        )
        print(f"\n## Memory over {told[-1][0]:,} edits\n\nIn {seconds:.0f} s, over 100 files of 100 lines:\n")
        print("| edits | MiB |\n|---|---|")
        for edits, memory in told:
            print(f"| {edits:,} | {memory:.1f} |")


main()
