"""Online endpoints: create, read, change traffic and tags, delete.

A PUT replaces the whole endpoint and carries no ETag: the last writer wins. The split a PUT asks
for takes effect when its operation ends; until then, and for the dial `stale_read` after it, a GET
shows the previous one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from localazure.world.errors import bad_request, conflict
from localazure.world.names import check_name
from localazure.world.progress import Progress
from localazure.world.resources import (
    NO_SPLIT,
    Caller,
    Endpoint,
    EndpointSpec,
    OperationKind,
    ProvisioningState,
)
from localazure.world.splits import check_split
from localazure.world.state import WorldState, look_of
from localazure.world.write_log import ABSENT

IN_PROCESS = Caller()


class Endpoints:
    """The endpoints of one world. Every call first lets time catch up."""

    def __init__(self, state: WorldState, progress: Progress) -> None:
        self._state = state
        self._progress = progress

    def get(self, name: str) -> Endpoint:
        """Return the endpoint as it is now; 404 when absent."""
        self._progress.settle()
        return self._state.endpoint(name)

    def list(self) -> list[Endpoint]:
        self._progress.settle()
        return list(self._state.endpoints.values())

    def put(
        self, name: str, spec: EndpointSpec, caller: Caller = IN_PROCESS
    ) -> tuple[Endpoint, bool]:
        """Create or replace an endpoint; return it and whether it is new.

        Raises:
            ArmError: 400 for a bad name or split (traffic at creation included), 409 while an
                operation runs on the endpoint.
        """
        self._progress.settle()
        key = name.lower()
        existing = self._state.endpoints.get(key)
        if existing is None:
            self._create(key, name, spec, caller)
        else:
            self._replace(key, existing, spec, caller)
        self._progress.settle()
        return self._state.endpoints[key], existing is None

    def patch(
        self,
        name: str,
        caller: Caller = IN_PROCESS,
        *,
        tags: Mapping[str, str] | None = None,
        identity: Mapping[str, Any] | None = None,
    ) -> Endpoint:
        """Replace tags or identity (`None` keeps them). Traffic cannot be patched."""
        self._progress.settle()
        before = self._state.endpoint(name)
        self._refuse_while_running(before)
        spec = replace(
            before.spec,
            tags=before.spec.tags if tags is None else tags,
            identity=before.spec.identity if identity is None else identity,
        )
        after = replace(before, spec=spec, modified=self._state.stamp(caller))
        self._state.endpoints[name.lower()] = after
        self._write("endpoints.patch", before, after, caller)
        return after

    def delete(self, name: str, caller: Caller = IN_PROCESS) -> str | None:
        """Begin to delete the endpoint and its deployments; return the operation's id.

        `None` when the endpoint does not exist. Traffic does not protect an endpoint.
        """
        self._progress.settle()
        key = name.lower()
        before = self._state.endpoints.get(key)
        if before is None:
            return None
        self._refuse_while_running(before)
        stamp = self._state.stamp(caller)
        operation = self._progress.begin(
            OperationKind.ENDPOINT_DELETE, stamp, self._state.dials.endpoint_deletion, key
        )
        after = replace(
            before, state=ProvisioningState.DELETING, modified=stamp, operation=operation.id
        )
        self._state.endpoints[key] = after
        self._write("endpoints.delete", before, after, caller)
        self._progress.settle()
        return operation.id

    def regenerate_key(self, name: str, *, primary: bool, caller: Caller = IN_PROCESS) -> Endpoint:
        """Replace one of the two scoring keys."""
        self._progress.settle()
        before = self._state.endpoint(name)
        key = self._state.new_id()
        after = replace(
            before,
            modified=self._state.stamp(caller),
            primary_key=key if primary else before.primary_key,
            secondary_key=before.secondary_key if primary else key,
        )
        self._state.endpoints[name.lower()] = after
        self._write("endpoints.regenerateKeys", before, after, caller)
        return after

    def _create(self, key: str, name: str, spec: EndpointSpec, caller: Caller) -> None:
        check_name("endpoint", name)
        if spec.split != NO_SPLIT:
            raise bad_request(
                "Traffic cannot be set when an endpoint is created: its deployments do not exist "
                "yet. Create it without traffic, then the deployments, then set traffic."
            )
        stamp = self._state.stamp(caller)
        operation = self._progress.begin(
            OperationKind.ENDPOINT_CREATE, stamp, self._state.dials.endpoint_creation, key
        )
        endpoint = Endpoint(
            name=name,
            spec=spec,
            state=ProvisioningState.CREATING,
            created=stamp,
            modified=stamp,
            operation=operation.id,
            primary_key=self._state.new_id(),
            secondary_key=self._state.new_id(),
        )
        self._state.endpoints[key] = endpoint
        self._state.deployments[key] = {}
        self._write("endpoints.put", None, endpoint, caller)

    def _replace(self, key: str, before: Endpoint, spec: EndpointSpec, caller: Caller) -> None:
        self._refuse_while_running(before)
        check_split(self._state, before, spec.split)
        stamp = self._state.stamp(caller)
        operation = self._progress.begin(
            OperationKind.ENDPOINT_UPDATE, stamp, self._update_time(before, spec), key
        )
        # Azure documents `properties` as "can be added, but not removed or altered".
        properties = {**spec.properties, **before.spec.properties}
        after = replace(
            before,
            spec=replace(spec, properties=properties),
            state=ProvisioningState.UPDATING,
            modified=stamp,
            operation=operation.id,
        )
        self._state.endpoints[key] = after
        self._write("endpoints.put", before, after, caller)

    def _update_time(self, before: Endpoint, spec: EndpointSpec) -> timedelta:
        dials = self._state.dials
        return dials.endpoint_update if before.split == spec.split else dials.traffic_update

    def _refuse_while_running(self, endpoint: Endpoint) -> None:
        if self._state.running_on(endpoint.name.lower(), None) is not None:
            raise conflict(
                f"Cannot change endpoint {endpoint.name} because it is in {endpoint.state} "
                "provisioning state. Try again when its operation has ended."
            )

    def _write(
        self, operation: str, before: Endpoint | None, after: Endpoint, caller: Caller
    ) -> None:
        self._state.log.add(
            after.modified.at,
            caller,
            operation,
            after.name.lower(),
            before=ABSENT if before is None else look_of(before),
            after=look_of(after),
            tags=after.spec.tags,
        )
