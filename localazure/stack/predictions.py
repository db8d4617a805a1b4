"""What made-up models predict: an answer to every input, and the faults that an answer may have.

A prediction is a label, 0 or 1, and its score. All of it follows from the bytes of the input, so
the same input gets the same answer in every process, but for `RANDOM`.
"""

import hashlib
import json
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

WRONG = 0.1
"""The share of inputs that `USUAL` and `OTHER` get wrong, by `right_label`."""

_HALF = 0.5


class Kind(StrEnum):
    """How a model predicts.

    `USUAL` is what the others are compared with; `OTHER` is as often right and errs elsewhere. The
    rest answer as `USUAL` does, but for the part of the inputs that has their fault. Of `ERROR` and
    `SWALLOWED` the script catches its exceptions: one says so in an answer of status 200, the other
    answers with nulls.
    """

    USUAL = "usual"
    OTHER = "other"
    FLIPPED = "flipped"
    CONSTANT = "constant"
    RANDOM = "random"
    NULL = "null"
    NAN = "nan"
    OUT_OF_RANGE = "out of range"
    ERROR = "error"
    SWALLOWED = "swallowed"
    LOST = "lost"
    ADDED = "added"


@dataclass(frozen=True)
class Prediction:
    """How a model predicts: `share` (0 to 1) of the inputs have the fault of the kind."""

    kind: Kind
    share: float = 1.0


def right_label(body: bytes) -> int:
    """Return the label that an input has in truth."""
    return int(_score(body) >= _HALF) ^ (_part(body, "wrong") < WRONG)


def predicted(how: Prediction, body: bytes, chance: random.Random) -> bytes:
    """Return the JSON answer to an input."""
    answer: dict[str, Any] = {"label": int(_score(body) >= _HALF), "score": _score(body)}
    if _part(body, "fault") >= how.share:
        return _json(answer)
    match how.kind:
        case Kind.USUAL:
            pass
        case Kind.OTHER:
            answer["label"] = right_label(body) ^ (_part(body, "wrong elsewhere") < WRONG)
        case Kind.FLIPPED:
            answer["label"] = 1 - answer["label"]
        case Kind.CONSTANT:
            answer = {"label": 0, "score": 0.25}
        case Kind.RANDOM:
            answer["label"] = chance.randrange(2)
        case Kind.NULL:
            answer["score"] = None
        case Kind.NAN:
            answer["score"] = float("nan")
        case Kind.OUT_OF_RANGE:
            answer["score"] += 1.5
        case Kind.ERROR:
            answer = {"error": "KeyError: 'amount'"}
        case Kind.SWALLOWED:
            answer = {"label": None, "score": None}
        case Kind.LOST:
            del answer["score"]
        case Kind.ADDED:
            answer["version"] = "2"
        case never:
            assert_never(never)
    return _json(answer)


def _json(answer: dict[str, Any]) -> bytes:
    # As Python's own scripts write it: NaN included, which is no JSON.
    return json.dumps(answer).encode()


def _score(body: bytes) -> float:
    return round(_part(body, "score"), 6)


def _part(body: bytes, what: str) -> float:
    """A number in 0..1 that follows from the input, another one for each thing asked."""
    digest = hashlib.sha256(what.encode() + b":" + body).digest()
    return int.from_bytes(digest[:6]) / 2**48
