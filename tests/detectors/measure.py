"""Measures the built-in detectors against gitleaks' own cases and Presidio's synthetic texts, which are fetched at the
commits below and not kept. Writes the figures to the file named, and exits 1 where they are worse than they have to be.

    python3 tests/detectors/measure.py docs/measurements/detectors.md [FOLDER]

FOLDER (target/detectors, if not given) holds the fetched repositories, as folders `gitleaks` and `presidio-research`; a
clone that is there already, bare or not, is used as it is if it has the commit."""

import json
import pathlib
import re
import subprocess
import sys

import go_cases

ROOT = pathlib.Path(__file__).resolve().parents[2]
GITLEAKS = ("gitleaks", "https://github.com/gitleaks/gitleaks", "b58d3f102cf3a2c84cb7f923d05c25c9b1aed84b")
PRESIDIO = (
    "presidio-research", "https://github.com/microsoft/presidio-research", "7622dec1e5f7d25dc60b57c28c39f4c4af197018")
RULES = "cmd/generate/config/rules"
GENERATE = "cmd/generate/config/utils/generate.go"
SYNTHETIC = "data/synth_dataset_v2.json"
LARGE = "tests/data/generated_large.json"

# Of Presidio's entities, those that a detector looks for.
ENTITIES = {
    "CREDIT_CARD": "credit-card", "EMAIL_ADDRESS": "email", "IBAN_CODE": "iban", "IP_ADDRESS": "ip-address",
    "US_SSN": "us-ssn", "PHONE_NUMBER": "phone"}
# Recall and precision that each must reach.
WANTED = {
    "credit-card": (136 / 136, 0.993), "email": (1, 1), "us-ssn": (1, 1), "ip-address": (13 / 14, 0.9),
    "iban": (15.5 / 21, 0.99), "phone": (0, 0.9)}
WANTED_POSITIVES, WANTED_NEGATIVES = 280 / 282, 7 / 320


def git(folder, *words, **more):
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, **more).stdout


def fetched(folder, source):
    """The folder of a repository that has the commit."""
    name, address, commit = source
    folder = folder / name
    known = subprocess.run(["git", "-C", str(folder), "cat-file", "-e", commit + "^{commit}"], capture_output=True)
    if not folder.is_dir() or known.returncode != 0:
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "--quiet")
        try:
            git(folder, "fetch", "--quiet", "--depth=1", address, commit, timeout=300)
        except subprocess.SubprocessError as error:
            sys.exit(f"cannot fetch {address} at {commit}: {(error.stderr or b'no answer').decode().strip()}")
    return folder


def file(folder, source, path):
    return git(folder, "show", f"{source[2]}:{path}").decode()


def found(texts):
    """Of each text the findings: detector, start and end in characters."""
    example = ["cargo", "run", "--quiet", "--release", "-p", "wayleave-inspect", "--example", "lines"]
    lines = [text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") for text in texts]
    given = ("\n".join(lines) + "\n").encode()
    answer = subprocess.run(example, cwd=ROOT, input=given, check=True, capture_output=True).stdout.decode()
    findings = []
    for text, line in zip(texts, answer.split("\n"), strict=False):
        raw, of_text = text.encode(), []
        for finding in line.split():
            detector, start, end = finding.split(":")
            of_text.append((detector, len(raw[:int(start)].decode()), len(raw[:int(end)].decode())))
        findings.append(of_text)
    return findings


def secrets(folder, shown, missed):
    paths = git(folder, "ls-tree", "-r", "--name-only", GITLEAKS[2], RULES).decode().split()
    rules = {path: file(folder, GITLEAKS, path) for path in paths if path.endswith(".go")}
    cases = go_cases.cases(rules, file(folder, GITLEAKS, GENERATE))
    # What one rule is not to find may be what another is for.
    positives = {str(case) for kind, case in cases if kind == "positive"}
    cases = [(kind, case) for kind, case in cases if case and (kind == "positive" or str(case) not in positives)]
    is_found = [any(name == "secret" for name, _, _ in of_text) for of_text in found([case for _, case in cases])]
    good = True
    for kind, verb, wanted in (("positive", "found", WANTED_POSITIVES), ("negative", "fired on", WANTED_NEGATIVES)):
        for made, what in ((False, "as they stand"), (True, "filled into forms or made up")):
            of_kind = [(case, hit) for (k, case), hit in zip(cases, is_found) if k == kind and
                       isinstance(case, go_cases.Made) == made]
            hits = sum(hit for _, hit in of_kind)
            if not of_kind:
                continue
            shown.append(f"| gitleaks' {kind}s, {what} | {verb} {hits} of {len(of_kind)} |")
            wrong = [case for case, hit in of_kind if hit != (kind == "positive")]
            missed += [f"{kind}: {str(case)[:160]!r}" for case in wrong]
            share = hits / len(of_kind)
            good &= share >= wanted if kind == "positive" else share <= wanted
    return good


def personal(folder, shown, missed):
    data = json.loads(file(folder, PRESIDIO, SYNTHETIC))
    texts = [text["full_text"] for text in data]
    findings = found(texts)
    good = True
    for entity, name in ENTITIES.items():
        wanted_recall, wanted_precision = WANTED[name]
        there, hits, told, right = 0, 0, 0, 0
        for text, of_text in zip(data, findings):
            spans = [span for span in text["spans"] if span["entity_type"] == entity]
            if name == "phone":
                spans = [span for span in spans if re.match(r"\s*(\+|00\d)", span["entity_value"])]
            own = [(start, end) for detector, start, end in of_text if detector == name]
            of_any = [span for span in text["spans"] if span["entity_type"] == entity]
            def meets(span):
                return any(start < span["end_position"] and span["start_position"] < end for start, end in own)
            there += len(spans)
            hits += sum(meets(span) for span in spans)
            missed += [f"{name} missed: {span['entity_value']!r}" for span in spans if not meets(span)]
            told += len(own)
            for start, end in own:
                is_right = any(start < s["end_position"] and s["start_position"] < end for s in of_any)
                right += is_right
                if not is_right:
                    missed.append(f"{name} fired: {text['full_text'][start:end]!r}")
        recall, precision = hits / max(there, 1), right / max(told, 1)
        note = ", with a country code" if name == "phone" else ""
        shown.append(f"| `{name}`{note}: found, and precision | {hits} of {there}, {precision:.3f} |")
        good &= recall >= wanted_recall and precision >= wanted_precision
    large = [text["full_text"] for text in json.loads(file(folder, PRESIDIO, LARGE))]
    clean = sorted(set(texts + large))
    fired = [(text, f) for text, f in zip(clean, found(clean)) if any(name == "secret" for name, _, _ in f)]
    missed += [f"clean text: {text[:160]!r} {f}" for text, f in fired]
    shown.append(f"| Presidio's texts without credentials, for `secret` | fired on {len(fired)} of {len(clean)} |")
    return good and not fired


def main():
    target = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "target" / "detectors"
    gitleaks, presidio = fetched(folder, GITLEAKS), fetched(folder, PRESIDIO)
    shown, missed = [], []
    good = secrets(gitleaks, shown, missed)
    good = personal(presidio, shown, missed) and good
    print("\n".join(missed + shown))
    sources = " and ".join(f"[{name}]({address}) at `{commit[:12]}`" for name, address, commit in (GITLEAKS, PRESIDIO))
    own = git(ROOT, "rev-parse", "--short=12", "HEAD").decode().strip()
    # What follows, under a heading of its own, is measured elsewhere.
    known = target.read_text(encoding="utf-8") if target.exists() else ""
    costs = known[known.find("\n## "):] if "\n## " in known else ""
    target.write_text(
        "# Detectors\n\nMade by `tests/detectors/measure.py`, part of `./test --long`, at commit "
        f"`{own}`, with\n{sources}.\n\nA finding counts where it overlaps what is marked. Each of gitleaks' cases counts "
        "once, without the path that some of its rules ask for, and is no\nnegative if it is another rule's positive. "
        "Where the rules choose between stand-ins and credentials, these cases were looked at: the figures show\nthat "
        "nothing gets worse; on other texts they may be lower.\n\n| | |\n|---|---|\n" + "\n".join(shown) + "\n" + costs,
        encoding="utf-8")
    print("as good as it has to be" if good else "worse than it has to be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
