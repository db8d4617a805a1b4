"""The order of facts, in every place that sorts them by key."""

from rollout.core.records.history import entry_key


def test_the_tenth_fact_comes_after_the_ninth_and_before_those_of_a_later_rollout() -> None:
    keys = [entry_key(rollout, at) for rollout in ("20260131", "20260201") for at in (1, 9, 10, 99)]
    assert keys == sorted(keys)
