"""What the doors call. Each method is one signal with one `now`, taken at the door."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime

from rollout.core.machine.commands import pin
from rollout.core.machine.decision import Decision
from rollout.core.machine.repeats import repeated
from rollout.core.offers.withdrawing import pin_version, to_withdraw
from rollout.core.records.observation import Observation
from rollout.core.records.offers import OfferRecord
from rollout.core.records.pages import HistoryPage, MinutesPage, OffersPage
from rollout.core.records.rollout import Current
from rollout.core.records.signals import AlertFired, Command, Offered, Registered, StrayAlert, Verb
from rollout.core.records.suspensions import OrderForAll
from rollout.errors import (
    RefusedError,
    UnreadableRowError,
)
from rollout.ports import Stored
from rollout.service.comparing import Comparing
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.door_passes import DoorPass
from rollout.service.foreseeing import Foreseeing
from rollout.service.health import HealthCheck
from rollout.service.listing import Listing
from rollout.service.offering import Offering
from rollout.service.outcomes import (
    AlertOutcome,
    AllOutcome,
    Bodies,
    Foreseen,
    Health,
    Listed,
    ListPage,
    OrderOutcome,
    Policies,
    Readiness,
    RegisteredOutcome,
    ServiceView,
    Suspended,
    TickReport,
    outcome_of,
)
from rollout.service.paging import Paging
from rollout.service.races import raced
from rollout.service.readiness import Reporting
from rollout.service.second_clock import SecondClock
from rollout.service.stray_alerts import StrayAlerts
from rollout.service.suspending import Suspending
from rollout.service.timer import Timer
from rollout.service.viewing import HISTORY_SHOWN, Viewing
from rollout.service.working import Around, Working


class RolloutService:
    """The product, behind its doors.

    What must outlive a call is in storage. What the timer, the health check and forecasts remember
    between calls is a cache: see there.
    """

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = Directory(ports, limits)
        self._offering = Offering(ports, limits, self._directory)
        self._stray_alerts = StrayAlerts(ports.store, ports.log)
        self._timer = Timer(ports, limits, self._directory)
        self._working = Working(ports, limits)
        self._second_clock = SecondClock(ports, limits)
        self._health = HealthCheck(ports, limits, self._second_clock)
        self._suspending = Suspending(ports, limits, self._directory)
        self._viewing = Viewing(ports, limits, self._directory)
        self._reporting = Reporting(ports, limits, self._health)
        self._comparing = Comparing(ports, self._directory)
        self._foreseeing = Foreseeing(ports, limits, self._directory)
        self._listing = Listing(ports, self._directory)
        self._paging = Paging(ports, self._directory)

    def registered(self, signal: Registered, now: datetime) -> RegisteredOutcome:
        """Offer a registered version to every service that serves this model.

        Raises: as `Offering.registered`; Event Grid delivers the event again.
        """
        return self._offering.registered(signal, now)

    def offer(self, offered: Offered, now: datetime) -> OrderOutcome:
        """Offer a version on an operator's command. Raises as `Offering.offer`."""
        return self._offering.offer(offered, now)

    def tick(self, now: datetime) -> TickReport:
        """Wake every live endpoint; now and then sweep."""
        report = self._timer.tick(now)
        self._second_clock.ticked(now)
        return report

    def second_tick(self, now: datetime) -> TickReport:
        """Do that where the timer does not run. See `Timer.second_tick`."""
        return self._timer.second_tick(now)

    def watch_timer(self, now: datetime) -> None:
        """Have what is due woken where the timer is overdue. See `SecondClock.look`."""
        self._second_clock.look(now)

    def stray_alert(self, alert: StrayAlert) -> None:
        """Note an alert that has no endpoint to act on. Raises as `StrayAlerts.note`."""
        self._stray_alerts.note(alert)

    def work(
        self,
        endpoint: str,
        now: datetime,
        chain_ends: datetime | None,
        *,
        suspended: bool = False,
        waits_since: datetime | None = None,
    ) -> None:
        """Answer a wake-up with one pass. See `Working.work`."""
        self._working.work(endpoint, now, chain_ends, suspended=suspended, waits_since=waits_since)

    def work_all(
        self,
        endpoints: Sequence[str],
        now: datetime,
        chain_ends: datetime | None,
        *,
        suspended: bool = False,
        waits_since: datetime | None = None,
        around: Around = lambda _: nullcontext(),
    ) -> None:
        """Answer a wake-up of several endpoints. See `Working.work_all`."""
        self._working.work_all(
            endpoints,
            now,
            chain_ends,
            suspended=suspended,
            waits_since=waits_since,
            around=around,
        )

    def alert(self, endpoint: str, alert: AlertFired, now: datetime) -> AlertOutcome:
        """Act on an alert at once: save, then one bounded attempt at the endpoint.

        Raises:
            StoreUnavailableError: Answer 503; the action group tries again.
        """
        return raced(self._limits.races, lambda: self._alert(endpoint.lower(), alert, now))

    def command(self, service: str, command: Command, now: datetime) -> OrderOutcome:
        """Carry out an operator's command, once for each key.

        Raises:
            InvalidInputError: Unknown service (404).
            RefusedError: Not legal now, not by this person, or based on an outdated view.
            KeyReusedError: Another order has this one's key.
            StoreUnavailableError: Try again.
        """
        if command.verb is Verb.RETRY:
            return self._offering.retry(service, command, now)
        endpoint = self._directory.endpoint_of(service)
        pinned: list[Command] = []

        def attempt() -> OrderOutcome:
            stored = self._ports.store.load(endpoint)
            if stored is None and command.verb is not Verb.SUSPEND:
                raise RefusedError(f"{service} never had a rollout")
            current = stored.current if stored is not None else Current(endpoint, service, now)
            if not pinned and repeated(current, command, now) is None:
                pinned.append(_pin(command, current))
            given = pinned[0] if pinned else command
            return outcome_of(service, self._decided(current, stored, given, now))

        outcome = raced(self._limits.races, attempt)
        if command.verb is Verb.SUSPEND:
            self._suspending.settle()
        return outcome

    def order_for_all(self, order: OrderForAll) -> AllOutcome:
        """Suspend all services, or end that. Raises as `Suspending.order`."""
        return self._suspending.order(order)

    def suspensions(self, now: datetime) -> tuple[Suspended, ...]:
        """List what is suspended. Raises as `Suspending.listed`."""
        return tuple(self._suspending.listed(now))

    def after(self, outcome: OrderOutcome) -> ServiceView:
        """What a service looks like after an order: see `Viewing.after`."""
        return self._viewing.after(outcome)

    def row(self, service: str) -> ServiceView:
        """One service without its history and offers. Raises as `Viewing.row`."""
        return self._viewing.row(service)

    def complete(
        self,
        row: ServiceView,
        *,
        before: int | None = None,
        limit: int = HISTORY_SHOWN,
        after: str = "",
    ) -> ServiceView:
        """Add a page of its history and offers. Raises as `Viewing.complete`."""
        return self._viewing.complete(row, before=before, limit=limit, after=after)

    def show(
        self,
        service: str,
        *,
        before: int | None = None,
        limit: int = HISTORY_SHOWN,
        after: str = "",
    ) -> ServiceView:
        """Everything about one service, a page of its history and offers. Raises as both above."""
        return self.complete(self.row(service), before=before, limit=limit, after=after)

    def bodies(self, service: str, sequence: int) -> Bodies:
        """What the views hold back of one history row. Raises as `Viewing.bodies`."""
        return self._viewing.bodies(service, sequence)

    def everyone(self) -> Mapping[str, Listed]:
        """Every service: live, configured, or with a fault. See `Listing.everyone`."""
        return self._listing.everyone()

    def page(self, after: str, limit: int, now: datetime) -> ListPage:
        """Return a page of the list. Raises as `Listing.page`."""
        return self._listing.page(after, limit, now)

    def history(
        self, service: str, rollout: str | None, before: int | None, limit: int
    ) -> HistoryPage:
        """A page of a rollout's history. Raises as `Paging.history`."""
        return self._paging.history(service, rollout, before, limit)

    def minutes(
        self, service: str, rollout: str | None, after: datetime | None, limit: int
    ) -> MinutesPage:
        """A page of what the gate folded. Raises as `Paging.minutes`."""
        return self._paging.minutes(service, rollout, after, limit)

    def offers(self, service: str, after: str, limit: int) -> OffersPage:
        """A page of what became of offered versions. Raises as `Paging.offers`."""
        return self._paging.offers(service, after, limit)

    def health(self, now: datetime) -> Health:
        """Ready when storage and queue answer and a tick was marked lately; see `HealthCheck`."""
        return self._health.health(now)

    def readiness(self, now: datetime) -> Readiness:
        """Everything that rollouts depend on, thing by thing; see `Reporting`."""
        return self._reporting.readiness(now)

    def policies(self, service: str) -> Policies:
        """The frozen policy and the published one. Raises as `Comparing.policies`."""
        return self._comparing.policies(service)

    def plan(self, service: str, now: datetime) -> Foreseen:
        """A forecast for the next rollout. Raises as `Foreseeing.plan`."""
        return self._foreseeing.plan(service, now)

    def _alert(self, endpoint: str, alert: AlertFired, now: datetime) -> AlertOutcome:
        stored = self._ports.store.load(endpoint)
        if stored is None:
            return AlertOutcome("ignored", "this endpoint has no rollout")
        decision = DoorPass(self._ports, self._limits, stored.current, stored).take(
            alert, Observation(), now
        )
        # The log has each of them; the history leaves out what repeats itself.
        self._ports.log.info(
            "an alert came", endpoint=endpoint, alert=alert.alert_id, outcome=decision.outcome
        )
        return AlertOutcome(decision.outcome, decision.text)

    def _decided(
        self, current: Current, stored: Stored | None, command: Command, now: datetime
    ) -> Decision:
        seen = Observation(offer_records=self._records_of(current, command))
        return DoorPass(self._ports, self._limits, current, stored).take(command, seen, now)

    def _records_of(
        self, current: Current, command: Command
    ) -> Mapping[tuple[str, str], OfferRecord | None]:
        """What is known of the versions that a `cancel` withdraws; nothing for other verbs."""
        if command.verb is not Verb.CANCEL:
            return {}
        keys = {(offer.model, offer.version) for offer in to_withdraw(command, current)}
        return {key: self._record(current.endpoint, *key) for key in keys}

    def _record(self, endpoint: str, model: str, version: str) -> OfferRecord | None:
        """A damaged record keeps no order from being carried out; the commit leaves it as it is."""
        try:
            return self._ports.store.offer(endpoint, model, version)
        except UnreadableRowError as error:
            self._ports.log.attention(f"a row is left alone: {error}", endpoint=endpoint)
            return None


def _pin(command: Command, current: Current) -> Command:
    return (pin_version if command.verb is Verb.CANCEL else pin)(command, current)
