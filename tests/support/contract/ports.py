"""The ports under contract, on the double and on the real adapters, with one world behind both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from localazure.runtime import InstantRuntime
from localazure.world import (
    Access,
    DeploymentSpec,
    EndpointSpec,
    Faults,
    Governance,
    World,
    make_split,
)
from rollout.core.records.observation import EndpointSeen
from rollout.ports import Creator, Endpoints, Metrics, Models, Scoring
from tests.doubles.wire import APP, Wire
from tests.doubles.world_collecting import a_datastore
from tests.doubles.world_endpoints import WorldCreator, WorldEndpoints, WorldModels
from tests.doubles.world_traffic import WorldMetrics, WorldScoring
from tests.support.role import GRANTED

SECONDS = 5.0
"""More than any call takes here."""


@dataclass(frozen=True)
class Ports:
    """One implementation of each port about an endpoint, the world they act on, and its faults."""

    world: World
    faults: Faults
    endpoints: Endpoints
    models: Models
    metrics: Metrics
    creator: Creator
    scoring: Scoring
    fail_version: Callable[[str, str], None]
    access: Access = field(default_factory=Access)
    governance: Governance = field(default_factory=Governance)
    name: str = field(default_factory=lambda: f"e-{uuid4().hex[:12]}")

    @property
    def endpoint(self) -> str:
        """The endpoint's ARM id in lower case, as records have it."""
        return self.world.workspace.endpoint(self.name).lower()

    @property
    def model(self) -> str:
        """A model name of this endpoint's own."""
        return f"model-{self.name}"

    def allow(self, *actions: str) -> None:
        """Let the app's identity do these things, and nothing else."""
        self.access.allow_only(APP, actions)

    def register(self, version: str, tags: dict[str, str] | None = None) -> str:
        """Register a version of the model; return its ARM id."""
        body = {"modelUri": f"azureml://{version}", "tags": tags or {}, "properties": {}}
        self.world.models.put(self.model, version, body)
        return self.world.workspace.asset("models", self.model, version)

    def given_endpoint(self, spec: EndpointSpec | None = None) -> None:
        """Make the endpoint, empty."""
        self.world.endpoints.put(self.name, spec or EndpointSpec(location="westeurope"))

    def given_deployment(self, name: str, version: str, *, instances: int = 1) -> None:
        """Make a deployment of a newly registered version."""
        spec = DeploymentSpec(
            location="westeurope",
            instance_type="Standard_DS3_v2",
            instance_count=instances,
            model_id=self.register(version),
            tags={"team": "risk"},
            body={
                "endpointComputeType": "Managed",
                "instanceType": "Standard_DS3_v2",
                "model": self.world.workspace.asset("models", self.model, version),
                "appInsightsEnabled": True,
            },
        )
        self.world.deployments.put(self.name, name, spec)

    def given_split(self, **percents: int) -> None:
        """Put a split on the endpoint."""
        spec = self.world.endpoints.get(self.name).spec
        live = {name.replace("_", "-"): percent for name, percent in percents.items()}
        self.world.endpoints.put(
            self.name,
            EndpointSpec(
                location=spec.location,
                tags=spec.tags,
                identity=spec.identity,
                description=spec.description,
                split=make_split(live, {}),
            ),
        )

    def split(self) -> dict[str, int]:
        """The split requests follow now."""
        return dict(self.world.endpoints.get(self.name).split.live)

    def seen(self) -> EndpointSeen:
        """The endpoint as its port shows it; it must be there."""
        found = self.endpoints.endpoint(self.endpoint, timeout=SECONDS)
        assert isinstance(found, EndpointSeen), f"{self.name} is absent"
        return found


def double_ports() -> Ports:
    runtime = InstantRuntime()
    world = World(runtime=runtime)
    world.datastores["workspaceblobstore"] = a_datastore()
    return ports_on(wire_to(world), fail_version=runtime.fail_version)


def wire_to(world: World) -> Wire:
    """A wire to a world; the app may do what its role says."""
    wire = Wire(world)
    wire.access.allow_only(APP, GRANTED)
    return wire


def ports_on(
    wire: Wire,
    *,
    fail_version: Callable[[str, str], None] = lambda _version, _reason: None,
    faults: Faults | None = None,
    access: Access | None = None,
) -> Ports:
    """The doubles on a wire; `faults` and `access` where those of another carrier count."""
    return Ports(
        wire.world,
        faults or wire.faults,
        WorldEndpoints(wire),
        WorldModels(wire),
        WorldMetrics(wire),
        WorldCreator(wire),
        WorldScoring(wire),
        fail_version,
        access or wire.access,
        wire.governance,
    )
