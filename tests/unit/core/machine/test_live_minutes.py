"""The app's own requests are taken out of minutes: never below zero, never twice, never lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.machine.live_minutes import (
    UNCOUNTED_AFTER,
    afresh,
    live_minutes,
    live_provisional,
    sent,
)
from rollout.core.machine.live_side import without
from rollout.core.records.observation import Minute, Percentiles, SideMinute, SlowCounts, Tally
from rollout.core.records.own_requests import NO_ANSWER, OwnMinute, OwnRequests

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
SILENT = SideMinute(0.0, 0.0)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def shows(**by_status: float) -> SideMinute:
    """A side's minute with these requests: `ok`, `failed`, `refused`, `unknown`."""
    names = {"ok": "200", "failed": "424", "refused": "400", "unknown": "-1"}
    counts = {names[name]: float(count) for name, count in by_status.items() if count}
    known = sum(count for status, count in counts.items() if status != "-1")
    return SideMinute(
        requests=known,
        failures=counts.get("424", 0.0),
        by_status=counts,
        client_errors=counts.get("400", 0.0),
        unknown=counts.get("-1", 0.0),
    )


def own(number: int, candidate: dict[str, int], stable: dict[str, int] | None = None) -> OwnMinute:
    return OwnMinute(at(number), candidate, candidate if stable is None else stable)


def minute(number: int, side: SideMinute | None, stable: SideMinute | None = None) -> Minute:
    return Minute(at(number), stable or side, side)


def test_each_kind_of_answer_is_taken_from_its_own_kind() -> None:
    rest, shown = without(
        shows(ok=30, failed=3, refused=2), {"200": 20, "424": 1, "503": 1, "400": 5}
    )

    assert rest == shows(ok=10, failed=1)
    assert shown == {"200": 20, "424": 1, "503": 1, "400": 2}


def test_a_probe_that_was_answered_never_hides_a_clients_failure() -> None:
    rest, shown = without(shows(ok=5, failed=1), {"200": 20})

    assert rest == shows(failed=1)
    assert shown == {"200": 5}


@pytest.mark.parametrize(
    ("side", "left"),
    [
        (shows(ok=1, failed=1, unknown=1), shows(ok=1, failed=1)),
        (shows(ok=1, failed=1, refused=1), shows(ok=1, refused=1)),
        (shows(ok=1, refused=1), shows(refused=1)),
        (shows(refused=1), SILENT),
        (SILENT, SILENT),
    ],
)
def test_one_without_an_answer_is_taken_from_what_looks_most_like_it(
    side: SideMinute, left: SideMinute
) -> None:
    assert without(side, {NO_ANSWER: 1})[0] == left


def test_what_cannot_be_taken_apart_goes_with_the_last_live_request() -> None:
    side = replace(
        shows(ok=20),
        latency=Percentiles(1, 2, 3, 4),
        slow=SlowCounts(20, (1.0,) * 4, (0.0,) * 4),
        custom={"x": Tally(20, 0)},
    )

    assert without(side, {"200": 19})[0] == replace(side, requests=1.0, by_status={"200": 1.0})
    assert without(side, {"200": 20})[0] == SILENT


def test_a_count_is_not_missed_for_its_rounding() -> None:
    rest, shown = without(shows(ok=19.9999999), {"200": 20})

    assert shown == {"200": 20}
    assert rest == SILENT


COUNTS = st.integers(0, 30)
SIDES = st.builds(shows, ok=COUNTS, failed=COUNTS, refused=COUNTS, unknown=COUNTS)
OWN = st.dictionaries(st.sampled_from(["200", "302", "424", "500", "400", "0"]), st.integers(1, 30))


@given(SIDES, OWN)
def test_nothing_is_below_zero_and_the_sums_are_kept(
    side: SideMinute, mine: dict[str, int]
) -> None:
    rest, shown = without(side, mine)

    parts = (rest.requests, rest.failures, rest.client_errors, rest.unknown)
    assert min(parts) >= 0
    assert rest.failures + rest.client_errors <= rest.requests
    before, after = side.requests + side.unknown, rest.requests + rest.unknown
    assert before == pytest.approx(after + sum(shown.values()))
    assert all(shown.get(status, 0) <= count for status, count in mine.items())
    assert sum(rest.by_status.values()) == pytest.approx(after)


def test_own_requests_are_taken_out_of_their_minute() -> None:
    remembered = sent(OwnRequests(), [own(0, {"200": 20}), own(1, {"200": 5})], at(0))

    live = live_minutes(remembered, [minute(0, shows(ok=23))], START)

    assert live.minutes == (minute(0, shows(ok=3)),)
    assert live.taken == (own(0, {"200": 20}),)
    assert live.own == replace(remembered, minutes=(own(1, {"200": 5}),))


def test_passes_of_one_minute_add_up() -> None:
    once = sent(OwnRequests(), [own(0, {"200": 3})], at(0))
    twice = sent(once, [own(0, {"200": 4, "424": 1}), OwnMinute(at(1))], at(1))

    assert twice == OwnRequests((own(0, {"200": 7, "424": 1}),), looks=2, probed_at=at(1))


def test_what_ended_on_the_border_is_taken_out_of_the_next_minute() -> None:
    remembered = sent(OwnRequests(), [own(0, {"200": 20}), own(1, {"200": 20})], at(1))

    first = live_minutes(remembered, [minute(0, shows(ok=18))], START)
    second = live_minutes(first.own, [minute(1, shows(ok=23))], START)

    assert first.own.owed == own(0, {"200": 2})
    assert second.minutes == (minute(1, shows(ok=1)),)
    assert second.taken == (own(1, {"200": 22}),)
    assert (second.own.owed, second.own.missed) == (None, 0)


def test_minutes_before_the_window_are_forgotten() -> None:
    remembered = sent(OwnRequests(), [own(0, {"200": 20}), own(5, {"200": 20})], at(5))

    assert live_minutes(remembered, [], at(3)).own.minutes == (own(5, {"200": 20}),)


def test_a_new_phase_remembers_what_was_sent_in_its_first_minute() -> None:
    """Part of it may count, and Azure counts our own requests in it."""
    remembered = sent(OwnRequests(counted=False), [], at(0))
    assert afresh(remembered, at(1)) == OwnRequests(counted=False)
    remembered = sent(OwnRequests(), [own(4, {"200": 20}), own(5, {"200": 20})], at(5))
    assert afresh(remembered, at(5) + timedelta(seconds=50)) == OwnRequests((own(5, {"200": 20}),))


def test_a_side_that_is_absent_stays_absent() -> None:
    remembered = sent(OwnRequests(), [own(0, {"200": 2})], at(0))

    live = live_minutes(remembered, [Minute(at(0), shows(ok=2), None)], START)

    assert live.minutes == (Minute(at(0), SILENT, None),)
    assert live.own.owed == own(0, {"200": 2}, {})


def test_a_minute_that_never_came_says_nothing_of_what_is_counted() -> None:
    remembered = sent(OwnRequests(), [own(n, {"200": 20}) for n in range(9)], at(8))

    live = live_minutes(remembered, [Minute(at(n), None, None) for n in range(9)], START)

    assert live.own == replace(remembered, minutes=())


@pytest.mark.parametrize("clients", [0, 10])
def test_own_requests_that_minute_after_minute_lacks_are_not_counted(clients: int) -> None:
    remembered = sent(OwnRequests(), [own(n, {"200": 20}) for n in range(9)], at(8))

    live = live_minutes(remembered, [minute(n, shows(ok=clients)) for n in range(9)], START)

    assert live.own == OwnRequests(looks=1, probed_at=at(8), counted=False)
    assert live.minutes[-1] == minute(8, shows(ok=clients))
    later = sent(live.own, [own(9, {"200": 20})], at(9))
    assert later.minutes == ()
    again = live_minutes(later, [minute(9, shows(ok=clients))], START)
    assert again.minutes == (minute(9, shows(ok=clients)),)


def test_one_side_alone_shows_that_they_are_not_counted() -> None:
    remembered = sent(OwnRequests(), [own(n, {"200": 20}) for n in range(9)], at(8))

    minutes = [minute(n, SILENT, shows(ok=100)) for n in range(9)]

    assert not live_minutes(remembered, minutes, START).own.counted


def test_late_minutes_are_no_proof_until_there_are_several_in_a_row() -> None:
    passes = [own(n, {"200": 20}) for n in range(20)]
    shown = [shows(ok=20) if n % UNCOUNTED_AFTER == 0 else SILENT for n in range(20)]
    remembered = sent(OwnRequests(), passes, at(19))

    live = live_minutes(remembered, [minute(n, side) for n, side in enumerate(shown)], START)

    assert live.own.counted


def test_a_provisional_minute_that_lacks_own_requests_is_left_out() -> None:
    remembered = sent(OwnRequests(), [own(0, {"200": 20}), own(1, {"200": 20})], at(1))
    young = [minute(0, shows(ok=20, failed=1)), minute(1, shows(ok=4, failed=1))]

    assert live_provisional(remembered, young) == (minute(0, shows(failed=1)),)
    uncounted = replace(remembered, counted=False)
    assert live_provisional(uncounted, young) == tuple(young)


@given(st.lists(st.tuples(OWN, st.integers(0, 40), st.integers(0, 5)), min_size=1, max_size=12))
def test_no_client_is_lost_where_own_requests_are_counted(
    minutes: list[tuple[dict[str, int], int, int]],
) -> None:
    """Whatever is sent, and however much of it shows a minute late, clients remain."""
    passes, shown, late = [], [], 0
    for number, (mine, clients, slip) in enumerate(minutes):
        count = sum(mine.values())
        slips = min(slip, count)
        passes.append(own(number, {"200": count}))
        shown.append(minute(number, shows(ok=count - slips + late + clients)))
        late = slips
    shown.append(minute(len(minutes), shows(ok=late)))
    remembered = sent(OwnRequests(), passes, at(0))

    live = live_minutes(remembered, shown, START)

    assert live.own.counted
    left = sum(each.candidate.requests for each in live.minutes if each.candidate is not None)
    assert left == sum(clients for _, clients, _ in minutes)


def test_looks_are_not_counted_below_zero() -> None:
    with pytest.raises(ValueError, match="fewer than 0"):
        OwnRequests(missed=-1)
