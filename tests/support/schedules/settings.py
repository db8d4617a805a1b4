"""Where a random schedule is played: the policy, how long Azure takes, and what it shows late.

Everything is short, so that a whole rollout fits into some twenty minutes of virtual time, and the
gate is small, so that a schedule costs a tenth of a second.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from localazure.world import Dials
from rollout.core.policy.freeze_model import FreezeWindow
from rollout.core.policy.model import (
    Approval,
    Create,
    CreateFrom,
    OnInconclusive,
    OnNewerVersion,
    Policy,
    RollbackPolicy,
    Stage,
)
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import (
    Contract,
    Difference,
    Golden,
    Labelled,
    Metric,
    Quality,
)
from tests.support.stories.azure import always_right
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import DIALS

MINUTE = timedelta(minutes=1)
SOON = 5 * MINUTE

MIRRORED = 0.3
"""The share of schedules whose first stage is a mirror."""

JUDGED = 0.15
"""The share of schedules in which predictions are judged."""

VERSIONS = 5
"""After so many versions the ways to answer come again."""
GOLDEN_ROWS = 30
"""Of a golden set where answers are judged, too: few enough that it is not the whole schedule."""

SIGNED = 0.15
"""The share of schedules in which people are signed in."""

EXAMINED = 0.08
"""The share of schedules with a golden set."""

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


Answers = Callable[[int], tuple[int, Any]]


def wrong_in(share: int) -> Answers:
    """One label of so many is another one."""

    def answers(number: int) -> tuple[int, Any]:
        status, answer = always_right(number)
        return status, {**answer, "label": answer["label"] + (number % share == 0)}

    return answers


def constant(number: int) -> tuple[int, Any]:
    del number
    return 200, {"label": 1, "score": 0.5}


def swallowed(number: int) -> tuple[int, Any]:
    """The script answers some of its exceptions with a success."""
    return (200, {"error": "KeyError"}) if number % 5 == 0 else always_right(number)


ANSWERS = (always_right, always_right, wrong_in(3), wrong_in(25), constant, swallowed)


@dataclass(frozen=True)
class Setting:
    """What does not change while a schedule is played.

    `adopted`: somebody's `blue-0` serves. `forgetful`: at the end nobody answers a hold before it
    has expired, where that is soon. `answers`: how versions answer an input by its number, one
    after the other; empty: all alike. `golden` are the rows of its golden set, 0 where it has none.
    `senders` is the seed of who gives orders, 0 where nobody is proven and no order has a key.
    `identity`: the endpoint that somebody made has an identity, which each writer must be allowed.
    """

    adopted: bool
    forgetful: bool
    policy: Policy
    dials: Dials
    answers: tuple[Answers, ...] = ()
    golden: int = 0
    senders: int = 0
    identity: bool = False


FREEZES = (10 * 60, 10 * 60 + 35, 11 * 60 + 10)
"""Minutes after midnight; a schedule begins at ten, and the windows do not meet."""


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
            Stage(10, 2 * MINUTE, approval=Approval(rarely(0.06))),
            Stage(50, 2 * MINUTE, approval=Approval(rarely(0.1))),
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
    mirror = Stage(0, 2 * MINUTE, approval=Approval(random.random() < 0.06), mirror=20)
    policy = replace(setting.policy, stages=(mirror, *setting.policy.stages))
    return replace(setting, policy=policy)


def with_predictions(setting: Setting, random: Random) -> Setting:
    """Now and then predictions are judged. Drawn apart, too."""
    if random.random() >= JUDGED:
        return setting
    golden = Golden("golden.jsonl", Labelled(Metric.ACCURACY, answer="label"), rate=600)
    quality = Quality(
        random.choice(list(Difference)),
        contract=Contract() if random.random() < 0.3 else None,
        golden=golden if random.random() < 0.25 else None,
    )
    rows = GOLDEN_ROWS if quality.golden is not None else 0
    policy = replace(setting.policy, quality=quality, probes=Probes())
    answers = tuple(random.choices(ANSWERS, k=VERSIONS))
    return replace(setting, policy=policy, answers=answers, golden=rows)


def with_golden_set(setting: Setting, random: Random) -> Setting:
    """Now and then both sides are examined before any traffic; some sets are too small to tell."""
    if random.random() >= EXAMINED or setting.policy.quality is not None:
        return setting
    golden = Golden("golden.jsonl", Labelled(Metric.ACCURACY, "label"), rate=300, time=3 * MINUTE)
    quality = Quality(Difference.EXPECTED, golden=golden)
    policy = replace(setting.policy, quality=quality)
    return replace(setting, policy=policy, golden=random.choice((20, 150, 150, 2000)))


def with_second_person(setting: Setting, random: Random) -> Setting:
    """Now and then orders are signed and come again, and stages ask for a second person."""
    if random.random() >= SIGNED:
        return setting
    stages = tuple(
        replace(each, approval=Approval.SECOND_PERSON) if random.random() < 0.5 else each
        for each in setting.policy.stages
    )
    policy = replace(setting.policy, stages=stages)
    return replace(setting, policy=policy, senders=random.randrange(1, 2**32))


def with_identity(setting: Setting) -> Setting:
    """The adopted endpoint has a user-assigned identity."""
    return replace(setting, identity=True)


def with_freezes(setting: Setting, random: Random) -> Setting:
    """Up to two windows on the day on which schedules are played."""
    windows = []
    for begins in random.sample(FREEZES, random.randrange(3)):
        start = begins + random.randrange(15)
        windows.append(FreezeWindow(start, start + random.randrange(3, 20), "UTC"))
    return replace(setting, policy=replace(setting.policy, freeze=tuple(windows)))


def _creation(random: Random, *, adopted: bool) -> Create:
    copies = adopted and random.random() < 0.2
    # Shorter than a creation takes, now and then.
    deadline = MINUTE if random.random() < 0.06 else 30 * MINUTE
    source = CreateFrom.COPY if copies else CreateFrom.TEMPLATE
    return Create(source, endpoint=True, deadline=deadline, call_timeout=2 * MINUTE)
