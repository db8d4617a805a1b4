"""A story with hundreds of endpoints: one rollout is played until it bakes, and then copied.

Each copy has an endpoint, deployments and stored rows of its own, under one clock, one queue and
one app. Where Resource Manager's limits are on, all of them share one bucket.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from localazure.world import Dials, Split
from rollout.adapters.azure_ml.request_limits import RequestLimits
from rollout.adapters.azure_ml.turns import LimitedTurns
from rollout.adapters.storage import table_keys
from rollout.core.policy.gate_model import LatencyCheck
from rollout.core.policy.model import Stage
from rollout.core.records.observation import Observation
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Command, Expected, Verb
from rollout.errors import ArmThrottledError, RolloutError
from rollout.ports import Turns
from rollout.service import RolloutService
from rollout.service.door_passes import DoorPass
from tests.doubles.memory_live import MemoryRow
from tests.support.stories.azure import HEALTHY, SOMEBODY, Behaviour
from tests.support.stories.platform import TICK
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always

LONG_BAKE = replace(
    POLICY,
    stages=(Stage(10, timedelta(hours=2)), Stage(100, timedelta(hours=2))),
    gate=replace(POLICY.gate, latency=LatencyCheck()),
)
"""A look at it reads the endpoint, its deployments, requests and latency: four reads."""

SICK = "sick"
"""What stands for a version in the behaviours of the candidates that will fail."""


class Fleet:
    """Many baking rollouts of one story's app. `endpoints` are their ARM ids.

    The first `sick` of them have candidates that behave as version `SICK` does.
    """

    def __init__(self, size: int, *, sick: int = 0, dials: Dials | None = None) -> None:
        self.story = story = Story(LONG_BAKE, dials=Dials())
        story.adopt()
        story.register("2")
        story.until_phase(Phase.BAKING, within=timedelta(hours=1))
        story.pass_time(timedelta(minutes=2))
        self.candidate = story.rollout.candidate
        self.endpoints = [self._copy(number, sick=number < sick) for number in range(size)]
        story.clients.behaviours[SICK] = HEALTHY
        # The same version under another name, so that some of the copies can fail alone.
        story.clients._versions[f"{self.candidate}-sick"] = SICK
        self._retire_the_first()
        self.looks: dict[str, list[datetime]] = defaultdict(list)
        self.lateness: list[timedelta] = []
        self.refused = 0
        story.world.dials = dials or Dials(throttle=True)
        limits = RequestLimits(clock=self._seconds)
        story.wire.limits = limits
        story.ports = replace(story.ports, turns=LimitedTurns(limits, self._seconds))
        self._watch()
        story.service = RolloutService(story.ports, story.limits)

    def fall_ill(self, behaviour: Behaviour) -> None:
        """From now on the sick candidates behave so."""
        self.story.clients.behaviours[SICK] = behaviour

    def order_back(self, endpoint: str) -> None:
        """A person's `rollback`, of one endpoint of the fleet."""
        story = self.story
        stored = story.store._load(endpoint)
        assert stored is not None
        order = Command(Verb.ROLLBACK, "ann", "because", Expected(), None)
        running = DoorPass(story.ports, story.limits, stored.current, stored)
        running.take(order, Observation(), story.clock.now)

    def use_up(self) -> None:
        """Somebody with the app's identity takes every read there is."""
        with suppress(ArmThrottledError):
            while True:
                self.story.wire.call("endpoints.list", lambda: None)

    def turns(self, turns: Turns) -> None:
        """A new process starts with another way of taking turns."""
        self.story.ports = replace(self.story.ports, turns=turns)
        self.story.service = RolloutService(self.story.ports, self.story.limits)

    def refuse_always(self, name: str) -> Callable[[], None]:
        """Azure answers one kind of call with 429 until the function returned is called."""
        return always(self.story.seam, lambda called: called == name, _throttled)

    @property
    def failures(self) -> int:
        """How many passes failed, as the log has them."""
        return len([line for line in self.story.log.lines if line.startswith("a pass failed")])

    def phase(self, endpoint: str) -> Phase:
        stored = self.story.store._load(endpoint)
        assert stored is not None
        return stored.current.phase

    def split(self, endpoint: str) -> dict[str, int]:
        """What clients' requests follow."""
        return dict(self.story.world.endpoints.get(endpoint.rpartition("/")[2]).split.live)

    def gaps(self, endpoints: Sequence[str], since: datetime) -> list[timedelta]:
        """The longest time without a look of each endpoint, from `since` until now."""
        now = self.story.clock.now
        longest = []
        for endpoint in endpoints:
            moments = [since, *(at for at in self.looks[endpoint] if at >= since), now]
            longest.append(max(later - before for before, later in pairwise(moments)))
        return longest

    def _seconds(self) -> float:
        return self.story.clock.now.timestamp()

    def _watch(self) -> None:
        """Note every look that read the endpoint, how late it was, and every refusal it met."""
        endpoints, first_tick = self.story.ports.endpoints, self.story.clock.now + TICK
        read = endpoints.deployments

        def deployments(endpoint: str, *, timeout: float) -> Any:
            now, stored = self.story.clock.now, self.story.store._load(endpoint)
            due = None if stored is None else stored.current.next_look
            if due is not None:
                # Nobody could look before the first tick.
                self.lateness.append(now - max(due, first_tick))
            self.looks[endpoint].append(now)
            try:
                return read(endpoint, timeout=timeout)
            except ArmThrottledError:
                self.refused += 1
                raise

        endpoints.deployments = deployments  # type: ignore[method-assign] # a witness

    def _copy(self, number: int, *, sick: bool) -> str:
        story, world = self.story, self.story.world
        name = f"fleet-{number:04d}"
        candidate = f"{self.candidate}-sick" if sick else self.candidate

        def renamed(text: str) -> str:
            return text.replace(story.policy.endpoint, name).replace(self.candidate, candidate)

        first = world.endpoints.get(story.policy.endpoint).spec
        world.endpoints.put(name, replace(first, split=Split({}, {})), SOMEBODY)
        for each in world.deployments.list(story.policy.endpoint):
            spec = replace(each.spec, tags={k: renamed(v) for k, v in each.spec.tags.items()})
            world.deployments.put(name, renamed(each.name), spec, SOMEBODY)
        live = {renamed(key): weight for key, weight in first.split.live.items()}
        world.endpoints.put(name, replace(first, split=Split(live, {})), SOMEBODY)
        endpoint = renamed(story.endpoint)
        rows = story.store._rows(story.endpoint)
        story.store._partitions[table_keys.partition_key(endpoint)] = {
            renamed(key): MemoryRow(_renamed(row.entity, renamed), row.version)
            for key, row in rows.items()
        }
        stored = story.store._load(endpoint)
        assert stored is not None
        assert stored.current.endpoint == endpoint
        (live_row,) = [
            row for row in story.store._live.values() if row.entity["RowKey"] == _key(story)
        ]
        entity = _renamed(live_row.entity, renamed)
        story.store.plant_live({**entity, "RowKey": table_keys.partition_key(endpoint)})
        return endpoint

    def _retire_the_first(self) -> None:
        """The rollout that was copied is not part of the fleet."""
        self.story.store._live.pop(_key(self.story))
        self.story.store._partitions.pop(_key(self.story))
        self.story.queue._messages.clear()


def _throttled(name: str) -> RolloutError:
    return ArmThrottledError(f"{name}: too many requests", wait=timedelta(seconds=10))


def _key(story: Story) -> str:
    return table_keys.partition_key(story.endpoint)


def _renamed(value: Any, rename: Any) -> Any:
    if isinstance(value, str):
        return rename(value)
    if isinstance(value, dict):
        return {key: _renamed(each, rename) for key, each in value.items()}
    return value
