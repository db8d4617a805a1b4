"""What a rollout that succeeded leaves behind for those after it."""

import pytest

from rollout.core.gate import begin_stage, fold, promotion
from tests.support.gate_builders import ERRORS, KNOWN, START, after, side, some, start

TENTH = after(some(10, side(100, 1), side(900, 4)))


def test_the_last_stage_counts() -> None:
    soak = fold(ERRORS, begin_stage(TENTH, 1, 100), some(5, side(1000, 6), None, first=10))[0]
    left = promotion(soak, START)
    assert left is not None
    assert (left.at, left.count, left.requests, left.failures) == (START, 1, 5000, 30)
    assert left.worth == pytest.approx(5000)


def test_bursts_make_requests_worth_less() -> None:
    bursty = {**KNOWN, "errors": {**KNOWN["errors"], "correlation": 0.01}}
    state = begin_stage(start(ERRORS, 10, bursty), 1, 100)
    left = promotion(fold(ERRORS, state, some(5, side(1001, 6), None))[0], START)
    assert left is not None
    assert left.worth == pytest.approx(5005 / 11)


def test_a_rollout_that_was_not_seen_at_full_weight_leaves_nothing() -> None:
    assert promotion({}, START) is None
    assert promotion(TENTH, START) is None
    assert promotion(begin_stage(TENTH, 1, 100), START) is None
