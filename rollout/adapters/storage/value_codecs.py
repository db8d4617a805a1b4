"""Codecs for the values that records consist of: texts, numbers, moments, durations, free JSON.

Moments are ISO 8601 in UTC (`2026-01-31T10:00:00.000000Z`), durations seconds.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout.errors import RowTooLargeError, UnreadableRowError
from rollout.text.moments import in_utc

MAX_STRING_UNITS = 32 * 1024
"""Longest string Table Storage stores, in UTF-16 units (Table service data model page)."""

MAX_NESTING = 32
"""Free JSON (`Mapping[str, Any]`) nested deeper than this is refused: none that is stored is."""


@dataclass(frozen=True)
class Codec:
    """Three functions for one type.

    `encode(value)` returns a JSON value; `decode(document, place)` the value, place naming the
    field in errors; `carry(old, new)` returns encoded `new` plus what `old` has beyond this type.
    """

    encode: Callable[[Any], Any]
    decode: Callable[[Any, str], Any]
    carry: Callable[[Any, Any], Any]


def keep_new(_old: Any, new: Any) -> Any:
    return new


def unreadable(place: str, wanted: str, found: Any) -> UnreadableRowError:
    return UnreadableRowError(f"{place} must be {wanted}, not {type(found).__name__}")


def _decoder(wanted: str, *allowed: type) -> Callable[[Any, str], Any]:
    def decoded(value: Any, place: str) -> Any:
        # To Python a bool is an int; in a document it is not.
        if type(value) not in allowed:
            raise unreadable(place, wanted, value)
        return value

    return decoded


def _encoder(*allowed: type) -> Callable[[Any], Any]:
    def encoded(value: Any) -> Any:
        if type(value) not in allowed:
            raise TypeError(f"{value!r} is a {type(value).__name__}, not {allowed[0].__name__}")
        return value

    return encoded


def checked_text(text: str) -> str:
    """Return `text` if one table property can hold it.

    Raises:
        RowTooLargeError: It is longer than `MAX_STRING_UNITS`.
    """
    # Only characters outside the basic plane count twice, so most texts need no second look.
    if len(text) * 2 > MAX_STRING_UNITS:
        units = len(text) + sum(1 for character in text if ord(character) > 0xFFFF)  # noqa: PLR2004
        if units > MAX_STRING_UNITS:
            raise RowTooLargeError(
                f"a text of {units} UTF-16 units exceeds Table Storage's {MAX_STRING_UNITS}; "
                f"cut it before it is stored: {text[:60]!r}..."
            )
    return text


def encode_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is a {type(value).__name__}, not str")
    return checked_text(str(value))


def _encode_number(value: Any) -> Any:
    found = _encoder(float, int)(value)
    if not math.isfinite(found):
        raise ValueError(f"{found} is no number that JSON has")
    return found


def _decode_number(value: Any, place: str) -> Any:
    found = _decoder("a number", float, int)(value, place)
    if not math.isfinite(found):
        raise UnreadableRowError(f"{place} is {found}, which is no number")
    return found


def _encode_moment(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{value!r} is not a moment with a time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _decode_moment(value: Any, place: str) -> datetime:
    if not isinstance(value, str):
        raise unreadable(place, "a moment in UTC", value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise UnreadableRowError(f"{place} is not a moment: {value[:40]!r}") from error
    if moment.tzinfo is None:
        raise UnreadableRowError(f"{place} has no time zone: {value[:40]!r}")
    try:
        return in_utc(moment)
    except ValueError as error:
        raise UnreadableRowError(f"{place} is not a moment of our time: {value[:40]!r}") from error


def _encode_duration(value: Any) -> float:
    if not isinstance(value, timedelta):
        raise TypeError(f"{value!r} is a {type(value).__name__}, not timedelta")
    return value.total_seconds()


def _decode_duration(value: Any, place: str) -> timedelta:
    if type(value) not in (int, float):
        raise unreadable(place, "a number of seconds", value)
    try:
        return timedelta(seconds=value)
    except (OverflowError, ValueError) as error:
        raise UnreadableRowError(f"{place} is not a duration: {value!r}") from error


def _encode_free(value: Any, depth: int = 0) -> Any:
    if depth > MAX_NESTING:
        raise ValueError(f"free JSON is nested deeper than {MAX_NESTING}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number that JSON has")
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return encode_text(value)
    if isinstance(value, Mapping):
        return {encode_text(key): _encode_free(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode_free(item, depth + 1) for item in value]
    raise TypeError(f"{value!r} is a {type(value).__name__}, which JSON does not have")


def _decode_free(value: Any, _place: str) -> Any:
    return value


PLAIN: dict[Any, Codec] = {
    str: Codec(encode_text, _decoder("a text", str), keep_new),
    bool: Codec(_encoder(bool), _decoder("true or false", bool), keep_new),
    int: Codec(_encoder(int), _decoder("a whole number", int), keep_new),
    float: Codec(_encode_number, _decode_number, keep_new),
    datetime: Codec(_encode_moment, _decode_moment, keep_new),
    timedelta: Codec(_encode_duration, _decode_duration, keep_new),
    Any: Codec(_encode_free, _decode_free, keep_new),
}
