"""docs/deploy.md against what is there: commands, the pipeline's task, settings."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePath

import yaml

from tests.support.infra.policies.hooks import OF_AZD, Scripts, Settings, settings_read
from tests.support.infra.templates import Templates

_BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NEEDED = re.compile(r"\bneed ([A-Z][A-Z0-9_]+) ")
_LOOPED = re.compile(r"for name in (?P<names>[A-Z_ \\\n]+); do\s+need ")
_READ = re.compile(r"\$\{([A-Z][A-Z0-9_]+)[:=}]")
_ASSIGNED = re.compile(r"^([A-Z][A-Z0-9_]+)=", re.MULTILINE)
_NAME = re.compile(r"`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*)`")
_ROW = re.compile(r"^\| (?P<first>`[A-Z][^|]*) \|", re.MULTILINE)


def documented_deployments_set_what_is_required(settings: Settings, page: str) -> list[str]:
    """Each file with settings is deployed by a command, after what it cannot do without was set."""
    complaints: list[str] = []
    deployed: set[str] = set()
    for block in _BLOCK.finditer(page):
        exported: set[str] = set()
        for words in _commands(block["text"]):
            if words[0] == "export":
                exported |= {each.split("=", 1)[0] for each in words[1:]}
                continue
            name = PurePath(words[words.index("--parameters") + 1]).name
            deployed.add(name)
            if name not in settings:
                complaints.append(f"there is no {name}")
                continue
            required = {
                each for each, needed in settings_read({name: settings[name]}).items() if needed
            }
            complaints += [f"{name}: {each} is not set" for each in sorted(required - exported)]
    return [*complaints, *(f"nothing deploys {each}" for each in settings.keys() - deployed)]


def the_pipelines_task_sets_what_the_hook_needs(
    scripts: Scripts, settings: Settings, page: str
) -> list[str]:
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
    known = needed | _settings(scripts) | settings_read(settings).keys()
    return [
        *([] if text else [f"there is no hook {script}"]),
        *(f"the task does not set {each}" for each in sorted(needed - task["env"].keys())),
        *(f"nothing reads {each}" for each in sorted(task["env"].keys() - known)),
    ]


def settings_are_documented(
    templates: Templates, scripts: Scripts, settings: Settings, page: str
) -> list[str]:
    """Every variable that azd's files read is named on the page, and its table names no other."""
    read = _settings(scripts) | settings_read(settings).keys() | _needed_of_people(scripts)
    used = read - templates["main.bicep"].outputs - OF_AZD
    table = {name for row in _ROW.finditer(page) for name in _NAME.findall(row["first"])}
    return [
        *(f"{each} is not on the page" for each in sorted(used - set(_NAME.findall(page)))),
        *(f"nothing reads {each}" for each in sorted(table - read)),
    ]


def _commands(block: str) -> Iterator[list[str]]:
    """The exports and deployments of a block, in words."""
    for line in block.replace("\\\n", " ").splitlines():
        if line.startswith("export ") or re.match(r"az deployment \w+ create ", line):
            yield shlex.split(line, comments=True)


def _settings(scripts: Scripts) -> set[str]:
    own = {name for text in scripts.values() for name in _ASSIGNED.findall(text)}
    return {name for text in scripts.values() for name in _READ.findall(text)} - own


def _needed_of_people(scripts: Mapping[str, str]) -> set[str]:
    return {name for text in scripts.values() for name in _NEEDED.findall(text)} - {"NAME"}
