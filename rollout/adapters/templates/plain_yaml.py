"""A YAML file's bytes -> plain values with line numbers, at a bounded cost.

Other people write these files, and PyYAML has traps: a few lines of aliases unfold to gigabytes,
base-60 numbers and long integers take quadratic time, tags name types whose constructors raise
anything, and of a key given twice it silently keeps the last. Each is refused with a sentence.
`azure-ai-ml` reads the same bytes with PyYAML's own loader: what passes here is safe there too.
"""

import re
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

from rollout.adapters.templates.event_yaml import (
    NAME_CHARACTERS,
    TAG,
    Limits,
    UnusualError,
    read_everyday,
)
from rollout.text.plain_text import visible_line

MAX_YAML_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 20_000
"""Values of a document, those that an alias repeats counted each time."""

MAX_INTEGER = 2**63 - 1
_MAX_NUMBER_CHARACTERS = 80
"""64 binary digits with a prefix, and some underscores; longer texts are not converted."""

_WRITABLE_TAGS = frozenset(f"{TAG}{name}" for name in ("str", "int", "float", "bool", "null"))
_PLAIN_TAGS = _WRITABLE_TAGS | {f"{TAG}{name}" for name in ("seq", "map", "timestamp", "merge")}
_NUMBERS = frozenset({f"{TAG}int", f"{TAG}float"})
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


class YamlFaultError(Exception):
    """The file cannot be used; the message is a sentence, `line` counts from 1 (None: unknown)."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True)
class Document:
    """`lines` maps each field, as `stages[0].weight`, to the line that it begins on, from 1."""

    value: Any
    lines: Mapping[str, int]


def read_yaml(
    content: bytes, *, most: int = MAX_YAML_BYTES, aliases: bool = True, text_keys: bool = False
) -> Document:
    """Return the one document of a file.

    Args:
        content: The file's bytes: UTF-8, with or without a byte order mark.
        most: How many bytes the file may have.
        aliases: Whether `*name` is allowed.
        text_keys: Whether a field's name must be text.

    Raises:
        YamlFaultError: It is not YAML, or goes beyond a limit.
    """
    if len(content) > most:
        raise YamlFaultError(f"The file is larger than {most // 1024} KiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlFaultError(f"The file is not UTF-8 text (byte {error.start}).") from error
    try:
        return _document(text, aliases=aliases, text_keys=text_keys)
    except YamlFaultError:
        raise
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error) from error
    except yaml.YAMLError as error:
        raise YamlFaultError("The file holds characters that YAML does not allow.") from error
    except RecursionError as error:
        raise _too_deep(None) from error
    except ValueError as error:
        # PyYAML turns "\\UFFFFFFFF" into a character unchecked, while it still reads the text.
        raise YamlFaultError(f"The file holds an impossible character ({error}).") from error


def _document(text: str, *, aliases: bool, text_keys: bool) -> Document:
    with suppress(UnusualError):
        limits = Limits(MAX_DEPTH, MAX_NODES, text_keys, _check_number)
        return Document(*read_everyday(text, limits))
    return _any_document(text, aliases=aliases, text_keys=text_keys)


def _any_document(text: str, *, aliases: bool, text_keys: bool) -> Document:
    loader = _Loader(text, aliases=aliases, text_keys=text_keys)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(None, {})
        lines: dict[str, int] = {}
        _note_lines(node, "", lines)
        return Document(loader.construct_document(node), lines)
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the limits above, each checked before a value is built."""

    def __init__(self, text: str, *, aliases: bool, text_keys: bool) -> None:
        super().__init__(text)
        self._aliases = aliases
        self._text_keys = text_keys
        self._open: list[int] = []
        self._sizes: dict[int, int] = {}
        self._count = 0

    def fetch_alias(self) -> None:
        if not self._aliases:
            raise YamlFaultError("An alias (*) is used: write the value out.", self.line + 1)
        super().fetch_alias()

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML's stubs lack it
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if id(node) not in self._sizes:
                raise YamlFaultError("An alias (*) repeats a value inside itself.", line)
            self._add(self._sizes[id(node)], line)
            return node
        if len(self._open) >= MAX_DEPTH:
            raise _too_deep(line)
        before = self._count
        self._add(1, line)
        self._open.append(line)
        node = super().compose_node(parent, index)
        self._open.pop()
        self._check(node, line, tag=getattr(event, "tag", None))
        self._sizes[id(node)] = self._count - before
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - the signature of PyYAML
        try:
            return super().construct_object(node, deep=deep)
        except (YamlFaultError, yaml.YAMLError, RecursionError):
            raise
        # PyYAML builds values unchecked, and its constructors raise whatever they meet.
        except Exception as error:
            line = node.start_mark.line + 1
            raise YamlFaultError(f"This value is impossible ({error}).", line) from error

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the signature of PyYAML
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node)
        return super().construct_mapping(node, deep=deep)

    def _add(self, values: int, line: int) -> None:
        self._count += values
        if self._count > MAX_NODES:
            raise YamlFaultError(f"The file holds more than {MAX_NODES:,} values.", line)

    def _check(self, node: Any, line: int, *, tag: str | None) -> None:
        if node.tag not in _PLAIN_TAGS or (tag not in {None, "!"} and tag not in _WRITABLE_TAGS):
            shown = node.tag.replace(TAG, "!!")
            raise YamlFaultError(
                f"This is not YAML as expected here (the tag {shown[:40]}): leave the tag out.",
                line,
            )
        _check_number(node.tag, node.value, line)

    def _check_keys(self, node: yaml.MappingNode) -> None:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == f"{TAG}merge":
                continue
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str) and (self._text_keys or not isinstance(key, Hashable)):
                raise YamlFaultError(f"Put the field name {str(key)[:40]} in quotes.", line)
            if key in seen:
                raise YamlFaultError(f'"{str(key)[:40]}" is given twice.', line)
            seen.add(key)


def _check_number(tag: str, text: str, line: int) -> None:
    if tag not in _NUMBERS:
        return
    if _BASE_60.fullmatch(text):
        raise YamlFaultError(
            f"{text[:20]} would be read as a number to base 60: put it in quotes.", line
        )
    if len(text) > _MAX_NUMBER_CHARACTERS:
        raise YamlFaultError(f"The number {text[:20]}... is too long.", line)
    if tag == f"{TAG}int":
        digits = text.replace("_", "")
        # PyYAML's own rules: a leading zero is octal.
        try:
            octal = re.fullmatch(r"[-+]?0[0-7]+", digits)
            value = int(digits, 8 if octal else 0)
        except ValueError as error:
            raise YamlFaultError(f"{text[:20]} is not a whole number.", line) from error
        if abs(value) > MAX_INTEGER:
            raise YamlFaultError(f"The number {text[:20]}... does not fit into 64 bits.", line)


def _note_lines(node: Any, place: str, lines: dict[str, int]) -> None:
    """Recursion and size are bounded: the node was composed within the limits."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = visible_line(str(key.value), NAME_CHARACTERS)
            inner = f"{place}.{name}" if place else name
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, f"{place}[{index}]", lines)


def line_of(lines: Mapping[str, int], field: str) -> int | None:
    """Return the line of a field, or of the nearest field around it that the file has."""
    while field and field not in lines:
        cut = max(field.rfind("."), field.rfind("["))
        field = field[:cut] if cut > 0 else ""
    return lines.get(field)


def _too_deep(line: int | None) -> YamlFaultError:
    return YamlFaultError(f"The file is nested too deeply: {MAX_DEPTH} levels at most.", line)


def _not_yaml(error: yaml.MarkedYAMLError) -> YamlFaultError:
    mark = error.problem_mark or error.context_mark
    what = str(error.problem or error.context)[:120]
    return YamlFaultError(
        f"This is not YAML as expected here ({what}).", mark.line + 1 if mark else None
    )
