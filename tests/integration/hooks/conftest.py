"""Runs the azd hooks in a real shell. `az`, which needs Azure, is a script with canned answers."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

HOOKS = PROJECT / "infra" / "hooks"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
WORKSPACE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ml"
    "/providers/Microsoft.MachineLearningServices/workspaces/ws"
)
FAKE_AZ = """#!/bin/sh
# Gives the first answer whose pattern matches; without one it succeeds and prints nothing.
printf '%s\\n' "$*" >>"$FAKE_AZ_FOLDER/calls"
case "$*" in *.bicepparam*) env >"$FAKE_AZ_FOLDER/settings" ;; esac
while IFS='|' read -r pattern code text; do
    case "$*" in
        $pattern)
            if [ "$code" -eq 0 ]; then printf '%b' "$text"; else printf '%b' "$text" >&2; fi
            exit "$code"
            ;;
    esac
done <"$FAKE_AZ_FOLDER/answers"
"""
FAKE_SLEEP = """#!/bin/sh
printf '%s\\n' "$1" >>"$FAKE_AZ_FOLDER/sleeps"
"""
FAKE_DATE = """#!/bin/sh
# The clock moves by what was slept, and by nothing else.
awk '{ total += $1 } END { print 1000000 + total }' "$FAKE_AZ_FOLDER/sleeps"
"""
HOOK_SECONDS = 30
"""Far more than any of them needs: they wait in a fake `sleep`."""


@dataclass
class Ended:
    """How a hook ended, and what it asked `az` for."""

    code: int
    out: str
    errors: str
    calls: list[str]
    sleeps: list[str]
    settings: Mapping[str, str]
    """The environment of the last deployment; its .bicepparam file makes parameters of it."""

    def call(self, part: str) -> str:
        """Return the one call that has `part` in it."""
        found = [call for call in self.calls if part in call]
        assert len(found) == 1, (part, self.calls)
        return found[0]


@dataclass
class Hooks:
    """A folder with the fakes, the answers and the variables."""

    folder: Path
    shell: str
    answers: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    def answer(self, pattern: str, text: str = "", code: int = 0) -> None:
        """Play `text` for calls that fit the shell pattern; later patterns come later."""
        self.answers.append(f"{pattern}|{code}|{text}\n")

    def run(self, name: str, **more: str) -> Ended:
        """Run a hook as azd does, from the repository's folder."""
        (self.folder / "answers").write_text("".join(self.answers))
        for log in ("calls", "sleeps", "settings"):
            (self.folder / log).write_text("")
        ended = subprocess.run(
            [self.shell, f"infra/hooks/{name}"],
            cwd=PROJECT,
            env={**self._environment(), **self.variables, **more},
            capture_output=True,
            text=True,
            timeout=HOOK_SECONDS,
            check=False,
        )
        return Ended(
            ended.returncode,
            ended.stdout,
            ended.stderr,
            (self.folder / "calls").read_text().splitlines(),
            (self.folder / "sleeps").read_text().splitlines(),
            dict(
                line.split("=", 1)
                for line in (self.folder / "settings").read_text().splitlines()
                if "=" in line
            ),
        )

    def _environment(self) -> Mapping[str, str]:
        path = os.environ.get("PATH", "")
        return {"PATH": f"{self.folder}{os.pathsep}{path}", "FAKE_AZ_FOLDER": str(self.folder)}


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    """Hooks of an environment that was provisioned, with no answers yet."""
    for name, text in (("az", FAKE_AZ), ("sleep", FAKE_SLEEP), ("date", FAKE_DATE)):
        script = tmp_path / name
        script.write_text(text)
        script.chmod(0o755)
    shell = shutil.which("dash") or shutil.which("sh")
    assert shell is not None
    return Hooks(
        tmp_path,
        shell,
        variables={
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "AZURE_ENV_NAME": "rollout-production",
            "AZURE_RESOURCE_GROUP": "rg-production",
            "AZUREML_WORKSPACE_NAME": "ws",
            "AZUREML_RESOURCE_GROUP": "rg-ml",
            "FUNCTION_APP_NAME": "func-1",
            "STORAGE_ACCOUNT_NAME": "st1",
            "EVENTS_IDENTITY_ID": "/id/events",
            "LOG_WORKSPACE_ID": "/id/logs",
            "LIFECYCLE_TOPIC_ID": "/id/topic",
            "CONTROLLER_PRINCIPAL_ID": "99999999-2222-3333-4444-555555555555",
        },
    )
