"""GitHub Actions: workflow commands, the runner's files, and a comment on the pull request."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollout.cli.log_commands import Level, github_annotation
from rollout.cli.pipelines.comments import Comments
from rollout.cli.pipelines.host import CommentError, in_repository
from rollout.cli.pipelines.markdown import page
from rollout.cli.safe_text import say
from rollout.text.plain_text import visible_line

MAX_SUMMARY_BYTES = 1_000_000
"""The runner refuses a step's file of more than 1 MiB as a whole."""

MAX_COMMENT_BYTES = 65_000
"""GitHub takes 65,536 characters."""

MAX_EVENT_BYTES = 32 * 1024 * 1024
LONGEST_OUTPUT = 2000
PUBLIC_API = "https://api.github.com"
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")


class GitHub:
    """`Host`; names of variables are those of *Variables reference*."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._of = environment

    def annotate(self, level: Level, text: str, file: str = "", line: int | None = None) -> None:
        found = in_repository(file, self._of.get("GITHUB_WORKSPACE", "")) if file else ""
        print(github_annotation(level, text, found, line), flush=True)

    def output(self, name: str, value: str) -> None:
        # One line: what follows a line break would be another output.
        self._append("GITHUB_OUTPUT", f"{name}={visible_line(value, LONGEST_OUTPUT)}\n")

    def summary(self, sections: list[str]) -> None:
        self._append("GITHUB_STEP_SUMMARY", page(sections, MAX_SUMMARY_BYTES) + "\n")

    def comment(self, key: str, sections: list[str]) -> str:
        token = self._of.get("GITHUB_TOKEN", "").strip()
        if not token:
            raise CommentError("there is no GITHUB_TOKEN")
        repository = self._of.get("GITHUB_REPOSITORY", "")
        if not _REPOSITORY.fullmatch(repository):
            raise CommentError(f"GITHUB_REPOSITORY is {repository!r}")
        number = pull_request(self._event())
        if number is None:
            return "this event is about no pull request: the summary has it"
        api = self._of.get("GITHUB_API_URL", "") or PUBLIC_API
        comments = Comments(api, repository, number, token)
        return comments.put(key, page(sections, MAX_COMMENT_BYTES))

    def run_url(self) -> str:
        parts = [self._of.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY")]
        run = self._of.get("GITHUB_RUN_ID", "")
        return f"{parts[0]}/{parts[1]}/actions/runs/{run}" if all((*parts, run)) else ""

    def _append(self, variable: str, content: str) -> None:
        name = self._of.get(variable, "")
        if not name:
            say(content.rstrip("\n"), error=True)
            return
        with Path(name).open("a", encoding="utf-8", newline="\n") as file:
            file.write(content)

    def _event(self) -> Any:
        name = self._of.get("GITHUB_EVENT_PATH", "")
        try:
            with Path(name).open("rb") as file:
                return json.loads(file.read(MAX_EVENT_BYTES))
        except (OSError, ValueError) as error:
            raise CommentError(f"GITHUB_EVENT_PATH cannot be read: {error}") from error


def pull_request(event: Any) -> int | None:
    """Return the number of the pull request that an event is about; None where it is about none."""
    if not isinstance(event, dict):
        return None
    found = event.get("pull_request")
    issue = event.get("issue")
    if not isinstance(found, dict) and isinstance(issue, dict) and issue.get("pull_request"):
        # A comment on a pull request: its event calls that an issue.
        found = issue
    number = found.get("number") if isinstance(found, dict) else None
    return number if isinstance(number, int) and number > 0 else None
