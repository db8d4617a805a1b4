"""The compound values of a policy file: records of named fields, lists, maps, and "off"."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rollout.core.policy.values import Faults, Kind, Schema, is_number, quoted
from rollout.text.nearest import nearest

JSON_DEPTH = 16
"""How deep an expected JSON value may be nested."""

_PATH_SEGMENT = r"[^.\u0000-\u001f\u007f\ud800-\udfff]+"
_PATH = rf"{_PATH_SEGMENT}(\.{_PATH_SEGMENT})*"
_PATH_LIMIT = 256


@dataclass(frozen=True)
class Entry:
    """One field of a record: its name in the file, its kind, and a sentence that explains it.

    `attribute` is the argument it becomes where that differs from the name.
    """

    key: str
    kind: Kind
    text: str
    required: bool = False
    attribute: str = ""

    @property
    def argument(self) -> str:
        return self.attribute or self.key

    def stated(self, record: object) -> bool:
        """Say whether a file can write what `record` has here: None is written as `false`, if so.

        Where nothing switches the field off, None stands for a field left out.
        """
        return isinstance(self.kind, OrOff) or getattr(record, self.argument) is not None


@dataclass(frozen=True)
class Record:
    """A mapping with exactly these fields.

    `build` gets the fields that were written, as keyword arguments. `defaults` is the record that
    holds the value of every field left out; None where no default is worth stating.
    """

    entries: tuple[Entry, ...]
    build: Callable[..., Any]
    defaults: object = None

    def read(self, value: Any, place: str, faults: Faults) -> Any:
        names = [entry.key for entry in self.entries]
        if not isinstance(value, Mapping):
            faults.note(place, f"{quoted(value)} does not fit here: write {', '.join(names)}.")
            return None
        for key in value:
            if key not in names:
                hint = nearest(key, names) or f": the fields here are {', '.join(names)}"
                faults.note(_below(place, str(key)), f"There is no such field{hint}.")
        given: dict[str, Any] = {}
        for entry in self.entries:
            inner = _below(place, entry.key)
            if entry.key not in value:
                if entry.required:
                    faults.note(inner, f"This field is missing: {entry.text}")
                continue
            before = len(faults.found)
            read = entry.kind.read(value[entry.key], inner, faults)
            sound = len(faults.found) == before
            # A required part with a fault inside still serves to look for further faults.
            if sound or (entry.required and read is not None):
                given[entry.argument] = read
        complete = all(entry.argument in given for entry in self.entries if entry.required)
        return self.build(**given) if complete else None

    def schema(self) -> Schema:
        properties = {}
        for entry in self.entries:
            described = {**entry.kind.schema(), "description": entry.text}
            if self.defaults is not None and not entry.required and entry.stated(self.defaults):
                described["default"] = entry.kind.show(getattr(self.defaults, entry.argument))
            properties[entry.key] = described
        required = [entry.key for entry in self.entries if entry.required]
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def show(self, value: Any) -> Any:
        return {
            entry.key: entry.kind.show(getattr(value, entry.argument))
            for entry in self.entries
            if entry.stated(value)
        }


@dataclass(frozen=True)
class OneOf:
    """A record of which exactly one of the fields `keys` is written; they have no defaults.

    The record's `build` gets none of them, and returns None, where that one has a fault.
    """

    record: Record
    keys: tuple[str, ...]

    def read(self, value: Any, place: str, faults: Faults) -> Any:
        if isinstance(value, Mapping):
            written = [key for key in self.keys if key in value]
            if len(written) != 1:
                found = f"Both {' and '.join(written)} are" if written else "Neither is"
                faults.note(place, f"{found} written here: write either {' or '.join(self.keys)}.")
        return self.record.read(value, place, faults)

    def schema(self) -> Schema:
        schema = self.record.schema()
        for key in self.keys:
            schema["properties"][key].pop("default", None)
        return {**schema, "oneOf": [{"required": [key]} for key in self.keys]}

    def show(self, value: Any) -> Any:
        shown = self.record.show(value)
        return {key: each for key, each in shown.items() if key not in self.keys or each}


@dataclass(frozen=True)
class ListOf:
    """A list of `least` to `most` values of one kind, read as a tuple."""

    kind: Kind
    least: int
    most: int

    def read(self, value: Any, place: str, faults: Faults) -> tuple[Any, ...] | None:
        if not isinstance(value, list):
            faults.note(place, f"{quoted(value)} does not fit here: write a list.")
            return None
        if not self.least <= len(value) <= self.most:
            faults.note(
                place, f"There are {len(value)} here: write from {self.least} to {self.most}."
            )
            return None
        items = [
            self.kind.read(item, f"{place}[{index}]", faults) for index, item in enumerate(value)
        ]
        return tuple(item for item in items if item is not None)

    def schema(self) -> Schema:
        return {
            "type": "array",
            "items": self.kind.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }

    def show(self, value: Any) -> Any:
        return [self.kind.show(item) for item in value]


@dataclass(frozen=True)
class MapOf:
    """A mapping from names of one kind to values of another, with at most `most` entries."""

    keys: Kind
    values: Kind
    most: int

    def read(self, value: Any, place: str, faults: Faults) -> dict[str, Any] | None:
        if not isinstance(value, Mapping):
            faults.note(place, f"{quoted(value)} does not fit here: write a mapping.")
            return None
        if len(value) > self.most:
            faults.note(place, f"There are {len(value)} here: write at most {self.most}.")
            return None
        return {
            self.keys.read(key, _below(place, str(key)), faults): self.values.read(
                item, _below(place, str(key)), faults
            )
            for key, item in value.items()
        }

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": self.keys.schema(),
            "additionalProperties": self.values.schema(),
            "maxProperties": self.most,
        }

    def show(self, value: Any) -> Any:
        return {key: self.values.show(item) for key, item in value.items()}


@dataclass(frozen=True)
class OrOff:
    """A value, or `false` for "not checked", which is read as None without a fault."""

    kind: Kind

    def read(self, value: Any, place: str, faults: Faults) -> Any:
        return None if value is False else self.kind.read(value, place, faults)

    def schema(self) -> Schema:
        return {"anyOf": [self.kind.schema(), {"const": False}]}

    def show(self, value: Any) -> Any:
        return False if value is None else self.kind.show(value)


@dataclass(frozen=True)
class JsonPath:
    """A dotted path into a JSON answer, such as `result.score`."""

    def read(self, value: Any, place: str, faults: Faults) -> str | None:
        if isinstance(value, str) and len(value) <= _PATH_LIMIT and re.fullmatch(_PATH, value):
            return value
        hint = 'write names joined by dots, such as "result.score"'
        faults.note(place, f"{quoted(value)} is not a path into an answer: {hint}.")
        return None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_PATH}$", "maxLength": _PATH_LIMIT}

    def show(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class JsonValue:
    """Any JSON value. YAML's dates and binary data are not JSON values."""

    def read(self, value: Any, place: str, faults: Faults) -> Any:
        if not _is_json(value, JSON_DEPTH):
            faults.note(place, "This is not a JSON value: put dates and special numbers in quotes.")
        return value

    def schema(self) -> Schema:
        return {}

    def show(self, value: Any) -> Any:
        return value


def _is_json(value: Any, depth: int) -> bool:
    if isinstance(value, str | bool) or value is None or is_number(value):
        return True
    if depth == 0:
        return False
    if isinstance(value, list):
        return all(_is_json(item, depth - 1) for item in value)
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and _is_json(item, depth - 1) for key, item in value.items()
    )


def _below(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
