"""The questions of the exact checks, put to z3: it finds a request where the prover finds one, and none where it finds none."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRITER = pathlib.Path(os.environ.get("WAYLEAVE_SMT", ROOT / "target" / "debug" / "smt"))
# Small policies and policies over more of the language, of each so many.
POLICIES = int(os.environ.get("WAYLEAVE_POLICIES", "30"))
# An answer that z3 does not find in its time is not compared; of all questions at most one in a hundred.
MOST_UNKNOWN = 0.01


def z3() -> str:
    """The program that the package brings."""
    places = [pathlib.Path(folder) / "bin" / "z3" for folder in sys.path if folder]
    found = [place for place in places if place.is_file()]
    assert found, "z3 is not installed: tests/smt/requirements.txt"
    return str(found[0])


def answers(script: pathlib.Path) -> list[str]:
    ran = subprocess.run([z3(), "-smt2", script], capture_output=True, text=True, timeout=900, check=False)
    lines = ran.stdout.split()
    assert ran.returncode == 0 and set(lines) <= {"sat", "unsat", "unknown"}, f"{script.name}: {ran.stdout[:500]}{ran.stderr[:500]}"
    return lines


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> list[pathlib.Path]:
    assert WRITER.is_file(), "the writer is not built: cargo build -p wayleave-tests --bin smt"
    folder = tmp_path_factory.mktemp("questions")
    policies = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("examples/*/main.route"))
    command = [WRITER, folder, "--policies", str(POLICIES), *policies]
    subprocess.run(command, cwd=ROOT, check=True, timeout=1800)
    return sorted(folder.glob("*.smt2"))


def test_z3_answers_as_the_prover(questions: list[pathlib.Path]):
    asked = {"sat": 0, "unsat": 0, "unknown": 0}
    wrong = []
    for script in questions:
        expected = script.with_suffix(".expected").read_text().split()
        found = answers(script)
        assert len(found) == len(expected), script.name
        for number, (own, other) in enumerate(zip(expected, found, strict=True)):
            asked[other] += 1
            if other not in ("unknown", own):
                wrong.append(f"{script.name}, question {number}: the prover says {own}, z3 says {other}")
    print(f"{len(questions)} policies, {asked}")
    assert wrong == []
    assert asked["sat"] > 1000 and asked["unsat"] > 1000
    assert asked["unknown"] <= MOST_UNKNOWN * sum(asked.values())


def test_z3_would_see_a_wrong_answer(questions: list[pathlib.Path], tmp_path: pathlib.Path):
    """A policy whose requests are asked with one condition left out: what was impossible becomes possible."""
    wrong = 0
    for script in questions[:20]:
        text = script.read_text()
        head, *asked = text.split("(push 1)\n")
        without = [part.partition("\n")[2] if part.count("(assert") > 1 else part for part in asked]
        other = tmp_path / script.name
        other.write_text("(push 1)\n".join([head, *without]))
        expected = script.with_suffix(".expected").read_text().split()
        wrong += sum(one != two for one, two in zip(expected, answers(other), strict=True))
    assert wrong > 100
