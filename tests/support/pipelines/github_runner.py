"""Runs a composite action's `run:` steps as GitHub's runner does: bash, files, expressions.

It knows the expressions that this project's action uses; any other fails. Facts: GitHub's pages
"Metadata syntax", "Workflow commands" and "Variables reference".
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

BASH = ("/bin/bash", "--noprofile", "--norc", "-eo", "pipefail")
SECONDS = 300
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_IS = re.compile(r"(\S+) == '([^']*)'")
_ANNOTATION = re.compile(r"^::(error|warning|notice)(?: ([^:]*))?::(.*)$", re.MULTILINE)


@dataclass
class Run:
    """What a job left behind: the log, outputs of the action, the summary, and the exit code."""

    code: int = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    used: list[str] = field(default_factory=list)

    @property
    def annotations(self) -> list[tuple[str, dict[str, str], str]]:
        """Level, properties and text of each, unescaped."""
        return [
            (level, _properties(given), _plain(text))
            for level, given, text in _ANNOTATION.findall(self.log)
        ]


@dataclass(frozen=True)
class Runner:
    """A runner. `python` is what `actions/setup-python` would have set up."""

    work: Path
    workspace: Path
    python: str
    context: Mapping[str, str]
    """`github.*`."""
    environment: Mapping[str, str]
    """Of the job."""

    def run(self, action: Path, inputs: Mapping[str, str]) -> Run:
        """Run every step of an action until one fails."""
        document = yaml.safe_load(action.read_text())
        declared = document["inputs"]
        assert inputs.keys() <= declared.keys()
        missing = {name for name, each in declared.items() if each.get("required")} - inputs.keys()
        assert not missing
        github = {**self.context, "action_path": str(action.parent)}
        scope: dict[str, Any] = {"github": github, "inputs": {}, "steps": {}}
        scope["env"] = dict(self.environment)
        for name, each in declared.items():
            default = self._text(str(each.get("default", "")), scope)
            scope["inputs"][name] = inputs.get(name, default)
        run = Run()
        for number, step in enumerate(document["runs"]["steps"]):
            if "if" in step and not self._truth(step["if"], scope):
                continue
            outputs = self._step(step, number, scope, run)
            if "id" in step:
                scope["steps"][step["id"]] = {"outputs": outputs}
            if run.code:
                break
        run.outputs = {
            name: self._text(each["value"], scope) for name, each in document["outputs"].items()
        }
        return run

    def _step(self, step: Any, number: int, scope: Any, run: Run) -> dict[str, str]:
        if "uses" in step:
            run.used.append(step["uses"])
            assert step["uses"].startswith("actions/setup-python@")
            return {"python-path": self.python}
        assert step["shell"] == "bash"
        # An expression in a script would run what an input holds.
        assert not _EXPRESSION.search(step["run"])
        files = {name: self.work / f"{name.lower()}-{number}" for name in _FILES}
        for file in files.values():
            file.touch()
        script = self.work / f"step-{number}.sh"
        script.write_text(step["run"])
        given = {name: self._text(str(each), scope) for name, each in step.get("env", {}).items()}
        done = subprocess.run(
            [*BASH, str(script)],
            cwd=self.workspace,
            env={
                "PATH": os.environ["PATH"],
                "HOME": "/nonexistent",
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "RUNNER_TEMP": str(self.work),
                "GITHUB_WORKSPACE": str(self.workspace),
                **{name: str(file) for name, file in files.items()},
                **self.environment,
                **given,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        run.code, run.log = done.returncode, run.log + done.stdout
        run.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        return _outputs(files["GITHUB_OUTPUT"].read_text())

    def _text(self, text: str, scope: Any) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1], scope), text)

    def _truth(self, condition: str, scope: Any) -> bool:
        found = _IS.fullmatch(condition)
        assert found, f"not known here: {condition}"
        return self._value(found[1], scope) == found[2]

    def _value(self, path: str, scope: Any) -> str:
        if " || " in path:
            first, _, other = path.partition(" || ")
            return self._value(first, scope) or self._value(other, scope)
        assert re.fullmatch(r"[a-z]+(\.[A-Za-z_-]+)+", path), f"not known here: {path}"
        first, *rest = path.split(".")
        value = scope[first]
        for name in rest:
            # As on GitHub: what is not there is empty, but an input must be declared.
            assert first != "inputs" or name in value, path
            value = value.get(name, {})
        return str(value) if value != {} else ""


_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")


def _outputs(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        assert equals, f"no output: {line}"
        found[name] = value
    return found


def _properties(given: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in given.split(",") if each)
    return {name: _plain(value) for name, _, value in pairs}


def _plain(text: str) -> str:
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r")):
        text = text.replace(escape, character)
    return text.replace("%25", "%")
