"""Orders to suspend one service, and how a row follows them, the order for all, and its freezes.

A suspension stops every raise and every start, and never a way back. It is a halt like a hold, of
which time is the operator's; unlike a hold it does not belong to a rollout and never expires into a
rollback.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.machine.commands import check_expected_rollout
from rollout.core.machine.draft import Draft
from rollout.core.machine.halts import freeze, suspend
from rollout.core.machine.noted import note_command, where
from rollout.core.machine.wanted import shown_wanted, stamp
from rollout.core.policy.freeze_model import Frozen, Zones
from rollout.core.policy.freezing import frozen_at
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current, Rollout
from rollout.core.records.signals import Command
from rollout.core.records.suspensions import Suspension
from rollout.errors import RefusedError

OVERRIDE_WITHOUT_END = timedelta(days=1)
"""How long an override lasts where nobody can say when the freeze ends."""


def follow_halts(draft: Draft, of_all: Suspension | None, zones: Zones | None) -> None:
    """Bring the row up to what is in force now.

    Args:
        draft: The decision under way; `suspended` says afterwards whether anything suspends it.
        of_all: What suspends all services, as far as the pass knows.
        zones: The zones' rules, for the windows of the rollout's own policy; None: not known.
    """
    before, now = draft.current, draft.now
    known = before.suspended_with_all
    if known is not None and of_all is not None and _same(known, of_all):
        of_all = known
    draft.current = without_ended(replace(before, suspended_with_all=of_all), now)
    _note_change(draft, before)
    suspension = in_force(draft.current)
    draft.suspended = suspension is not None
    if (rollout := live_rollout(draft.current)) is not None:
        rollout = suspend(rollout, now, suspended=draft.suspended)
        draft.rollout = freeze(rollout, now, _frozen(rollout, now, zones))


def _frozen(rollout: Rollout, now: datetime, zones: Zones | None) -> Frozen | None:
    if zones is not None:
        return frozen_at(rollout.policy.freeze, now, zones)
    known = rollout.frozen
    return known if known is not None and known.lasts(now) else None


def without_ended(current: Current, now: datetime) -> Current:
    """The row without a suspension of its own that has ended by itself."""
    own = current.suspension
    return current if own is None or own.lasts(now) else replace(current, suspension=None)


def without_unseen(current: Current) -> Current:
    """The row without the order about all, where nothing is live or waits to start.

    No pass comes to such a row any more, so that none would see the order end.
    """
    if live_rollout(current) is not None or current.waiting is not None or current.offers:
        return current
    return replace(current, suspended_with_all=None)


def in_force(current: Current) -> Suspension | None:
    """What suspends the service, as its row has it: the order about it first."""
    return current.suspension or current.suspended_with_all


def live_rollout(current: Current) -> Rollout | None:
    """The rollout, unless it has ended."""
    rollout = current.rollout
    return rollout if rollout is not None and not rollout.final else None


def freeze_of(current: Current) -> Frozen | None:
    """The freeze that stops the rollout, or the start of what waits, as the last look saw it."""
    if (rollout := live_rollout(current)) is not None:
        return rollout.frozen
    return current.start_frozen if current.waiting is not None else None


def suspend_service(draft: Draft, command: Command, of_all: Suspension | None) -> None:
    """Suspend the service, or put this order in the place of the one before.

    Raises:
        RefusedError: It would be over already, or is based on an outdated view.
    """
    check_expected_rollout(draft.current, command)
    if command.until is not None and command.until <= draft.now:
        raise RefusedError(f"{command.until:%Y-%m-%d %H:%M} UTC is over: give a later end")
    note_command(draft, command)
    order = Suspension(command.actor, command.reason, draft.now, command.until)
    _put(draft, order, of_all)
    draft.answer(command.verb, f"{command.verb}: {_stopped(draft.current, order)}")


def lift_suspension(draft: Draft, command: Command, of_all: Suspension | None) -> None:
    """End the suspension of the service; one of all services stays.

    Raises:
        RefusedError: The service is not suspended, or the order is based on an outdated view.
    """
    check_expected_rollout(draft.current, command)
    own = draft.current.suspension
    if own is None:
        also = f"; all services are suspended {of_all.told}" if of_all is not None else ""
        raise RefusedError(f"this service is not suspended by an order of its own{also}")
    note_command(draft, command)
    _put(draft, None, of_all)
    left = f"; all services stay suspended {of_all.told}" if of_all is not None else ""
    draft.answer(command.verb, f"{command.verb}: no longer suspended {own.told}{left}")


def override_freeze(draft: Draft, command: Command) -> None:
    """Lift the present freeze for the rollout, or for the version that waits to start.

    Raises:
        RefusedError: No freeze stops anything, or the order is based on an outdated view.
    """
    check_expected_rollout(draft.current, command)
    current, now = draft.current, draft.now
    rollout, frozen = live_rollout(current), freeze_of(current)
    if frozen is None:
        raise RefusedError("no freeze window stops anything here now")
    until = frozen.until or now + OVERRIDE_WITHOUT_END
    note_command(draft, command)
    if rollout is not None:
        draft.rollout = freeze(replace(rollout, thawed_until=until), now, frozen)
        goes = f"the rollout goes on {where(draft.rollout)}"
    else:
        draft.current = replace(draft.current, start_frozen=None, start_thawed_until=until)
        goes = "the waiting version starts at the next look"
    draft.current = replace(draft.current, next_look=None)
    draft.answer(command.verb, f"{command.verb}: the freeze until {frozen.text} is lifted; {goes}")


def _put(draft: Draft, own: Suspension | None, of_all: Suspension | None) -> None:
    before = draft.current
    draft.current = replace(before, suspension=own, suspended_with_all=of_all, next_look=None)
    _note_change(draft, before)
    draft.suspended = in_force(draft.current) is not None
    if (rollout := live_rollout(draft.current)) is not None:
        draft.rollout = suspend(rollout, draft.now, suspended=draft.suspended)


def _note_change(draft: Draft, before: Current) -> None:
    """A rollout's history tells when it was suspended, and since when it no longer is."""
    was, now = in_force(before), in_force(draft.current)
    if (
        live_rollout(before) is None
        or (was is now)
        or (was is not None and now is not None and _same(was, now))
    ):
        return
    if now is not None:
        data = {
            "by": now.by,
            "reason": now.reason,
            "until": now.until.isoformat() if now.until is not None else None,
            "all": draft.current.suspension is None,
        }
        draft.note("Suspended", f"suspended {now.told}", data=data)
    else:
        over = "it was lifted" if was is None or was.lasts(draft.now) else "it ended by itself"
        draft.note("Unsuspended", f"no longer suspended {was.told if was else ''}; {over}")


def _same(one: Suspension, other: Suspension) -> bool:
    """They are one order: when it was noticed does not matter."""
    return (one.by, one.reason, one.until) == (other.by, other.reason, other.until)


def _stopped(current: Current, order: Suspension) -> str:
    rollout = current.rollout
    until = f" before {order.until:%Y-%m-%d %H:%M} UTC" if order.until is not None else ""
    told = f"nothing is raised or started{until}; rollback still works"
    if rollout is None or rollout.final or rollout.phase is not Phase.SHIFTING:
        return told
    if not PHASES[rollout.phase].raises or rollout.seen.stamp == stamp(rollout):
        return told
    # Azure may have the call already: it is not taken back.
    return f"{told}; {shown_wanted(rollout)} was asked for before and may still be seen"
