"""`cancel`: which version it means, what it withdraws, and what it leaves alone."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.offers.withdrawing import pin_version
from rollout.core.records.observation import Observation
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, Rollout
from rollout.core.records.signals import Command, Expected, Verb
from rollout.errors import RefusedError
from tests.support.builders import (
    MODEL,
    NOW,
    a_current,
    a_rollout,
    an_offer,
    held,
    rollout_of,
)

BAKING = a_rollout(Phase.BAKING)


def cancel(version: str | None = None, **changes: Any) -> Command:
    return replace(Command(Verb.CANCEL, "ann", "by mistake", version=version), **changes)


def cancelled(
    rollout: Rollout | None,
    order: Command,
    *,
    record: OfferRecord | None = None,
    suspended: bool = False,
    **current: Any,
) -> Decision:
    seen = Observation(offer_records={(MODEL, "8"): record})
    return decide(a_current(rollout, **current), order, seen, Context(NOW, suspended=suspended))


@pytest.mark.parametrize(
    ("rollout", "waits", "meant"),
    [(BAKING, False, "7"), (None, True, "8"), (a_rollout(Phase.SUCCEEDED), True, "8")],
)
def test_without_a_version_it_means_the_only_one(
    rollout: Rollout | None, *, waits: bool, meant: str
) -> None:
    current = a_current(rollout, waiting=an_offer("8") if waits else None)
    assert pin_version(cancel(), current).version == meant


def test_a_version_that_is_named_is_kept() -> None:
    assert pin_version(cancel("9"), a_current(BAKING)).version == "9"


def test_where_it_could_mean_two_versions_it_asks_which() -> None:
    with pytest.raises(RefusedError, match='versions 7, 8, 9 wait or are on trial: say which in "'):
        pin_version(cancel(), a_current(BAKING, waiting=an_offer("8"), offers=(an_offer("9"),)))
    with pytest.raises(RefusedError, match="versions 7, 8 wait or are on trial"):
        pin_version(cancel(), a_current(BAKING, waiting=an_offer("8")))


@pytest.mark.parametrize("rollout", [None, a_rollout(Phase.ROLLED_BACK)])
def test_where_nothing_waits_or_runs_there_is_nothing_to_cancel(rollout: Rollout | None) -> None:
    with pytest.raises(RefusedError, match="nothing to cancel"):
        cancelled(rollout, cancel())


@pytest.mark.parametrize("place", ["waiting", "offers"])
def test_a_version_that_has_not_started_is_rejected_and_the_running_one_stays(place: str) -> None:
    paused = held(BAKING)
    offer = an_offer("8")
    pending: Any = {place: offer if place == "waiting" else (offer,)}
    decision = cancelled(paused, cancel("8"), **pending)
    (record,) = decision.offers
    assert (record.state, record.text) == (OfferState.REJECTED, "withdrawn by ann: by mistake")
    assert rollout_of(decision) == paused
    assert (decision.current.waiting, decision.current.offers) == (None, ())
    assert decision.text == "cancel: version 8 is withdrawn"
    assert [entry.kind for entry in decision.history] == ["Commanded", "OfferDecided"]
    assert decision.history[0].data == {"verb": "cancel", "version": "8"}


def test_what_was_quarantined_before_stays_quarantined() -> None:
    record = OfferRecord(an_offer("8"), OfferState.WAITING, NOW, "", quarantined=("digest",))
    decision = cancelled(BAKING, cancel("8"), record=record, waiting=an_offer("8"))
    assert decision.offers[0].quarantined == ("digest",)


def test_a_running_version_goes_back_without_being_to_blame() -> None:
    decision = cancelled(BAKING, cancel(), suspended=True)
    rollout = rollout_of(decision)
    assert (rollout.phase, rollout.cause) == (Phase.ROLLING_BACK, Cause.CANCELLED)
    assert rollout.cause_text == "withdrawn by ann: by mistake"
    assert decision.text == "cancel: version 7 is withdrawn; asking for blue 100 %"


def test_before_traffic_its_candidate_is_deleted() -> None:
    decision = cancelled(a_rollout(Phase.CREATING), cancel())
    assert rollout_of(decision).phase is Phase.DISCARDING
    assert decision.text.endswith("cancelled before it had traffic; green-7 is deleted")


def test_a_version_that_runs_and_was_offered_again_is_withdrawn_altogether() -> None:
    decision = cancelled(BAKING, cancel("7"), waiting=an_offer("7"))
    assert rollout_of(decision).phase is Phase.ROLLING_BACK
    assert decision.current.waiting is None


def test_of_a_version_that_goes_back_already_only_the_offer_is_withdrawn() -> None:
    back = a_rollout(Phase.ROLLING_BACK)
    decision = cancelled(back, cancel("7"), waiting=an_offer("7"))
    assert rollout_of(decision) == back
    assert decision.current.waiting is None


@pytest.mark.parametrize(
    ("rollout", "order", "why"),
    [
        (BAKING, cancel("9"), "version 9 neither waits nor is on trial"),
        (BAKING, cancel(expected=Expected("another")), "the rollout is .* now, not another"),
        (a_rollout(Phase.RETIRING), cancel(), "the old stable is being deleted"),
        (a_rollout(Phase.DISCARDING), cancel(), "is being rolled back already"),
    ],
)
def test_what_it_cannot_withdraw_is_refused(rollout: Rollout, order: Command, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        cancelled(rollout, order)
