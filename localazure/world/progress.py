"""How operations begin and end. The only place where time changes the world.

Rule 1: there is no thread and no timer. Whoever reads or writes the world first calls `settle`,
which ends every operation that is due by now; nothing can be observed between two calls.
Rule 2: operations end in the order they are due, so that the write log tells the story as an
observer with perfect eyesight would have seen it.

An endpoint operation ends when it is due. A deployment's creation or update ends when it is due
*and* the runtime reports the container ready, or at once when the runtime reports it failed.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from localazure.runtime import ContainerState
from localazure.world.resources import (
    Caller,
    Deployment,
    Endpoint,
    Operation,
    OperationError,
    OperationKind,
    OperationStatus,
    ProvisioningState,
    Stamp,
)
from localazure.world.state import WorldState, look_of
from localazure.world.write_log import ABSENT

CONTAINER_FAILED = "ResourceNotReady"
"""The code Azure ML gives when the user's container does not come up (troubleshooting page)."""

_NEEDS_CONTAINER = frozenset(
    {
        OperationKind.DEPLOYMENT_CREATE,
        OperationKind.DEPLOYMENT_UPDATE,
        OperationKind.DEPLOYMENT_SCALE,
    }
)


class Progress:
    """Begins, cancels and ends the operations of one world."""

    def __init__(self, state: WorldState) -> None:
        self._state = state

    def begin(
        self,
        kind: OperationKind,
        stamp: Stamp,
        duration: timedelta,
        endpoint: str,
        deployment: str | None = None,
    ) -> Operation:
        """Record a new operation, due after `duration`; the caller settles once it is written."""
        planned = self._state.planned_failures.get(kind)
        operation = Operation(
            id=self._state.new_id(),
            kind=kind,
            endpoint=endpoint,
            deployment=deployment,
            started=stamp,
            due=stamp.at + duration,
            will_fail=planned.pop(0) if planned else None,
        )
        self._state.operations[operation.id] = operation
        self._state.running[operation.id] = operation
        return operation

    def settle(self) -> None:
        """End every operation that has come to its end by now."""
        if not self._state.running:
            return
        now = self._state.clock()
        for operation in sorted(self._state.running.values(), key=_due):
            # An endpoint's deletion also ends what runs on its deployments.
            if operation.id in self._state.running:
                self._settle(operation, now)

    def cancel(self, operation: Operation, caller: Caller, reason: str) -> None:
        """End a running operation as Canceled; the canceller decides about the resource."""
        self._finish(
            operation,
            OperationStatus.CANCELED,
            self._state.clock(),
            caller,
            OperationError("OperationCanceled", reason),
        )

    def _settle(self, operation: Operation, now: datetime) -> None:
        if operation.will_fail is not None:
            if now >= operation.due:
                self._fail(operation, operation.due, operation.will_fail)
            return
        if operation.kind in _NEEDS_CONTAINER and operation.deployment is not None:
            self._settle_container(operation, operation.deployment, now)
        elif now >= operation.due:
            self._succeed(operation, operation.due)

    def _settle_container(self, operation: Operation, deployment: str, now: datetime) -> None:
        record = self._state.deployments[operation.endpoint][deployment]
        container = self._state.runtime.status(record.endpoint, record.name)
        if container.state is ContainerState.FAILED:
            reason = container.reason or "The user container has crashed."
            self._fail(operation, now, OperationError(CONTAINER_FAILED, reason))
        elif now >= operation.due and container.state is ContainerState.READY:
            # When it became ready is unknown; `now` is when it was seen ready.
            self._succeed(operation, now)

    def _succeed(self, operation: Operation, at: datetime) -> None:
        caller = operation.started.by
        if operation.kind is OperationKind.ENDPOINT_DELETE:
            self._remove_endpoint(operation.endpoint, caller)
        elif operation.kind is OperationKind.DEPLOYMENT_DELETE:
            del self._state.deployments[operation.endpoint][operation.deployment or ""]
        elif operation.deployment is None:
            endpoint = self._state.endpoints[operation.endpoint]
            self._state.endpoints[operation.endpoint] = self._with_split(endpoint, at)
        else:
            deployments = self._state.deployments[operation.endpoint]
            deployments[operation.deployment] = replace(
                deployments[operation.deployment],
                state=ProvisioningState.SUCCEEDED,
                was_ready=True,
            )
        self._finish(operation, OperationStatus.SUCCEEDED, at, caller, None)

    def _with_split(self, endpoint: Endpoint, at: datetime) -> Endpoint:
        succeeded = replace(endpoint, state=ProvisioningState.SUCCEEDED)
        if endpoint.spec.split == endpoint.split:
            return succeeded
        return replace(
            succeeded,
            split=endpoint.spec.split,
            split_before=endpoint.split_shown(at),
            stale_until=at + self._state.dials.stale_read,
        )

    def _fail(self, operation: Operation, at: datetime, error: OperationError) -> None:
        if operation.deployment is None:
            endpoint = self._state.endpoints[operation.endpoint]
            # The request never took effect: the split stays as it was.
            self._state.endpoints[operation.endpoint] = replace(
                endpoint,
                state=ProvisioningState.FAILED,
                spec=replace(endpoint.spec, split=endpoint.split),
            )
        else:
            deployments = self._state.deployments[operation.endpoint]
            deployments[operation.deployment] = replace(
                deployments[operation.deployment], state=ProvisioningState.FAILED
            )
        self._finish(operation, OperationStatus.FAILED, at, operation.started.by, error)

    def _remove_endpoint(self, endpoint: str, caller: Caller) -> None:
        for name, deployment in self._state.deployments.pop(endpoint).items():
            self._state.runtime.stop(deployment.endpoint, deployment.name)
            running = self._state.running_on(endpoint, name)
            if running is not None:
                self.cancel(running, caller, "The endpoint has been deleted.")
        del self._state.endpoints[endpoint]

    def _finish(
        self,
        operation: Operation,
        status: OperationStatus,
        at: datetime,
        caller: Caller,
        error: OperationError | None,
    ) -> None:
        self._state.operations[operation.id] = replace(
            operation, status=status, finished_at=at, error=error
        )
        del self._state.running[operation.id]
        resource = self._resource(operation)
        self._state.log.add(
            at,
            caller,
            f"operations.{status.lower()}",
            "/".join(filter(None, (operation.endpoint, operation.deployment))),
            after=ABSENT if resource is None else look_of(resource),
            detail=operation.kind if error is None else f"{operation.kind}: {error.code}",
        )

    def _resource(self, operation: Operation) -> Endpoint | Deployment | None:
        if operation.deployment is None:
            return self._state.endpoints.get(operation.endpoint)
        deployments = self._state.deployments.get(operation.endpoint, {})
        return deployments.get(operation.deployment)


def _due(operation: Operation) -> datetime:
    return operation.due
