"""Runs a step template's scripts as an Azure Pipelines agent does: expanded, bash, log commands.

It knows the expressions that this project's template uses; any other fails. Facts: Azure DevOps'
pages "Template expressions", "Bash@3", "AzureCLI@2" and "Logging commands".
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

SECONDS = 300
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_IF = re.compile(r"if eq\(parameters\.(\w+), '([^']*)'\)")
_MACRO = re.compile(r"\$\(([A-Za-z][A-Za-z0-9.]*)\)")
_COMMAND = re.compile(r"##vso\[([a-z.]+)(?: ([^\]]*))?\](.*)")


@dataclass
class Run:
    """What a job left behind. `issues`: type, properties, text; `variables`: STEP.NAME."""

    code: int = 0
    log: str = ""
    issues: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    tasks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Agent:
    """An agent. `variables` are those of macros; what has no value stays as written."""

    work: Path
    sources: Path
    variables: Mapping[str, str]
    environment: Mapping[str, str]

    def run(self, template: Path, given: Mapping[str, Any]) -> Run:
        """Run every step of a template until one fails."""
        document = yaml.safe_load(template.read_text())
        declared = {each["name"]: each for each in document["parameters"]}
        assert given.keys() <= declared.keys()
        parameters = {}
        for name, each in declared.items():
            assert name in given or "default" in each, f"{name} is missing"
            parameters[name] = given.get(name, each.get("default"))
            assert "values" not in each or parameters[name] in each["values"]
        run = Run()
        for step in _expanded(document["steps"], parameters):
            self._step(step, run)
            if run.code:
                break
        return run

    def _step(self, step: Any, run: Run) -> None:
        task = step.get("task", "Bash@3")
        run.tasks.append(task)
        if task == "UsePythonVersion@0":
            return
        script = step["bash"] if "bash" in step else step["inputs"]["inlineScript"]
        file = self.work / f"step-{len(run.tasks)}.sh"
        file.write_text(script)
        done = subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", str(file)],
            cwd=self.sources,
            env={
                "PATH": os.environ["PATH"],
                "HOME": "/nonexistent",
                "TF_BUILD": "True",
                "AGENT_TEMPDIRECTORY": str(self.work),
                "BUILD_SOURCESDIRECTORY": str(self.sources),
                **self.environment,
                **{name: self._macros(str(each)) for name, each in step.get("env", {}).items()},
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        run.code, run.log = done.returncode, run.log + done.stdout
        for line in done.stdout.splitlines():
            _obey(line, str(step.get("name", "")), run)

    def _macros(self, text: str) -> str:
        return _MACRO.sub(lambda found: self.variables.get(found[1], found[0]), text)


def _expanded(steps: list[Any], parameters: Mapping[str, Any]) -> Iterator[Any]:
    chosen = False
    for step in steps:
        (key, *_) = step
        directive = _EXPRESSION.fullmatch(key)
        if directive is None:
            yield _filled(step, parameters)
            continue
        if directive[1] == "else":
            wanted = not chosen
        else:
            found = _IF.fullmatch(directive[1])
            assert found, f"not known here: {directive[1]}"
            wanted = str(parameters[found[1]]) == found[2]
        chosen = wanted
        if wanted:
            yield from _expanded(step[key], parameters)


def _filled(value: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        for name in ("bash", "inlineScript"):
            # An expression or a macro in a script would run what a parameter holds.
            assert "${{" not in value.get(name, "")
            assert "$(" not in value.get(name, "")
        return {key: _filled(each, parameters) for key, each in value.items()}
    if isinstance(value, str):
        return _EXPRESSION.sub(lambda found: _parameter(found[1], parameters), value)
    return value


def _parameter(path: str, parameters: Mapping[str, Any]) -> str:
    first, _, name = path.partition(".")
    assert first == "parameters", f"not known here: {path}"
    return str(parameters[name])


def _obey(line: str, step: str, run: Run) -> None:
    found = _COMMAND.search(line)
    if found is None:
        return
    pairs = (each.partition("=") for each in (found[2] or "").split(";") if each)
    given = {name: _plain(value) for name, _, value in pairs}
    text = _plain(found[3])
    match found[1]:
        case "task.logissue":
            run.issues.append((given.pop("type"), given, text))
        case "task.setvariable":
            assert given["isOutput"] == "true"
            run.variables[f"{step}.{given['variable']}"] = text
        case "task.uploadsummary":
            assert Path(text).is_absolute()
            run.summary += Path(text).read_text()
        case other:
            raise AssertionError(f"not known here: {other}")


def _plain(text: str) -> str:
    for escape, character in (("%3B", ";"), ("%5D", "]"), ("%0A", "\n"), ("%0D", "\r")):
        text = text.replace(escape, character)
    return text.replace("%AZP25", "%")
