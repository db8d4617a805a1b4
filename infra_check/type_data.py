"""Azure's resource types, from JSON cut from the Bicep compiler's own type data.

The format is that of Azure/bicep-types-az: a list of types for each resource, `$ref: '#/n'` points
into it; flags of a property are bits: 1 required, 2 read-only, 4 write-only, 8 deploy-time.
Scopes are bits: 1 tenant, 2 management group, 4 subscription, 8 resource group, 16 extension.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from infra_check.further_types import further_bodies
from infra_check.shapes import (
    ANYTHING,
    TEXT,
    TRUTH,
    Either,
    Field,
    ListOf,
    Record,
    Shape,
    Text,
    Variants,
    Whole,
    either,
)

VARIABLE = "BICEP_TYPES"
DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "bicep-types.json"
_RESOURCE_GROUP = 8
_REQUIRED, _READ_ONLY, _WRITE_ONLY, _DEPLOY_TIME = 1, 2, 4, 8
ABSENT = (
    f"no type data, so types, versions and properties of resources are unchecked; set {VARIABLE} "
    "to a cut of Azure's Bicep types, as CONTRIBUTING.md says."
)


@dataclass(frozen=True)
class ResourceType:
    """A type at one version; `scopes` are the bits of the scopes where it may be deployed."""

    name: str
    version: str
    body: Shape
    scopes: int


class TypeData:
    """Every known `type@version`. Names compare without case, as in Azure."""

    def __init__(self, resources: Mapping[str, Any]) -> None:
        self._resources = {key.lower(): (key, value) for key, value in resources.items()}
        self._found = {
            key.lower(): _further_type(key, body) for key, body in further_bodies().items()
        }

    def versions(self, name: str) -> tuple[str, ...]:
        """The versions known of this type; none: the type is unknown."""
        start = f"{name.lower()}@"
        keys = [*self._resources, *self._found]
        return tuple(dict.fromkeys(key[len(start) :] for key in keys if key.startswith(start)))

    def get(self, name: str, version: str) -> ResourceType | None:
        key = f"{name}@{version}".lower()
        if key not in self._found and key in self._resources:
            self._found[key] = _resource_type(*self._resources[key])
        return self._found.get(key)


def load() -> TypeData | None:
    """Read the data; None when there is none, which `ABSENT` explains.

    Raises:
        FileNotFoundError: BICEP_TYPES names a file that does not exist.
    """
    given = os.environ.get(VARIABLE)
    path = Path(given) if given else DEFAULT
    if not given and not path.is_file():
        return None
    resources = json.loads(path.read_text(encoding="utf-8"))["resources"]
    return TypeData(resources)


def _resource_type(key: str, data: Mapping[str, Any]) -> ResourceType:
    types = data["types"]
    root = types[data["root"]]
    name, _, version = key.partition("@")
    shapes = _Shapes(types)
    return ResourceType(name, version, shapes.at(root["body"]), root["writableScopes"])


def _further_type(key: str, body: Shape) -> ResourceType:
    name, _, version = key.partition("@")
    return ResourceType(name, version, body, _RESOURCE_GROUP)


class _Shapes:
    def __init__(self, types: list[Mapping[str, Any]]) -> None:
        self._types = types
        self.look = cache(self._look)

    def at(self, reference: Mapping[str, str]) -> Shape:
        return self.look(int(reference["$ref"].removeprefix("#/")))

    def _look(self, index: int) -> Shape:
        data = self._types[index]
        match data["$type"]:
            case "StringType":
                return Text(
                    None,
                    False,
                    data.get("pattern"),
                    data.get("minLength", 0),
                    data.get("maxLength"),
                )
            case "StringLiteralType":
                return Text(frozenset({data["value"]}))
            case "IntegerType":
                return Whole(None, data.get("minValue"), data.get("maxValue"))
            case "BooleanType":
                return TRUTH
            case "ArrayType":
                return ListOf(self.at(data["itemType"]))
            case "UnionType":
                return self._union(data["elements"])
            case "ObjectType":
                rest = data.get("additionalProperties")
                shape = None if rest is None else self.at(rest)
                return Record(data["name"], self._fields(data["properties"]), shape)
            case "DiscriminatedObjectType":
                records = {key: self._later(each) for key, each in data["elements"].items()}
                common = self._fields(data["baseProperties"])
                return Variants(data["name"], data["discriminator"], common, records)
            case _:
                return ANYTHING

    def _later(self, reference: Mapping[str, str]) -> Callable[[], Shape]:
        return lambda: self.at(reference)

    def _fields(self, properties: Mapping[str, Any]) -> dict[str, Field]:
        # Stripping descriptions from the data also removed the properties of that name, so
        # an object may have one wherever it has others.
        fields = {name: self._field(each) for name, each in properties.items()}
        return {"description": Field(lambda: TEXT), **fields} if fields else fields

    def _field(self, data: Mapping[str, Any]) -> Field:
        flags = data["flags"]
        return Field(
            self._later(data["type"]),
            bool(flags & _REQUIRED),
            bool(flags & _READ_ONLY),
            bool(flags & _WRITE_ONLY),
            bool(flags & _DEPLOY_TIME),
        )

    def _union(self, elements: list[Mapping[str, str]]) -> Shape:
        shapes = [self.at(each) for each in elements]
        known = [each for each in shapes if isinstance(each, Text) and each.values is not None]
        if known and all(isinstance(each, Text) for each in shapes):
            values = frozenset(value for each in known for value in each.values or ())
            return Text(values, open=len(known) < len(shapes))
        merged = either(*shapes)
        return merged if not isinstance(merged, Either) else Either(tuple(shapes))
