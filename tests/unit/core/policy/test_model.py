"""A stage has a weight and a time, or it is not made."""

from datetime import timedelta

import pytest

from rollout.core.policy.model import Stage


@pytest.mark.parametrize("weight", [-1, 0, 101])
def test_a_stage_gives_the_candidate_part_of_the_traffic(weight: int) -> None:
    with pytest.raises(ValueError, match=f"a weight of {weight} %"):
        Stage(weight)


@pytest.mark.parametrize(("weight", "mirror"), [(10, 10), (0, 51), (0, -1)])
def test_a_mirror_is_at_most_half_and_comes_without_a_weight(weight: int, mirror: int) -> None:
    with pytest.raises(ValueError, match=f"mirror {mirror} % at a weight of {weight} %"):
        Stage(weight, mirror=mirror)


def test_a_stage_says_what_reaches_the_candidate() -> None:
    assert (Stage(10).share, Stage(10).shown) == (10, "10 %")
    assert (Stage(0, mirror=20).share, Stage(0, mirror=20).shown) == (20, "20 % mirrored")


def test_a_stage_cannot_bake_backwards() -> None:
    with pytest.raises(ValueError, match="cannot bake"):
        Stage(10, timedelta(seconds=-1))
