"""A rollout's pairs last to its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollout.core.gate.probing.pace import pairs_now


@pytest.mark.parametrize(
    ("sent", "left", "pairs"),
    [(0, 381, 20), (2600, 381, 19), (2619, 381, 1), (2999, 1, 1), (3000, 1, 0), (2990, 0, 10)],
)
def test_the_last_pairs_are_kept_for_the_minutes_that_are_left(
    sent: int, left: float, pairs: int
) -> None:
    assert pairs_now(20, 3000, sent, left) == pairs


def test_of_a_small_most_three_quarters_are_sent_at_the_rate() -> None:
    assert pairs_now(20, 100, 50, 381) == 20
    assert pairs_now(20, 100, 80, 381) == 1


@given(some.integers(1, 300), some.integers(0, 500), some.integers(0, 600))
def test_no_rollout_falls_silent_before_its_end(rate: int, spare: int, minutes: int) -> None:
    most, sent = max(rate, 4 * minutes) + spare, 0
    for left in range(minutes, 0, -1):
        now = pairs_now(rate, most, sent, left)
        assert 1 <= now <= rate
        sent += now
    assert sent <= most
