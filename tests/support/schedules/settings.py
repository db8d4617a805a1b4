"""Where a random schedule is played: the policy, how long Azure takes, and what it shows late.

Everything is short, so that a whole rollout fits into some twenty minutes of virtual time, and the
gate is small, so that a schedule costs a tenth of a second.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from localazure.world import Dials
from rollout.core.policy.model import (
    Create,
    CreateFrom,
    OnInconclusive,
    OnNewerVersion,
    Policy,
    RollbackPolicy,
    Stage,
)
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import DIALS

MINUTE = timedelta(minutes=1)
SOON = 5 * MINUTE

MIRRORED = 0.3
"""The share of schedules whose first stage is a mirror."""

GATE = replace(
    POLICY.gate,
    rejected=None,
    history=timedelta(hours=1),
    gap=3 * MINUTE,
    max_bake=6 * MINUTE,
    dark=4 * MINUTE,
    stale=3 * MINUTE,
    stale_limit=7 * MINUTE,
    source_failures=3,
)


@dataclass(frozen=True)
class Setting:
    """What does not change while a schedule is played.

    `adopted`: somebody's `blue-0` serves. `forgetful`: at the end nobody answers a hold before it
    has expired, where that is soon.
    """

    adopted: bool
    forgetful: bool
    policy: Policy
    dials: Dials


def draw_setting(random: Random) -> Setting:
    """Draw a setting; each rare choice leads to places that the usual one never reaches."""

    def rarely(share: float) -> bool:
        return random.random() < share

    adopted = not rarely(0.2)
    policy = replace(
        POLICY,
        create=_creation(random, adopted=adopted),
        validate=replace(POLICY.validate, deadline=3 * MINUTE),
        stages=(
            Stage(10, 2 * MINUTE, approval=rarely(0.06)),
            Stage(50, 2 * MINUTE, approval=rarely(0.1)),
            Stage(100, 2 * MINUTE),
        ),
        gate=GATE,
        keep=3 * MINUTE,
        on_inconclusive=random.choice(list(OnInconclusive)),
        on_newer_version=OnNewerVersion.QUEUE if rarely(0.25) else OnNewerVersion.REPLACE,
        rollback=RollbackPolicy(keep=2 * MINUTE, logs=rarely(0.2)),
        deadline=timedelta(minutes=9) if rarely(0.15) else timedelta(hours=8),
        shift_deadline=4 * MINUTE,
        hold_expires=random.choice((SOON, 15 * MINUTE, timedelta(hours=24))),
    )
    dials = replace(
        DIALS,
        deployment_creation=random.choice((*(DIALS.deployment_creation,) * 3, 5 * MINUTE)),
        stale_read=timedelta(seconds=random.choice((0, 0, 0, 20, 45))),
    )
    return Setting(adopted, rarely(0.5), policy, dials)


def with_mirror(setting: Setting, random: Random) -> Setting:
    """Now and then the first stage is a mirror. Drawn apart: a seed's other choices stay."""
    if random.random() >= MIRRORED:
        return setting
    mirror = Stage(0, 2 * MINUTE, approval=random.random() < 0.06, mirror=20)
    policy = replace(setting.policy, stages=(mirror, *setting.policy.stages))
    return replace(setting, policy=policy)


def _creation(random: Random, *, adopted: bool) -> Create:
    copies = adopted and random.random() < 0.2
    # Shorter than a creation takes, now and then.
    deadline = MINUTE if random.random() < 0.06 else 30 * MINUTE
    source = CreateFrom.COPY if copies else CreateFrom.TEMPLATE
    return Create(source, endpoint=True, deadline=deadline, call_timeout=2 * MINUTE)
