"""docs/deploy.md against what is there: commands, the pipeline's task, settings."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePath

import yaml

from tests.support.infra.made import INFRA
from tests.support.infra.policies.hooks import OF_AZD, Scripts
from tests.support.infra.templates import Templates

_BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_TEMPLATES = frozenset({"main.bicep", "access.bicep", "wiring.bicep"})
_NEEDED = re.compile(r"\bneed ([A-Z][A-Z0-9_]+) ")
_LOOPED = re.compile(r"for name in (?P<names>[A-Z_ \\\n]+); do\s+need ")
_READ = re.compile(r"\$\{([A-Z][A-Z0-9_]+)[:=}]")
_ASSIGNED = re.compile(r"^([A-Z][A-Z0-9_]+)=", re.MULTILINE)
_NAME = re.compile(r"`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*)`")
_ROW = re.compile(r"^\| (?P<first>`[A-Z][^|]*) \|", re.MULTILINE)


def documented_deployments_give_what_templates_ask(templates: Templates, page: str) -> list[str]:
    """Each template is deployed by a command on the page, with parameters that it has."""
    complaints: list[str] = []
    deployed: set[str] = set()
    for words in _commands(page):
        name = PurePath(words[words.index("--template-file") + 1]).name
        deployed.add(name)
        given = {each.split("=", 1)[0] for each in _after(words, "--parameters")}
        template = templates.get(name)
        if template is None:
            complaints.append(f"there is no {name}")
            continue
        complaints += [f"{name}: {each}" for each in template.compared(given)]
    return [*complaints, *(f"nothing deploys {each}" for each in sorted(_TEMPLATES - deployed))]


def the_pipelines_task_sets_what_the_hook_needs(scripts: Scripts, page: str) -> list[str]:
    tasks = [
        each
        for block in _BLOCK.finditer(page)
        if block["kind"] == "yaml"
        for each in yaml.safe_load(block["text"])
    ]
    if len(tasks) != 1:
        return [f"the page has {len(tasks)} tasks of a pipeline"]
    ((task,)) = tasks
    script = task["inputs"]["inlineScript"].removeprefix("sh infra/hooks/")
    text = scripts.get(script, "")
    needed = set(_NEEDED.findall(text + scripts["common.sh"])) - {"NAME"}
    for match in _LOOPED.finditer(text):
        needed |= set(match["names"].replace("\\", " ").split())
    known = needed | _settings(scripts)
    return [
        *([] if text else [f"there is no hook {script}"]),
        *(f"the task does not set {each}" for each in sorted(needed - task["env"].keys())),
        *(f"nothing reads {each}" for each in sorted(task["env"].keys() - known)),
    ]


def settings_are_documented(
    templates: Templates, scripts: Scripts, parameters: str, page: str
) -> list[str]:
    """Every variable that azd's files read is named on the page, and its table names no other."""
    read = _settings(scripts) | set(_READ.findall(parameters)) | _needed_of_people(scripts)
    used = read - templates["main.bicep"].outputs - OF_AZD
    table = {name for row in _ROW.finditer(page) for name in _NAME.findall(row["first"])}
    return [
        *(f"{each} is not on the page" for each in sorted(used - set(_NAME.findall(page)))),
        *(f"nothing reads {each}" for each in sorted(table - read)),
    ]


def _commands(page: str) -> Iterator[list[str]]:
    for block in _BLOCK.finditer(page):
        for line in block["text"].replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True) if line.startswith("az deployment ") else []
            if "create" in words:
                yield words


def _after(words: list[str], option: str) -> Iterator[str]:
    for word in words[words.index(option) + 1 :]:
        if word.startswith("--"):
            return
        yield word


def _settings(scripts: Scripts) -> set[str]:
    own = {name for text in scripts.values() for name in _ASSIGNED.findall(text)}
    return {name for text in scripts.values() for name in _READ.findall(text)} - own


def _needed_of_people(scripts: Mapping[str, str]) -> set[str]:
    return {name for text in scripts.values() for name in _NEEDED.findall(text)} - {"NAME"}


def parameters_file() -> str:
    """The text of main.parameters.json, which must be JSON."""
    text = (INFRA / "main.parameters.json").read_text(encoding="utf-8")
    json.loads(text)
    return text
