"""Thousands of endpoints at which nothing happens, under one timer: for what rounds cost and reach.

Every call takes time on the stopwatch, so that a slice's time budget cuts. A call of storage that
the double counts is one transaction of Table Storage (`tests/contract/test_rounds_on_tables.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rollout.core.records.observation import Absent, DeploymentSeen, EndpointSeen, ProvisioningState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.ports import Commit, LiveRow
from rollout.service.directory import Directory
from rollout.service.timer import Timer
from tests.doubles.memory_messages import MemoryDeliveries
from tests.doubles.memory_ports import MemoryQueue, StillStopwatch
from tests.doubles.memory_store import MemoryStore
from tests.doubles.records import ROLLOUT
from tests.doubles.seam import Seam
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import START, Story
from tests.support.stories.surroundings import Bundle, SilentLog, VirtualClock

MINUTE = timedelta(minutes=1)


class PlainSummaries:
    """`Summarizer` that takes no time."""

    form = 1

    def text(
        self,
        service: str,
        endpoint: str | None,
        current: Current | None,
        now: datetime,
        *,
        fault: str = "",
    ) -> str:
        del endpoint, current, now
        return f'{{"service": "{service}", "fault": "{fault}"}}'

    def patched(self, text: str, service: str, fault: str) -> str:
        del service, fault
        return text

    def suspended(self, text: str) -> bool:
        del text
        return False


@dataclass
class QuietEndpoints:
    """`Endpoints` at which one deployment has all traffic; others can be put beside it."""

    seam: Seam
    beside: dict[str, DeploymentSeen] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)

    def endpoint(
        self, endpoint: str, *, timeout: float, shared: bool = False
    ) -> EndpointSeen | Absent:
        del timeout, shared
        self.looked.append(endpoint)
        seen = EndpointSeen(ProvisioningState.SUCCEEDED, {"blue": 100}, {}, None)
        return self.seam.run("endpoints.get", lambda: seen)

    def deployments(self, endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        del timeout
        blue = DeploymentSeen("blue", ProvisioningState.SUCCEEDED, rollout_tag="20250101T0Z-0")
        other = self.beside.get(endpoint)
        found = {"blue": blue} | ({other.name: other} if other is not None else {})
        return self.seam.run("deployments.list", lambda: found)

    def delete_deployment(self, endpoint: str, name: str, *, timeout: float) -> None:
        del timeout

        def delete() -> None:
            if (found := self.beside.get(endpoint)) is not None and found.name == name:
                del self.beside[endpoint]

        self.seam.run("deployments.delete", delete)


class Farm:
    """An app with `count` configured services.

    `seconds` is how long a call takes by the stopwatch, by the name of its port.
    """

    def __init__(
        self, count: int, seconds: Mapping[str, float] | None = None, **limits: object
    ) -> None:
        story = Story()
        self.seam = Seam()
        self.clock = VirtualClock(START)
        self.store = MemoryStore(self.seam)
        self.queue = MemoryQueue(self.clock)
        self.endpoints = QuietEndpoints(self.seam)
        self.log = SilentLog()
        self.stopwatch = StillStopwatch()
        self.names = [f"service-{number:05}" for number in range(count)]
        self.bundle = Bundle({n: replace(POLICY, service=n, endpoint=n) for n in self.names})
        self.limits = replace(story.limits, **limits)  # type: ignore[arg-type]  # by field name
        self.ports = replace(
            story.ports,
            store=self.store,
            deliveries=MemoryDeliveries(self.seam),
            queue=self.queue,
            endpoints=self.endpoints,  # type: ignore[arg-type]  # what rounds call of it
            services=self.bundle,
            log=self.log,
            stopwatch=self.stopwatch,
            summarizer=PlainSummaries(),
        )
        self._seconds = seconds or {}
        self.seam.before.append(self._take_time)
        self.restart()

    def restart(self) -> None:
        """The process is gone; a new one knows only what is stored."""
        self.directory = Directory(self.ports, self.limits)
        self.timer = Timer(self.ports, self.limits, self.directory)

    def tick(self) -> None:
        """The next minute's tick; what it woke is not worked."""
        self.clock.by(MINUTE)
        self.timer.tick(self.clock.now)
        self.queue._messages.clear()

    def endpoint(self, name: str) -> str:
        return self.directory.endpoint_id(self.bundle.policies[name])

    def finished(self, names: Sequence[str], at: datetime = START) -> None:
        """These had a rollout that succeeded; its history is announced."""
        for name in names:
            ended = replace(ROLLOUT, service=name, phase=Phase.SUCCEEDED, hold=None, ended_at=at)
            self.save(replace(self.row(name), rollout=ended))

    def baking(self, names: Sequence[str], at: datetime = START) -> None:
        """These have a rollout that bakes, a look at it due since `at`, and no row in `Live`."""
        for name in names:
            rollout = replace(ROLLOUT, service=name, hold=None, since=at, baking=None)
            self.save(replace(self.row(name), rollout=rollout, next_look=at))

    def live(self, names: Sequence[str]) -> None:
        for name in names:
            self.store.put_live(LiveRow(self.endpoint(name), name, self.clock.now))

    def row(self, name: str) -> Current:
        return Current(self.endpoint(name), name, self.clock.now)

    def save(self, current: Current) -> None:
        self.store.commit(Commit(current, self.store.load(current.endpoint)))

    def _take_time(self, name: str) -> None:
        self.stopwatch.now += self._seconds.get(name.partition(".")[0], 0.0)
