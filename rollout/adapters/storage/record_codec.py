"""Frozen dataclasses <-> JSON values, driven by the type hints of `rollout.core`.

Moments are ISO 8601 in UTC (`2026-01-31T10:00:00.000000Z`), durations seconds, enumerations their
values. A field that this version does not know is left alone: `carry` puts it back on the next
write, so that an older app beside a newer one destroys nothing.
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

from rollout.adapters.storage.value_codecs import PLAIN, Codec, encode_text, keep_new, unreadable
from rollout.errors import UnreadableRowError


def encode(value: Any) -> dict[str, Any]:
    """Return a record as a JSON object.

    Raises:
        RowTooLargeError: A string is longer than `MAX_STRING_UNITS`.
        TypeError, ValueError: The record holds what its type does not allow: a bug in this product.
    """
    kind: Any = type(value)
    document: dict[str, Any] = codec_of(kind).encode(value)
    return document


def decode[Record](kind: type[Record], document: Any) -> Record:
    """Return the record a JSON object describes; unknown fields are ignored.

    Raises:
        UnreadableRowError: A value is missing, of the wrong type, or impossible beside the others;
            the text names the field.
    """
    hint: Any = kind
    record: Record = codec_of(hint).decode(document, kind.__name__)
    return record


def carry(kind: type, old: Mapping[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return `new` with the fields of `old` that `kind` does not know, at every level.

    Parts with an `id` (a rollout) keep them only while the id stays. Items of lists are matched by
    equality, else by position where the length stayed.
    """
    carried: dict[str, Any] = codec_of(kind).carry(old, new)
    return carried


@cache
def codec_of(hint: Any) -> Codec:
    """Return the codec of a type hint.

    Raises:
        TypeError: The hint is not one that records use.
    """
    plain = PLAIN.get(hint)
    if plain is not None:
        return plain
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _optional(arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:  # noqa: PLR2004 - (item, ...)
        return _items(codec_of(arguments[0]))
    if origin is Mapping and arguments[0] is str:
        return _mapping(codec_of(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enumeration(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    raise TypeError(f"no codec for {hint!r}")


def _optional(arguments: tuple[Any, ...]) -> Codec:
    kinds = [argument for argument in arguments if argument is not type(None)]
    if len(kinds) != 1 or len(arguments) != 2:  # noqa: PLR2004 - the type and None
        raise TypeError(f"no codec for a union of {arguments!r}")
    inner = codec_of(kinds[0])

    def carried(old: Any, new: Any) -> Any:
        return new if old is None or new is None else inner.carry(old, new)

    return Codec(
        lambda value: None if value is None else inner.encode(value),
        lambda value, place: None if value is None else inner.decode(value, place),
        carried,
    )


def _items(inner: Codec) -> Codec:
    def decoded(value: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise unreadable(place, "a list", value)
        return tuple(inner.decode(item, f"{place}[{at}]") for at, item in enumerate(value))

    def carried(old: Any, new: Any) -> Any:
        if not isinstance(old, list):
            return new
        same_length = len(old) == len(new)
        return [_item(old, at, item, same_length) for at, item in enumerate(new)]

    def _item(old: list[Any], at: int, item: Any, same_length: bool) -> Any:  # noqa: FBT001
        if same_length:
            return inner.carry(old[at], item)
        for candidate in old:
            # An item whose known part is unchanged is the same item, wherever it went.
            if isinstance(item, dict) and isinstance(candidate, dict):
                known = {key: candidate[key] for key in item if key in candidate}
                if known == item:
                    return inner.carry(candidate, item)
        return item

    return Codec(lambda value: [inner.encode(item) for item in value], decoded, carried)


def _mapping(inner: Codec) -> Codec:
    def decoded(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise unreadable(place, "an object", value)
        return {key: inner.decode(item, f"{place}.{key}") for key, item in value.items()}

    def encoded(value: Any) -> dict[str, Any]:
        return {encode_text(key): inner.encode(item) for key, item in value.items()}

    # The keys of a mapping are data: a missing one was removed on purpose.
    return Codec(encoded, decoded, keep_new)


def _enumeration(kind: type[Enum]) -> Codec:
    values = {member.value: member for member in kind}

    def decoded(value: Any, place: str) -> Enum:
        try:
            return values[value]
        except (KeyError, TypeError) as error:
            raise UnreadableRowError(
                f"{place} must be one of {', '.join(map(str, values))}, not {value!r}"
            ) from error

    return Codec(lambda value: kind(value).value, decoded, keep_new)


def _build(kind: type, parts: Mapping[str, Any], place: str) -> Any:
    """Return the record; its own invariants say whether the parts are possible together."""
    try:
        return kind(**parts)
    except ValueError as error:
        raise UnreadableRowError(f"{place}: {error}") from error


def _record(kind: type) -> Codec:
    hints = typing.get_type_hints(kind)
    parts = [(each.name, codec_of(hints[each.name])) for each in fields(kind)]
    required = {
        each.name
        for each in fields(kind)
        if each.default is MISSING and each.default_factory is MISSING
    }
    known = {name for name, _ in parts}
    nested = [(name, part) for name, part in parts if part.carry is not keep_new]

    def encoded(value: Any) -> dict[str, Any]:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is a {type(value).__name__}, not {kind.__name__}")
        return {name: part.encode(getattr(value, name)) for name, part in parts}

    def decoded(value: Any, place: str) -> Any:
        if not isinstance(value, dict):
            raise unreadable(place, "an object", value)
        missing = sorted(required - value.keys())
        if missing:
            raise UnreadableRowError(f"{place} has no {', '.join(missing)}")
        decoded_parts = {
            name: part.decode(value[name], f"{place}.{name}")
            for name, part in parts
            if name in value
        }
        return _build(kind, decoded_parts, place)

    def carried(old: Any, new: Any) -> Any:
        if not isinstance(old, dict) or ("id" in known and old.get("id") != new["id"]):
            return new
        kept = {key: old[key] for key in old.keys() - known} | new
        for name, part in nested:
            if name in old:
                kept[name] = part.carry(old[name], new[name])
        return kept

    return Codec(encoded, decoded, carried)
