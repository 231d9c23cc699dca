"""A repository with a policy, to which changes are made as in pull requests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BINARY = ROOT / "target" / "debug" / "wayleave"


def pytest_configure(config: pytest.Config):
    config.addinivalue_line("markers", "gitlab: runs GitLab's jobs without GitLab, which needs rsync")


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Reviewer", "-c", "user.email=reviewer@example.com", "-c", "init.defaultBranch=main"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *identity, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def path() -> str:
    """A PATH on which the binary stands."""
    assert BINARY.is_file(), "there is no binary yet: cargo build -p wayleave-cli"
    return f"{BINARY.parent}:{os.environ['PATH']}"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The repository as it is before a change, committed."""
    folder = tmp_path / "repository"
    shutil.copytree(HERE / "repository", folder)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "before")
    return folder
