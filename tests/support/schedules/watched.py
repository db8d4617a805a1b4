"""A story whose every call of the product, and every change it makes, the rules see."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from localazure.world import ArmError
from rollout.core.records.observation import Absent, DeploymentSeen, EndpointSeen, ProvisioningState
from rollout.core.records.rollout import Rollout
from rollout.core.records.signals import AlertFired, Command, Offered, Verb
from rollout.core.records.suspensions import OrderForAll
from rollout.errors import (
    ArmRefusedError,
    InvalidInputError,
    RefusedError,
    SecondPersonError,
    ServicesUnavailableError,
    StoreUnavailableError,
    TooManyOffersError,
)
from rollout.service import AlertOutcome, OrderOutcome
from tests.doubles.seam import CrashError
from tests.doubles.wire import Wire
from tests.support.schedules import rules_of_clocks as clocks
from tests.support.schedules import rules_of_mirrors as mirrors
from tests.support.schedules import rules_of_orders as orders
from tests.support.schedules import rules_of_outages as outages
from tests.support.schedules import rules_of_release as release
from tests.support.schedules import rules_of_rights as rights
from tests.support.schedules import rules_of_rows as rows
from tests.support.schedules import rules_of_stops as stops
from tests.support.schedules import rules_of_traffic as traffic
from tests.support.schedules.senders import Senders
from tests.support.schedules.settings import Setting
from tests.support.schedules.watching import Witness
from tests.support.stories.azure import Behaviour, StoryEndpoints
from tests.support.stories.policies import MODEL
from tests.support.stories.stage import Story

ON_WRITE = [
    traffic.whose_traffic_it_is,
    traffic.a_lost_candidate_is_left,
    traffic.what_is_deleted_was_ours,
    traffic.watch_for_a_loss,
    mirrors.whose_mirror_it_is,
    mirrors.a_way_back_ends_the_mirror,
    release.nothing_raises_what_was_replaced,
    stops.nothing_raises_while_held,
    stops.nothing_raises_while_stopped,
    rights.nothing_is_created_before_the_rehearsal,
]
ON_COMMIT = [
    traffic.a_lost_candidate_is_a_foreign_rollback,
    traffic.nothing_starts_by_itself_beside_anothers_choice,
    mirrors.only_a_dropped_mirror_is_put_back,
    release.success_means_that_the_release_serves,
    release.what_was_replaced_is_never_promoted,
    stops.a_persons_stop_stands,
    stops.no_hold_expires_early,
    outages.no_limit_runs_while_nobody_watches,
    orders.an_order_counts_once,
    orders.nobody_approves_their_own,
    stops.watch_for_an_override,
    stops.nothing_starts_while_suspended,
    rows.one_rollout_owns_the_endpoint,
    rows.history_is_numbered,
    rows.phases_follow_the_table,
    rows.no_name_is_used_twice,
    rows.what_starts_is_registered,
    rows.a_golden_row_counts_once,
    rows.count_the_places,
]
ON_LEAVE = [
    traffic.a_lost_candidate_ends_the_trial,
    rights.a_refused_write_asks_for_an_operator,
]


@dataclass
class WatchedEndpoints(StoryEndpoints):
    """`Endpoints` that tell the witness what they showed."""

    witness: Witness | None = None

    def endpoint(
        self, endpoint: str, *, timeout: float, shared: bool = False
    ) -> EndpointSeen | Absent:
        found = super().endpoint(endpoint, timeout=timeout, shared=shared)
        if self.witness is not None and isinstance(found, EndpointSeen):
            rights.watch_for_the_rehearsal(self.witness, found)
            door = self.witness.door
            door.shown, door.mirrored = dict(found.traffic), dict(found.mirror)
            if door.split is None:
                door.split = door.shown
                door.busy = found.state is not ProvisioningState.SUCCEEDED
        return found

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
        try:
            super().set_traffic(
                endpoint, seen, split, mirror, stamp=stamp, timeout=timeout, last_check=last_check
            )
        except ArmRefusedError:
            if self.witness is not None:
                rights.watch_for_a_refusal(self.witness)
            raise

    def deployments(self, endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        shown = super().deployments(endpoint, timeout=timeout)
        if self.witness is not None:
            release.watch_the_making(self.witness, shown)
        return shown


ANSWERS = (
    RefusedError,
    InvalidInputError,
    TooManyOffersError,
    StoreUnavailableError,
    ServicesUnavailableError,
    ArmError,
)
"""What a door, or Azure, may answer to whoever asks at a wrong moment."""

PROBED_EVERY = timedelta(seconds=30)
"""While the timer is silent: two places ask for health once a minute."""

RESENT = timedelta(seconds=30)
"""After so long an order is sent again that met an app that was down."""


class WatchedStory(Story):
    """A story with a witness. Orders and alerts are given whole, as `order` and `fired`.

    `versions` counts what was registered, from 1 on.
    """

    versions = 0

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting.policy)
        self.setting = setting
        self.senders = Senders(setting.senders)
        self.bundle.golden = setting.golden
        world, name = self.world, self.policy.endpoint
        self.witness = Witness(
            self.clock,
            lambda each: world.deployments.get(name, each),
            self._has,
            stale_reads=bool(setting.dials.stale_read),
        )
        self.witness.on_write += ON_WRITE
        self.witness.on_commit += ON_COMMIT
        self.witness.on_leave += ON_LEAVE
        self.witness.told = lambda: len(self.log.attentions)
        self.seam.before.append(lambda call: clocks.turns_keep_their_distance(self.witness, call))
        world.log.on_write(self.witness.wrote)
        self.store.listeners.append(self.witness.committed)
        self.ports = replace(self.ports, endpoints=_watched(self.wire, self.witness))
        self.restart()

    def serves(self, version: str, behaviour: Behaviour) -> None:
        """The version behaves so, and answers as the setting says."""
        answers = self.setting.answers
        if answers:
            behaviour = replace(behaviour, answers=answers[int(version) % len(answers)])
        super().serves(version, behaviour)

    @property
    def rollout_or_none(self) -> Rollout | None:
        row = self.row
        return row.current.rollout if row is not None else None

    def door(self, act: Callable[[], object]) -> None:
        """Let somebody act, who may be refused; a crash starts a new process."""
        try:
            act()
        except CrashError:
            self.restart()
        except ANSWERS:
            return

    def later(self, span: timedelta, act: Callable[[], object]) -> None:
        """Let somebody act after `span`."""
        self.at(self.clock.now + span, lambda: self.door(act))

    def interrupted(self, nth: int, meanwhile: Callable[[], None], *, call: str = "") -> None:
        """At the nth call from now (0 is the next) the worker stands still while others go on.

        `call` names the only one that counts ("": each of them does).
        """
        left = nth

        def called(name: str) -> None:
            nonlocal left
            if call and name != call:
                return
            left -= 1
            # Two that wait for the same call: the first lets it be made in between.
            if left >= 0 or called not in self.seam.before:
                return
            self.seam.before.remove(called)
            self.witness.paused(name)
            self.witness.note(f"situation: others went on before {name}")
            meanwhile()

        self.seam.before.append(called)

    def timer(self, *, runs: bool) -> None:
        """The host fires the timer again, or does not while somebody asks for health."""
        silent = self.witness.silent_since
        if runs == (silent is None):
            return
        self.platform.timer(runs=runs)
        self.witness.silent_since = None if runs else self.clock.now
        if not runs:
            self.later(PROBED_EVERY, lambda: self._probed(self.witness.silent_since))

    def _probed(self, silent: datetime | None) -> None:
        """Ask for health, as long as it is the same silence."""
        if silent is None or self.witness.silent_since != silent:
            return
        self.later(PROBED_EVERY, lambda: self._probed(silent))
        if self.platform.is_down:
            return
        try:
            with self.witness.entered("probe"):
                self.service.health(self.clock.now)
        finally:
            clocks.what_is_due_is_looked_at(self.witness, self.store.due(self.endpoint))

    def is_down(self, span: timedelta) -> None:
        began = self.clock.now
        super().is_down(span)
        self.witness.downs.append((began, self.clock.now))
        self.witness.trouble_until(self.clock.now)

    def work(
        self,
        chain_ends: datetime | None = None,
        endpoint: str | None = None,
        *,
        suspended: bool = False,
        waits_since: datetime | None = None,
    ) -> None:
        with self.witness.entered("work"):
            where, now = endpoint or self.endpoint, self.clock.now
            self.service.work(where, now, chain_ends, suspended=suspended, waits_since=waits_since)

    def tick(self) -> None:
        with self.witness.entered("tick"):
            super().tick()

    def registered(self, version: str) -> None:
        with self.witness.entered("offer"):
            super().registered(version)

    def offered(self, offered: Offered) -> OrderOutcome:
        signed = self.senders.signed(offered)
        self.witness.put_forward.setdefault(signed.version, []).append(signed.proof)

        def send() -> OrderOutcome:
            with self.witness.entered("offer"):
                return self.service.offer(signed, self.clock.now)

        outcome = self._sent(send)
        self.accepted.append(offered.version)
        return outcome

    def order(self, command: Command) -> OrderOutcome:
        signed = self.senders.signed(command)
        if signed.verb is Verb.RETRY:
            for versions in self.witness.put_forward.values():
                versions.append(signed.proof)

        def send() -> OrderOutcome:
            with self.witness.entered("order", signed) as door:
                if signed.verb is Verb.UNSUSPEND:
                    self.witness.suspended.pop("one", None)
                try:
                    outcome = self.service.command(self.policy.service, signed, self.clock.now)
                except RefusedError as error:
                    stops.a_way_back_is_never_refused(self.witness, door, error)
                    raise
                if signed.verb is Verb.SUSPEND and not outcome.repeated:
                    self.witness.suspended["one"] = signed.until
                return outcome

        return self._sent(send)

    def _sent(self, send: Callable[[], OrderOutcome]) -> OrderOutcome:
        """Send it now, and perhaps again: an answer that was lost is asked for once more."""
        try:
            return self._asked_for(send)
        finally:
            for span in self.senders.copies():
                self.later(span, lambda: self._again(send))

    def _again(self, send: Callable[[], OrderOutcome]) -> None:
        """Send it once more, as soon as the app is there."""
        if self.platform.is_down:
            self.later(RESENT, lambda: self._again(send))
        else:
            self._asked_for(send)

    def _asked_for(self, send: Callable[[], OrderOutcome]) -> OrderOutcome:
        try:
            outcome = send()
        except SecondPersonError:
            self.witness.note("situation: a second person was asked for")
            raise
        if outcome.repeated:
            self.witness.note("situation: an order came again")
        self.service.watch_timer(self.clock.now)
        return outcome

    def _has(self, version: str) -> bool:
        found = self.world.models.find(MODEL, version)
        return found is not None and not found.is_archived

    def order_all(self, suspends: bool, until: datetime | None) -> None:  # noqa: FBT001 - what it is
        """An order about all services."""
        order = OrderForAll(self.clock.now, "ann", "an incident", suspends, until)
        with self.witness.entered("order for all"):
            if not suspends:
                self.witness.suspended.pop("all", None)
            self.service.order_for_all(order)
            if suspends:
                self.witness.suspended["all"] = until
            self.service.watch_timer(self.clock.now)

    def fired(self, alert: AlertFired) -> AlertOutcome:
        with self.witness.entered("alert"):
            outcome = self.service.alert(self.endpoint, alert, self.clock.now)
            self.service.watch_timer(self.clock.now)
            return outcome


def _watched(wire: Wire, witness: Witness) -> WatchedEndpoints:
    return WatchedEndpoints(wire, witness)
