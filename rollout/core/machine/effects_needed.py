"""Wanted minus seen: what to ask of the world now. Safe to compute again on every look."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rollout.core.machine.bake_window import next_settled
from rollout.core.machine.going_back import delete_due
from rollout.core.machine.halts import halted
from rollout.core.machine.memory import foreign
from rollout.core.machine.sight import LOWERING, Sight, at_rest, carries, compare
from rollout.core.machine.wanted import stamp, wanted_split
from rollout.core.records.effects import DeleteDeployment, Effect, Recheck, SetTraffic
from rollout.core.records.observation import (
    ABLE_TO_SERVE,
    BROKEN,
    Absent,
    DeploymentSeen,
    EndpointSeen,
    Observation,
    ProvisioningState,
)
from rollout.core.records.rollout import Current, Phase, Rollout

ASK_AGAIN_AFTER = timedelta(seconds=10)
"""A write that Azure accepted is given this long to show before it is sent again: a read may show
the old split for a while, and each further write keeps the endpoint busy."""

LOOK_AT_LEAST_EVERY = timedelta(seconds=50)
"""A baking rollout is looked at this often even when no minute settles: somebody may interfere."""

_RAISING = frozenset({Phase.SHIFTING, Phase.BAKING, Phase.PROMOTED, Phase.RETIRING})


def effects_needed(current: Current, seen: Observation, now: datetime) -> Iterator[Effect]:
    """What the record, as it will be saved, asks for in view of what was seen."""
    rollout = current.rollout
    if rollout is None or rollout.final or not isinstance(seen.endpoint, EndpointSeen):
        return
    traffic = _traffic(rollout, seen.endpoint, seen, now)
    if traffic is not None:
        yield traffic
    doomed = _doomed(current, rollout, seen.endpoint, seen, now)
    if doomed is not None:
        yield DeleteDeployment(doomed)
    if traffic is not None or doomed is not None:
        yield Recheck()


def next_look(current: Current, now: datetime) -> datetime | None:
    """Before this moment a wake-up may end after one read; None: look on every wake-up."""
    rollout = current.rollout
    if rollout is None or rollout.phase is not Phase.BAKING or rollout.baking is None:
        return None
    if rollout.seen.foreign or rollout.seen.absent or rollout.baking.source_failures:
        return None
    moments = [now + LOOK_AT_LEAST_EVERY, next_settled(rollout.policy.gate, rollout.baking)]
    bake_over = rollout.baking.window_start + rollout.policy.stages[rollout.stage].bake
    if bake_over > now:
        moments.append(bake_over)
    return max(now, min(moments))


def _traffic(
    rollout: Rollout, endpoint: EndpointSeen, seen: Observation, now: datetime
) -> SetTraffic | None:
    sight = compare(rollout, endpoint)
    if sight is Sight.AS_WANTED or endpoint.state is ProvisioningState.DELETING:
        return None
    if rollout.asked_at is not None and now - rollout.asked_at < ASK_AGAIN_AFTER:
        return None
    if rollout.phase in _RAISING and not _may_raise(rollout, sight, seen):
        return None
    if rollout.phase in LOWERING and not _may_lower(rollout, sight, endpoint, seen):
        return None
    if rollout.phase not in _RAISING | LOWERING:
        return None
    raises = rollout.phase in _RAISING
    return SetTraffic(wanted_split(rollout), stamp(rollout), raises_candidate=raises)


def _may_raise(rollout: Rollout, sight: Sight, seen: Observation) -> bool:
    if halted(rollout):
        return False
    asserts = {Sight.NOT_YET, Sight.LATE} if rollout.phase is Phase.SHIFTING else {Sight.LATE}
    if sight not in asserts:
        return False
    candidate = seen.deployment(rollout.candidate)
    if candidate is None:
        return rollout.phase is not Phase.SHIFTING
    return isinstance(candidate, DeploymentSeen) and candidate.state is ProvisioningState.SUCCEEDED


def _may_lower(rollout: Rollout, sight: Sight, endpoint: EndpointSeen, seen: Observation) -> bool:
    if rollout.phase is Phase.DISCARDING and not _to_assert(rollout, sight, endpoint):
        return False
    if rollout.stable is None:
        return True
    stable = seen.deployment(rollout.stable)
    if isinstance(stable, DeploymentSeen):
        return stable.state in ABLE_TO_SERVE
    # An unread list does not stop a rollback; a stable that was seen absent does.
    return not isinstance(stable, Absent)


def _to_assert(rollout: Rollout, sight: Sight, endpoint: EndpointSeen) -> bool:
    """Once the traffic is back it is written again only for a reason that was seen."""
    if at_rest(rollout, endpoint):
        return False
    busy = sight is Sight.BUSY and endpoint.state not in BROKEN
    return not busy or carries(endpoint, rollout.candidate)


def _may_retire(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    sight = compare(rollout, endpoint)
    return sight is Sight.AS_WANTED or (sight is Sight.FOREIGN and foreign(rollout))


def _doomed(
    current: Current, rollout: Rollout, endpoint: EndpointSeen, seen: Observation, now: datetime
) -> str | None:
    """The deployment to delete now: only one whose weight and mirror were just seen at 0."""
    if rollout.phase is Phase.RETIRING and _may_retire(rollout, endpoint):
        name = rollout.stable
    elif rollout.phase is Phase.DISCARDING and at_rest(rollout, endpoint):
        name = rollout.candidate if now >= delete_due(rollout, current.waiting, now) else None
    else:
        return None
    deployment = seen.deployment(name)
    if not isinstance(deployment, DeploymentSeen) or carries(endpoint, name):
        return None
    return None if deployment.state is ProvisioningState.DELETING else name
