"""What the workspace says of a version while it waits for its turn."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.machine.decision import Decision
from rollout.core.records.observation import Absent, ModelSeen, Unreachable
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Rollout
from tests.support.builders import (
    BLUE,
    GREEN,
    MODEL,
    NOW,
    a_model,
    a_rollout,
    an_offer,
    look,
    ours,
    rollout_of,
    seen,
)

KEY = (MODEL, "8")
AS_IT_WAS = a_model("8", 10)
BAKING = a_rollout(Phase.BAKING)


def looked(truth: object, rollout: Rollout = BAKING, **observation: Any) -> Decision:
    """One look while version 8 waits behind version 7."""
    records = {KEY: OfferRecord(an_offer(), OfferState.WAITING, NOW, "", quarantined=("old",))}
    there = seen({BLUE: 90, GREEN: 10}, ours(), models={KEY: truth}, offer_records=records)
    return look(rollout, replace(there, **observation), waiting=an_offer("8"))


@pytest.mark.parametrize(
    ("truth", "text"),
    [
        (Absent(), "the workspace has no such model version"),
        (
            replace(AS_IT_WAS, archived=True),
            "it is archived in the workspace: restore it, then retry",
        ),
    ],
)
def test_an_archived_or_deleted_version_is_rejected_and_replaces_nothing(
    truth: ModelSeen | Absent, text: str
) -> None:
    decision = looked(truth)
    (record,) = decision.offers
    assert (record.state, record.text) == (OfferState.REJECTED, text)
    assert record.quarantined == ("old",), "what failed before is still to blame"
    assert rollout_of(decision).phase is Phase.BAKING
    assert decision.current.waiting is None


def test_one_that_was_registered_again_waits_as_another_model() -> None:
    decision = looked(a_model("8", 1), a_rollout(Phase.PROMOTED))
    (record,) = decision.offers
    assert (record.state, record.quarantined) == (OfferState.WAITING, ())
    waiting = decision.current.waiting
    assert waiting is not None
    assert (waiting.created_at, waiting.reregistered) == (a_model("8", 1).created_at, True)


@pytest.mark.parametrize("truth", [AS_IT_WAS, Unreachable("429")])
def test_one_that_is_as_it_was_or_cannot_be_read_goes_on_waiting(
    truth: ModelSeen | Unreachable,
) -> None:
    decision = looked(truth, a_rollout(Phase.PROMOTED))
    assert decision.current.waiting == an_offer("8")
    assert not decision.offers


@pytest.mark.parametrize("records", [{}, {KEY: Unreachable("damaged")}])
def test_what_became_of_it_before_must_be_known_first(records: dict[Any, Any]) -> None:
    decision = looked(Absent(), offer_records=records)
    assert decision.current.waiting == an_offer("8")
