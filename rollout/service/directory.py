"""Which service belongs to which endpoint: live rows first, then the bundle.

A service that was removed from the bundle stays visible and stoppable as long as its row is live.
"""

from collections.abc import Iterator

from rollout.core.policy import Policy
from rollout.core.signals import Registered
from rollout.errors import InvalidInputError, InvalidPolicyError, ServicesUnavailableError
from rollout.service.dependencies import Dependencies, Limits

_WORKSPACE = (
    "/subscriptions/{0.subscription}/resourcegroups/{0.resource_group}"
    "/providers/microsoft.machinelearningservices/workspaces/{0.name}"
)


class Directory:
    """Names to endpoints (ARM ids in lower case)."""

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._workspace = limits.workspace.lower()

    def endpoint_id(self, policy: Policy) -> str:
        return f"{self.workspace_of(policy)}/onlineendpoints/{policy.endpoint.lower()}"

    def workspace_of(self, policy: Policy) -> str:
        if policy.workspace is None:
            return self._workspace
        return _WORKSPACE.format(policy.workspace).lower()

    def matching(self, signal: Registered) -> Iterator[tuple[str, Policy]]:
        """The services an event concerns. The event's tags are a first sieve only."""
        for policy in self._ports.services.all():
            if self.workspace_of(policy) != signal.workspace.lower():
                continue
            if policy.model.lower() != signal.model.lower():
                continue
            if all(signal.tags.get(key) == value for key, value in policy.tags.items()):
                yield self.endpoint_id(policy), policy

    def configured(self, service: str) -> tuple[str, Policy]:
        """A service of the bundle.

        Raises:
            InvalidInputError: There is none of that name (404).
            ServicesUnavailableError: The bundle cannot be read.
        """
        policies = self._ports.services.all()
        for policy in policies:
            if policy.service == service:
                return self.endpoint_id(policy), policy
        known = ", ".join(sorted(policy.service for policy in policies)) or "none"
        raise InvalidInputError(f"there is no service {service!r}; known: {known}", status=404)

    def endpoint_of(self, service: str) -> str:
        """The endpoint of a live service, else of a configured one.

        Raises:
            InvalidInputError: Neither knows the name (404).
            ServicesUnavailableError: It is not live and the bundle cannot be read.
        """
        for row in self._ports.store.live():
            if row.service == service:
                return row.endpoint
        return self.configured(service)[0]

    def everyone(self) -> dict[str, str]:
        """Service name to endpoint, live or configured; live ones only where no bundle is."""
        found = dict(self.configured_endpoints())
        found.update({row.service: row.endpoint for row in self._ports.store.live()})
        return found

    def configured_endpoints(self) -> dict[str, str]:
        """Service name to endpoint of the bundle; empty where none can be read."""
        try:
            policies = self._ports.services.all()
        except (ServicesUnavailableError, InvalidPolicyError) as error:
            self._ports.log.info("the service bundle cannot be read", reason=str(error))
            return {}
        return {policy.service: self.endpoint_id(policy) for policy in policies}
