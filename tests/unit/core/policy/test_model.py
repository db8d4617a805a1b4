"""A stage has a weight and a time, or it is not made."""

from datetime import timedelta

import pytest

from rollout.core.policy.model import Stage


@pytest.mark.parametrize("weight", [-1, 0, 101])
def test_a_stage_gives_the_candidate_part_of_the_traffic(weight: int) -> None:
    with pytest.raises(ValueError, match=f"a weight of {weight} %"):
        Stage(weight)


def test_a_stage_cannot_bake_backwards() -> None:
    with pytest.raises(ValueError, match="cannot bake"):
        Stage(10, timedelta(seconds=-1))
