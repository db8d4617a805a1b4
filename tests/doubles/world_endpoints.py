"""`Endpoints`, `Models` and `Creator` straight on `localazure.world.World`: no sockets, no JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from localazure.world import (
    ArmError,
    Deployment,
    DeploymentSpec,
    Endpoint,
    EndpointSpec,
    make_split,
)
from rollout.adapters.arm_ids import parse_model_reference
from rollout.adapters.creation_failures import LOG_LINES, classify
from rollout.adapters.creation_guard import check_in_time, check_ours
from rollout.adapters.deployments import ROLLOUT_TAG
from rollout.adapters.endpoints import STAMP_TAG
from rollout.adapters.redaction import safe_tail
from rollout.core.observation import (
    Absent,
    CreationFailure,
    DeploymentSeen,
    EndpointSeen,
    ModelSeen,
    ProvisioningState,
)
from rollout.core.policy import Policy
from tests.doubles.wire import Wire, endpoint_name

_NOT_FOUND = 404


@dataclass
class WorldEndpoints:
    """The `Endpoints` port."""

    wire: Wire

    def endpoint(self, endpoint: str, *, timeout: float) -> EndpointSeen | Absent:
        def read() -> EndpointSeen | Absent:
            found = _or_absent(lambda: self.wire.world.endpoints.get(endpoint_name(endpoint)))
            return found if isinstance(found, Absent) else self._seen(found)

        return self.wire.call("endpoints.get", read)

    def deployments(self, endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        def read() -> dict[str, DeploymentSeen]:
            found = _or_absent(lambda: self.wire.world.deployments.list(endpoint_name(endpoint)))
            each = () if isinstance(found, Absent) else found
            return {one.name.lower(): _deployment_seen(one) for one in each}

        return self.wire.call("deployments.list", read)

    def set_traffic(
        self,
        endpoint: str,
        seen: EndpointSeen,
        split: Mapping[str, int],
        *,
        stamp: str,
        timeout: float,
    ) -> None:
        live: EndpointSpec = seen.body["spec"]
        tags = {**live.tags, STAMP_TAG: stamp}

        def put() -> None:
            wanted = replace(live, split=make_split(split, seen.mirror), tags=tags)
            self.wire.world.endpoints.put(endpoint_name(endpoint), wanted)

        self.wire.call("endpoints.put", put, write=True)

    def delete_deployment(self, endpoint: str, name: str, *, timeout: float) -> None:
        self.wire.call(
            "deployments.delete",
            lambda: _or_absent(
                lambda: self.wire.world.deployments.delete(endpoint_name(endpoint), name)
            ),
            write=True,
        )

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
        until: datetime,
        timeout: float,
    ) -> None:
        live: DeploymentSpec = source.body["spec"]
        spec = replace(
            live,
            model_id=self.wire.world.workspace.asset("models", model, version),
            tags={**live.tags, ROLLOUT_TAG: rollout},
            instance_count=max(live.instance_count, at_least or 1),
        )
        _put_deployment(self.wire, endpoint, name, spec, until)

    def failure(self, endpoint: str, name: str, *, timeout: float) -> CreationFailure:
        def read() -> CreationFailure:
            world, owner = self.wire.world, endpoint_name(endpoint)
            found = _or_absent(lambda: world.deployments.get(owner, name))
            if isinstance(found, Absent):
                return classify("", "", "")
            error = world.operation(found.operation).error
            log = safe_tail(world.deployments.logs(owner, name, LOG_LINES))
            return classify(*((error.code, error.message) if error else ("", "")), log)

        return self.wire.call("operations.get", read)

    def log_tail(self, endpoint: str, name: str, *, timeout: float) -> str:
        def read() -> str:
            owner = endpoint_name(endpoint)
            found = _or_absent(lambda: self.wire.world.deployments.logs(owner, name, LOG_LINES))
            return "" if isinstance(found, Absent) else safe_tail(found)

        return self.wire.call("deployments.getLogs", read)

    def _seen(self, endpoint: Endpoint) -> EndpointSeen:
        world = self.wire.world
        split = endpoint.split_shown(world.now())
        return EndpointSeen(
            state=ProvisioningState(endpoint.state.value),
            traffic=dict(split.live),
            mirror=dict(split.mirror),
            stamp=endpoint.spec.tags.get(STAMP_TAG),
            scoring_uri=world.scoring_uri(endpoint.name),
            auth_mode=endpoint.spec.auth_mode.value.lower(),
            location=endpoint.spec.location,
            body={"spec": endpoint.spec},
        )


@dataclass
class WorldModels:
    """The `Models` port."""

    wire: Wire

    def model(
        self, workspace: str, name: str, version: str, *, timeout: float
    ) -> ModelSeen | Absent:
        def read() -> ModelSeen | Absent:
            found = _or_absent(lambda: self.wire.world.models.get(name, version))
            if isinstance(found, Absent):
                return found
            return ModelSeen(name, version, found.created.at, dict(found.tags))

        return self.wire.call("models.get", read)


@dataclass
class WorldCreator:
    """The `Creator` port; `template` is what `deployment.yml` would say."""

    wire: Wire
    template: DeploymentSpec = field(
        default_factory=lambda: DeploymentSpec(location="westeurope", instance_count=2)
    )

    def create_endpoint(self, endpoint: str, policy: Policy, *, until: datetime) -> None:
        world, name = self.wire.world, endpoint_name(endpoint)
        spec = EndpointSpec(location=world.workspace.location)

        def wanted() -> bool:
            check_in_time(until, world.now())
            return isinstance(_or_absent(lambda: world.endpoints.get(name)), Absent)

        self.wire.call_if("endpoints.put", wanted, lambda: world.endpoints.put(name, spec))

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
        until: datetime,
    ) -> None:
        spec = replace(
            self.template,
            model_id=self.wire.world.workspace.asset("models", model, version),
            tags={**self.template.tags, ROLLOUT_TAG: rollout},
            instance_count=max(self.template.instance_count, at_least or 1),
        )
        _put_deployment(self.wire, endpoint, name, spec, until)


def _put_deployment(
    wire: Wire, endpoint: str, name: str, spec: DeploymentSpec, until: datetime
) -> None:
    """Create what is absent, as the adapters do; a pause before the call is one before the look."""
    deployments, owner = wire.world.deployments, endpoint_name(endpoint)

    def wanted() -> bool:
        check_in_time(until, wire.world.now())
        found = _or_absent(lambda: deployments.get(owner, name))
        if isinstance(found, Absent):
            return True
        check_ours(name, found.spec.tags.get(ROLLOUT_TAG), spec.tags[ROLLOUT_TAG])
        return False

    wire.call_if("deployments.put", wanted, lambda: deployments.put(owner, name, spec))


def _or_absent[Found](read: Callable[[], Found]) -> Found | Absent:
    try:
        return read()
    except ArmError as error:
        if error.status == _NOT_FOUND:
            return Absent()
        raise


def _deployment_seen(deployment: Deployment) -> DeploymentSeen:
    spec = deployment.spec
    return DeploymentSeen(
        name=deployment.name.lower(),
        state=ProvisioningState(deployment.state.value),
        instance_count=spec.instance_count,
        model=parse_model_reference(spec.model_id),
        rollout_tag=spec.tags.get(ROLLOUT_TAG),
        body={"spec": spec},
    )
