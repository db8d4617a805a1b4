"""What one look concludes about a live rollout.

The order of the questions is the order of importance: is there anything to roll back to, did
somebody else decide, did a hold expire, is the release still on trial, does a newer version wait,
and only then what the phase asks.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from rollout.core.machine.bake import baking
from rollout.core.machine.before_traffic import creating, validating
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.endings import discarding, retiring, rolling_back
from rollout.core.machine.halts import halted, stopped
from rollout.core.machine.holds import HOLD_REASONS, kept_by_hold
from rollout.core.machine.look import Look, look_at
from rollout.core.machine.memory import foreign, gone, uncertain
from rollout.core.machine.sight import (
    chosen_instead,
    favours_stable,
    mirror_dropped,
    serves_without,
)
from rollout.core.machine.transitions import STOPPED_BY_A_HOLD, Finding
from rollout.core.machine.wanted import shown, shown_wanted, wanted_weight
from rollout.core.machine.with_traffic import newer_waits, promoted, shifting
from rollout.core.policy.model import OnNewerVersion
from rollout.core.records.observation import ABLE_TO_SERVE, Absent, DeploymentSeen, Observation
from rollout.core.records.phases import PHASES, Losable, Phase
from rollout.core.records.rollout import Cause, Current, HoldReason, Rollout

REPLACEABLE_WEIGHT = 10
"""A newer version replaces a rollout up to this wanted weight, in percent; above it waits."""

MAX_REPLACEMENTS_IN_A_ROW = 3
"""After so many the running version is finished first, or none would ever be."""


def conclude(current: Current, seen: Observation, now: datetime, *, first_look: bool) -> Conclusion:
    """Conclude one look.

    Raises:
        ValueError: No rollout is live. A bug.
    """
    of_phase = _of_phase(current.phase)
    look = look_at(current, seen, now, first_look=first_look)
    conclusion = (
        _nothing_left(look)
        or _decided_elsewhere(look)
        or _hold_expired(look)
        or _not_the_release(look)
        or _superseded(look)
        or of_phase(look)
    )
    if halted(conclusion.rollout) and conclusion.finding in STOPPED_BY_A_HOLD:
        conclusion = replace(conclusion, finding=Finding.WAIT, cause=None, stopped=True)
    conclusion = _told_who_waits(look, conclusion)
    if uncertain(conclusion.rollout):
        conclusion = replace(conclusion, soon=True)
    return conclusion


def _nothing_left(look: Look) -> Conclusion | None:
    rollout, endpoint = look.rollout, look.endpoint
    if not gone(rollout) or not _losable(rollout):
        return None
    if endpoint is not None and serves_without(rollout.candidate, endpoint):
        return None
    what = f"deployment {rollout.stable}" if endpoint is not None else "endpoint"
    text = f"the {what} is gone: nothing is left to roll back to"
    return Conclusion(Finding.NOTHING_LEFT, rollout, text, Cause.LOST)


def _losable(rollout: Rollout) -> bool:
    match PHASES[rollout.phase].losable:
        case Losable.NEVER:
            return False
        case Losable.IF_IT_HAD_TRAFFIC:
            return rollout.asked_for_traffic_at is not None
        case Losable.ALWAYS:
            return True
        case never:
            assert_never(never)


def _decided_elsewhere(look: Look) -> Conclusion | None:
    rollout, endpoint = look.rollout, look.endpoint
    if endpoint is None or not foreign(rollout) or not PHASES[rollout.phase].on_trial:
        return None
    who = endpoint.stamp or "no stamp"
    text = (
        f"somebody else set {shown(endpoint.traffic, endpoint.mirror)} ({who}) "
        f"instead of {shown_wanted(rollout)}"
    )
    if mirror_dropped(rollout, endpoint) and not (rollout.mirror_put_back or halted(rollout)):
        # Once: who drops it again means it.
        again = replace(rollout, mirror_put_back=True)
        return Conclusion(Finding.RESTARTED, again, text, notice=f"{text}: it is put back once")
    moved_back = favours_stable(rollout, endpoint) and not isinstance(look.stable, Absent)
    if moved_back or chosen_instead(rollout, endpoint):
        return Conclusion(Finding.FOREIGN_ROLLBACK, rollout, text, Cause.FOREIGN_ROLLBACK)
    if rollout.phase is Phase.RETIRING:
        return None
    if rollout.hold is not None and not HOLD_REASONS[rollout.hold.reason].lifts_itself:
        return None
    return Conclusion(Finding.DRIFTED, rollout, text)


def _hold_expired(look: Look) -> Conclusion | None:
    rollout, hold = look.rollout, look.rollout.hold
    if hold is None or stopped(rollout) or look.now < hold.expires:
        return None
    text = f"held for {hold.reason} since {hold.since:%Y-%m-%d %H:%M} UTC and no operator acted"
    if rollout.phase is Phase.PROMOTED:
        # The candidate won already: nothing goes back, so no phase tells of it.
        return Conclusion(Finding.HOLD_EXPIRED, rollout, text, notice=text)
    return Conclusion(Finding.HOLD_EXPIRED, rollout, text, Cause.HOLD_EXPIRED)


def _not_the_release(look: Look) -> Conclusion | None:
    """Candidate or stable was replaced: nothing goes forward before an operator has decided."""
    rollout = look.rollout
    text = rollout.specs.fault or _about_stable(look)
    if not text or not _can_be_held(look):
        return None
    if rollout.hold is not None and rollout.hold.reason is HoldReason.REPLACED:
        return None
    return Conclusion(Finding.NOT_THE_RELEASE, rollout, text)


def _can_be_held(look: Look) -> bool:
    """While the old stable is still whole, retiring it may be taken back."""
    rollout, stable = look.rollout, look.stable
    if rollout.phase is not Phase.RETIRING:
        return PHASES[rollout.phase].forward
    return isinstance(stable, DeploymentSeen) and stable.state in ABLE_TO_SERVE


def _about_stable(look: Look) -> str:
    if not look.rollout.specs.stable_replaced:
        return ""
    model = look.stable.model if isinstance(look.stable, DeploymentSeen) else None
    serves = f": it serves {model} now" if model is not None else ""
    return f"stable, {look.rollout.stable}, was replaced{serves}; resume accepts it as it is"


def _superseded(look: Look) -> Conclusion | None:
    """A newer version ends a rollout with little weight, unless an operator's word keeps it."""
    rollout, waiting = look.rollout, look.waiting
    if waiting is None or not _replaceable(look) or _starved(look):
        return None
    text = f"version {waiting.version} replaces version {rollout.release.version}"
    return Conclusion(Finding.SUPERSEDED, rollout, text, Cause.SUPERSEDED)


def _replaceable(look: Look) -> bool:
    """A newer version waits that may end the rollout, were it not for those before it."""
    rollout = look.rollout
    return (
        newer_waits(look)
        and not rollout.suspended
        and rollout.frozen is None
        and not kept_by_hold(rollout)
        and PHASES[rollout.phase].replaceable
        and wanted_weight(rollout) <= REPLACEABLE_WEIGHT
        and rollout.policy.on_newer_version is OnNewerVersion.REPLACE
    )


def _starved(look: Look) -> bool:
    """Versions are registered faster than any of them can be judged."""
    return look.replaced_in_a_row >= MAX_REPLACEMENTS_IN_A_ROW


def _told_who_waits(look: Look, conclusion: Conclusion) -> Conclusion:
    """Ask for an operator once where a newer version waits only because others were replaced."""
    rollout, waiting = conclusion.rollout, look.waiting
    if waiting is None or rollout.finishes_first or not (_replaceable(look) and _starved(look)):
        return conclusion
    if conclusion.finding is not Finding.WAIT or conclusion.attention:
        return conclusion
    text = (
        f"version {waiting.version} waits until version {rollout.release.version} has ended, "
        f"because {look.replaced_in_a_row} versions in a row were replaced before they could be "
        f"judged: cancel version {rollout.release.version} to start the newer one at once"
    )
    told = replace(rollout, finishes_first=True)
    return replace(conclusion, rollout=told, attention=text)


def _of_phase(phase: Phase) -> Callable[[Look], Conclusion]:
    match phase:
        case Phase.CREATING:
            return creating
        case Phase.VALIDATING:
            return validating
        case Phase.SHIFTING:
            return shifting
        case Phase.BAKING:
            return baking
        case Phase.PROMOTED:
            return promoted
        case Phase.RETIRING:
            return retiring
        case Phase.ROLLING_BACK:
            return rolling_back
        case Phase.DISCARDING:
            return discarding
        case (
            Phase.NONE
            | Phase.SUCCEEDED
            | Phase.ROLLED_BACK
            | Phase.FAILED
            | Phase.SUPERSEDED
            | Phase.LOST
        ):
            raise ValueError(f"no rollout is live on this endpoint: {phase}")
        case never:
            assert_never(never)
