"""Pull requests through the steps of `action.yml`: annotations stand on the right lines, and the job fails when it must.

Each `changes/NAME.patch` is a change to `repository`; `changes/NAME.expected` holds what the pull request shows: the verdict, and
each annotation. With WAYLEAVE_UPDATE=1 the latter are rewritten: read them."""

import os
import re
from pathlib import Path

import pytest
from conftest import BINARY, HERE, ROOT, git
from workflow import Action, Ran

# As of which the changes are looked at, so that they stay what they are.
AS_OF = "2026-12-01"

PATCHES = sorted((HERE / "changes").glob("*.patch"))


def through_the_action(repository: Path, temp: Path, path: str, **inputs: str) -> Ran:
    given = {"policy": "policies", "as-of": AS_OF, "deny-warnings": "true", **inputs}
    return Action(ROOT).run(repository, temp / "runner", given, path)


def shown(ran: Ran) -> str:
    lines = ["fails" if ran.is_failed else "passes"]
    for told in ran.annotations():
        place = f"{told['file']}:{told.get('line', '-')}:{told.get('col', '-')}-{told.get('endColumn', '-')}"
        lines.append(f"\n{told['kind']} {place} {told['title']}")
        lines += [f"  {line}" for line in told["message"].splitlines()]
    return "\n".join(lines) + "\n"


def changed_lines(repository: Path) -> dict[str, set[int]]:
    """The lines of each file that the change wrote, as a pull request shows them."""
    lines: dict[str, set[int]] = {}
    name = ""
    for line in git(repository, "diff", "--unified=0", "HEAD~1").splitlines():
        if line.startswith("+++ b/"):
            name = line.removeprefix("+++ b/")
        if match := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            start, count = int(match.group(1)), int(match.group(2) or 1)
            lines.setdefault(name, set()).update(range(start, start + count))
    return lines


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_change_shows_what_is_wrong_on_its_lines(patch: Path, repository: Path, tmp_path: Path, path: str):
    git(repository, "apply", str(patch))
    git(repository, "commit", "--quiet", "--all", "--message", "a change")
    ran = through_the_action(repository, tmp_path, path)
    expected = patch.with_suffix(".expected")
    if "WAYLEAVE_UPDATE" in os.environ:
        expected.write_text(shown(ran))
    assert shown(ran) == expected.read_text()
    changed = changed_lines(repository)
    for told in ran.annotations():
        # A test that fails stands where the test is, which the change need not touch; a layout is of the whole file.
        if "line" in told and "R0403" not in told["title"]:
            assert int(told["line"]) in changed[told["file"]], told
    text = ran.summary.read_text()
    assert "## Wayleave" in text and ("failed" in text) == ran.is_failed


def test_there_are_enough_changes():
    verdicts = [patch.with_suffix(".expected").read_text().splitlines()[0] for patch in PATCHES]
    assert verdicts.count("fails") >= 5 and "passes" in verdicts


def test_the_repository_as_it_is_passes(repository: Path, tmp_path: Path, path: str):
    ran = through_the_action(repository, tmp_path, path)
    assert not ran.is_failed, ran.log
    assert ran.annotations() == []
    # The one step that needs the network is taken only where there is no binary.
    assert ran.passed_over == []
    assert "tests reach" in ran.summary.read_text()


def test_inputs_have_an_effect(repository: Path, tmp_path: Path, path: str):
    git(repository, "apply", str(HERE / "changes/an-approval-that-ends-soon.patch"))
    late = through_the_action(repository, tmp_path / "late", path, **{"as-of": "2027-01-02"})
    assert any("has ended" in told["message"] for told in late.annotations()), late.log
    silent = through_the_action(repository, tmp_path / "silent", path, coverage="false", wayleave=str(BINARY))
    assert "tests reach" not in silent.summary.read_text()
    missing = through_the_action(repository, tmp_path / "missing", path, policy="elsewhere")
    assert missing.is_failed and "could not say" in missing.summary.read_text()


def test_where_there_is_no_binary_it_would_be_built(repository: Path, tmp_path: Path):
    # A cargo that says what it is asked stands for the build, which takes minutes.
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "cargo").write_text(
        '#!/bin/sh\nwhile [ "$1" != --root ]; do shift; done\nmkdir -p "$2/bin" && ln -s ' f'"{BINARY}" "$2/bin/wayleave"\n'
    )
    (tools / "cargo").chmod(0o755)
    ran = through_the_action(repository, tmp_path, f"{tools}:/usr/bin:/bin")
    assert not ran.is_failed, ran.log
    assert ran.passed_over == ["actions/cache@v4"]


def test_nothing_that_a_pull_request_writes_becomes_a_command(repository: Path, tmp_path: Path, path: str):
    hostile = repository / "policies" / "a,b:c%0A\n::error::x.route"
    hostile.write_text('edition 2026\n\n\n\ndeny  x when caller.app is "::error file=y::z ##[stop-commands]x"\n')
    main = repository / "policies" / "main.route"
    main.write_text(main.read_text() + 'approve "x": "##[error file=z]w"/any\n')
    ran = through_the_action(repository, tmp_path, path)
    assert ran.is_failed
    files = {told["file"] for told in ran.annotations() if "file" in told}
    assert all(name.startswith("policies/") for name in files), ran.log
