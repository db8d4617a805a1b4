"""Which minutes count, which are provisional, and how long the source has been silent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate import first_minute, settled_from, settled_until, split_settled
from rollout.core.gate.judging.window import silence
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute
from tests.support.gate_builders import MINUTE, START, side

POLICY = GatePolicy()


def minutes(pattern: str) -> list[Minute]:
    """One minute a letter: x both sides, c or s one of them only, - absent."""
    return [
        Minute(
            START + index * MINUTE,
            side(9) if letter in "xs" else None,
            side(1) if letter in "xc" else None,
        )
        for index, letter in enumerate(pattern)
    ]


def split(pattern: str, now: float) -> tuple[list[int], list[int]]:
    """The places of the settled and the provisional minutes, `now` minutes after START."""
    settled, provisional = split_settled(POLICY, minutes(pattern), START + now * MINUTE)
    return (
        [(minute.at - START) // MINUTE for minute in settled],
        [(minute.at - START) // MINUTE for minute in provisional],
    )


@pytest.mark.parametrize(
    ("pattern", "now", "settled", "provisional"),
    [
        ("", 9, [], []),
        ("xxx", 4.9, [], [0, 1, 2]),
        ("xxx", 5, [0], [1, 2]),
        ("xxx", 5.9, [0], [1, 2]),
        ("xxx", 7, [0, 1, 2], []),
        ("xcs", 7, [0, 1, 2], []),
        ("x-x", 7, [0], [2]),
        ("x-x", 11.9, [0], [2]),
        ("x-x", 12, [0, 1, 2], []),
        ("x--", 12, [0, 1], []),
        ("x--", 13, [0, 1, 2], []),
        ("-xx", 6, [], [1, 2]),
        ("xx-", 5, [0], [1]),
    ],
    ids=[
        "nothing was read",
        "no minute is old enough",
        "a minute settles with the delay after its end",
        "seconds do not count",
        "all are old enough",
        "one side is enough to be there",
        "an absent minute stops the rest",
        "until it is older than the gap",
        "then it counts as empty",
        "the next absent one stops again",
        "then that one counts as empty too",
        "at the very beginning",
        "an absent minute that is not due is left out",
    ],
)
def test_minutes_settle(
    pattern: str, now: float, settled: list[int], provisional: list[int]
) -> None:
    assert split(pattern, now) == (settled, provisional)


@settings(deadline=None)
@given(st.text("xcs-", max_size=30), st.floats(0, 60), st.floats(0, 5))
def test_what_settled_stays_settled_and_is_in_order(pattern: str, now: float, later: float) -> None:
    settled, provisional = split(pattern, now)
    assert settled == list(range(len(settled)))
    assert all(place >= len(settled) for place in provisional)
    assert {place for place, letter in enumerate(pattern) if letter != "-"} <= {
        *settled,
        *provisional,
    }
    assert split(pattern, now + later)[0][: len(settled)] == settled


@pytest.mark.parametrize(
    ("start", "first"),
    [("12:00:00", "12:03"), ("12:00:01", "12:04"), ("12:00:59.999999", "12:04")],
)
def test_a_window_counts_from_the_first_whole_minute_after_it_settled(
    start: str, first: str
) -> None:
    window = datetime.fromisoformat(f"2026-01-31T{start}").replace(tzinfo=UTC)
    expected = datetime.fromisoformat(f"2026-01-31T{first}").replace(tzinfo=UTC)
    assert settled_from(POLICY, window) == expected


def test_settled_minutes_end_with_the_delay() -> None:
    assert settled_until(POLICY, START + timedelta(minutes=10, seconds=59)) == START + 6 * MINUTE


@pytest.mark.parametrize(
    ("heard", "now", "silent"),
    [(None, 10, 6), (0, 10, 5), (5, 10, 0), (-60, 10, 6), (None, 2, -2)],
    ids=["never", "once", "just now", "before the window", "nothing is due"],
)
def test_how_long_the_source_has_been_silent(heard: int | None, now: int, silent: int) -> None:
    last = None if heard is None else START + heard * MINUTE
    assert silence(POLICY, last, START, START + now * MINUTE) == silent * MINUTE


def test_without_a_delay_a_minute_settles_at_its_end() -> None:
    policy = replace(POLICY, ingestion_delay=timedelta(0))
    settled, provisional = split_settled(policy, minutes("xx"), START + MINUTE)
    assert (len(settled), len(provisional)) == (1, 1)


def test_the_minute_of_the_weight_counts_in_part_where_nothing_is_to_settle() -> None:
    at_once = replace(POLICY, settle=timedelta(0))
    assert first_minute(at_once, START + timedelta(seconds=40)) == START
    assert first_minute(at_once, START) == START
    assert first_minute(POLICY, START + timedelta(seconds=40)) == START + 4 * MINUTE
