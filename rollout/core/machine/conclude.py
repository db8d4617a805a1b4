"""What one look concludes about a live rollout.

The order of the questions is the order of importance: is there anything to go back to, did somebody
else decide, was a hold forgotten, does a newer version wait, and only then what the phase asks.
"""

from dataclasses import replace
from datetime import datetime

from rollout.core.machine.bake import baking
from rollout.core.machine.before_traffic import creating, validating
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.going_back import discarding, retiring, rolling_back
from rollout.core.machine.halts import halted
from rollout.core.machine.memory import foreign, gone, remember, uncertain
from rollout.core.machine.sight import favours_stable, serves_without
from rollout.core.machine.transitions import STOPPED_BY_A_HOLD, Finding
from rollout.core.machine.wanted import shown, wanted_split, wanted_weight
from rollout.core.machine.with_traffic import newer_waits, promoted, shifting
from rollout.core.policy.model import OnNewerVersion
from rollout.core.records.observation import Absent, EndpointSeen, Observation
from rollout.core.records.rollout import SELF_LIFTING, Cause, Current, Phase, Rollout

REPLACEABLE_WEIGHT = 10
"""A newer version replaces a rollout up to this wanted weight, in percent; above it waits."""

_LOSABLE = frozenset({Phase.SHIFTING, Phase.BAKING, Phase.PROMOTED, Phase.ROLLING_BACK})
_REPLACEABLE = frozenset({Phase.CREATING, Phase.VALIDATING, Phase.SHIFTING, Phase.BAKING})


def conclude(current: Current, seen: Observation, now: datetime, *, first_look: bool) -> Conclusion:
    """Conclude one look. The rollout must be live."""
    if current.rollout is None or current.rollout.final:
        raise ValueError("no rollout is live on this endpoint")
    rollout = remember(current.rollout, seen, now, first_look=first_look)
    current = replace(current, rollout=rollout)
    conclusion = (
        _nothing_left(rollout, seen)
        or _decided_elsewhere(rollout, seen)
        or _forgotten(rollout, now)
        or _replaced(current)
        or _of_phase(current, rollout, seen, now, first_look=first_look)
    )
    if halted(conclusion.rollout) and conclusion.finding in STOPPED_BY_A_HOLD:
        conclusion = replace(conclusion, finding=Finding.WAIT, cause=None)
    if uncertain(conclusion.rollout):
        conclusion = replace(conclusion, soon=True)
    return conclusion


def _nothing_left(rollout: Rollout, seen: Observation) -> Conclusion | None:
    if not gone(rollout):
        return None
    endpoint = seen.endpoint
    if isinstance(endpoint, EndpointSeen) and serves_without(rollout.candidate, endpoint):
        return None
    had_traffic = rollout.asked_for_traffic_at is not None
    discarding_live = rollout.phase is Phase.DISCARDING and had_traffic
    if rollout.phase not in _LOSABLE and not discarding_live:
        return None
    is_there = isinstance(seen.endpoint, EndpointSeen)
    what = f"deployment {rollout.stable}" if is_there else "endpoint"
    text = f"the {what} is gone: nothing is left to go back to"
    return Conclusion(Finding.NOTHING_LEFT, rollout, text, Cause.LOST, attention=text)


def _decided_elsewhere(rollout: Rollout, seen: Observation) -> Conclusion | None:
    endpoint = seen.endpoint
    if not isinstance(endpoint, EndpointSeen) or not foreign(rollout):
        return None
    who = endpoint.stamp or "no stamp"
    text = (
        f"somebody else set {shown(endpoint.traffic)} ({who}) "
        f"instead of {shown(wanted_split(rollout))}"
    )
    stable_exists = not isinstance(seen.deployment(rollout.stable), Absent)
    if favours_stable(rollout, endpoint) and stable_exists:
        return Conclusion(Finding.FOREIGN_ROLLBACK, rollout, text, Cause.FOREIGN_ROLLBACK)
    if rollout.phase is Phase.RETIRING:
        return None
    if rollout.hold is not None and rollout.hold.reason not in SELF_LIFTING:
        return None
    return Conclusion(Finding.DRIFTED, rollout, text)


def _forgotten(rollout: Rollout, now: datetime) -> Conclusion | None:
    hold = rollout.hold
    if hold is None or now < hold.expires:
        return None
    text = f"held for {hold.reason} since {hold.since:%Y-%m-%d %H:%M} UTC and nobody came"
    promoted_already = rollout.phase is Phase.PROMOTED
    return Conclusion(
        Finding.HOLD_EXPIRED,
        rollout,
        text,
        None if promoted_already else Cause.HOLD_EXPIRED,
        attention=text,
    )


def _replaced(current: Current) -> Conclusion | None:
    rollout, waiting = current.rollout, current.waiting
    if rollout is None or waiting is None or rollout.suspended:
        return None
    replaceable = (
        rollout.phase in _REPLACEABLE
        and wanted_weight(rollout) <= REPLACEABLE_WEIGHT
        and rollout.policy.on_newer_version is OnNewerVersion.REPLACE
        and newer_waits(current)
    )
    if not replaceable:
        return None
    text = f"version {waiting.version} replaces version {rollout.release.version}"
    return Conclusion(Finding.SUPERSEDED, rollout, text, Cause.SUPERSEDED)


def _of_phase(
    current: Current, rollout: Rollout, seen: Observation, now: datetime, *, first_look: bool
) -> Conclusion:
    match rollout.phase:
        case Phase.CREATING:
            return creating(rollout, seen, now)
        case Phase.VALIDATING:
            return validating(rollout, seen, now)
        case Phase.SHIFTING:
            return shifting(rollout, seen, now)
        case Phase.BAKING:
            return baking(rollout, seen, now, first_look=first_look)
        case Phase.PROMOTED:
            return promoted(rollout, current, seen, now)
        case Phase.RETIRING:
            return retiring(rollout, seen, now)
        case Phase.ROLLING_BACK:
            return rolling_back(rollout, seen, now)
        case _:
            return discarding(rollout, current, seen, now)
