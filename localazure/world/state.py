"""The tables that everything in the world works on, and the helpers that read them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from localazure.runtime import Runtime
from localazure.world.dials import Dials
from localazure.world.errors import not_found
from localazure.world.names import WorkspaceId
from localazure.world.resources import (
    Caller,
    Deployment,
    Endpoint,
    Operation,
    OperationError,
    OperationKind,
    Stamp,
)
from localazure.world.write_log import Snapshot, WriteLog


@dataclass
class WorldState:
    """Mutable tables of immutable records. Keys of endpoints and deployments are lower case,
    because ARM ids are case-insensitive.

    `running` holds the operations that have not ended, by id, in the order they began;
    `planned_failures` holds how the next operation of a kind will fail.
    """

    workspace: WorkspaceId
    clock: Callable[[], datetime]
    runtime: Runtime
    dials: Dials
    new_id: Callable[[], str]
    log: WriteLog = field(default_factory=WriteLog)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    deployments: dict[str, dict[str, Deployment]] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    running: dict[str, Operation] = field(default_factory=dict)
    planned_failures: dict[OperationKind, list[OperationError]] = field(default_factory=dict)

    def stamp(self, caller: Caller) -> Stamp:
        return Stamp(self.clock(), caller)

    def endpoint(self, name: str) -> Endpoint:
        """Return the endpoint; 404 when absent."""
        endpoint = self.endpoints.get(name.lower())
        if endpoint is None:
            raise not_found(f"Online endpoint '{name}'")
        return endpoint

    def deployment(self, endpoint: str, name: str) -> Deployment:
        """Return the deployment; 404 when it or its endpoint is absent."""
        owner = self.endpoint(endpoint)
        deployment = self.deployments[owner.name.lower()].get(name.lower())
        if deployment is None:
            raise not_found(f"Online deployment '{owner.name}/{name}'")
        return deployment

    def running_on(self, endpoint: str, deployment: str | None) -> Operation | None:
        """Return what runs on this endpoint itself (`None`) or on one of its deployments."""
        for operation in self.running.values():
            if operation.endpoint == endpoint and operation.deployment == deployment:
                return operation
        return None


def look_of(resource: Endpoint | Deployment) -> Snapshot:
    """Return a resource as the write log shows it."""
    if isinstance(resource, Endpoint):
        return Snapshot(resource.state, resource.spec.split)
    return Snapshot(resource.state)
