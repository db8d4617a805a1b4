"""Everything fails from the first weight on, and only the metrics tell: how long clients wait.

The scene is the demo's: 25 requests a second of which a tenth go to the candidate, nothing settles,
metrics are two seconds late, a tick every five seconds. What decides is at which second of its
minute the first answer failed, so its seconds are played one after the other.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from rollout.core.records.observation import SideMinute
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from rollout.service import Limits
from rollout.units import MINUTE
from tests.support.stories.azure import Behaviour, StoryMetrics
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story

SECOND = timedelta(seconds=1)
PER_SECOND = 25.0
TICK = timedelta(seconds=5)
LATE = timedelta(seconds=2)
SECONDS = (*range(0, 60, 4), 19, 21, 22, 23)
"""When version 2 is registered; 38 seconds later it gets its weight. The last ones are those around
the turn of the minute, where the wait is shortest and longest."""
EVERYTHING = Behaviour(failures=1.0)
LONGEST = timedelta(seconds=80)
"""A part of a minute, a whole one, the part of the next that shows as much, and the looks between:
see ADR 41."""


@dataclass
class SecondsMetrics(StoryMetrics):
    """Minutes that grow second by second, as far as they can be seen."""

    def _side(
        self, endpoint: str, name: str, first: datetime, last: datetime, *, latency: bool
    ) -> dict[datetime, SideMinute]:
        splits = self._splits.get(self.endpoint_of(endpoint), [])
        visible = min(self.wire.world.now() - self.ingestion_delay, last)
        found: dict[datetime, float] = {}
        at = first - 10 * MINUTE
        while at + SECOND <= visible:
            share = next((self._share(one, name) for when, one in splits[::-1] if when <= at), 0)
            minute = at.replace(second=0, microsecond=0)
            found[minute] = found.get(minute, 0.0) + PER_SECOND * share / 100
            at += SECOND
        if not any(found.values()):
            return {}
        return {at: self._minute(name, at, count, latency=latency) for at, count in found.items()}

    @staticmethod
    def endpoint_of(endpoint: str) -> str:
        return endpoint.rpartition("/")[2].lower()


def the_scene(second: int) -> Story:
    """Version 2 fails every request, and is registered at this second of a minute."""
    gate = replace(POLICY.gate, settle=timedelta(0), ingestion_delay=LATE)
    policy = replace(POLICY, gate=gate)
    limits = Limits(workspace=Story().world.workspace.path, recheck=SECOND, chain=TICK)
    story = Story(policy, limits=limits)
    story.metrics = SecondsMetrics(
        story.wire, quality=story.clients.quality, ingestion_delay=LATE, clients=story.clients
    )
    story.ports = replace(story.ports, metrics=story.metrics)
    story.restart()
    story.adopt()
    story.pass_time((60 + second - story.clock.now.second) * SECOND)
    _tick(story)
    story.serves("2", EVERYTHING)
    story.register("2")
    return story


def _tick(story: Story) -> None:
    story.tick()
    story.at(story.clock.now + TICK, lambda: _tick(story))


def first_failure(story: Story) -> datetime:
    """When the candidate got its weight: its first client is answered within that second."""
    return next(
        write.at
        for write in story.world.log.of("operations.succeeded")
        if "/" not in write.resource and "green-2" in write.after.split.live
    )


def put_back(story: Story) -> datetime:
    """When Azure was asked to give stable everything."""
    began = first_failure(story)
    return next(
        write.at
        for write in story.world.log.of("endpoints.put")
        if write.at >= began and dict(write.after.split.live) == {"blue-0": 100}
    )


@pytest.mark.parametrize("second", SECONDS)
def test_the_gate_alone_sends_traffic_back_in_time_at_every_second(second: int) -> None:
    story = the_scene(second)
    story.until_phase(Phase.ROLLING_BACK, within=20 * MINUTE)
    story.pass_time(SECOND)
    took = put_back(story) - first_failure(story)
    assert story.rollout.cause is Cause.GATE
    assert took <= LONGEST, story.describe()
    check(story)
