"""The harm process of two sides, and of one against a limit."""

import json
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value
from rollout.core.gate.algebra.mixture import ALTERNATIVES
from rollout.core.gate.algebra.streams import Stream, alternatives, one_sided

LINE = Line(1.2, 0.0002)
THRESHOLD = log(100)
KNOWN = Counts(20_000, 100)


def bet(stream: Stream, candidate: Counts, stable: Counts, line: Line = LINE) -> None:
    stream.bet(line, candidate, stable, alpha=0.01, planned=60.0)
    stream.learn(stable)


def test_the_first_bet_is_the_reference_formula() -> None:
    stream = Stream.opened(KNOWN, 0.01)
    bet(stream, Counts(101, 8), Counts(901, 5))
    share = 100.5 / 20_001
    low = 1.2 * share + 0.0002
    stakes = []
    for k in range(1, 9):
        alternative = low * (0.95 / low) ** ((k / 8) ** 1.5)
        ln = log_e_value(LINE, (alternative, share), Counts(101 / 2, 4), Counts(901 / 10, 0.5))
        stakes.append((0.0625 + 0.5 / 60 / 8) * 2.718281828459045**ln)
    assert stream.process.stakes == pytest.approx(stakes)
    assert (stream.bad, stream.requests) == (105, 20_901)


@pytest.mark.parametrize(
    ("known", "share"),
    [
        (Counts(0, 0), 0.5),
        (Counts(1e6, 0), 1e-5),
        (Counts(10, 10), 0.5),
        (Counts(999, 9.5), 0.01),
    ],
    ids=["nothing known", "never failed", "always failed", "ordinary"],
)
def test_stables_share(known: Counts, share: float) -> None:
    assert Stream.opened(known, 0.0).stable_share == pytest.approx(share)


def test_nothing_is_bet_before_anything_is_known_of_stable() -> None:
    stream = Stream.opened(Counts(0, 0), 0.0)
    bet(stream, Counts(100, 100), Counts(900, 9))
    assert stream.process.wealth == pytest.approx(1.0)
    bet(stream, Counts(100, 100), Counts(900, 9))
    assert stream.process.wealth > 10


@pytest.mark.parametrize(
    ("candidate", "stable"),
    [(Counts(100, 100), Counts(0, 0)), (Counts(0, 0), Counts(100, 0))],
)
def test_a_side_without_requests_leaves_the_odds(candidate: Counts, stable: Counts) -> None:
    stream = Stream.opened(KNOWN, 0.0)
    for _ in range(90):
        bet(stream, candidate, stable)
    assert stream.process.wealth == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("candidate", "minutes"),
    [(Counts(1, 1), 3), (Counts(10, 10), 2), (Counts(1000, 1000), 2), (Counts(100, 5.5), 2)],
    ids=["broken at 1/min", "broken at 10/min", "broken at 1000/min", "five points more"],
)
def test_harm_is_seen_within_minutes(candidate: Counts, minutes: int) -> None:
    stream = Stream.opened(KNOWN, 0.0)
    stable = Counts(9 * candidate.requests, 0.045 * candidate.requests)
    for _ in range(minutes):
        assert stream.process.ln_wealth < THRESHOLD
        bet(stream, candidate, stable)
    assert stream.process.ln_wealth >= THRESHOLD


@settings(deadline=None)
@given(st.floats(0, 0.4), st.floats(1, 1e5), st.floats(1, 1e5), st.floats(0, 0.3))
def test_sides_that_fail_exactly_alike_never_reach_the_threshold(
    share: float, candidate: float, stable: float, correlation: float
) -> None:
    stream = Stream.opened(Counts(10_000, 10_000 * share), correlation)
    for _ in range(20):
        bet(stream, Counts(candidate, candidate * share), Counts(stable, stable * share))
        assert stream.process.ln_wealth < THRESHOLD


def test_both_sides_failing_completely_is_nobodys_harm() -> None:
    stream = Stream.opened(KNOWN, 0.0)
    for _ in range(60):
        bet(stream, Counts(100, 100), Counts(900, 900))
    assert stream.process.ln_wealth < 0


@pytest.mark.parametrize("line", [Line(3.0, 0.0), Line(1.0, 0.5), Line(1.9, 0.01)])
def test_a_tolerance_of_nearly_everything_cannot_be_broken(line: Line) -> None:
    """The alternatives would lie inside the null, and what favours it would count as harm."""
    stream = Stream.opened(Counts(1000, 500), 0.0)
    for _ in range(60):
        bet(stream, Counts(100, 100), Counts(900, 450), line)
    assert stream.process.wealth == pytest.approx(1.0)


def test_alternatives_lie_beyond_the_limit_up_to_nearly_everything() -> None:
    for limit in (1e-5, 0.0062, 0.3, 0.949):
        found = alternatives(limit)
        assert found == sorted(found)
        assert found[0] > limit
        assert found[-1] == pytest.approx(0.95)
    assert alternatives(0.95) == alternatives(1.0) == []


@pytest.mark.parametrize(
    ("limit", "counts"), [(0.05, Counts(0, 0)), (1.0, Counts(10, 10)), (0.96, Counts(10, 10))]
)
def test_nothing_is_learnt_alone(limit: float, counts: Counts) -> None:
    assert one_sided(limit, counts) == []


def test_a_limit_of_nothing_is_broken_by_one_failure() -> None:
    assert one_sided(0.0, Counts(10, 1))[4] > log(100)
    assert max(one_sided(0.0, Counts(10, 0))) < 0


def test_alone_the_candidate_is_held_to_the_limit() -> None:
    broken, fine = Stream.opened(KNOWN, 0.0), Stream.opened(KNOWN, 0.0)
    for _ in range(3):
        broken.bet_alone(0.02, Counts(100, 10), alpha=0.01, planned=60.0)
        fine.bet_alone(0.02, Counts(100, 1), alpha=0.01, planned=60.0)
    assert broken.process.ln_wealth >= THRESHOLD
    assert fine.process.ln_wealth < 0


def test_a_stream_survives_json() -> None:
    stream = Stream.opened(KNOWN, 0.25)
    bet(stream, Counts(100, 8), Counts(900, 5))
    back = Stream.load(json.loads(json.dumps(stream.dump())))
    assert back.dump() == stream.dump()
    assert len(back.process.stakes) == ALTERNATIVES
