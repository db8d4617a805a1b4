"""The split and the mirror that a rollout wants, and the stamp that its writes carry.

A rollout owns its candidate and what its own writes gave. Weight that somebody gave to a third
deployment is theirs: no way back takes it, unless an operator's order names the deployment. What is
mirrored to a third deployment is theirs likewise.

Endpoint writes carry no ETag, so each of ours carries a stamp: the tag `rollout-write` with
`<rollout>/<number of the wanted split>`. A write that arrives late is known by its older number.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never

from rollout.core.policy.model import stage_shown
from rollout.core.records.phases import PHASES, Wants
from rollout.core.records.rollout import Rollout
from rollout.units import FULL_WEIGHT

ASK_AGAIN_AFTER = timedelta(seconds=10)
"""A write that Azure accepted is given this long to show before it is sent again: a read may show
the old split for a while, and each further write keeps the endpoint busy."""


def rollback_split(rollout: Rollout) -> dict[str, int]:
    """What a rollback wants: all on stable, or nothing where there never was one."""
    return {rollout.stable: FULL_WEIGHT} if rollout.stable else {}


def others(rollout: Rollout, traffic: Mapping[str, int]) -> dict[str, int]:
    """What third deployments have of a split: no write of this app can have given it to them."""
    own = (rollout.candidate, rollout.stable)
    return {name: weight for name, weight in traffic.items() if name not in own}


def wanted_split(rollout: Rollout) -> dict[str, int]:
    """The split this phase and stage want, in view of the last one seen, without zero entries."""
    return wanted_beside(rollout, rollout.seen.split)


def wanted_beside(rollout: Rollout, traffic: Mapping[str, int]) -> dict[str, int]:
    """The split this phase and stage want where `traffic` is what is there."""
    facts = PHASES[rollout.phase]
    match facts.wants:
        case Wants.STABLE:
            return rollback_split(rollout) if facts.on_trial else _going_back(rollout, traffic)
        case Wants.STAGE:
            return stage_split(rollout, rollout.stage)
        case Wants.CANDIDATE:
            return {rollout.candidate: FULL_WEIGHT}
        case never:
            assert_never(never)


def _going_back(rollout: Rollout, traffic: Mapping[str, int]) -> dict[str, int]:
    """The candidate's weight, and what an operator's order names, goes to stable; no more."""
    theirs = others(rollout, traffic)
    left = {name: weight for name, weight in theirs.items() if name not in rollout.may_take}
    if not left:
        return rollback_split(rollout)
    moved = sum(traffic.values()) - sum(left.values())
    if not moved:
        return left
    # Where there never was a stable, what serves most takes the rest.
    heir = rollout.stable or max(left, key=lambda name: (left[name], name))
    return {**left, heir: left.get(heir, 0) + moved}


def wanted_mirror(rollout: Rollout) -> dict[str, int]:
    """The mirror this phase and stage want: to the candidate, or none."""
    staged = PHASES[rollout.phase].wants is Wants.STAGE
    return stage_mirror(rollout, rollout.stage) if staged else {}


def stage_mirror(rollout: Rollout, stage: int) -> dict[str, int]:
    # The first deployment of an endpoint gets everything at once: there is nothing to mirror.
    percent = rollout.policy.stages[stage].mirror if rollout.stable else 0
    return {rollout.candidate: percent} if percent else {}


def other_mirrors(rollout: Rollout, mirror: Mapping[str, int]) -> dict[str, int]:
    """What is mirrored to others than the candidate: no write of this app asked for it."""
    return {name: percent for name, percent in mirror.items() if name != rollout.candidate}


def mirror_beside(
    rollout: Rollout, split: Mapping[str, int], there: Mapping[str, int]
) -> dict[str, int]:
    """The mirror that a write of `split` has where `there` is what is mirrored now.

    Azure gives no deployment a weight and a mirror at once, so what gets a weight loses its mirror.
    """
    theirs = other_mirrors(rollout, there)
    kept = {name: percent for name, percent in theirs.items() if name not in split}
    return {**kept, **wanted_mirror(rollout)}


def previous_mirror(rollout: Rollout) -> dict[str, int]:
    """What was mirrored to the candidate before the write that SHIFTING waits to see."""
    return stage_mirror(rollout, rollout.stage - 1) if rollout.stage else {}


def previous_split(rollout: Rollout) -> dict[str, int]:
    """What the endpoint had before the write that SHIFTING waits to see."""
    if rollout.stage == 0 or rollout.stable is None:
        return rollback_split(rollout)
    return stage_split(rollout, rollout.stage - 1)


def stage_split(rollout: Rollout, stage: int) -> dict[str, int]:
    # The first deployment of an endpoint has no stable to share with.
    weight = rollout.policy.stages[stage].weight if rollout.stable else FULL_WEIGHT
    rest = {rollout.stable: FULL_WEIGHT - weight} if rollout.stable and weight < FULL_WEIGHT else {}
    return {**rest, rollout.candidate: weight} if weight else rest


def wanted_weight(rollout: Rollout) -> int:
    """The candidate's wanted weight in percent."""
    return wanted_split(rollout).get(rollout.candidate, 0)


def wanted_share(rollout: Rollout) -> str:
    """What the candidate is to get, as a sentence has it: `10 %`, or `20 % mirrored`."""
    mirror = wanted_mirror(rollout).get(rollout.candidate, 0)
    return stage_shown(wanted_weight(rollout), mirror)


def stamp(rollout: Rollout) -> str:
    """The value of our tag for the present write."""
    return f"{rollout.id}/{rollout.write}"


def asked_lately(rollout: Rollout, now: datetime) -> bool:
    """Azure took the present write so lately that it may not show yet."""
    return rollout.asked_at is not None and now - rollout.asked_at < ASK_AGAIN_AFTER


def rehearsal_stamp(rollout: Rollout) -> str:
    """The value of our tag for the write before the first: the rehearsal of the way back."""
    return f"{rollout.id}/0"


def shown(split: Mapping[str, int], mirror: Mapping[str, int] | None = None) -> str:
    """The split as a sentence shows it, with what is mirrored."""
    weights = _listed(split) or "no traffic"
    return f"{weights}, mirrored to {_listed(mirror)}" if mirror else weights


def shown_wanted(rollout: Rollout) -> str:
    return shown(wanted_split(rollout), wanted_mirror(rollout))


def _listed(percents: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {percent} %" for name, percent in sorted(percents.items()))
