"""Online deployments: create, update, scale, read, delete.

The world decides what Azure ML would say; the runtime says whether the container starts.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from localazure.runtime import CollectorSpec, ContainerSpec
from localazure.world.assets import AssetRegistry
from localazure.world.containers import resolve_container, service_made
from localazure.world.datastores import Datastore
from localazure.world.errors import ArmError, bad_request, conflict
from localazure.world.names import check_name
from localazure.world.progress import Progress
from localazure.world.resources import (
    Caller,
    Deployment,
    DeploymentSpec,
    Endpoint,
    OperationKind,
    ProvisioningState,
    Stamp,
)
from localazure.world.state import WorldState, look_of
from localazure.world.write_log import ABSENT

MAX_DEPLOYMENTS_PER_ENDPOINT = 20
"""From the quota page (2026-01)."""

IN_PROCESS = Caller()

_CHANGING = frozenset(
    {ProvisioningState.CREATING, ProvisioningState.UPDATING, ProvisioningState.DELETING}
)


class Deployments:
    """The deployments of one world. Every call first lets time catch up."""

    def __init__(
        self,
        state: WorldState,
        progress: Progress,
        registries: Mapping[str, AssetRegistry],
        datastores: Mapping[str, Datastore],
    ) -> None:
        self._state = state
        self._progress = progress
        self._registries = registries
        self._datastores = datastores

    def get(self, endpoint: str, name: str) -> Deployment:
        """Return the deployment as it is now; 404 when absent."""
        self._progress.settle()
        return self._state.deployment(endpoint, name)

    def variables(self, deployment: Deployment) -> Mapping[str, str]:
        """Return the variables that a read shows: the service's own too, once it has been ready."""
        sent = deployment.spec.environment_variables
        if not deployment.was_ready:
            return sent
        container = self._container(deployment.endpoint, deployment.name, deployment.spec)
        return {**service_made(container), **sent}

    def list(self, endpoint: str) -> list[Deployment]:
        """Return an endpoint's deployments; 404 when the endpoint is absent."""
        self._progress.settle()
        owner = self._state.endpoint(endpoint)
        return list(self._state.deployments[owner.name.lower()].values())

    def put(
        self, endpoint: str, name: str, spec: DeploymentSpec, caller: Caller = IN_PROCESS
    ) -> tuple[Deployment, bool]:
        """Create or replace a deployment; return it and whether it is new.

        Raises:
            ArmError: 400 for a bad name, an unknown model, environment, code or data asset, or a
                changed instance type; 404 for an unknown endpoint; 409 while the endpoint or this
                deployment is changing.
        """
        self._progress.settle()
        owner = self._state.endpoint(endpoint)
        container = self._container(owner.name, name, spec)
        siblings = self._state.deployments[owner.name.lower()]
        existing = siblings.get(name.lower())
        self._refuse_while_changing(owner, name, "create" if existing is None else "update")
        if existing is None:
            check_name("deployment", name)
            if len(siblings) >= MAX_DEPLOYMENTS_PER_ENDPOINT:
                raise bad_request(
                    f"Endpoint {owner.name} already has {MAX_DEPLOYMENTS_PER_ENDPOINT} "
                    "deployments, the most it can have. Delete one first.",
                    "OutOfQuota",
                )
            self._begin_create(owner, name, spec, container.collector, caller)
            self._state.runtime.start(container)
        else:
            before = self._container(owner.name, existing.name, existing.spec)
            self._begin_update(owner, existing, spec, container.collector, caller)
            if container != before or existing.state is ProvisioningState.FAILED:
                self._state.runtime.start(container)
        self._progress.settle()
        return siblings[name.lower()], existing is None

    def patch(
        self,
        endpoint: str,
        name: str,
        caller: Caller = IN_PROCESS,
        *,
        tags: Mapping[str, str] | None = None,
        instance_count: int | None = None,
    ) -> Deployment:
        """Replace tags, scale, or both, as autoscale does; `None` keeps the old value."""
        self._progress.settle()
        owner, before = self._state.endpoint(endpoint), self._state.deployment(endpoint, name)
        self._refuse_while_changing(owner, name, "update")
        scales = instance_count not in (None, before.spec.instance_count)
        spec = replace(
            before.spec,
            tags=before.spec.tags if tags is None else tags,
            instance_count=before.spec.instance_count if instance_count is None else instance_count,
        )
        container = self._container(owner.name, before.name, spec)
        stamp = self._state.stamp(caller)
        after = replace(before, spec=spec, modified=stamp)
        if scales:
            operation = self._begin(
                OperationKind.DEPLOYMENT_SCALE, stamp, self._state.dials.deployment_scaling, before
            )
            after = replace(after, state=ProvisioningState.SCALING, operation=operation)
            self._state.runtime.start(container)
        self._store("deployments.patch", before, after, caller)
        self._progress.settle()
        return self._state.deployment(endpoint, name)

    def delete(self, endpoint: str, name: str, caller: Caller = IN_PROCESS) -> str | None:
        """Begin to delete a deployment; return the operation's id, `None` when it is absent.

        Raises:
            ArmError: 400 while it has live or mirrored traffic or is about to; 409 while the
                endpoint is changing; 404 for an unknown endpoint.
        """
        self._progress.settle()
        owner = self._state.endpoint(endpoint)
        key = name.lower()
        before = self._state.deployments[owner.name.lower()].get(key)
        if before is None:
            return None
        if owner.split.holds(key) or owner.spec.split.holds(key):
            raise bad_request(
                f"Deployment '{before.name}' has live or mirrored traffic and cannot be deleted. "
                "Set its traffic to 0 first."
            )
        self._refuse_while_owner_changes(owner, before.name, "delete")
        self._clear_the_way(owner, before, caller)
        stamp = self._state.stamp(caller)
        operation = self._begin(
            OperationKind.DEPLOYMENT_DELETE, stamp, self._state.dials.deployment_deletion, before
        )
        after = replace(
            before, state=ProvisioningState.DELETING, modified=stamp, operation=operation
        )
        self._store("deployments.delete", before, after, caller)
        self._state.runtime.stop(before.endpoint, before.name)
        self._progress.settle()
        return operation

    def logs(self, endpoint: str, name: str, tail: int) -> str:
        """Return the last `tail` lines of the deployment's container; 404 when absent."""
        deployment = self.get(endpoint, name)
        return self._state.runtime.logs(deployment.endpoint, deployment.name, tail)

    def _begin_create(
        self,
        owner: Endpoint,
        name: str,
        spec: DeploymentSpec,
        collector: CollectorSpec | None,
        caller: Caller,
    ) -> None:
        stamp = self._state.stamp(caller)
        deployment = Deployment(
            endpoint=owner.name,
            name=name,
            spec=spec,
            state=ProvisioningState.CREATING,
            created=stamp,
            modified=stamp,
            operation="",
            collector=collector,
        )
        operation = self._begin(
            OperationKind.DEPLOYMENT_CREATE,
            stamp,
            self._state.dials.deployment_creation,
            deployment,
        )
        self._store("deployments.put", None, replace(deployment, operation=operation), caller)

    def _begin_update(
        self,
        owner: Endpoint,
        before: Deployment,
        spec: DeploymentSpec,
        collector: CollectorSpec | None,
        caller: Caller,
    ) -> None:
        if spec.instance_type != before.spec.instance_type:
            raise bad_request(
                f"The instance type of deployment '{owner.name}/{before.name}' cannot be changed "
                f"from {before.spec.instance_type} to {spec.instance_type}; create another one."
            )
        stamp = self._state.stamp(caller)
        dials = self._state.dials
        if before.was_ready:
            kind, state = OperationKind.DEPLOYMENT_UPDATE, ProvisioningState.UPDATING
            duration = dials.deployment_update
        else:
            # To any observer, one that never came up is created again.
            kind, state = OperationKind.DEPLOYMENT_CREATE, ProvisioningState.CREATING
            duration = dials.deployment_creation
        operation = self._begin(kind, stamp, duration, before)
        after = replace(
            before,
            spec=spec,
            state=state,
            modified=stamp,
            operation=operation,
            collector=collector,
        )
        self._store("deployments.put", before, after, caller)

    def _begin(
        self, kind: OperationKind, stamp: Stamp, duration: timedelta, deployment: Deployment
    ) -> str:
        return self._progress.begin(
            kind, stamp, duration, deployment.endpoint.lower(), deployment.name.lower()
        ).id

    def _clear_the_way(self, owner: Endpoint, deployment: Deployment, caller: Caller) -> None:
        running = self._state.running_on(owner.name.lower(), deployment.name.lower())
        if running is None:
            return
        if deployment.state is ProvisioningState.DELETING or not self._state.dials.delete_cancels:
            raise _blocked("delete", deployment.name, "it", deployment.state)
        self._progress.cancel(running, caller, "A deletion took its place.")

    def _refuse_while_changing(self, owner: Endpoint, name: str, verb: str) -> None:
        self._refuse_while_owner_changes(owner, name, verb)
        if self._state.running_on(owner.name.lower(), name.lower()) is not None:
            found = self._state.deployment(owner.name, name).state
            raise _blocked(verb, name, "it", found)

    def _refuse_while_owner_changes(self, owner: Endpoint, name: str, verb: str) -> None:
        if owner.state in _CHANGING:
            raise _blocked(verb, name, f"endpoint {owner.name}", owner.state)

    def _store(
        self, operation: str, before: Deployment | None, after: Deployment, caller: Caller
    ) -> None:
        self._state.deployments[after.endpoint.lower()][after.name.lower()] = after
        self._state.log.add(
            after.modified.at,
            caller,
            operation,
            f"{after.endpoint}/{after.name}".lower(),
            before=ABSENT if before is None else look_of(before),
            after=look_of(after),
            tags=after.spec.tags,
        )

    def _container(self, endpoint: str, name: str, spec: DeploymentSpec) -> ContainerSpec:
        return resolve_container(
            self._state.workspace,
            self._registries,
            self._datastores,
            endpoint=endpoint,
            deployment=name,
            spec=spec,
        )


def _blocked(verb: str, deployment: str, blocker: str, found: str) -> ArmError:
    return conflict(
        f"Cannot {verb} deployment {deployment} because {blocker} is in {found} provisioning state."
    )
