"""Decisions about one offer, at the door and in a look."""

from dataclasses import replace
from typing import Any

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.records.observation import (
    Absent,
    ModelSeen,
    Observation,
    Unreachable,
)
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Offered, Wake
from tests.support.builders import (
    BLUE,
    MODEL,
    NOW,
    a_current,
    a_model,
    an_offer,
    seen,
)

EVENT, START, RETRY = OfferSource.EVENT, OfferSource.START, OfferSource.RETRY


def at_the_door(
    current: Current, source: OfferSource = EVENT, record: OfferRecord | None = None
) -> Decision:
    offered = Offered("fraud", MODEL, "8", source, "ann", "because")
    known = Observation(offer_records={(MODEL, "8"): record})
    return decide(current, offered, known, Context(NOW))


def a_record(state: OfferState, quarantined: tuple[str, ...] = ()) -> OfferRecord:
    return OfferRecord(an_offer(), state, NOW, "so it was", quarantined=quarantined)


def decided(
    offer: Offer,
    truth: ModelSeen | Absent | Unreachable | None = None,
    *,
    stable_age: float | None = 60,
    record: OfferRecord | None = None,
    observation: Observation | None = None,
    **current: Any,
) -> Decision:
    """Look with `offer` undecided, version 6 serving, registered `stable_age` minutes ago."""
    models = {(offer.model, offer.version): truth or a_model(offer.version, 10)}
    if stable_age is not None:
        models[MODEL, "6"] = a_model("6", stable_age)
    observation = replace(
        observation or seen({BLUE: 100}),
        models=models,
        offer_records={(offer.model, offer.version): record},
    )
    return decide(
        a_current(**{"offers": (offer,), **current}),
        Wake(),
        observation,
        Context(NOW, fresh_id="f00d"),
    )


def fate(decision: Decision, version: str = "8") -> OfferState:
    (state,) = [each.state for each in decision.offers if each.offer.version == version]
    return state
