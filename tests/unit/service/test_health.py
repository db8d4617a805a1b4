"""Health says what is wrong, and asks no more often than every few seconds."""

from datetime import timedelta

import pytest

from rollout.core.records.phases import Phase
from rollout.errors import StoreUnavailableError
from rollout.ports import FaultyService
from rollout.service.health import SIGN_IN_MISSING
from tests.doubles.seam import raising
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.stage import Story

SECOND = timedelta(seconds=1)


def after_a_tick() -> Story:
    story = Story()
    story.tick()
    return story


def text_of(story: Story) -> tuple[bool, str]:
    state = story.service.health(story.clock.now)
    return state.ready, state.text


def test_an_app_without_trouble_is_ready() -> None:
    assert text_of(after_a_tick()) == (True, "ready")


@pytest.mark.parametrize(
    ("call", "text"),
    [("store.clocks", "storage does not answer"), ("queue.check", "the queue does not answer")],
)
def test_without_storage_or_queue_the_app_is_not_ready(call: str, text: str) -> None:
    story = after_a_tick()
    story.seam.once_before(call, raising(StoreUnavailableError("down")))
    assert text_of(story) == (False, text)


def test_a_bundle_that_cannot_be_read_is_said() -> None:
    story = after_a_tick()
    story.bundle.readable = False
    assert text_of(story) == (
        True,
        "ready, but the services bundle cannot be read, so nothing new starts",
    )


def test_faulty_services_and_missing_sign_in_are_said() -> None:
    story = after_a_tick()
    story.bundle.faulty = (FaultyService("churn", None, (("a", "b"),)),)
    story.settings(sign_in_missing=True)
    ready, text = text_of(story)
    assert ready
    assert SIGN_IN_MISSING in text
    assert "1 service(s) cannot be used" in text
    assert "churn" not in text, "anybody may read it"


def test_an_endpoint_that_needs_an_operator_is_said_after_the_next_sweep() -> None:
    story = on_trial(Phase.BAKING, 0)
    older = story.store.entity(story.endpoint)
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)
    story.store.plant(older)
    story.pass_time(20 * MINUTE)
    assert "1 endpoint(s) need an operator" in text_of(story)[1]
    story.store.plant({**older, "schema": 99})
    story.pass_time(20 * MINUTE)
    assert "1 endpoint(s) need an operator" in text_of(story)[1]


def test_an_endpoint_whose_passes_fail_is_said() -> None:
    story = on_trial(Phase.BAKING, 0)

    def bug(name: str) -> None:
        if name == "endpoints.get":
            raise ValueError("a bug of ours")

    story.seam.before.append(bug)
    story.pass_time(20 * MINUTE)
    assert "1 endpoint(s) need an operator" in text_of(story)[1]


def test_troubles_that_cannot_be_read_are_said() -> None:
    story = after_a_tick()
    story.seam.once_before("store.rounds", raising(StoreUnavailableError("down")))
    assert "cannot be read" in text_of(story)[1]


def test_the_answer_is_kept_for_five_seconds() -> None:
    story = after_a_tick()
    now = story.clock.now
    for second in range(5):
        story.service.health(now + second * SECOND)
    assert story.seam.calls["store.clocks"] == 1
    story.service.health(now + 5 * SECOND)
    story.service.health(now - SECOND)
    assert story.seam.calls["store.clocks"] == 3
