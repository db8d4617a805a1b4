"""JSON from outside, read strictly: refuses what two parsers could understand differently."""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from rollout.errors import InvalidInputError

MAX_BODY_BYTES = 256 * 1024
"""Azure Monitor cuts an alert at 256 KB, and nothing else that arrives here comes near that."""

MAX_DEPTH = 32
TOO_LARGE = 413
LENGTH_REQUIRED = 411
FORBIDDEN = 403
UNSUPPORTED_MEDIA_TYPE = 415
FETCH_SITE = "sec-fetch-site"
"""Browsers write it, and no page can forge it (W3C, Fetch Metadata Request Headers)."""

_OF_BROWSERS = frozenset({FETCH_SITE, "origin"})
_OWN_PAGES = frozenset({"same-origin", "none"})
_BOM = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def check_size(body: bytes) -> None:
    """Refuse a body that is larger than anything that arrives here may be."""
    if len(body) > MAX_BODY_BYTES:
        raise InvalidInputError(
            f"The body is larger than {MAX_BODY_BYTES // 1024} KiB.", status=TOO_LARGE
        )


def check_headers(headers: Mapping[str, str], body: bytes) -> None:
    """Refuse a body that is not declared as plain JSON. Header names are in lower case.

    Raises:
        InvalidInputError: Too large, another media type, a compressed body, or a chunked one: the
            Functions host hands those over as empty, so the content would be ignored silently.
    """
    check_size(body)
    if not body and "transfer-encoding" in headers:
        raise InvalidInputError(
            "A chunked body cannot be read here: send it with Content-Length.",
            status=LENGTH_REQUIRED,
        )
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type and media_type != "application/json" and not media_type.endswith("+json"):
        raise InvalidInputError(
            "The body must be JSON: send Content-Type: application/json.",
            status=UNSUPPORTED_MEDIA_TYPE,
        )
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise InvalidInputError(
            "A compressed body is not accepted: send it without Content-Encoding.",
            status=UNSUPPORTED_MEDIA_TYPE,
        )


def check_order(headers: Mapping[str, str], body: bytes) -> None:
    """Refuse an order that a page of somebody else may have had a browser send.

    A browser adds the cookie of the sign-in to whatever any page sends here, but lets a foreign
    page declare JSON only after asking the app, and says itself where a request comes from.
    Programs have no such cookie; they may leave the type out.

    Raises:
        InvalidInputError: As `check_headers`; 415 for a browser's request that does not declare
            JSON, 403 for one from another site.
    """
    check_headers(headers, body)
    browser = not _OF_BROWSERS.isdisjoint(headers)
    if browser and not headers.get("content-type", "").strip():
        raise InvalidInputError(
            "The body's type is not declared: send Content-Type: application/json.",
            status=UNSUPPORTED_MEDIA_TYPE,
        )
    if headers.get(FETCH_SITE, "none").strip().lower() not in _OWN_PAGES:
        raise InvalidInputError(
            "This came from a page of another site. Orders are given in the app's own console, or "
            "by a program.",
            status=FORBIDDEN,
        )


def read_json(body: bytes) -> Any:
    """Return the value of a body.

    Raises:
        InvalidInputError: It is too large, not UTF-8, not JSON, or JSON with duplicate keys, NaN or
            infinite numbers, lone surrogates, or too many levels.
    """
    check_size(body)
    text = _decoded(body)
    if not text.strip():
        raise InvalidInputError("The body is empty: send a JSON object.")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
        )
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise InvalidInputError(_TOO_DEEP) from error
    except ValueError as error:
        # Python refuses to convert whole numbers of thousands of digits.
        raise InvalidInputError("The body holds a number that is too large.") from error
    _check_values(value)
    return value


def read_object(body: bytes) -> Mapping[str, Any]:
    """Return a body that must be a JSON object. Raises as `read_json`."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise InvalidInputError("The body must be a JSON object, such as {}.")
    return value


def _decoded(body: bytes) -> str:
    """Return the text of a UTF-8 body without the byte order mark that tools on Windows write."""
    if body.startswith(_UTF_16_MARKS) or b"\0" in body:
        raise InvalidInputError(f"The body is not UTF-8 but UTF-16 or binary: {_SEND_UTF_8}.")
    content = body.removeprefix(_BOM)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is {content[error.start]:#04x}, perhaps ISO-8859-1"
        raise InvalidInputError(f"The body is not UTF-8 ({where}): {_SEND_UTF_8}.") from error


_SEND_UTF_8 = (
    "send UTF-8 (PowerShell: -Body ([Text.Encoding]::UTF8.GetBytes($json))), or write every other "
    "character as \\u and four digits"
)
_TOO_DEEP = f"The body is nested more than {MAX_DEPTH} levels deep."


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidInputError("The body has the same key twice in one object.")
        found[key] = value
    return found


def _constant(name: str) -> NoReturn:
    raise InvalidInputError(f"The body holds {name}, which is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidInputError("The body holds a number that is too large.")
    return number


def _check_values(value: Any) -> None:
    """Walk without recursion, so that depth cannot hurt."""
    level = [value]
    depth = 0
    while level:
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, list):
                below += item
            elif isinstance(item, dict):
                below += item.keys()
                below += item.values()
        if depth >= MAX_DEPTH and any(isinstance(item, list | dict) for item in level):
            raise InvalidInputError(_TOO_DEEP)
        level = below
        depth += 1


def _check_text(text: str) -> None:
    if not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text):
        raise InvalidInputError(
            "The body holds half of a surrogate pair, which is not a character."
        )
