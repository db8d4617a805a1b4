"""One answer's body, read within limits: it comes from a model, which may answer anything.

Python's reader takes what JSON does not have (`NaN`, `Infinity`, `1e999`); these are read, so that
the place of such a number can be told, and are faults (`faults`). Of a key that is repeated the
last one counts, as in most readers. Any of UTF-8, -16 and -32 is read, as RFC 4627 has it.
"""

import json
from dataclasses import dataclass
from typing import Any

from rollout.core.predictions.json_paths import Missing

READ_BYTES = 1024 * 1024
"""A longer body is not read: it is compared byte by byte, and nothing in it is judged."""

MAX_DEPTH = 32
"""Lists and objects inside one another; deeper answers are read by nobody."""

UNREAD = Missing()


@dataclass(frozen=True)
class Body:
    """What a body holds; `document` is `Missing` where it was not read, and `raw` are the bytes.

    `fault` says why it could not be read. `too_long` is none: some models answer masks and
    embeddings. `wrapped`: the document was inside a JSON text, so that clients read it twice.
    """

    raw: bytes
    document: Any = UNREAD
    fault: str = ""
    too_long: bool = False
    wrapped: bool = False

    @property
    def is_read(self) -> bool:
        return not (self.fault or self.too_long)


def read_body(raw: bytes) -> Body:
    """Read one body; never raises. An object or a list inside a JSON text is unwrapped once."""
    if len(raw) > READ_BYTES:
        return Body(raw, too_long=True)
    if not raw.strip():
        return Body(raw, fault="an empty answer")
    try:
        outer = json.loads(raw)
        document = unwrapped(outer)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return Body(raw, fault="no JSON")
    except RecursionError:
        return Body(raw, fault="nested too deeply")
    except ValueError:
        # CPython converts whole numbers of up to 4,300 digits.
        return Body(raw, fault="a number of thousands of digits")
    if deeper_than(document, MAX_DEPTH):
        return Body(raw, fault="nested too deeply")
    return Body(raw, document, wrapped=document is not outer)


def unwrapped(document: Any) -> Any:
    """Return the object or list inside a JSON text, or else the document itself."""
    if not isinstance(document, str):
        return document
    try:
        inner = json.loads(document)
    except (ValueError, RecursionError):
        return document
    return inner if isinstance(inner, dict | list) else document


def deeper_than(document: Any, most: int) -> bool:
    """Say whether more than `most` lists and objects are inside one another."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(most):
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return bool(level)
