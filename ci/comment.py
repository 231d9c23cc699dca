#!/usr/bin/env python3
"""Writes a review as a comment of a GitHub pull request, in the place of the one before: `comment.py FILE`.

The first line of FILE is the mark by which the comment is found again. Reads GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH and
GITHUB_TOKEN, as a job has them. Exit status: 0 written, 2 it could not be."""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

# A comment holds 65,536 characters; a longer one is refused whole.
LONGEST = 65_000
TIMEOUT_S = 30
PAGE = 100


def asked(method: str, path: str, body: dict | None = None) -> object:
    """What the interface answers."""
    request = urllib.request.Request(
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
            "User-Agent": "wayleave-review",
        },
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


def known(number: int, mark: str) -> int | None:
    """The comment of ours that stands there already."""
    page = 1
    while True:
        comments = asked("GET", f"issues/{number}/comments?per_page={PAGE}&page={page}")
        for comment in comments:
            # Anybody may write the mark: only a comment of a bot is one of ours.
            if comment["body"].startswith(mark) and comment["user"]["type"] == "Bot":
                return comment["id"]
        if len(comments) < PAGE:
            return None
        page += 1


def main() -> int:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    mark = text.splitlines()[0]
    if len(text) > LONGEST:
        text = text[:LONGEST] + "\n\n… the rest is in the summary of the job.\n"
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    try:
        number = event["pull_request"]["number"]
        comment = known(number, mark)
        if comment is None:
            asked("POST", f"issues/{number}/comments", {"body": text})
        else:
            asked("PATCH", f"issues/comments/{comment}", {"body": text})
    except urllib.error.HTTPError as error:
        print(f"the review could not be written as a comment: {error}; the job needs pull-requests: write", file=sys.stderr)
        return 2
    except (OSError, KeyError) as error:
        print(f"the review could not be written as a comment: {error!r}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
