"""What a pipeline's host does with what a run has to tell."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from rollout.cli.log_commands import Level
from rollout.cli.safe_text import say


class Host(Protocol):
    """Where the run is told. Texts are other people's; Markdown is finished."""

    def annotate(self, level: Level, text: str, file: str = "", line: int | None = None) -> None:
        """Show a text beside a line of a file, or with the run; `file` leads from here."""

    def output(self, name: str, value: str) -> None:
        """Give later steps a value: `name` is words with dashes, the value one line."""

    def summary(self, sections: list[str]) -> None:
        """Show sections of Markdown with the run."""

    def comment(self, key: str, sections: list[str]) -> str:
        """Show sections with the pull request, over what was shown under `key`; say what was done.

        Raises:
            CommentError: It is not shown; the message says why.
        """

    def run_url(self) -> str:
        """Return where this run can be looked at; "" where that is not known."""


class CommentError(Exception):
    """There is no comment; the message says why."""


class Terminal:
    """A run that is in no pipeline, or in another one: what is told is printed."""

    def annotate(self, level: Level, text: str, file: str = "", line: int | None = None) -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        say(f"{level}: {place}{text}", error=True)

    def output(self, name: str, value: str) -> None:
        say(f"{name}={value}")

    def summary(self, sections: list[str]) -> None:
        say("\n".join(sections))

    def comment(self, key: str, sections: list[str]) -> str:
        del key, sections
        return "there is no pull request here: the summary has it"

    def run_url(self) -> str:
        return ""


def in_repository(file: str, root: str) -> str:
    """Return a file's path from the repository's root, with which hosts find it; else as it is."""
    if not root:
        return file
    try:
        return Path(file).absolute().relative_to(root).as_posix()
    except ValueError:
        return file


def host_of(environment: Mapping[str, str]) -> Host:
    """Return the host that a run is in."""
    # Only the one that is needed is read, and what it needs.
    if environment.get("GITHUB_ACTIONS", "").lower() == "true":
        from rollout.cli.pipelines.github import GitHub  # noqa: PLC0415

        return GitHub(environment)
    if environment.get("TF_BUILD", "").lower() == "true":
        from rollout.cli.pipelines.azure import AzurePipelines  # noqa: PLC0415

        return AzurePipelines(environment)
    return Terminal()
