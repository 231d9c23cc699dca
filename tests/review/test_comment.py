"""The review of a pull request: in the summary of the job, and as one comment that is updated in its place."""

from pathlib import Path

import pytest
from conftest import HERE, ROOT, git
from github import GitHub
from workflow import Action, Ran

MARK = "<!-- wayleave review -->"


@pytest.fixture
def changed(repository: Path) -> Path:
    git(repository, "apply", str(HERE / "changes/a-longer-wait.patch"))
    git(repository, "commit", "--quiet", "--all", "--message", "a change")
    return repository


def reviewed(repository: Path, temp: Path, path: str, api: str = "", **inputs: str) -> Ran:
    base = git(repository, "rev-parse", "HEAD~1").strip()
    event = {"pull_request": {"number": 7, "base": {"sha": base}}}
    given = {"policy": "policies", "as-of": "2026-12-01", **inputs}
    return Action(ROOT).run(repository, temp / "runner", given, path, event, api)


def test_the_summary_holds_the_review(changed: Path, tmp_path: Path, path: str):
    ran = reviewed(changed, tmp_path, path)
    text = ran.summary.read_text()
    assert "What it changes" in text and "reroutes" in text, text
    # Without being asked for, no comment is written.
    assert "could not be written" not in ran.log["Review"]


def test_a_job_without_a_pull_request_has_no_review(changed: Path, tmp_path: Path, path: str):
    ran = Action(ROOT).run(changed, tmp_path / "runner", {"policy": "policies", "as-of": "2026-12-01"}, path)
    assert "no pull request" in ran.log["Review"] and "What it changes" not in ran.summary.read_text()


def test_the_comment_is_written_once_and_then_updated(changed: Path, tmp_path: Path, path: str):
    talk = [{"id": number, "body": "Looks good.", "user": {"type": "User"}} for number in range(1, 121)]
    talk[5]["body"] = f"{MARK}\nI pretend to be the review."
    with GitHub(talk) as github:
        reviewed(changed, tmp_path / "first", path, github.url, comment="true")
        assert len(github.comments) == 121 and github.comments[-1]["body"].startswith(MARK)
        assert "reroutes" in github.comments[-1]["body"]
        git(changed, "revert", "--no-edit", "HEAD")
        git(changed, "commit", "--quiet", "--allow-empty", "--message", "the same again")
        reviewed(changed, tmp_path / "second", path, github.url, comment="true")
        assert len(github.comments) == 121
        assert "no request is decided differently" in github.comments[-1]["body"]
        assert github.comments[5]["body"].endswith("I pretend to be the review.")


def test_a_comment_that_is_refused_leaves_the_summary(changed: Path, tmp_path: Path, path: str):
    with GitHub(status=403) as github:
        ran = reviewed(changed, tmp_path, path, github.url, comment="true")
    assert not ran.is_failed, ran.log
    assert "pull-requests: write" in ran.log["Review"] and "What it changes" in ran.summary.read_text()


def test_a_base_that_is_not_there_is_said(changed: Path, tmp_path: Path, path: str):
    event = {"pull_request": {"number": 7, "base": {"sha": "0" * 40}}}
    ran = Action(ROOT).run(changed, tmp_path / "runner", {"policy": "policies", "as-of": "2026-12-01"}, path, event)
    assert not ran.is_failed and "could not be reviewed" in ran.summary.read_text(), ran.log
