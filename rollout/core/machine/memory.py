"""What a look leaves in the row: the last split seen, and how often in a row it was not ours.

Two looks in a row are asked for because a read may show an old split for a while after a write.
Only the first look of a pass counts, so that one pass cannot make up two.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from rollout.core.machine.sight import (
    PASSES_IN_A_ROW,
    Sight,
    leaves_alone,
    serves_without,
)
from rollout.core.machine.wanted import previous_mirror, previous_split
from rollout.core.records.observation import (
    Absent,
    EndpointSeen,
    Observation,
    Unreachable,
    Unsupported,
)
from rollout.core.records.phases import PHASES, Wants
from rollout.core.records.rollout import Rollout
from rollout.units import FULL_WEIGHT

REFRESH_SEEN = timedelta(seconds=60)
STALE_READ = timedelta(seconds=60)
"""How long after an accepted write a read of the split before it is put down to a stale read."""


def count_absence(rollout: Rollout, seen: Observation, *, first_look: bool) -> Rollout:
    """Count the looks in a row without the endpoint or stable."""
    memory, step = rollout.seen, int(first_look)
    match seen.endpoint:
        case EndpointSeen() as endpoint:
            absent = memory.absent + step if _stable_is_gone(rollout, endpoint, seen) else 0
            memory = replace(memory, endpoint=True, absent=absent)
        case Absent() | Unsupported() if memory.endpoint:
            memory = replace(memory, absent=memory.absent + step)
        case Unreachable():
            # Two looks in a row: one that saw nothing breaks the row.
            memory = replace(memory, absent=0)
        case Absent() | Unsupported() | None:
            pass
        case never:
            assert_never(never)
    return replace(rollout, seen=memory)


def note_split(
    rollout: Rollout, endpoint: EndpointSeen, sight: Sight, now: datetime, *, first_look: bool
) -> Rollout:
    """Count the looks in a row that saw somebody else's split, and keep the last split seen."""
    foreign = rollout.seen.foreign
    if _may_be_stale(rollout, endpoint, now):
        foreign = 0
    elif (sight is Sight.FOREIGN and PHASES[rollout.phase].on_trial) or (
        leaves_alone(rollout, endpoint)
    ):
        foreign += int(first_look)
    elif sight is not Sight.BUSY:
        foreign = 0
    memory = replace(rollout.seen, foreign=foreign)
    last = replace(
        memory,
        split=dict(endpoint.traffic),
        mirror=dict(endpoint.mirror),
        stamp=endpoint.stamp,
        state=endpoint.state.value,
    )
    if last != memory or memory.at is None or now - memory.at >= REFRESH_SEEN:
        memory = replace(last, at=now)
    return replace(rollout, seen=memory)


def note_deployments(rollout: Rollout, seen: Observation) -> Rollout:
    """Keep the names of the deployments on the endpoint, where they could be read."""
    if not isinstance(seen.deployments, Mapping):
        return rollout
    return replace(rollout, seen=replace(rollout.seen, present=tuple(sorted(seen.deployments))))


def gone(rollout: Rollout) -> bool:
    """Endpoint or stable was absent in enough looks in a row to believe it."""
    return rollout.seen.absent >= PASSES_IN_A_ROW


def foreign(rollout: Rollout) -> bool:
    """Somebody else's split was seen in enough looks in a row to believe it."""
    return rollout.seen.foreign >= PASSES_IN_A_ROW


def uncertain(rollout: Rollout) -> bool:
    """Something was seen once that a second look must confirm."""
    return 0 < rollout.seen.absent < PASSES_IN_A_ROW or (0 < rollout.seen.foreign < PASSES_IN_A_ROW)


def _may_be_stale(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Azure took our write lately, and the read shows what was there before it."""
    if PHASES[rollout.phase].wants is not Wants.STAGE or rollout.asked_at is None:
        return False
    fresh = now - rollout.asked_at < STALE_READ
    mirrored = endpoint.mirror.get(rollout.candidate)
    before = previous_mirror(rollout).get(rollout.candidate)
    return fresh and mirrored == before and dict(endpoint.traffic) == previous_split(rollout)


def _stable_is_gone(rollout: Rollout, endpoint: EndpointSeen, seen: Observation) -> bool:
    if rollout.stable is None or isinstance(seen.deployments, Unreachable):
        return False
    holds_all = endpoint.traffic.get(rollout.candidate) == FULL_WEIGHT
    replaced = PHASES[rollout.phase].back and serves_without(rollout.candidate, endpoint)
    return (holds_all or replaced) and isinstance(seen.deployment(rollout.stable), Absent)
