"""What becomes of a pair's bodies: they are compared as soon as both are there, and then gone.

A side that failed by its status is the probes' own failure, and stable's refusal says that the
input is no good: there is nothing to compare then.
"""

from rollout.adapters.azure_ml.own_requests import Reply
from rollout.core.predictions.answers import compare
from rollout.core.records.answers import Answer, AnswerPair
from rollout.ports import ProbeOrder

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
    if not is_success(candidate):
        # No fault: a release may refuse for good reasons what another one took.
        change = f"status {stable.status} -> {candidate.status}"
        return AnswerPair(place, Answer(), Answer(), differs=True, change=change)
    return compare(
        quality,
        what.expect,
        input=place,
        label=what.label,
        candidate=candidate.body,
        stable=stable.body,
        learnt=order.learnt,
        again=again.body if again is not None and is_success(again) else None,
    )
