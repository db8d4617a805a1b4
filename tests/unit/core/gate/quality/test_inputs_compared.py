"""Which inputs were compared: exact, small, and each of them once."""

from hypothesis import given
from hypothesis import strategies as st

from rollout.core.gate.quality.inputs import MAX_RUNS, added, asks_twice, count, is_in, with_all


@given(st.lists(st.integers(0, 30)))
def test_runs_are_the_set_of_what_was_added(places: list[int]) -> None:
    runs: list[int] = []
    known: set[int] = set()
    for place in places:
        after = added(runs, place)
        assert (after is None) == (place in known)
        runs, known = after or runs, known | {place}
    assert {place for place in range(32) if is_in(runs, place)} == known
    assert count(runs) == len(known)
    assert runs == sorted(set(runs))
    assert with_all([], places) == runs


def test_neighbours_take_no_room() -> None:
    assert with_all([], range(3000)) == [0, 3000]


def test_an_input_that_would_begin_one_run_too_many_is_left_for_later() -> None:
    runs = with_all([], range(0, 2 * MAX_RUNS, 2))
    assert added(runs, 500) is None
    assert with_all(runs, [500]) == runs
    assert added(runs, 1) == [0, 3, *runs[4:]]


def test_stable_is_asked_twice_often_at_first_and_now_and_then_later() -> None:
    assert [place for place in range(55) if asks_twice(place)] == [*range(20), 20, 30, 40, 50]
