"""Which service belongs to which endpoint: live ones first, then the bundle.

A service removed from the bundle stays visible and can be stopped while its row is live. Where two
services name one endpoint, it belongs to the one in its row: a newcomer cannot take it away. What
is live is read from the summaries; the table `Live` is asked only where those do not know.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from rollout.addresses import ENDPOINTS, workspace_id
from rollout.core.policy.model import Policy
from rollout.core.records.signals import Registered
from rollout.errors import (
    InvalidInputError,
    InvalidPolicyError,
    RolloutError,
    ServicesUnavailableError,
    UnreadableRowError,
)
from rollout.ports import UNREADABLE, Catalogue, FaultyService, Stored, SummaryRow
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.outcomes import Listed

KNOWN_SHOWN = 50
"""How many names the answer to an unknown one lists."""


@dataclass(frozen=True)
class Wanting:
    """Who wants a registered version: `usable` services with their endpoints, and `faulty` ones
    that might want it.
    """

    usable: Sequence[tuple[str, Policy]]
    faulty: Sequence[FaultyService]


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

    def _catalogue(self, owned: Container[tuple[str, str]] = ()) -> Catalogue:
        """The services as they can be used; `owned` are pairs of service and endpoint known so."""
        return self._settled(self._ports.services.all(), owned)

    def _settled(self, catalogue: Catalogue, owned: Container[tuple[str, str]] = ()) -> Catalogue:
        """A catalogue in which a service that owns its contested endpoint can be used."""
        owners = [
            each
            for each in catalogue.faulty
            if each.claim and self._owns(each.service, each.claim, owned)
        ]
        if not owners:
            return catalogue
        policies = [*catalogue.policies, *(each.claim for each in owners if each.claim)]
        return Catalogue(policies, [each for each in catalogue.faulty if each not in owners])

    def _owns(self, service: str, claim: Policy, owned: Container[tuple[str, str]]) -> bool:
        endpoint = self.endpoint_id(claim)
        if (service, endpoint) in owned:
            return True
        try:
            stored = self._ports.store.load(endpoint)
        except UnreadableRowError:
            return False
        return stored is not None and stored.current.service == service

    def wanting(self, signal: Registered) -> Wanting:
        """The services that an event concerns.

        The event's tags are a hint: only a tag that contradicts the policy's filter rules a service
        out, because a missing one may have been set since. The pass reads the model itself.

        Raises:
            ServicesUnavailableError: The bundle cannot be read.
        """
        serving = self._settled(self._ports.services.serving(signal.model))
        usable = [
            (self.endpoint_id(policy), policy)
            for policy in serving.policies
            if self.workspace_of(policy) == signal.workspace.lower()
            and all(signal.tags.get(key, value) == value for key, value in policy.tags.items())
        ]
        return Wanting(usable, serving.faulty)

    def configured(self, service: str) -> tuple[str, Policy]:
        """A service of the bundle.

        Raises:
            InvalidInputError: The bundle has no service of that name (404).
            InvalidPolicyError: Its policy has a fault.
            ServicesUnavailableError: The bundle cannot be read.
        """
        found = self._ports.services.find(service)
        if found is None:
            raise self._unknown(service)
        if isinstance(found, FaultyService):
            if found.claim is None or not self._owns(service, found.claim, ()):
                raise InvalidPolicyError(found.faults)
            found = found.claim
        return self.endpoint_id(found), found

    def _unknown(self, service: str) -> InvalidInputError:
        names = sorted(policy.service for policy in self._ports.services.all().policies)
        known = ", ".join(names[:KNOWN_SHOWN]) or "none"
        if len(names) > KNOWN_SHOWN:
            known += f" and {len(names) - KNOWN_SHOWN} more"
        return InvalidInputError(f"there is no service {service!r}; known: {known}", status=404)

    def endpoint_of(self, service: str) -> str:
        """The endpoint of a live service, else of a configured one. Raises as `row_of`."""
        return self._where(service)[0]

    def row_of(self, service: str) -> tuple[str, Stored | None]:
        """The endpoint of a live service, else of a configured one, and its owner row.

        Raises:
            InvalidInputError: Neither knows the name (404).
            ServicesUnavailableError: It is not live and the bundle cannot be read.
            UnreadableRowError: Its summary says that it is live, and its row cannot be read.
        """
        endpoint, stored = self._where(service)
        return endpoint, stored or self._ports.store.load(endpoint)

    def _where(self, service: str) -> tuple[str, Stored | None]:
        """The endpoint, and its owner row where that was read on the way."""
        endpoint, stored = self._live_row(service)
        if endpoint:
            return endpoint, stored
        try:
            return self.configured(service)[0], None
        except RolloutError:
            # A summary that is behind must keep nobody from stopping what the bundle no longer has.
            for row in self._ports.store.summaries(service):
                if (stored := self._live_in(row)) is not None:
                    return row.endpoint, stored
            raise

    def _live_row(self, service: str) -> tuple[str, Stored | None]:
        """Where a service is live ("": nowhere), with its owner row where that was read."""
        rows = self._ports.store.summaries(service)
        for row in rows:
            # A summary may be behind: its owner row says whose the endpoint is.
            if row.live and (stored := self._live_in(row)) is not None:
                return row.endpoint, stored
        # Without a summary that says otherwise, it may be live and not known here yet.
        if not rows or any(row.form == UNREADABLE for row in rows):
            for live in self._ports.store.live_of(service):
                return live.endpoint, None
        return "", None

    def _live_in(self, row: SummaryRow) -> Stored | None:
        """The owner row of a summary's endpoint, if the service is live there."""
        stored = self._ports.store.load(row.endpoint)
        if stored is None or stored.current.idle or stored.current.service != row.service:
            return None
        return stored

    def fault_of(self, service: str, stored: Stored | None) -> str:
        """What is wrong with a service in the bundle; "" where nothing is known to be.

        `stored` is the row of the endpoint that the service is known at.
        """
        try:
            found = self._ports.services.find(service)
        except ServicesUnavailableError:
            return ""
        if not isinstance(found, FaultyService):
            return ""
        current = stored.current if stored is not None else None
        owned = {(current.service, current.endpoint)} if current is not None else set()
        if found.claim is not None and self._owns(service, found.claim, owned):
            return ""
        return str(InvalidPolicyError(found.faults))

    def everyone(self, rows: Sequence[SummaryRow] | None = None) -> dict[str, Listed]:
        """Every service, live, configured or faulty; live ones only where no bundle is.

        `rows` are all summaries (None: they are read).
        """
        rows = self._ports.store.summaries() if rows is None else rows
        latest = latest_by_endpoint(rows).values()
        live = {row.service: row.endpoint for row in latest if row.live}
        if not rows or any(row.form == UNREADABLE for row in rows):
            live |= {row.service: row.endpoint for row in self._ports.store.live() if not row.fault}
        saved = {(row.service, row.endpoint) for row in latest if row.saved_at is not None}
        catalogue = self._usable(saved)
        faults = _faults(catalogue)
        found = {name: Listed(None, text) for name, text in faults.items()}
        found |= {each.service: Listed(self.endpoint_id(each)) for each in catalogue.policies}
        for service, endpoint in live.items():
            found[service] = Listed(endpoint, faults.get(service, ""))
        return found

    def _usable(self, owned: Container[tuple[str, str]]) -> Catalogue:
        """The catalogue, empty where no bundle can be read."""
        try:
            return self._catalogue(owned)
        except ServicesUnavailableError as error:
            self._ports.log.info("the service bundle cannot be read", reason=str(error))
            return Catalogue((), ())

    def configured_endpoints(self) -> dict[str, str]:
        """Service name to endpoint of the usable services.

        Raises:
            ServicesUnavailableError: The bundle cannot be read.
        """
        return {each.service: self.endpoint_id(each) for each in self._catalogue().policies}

    def faults(self) -> dict[str, str]:
        """Service name to its faults, of every service that cannot be used.

        Empty if no bundle can be read.
        """
        try:
            return _faults(self._catalogue())
        except ServicesUnavailableError:
            return {}


def latest_by_endpoint(rows: Iterable[SummaryRow]) -> dict[str, SummaryRow]:
    """The summary of each endpoint's latest saved row, whatever service it names."""
    found: dict[str, SummaryRow] = {}
    for row in sorted(
        rows, key=lambda row: (row.saved_at is not None, row.saved_at or row.made_at)
    ):
        found[row.endpoint] = row
    return found


def _faults(catalogue: Catalogue) -> dict[str, str]:
    return {each.service: str(InvalidPolicyError(each.faults)) for each in catalogue.faulty}
