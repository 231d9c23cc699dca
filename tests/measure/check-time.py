#!/usr/bin/env python3
"""CPU time and wall time of `wayleave check --quick` as a whole process, over policies of 100 to 10,000 rules, turn by turn
with a peer of known cost (`python3 -c pass`, a process that starts and reads a little). Judges nothing: the ratio can be
compared between machines, the milliseconds cannot."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
SIZES = (100, 1_000, 10_000)


def built(folder, *cargo):
    """The folder of what cargo builds there, with optimisation."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", *cargo], cwd=folder, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(target, "release")


def run(command):
    """CPU seconds and wall seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def spread(values):
    values = sorted(value * 1e3 for value in values)
    return f"{values[0]:.1f} ms least, {statistics.median(values):.1f} ms median, {values[-1]:.1f} ms most"


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    wayleave = os.path.join(built(ROOT, "-p", "wayleave-cli"), "wayleave")
    os.environ["CARGO_TARGET_DIR"] = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target", "measure"))
    measure = os.path.join(built(HERE), "measure")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = os.path.join(folder, f"{size}.route")
            with open(path, "w", encoding="utf-8") as file:
                subprocess.run([measure, "rules", str(size)], check=True, stdout=file)
            ours, peers = [], []
            for _ in range(runs):
                ours.append(run([wayleave, "check", "--quick", path]))
                peers.append(run([sys.executable, "-c", "pass"]))
            length = os.path.getsize(path) // 1000
            print(f"{size} rules, {length} KB, {runs} runs")
            print(f"  CPU   {spread([cpu for cpu, _ in ours])}")
            print(f"  wall  {spread([wall for _, wall in ours])}")
            print(f"  peer  {spread([cpu for cpu, _ in peers])} of CPU")
            ratio = statistics.median(cpu for cpu, _ in ours) / statistics.median(cpu for cpu, _ in peers)
            print(f"  ratio {ratio:.2f}")


main()
