"""Counts of answers add up."""

from rollout.core.records.predictions import SideBatch


def test_two_counts_are_one_path_by_path() -> None:
    one = SideBatch(3, 1, {"a": (1, 2), "b": (0, 3)}, {"a": 1})
    other = SideBatch(2, 0, {"a": (2, 0), "c": (1,)}, {"a": 2, "c": 1})

    assert one.plus(other) == SideBatch(
        5, 1, {"a": (3, 2), "b": (0, 3), "c": (1,)}, {"a": 3, "c": 1}
    )


def test_nothing_adds_nothing() -> None:
    one = SideBatch(3, 1, {"a": (1, 2)}, {"a": 1})

    assert one.plus(SideBatch()) == SideBatch().plus(one) == one
