"""The shell that azd runs and the files that it deploys, against templates and their outputs."""

import re
from collections.abc import Mapping
from dataclasses import replace

from tests.support.infra.made import INFRA
from tests.support.infra.templates import Templates

type Scripts = Mapping[str, str]
type Settings = Mapping[str, str]
"""Name of a file that makes parameters of settings, such as `main.bicepparam` -> its text."""

_DEPLOYMENT = re.compile(r"deployment group create(?P<line>(?:[^\n]*\\\n)*[^\n]*)")
_FILE = re.compile(r"--parameters \"\$\(dirname \"\$0\"\)/\.\./(?P<name>[\w-]+\.bicepparam)\"")
_USING = re.compile(r"^using '(?P<name>[\w-]+\.bicep)'$", re.MULTILINE)
_GIVEN = re.compile(r"^param (?P<name>\w+) =", re.MULTILINE)
_READ = re.compile(r"\breadEnvironmentVariable\('(?P<name>\w+)'(?P<default>, '')?\)")
_OUTPUT = re.compile(r"\bneed ([A-Z][A-Z0-9_]+) 'run azd provision")
_LOOPED = re.compile(r"for name in (?P<names>[A-Z_ \\\n]+); do\s+need \"\$name\" 'azd provision")
_OUTPUT_OF = re.compile(
    r"output \"\$\(deployment_name (?P<deployment>access|wiring)\)\" (?P<name>\w+)\)"
)
# What predown.sh removes by a name that access.bicep's outputs have.
_ROLE = re.compile(r"^remove_role (?P<name>\w+)$", re.MULTILINE)
# azd knows these without an output of ours.
OF_AZD = frozenset({"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_SUBSCRIPTION_ID"})
WITHOUT_SETTING: Mapping[str, frozenset[str]] = {
    # Its numbers follow from RELIABLE.
    "main.bicepparam": frozenset({"alwaysReady"}),
}
OF_PEOPLE = frozenset({"AZUREML_WORKSPACE_NAME", "AZUREML_RESOURCE_GROUP"})
_TEMPLATES = {"access": "access.bicep", "wiring": "wiring.bicep"}


def own_scripts() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in INFRA.glob("hooks/*.sh")}


def own_settings() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in INFRA.glob("*.bicepparam")}


def hooks_deploy_the_settings(settings: Settings, scripts: Scripts) -> list[str]:
    """Hooks deploy files with settings and nothing else: no parameter is put together in shell."""
    complaints: list[str] = []
    deployed: set[str] = set()
    for script, text in scripts.items():
        for match in _DEPLOYMENT.finditer(text):
            file = _FILE.search(match["line"])
            if file is None or file["name"] not in settings:
                complaints.append(f"{script}: it deploys no file of ours")
                continue
            deployed.add(file["name"])
            if "=" in match["line"]:
                complaints.append(f"{script}: it gives a parameter beside {file['name']}")
    wanted = settings.keys() - {"main.bicepparam"}
    return [*complaints, *(f"no hook deploys {each}" for each in wanted - deployed)]


def settings_give_every_parameter(templates: Templates, settings: Settings) -> list[str]:
    """Each template has its file, and each of its parameters, an optional one too, a setting."""
    complaints = [
        f"{each} has no settings"
        for each in templates.keys() & {"main.bicep", *_TEMPLATES.values()}
        if f"{each}param" not in settings
    ]
    for name, text in settings.items():
        using = _USING.search(text)
        template = templates.get(using["name"]) if using else None
        if template is None or using is None or f"{using['name']}param" != name:
            complaints.append(f"{name}: it uses another template")
            continue
        given = {match["name"] for match in _GIVEN.finditer(text)}
        optional = template.optional - WITHOUT_SETTING.get(name, frozenset())
        every = replace(template, required=template.required | optional)
        complaints += [f"{name}: {each}" for each in every.compared(given)]
    return complaints


def settings_read(settings: Settings) -> dict[str, bool]:
    """Settings that the files read; true if one is required."""
    return {
        match["name"]: not match["default"]
        for text in settings.values()
        for match in _READ.finditer(text)
    }


def required_settings_come_from_somewhere(templates: Templates, settings: Settings) -> list[str]:
    """From azd, from people, who are told by the first hook, or from an output of main.bicep."""
    known = OF_AZD | OF_PEOPLE | templates["main.bicep"].outputs
    return [
        f"nothing gives {name}"
        for name, required in settings_read(settings).items()
        if required and name not in known
    ]


def hooks_use_outputs_that_exist(templates: Templates, scripts: Scripts) -> list[str]:
    known = OF_AZD | templates["main.bicep"].outputs
    complaints: list[str] = []
    for script, text in scripts.items():
        used = set(_OUTPUT.findall(text))
        for match in _LOOPED.finditer(text):
            used |= set(match["names"].replace("\\", " ").split())
        complaints += [f"{script}: main.bicep has no output {name}" for name in used - known]
        complaints += [
            f"{script}: access has no output {name}"
            for name in _ROLE.findall(text)
            if name not in templates["access.bicep"].outputs
        ]
        for match in _OUTPUT_OF.finditer(text):
            template = templates[_TEMPLATES[match["deployment"]]]
            if match["name"] not in template.outputs:
                complaints.append(f"{script}: {match['deployment']} has no output {match['name']}")
    return complaints
