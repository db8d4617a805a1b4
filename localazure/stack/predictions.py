"""What made-up models predict: an answer to every input, and the faults that an answer may have.

A prediction is a label, 0 or 1, and its score. All of it follows from the bytes of the input, so
the same input gets the same answer in every process, but for `RANDOM`.
"""

import hashlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

WRONG = 0.1
"""The share of inputs that `USUAL` and `OTHER` get wrong, by `right_label`."""

_HALF = 0.5

Answer = dict[str, Any]


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
    return int(_part(body, "score") >= _HALF) ^ (_part(body, "wrong") < WRONG)


def predicted(how: Prediction, body: bytes, chance: random.Random) -> bytes:
    """Return the JSON answer to an input."""
    score = round(_part(body, "score"), 6)
    answer = {"label": int(score >= _HALF), "score": score}
    if how.kind is not Kind.USUAL and _part(body, "fault") < how.share:
        answer = _FAULTS[how.kind](answer, body, chance)
    # As Python's own scripts write it: NaN included, which is no JSON.
    return json.dumps(answer).encode()


def _other(answer: Answer, body: bytes, chance: random.Random) -> Answer:
    del chance
    return {**answer, "label": right_label(body) ^ (_part(body, "wrong elsewhere") < WRONG)}


_FAULTS: Mapping[Kind, Callable[[Answer, bytes, random.Random], Answer]] = {
    Kind.OTHER: _other,
    Kind.FLIPPED: lambda answer, _body, _chance: {**answer, "label": 1 - answer["label"]},
    Kind.CONSTANT: lambda _answer, _body, _chance: {"label": 0, "score": 0.25},
    Kind.RANDOM: lambda answer, _body, chance: {**answer, "label": chance.randrange(2)},
    Kind.NULL: lambda answer, _body, _chance: {**answer, "score": None},
    Kind.NAN: lambda answer, _body, _chance: {**answer, "score": float("nan")},
    Kind.OUT_OF_RANGE: lambda answer, _body, _chance: {**answer, "score": answer["score"] + 1.5},
    Kind.ERROR: lambda _answer, _body, _chance: {"error": "KeyError: 'amount'"},
    Kind.SWALLOWED: lambda _answer, _body, _chance: {"label": None, "score": None},
    Kind.LOST: lambda answer, _body, _chance: {"label": answer["label"]},
    Kind.ADDED: lambda answer, _body, _chance: {**answer, "version": "2"},
}


def _part(body: bytes, what: str) -> float:
    """A number in 0..1 that follows from the input, another one for each thing asked."""
    digest = hashlib.sha256(what.encode() + b":" + body).digest()
    return int.from_bytes(digest[:6]) / 2**48
