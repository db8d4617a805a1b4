"""One row a phase, and the rows agree with themselves."""

import pytest

from rollout.core.policy.model import Policy
from rollout.core.records.phases import PHASES, Course, Losable, Phase, Wants

POLICY = Policy(service="fraud", endpoint="fraud", model="fraud")


def test_every_phase_has_its_row_in_the_enumerations_order() -> None:
    assert list(PHASES) == list(Phase)


@pytest.mark.parametrize("phase", Phase)
def test_a_phase_goes_one_way_only(phase: Phase) -> None:
    facts = PHASES[phase]
    ways = [facts.on_trial, facts.back, facts.final, facts.course is Course.NONE]
    assert ways.count(True) == 1


@pytest.mark.parametrize("phase", Phase)
def test_a_live_phase_is_bounded_by_its_policy_or_asks_for_an_operator(phase: Phase) -> None:
    facts = PHASES[phase]
    live = facts.on_trial or facts.back
    bounded, asks = facts.bound is not None, facts.attention_after is not None
    assert (bounded or asks) is live
    assert not (bounded and asks)
    assert bounded is facts.forward
    if facts.bound is not None:
        assert facts.bound(POLICY)


@pytest.mark.parametrize("phase", Phase)
def test_a_phase_that_lowers_wants_all_on_stable(phase: Phase) -> None:
    facts = PHASES[phase]
    assert not facts.back or facts.wants is Wants.STABLE
    assert not (facts.raises and facts.back)
    assert facts.losable is Losable.NEVER or facts.raises or facts.back


@pytest.mark.parametrize("phase", Phase)
def test_every_live_phase_but_baking_says_why_it_cannot_be_advanced(phase: Phase) -> None:
    facts = PHASES[phase]
    live = facts.on_trial or facts.back
    assert bool(facts.not_advanced) is (live and phase is not Phase.BAKING)
