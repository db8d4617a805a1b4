"""Views of a service in every phase are as described; stories compare views of real rollouts."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.records.offers import OfferRecord, OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.inbound.views import service_view, summary_view
from tests.support.builders import ENDPOINT_ID, NOW, a_current, a_rollout, an_offer, held
from tests.support.described import deviations
from tests.support.views import baking, entry, fault_view, view_of

LIVE = [phase for phase in Phase if phase is not Phase.NONE]


@pytest.mark.parametrize("phase", LIVE)
def test_a_view_in_this_phase_is_as_described(phase: Phase) -> None:
    rollout = a_rollout(phase)
    first = replace(rollout, stable=None, cause=Cause.GATE, cause_text="too many failures")

    for each in (rollout, first, replace(rollout, suspended=True)):
        assert deviations("Service", view_of(each, history=(entry(1, "began", phase),))) == []
        assert deviations("Summary", summary_view("fraud", ENDPOINT_ID, a_current(each), NOW)) == []


@pytest.mark.parametrize("reason", HoldReason)
def test_a_held_rollout_is_as_described(reason: HoldReason) -> None:
    assert deviations("Service", view_of(held(baking(), reason))) == []


def test_what_has_no_rollout_is_as_described() -> None:
    waiting = a_current(None, waiting=an_offer(), offers=(an_offer("9"),))
    for view in (fault_view(), view_of(None), view_of(None, current=waiting)):
        assert deviations("Service", view) == []


@pytest.mark.parametrize("state", OfferState)
def test_an_offer_in_this_state_is_as_described(state: OfferState) -> None:
    record = OfferRecord(an_offer(), state, NOW, "because", "r-1", ("digest",))
    view = service_view(
        "fraud", ENDPOINT_ID, a_current(None), NOW, history=(), offers=(record,), offers_after="m:8"
    )
    assert deviations("Service", view) == []


@pytest.mark.parametrize(
    ("name", "value"), [("phase", "PHASE"), ("says", None), ("savedAt", 7), ("extra", 1)]
)
def test_what_is_not_described_is_noticed(name: str, value: Any) -> None:
    assert deviations("Service", {**view_of(None), name: value}) != []
