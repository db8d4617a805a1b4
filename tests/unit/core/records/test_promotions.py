"""What is kept of promotions: ten entries, that reach back a year where releases are frequent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.records.promotions import KEPT, MAX_PROMOTIONS, Promotions, with_promotion

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def one(at: datetime, requests: float = 100.0, failures: float = 1.0) -> Promotions:
    return Promotions(at, 1, requests, failures, requests)


def promoted(*gaps: int) -> tuple[Promotions, ...]:
    """A promotion after each of these numbers of days."""
    found: tuple[Promotions, ...] = ()
    at = START
    for gap in gaps:
        at += gap * DAY
        found = with_promotion(found, one(at), at)
    return found


def test_the_first_ten_promotions_stand_for_themselves() -> None:
    found = promoted(*[1] * MAX_PROMOTIONS)
    assert [each.count for each in found] == [1] * MAX_PROMOTIONS


def test_rare_promotions_are_the_last_ten() -> None:
    found = promoted(*[90] * 15)
    assert [each.count for each in found] == [1] * MAX_PROMOTIONS
    assert found[0].at == START + 6 * 90 * DAY


def test_weekly_promotions_reach_back_a_year() -> None:
    found = promoted(*[7] * 150)
    assert len(found) == MAX_PROMOTIONS
    assert timedelta(days=270) < found[-1].at - found[0].at
    assert found[-1].count == 1
    assert max(each.count for each in found) <= 14


def test_neighbours_that_are_put_together_keep_their_sums() -> None:
    found = promoted(*[1] * 11)
    assert sorted(each.count for each in found) == [1] * 9 + [2]
    (both,) = (each for each in found if each.count == 2)
    assert (both.requests, both.failures, both.worth) == (200, 2, 200)


@given(st.lists(st.integers(0, 200), max_size=60))
def test_entries_are_in_order_few_and_none_is_older_than_needed(gaps: list[int]) -> None:
    found = promoted(*gaps)
    assert len(found) == min(len(gaps), MAX_PROMOTIONS)
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert sum(each.count for each in found) <= len(gaps)
    if found and found[-1].at - found[0].at <= KEPT:
        assert found[-1].count == 1


@pytest.mark.parametrize(
    "impossible", [(0, 10, 1, 10), (1, 10, 11, 10), (1, 10, -1, 10), (1, 10, 1, -1)]
)
def test_what_can_never_have_been_promoted_is_not_a_record(
    impossible: tuple[int, float, float, float],
) -> None:
    with pytest.raises(ValueError, match="cannot have been promoted"):
        Promotions(START, *impossible)
