"""YAML in everyday characters -> plain values with their lines, by libyaml's events.

That takes a fraction of the time of PyYAML's own loader. Only what both parsers read alike is read
here: `plain_yaml` hands everything else, and whatever has a fault, to PyYAML, whose words people
are told. So nothing is refused here; what is unusual is only slower.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from rollout.text.plain_text import visible_line

NAME_CHARACTERS = 100
"""How much of a field's name its place shows."""

TAG = "tag:yaml.org,2002:"
_TEXT = f"{TAG}str"
_BUILDERS: dict[str, Callable[[SafeConstructor, yaml.ScalarNode], Any]] = {
    f"{TAG}{name}": getattr(SafeConstructor, f"construct_yaml_{name}")
    for name in ("null", "bool", "int", "float", "timestamp")
}

# Tabs, what one of the two takes for the end of a line, directives, and `& * ! \`, which begin
# anchors, aliases, tags and escapes. Searched for, since a match of a whole file would keep a
# hundred times its size in memory.
_UNUSUAL = re.compile(
    r"""[^ "-%'-)+-\[\]-~\n\r\u00a1-\u1fff\u2010-\u2027\u2030-\ud7ff]|\r(?!\n)|^%""",
    re.MULTILINE,
)
_APART = re.compile(r"[|>][-+0-9]*#|^(?! *#)[^\n]*\?", re.MULTILINE)
"""What only libyaml takes: a comment right behind a block's header, `?` in a value in brackets."""

_RESOLVER = Resolver()
_CONSTRUCTOR = SafeConstructor()


class UnusualError(Exception):
    """PyYAML must read it: it is unusual, or has a fault."""


@dataclass(frozen=True)
class Limits:
    """How deep values may be nested, how many there may be, and whether field names must be text.

    `check_number` gets a tag, a text and a line, and raises where it may not be converted.
    """

    depth: int
    values: int
    text_keys: bool
    check_number: Callable[[str, str, int], None]


def read_everyday(text: str, limits: Limits) -> tuple[Any, dict[str, int]]:
    """Return the one document of a file as plain values, and the lines of its fields.

    Raises:
        UnusualError: PyYAML must read this file.
    """
    if not yaml.__with_libyaml__ or _UNUSUAL.search(text) or _APART.search(text):
        raise UnusualError
    try:
        return _Walk(yaml.CSafeLoader(text), limits).document()
    # Whatever it is: PyYAML meets it too, or reads the file well.
    except Exception as error:
        raise UnusualError from error


@dataclass
class _Walk:
    """One pass over a document's events. `seen` are its values so far."""

    parser: yaml.CSafeLoader
    limits: Limits
    lines: dict[str, int] = field(default_factory=dict)
    seen: int = 0

    def document(self) -> tuple[Any, dict[str, int]]:
        self._expect(yaml.StreamStartEvent)
        self._expect(yaml.DocumentStartEvent)
        event = self._event()
        line = event.start_mark.line + 1
        if type(event) is not yaml.MappingStartEvent:
            # The two do not place an empty document alike.
            raise UnusualError
        self.lines[""] = line
        value = self._value(event, "", 0)
        self._expect(yaml.DocumentEndEvent)
        self._expect(yaml.StreamEndEvent)
        return value, self.lines

    def _event(self) -> Any:
        """The next event, which has its mark: the stubs do not say so."""
        return self.parser.get_event()

    def _expect(self, kind: type[yaml.Event]) -> None:
        if type(self._event()) is not kind:
            raise UnusualError

    def _value(self, event: Any, place: str, depth: int) -> Any:
        self.seen += 1
        if self.seen > self.limits.values or depth >= self.limits.depth:
            raise UnusualError
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if kind is yaml.MappingStartEvent:
            return self._mapping(place, depth + 1)
        if kind is yaml.SequenceStartEvent:
            return self._sequence(place, depth + 1)
        raise UnusualError

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if not event.implicit[0]:  # in quotes
            return text
        tag = _RESOLVER.resolve(yaml.ScalarNode, text, event.implicit)  # type: ignore[no-untyped-call] # PyYAML's stubs lack it
        if tag == _TEXT:
            return text
        self.limits.check_number(tag, text, event.start_mark.line + 1)
        # What no builder is for, such as a merge, is a KeyError.
        return _BUILDERS[tag](_CONSTRUCTOR, yaml.ScalarNode(tag, text))

    def _sequence(self, place: str, depth: int) -> list[Any]:
        values: list[Any] = []
        while type(event := self._event()) is not yaml.SequenceEndEvent:
            inner = f"{place}[{len(values)}]"
            self.lines.setdefault(inner, event.start_mark.line + 1)
            values.append(self._value(event, inner, depth))
        return values

    def _mapping(self, place: str, depth: int) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        while type(event := self._event()) is not yaml.MappingEndEvent:
            line = event.start_mark.line + 1
            if type(event) is not yaml.ScalarEvent:
                raise UnusualError
            key = self._value(event, "", depth)
            if key in values or (self.limits.text_keys and not isinstance(key, str)):
                raise UnusualError
            name = visible_line(event.value, NAME_CHARACTERS)
            inner = f"{place}.{name}" if place else name
            self.lines[inner] = line
            values[key] = self._value(self._event(), inner, depth)
        return values
