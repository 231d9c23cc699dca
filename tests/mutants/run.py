"""Shows that the tests of every run find mistakes in the search for a decision: the mistakes of `mutants.toml`, one after
the other, each asked of the agreement tests (tests/it/agreement.rs) and, where those see nothing, of the compiler's unit
tests. Exits 1 where one survives.

    python3 tests/mutants/run.py [PIECE]

PIECE: only the mistakes in whose line it stands. All are built at once, into a copy of the tree below target/mutants, each
behind a number that the environment names: a build for each would take an hour. CARGO_TARGET_DIR holds the build, if it is
set."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = ROOT / "target/mutants/tree"
BUILD = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target/mutants/build"))
NUMBER = "WAYLEAVE_MUTANT"
# Many times what the tests take without a mistake. What takes longer proves nothing, so that all ends there.
LIMIT_S = 600
TIMED_OUT = 124
SWITCH = f"""
pub(crate) mod mutant {{
    pub(crate) fn is(number: usize) -> bool {{
        static ON: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
        let read = || std::env::var("{NUMBER}").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        *ON.get_or_init(read) == number
    }}
}}
"""
# Each with the folder that it runs in and the part of it that is asked.
TESTS = {"it": ("tests", ["agreement"]), "wayleave_compiler": ("compiler", [])}


def mutants():
    """One for each of `each`, numbered from 1."""
    found = []
    for one in tomllib.loads((pathlib.Path(__file__).parent / "mutants.toml").read_text())["mutant"]:
        for name in one.pop("each", [""]):
            texts = {key: one[key].replace("{}", name) if key in ("what", "new") else one[key] for key in one}
            found.append(texts)
    return found


def only(text, piece, where):
    """Where a piece stands in a text, which has it once."""
    if text.count(piece) != 1:
        sys.exit(f"{where}: `{piece}` stands there {text.count(piece)} times, not once")
    return text.index(piece)


def seeded(path, text, numbered):
    """The text of a file with all its mistakes, each behind its number."""
    places = {}
    for number, one in numbered:
        near = one.get("near", one["old"])
        at = only(text, near, path) + only(near, one["old"], path)
        places.setdefault((at, at + len(one["old"])), []).append((number, one["new"]))
    behind = len(text)
    for (first, end), choices in sorted(places.items(), reverse=True):
        if end > behind:
            sys.exit(f"{path}: two mistakes stand in each other at `{text[first:end]}`")
        ways = "".join(f"if crate::mutant::is({number}) {{ {new} }} else " for number, new in choices)
        text = f"{text[:first]}({ways}{{ {text[first:end]} }}){text[end:]}"
        behind = first
    return text


def write_tree(found):
    """A copy of what git knows of, and of what is new; a file that stays as it is keeps its time."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    numbered = list(enumerate(found, 1))
    for name in names:
        source, to = ROOT / name, TREE / name
        if not source.is_file():
            continue
        content = source.read_bytes()
        own = [(number, one) for number, one in numbered if one["file"] == name]
        if own:
            content = seeded(name, content.decode(), own).encode()
        if name == "compiler/src/lib.rs":
            content += SWITCH.encode()
        if not to.is_file() or to.read_bytes() != content:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(content)
            shutil.copymode(source, to)
    for one in found:
        if one["file"] not in names:
            sys.exit(f"there is no `{one['file']}`")


def build():
    """The test binaries, by name."""
    wanted = ["-p", "wayleave-tests", "-p", "wayleave-compiler", "--lib", "--test", "it"]
    command = ["cargo", "test", "--no-run", "--quiet", "--message-format=json-render-diagnostics", *wanted]
    environment = {**os.environ, "CARGO_TARGET_DIR": BUILD}
    # Warnings speak of the switches.
    built = subprocess.run(command, cwd=TREE, env=environment, capture_output=True, text=True)
    if built.returncode != 0:
        sys.exit(f"{built.stderr}\na mistake has to be one that compiles")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    made = [one for one in messages if one.get("executable") and one["target"]["name"] in TESTS]
    return {one["target"]["name"]: one["executable"] for one in made}


def first_failure(binary, name, number):
    """The first test that fails, how it ended otherwise, or nothing."""
    folder, words = TESTS[name]
    environment = {**os.environ, NUMBER: str(number), "CARGO_MANIFEST_DIR": str(TREE / folder)}
    command = ["timeout", str(LIMIT_S), binary, *words]
    run = subprocess.Popen(
        command, cwd=TREE / folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in run.stdout:
        if line.startswith("test ") and line.rstrip().endswith("FAILED"):
            run.terminate()
            run.wait()
            return line.split()[1]
    if run.wait() == TIMED_OUT:
        sys.exit(f"{name} with mistake {number} took longer than {LIMIT_S} s")
    return None if run.returncode == 0 else f"{name}, which ended with status {run.returncode}"


def main():
    piece = sys.argv[1] if len(sys.argv) == 2 else ""
    if len(sys.argv) > 2 or piece.startswith("-"):
        sys.exit(f"usage: {sys.argv[0]} [PIECE]")
    found = mutants()
    write_tree(found)
    binaries = build()
    for name, binary in binaries.items():
        begin = time.monotonic()
        if failure := first_failure(binary, name, 0):
            sys.exit(f"without any mistake: {failure}")
        print(f"without any mistake: {name} passes in {time.monotonic() - begin:.0f} s", flush=True)
    survived = asked = 0
    for number, one in enumerate(found, 1):
        if piece not in one["what"]:
            continue
        asked += 1
        begin = time.monotonic()
        failures = (first_failure(binaries[name], name, number) for name in TESTS)
        failure = next(filter(None, failures), None)
        survived += failure is None
        verdict = f"caught by {failure}" if failure else "SURVIVED"
        print(f"{one['what']}: {verdict} ({time.monotonic() - begin:.0f} s)", flush=True)
    print(f"{asked - survived} passed, {survived} failed, 0 skipped")
    sys.exit(survived > 0)


main()
