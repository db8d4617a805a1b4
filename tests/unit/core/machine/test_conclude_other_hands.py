"""What others did to the endpoint while a rollout went back, and what could not be read."""

from dataclasses import replace

import pytest

from rollout.core.decide import Context, decide
from rollout.core.records.effects import Attention
from rollout.core.records.observation import Unreachable
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Wake
from tests.support.builders import (
    BLUE,
    GREEN,
    MODEL,
    NOW,
    a_current,
    a_model,
    a_rollout,
    after,
    an_offer,
    deployments,
    look,
    rollout_of,
    seen,
    traffic_of,
)


def test_where_stable_is_gone_and_something_else_serves_that_is_left_alone() -> None:
    there = seen({"red": 100}, "who", deployments=deployments("red", GREEN))
    once = look(a_rollout(Phase.ROLLING_BACK), there)
    assert rollout_of(once).phase is Phase.ROLLING_BACK
    assert traffic_of(once.effects) is None
    twice = look(rollout_of(once), there, after(1))
    assert rollout_of(twice).phase is Phase.DISCARDING
    assert any(isinstance(effect, Attention) for effect in twice.effects)
    alone = replace(there, deployments=deployments("red"))
    assert rollout_of(look(rollout_of(twice), alone, after(2))).phase is Phase.ROLLED_BACK


@pytest.mark.parametrize("waiting", [True, False])
def test_an_offer_whose_own_row_cannot_be_read_is_not_decided(*, waiting: bool) -> None:
    there = replace(
        seen({BLUE: 100}),
        models={(MODEL, "6"): a_model("6", 60), (MODEL, "8"): a_model("8", 10)},
        offer_records={(MODEL, "8"): Unreachable("damaged")},
    )
    current = a_current(waiting=an_offer()) if waiting else a_current(offers=(an_offer(),))
    assert decide(current, Wake(), there, Context(NOW)).current == current


def test_offers_left_over_from_a_look_are_decided_in_the_next_one() -> None:
    there = replace(
        seen({BLUE: 100}),
        models={(MODEL, "6"): a_model("6", 60), (MODEL, "8"): a_model("8", 10)},
    )
    current = a_current(offers=(an_offer("8"), an_offer("9")))
    decision = decide(current, Wake(), there, Context(NOW))
    assert [offer.version for offer in decision.current.offers] == ["9"]
    assert [record.state for record in decision.offers] == [OfferState.WAITING]
    assert decision.again
