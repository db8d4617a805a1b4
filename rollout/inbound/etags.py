"""Entity tags (RFC 9110, 8.8.3): a client that knows a view already is not sent it again.

A tag names what a view was made from, not its bytes: ages in it go on while nothing happens, and a
client that polls counts them itself.
"""

import hashlib
from collections.abc import Mapping

IF_NONE_MATCH = "if-none-match"
TAG_CHARACTERS = 32
_WEAK = "W/"


def etag(*parts: object) -> str:
    """Return the weak tag of a view that was made from these parts, compared by their `str`."""
    text = "\x00".join(map(str, parts))
    return f'{_WEAK}"{hashlib.sha256(text.encode()).hexdigest()[:TAG_CHARACTERS]}"'


def is_known(headers: Mapping[str, str], tag: str) -> bool:
    """Say whether the request names this tag; names of headers are in lower case.

    Weak and strong tags compare alike here, as If-None-Match asks (RFC 9110, 13.1.2).
    """
    named = headers.get(IF_NONE_MATCH, "")
    if named.strip() == "*":
        return True
    opaque = tag.removeprefix(_WEAK)
    return any(each.strip().removeprefix(_WEAK) == opaque for each in named.split(","))
