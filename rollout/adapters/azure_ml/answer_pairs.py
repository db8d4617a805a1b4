"""What becomes of a pair's bodies: they are compared as soon as both are there, and then gone.

A side that failed by its status is the probes' own failure, and stable's refusal says that the
input is no good: there is nothing to compare then.
"""

import hashlib

from rollout.adapters.azure_ml.own_requests import Reply
from rollout.core.predictions.answers import compare
from rollout.core.records.answers import Answer, AnswerPair
from rollout.ports import ProbeOrder

MAX_COMPARED_BYTES = 1024 * 1024
"""The largest body that is read as JSON; others differ if any of their bytes do. Several pairs are
under way at once, and as objects they take ten times the room."""

_SUCCESS = range(200, 300)


def is_success(reply: Reply) -> bool:
    """Whether there is an answer to compare, or to compare with."""
    return reply.answer is not None and reply.answer.status in _SUCCESS


def answer_pair(
    order: ProbeOrder, number: int, candidate: Reply, stable: Reply, again: Reply | None
) -> AnswerPair | None:
    """Return how the two answers compare; None where there is nothing to compare.

    Args:
        order: The pass.
        number: The pair's.
        candidate: The candidate's end of it.
        stable: Stable's.
        again: Stable's second answer to the same input; None where it was asked once.
    """
    quality, mine = order.quality, candidate.answer
    if quality is None or mine is None or mine.failed or not is_success(stable):
        return None
    what, place = order.inputs.chosen[number - order.first], number % order.inputs.distinct
    twice = again.body if again is not None and is_success(again) else None
    if not is_success(candidate):
        change = f"status {stable.status} -> {candidate.status}"
        changed = None if twice is None else _digest(twice) != _digest(stable.body)
        return AnswerPair(place, Answer(), Answer(), differs=True, change=change, again=changed)
    bodies = (candidate.body, stable.body, twice or b"")
    if max(map(len, bodies)) > MAX_COMPARED_BYTES:
        return _by_bytes(place, candidate.body, stable.body, twice)
    return compare(
        quality,
        what.expect,
        number=number,
        input=place,
        label=what.label,
        candidate=candidate.body,
        stable=stable.body,
        again=twice,
    )


def _by_bytes(place: int, candidate: bytes, stable: bytes, again: bytes | None) -> AnswerPair:
    mine, theirs = Answer(key=_digest(candidate)), Answer(key=_digest(stable))
    differs = mine.key != theirs.key
    return AnswerPair(
        place,
        mine,
        theirs,
        differs=differs,
        change=f"a body over {MAX_COMPARED_BYTES // 1024} KiB" if differs else "",
        again=None if again is None else _digest(again) != theirs.key,
    )


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]
