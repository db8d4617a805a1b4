"""Wanted minus seen: what to ask of the world now. Safe to compute again on every look."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollout.core.machine.bake_window import next_settled
from rollout.core.machine.endings import delete_due
from rollout.core.machine.halts import halted
from rollout.core.machine.memory import foreign
from rollout.core.machine.replacement import never_ours
from rollout.core.machine.sight import Sight, at_rest, carries, compare
from rollout.core.machine.wanted import asked_lately, mirror_beside, others, stamp, wanted_beside
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
from rollout.core.records.offers import Offer
from rollout.core.records.phases import PHASES, Phase, PhaseFacts
from rollout.core.records.rollout import Current, Rollout

LOOK_AT_LEAST_EVERY = timedelta(seconds=50)
"""A baking rollout is looked at this often even when no minute settles: somebody may interfere."""


@dataclass(frozen=True)
class _Wanted:
    """The row as it will be saved, beside what was seen before it was decided.

    `sight` is a comparison of its own: the look compared what the row wanted before, and a phase
    that was entered since may want another split.
    """

    rollout: Rollout
    waiting: Offer | None
    endpoint: EndpointSeen
    seen: Observation
    now: datetime
    sight: Sight
    at_rest: bool

    @property
    def facts(self) -> PhaseFacts:
        return PHASES[self.rollout.phase]


def effects_needed(current: Current, seen: Observation, now: datetime) -> Iterator[Effect]:
    """What the record, as it will be saved, asks for in view of what was seen."""
    rollout, endpoint = current.rollout, seen.endpoint
    if rollout is None or rollout.final or not isinstance(endpoint, EndpointSeen):
        return
    sight, rests = compare(rollout, endpoint), at_rest(rollout, endpoint)
    wanted = _Wanted(rollout, current.waiting, endpoint, seen, now, sight, rests)
    traffic, doomed = _traffic(wanted), _doomed(wanted)
    if traffic is not None:
        yield traffic
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


def _traffic(wanted: _Wanted) -> SetTraffic | None:
    rollout, facts = wanted.rollout, wanted.facts
    if wanted.sight is Sight.AS_WANTED or wanted.endpoint.state is ProvisioningState.DELETING:
        return None
    if asked_lately(rollout, wanted.now):
        return None
    there = wanted.endpoint.traffic
    split = wanted_beside(rollout, there)
    mirror = mirror_beside(rollout, split, wanted.endpoint.mirror)
    unchanged = (split, mirror) == (dict(there), dict(wanted.endpoint.mirror))
    if unchanged and others(rollout, there):
        # Somebody else's choice, without anything of ours in it.
        return None
    raises = facts.raises and _may_raise(wanted)
    lowers = facts.back and _may_lower(wanted)
    if not raises and not lowers:
        return None
    return SetTraffic(split, mirror, stamp(rollout), raises_candidate=raises)


def _may_raise(wanted: _Wanted) -> bool:
    rollout = wanted.rollout
    if halted(rollout):
        return False
    # A split that was confirmed once is asserted against a late write only.
    asserts = {Sight.NOT_YET, Sight.LATE} if wanted.facts.confirms else {Sight.LATE}
    if wanted.sight not in asserts:
        return False
    candidate = wanted.seen.deployment(rollout.candidate)
    return isinstance(candidate, DeploymentSeen) and candidate.state is ProvisioningState.SUCCEEDED


def _may_lower(wanted: _Wanted) -> bool:
    rollout = wanted.rollout
    if rollout.phase is Phase.DISCARDING and not _to_assert(wanted):
        return False
    if rollout.stable is None:
        return True
    stable = wanted.seen.deployment(rollout.stable)
    if isinstance(stable, DeploymentSeen):
        return stable.state in ABLE_TO_SERVE
    # An unread list does not stop a rollback; a stable that was seen absent does.
    return not isinstance(stable, Absent)


def _to_assert(wanted: _Wanted) -> bool:
    """Once the traffic is back it is written again only for a reason that was seen."""
    if wanted.at_rest:
        return False
    busy = wanted.sight is Sight.BUSY and wanted.endpoint.state not in BROKEN
    return not busy or carries(wanted.endpoint, wanted.rollout.candidate)


def _doomed(wanted: _Wanted) -> str | None:
    """The deployment to delete now: only one whose weight and mirror were just seen at 0."""
    name = _to_delete(wanted)
    deployment = wanted.seen.deployment(name)
    if not isinstance(deployment, DeploymentSeen) or carries(wanted.endpoint, name):
        return None
    if name == wanted.rollout.candidate and never_ours(wanted.rollout, deployment):
        return None
    return None if deployment.state is ProvisioningState.DELETING else name


def _to_delete(wanted: _Wanted) -> str | None:
    """What the phase wants deleted by now, whether it is safe or not."""
    rollout, sight = wanted.rollout, wanted.sight
    if rollout.phase is Phase.RETIRING:
        if rollout.specs.fault or rollout.specs.stable_replaced:
            return None
        settled = sight is Sight.AS_WANTED or (sight is Sight.FOREIGN and foreign(rollout))
        return rollout.stable if settled else None
    if rollout.phase is Phase.DISCARDING and wanted.at_rest:
        due = delete_due(rollout, wanted.waiting, wanted.now)
        return rollout.candidate if wanted.now >= due else None
    return None
