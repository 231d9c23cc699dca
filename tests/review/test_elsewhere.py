"""The files for GitHub, GitLab and pre-commit are of the form that those tools read, and do what they say."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import HERE, ROOT, git

# As absolute paths: the tools run in other folders.
PACKAGES = os.pathsep.join(str(Path(folder).resolve()) for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder)

CHANGE = HERE / "changes/signs-of-another-language.patch"


def tool(name: str, *words: str, folder: Path, path: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path, "HOME": str(folder), "PYTHONPATH": PACKAGES, **more}
    command = [sys.executable, "-m", name, *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", "action.yml"), ("vendor.gitlab-ci", "ci/gitlab.yml")],
)
def test_files_are_of_their_published_form(schema: str, file: str, tmp_path: Path, path: str):
    done = tool("check_jsonschema", "--builtin-schema", schema, str(ROOT / file), folder=tmp_path, path=path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hooks_are_of_their_published_form(tmp_path: Path, path: str):
    done = tool("pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"), folder=tmp_path, path=path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def hooked(repository: Path, tmp_path: Path, path: str):
    """The repository with the hooks as pre-commit takes them: from a repository of their own, by commit."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "init", "--quiet")
    git(hooks, "add", "--all")
    git(hooks, "commit", "--quiet", "--message", "hooks")
    commit = git(hooks, "rev-parse", "HEAD").strip()
    named = [{"id": "route-fmt"}, {"id": "route-check", "args": ["policies"]}, {"id": "route-test", "args": ["policies"]}]
    settings = {"repos": [{"repo": str(hooks), "rev": commit, "hooks": named}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(settings))
    git(repository, "add", "--all")

    def run() -> subprocess.CompletedProcess[str]:
        cache = str(tmp_path / "cache")
        return tool("pre_commit", "run", "--all-files", folder=repository, path=path, PRE_COMMIT_HOME=cache)

    return run


def test_hooks_pass_a_sound_policy(hooked):
    done = hooked()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 3, done.stdout


def test_hooks_stop_a_broken_one(hooked, repository: Path):
    git(repository, "apply", str(CHANGE))
    git(repository, "add", "--all")
    done = hooked()
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.count("Failed") == 3 and "R0003" in done.stdout, done.stdout


def gitlab(repository: Path, path: str, policy: str = "policies") -> subprocess.CompletedProcess[str]:
    """The job as GitLab's runner would run it, in a shell in place of its image."""
    job = (ROOT / "ci/gitlab.yml").read_text()
    (repository / ".gitlab-ci.yml").write_text(job)
    local = ROOT / "tests/review/node_modules/.bin/gitlab-ci-local"
    words = ["--force-shell-executor", "--no-color", "--variable", f"WAYLEAVE_POLICY={policy}", "wayleave"]
    environment = {**os.environ, "PATH": path, "HOME": str(repository.parent)}
    command = [str(local), *words]
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.gitlab
def test_the_job_for_gitlab_passes_a_sound_policy(repository: Path, path: str):
    git(repository, "remote", "add", "origin", "git@gitlab.example.com:platform/policies.git")
    done = gitlab(repository, path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 tests passed" in done.stdout, done.stdout


@pytest.mark.gitlab
def test_the_job_for_gitlab_fails_on_a_broken_one_and_keeps_its_reports(repository: Path, path: str):
    git(repository, "remote", "add", "origin", "git@gitlab.example.com:platform/policies.git")
    git(repository, "apply", str(CHANGE))
    git(repository, "commit", "--quiet", "--all", "--message", "a change")
    done = gitlab(repository, path)
    assert done.returncode == 1, done.stdout + done.stderr
    kept = list(repository.glob(".gitlab-ci-local/artifacts/wayleave/wayleave-*.xml"))
    assert len(kept) == 2, done.stdout + done.stderr
    assert "R0003" in (repository / ".gitlab-ci-local/artifacts/wayleave/wayleave-check.xml").read_text()


def test_what_the_book_shows_of_these_files_is_true():
    page = (ROOT / "docs/pull-requests.md").read_text()
    blocks = [yaml.safe_load(block.split("```")[0]) for block in page.split("```yaml\n")[1:]]
    text = json.dumps(blocks)
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    used = next(step for job in blocks[0]["jobs"].values() for step in job["steps"] if "with" in step)
    assert set(used["with"]) <= set(action["inputs"])
    for name in action["inputs"]:
        assert f"`{name}`" in page, name
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        assert hook["id"] in text
    for variable in yaml.safe_load((ROOT / "ci/gitlab.yml").read_text())["variables"]:
        assert variable in text
