"""A world under a clock that only a test moves."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localazure.runtime import InstantRuntime
from localazure.world import Caller, DeploymentSpec, EndpointSpec, World, make_split

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ENDPOINT = "fraud"


@dataclass
class Clock:
    """Stands still until moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass
class Scene:
    """A world with models 1 to 3 registered, and shorthands for what tests do most."""

    clock: Clock = field(default_factory=Clock)
    runtime: InstantRuntime = field(default_factory=InstantRuntime)

    def __post_init__(self) -> None:
        self.world = World(self.clock, self.runtime)
        for version in ("1", "2", "3"):
            self.world.models.put("fraud-model", version, {"modelUri": f"azureml://m/{version}"})

    def spec(self, version: str = "1", **more: Any) -> DeploymentSpec:
        """A deployment of this model version; any field of the spec by name."""
        model_id = self.world.workspace.asset("models", "fraud-model", version)
        settings: dict[str, Any] = {"location": "westeurope", "model_id": model_id, **more}
        return DeploymentSpec(**settings)

    def endpoint_spec(
        self,
        live: dict[str, int] | None = None,
        mirror: dict[str, int] | None = None,
        tags: dict[str, str] | None = None,
    ) -> EndpointSpec:
        split = make_split(live or {}, mirror or {})
        return EndpointSpec("westeurope", split=split, tags=tags or {})

    def endpoint(self, *deployments: str, live: dict[str, int] | None = None) -> None:
        """Make the endpoint with these deployments, ready, and this split."""
        self.world.endpoints.put(ENDPOINT, self.endpoint_spec())
        for name in deployments:
            self.world.deployments.put(ENDPOINT, name, self.spec())
        if live:
            self.shift(live)

    def shift(
        self,
        live: dict[str, int],
        mirror: dict[str, int] | None = None,
        by: Caller | None = None,
    ) -> None:
        self.world.endpoints.put(ENDPOINT, self.endpoint_spec(live, mirror), by or Caller())

    def state(self, deployment: str) -> str:
        return self.world.deployments.get(ENDPOINT, deployment).state

    def live(self) -> dict[str, int]:
        return dict(self.world.endpoints.get(ENDPOINT).split.live)


@pytest.fixture
def scene() -> Scene:
    return Scene()
