"""What the world needs from whatever runs the containers.

The world (what Azure ML believes) and the runtime (processes that score) are separate, so that
tests can drive the world without any process. Everything here is synchronous and returns at once:
a slow start is observed by asking again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class ContainerState(StrEnum):
    """Where a container is in its life."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    ABSENT = "absent"


class RollingRate(StrEnum):
    """How often collected rows go to another folder (Azure/azure-rest-api-specs, DataCollector)."""

    YEAR = "Year"
    MONTH = "Month"
    DAY = "Day"
    HOUR = "Hour"
    MINUTE = "Minute"


@dataclass(frozen=True)
class CollectionSpec:
    """One collection that is on: the share of requests (0 to 1), and the folder of a container."""

    sampling_rate: float
    container: str
    folder: str


@dataclass(frozen=True)
class CollectorSpec:
    """What is collected of one deployment.

    `source` is the deployment's ARM id; `collections` has those that are on, by their names in
    lower case.
    """

    source: str
    rolling_rate: RollingRate
    collections: Mapping[str, CollectionSpec]


@dataclass(frozen=True)
class ContainerSpec:
    """What to run for one deployment.

    `model_uri` and `code_uri` are the blob locations recorded when the assets were registered
    (`None` if the deployment has none); `conda_yaml` is the environment's inline conda text;
    `collector` is None where nothing is collected.
    """

    endpoint: str
    deployment: str
    model_name: str | None
    model_version: str | None
    model_uri: str | None
    code_uri: str | None
    scoring_script: str | None
    conda_yaml: str | None
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    instance_count: int = 1
    request_timeout_ms: int = 5000
    max_concurrent_requests_per_instance: int = 1
    collector: CollectorSpec | None = None


@dataclass(frozen=True)
class ContainerStatus:
    """What the runtime reports of one container; `reason` is a sentence when it failed."""

    state: ContainerState
    reason: str = ""


class Runtime(Protocol):
    """Runs containers. Keys are (endpoint, deployment)."""

    def start(self, spec: ContainerSpec) -> None:
        """Begin to start (or restart with a new spec) and return at once."""

    def status(self, endpoint: str, deployment: str) -> ContainerStatus:
        """Return the container's current status."""

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        """Return the last `tail` lines it printed; empty when there is none."""

    def stop(self, endpoint: str, deployment: str) -> None:
        """Stop it if it is running."""


class InstantRuntime:
    """A runtime without processes: containers are ready at once, except for failed versions."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], ContainerSpec] = {}
        self._failing: dict[str, str] = {}

    def fail_version(self, model_version: str, reason: str) -> None:
        """Make every later container of this model version fail with `reason`.

        For whoever drives this runtime in its own process; real containers fail by themselves.
        """
        self._failing[model_version] = reason

    def start(self, spec: ContainerSpec) -> None:
        self._running[spec.endpoint, spec.deployment] = spec

    def status(self, endpoint: str, deployment: str) -> ContainerStatus:
        spec = self._running.get((endpoint, deployment))
        if spec is None:
            return ContainerStatus(ContainerState.ABSENT)
        reason = self._failing.get(spec.model_version or "")
        if reason is not None:
            return ContainerStatus(ContainerState.FAILED, reason)
        return ContainerStatus(ContainerState.READY)

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        status = self.status(endpoint, deployment)
        return "\n".join(status.reason.splitlines()[-tail:])

    def stop(self, endpoint: str, deployment: str) -> None:
        self._running.pop((endpoint, deployment), None)
