"""The shell that azd runs, against the templates it deploys and the outputs it counts on."""

import re
from collections.abc import Iterator, Mapping

from tests.support.infra.made import INFRA
from tests.support.infra.templates import Templates

type Scripts = Mapping[str, str]

_DEPLOYMENT = re.compile(r"deployment group create(?P<line>(?:[^\n]*\\\n)*[^\n]*)")
_TEMPLATE = re.compile(r"--template-file \"\$\(dirname \"\$0\"\)/\.\./(?P<name>[\w-]+\.bicep)\"")
_GIVEN = re.compile(r"\s(?P<name>[a-z]\w*)=(?=[\"'$])")
_OUTPUT = re.compile(r"\bneed ([A-Z][A-Z0-9_]+) 'run azd provision")
_LOOPED = re.compile(r"for name in (?P<names>[A-Z_ \\\n]+); do\s+need \"\$name\" 'azd provision")
_OUTPUT_OF = re.compile(
    r"output \"\$\(deployment_name (?P<deployment>access|wiring)\)\" (?P<name>\w+)\)"
)
# azd knows these without an output of ours.
OF_AZD = frozenset({"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_SUBSCRIPTION_ID"})
_TEMPLATES = {"access": "access.bicep", "wiring": "wiring.bicep"}


def own_scripts() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in INFRA.glob("hooks/*.sh")}


def deployments_give_what_templates_ask(templates: Templates, scripts: Scripts) -> list[str]:
    """No unknown parameter, none missing; and both templates are deployed by somebody."""
    complaints: list[str] = []
    deployed: set[str] = set()
    for script, text in scripts.items():
        for match in _DEPLOYMENT.finditer(text):
            template = _TEMPLATE.search(match["line"])
            known = templates.get(template["name"]) if template else None
            if known is None or template is None:
                complaints.append(f"{script}: it deploys no template of ours")
                continue
            deployed.add(template["name"])
            given = {each["name"] for each in _parameters(match["line"])}
            complaints += [f"{script}: {each}" for each in known.compared(given)]
    complaints += [f"no hook deploys {each}" for each in set(_TEMPLATES.values()) - deployed]
    return complaints


def hooks_use_outputs_that_exist(templates: Templates, scripts: Scripts) -> list[str]:
    known = OF_AZD | templates["main.bicep"].outputs
    complaints: list[str] = []
    for script, text in scripts.items():
        used = set(_OUTPUT.findall(text))
        for match in _LOOPED.finditer(text):
            used |= set(match["names"].replace("\\", " ").split())
        complaints += [f"{script}: main.bicep has no output {name}" for name in used - known]
        for match in _OUTPUT_OF.finditer(text):
            template = templates[_TEMPLATES[match["deployment"]]]
            if match["name"] not in template.outputs:
                complaints.append(f"{script}: {match['deployment']} has no output {match['name']}")
    return complaints


def _parameters(line: str) -> Iterator[re.Match[str]]:
    start = line.find("--parameters")
    if start >= 0:
        yield from _GIVEN.finditer(line, start)
