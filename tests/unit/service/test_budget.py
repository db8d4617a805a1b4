"""Time for calls to Azure: each its own, or shared by the attempt a caller waits for."""

from datetime import timedelta

import pytest

from rollout.errors import ArmUnavailableError
from rollout.service.budget import Budget

THREE = timedelta(seconds=3)


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_calls_of_a_pass_have_the_whole_time_each() -> None:
    clock = Clock()
    budget = Budget(THREE, together=False, clock=clock)
    clock.seconds += 60
    assert budget.left() == 3.0


def test_calls_of_a_door_share_the_time() -> None:
    clock = Clock()
    budget = Budget(THREE, together=True, clock=clock)
    assert budget.left() == 3.0
    clock.seconds += 2
    assert budget.left() == 1.0
    clock.seconds += 1
    with pytest.raises(ArmUnavailableError, match="3 s are used up"):
        budget.left()
