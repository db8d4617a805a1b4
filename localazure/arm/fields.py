"""Reads JSON bodies and queries: each reader returns the typed value, or refuses it (400).

The refusal names what it is about.
"""

import re
from collections.abc import Mapping
from typing import Any

from localazure.world.errors import ArmError, bad_request

_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def malformed(place: str, wanted: str, found: object) -> ArmError:
    """Return the refusal of a value of the wrong type."""
    return bad_request(
        f"{place} must be {wanted}, not {type(found).__name__}.", "InvalidRequestContent"
    )


def object_at(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return an object; absent and null mean empty."""
    value = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise malformed(key, "an object", value)
    return value


def required_object_at(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a required object."""
    if body.get(key) is None:
        raise bad_request(f"'{key}' is required.", "InvalidRequestContent")
    return object_at(body, key)


def text_at(body: Mapping[str, Any], key: str) -> str | None:
    """Return a string, or `None` when it is absent or null."""
    value = body.get(key)
    if value is None or isinstance(value, str):
        return value
    raise malformed(key, "a string", value)


def required_text_at(body: Mapping[str, Any], key: str) -> str:
    """Return a required, non-empty string."""
    value = text_at(body, key)
    if not value:
        raise bad_request(f"'{key}' is required.", "InvalidRequestContent")
    return value


def integer_at(body: Mapping[str, Any], key: str, default: int) -> int:
    """Return a whole number."""
    value = body.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise malformed(key, "a whole number", value)
    return value


def share_at(body: Mapping[str, Any], key: str, default: float) -> float:
    """Return a number from 0 to 1."""
    value = body.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise malformed(key, "a number", value)
    if not 0 <= value <= 1:
        raise bad_request(f"{key} must be from 0 to 1, not {value}.")
    return float(value)


def texts_at(body: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return an object of strings; null entries are left out.

    Numbers become text: the SDK itself sends some (`hash_version` of code is one; measured with
    azure-ai-ml 1.35.2).
    """
    texts: dict[str, str] = {}
    for name, value in object_at(body, key).items():
        if isinstance(value, str):
            texts[name] = value
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            texts[name] = str(value)
        elif value is not None:
            raise malformed(f"{key}['{name}']", "a string", value)
    return texts


def milliseconds_at(body: Mapping[str, Any], key: str, default: int) -> int:
    """Return an ISO 8601 duration (`PT5S`) in milliseconds."""
    value = text_at(body, key)
    if value is None:
        return default
    match = _DURATION.fullmatch(value)
    if match is None or not any(match.groups()):
        raise bad_request(
            f"{key} must be an ISO 8601 duration such as PT5S, not '{value}'.",
            "InvalidRequestContent",
        )
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)


def whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    """Return a number of a query, 0 or more."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise bad_request(f"{name} must be a whole number, not '{text}'.")
    return int(text)
