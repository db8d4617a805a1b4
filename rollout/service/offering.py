"""How a model version is offered: by an event, by an operator, or by an operator's retry."""

from dataclasses import replace
from datetime import datetime

from rollout.core.machine.decision import Decision
from rollout.core.machine.repeats import repeated
from rollout.core.offers.offers import KNOWN
from rollout.core.records.observation import Observation
from rollout.core.records.offers import RETRYABLE, OfferSource
from rollout.core.records.rollout import NO_ROLLOUT, Current
from rollout.core.records.signals import Command, Offered, Registered
from rollout.errors import (
    InvalidInputError,
    InvalidPolicyError,
    RefusedError,
    RolloutError,
    UnreadableRowError,
)
from rollout.ports import Stored
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.door_passes import DoorPass
from rollout.service.outcomes import OrderOutcome, RegisteredOutcome, outcome_of
from rollout.service.races import raced


class Offering:
    """The doors for new versions. They store the offer and wake the endpoint."""

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory

    def registered(self, signal: Registered, now: datetime) -> RegisteredOutcome:
        """Offer a registered version to every service that serves this model.

        Trouble with one service does not keep the version from another.

        Raises:
            ServicesUnavailableError, StoreUnavailableError, InvalidPolicyError: At least one
                service that wants the version, or may want it, could not be offered it now: Event
                Grid delivers it again, and services that have it already ignore it.
        """
        matched: list[str] = []
        known: list[str] = []
        failed: RolloutError | None = None
        wanting = self._directory.wanting(signal)
        for endpoint, policy in wanting.usable:
            offered = Offered(
                policy.service, signal.model, signal.version, OfferSource.EVENT, by="Event Grid"
            )
            try:
                decision = self._offer(endpoint, offered, now)
            except UnreadableRowError as error:
                self._ports.log.attention(
                    f"version {signal.version} is not offered to {policy.service}: {error}",
                    endpoint=endpoint,
                )
            except RolloutError as error:
                self._ports.log.info("not offered", service=policy.service, reason=str(error))
                failed = error
            else:
                matched.append(policy.service)
                known += [policy.service] if decision.outcome == KNOWN else []
        for faulty in wanting.faulty:
            failed = failed or InvalidPolicyError(faulty.faults)
        text = f"version {signal.version} of {signal.model}: "
        text += f"offered to {', '.join(matched)}" if matched else "no service serves it"
        text += f"; known already to {', '.join(known)}" if known else ""
        self._ports.log.info(text, event=signal.event_id)
        if failed is not None:
            raise failed
        return RegisteredOutcome(tuple(matched), text)

    def offer(self, offered: Offered, now: datetime) -> OrderOutcome:
        """Offer a version on an operator's command.

        Raises:
            InvalidInputError: The bundle lacks the service, or it serves another model.
            ServicesUnavailableError, StoreUnavailableError: Try again.
        """
        endpoint, policy = self._directory.configured(offered.service)
        if offered.model and offered.model.lower() != policy.model.lower():
            raise InvalidInputError(f"{offered.service} serves {policy.model}, not {offered.model}")
        offered = replace(offered, model=policy.model)
        return outcome_of(offered.service, self._offer(endpoint, offered, now))

    def _offer(self, endpoint: str, offered: Offered, now: datetime) -> Decision:
        return raced(self._limits.races, lambda: self._offer_once(endpoint, offered, now))

    def _offer_once(self, endpoint: str, offered: Offered, now: datetime) -> Decision:
        stored = self._ports.store.load(endpoint)
        current = stored.current if stored else self._first(endpoint, offered.service, now)
        if current.rollout is None or current.rollout.final:
            current = replace(current, service=offered.service)
        record = self._ports.store.offer(endpoint, offered.model, offered.version)
        seen = Observation(offer_records={(offered.model, offered.version): record})
        return DoorPass(self._ports, self._limits, current, stored).take(offered, seen, now)

    def _first(self, endpoint: str, service: str, now: datetime) -> Current:
        """A row for an endpoint without one: a service that was moved there stays suspended."""
        current = Current(endpoint, service, now)
        for row in self._ports.store.summaries(service):
            before = self._ports.store.load(row.endpoint)
            if before is None or before.current.service != service:
                continue
            own = before.current.suspension
            if own is not None and own.lasts(now):
                current = replace(current, suspension=own)
        return current

    def retry(self, service: str, command: Command, now: datetime) -> OrderOutcome:
        """Offer a rejected or quarantined version again on an operator's command.

        Raises:
            InvalidInputError: The bundle lacks the service.
            RefusedError: There is nothing to retry, or the command is based on an outdated view.
        """
        endpoint, policy = self._directory.configured(service)
        # Before the row: a first sending that took one of them is then in the row's memory.
        records = self._ports.store.offers(endpoint, states=RETRYABLE)
        stored = self._ports.store.load(endpoint)
        if stored is not None and (again := repeated(stored.current, command, now)):
            return outcome_of(service, again)
        _check_expected(stored, command)
        if command.version is not None:
            records = [r for r in records if r.offer.version == command.version]
        if not records:
            which = f"version {command.version}" if command.version else "no version"
            raise RefusedError(
                f"{which} of {service} was rejected or quarantined: nothing to retry"
            )
        latest = max(records, key=lambda record: record.decided_at)
        offered = Offered(
            service,
            policy.model,
            latest.offer.version,
            OfferSource.RETRY,
            command.actor,
            command.reason,
            command.proof,
            command.key,
        )
        return outcome_of(service, self._offer(endpoint, offered, now))


def _check_expected(stored: Stored | None, command: Command) -> None:
    """A retry belongs to no rollout, but must not be based on an outdated view of one."""
    rollout = stored.current.rollout_id if stored else NO_ROLLOUT
    if command.expected.rollout not in (None, rollout):
        raise RefusedError(f"the rollout is {rollout} now, not {command.expected.rollout}")
