"""What an operator may order now is what would be carried out, in every phase and hold."""

import pytest

from rollout.core.decide import Context, decide
from rollout.core.machine.commands import pin
from rollout.core.overview.allowed import Allowed, allowed
from rollout.core.policy.freeze_model import Frozen
from rollout.core.records.observation import Observation
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current, HoldReason
from rollout.core.records.signals import Command, Expected, Verb
from rollout.core.records.suspensions import Suspension
from rollout.errors import RefusedError
from tests.support.builders import NOW, a_current, a_rollout, an_offer, held, minutes

LIVE = [phase for phase in Phase if phase is not Phase.NONE]


def of(current: Current) -> dict[Verb, Allowed]:
    return {each.verb: each for each in allowed(current, NOW)}


def is_carried_out(current: Current, order: Command) -> bool:
    try:
        decide(current, pin(order, current), Observation(), Context(NOW))
    except RefusedError:
        return False
    return True


@pytest.mark.parametrize("phase", LIVE)
@pytest.mark.parametrize("reason", [None, *HoldReason])
def test_an_order_is_listed_exactly_where_it_is_carried_out(
    phase: Phase, reason: HoldReason | None
) -> None:
    rollout = a_rollout(phase)
    if reason is not None and PHASES[phase].forward:
        rollout = held(rollout, reason)
    current = a_current(rollout)
    for verb in (Verb.PAUSE, Verb.RESUME, Verb.ROLLBACK):
        order = Command(verb, "ann", "because")
        assert (verb in of(current)) == is_carried_out(current, order), verb
    advance = Command(Verb.ADVANCE, "ann", "because", skip_evidence=True)
    assert (Verb.ADVANCE in of(current)) == is_carried_out(current, advance)


def test_advance_needs_what_it_skips() -> None:
    found = of(a_current(a_rollout(Phase.BAKING)))[Verb.ADVANCE]
    assert found.needs == ("expected", "skip_evidence")
    assert "50" in found.means


def test_an_approval_needs_no_skipped_evidence() -> None:
    waits = held(a_rollout(Phase.BAKING), HoldReason.APPROVAL)
    assert of(a_current(waits))[Verb.ADVANCE].needs == ("expected",)


def test_an_order_means_what_its_answer_says() -> None:
    current = a_current(a_rollout(Phase.BAKING))
    order = Command(Verb.ROLLBACK, "", "", Expected(current.rollout_id))
    answer = decide(current, order, Observation(), Context(NOW)).text
    assert answer == f"rollback: {of(current)[Verb.ROLLBACK].means}"


def test_a_service_without_a_rollout_can_only_be_suspended() -> None:
    assert [each.verb for each in allowed(a_current(None), NOW)] == [Verb.SUSPEND]


def test_what_is_suspended_or_frozen_can_be_let_go() -> None:
    order = Suspension("ann", "an incident", NOW)
    own = of(a_current(a_rollout(Phase.BAKING, suspended=True), suspension=order))
    assert Verb.SUSPEND not in own
    assert own[Verb.UNSUSPEND].means == "no longer suspended by ann: an incident"
    of_all = of(a_current(a_rollout(Phase.BAKING, suspended=True), suspended_with_all=order))
    assert Verb.SUSPEND in of_all
    assert not {Verb.UNSUSPEND, Verb.ADVANCE} & set(of_all)
    frozen = Frozen(NOW + minutes(5), "Mon 08:00 UTC")
    found = of(a_current(a_rollout(Phase.BAKING, frozen=frozen, halted_since=NOW)))
    assert Verb.ADVANCE not in found
    assert found[Verb.OVERRIDE].means.startswith("the freeze until Mon 08:00 UTC is lifted")
    assert Verb.OVERRIDE not in of(a_current(a_rollout(Phase.BAKING)))


def test_a_freeze_that_is_over_by_now_stops_no_order() -> None:
    frozen = Frozen(NOW, "Mon 08:00 UTC")
    found = of(a_current(a_rollout(Phase.BAKING, frozen=frozen, halted_since=NOW)))
    assert Verb.ADVANCE in found
    assert Verb.OVERRIDE not in found


def test_cancel_names_a_version_only_where_it_could_mean_two() -> None:
    alone = a_current(a_rollout(Phase.BAKING))
    assert of(alone)[Verb.CANCEL].needs == ()
    two = a_current(a_rollout(Phase.BAKING), waiting=an_offer("9"))
    assert of(two)[Verb.CANCEL] == Allowed(
        Verb.CANCEL, "withdraws the version that it names", ("version",)
    )
    offered = a_current(None, offers=(an_offer("9"),))
    assert "version 9 is withdrawn" in of(offered)[Verb.CANCEL].means


def test_nothing_that_moves_forward_is_allowed_while_rollouts_are_suspended() -> None:
    found = of(a_current(a_rollout(Phase.BAKING, suspended=True, halted_since=NOW)))
    assert Verb.ADVANCE not in found
    assert Verb.ROLLBACK in found


def test_the_latest_version_that_failed_may_be_retried() -> None:
    records = [
        OfferRecord(an_offer(version), state, NOW + minutes(at), "why")
        for version, state, at in (
            ("7", OfferState.QUARANTINED, 2),
            ("6", OfferState.REJECTED, 1),
            ("8", OfferState.SUPERSEDED, 3),
        )
    ]
    current = a_current(a_rollout(Phase.FAILED))
    assert Verb.RETRY not in of(current)
    *_, last = allowed(current, NOW, records)
    assert last == Allowed(Verb.RETRY, "offers version 7 again")
