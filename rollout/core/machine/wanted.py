"""The split that a rollout wants, and the stamp that its writes carry.

Endpoint writes carry no ETag, so each of ours carries a stamp: the tag `rollout-write` with
`<rollout>/<number of the wanted split>`. A write that arrives late is known by its older number.
"""

from collections.abc import Mapping
from typing import assert_never

from rollout.core.records.phases import PHASES, Wants
from rollout.core.records.rollout import Rollout
from rollout.units import FULL_WEIGHT


def rollback_split(rollout: Rollout) -> dict[str, int]:
    """What a rollback wants: all on stable, or nothing where there never was one."""
    return {rollout.stable: FULL_WEIGHT} if rollout.stable else {}


def wanted_split(rollout: Rollout) -> dict[str, int]:
    """The split this phase and stage want, without zero entries."""
    match PHASES[rollout.phase].wants:
        case Wants.STABLE:
            return rollback_split(rollout)
        case Wants.STAGE:
            return stage_split(rollout, rollout.stage)
        case Wants.CANDIDATE:
            return {rollout.candidate: FULL_WEIGHT}
        case never:
            assert_never(never)


def previous_split(rollout: Rollout) -> dict[str, int]:
    """What the endpoint had before the write that SHIFTING waits to see."""
    if rollout.stage == 0 or rollout.stable is None:
        return rollback_split(rollout)
    return stage_split(rollout, rollout.stage - 1)


def stage_split(rollout: Rollout, stage: int) -> dict[str, int]:
    # The first deployment of an endpoint has no stable to share with.
    weight = rollout.policy.stages[stage].weight if rollout.stable else FULL_WEIGHT
    rest = {rollout.stable: FULL_WEIGHT - weight} if rollout.stable and weight < FULL_WEIGHT else {}
    return {**rest, rollout.candidate: weight}


def wanted_weight(rollout: Rollout) -> int:
    """The candidate's wanted weight in percent."""
    return wanted_split(rollout).get(rollout.candidate, 0)


def stamp(rollout: Rollout) -> str:
    """The value of our tag for the present write."""
    return f"{rollout.id}/{rollout.write}"


def shown(split: Mapping[str, int]) -> str:
    """The split as a sentence shows it."""
    return ", ".join(f"{name} {weight} %" for name, weight in sorted(split.items())) or "no traffic"
