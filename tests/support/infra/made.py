"""What the profiles' deployments make, as their stored snapshots say."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from infra_check.profiles import profiles_in, read
from tests.support.paths import PROJECT

INFRA = PROJECT / "infra"

type Snapshots = Mapping[str, Mapping[str, Any]]
"""Name of a profile -> its snapshot."""
type Policy = Callable[[Snapshots], list[str]]
"""Returns a sentence for each thing that breaks it."""
type Change = tuple[Policy, str, str, str]
"""A policy, a profile, a text of its snapshot, and what it becomes to break the policy."""


@cache
def own_snapshots() -> Snapshots:
    """The project's own ones, read once; nobody may change them."""
    return {each.name: read(each) for each in profiles_in(INFRA)}


@dataclass(frozen=True)
class Resource:
    """A resource that a profile's deployment makes."""

    profile: str
    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def id(self) -> str:
        """Its id, or an expression where a deployment alone knows it."""
        return str(self.body["id"])

    @property
    def name(self) -> str:
        """Its name with those of its parents, separated by slashes, or an expression."""
        return str(self.body["name"])

    def value(self, *path: str) -> Any:
        """What stands there; None if nothing does."""
        found: Any = self.body
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def __str__(self) -> str:
        return f"{self.profile}: {self.type} {self.name}"


def resources(snapshots: Snapshots, type_name: str = "", profile: str = "") -> Iterator[Resource]:
    """Those of a type (none: of all) in the profiles whose name begins with `profile`."""
    for name, snapshot in snapshots.items():
        if name.startswith(profile):
            for body in snapshot["predictedResources"]:
                if type_name in {"", body["type"]}:
                    yield Resource(name, body)


def texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, keys excepted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def named(value: object, key: str) -> Iterator[Any]:
    """Every value that stands under this key, at any depth."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name == key:
                yield each
            yield from named(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from named(each, key)
