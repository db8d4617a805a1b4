"""What a template takes and gives: its parameters and outputs, as their declarations' lines say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from tests.support.infra.made import INFRA

_PARAMETER = re.compile(r"^param (?P<name>\w+) [^=\n]+?(?P<default> = .*)?$", re.MULTILINE)
_OUTPUT = re.compile(r"^output (?P<name>\w+) ", re.MULTILINE)


@dataclass(frozen=True)
class Template:
    """The names alone; the compiler checks the rest."""

    required: frozenset[str]
    optional: frozenset[str]
    outputs: frozenset[str]

    def and_asks(self, name: str) -> "Template":
        """This one with a further parameter that must be given."""
        return replace(self, required=self.required | {name})

    def compared(self, given: set[str]) -> list[str]:
        """What is given and not known, and what is missing."""
        return [
            *(f"there is no parameter {each}" for each in given - self.required - self.optional),
            *(f"the parameter {each} is missing" for each in self.required - given),
        ]


type Templates = Mapping[str, Template]
"""Name of a file in `infra/`, such as `main.bicep` -> what it takes and gives."""


@cache
def own_templates() -> Templates:
    return {
        path.name: _template(path.read_text(encoding="utf-8")) for path in INFRA.glob("*.bicep")
    }


def _template(text: str) -> Template:
    parameters = {match["name"]: bool(match["default"]) for match in _PARAMETER.finditer(text)}
    return Template(
        frozenset(name for name, optional in parameters.items() if not optional),
        frozenset(name for name, optional in parameters.items() if optional),
        frozenset(_OUTPUT.findall(text)),
    )
