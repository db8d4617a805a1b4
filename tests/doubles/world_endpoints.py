"""`Endpoints`, `Models` and `Creator` straight on `localazure.world.World`: no sockets, no JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from localazure.world import (
    ACTIONS,
    ArmError,
    Call,
    Deployment,
    DeploymentSpec,
    Endpoint,
    EndpointSpec,
    make_split,
)
from rollout.adapters.azure_ml.arm_bodies import ROLLOUT_TAG, STAMP_TAG
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id, parse_model_reference
from rollout.adapters.azure_ml.creation_failures import LOG_LINES, classify
from rollout.adapters.azure_ml.creation_guard import check_in_time, check_ours
from rollout.adapters.azure_ml.deployment_specs import ServedWith
from rollout.core.policy.model import Policy
from rollout.core.records.failures import CreationFailure
from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    EndpointSeen,
    ModelSeen,
    ProvisioningState,
)
from rollout.ports import NewDeployment
from rollout.text.redaction import safe_tail
from tests.doubles.wire import Wire, endpoint_name
from tests.doubles.world_collecting import collecting

_NOT_FOUND = 404
_WORKSPACE = ACTIONS[Call.WORKSPACES_GET]
_SEE = ACTIONS[Call.ENDPOINTS_GET]
_SEE_DEPLOYMENTS, _DEPLOY = ACTIONS[Call.DEPLOYMENTS_GET], ACTIONS[Call.DEPLOYMENTS_PUT]
_FROM_TEMPLATE = (
    *(_WORKSPACE, _SEE, _SEE_DEPLOYMENTS, _DEPLOY),
    *(ACTIONS[Call.CODES_VERSIONS], ACTIONS[Call.CODES_UPLOAD], ACTIONS[Call.CODES_PUT]),
    ACTIONS[Call.ENVIRONMENTS_PUT],
)


@dataclass
class WorldEndpoints:
    """The `Endpoints` port."""

    wire: Wire

    def endpoint(
        self, endpoint: str, *, timeout: float, shared: bool = False
    ) -> EndpointSeen | Absent:
        def read() -> EndpointSeen | Absent:
            self.wire.need(_SEE, scope=endpoint)
            found = _or_absent(lambda: self.wire.world.endpoints.get(endpoint_name(endpoint)))
            if isinstance(found, Absent):
                self.wire.need(_WORKSPACE)
                return found
            return self._seen(found)

        return self.wire.call("endpoints.get", read)

    def deployments(self, endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        def read() -> dict[str, DeploymentSeen]:
            self.wire.need(_SEE_DEPLOYMENTS, scope=endpoint)
            found = _or_absent(lambda: self.wire.world.deployments.list(endpoint_name(endpoint)))
            each = () if isinstance(found, Absent) else found
            if not each:
                self.wire.need(_WORKSPACE)
            return {one.name.lower(): _deployment_seen(one, endpoint) for one in each}

        return self.wire.call("deployments.list", read)

    def set_traffic(
        self,
        endpoint: str,
        seen: EndpointSeen,
        split: Mapping[str, int],
        mirror: Mapping[str, int],
        *,
        stamp: str,
        timeout: float,
        last_check: Callable[[], None] | None = None,
    ) -> None:
        live: EndpointSpec = seen.body["spec"]
        tags = {**live.tags, STAMP_TAG: stamp}

        def put() -> None:
            self.wire.need_to_write(Call.ENDPOINTS_PUT, endpoint, live)
            wanted = replace(live, split=make_split(split, mirror), tags=tags)
            self.wire.world.endpoints.put(endpoint_name(endpoint), wanted)

        if last_check is not None:
            # Before the seam: whoever pauses this call pauses it after its last check.
            last_check()
        self.wire.call("endpoints.put", put, write=True)

    def delete_deployment(self, endpoint: str, name: str, *, timeout: float) -> None:
        def delete() -> None:
            path = parse_endpoint_id(endpoint).deployment_path(name)
            self.wire.need_to_write(Call.DEPLOYMENTS_DELETE, path)
            world = self.wire.world
            _or_absent(lambda: world.deployments.delete(endpoint_name(endpoint), name))

        self.wire.call("deployments.delete", delete, write=True)

    def copy_deployment(
        self,
        endpoint: str,
        source: DeploymentSeen,
        new: NewDeployment,
        *,
        timeout: float,
    ) -> None:
        live: DeploymentSpec = source.body["spec"]
        spec = replace(
            live,
            model_id=self.wire.world.workspace.asset("models", new.model, new.version),
            tags={**live.tags, ROLLOUT_TAG: new.rollout},
            instance_count=max(live.instance_count, new.at_least or 1),
        )
        _put_deployment(
            self.wire,
            endpoint,
            new,
            lambda: collecting(self.wire, endpoint_name(endpoint), spec, new, source=source.name),
            actions=(_SEE_DEPLOYMENTS, _DEPLOY),
        )

    def failure(self, endpoint: str, name: str, *, timeout: float) -> CreationFailure:
        def read() -> CreationFailure:
            world, owner = self.wire.world, endpoint_name(endpoint)
            self.wire.need(_SEE_DEPLOYMENTS, scope=endpoint)
            found = _or_absent(lambda: world.deployments.get(owner, name))
            if isinstance(found, Absent):
                return classify("", "", "")
            readable = self.wire.allows(ACTIONS[Call.OPERATIONS_GET])
            error = world.operation(found.operation).error if readable else None
            log = self._log(owner, name)
            return classify(*((error.code, error.message) if error else ("", "")), log)

        return self.wire.call("operations.get", read)

    def log_tail(self, endpoint: str, name: str, *, timeout: float) -> str:
        return self.wire.call(
            "deployments.getLogs", lambda: self._log(endpoint_name(endpoint), name)
        )

    def _log(self, owner: str, name: str) -> str:
        if not self.wire.allows(
            ACTIONS[Call.DEPLOYMENTS_LOGS], self.wire.world.workspace.endpoint(owner)
        ):
            return ""
        found = _or_absent(lambda: self.wire.world.deployments.logs(owner, name, LOG_LINES))
        return "" if isinstance(found, Absent) else safe_tail(found)

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
            self.wire.need(ACTIONS[Call.MODELS_GET])
            found = _or_absent(lambda: self.wire.world.models.get(name, version))
            if isinstance(found, Absent):
                return found
            return ModelSeen(
                name,
                version,
                found.created.at,
                dict(found.tags),
                archived=found.is_archived,
                flavors={
                    flavor: dict(each["data"])
                    for flavor, each in found.body.get("flavors", {}).items()
                },
            )

        return self.wire.call("models.get", read)


@dataclass
class WorldCreator:
    """The `Creator` port; `template` is what `deployment.yml` would say.

    `unusable` says why nothing can be created from it.
    """

    wire: Wire
    template: DeploymentSpec = field(
        default_factory=lambda: DeploymentSpec(location="westeurope", instance_count=2)
    )
    unusable: str = ""

    def create_endpoint(self, endpoint: str, policy: Policy, *, until: datetime) -> None:
        world, name = self.wire.world, endpoint_name(endpoint)
        spec = EndpointSpec(location=world.workspace.location)

        def wanted() -> bool:
            check_in_time(until, world.now())
            return isinstance(_or_absent(lambda: world.endpoints.get(name)), Absent)

        def put() -> None:
            self.wire.need(_WORKSPACE, _SEE)
            self.wire.need_to_write(Call.ENDPOINTS_PUT, endpoint, spec)
            world.endpoints.put(name, spec)

        self.wire.call_if("endpoints.put", wanted, put)

    def template_fault(self, policy: Policy) -> str:
        del policy
        return self.unusable

    def create_candidate(self, endpoint: str, policy: Policy, new: NewDeployment) -> None:
        spec = replace(
            self.template,
            model_id=self.wire.world.workspace.asset("models", new.model, new.version),
            tags={**self.template.tags, ROLLOUT_TAG: new.rollout},
            instance_count=max(self.template.instance_count, new.at_least or 1),
        )
        _put_deployment(
            self.wire,
            endpoint,
            new,
            lambda: collecting(self.wire, endpoint_name(endpoint), spec, new),
            actions=_FROM_TEMPLATE,
        )


def _put_deployment(
    wire: Wire,
    endpoint: str,
    new: NewDeployment,
    spec: Callable[[], DeploymentSpec],
    *,
    actions: tuple[str, ...],
) -> None:
    """Create what is absent, as the adapters do; a pause before the call is one before the read."""
    deployments, owner = wire.world.deployments, endpoint_name(endpoint)

    def wanted() -> bool:
        check_in_time(new.until, wire.world.now())
        found = _or_absent(lambda: deployments.get(owner, new.name))
        if isinstance(found, Absent):
            return True
        check_ours(new.name, found.spec.tags.get(ROLLOUT_TAG), new.rollout)
        return False

    def put() -> None:
        wire.need(*actions, scope=endpoint)
        path = parse_endpoint_id(endpoint).deployment_path(new.name)
        wire.need_to_write(Call.DEPLOYMENTS_PUT, path, wire.world.endpoints.get(owner).spec)
        deployments.put(owner, new.name, spec())

    wire.call_if("deployments.put", wanted, put)


def _or_absent[Found](read: Callable[[], Found]) -> Found | Absent:
    try:
        return read()
    except ArmError as error:
        if error.status == _NOT_FOUND:
            return Absent()
        raise


def _deployment_seen(deployment: Deployment, endpoint: str) -> DeploymentSeen:
    spec = deployment.spec
    return DeploymentSeen(
        name=deployment.name.lower(),
        state=ProvisioningState(deployment.state.value),
        instance_count=spec.instance_count,
        model=parse_model_reference(spec.model_id, parse_endpoint_id(endpoint).workspace),
        rollout_tag=spec.tags.get(ROLLOUT_TAG),
        spec=ServedWith(
            model=spec.model_id or "",
            code=spec.code_id or "",
            environment=spec.environment_id or "",
            script=spec.scoring_script or "",
            instance_type=spec.instance_type or "",
            variables=spec.environment_variables,
        ).digest(),
        body={"spec": spec},
    )
