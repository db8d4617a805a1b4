"""Which looks may be answered together with those at other endpoints, and which ask at once."""

from datetime import timedelta
from typing import Any

from rollout.core.records.phases import Phase
from rollout.core.records.signals import AlertFired
from tests.support.stories.stage import Story

MINUTE = timedelta(minutes=1)
_BACK = {Phase.ROLLING_BACK, Phase.DISCARDING}


def noted(story: Story) -> list[tuple[Phase, bool]]:
    """The stored phase at each read of the endpoint, and whether it may be shared."""
    asked: list[tuple[Phase, bool]] = []
    read = story.ports.endpoints.endpoint

    def endpoint(endpoint: str, *, timeout: float, shared: bool = False) -> Any:
        stored = story.store._load(endpoint)
        assert stored is not None
        asked.append((stored.current.phase, shared))
        return read(endpoint, timeout=timeout, shared=shared)

    story.ports.endpoints.endpoint = endpoint  # type: ignore[method-assign] # a witness
    return asked


def baking() -> Story:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=timedelta(hours=1))
    return story


def test_looks_of_the_queue_ask_together() -> None:
    story = baking()
    asked = noted(story)
    story.pass_time(3 * MINUTE)
    assert asked
    assert set(asked) == {(Phase.BAKING, True)}


def test_an_alert_and_every_look_on_the_way_back_ask_at_once() -> None:
    story = baking()
    asked = noted(story)
    alert = AlertFired("alert-1", "failures", story.rollout.candidate, None, "30 % fail")
    story.service.alert(story.endpoint, alert, story.clock.now)
    assert asked == [(Phase.ROLLING_BACK, False)]
    story.pass_time(10 * MINUTE)
    on_the_way = [shared for phase, shared in asked if phase in _BACK]
    assert len(on_the_way) > 1
    assert not any(on_the_way)
