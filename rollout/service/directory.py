"""Which service belongs to which endpoint: live rows first, then the bundle.

A service removed from the bundle stays visible and can be stopped while its row is live. Where two
services name one endpoint, it belongs to the one in its row: a newcomer cannot take it away.
"""

from collections.abc import Iterator, Sequence

from rollout.addresses import ENDPOINTS, workspace_id
from rollout.core.policy.model import Policy
from rollout.core.records.signals import Registered
from rollout.errors import (
    InvalidInputError,
    InvalidPolicyError,
    ServicesUnavailableError,
    UnreadableRowError,
)
from rollout.ports import Catalogue, FaultyService
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.outcomes import Listed


class Directory:
    """Names to endpoints (ARM ids in lower case)."""

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._workspace = limits.workspace.lower()

    def endpoint_id(self, policy: Policy) -> str:
        return f"{self.workspace_of(policy)}{ENDPOINTS}{policy.endpoint.lower()}"

    def workspace_of(self, policy: Policy) -> str:
        if policy.workspace is None:
            return self._workspace
        return workspace_id(policy.workspace).lower()

    def _catalogue(self) -> Catalogue:
        catalogue = self._ports.services.all()
        owners = [each for each in catalogue.faulty if each.claim and self._owns(each, each.claim)]
        if not owners:
            return catalogue
        policies = [*catalogue.policies, *(each.claim for each in owners if each.claim)]
        return Catalogue(policies, [each for each in catalogue.faulty if each not in owners])

    def _owns(self, faulty: FaultyService, claim: Policy) -> bool:
        try:
            stored = self._ports.store.load(self.endpoint_id(claim))
        except UnreadableRowError:
            return False
        return stored is not None and stored.current.service == faulty.service

    def matching(self, signal: Registered) -> Iterator[tuple[str, Policy]]:
        """The usable services an event concerns.

        The event's tags are a hint: only a tag that contradicts the policy's filter rules a service
        out, because a missing one may have been set since. The pass reads the model itself.
        """
        for policy in self._catalogue().policies:
            if self.workspace_of(policy) != signal.workspace.lower():
                continue
            if policy.model.lower() != signal.model.lower():
                continue
            if all(signal.tags.get(key, value) == value for key, value in policy.tags.items()):
                yield self.endpoint_id(policy), policy

    def perhaps_matching(self, signal: Registered) -> Sequence[FaultyService]:
        """The services that cannot be used now but might want this model."""
        return [
            faulty
            for faulty in self._catalogue().faulty
            if faulty.model is None or faulty.model.lower() == signal.model.lower()
        ]

    def configured(self, service: str) -> tuple[str, Policy]:
        """A service of the bundle.

        Raises:
            InvalidInputError: The bundle has no service of that name (404).
            InvalidPolicyError: Its policy has a fault.
            ServicesUnavailableError: The bundle cannot be read.
        """
        catalogue = self._catalogue()
        for policy in catalogue.policies:
            if policy.service == service:
                return self.endpoint_id(policy), policy
        for faulty in catalogue.faulty:
            if faulty.service == service:
                raise InvalidPolicyError(faulty.faults)
        known = ", ".join(sorted(policy.service for policy in catalogue.policies)) or "none"
        raise InvalidInputError(f"there is no service {service!r}; known: {known}", status=404)

    def endpoint_of(self, service: str) -> str:
        """The endpoint of a live service, else of a configured one.

        Raises:
            InvalidInputError: Neither knows the name (404).
            ServicesUnavailableError: It is not live and the bundle cannot be read.
        """
        for row in self._ports.store.live():
            if row.service == service and not row.fault:
                return row.endpoint
        return self.configured(service)[0]

    def everyone(self) -> dict[str, Listed]:
        """Every service, live, configured or faulty; live ones only where no bundle is."""
        found = {name: Listed(endpoint) for name, endpoint in self.configured_endpoints().items()}
        faults = self.faults()
        found.update({name: Listed(None, text) for name, text in faults.items()})
        for row in self._ports.store.live():
            if not row.fault:
                found[row.service] = Listed(row.endpoint, faults.get(row.service, ""))
        return found

    def configured_endpoints(self) -> dict[str, str]:
        """Service name to endpoint of the usable services; empty if no bundle can be read."""
        try:
            policies = self._catalogue().policies
        except ServicesUnavailableError as error:
            self._ports.log.info("the service bundle cannot be read", reason=str(error))
            return {}
        return {policy.service: self.endpoint_id(policy) for policy in policies}

    def faults(self) -> dict[str, str]:
        """Service name to its faults, of every service that cannot be used.

        Empty if no bundle can be read.
        """
        try:
            faulty = self._catalogue().faulty
        except ServicesUnavailableError:
            return {}
        return {each.service: str(InvalidPolicyError(each.faults)) for each in faulty}
