"""How bursty a side is, against a transcription of the formula."""

from itertools import pairwise
from math import sqrt
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.dispersion import (
    ERROR_BLOCKS,
    ERROR_SAFETY,
    correlation,
    effective,
    spread,
)

MINUTES = st.lists(
    st.integers(0, 200).flatmap(
        lambda n: st.builds(Counts, st.just(float(n)), st.integers(0, n).map(float))
    ),
    max_size=90,
)


def transcribed(minutes: list[Counts], length: int) -> float:
    """The reference's formula, step by step as it is written there."""
    n = [minute.requests for minute in minutes]
    e = [minute.bad for minute in minutes]
    whole, bad = sum(n), sum(e)
    if bad < 5 or bad >= whole:
        return 0.0
    p = bad / whole
    blocks = [
        (sum(n[start : start + length]), sum(e[start : start + length]))
        for start in range(0, len(n) - length + 1, length)
    ]
    pairs = [
        (n1, e1 / n1, n2, e2 / n2) for (n1, e1), (n2, e2) in pairwise(blocks) if n1 > 0 and n2 > 0
    ]
    if not pairs:
        return 0.0
    c = len(pairs)
    h = [n1 * n2 / (n1 + n2) for n1, _, n2, _ in pairs]
    x = sum(hk * (r1 - r2) ** 2 for hk, (_, r1, _, r2) in zip(h, pairs, strict=True))
    x /= c * p * (1 - p)
    mean = 2 * sum(h) / c
    if mean <= 1:
        return 0.0
    return length * max(0.0, x - 1 - 2 * sqrt(3 / c + 1 / bad)) / (mean - 1)


@settings(deadline=None)
@given(MINUTES)
def test_the_estimate_is_the_formula(minutes: list[Counts]) -> None:
    for length in (1, 5, 15):
        got = correlation(minutes, blocks=(length,), safety=1.0)
        assert got == pytest.approx(min(1.0, transcribed(minutes, length)))
    worst = max(transcribed(minutes, length) for length in ERROR_BLOCKS)
    got = correlation(minutes, blocks=ERROR_BLOCKS, safety=ERROR_SAFETY)
    assert got == pytest.approx(min(1.0, 1.5 * worst))


@pytest.mark.parametrize(
    "minutes",
    [
        [],
        [Counts(100, 1)] * 4,
        [Counts(100, 100)] * 50,
        [Counts(100, 50), Counts(0, 0)] * 20,
        [Counts(0.5, 0.4), Counts(0.5, 0.1)] * 20,
        [Counts(100, 1)] * 200,
    ],
    ids=[
        "nothing",
        "fewer than five failures",
        "only failures",
        "never two minutes in a row",
        "less than a request a minute",
        "always the same",
    ],
)
def test_there_is_no_correlation_to_be_seen(minutes: list[Counts]) -> None:
    assert correlation(minutes, blocks=ERROR_BLOCKS, safety=1.5) == 0.0
    assert correlation(minutes, blocks=ERROR_BLOCKS, safety=1.5, floor=0.005) == 0.005


def test_independent_failures_show_none_and_bursts_much() -> None:
    random = Random(7)  # noqa: S311 - a seeded stream, no secret
    calm = [Counts(100, sum(random.random() < 0.01 for _ in range(100))) for _ in range(1440)]
    bursty = [Counts(100, 12.0 if random.random() < 0.08 else 0.0) for _ in range(1440)]
    assert correlation(calm, blocks=ERROR_BLOCKS, safety=1.5) < 0.001
    assert correlation(bursty, blocks=ERROR_BLOCKS, safety=1.5) > 0.05


def test_slow_drift_is_no_burst() -> None:
    drifting = [Counts(1000, 5 + 10 * minute / 1440) for minute in range(1440)]
    assert correlation(drifting, blocks=ERROR_BLOCKS, safety=1.5) == 0.0


def test_long_bursts_show_in_long_blocks() -> None:
    failing = [Counts(100, 20.0)] * 15 + [Counts(100, 0.0)] * 15
    minutes = failing * 40
    long = correlation(minutes, blocks=(15,), safety=1.0)
    assert long > correlation(minutes, blocks=(1,), safety=1.0)
    assert long == pytest.approx(1.0)


def test_without_blocks_the_floor_is_left() -> None:
    assert correlation([Counts(10, 1)] * 100, blocks=(), safety=1.0, floor=0.02) == 0.02


@pytest.mark.parametrize(
    ("requests", "by"), [(0.0, 1.0), (0.5, 1.0), (1.0, 1.0), (101.0, 2.0), (1e9, 1e7 + 1 - 0.01)]
)
def test_what_a_minute_is_divided_by(requests: float, by: float) -> None:
    assert spread(requests, 0.01) == pytest.approx(by)


@settings(deadline=None)
@given(st.floats(0, 1e6), st.floats(0, 1), st.floats(0, 1))
def test_effective_counts_keep_the_share(requests: float, share: float, icc: float) -> None:
    counts = Counts(requests, requests * share)
    fewer = effective(counts, icc)
    by = 1 + max(requests - 1, 0) * icc
    assert fewer.requests == pytest.approx(requests / by)
    assert fewer.bad == pytest.approx(counts.bad / by)
    assert effective(counts, 0.0) == counts
