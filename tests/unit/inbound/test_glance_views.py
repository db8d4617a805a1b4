"""What a view says at a glance: clients compute nothing."""

from datetime import timedelta

from rollout.core.gate import fold_probes
from rollout.core.policy.probes_model import Probes
from rollout.core.records.phases import Phase
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.core.records.rollout import Baking
from rollout.inbound.views import summary_view
from tests.support.builders import NOW, a_current, a_rollout, held
from tests.support.gate_builders import ERRORS, START, after, side, some

STATE = after(some(30, side(10), side(90, 0.45)))


def test_a_bake_says_how_near_either_end_is_and_where_the_evidence_comes_from() -> None:
    good = ProbeAnswer(200, 20.0)
    pairs = tuple(ProbePair(number, good, good) for number in range(40))
    state = fold_probes(
        ERRORS, Probes(), STATE, ProbesSeen(START + timedelta(minutes=31), 40, 40, pairs)
    )
    rollout = a_rollout(Phase.BAKING, gate=state, baking=Baking(NOW, evidence="0 of 300"))
    seen = summary_view("fraud", "endpoint", a_current(rollout), NOW)
    assert seen["says"] == "version 7 bakes at 10 %: 0 of 300"
    assert seen["harm"]["of"] in {100, 200}
    assert 0 <= seen["harm"]["odds"] < 1
    assert seen["pass"]["of"] == 20
    assert 0 < seen["pass"]["fromProbes"] < 1
    assert seen["next"]["person"] is False
    assert seen["next"]["at"] is not None


def test_every_order_says_what_it_does_and_which_role_it_needs() -> None:
    seen = summary_view("fraud", "endpoint", a_current(a_rollout(Phase.BAKING)), NOW)
    orders = {each["verb"]: each for each in seen["allowed"]}
    assert set(orders) == {"advance", "pause", "rollback", "cancel", "suspend"}
    assert orders["advance"]["role"] == "Approver"
    assert orders["rollback"]["role"] == "Operator"
    assert "blue" in orders["rollback"]["means"]


def test_a_hold_waits_for_a_person() -> None:
    seen = summary_view("fraud", "endpoint", a_current(held(a_rollout(Phase.BAKING))), NOW)
    assert seen["next"]["person"] is True
    verbs = {each["verb"] for each in seen["allowed"]}
    assert verbs == {"resume", "rollback", "cancel", "suspend"}
    assert (seen["harm"], seen["pass"]) == (None, None)


def test_a_row_that_cannot_be_read_says_its_fault() -> None:
    seen = summary_view("fraud", "endpoint", None, NOW, fault="the row is corrupt")
    assert seen["says"] == "the row is corrupt"
