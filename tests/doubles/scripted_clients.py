"""Clients of an endpoint, scripted per model version: what they send, and what comes of it.

Traffic follows the split that really was in force (from the world's write log), so metrics are the
truth about the world and not about what the product believes.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from localazure.world import ArmError, Split, World, Write
from rollout.core.observation import EndpointSeen, Minute, SideMinute, Validation
from rollout.core.policy import Validate
from tests.doubles.in_process_azure import name_of, version_of
from tests.doubles.seam import Seam

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Behaviour:
    """How a model version serves. `silent`: its clients send nothing at all.

    `validation` holds what is wrong with its answers to the sample requests, `transient` what kept
    them from being answered.
    """

    failures: float = 0.0
    p95_ms: float = 40.0
    silent: bool = False
    validation: str = ""
    transient: str = ""


HEALTHY = Behaviour()
FAILING = Behaviour(failures=0.3)
SLOW = Behaviour(p95_ms=5000.0)
SILENT = Behaviour(silent=True)
UNABLE = Behaviour(validation="status 424 instead of 200")


@dataclass
class Clients:
    """What every version does, and the splits its requests followed."""

    world: World
    a_minute: int = 600
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    _splits: dict[str, list[tuple[datetime, Split]]] = field(default_factory=dict)
    _versions: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world.log.on_write(self._written)

    def of(self, version: str) -> Behaviour:
        return self.behaviours.get(version, HEALTHY)

    def share(self, endpoint: str, deployment: str, at: datetime) -> int:
        """The percentage of requests a deployment got at a moment."""
        splits = self._splits.get(endpoint, [])
        index = bisect_right([since for since, _ in splits], at)
        return splits[index - 1][1].live.get(deployment, 0) if index else 0

    def minute(self, endpoint: str, deployment: str, at: datetime) -> SideMinute | None:
        """One deployment's minute; None where it had no requests."""
        behaviour = self.of(self._versions.get((endpoint, deployment), ""))
        requests = self.a_minute * self.share(endpoint, deployment, at) / 100
        if behaviour.silent or not requests:
            return None
        failures = round(requests * behaviour.failures)
        by_status = {"200": requests - failures, "424": float(failures)}
        return SideMinute(requests, failures, by_status, behaviour.p95_ms)

    def _written(self, write: Write) -> None:
        endpoint, _, deployment = write.resource.partition("/")
        if deployment and write.operation == "deployments.put":
            self._versions[endpoint, deployment] = self._version(endpoint, deployment)
        elif not deployment and write.operation == "operations.succeeded":
            self._splits.setdefault(endpoint, []).append((write.at, write.after.split))

    def _version(self, endpoint: str, deployment: str) -> str:
        return version_of(self.world.deployments.get(endpoint, deployment))


@dataclass
class ScriptedMetrics:
    """`Metrics` over scripted clients."""

    clients: Clients
    seam: Seam = field(default_factory=Seam)

    def minutes(
        self,
        endpoint: str,
        *,
        stable: str | None,
        candidate: str,
        start: datetime,
        end: datetime,
        latency: bool,
        timeout: float,
    ) -> Sequence[Minute]:
        del latency, timeout
        name = name_of(endpoint)

        def read() -> list[Minute]:
            self.clients.world.endpoints.list()  # time catches up: splits that came true by now
            count = int((end - start) / MINUTE)
            return [
                Minute(
                    at,
                    self.clients.minute(name, stable, at) if stable else None,
                    self.clients.minute(name, candidate, at),
                )
                for at in (start + MINUTE * index for index in range(count))
            ]

        return self.seam.run("metrics.minutes", read)


@dataclass
class ScriptedScoring:
    """`Scoring` over scripted clients."""

    clients: Clients
    seam: Seam = field(default_factory=Seam)

    def validate(
        self,
        endpoint: str,
        seen: EndpointSeen,
        candidate: str,
        validate: Validate,
        samples: Mapping[str, bytes],
    ) -> Validation:
        del seen, validate, samples

        def send() -> Validation:
            try:
                deployment = self.clients.world.deployments.get(name_of(endpoint), candidate)
            except ArmError:
                return Validation(transient=f"{candidate} is not routed to")
            behaviour = self.clients.of(version_of(deployment))
            if behaviour.transient:
                return Validation(transient=behaviour.transient)
            if behaviour.validation:
                return Validation(failures=(behaviour.validation,))
            return Validation(evidence="1 of 1 sample requests answered as expected")

        return self.seam.run("scoring.validate", send)
