"""The ARM ports directly on localazure's world: no sockets, no SDK, the same refusals.

Every call goes through a seam named as the port's method (`endpoints.set_traffic`), so a story can
crash before it, lose its answer or let another worker act meanwhile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from localazure.world import (
    ArmError,
    Caller,
    Deployment,
    DeploymentSpec,
    Endpoint,
    EndpointSpec,
    Split,
    World,
)
from rollout.core.observation import (
    Absent,
    CreationFailure,
    DeploymentSeen,
    EndpointSeen,
    ModelSeen,
    ProvisioningState,
)
from rollout.core.policy import Policy
from rollout.core.traffic import OWNER_TAG, STAMP_TAG
from rollout.errors import ArmRefusedError, ArmUnavailableError, EndpointBusyError
from tests.doubles.seam import Seam

CONTROLLER = Caller("the controller")
INSTANCE_TYPE = "Standard_DS3_v2"


def name_of(endpoint: str) -> str:
    """Return an endpoint's name from its ARM id."""
    return endpoint.rpartition("/")[2]


def called[Result](action: Callable[[], Result]) -> Result:
    """Carry out a call of the world and raise its refusals as the adapters do."""
    try:
        return action()
    except ArmError as error:
        if error.status == HTTPStatus.CONFLICT:
            raise EndpointBusyError(error.message) from error
        transient = error.status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
        if transient or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ArmUnavailableError(error.message) from error
        raise ArmRefusedError(error.message, code=error.code) from error


@dataclass
class WorldEndpoints:
    """`Endpoints` on a world. `logs` maps deployment names to what their containers printed."""

    world: World
    seam: Seam = field(default_factory=Seam)
    logs: dict[str, str] = field(default_factory=dict)

    def endpoint(self, endpoint: str, *, timeout: float) -> EndpointSeen | Absent:
        del timeout
        return self.seam.run("endpoints.endpoint", lambda: self._read(name_of(endpoint)))

    def deployments(self, endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        del timeout

        def read() -> dict[str, DeploymentSeen]:
            if isinstance(self._read(name_of(endpoint)), Absent):
                return {}
            listed = self.world.deployments.list(name_of(endpoint))
            return {deployment.name.lower(): _seen(deployment) for deployment in listed}

        return self.seam.run("endpoints.deployments", read)

    def set_traffic(
        self,
        endpoint: str,
        seen: EndpointSeen,
        split: Mapping[str, int],
        *,
        stamp: str,
        timeout: float,
    ) -> None:
        del timeout
        spec: EndpointSpec = seen.body["spec"]
        wanted = replace(
            spec,
            split=Split(dict(split), spec.split.mirror),
            tags={**spec.tags, STAMP_TAG: stamp},
        )

        def put() -> None:
            if isinstance(self._read(name_of(endpoint)), Absent):
                # Azure would create it: with traffic in the body it refuses.
                raise ArmRefusedError("an endpoint cannot be created with traffic")
            called(lambda: self.world.endpoints.put(name_of(endpoint), wanted, CONTROLLER))

        self.seam.run("endpoints.set_traffic", put)

    def delete_deployment(self, endpoint: str, name: str, *, timeout: float) -> None:
        del timeout

        def delete() -> None:
            if not isinstance(self._read(name_of(endpoint)), Absent):
                called(lambda: self.world.deployments.delete(name_of(endpoint), name, CONTROLLER))

        self.seam.run("endpoints.delete_deployment", delete)

    def copy_deployment(
        self,
        endpoint: str,
        source: DeploymentSeen,
        *,
        name: str,
        model: str,
        version: str,
        rollout: str,
        at_least: int | None,
        timeout: float,
    ) -> None:
        del timeout
        body = dict(source.body)
        body["model_id"] = self.world.workspace.asset("models", model, version)
        body["instance_count"] = max(body["instance_count"], at_least or 1)
        body["tags"] = {**body["tags"], OWNER_TAG: rollout}
        copied = DeploymentSpec(**body)
        self.seam.run(
            "endpoints.copy_deployment",
            lambda: called(
                lambda: self.world.deployments.put(name_of(endpoint), name, copied, CONTROLLER)
            ),
        )

    def failure(self, endpoint: str, name: str, *, timeout: float) -> CreationFailure:
        del timeout

        def read() -> CreationFailure:
            deployment = called(lambda: self.world.deployments.get(name_of(endpoint), name))
            error = self.world.operation(deployment.operation).error
            if error is None:
                return CreationFailure("unknown", "no reason was given", self.logs.get(name, ""))
            return CreationFailure("user script", error.message, self.logs.get(name, ""))

        return self.seam.run("endpoints.failure", read)

    def log_tail(self, endpoint: str, name: str, *, timeout: float) -> str:
        del endpoint, timeout
        return self.seam.run("endpoints.log_tail", lambda: self.logs.get(name, ""))

    def _read(self, name: str) -> EndpointSeen | Absent:
        try:
            endpoint = self.world.endpoints.get(name)
        except ArmError:
            return Absent()
        return _endpoint_seen(endpoint, endpoint.split_shown(self.world.now()))


@dataclass
class WorldModels:
    """`Models` on a world's registry."""

    world: World
    seam: Seam = field(default_factory=Seam)

    def model(
        self, workspace: str, name: str, version: str, *, timeout: float
    ) -> ModelSeen | Absent:
        del workspace, timeout

        def read() -> ModelSeen | Absent:
            found = self.world.models.find(name, version)
            if found is None:
                return Absent()
            return ModelSeen(name, version, found.created.at, dict(found.tags))

        return self.seam.run("models.model", read)


@dataclass
class WorldCreator:
    """`Creator` on a world: `instances` and `location` are what the templates say."""

    world: World
    seam: Seam = field(default_factory=Seam)
    instances: int = 2
    location: str = "westeurope"

    def create_endpoint(self, endpoint: str, policy: Policy) -> None:
        del policy
        spec = EndpointSpec(self.location, tags={"team": "risk"}, description="made by template")
        self.seam.run(
            "creator.create_endpoint",
            lambda: called(lambda: self.world.endpoints.put(name_of(endpoint), spec, CONTROLLER)),
        )

    def create_candidate(
        self,
        endpoint: str,
        policy: Policy,
        *,
        name: str,
        model: str,
        version: str,
        rollout: str,
        at_least: int | None,
    ) -> None:
        del policy
        spec = deployment_spec(self.world, model, version, max(self.instances, at_least or 1))
        spec = replace(spec, tags={OWNER_TAG: rollout})
        self.seam.run(
            "creator.create_candidate",
            lambda: called(
                lambda: self.world.deployments.put(name_of(endpoint), name, spec, CONTROLLER)
            ),
        )


def deployment_spec(world: World, model: str, version: str, instances: int) -> DeploymentSpec:
    """Return what a template asks for."""
    return DeploymentSpec(
        world.workspace.location,
        instance_count=instances,
        instance_type=INSTANCE_TYPE,
        model_id=world.workspace.asset("models", model, version),
    )


def version_of(deployment: Deployment) -> str:
    """Return the model version a deployment serves; empty when it has none."""
    return (deployment.spec.model_id or "").rpartition("/")[2]


def _endpoint_seen(endpoint: Endpoint, split: Split) -> EndpointSeen:
    return EndpointSeen(
        state=ProvisioningState(endpoint.state.value),
        traffic=dict(split.live),
        mirror=dict(split.mirror),
        stamp=endpoint.spec.tags.get(STAMP_TAG),
        auth_mode=endpoint.spec.auth_mode.value,
        location=endpoint.spec.location,
        body={"spec": endpoint.spec},
    )


def _seen(deployment: Deployment) -> DeploymentSeen:
    model = None
    if deployment.spec.model_id is not None:
        parts = deployment.spec.model_id.split("/")
        model = (parts[-3], parts[-1])
    return DeploymentSeen(
        name=deployment.name.lower(),
        state=ProvisioningState(deployment.state.value),
        instance_count=deployment.spec.instance_count,
        model=model,
        rollout_tag=deployment.spec.tags.get(OWNER_TAG),
        body={name: _plain(getattr(deployment.spec, name)) for name in _COPIED},
    )


_COPIED = ("location", "instance_count", "instance_type", "model_id", "tags")


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
