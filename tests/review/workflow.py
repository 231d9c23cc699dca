"""Runs the steps of a composite action as GitHub's runner does, as far as that goes without its servers: expressions in
`env` and `if`, outputs, the path of the action, the summary. A step that `uses` another action is passed over."""

import json
import os
import re
import subprocess
from pathlib import Path

import yaml


class Action:
    """One action, read from its `action.yml`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.text = yaml.safe_load((folder / "action.yml").read_text())

    def run(
        self, workspace: Path, temp: Path, inputs: dict[str, str], path: str, event: dict | None = None, api: str = ""
    ) -> "Ran":
        """Runs every step in the workspace. `path` is what the runner's PATH would be, `event` what made the job run, `api` where
        GitHub's interface is."""
        temp.mkdir(parents=True, exist_ok=True)
        given = {name: spec.get("default", "") for name, spec in self.text["inputs"].items()}
        given.update(inputs)
        outputs: dict[str, dict[str, str]] = {}
        ran = Ran(summary=temp / "summary")
        (temp / "event").write_text(json.dumps(event or {}))
        for step in self.text["runs"]["steps"]:
            context = {"inputs": given, "steps": outputs, "runner": {"temp": str(temp), "os": "Linux", "arch": "X64"}, "github": {"token": "a-token"}}
            if ran.is_failed or not holds(step.get("if"), context):
                continue
            if "uses" in step:
                ran.passed_over.append(step["uses"])
                continue
            output = temp / "output"
            output.write_text("")
            environment = {
                "PATH": path,
                "HOME": str(temp),
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(self.folder),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(ran.summary),
                "GITHUB_EVENT_PATH": str(temp / "event"),
                "GITHUB_API_URL": api,
                "GITHUB_REPOSITORY": "acme/policies",
            }
            for name, value in step.get("env", {}).items():
                environment[name] = filled(str(value), context)
            assert "${{" not in step["run"], "what a pull request can write must not become a script"
            # As the runner calls bash where `shell: bash` is said.
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=workspace, env=environment, capture_output=True, text=True, timeout=120, check=False,
            )
            lines = [line.split("=", 1) for line in output.read_text().splitlines()]
            outputs[step.get("id", step["name"])] = {"outputs": {name: value for name, value in lines}}
            ran.log[step["name"]] = done.stdout + done.stderr
            ran.is_failed = done.returncode != 0
        return ran


class Ran:
    """What came of it."""

    def __init__(self, summary: Path):
        self.summary = summary
        self.log: dict[str, str] = {}
        self.passed_over: list[str] = []
        self.is_failed = False

    def annotations(self) -> list[dict[str, str]]:
        """Every annotation, its properties and its `message`, with what was escaped put back."""
        lines = [line for text in self.log.values() for line in obeyed(text)]
        # The old form of a command is obeyed anywhere in a line: nothing of ours may hold one.
        assert not [line for line in lines if "##[" in line and not line.startswith("::")], lines
        matches = (re.match(r"\s*::(error|warning|notice) (.*?)::(.*)", line) for line in lines)
        return [annotation(*match.groups()) for match in matches if match]


def obeyed(log: str) -> list[str]:
    """The lines that the runner reads as commands: none between `::stop-commands::TOKEN` and `::TOKEN::`."""
    lines, token = [], None
    for line in log.split("\n"):
        if token is not None:
            token = None if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        else:
            lines.append(line)
    return lines


def annotation(kind: str, properties: str, message: str) -> dict[str, str]:
    found = {"kind": kind, "message": unescaped(message)}
    for part in properties.split(","):
        name, value = part.split("=", 1)
        found[name] = unescaped(value)
    return found


def unescaped(text: str) -> str:
    for sign, escape in {":": "%3A", ",": "%2C", "\r": "%0D", "\n": "%0A", "%": "%25"}.items():
        text = text.replace(escape, sign)
    return text


def filled(text: str, context: dict) -> str:
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda match: value(match.group(1), context), text)


def value(path: str, context: dict) -> str:
    at = context
    for name in path.split("."):
        at = at.get(name, "") if isinstance(at, dict) else ""
    return str(at)


def holds(condition: str | None, context: dict) -> bool:
    """An `if`: none, or `PATH == 'TEXT'`."""
    if condition is None:
        return True
    match = re.fullmatch(r"([\w.-]+) == '([^']*)'", condition)
    assert match, f"this runner does not know the condition: {condition}"
    return value(match.group(1), context) == match.group(2)
