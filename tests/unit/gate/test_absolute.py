"""The absolute limit, and whose fault it is when both sides break it."""

import json
from math import log

import pytest

from rollout.core.gate.absolute import NOTHING, Absolute
from rollout.core.gate.bernoulli import Counts

LIMIT, ALPHA = 0.05, 0.005


def bet(path: Absolute, candidate: Counts, stable: Counts, weight: int = 10) -> None:
    path.bet(LIMIT, candidate, stable, correlation=0.0, weight=weight, alpha=ALPHA, planned=60.0)


def after(candidate: Counts, stable: Counts, times: int, weight: int = 10) -> Absolute:
    path = Absolute.fresh()
    for _ in range(times):
        bet(path, candidate, stable, weight)
    return path


def test_a_broken_candidate_beside_a_healthy_stable_is_to_blame() -> None:
    path = after(Counts(100, 100), Counts(900, 4), 2)
    assert path.fired(ALPHA)
    assert not path.shared(LIMIT)
    assert not path.unwitnessed


def test_a_candidate_within_the_limit_never_fires() -> None:
    path = after(Counts(100, 4), Counts(900, 4), 60)
    assert not path.fired(ALPHA)
    assert path.candidate.ln_wealth < 0


def test_an_outage_of_both_is_shared() -> None:
    path = after(Counts(100, 100), Counts(900, 900), 5)
    assert path.fired(ALPHA)
    assert path.shared(LIMIT)


def test_stable_that_failed_only_since_the_trouble_began_shares_it_too() -> None:
    path = after(Counts(10, 0), Counts(90, 0), 30)
    for theirs in (Counts(0, 0), Counts(1, 1), Counts(0, 0)):
        bet(path, Counts(10, 10), theirs)
    assert path.stable.ln_wealth < 0.7
    assert path.fired(ALPHA)
    assert path.shared(LIMIT)


def test_stables_health_before_the_trouble_is_no_witness() -> None:
    path = after(Counts(10, 0), Counts(90, 0), 30)
    assert path.witness == NOTHING
    assert path.expected == 0.0
    bet(path, Counts(10, 10), Counts(90, 1))
    assert path.witness == Counts(90, 1)
    assert path.expected == pytest.approx(90.0)


def test_trouble_that_ends_is_forgotten() -> None:
    path = after(Counts(10, 10), Counts(90, 1), 1)
    assert path.candidate.ln_wealth > 0
    for _ in range(20):
        bet(path, Counts(100, 0), Counts(900, 0))
    assert path.witness == NOTHING


def test_a_process_nobody_fed_is_calm_whatever_rounding_left() -> None:
    path = after(Counts(0, 0), Counts(900, 4), 100)
    assert path.candidate.wealth == pytest.approx(1.0)
    assert path.witness == NOTHING


@pytest.mark.parametrize(
    ("weight", "times", "unwitnessed"),
    [
        (90, 2, False),
        (90, 10, True),
        (90, 80, False),
        (50, 2, True),
        (99, 50, False),
        (100, 9, False),
    ],
    ids=[
        "too early to expect one",
        "one is due",
        "stable gets no traffic at all",
        "due at once",
        "a wait would take too long",
        "none is ever due",
    ],
)
def test_a_silent_stable_is_waited_for_while_it_is_due(
    weight: int,
    times: int,
    unwitnessed: bool,  # noqa: FBT001 - a table's column
) -> None:
    path = after(Counts(1, 1), Counts(0, 0), times, weight)
    assert path.unwitnessed is unwitnessed
    assert not path.shared(LIMIT)


def test_a_healthy_witness_ends_the_wait() -> None:
    path = after(Counts(1, 1), Counts(0, 0), 10, 90)
    bet(path, Counts(1, 1), Counts(1, 0), 90)
    assert not path.unwitnessed
    assert not path.shared(LIMIT)


@pytest.mark.parametrize("weight", [1, 99, 100])
def test_every_weight_has_an_expectation(weight: int) -> None:
    path = after(Counts(10, 10), Counts(10, 0), 1, weight)
    assert path.expected == pytest.approx(10 * (100 - weight) / weight)


def test_the_path_survives_json() -> None:
    path = after(Counts(10, 10), Counts(90, 9), 2)
    back = Absolute.load(json.loads(json.dumps(path.dump())))
    assert back.dump() == path.dump()
    assert back.fired(ALPHA) == (path.candidate.ln_wealth >= log(1 / ALPHA))
