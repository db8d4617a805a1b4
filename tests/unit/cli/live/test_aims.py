"""What is waited for after an order."""

from typing import Any

from rollout.cli.exits import ExitCode
from rollout.cli.live.aims import after_order, after_start, order_of
from rollout.cli.live.ordering import Given, Order
from rollout.cli.live.waiting import Aim, Until

BAKING = {"rollout": {"id": "a1", "version": "7", "endedAt": None, "stage": 1}}


def given(before: Any, **answer: Any) -> Given:
    return Given(ExitCode.GOOD, before, answer)


def test_a_start_leads_to_a_new_rollout_of_the_version() -> None:
    assert after_start(given({}), "8", Until.PROMOTED) == Aim(Until.PROMOTED, "8", same=False)
    assert not after_start(given(BAKING), "8", Until.PROMOTED).same


def test_a_version_that_is_under_way_or_known_leads_to_the_rollout_that_there_is() -> None:
    assert after_start(given(BAKING), "7", Until.STAGE).same
    assert after_start(given({}, order={"outcome": "known"}), "7", Until.STAGE).same


def test_an_order_is_about_the_rollout_and_the_stage_that_were_shown() -> None:
    order = Order("advance", "x", "because")

    assert after_order(order, given(BAKING), Until.STAGE) == Aim(Until.STAGE, "", "a1", stage=1)


def test_a_retry_leads_to_another_rollout_of_its_version() -> None:
    order = Order("retry", "x", "because", version="7")

    assert after_order(order, given(BAKING), Until.PROMOTED) == Aim(
        Until.PROMOTED, "7", "a1", same=False
    )


def test_an_answer_tells_of_the_order_beside_the_view() -> None:
    assert order_of({"order": {"text": "a"}, "says": "b"}) == {"text": "a"}
    assert order_of(None) == {}
