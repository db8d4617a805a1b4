"""How near a state is to harm and to passing, as numbers that a bar can be drawn from."""

from dataclasses import replace
from math import exp, log

import pytest

from rollout.core.gate.judging.glance import harm_so_near, pass_so_near
from rollout.core.gate.judging.odds import standings
from rollout.core.policy.gate_model import Check
from tests.support.gate_builders import ERRORS, after, loaded, side, some

GOOD = some(30, side(10), side(90, 0.45))
BAD = some(30, side(10, 5), side(90, 0.45))


def test_a_failing_candidate_is_near_to_harm_and_far_from_passing() -> None:
    harm, evidence = harm_so_near(ERRORS, after(BAD)), pass_so_near(ERRORS, after(BAD))
    assert harm is not None
    assert evidence is not None
    assert harm.odds > harm.of
    assert evidence.odds < 1


def test_a_good_candidate_nears_what_passing_needs() -> None:
    few, many = (pass_so_near(ERRORS, after(GOOD[:count])) for count in (5, 30))
    assert few is not None
    assert many is not None
    assert few.odds < many.odds
    assert many.of == pytest.approx(1 / ERRORS.budget.advance)
    assert many.name == "failures"
    assert many.from_probes == 0.0


def test_the_nearest_check_is_the_one_that_a_sentence_names() -> None:
    state = loaded(BAD)
    found = harm_so_near(ERRORS, after(BAD))
    nearest = max(standings(ERRORS, state), key=lambda each: each.ln / each.check.ln_needed)
    assert found is not None
    assert found.name == nearest.check.name
    assert log(found.odds) == pytest.approx(min(nearest.ln, log(1e6)))
    assert found.of == pytest.approx(exp(nearest.check.ln_needed))


def test_where_no_check_decides_nothing_is_near() -> None:
    watching = replace(ERRORS, observe_only=tuple(Check))
    assert harm_so_near(watching, after(GOOD, watching)) is None
    assert pass_so_near(watching, after(GOOD, watching)) is None
