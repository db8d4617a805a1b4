"""Lines that a pipeline obeys: each host's syntax, with other people's text made harmless.

GitHub: `::error file=...,line=...::text` at the beginning of a line (workflow commands; the escapes
are those of actions/toolkit, `command.ts`). Azure Pipelines: `##vso[task.logissue ...]text`
(logging commands; `%` is written `%AZP25`, as the agent's own tasks do).
"""

from collections.abc import Mapping
from enum import StrEnum

from rollout.text.plain_text import visible_line

LONGEST = 2000


class Level(StrEnum):
    """How loud an annotation is."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


def github_annotation(level: Level, text: str, file: str = "", line: int | None = None) -> str:
    """Return the line that shows a text beside a file's line, or in the run's summary."""
    places = {"file": file, "line": str(line or "") if file else ""}
    given = ",".join(f"{name}={_github(value)}" for name, value in places.items() if value)
    message = _github(text, message=True)
    return f"::{level}{f' {given}' if given else ''}::{message}"


def azure_annotation(level: Level, text: str, file: str = "", line: int | None = None) -> str:
    """Return the line that lists a text among a run's issues; Azure has no notices."""
    kind = Level.ERROR if level is Level.ERROR else Level.WARNING
    places = {"type": str(kind), "sourcepath": file, "linenumber": str(line or "") if file else ""}
    return azure_command("task.logissue", places, text)


def azure_command(name: str, properties: Mapping[str, str], text: str = "") -> str:
    """Return a line that the agent obeys; properties without a value are left out."""
    given = "".join(f"{key}={_azure(value)};" for key, value in properties.items() if value)
    return f"##vso[{name}{f' {given}' if given else ''}]{_azure(text, message=True)}"


def _github(text: str, *, message: bool = False) -> str:
    shown = visible_line(text, LONGEST).replace("%", "%25")
    # The runner also obeys `##[command]`, anywhere in a line.
    shown = shown.replace("##[", "# #[")
    return shown if message else shown.replace(":", "%3A").replace(",", "%2C")


def _azure(text: str, *, message: bool = False) -> str:
    shown = visible_line(text, LONGEST).replace("%", "%AZP25").replace("##", "# #")
    return shown if message else shown.replace(";", "%3B").replace("]", "%5D")
