"""Azure Pipelines: logging commands on the standard output, and a file for the summary."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from rollout.cli.log_commands import Level, azure_annotation, azure_command
from rollout.cli.pipelines.host import in_repository
from rollout.cli.pipelines.markdown import page

MAX_SUMMARY_BYTES = 1_000_000
_NO_COMMENT = "Azure Pipelines shows it with the run: the template writes no comments"


class AzurePipelines:
    """`Host`; names of variables are those of *Use predefined variables*."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._of = environment

    def annotate(self, level: Level, text: str, file: str = "", line: int | None = None) -> None:
        found = in_repository(file, self._of.get("BUILD_SOURCESDIRECTORY", "")) if file else ""
        _obey(azure_annotation(level, text, found, line))

    def output(self, name: str, value: str) -> None:
        # A variable's name has no dashes: `exit-code` is `rolloutExitCode`.
        variable = "rollout" + "".join(word.capitalize() for word in name.split("-"))
        _obey(azure_command("task.setvariable", {"variable": variable, "isOutput": "true"}, value))

    def summary(self, sections: list[str]) -> None:
        folder = self._of.get("AGENT_TEMPDIRECTORY") or None
        # The agent reads it after the step has ended.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, prefix="rollout-", suffix=".md", delete=False
        ) as file:
            file.write(page(sections, MAX_SUMMARY_BYTES))
        _obey(azure_command("task.uploadsummary", {}, str(Path(file.name).absolute())))

    def comment(self, key: str, sections: list[str]) -> str:
        del key, sections
        return _NO_COMMENT

    def run_url(self) -> str:
        of = self._of
        where = of.get("SYSTEM_COLLECTIONURI", ""), of.get("SYSTEM_TEAMPROJECT", "")
        build = of.get("BUILD_BUILDID", "")
        if not all((*where, build)):
            return ""
        return f"{where[0]}{where[1]}/_build/results?buildId={build}"


def _obey(line: str) -> None:
    print(line, flush=True)
