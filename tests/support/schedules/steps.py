"""A schedule: what happens, when, and with how much trouble. The same seed is the same schedule.

Each step draws what it needs from a source of its own, named by the seed and the step's number.
A step that is left out changes no other one, which is what lets a failure be shortened.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Self

from tests.support.schedules.settings import (
    Setting,
    draw_setting,
    with_freezes,
    with_golden_set,
    with_identity,
    with_mirror,
    with_predictions,
    with_second_person,
)

STEPS = 18
WAITS = (1, 7, 33, 61, 61, 100, 150, 200, 400)
"""Seconds; together they lead through about half an hour."""

ONLY_TIME = ""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "people": (
        "pause",
        "resume",
        "resume",
        "advance",
        "rollback",
        "take back",
        "cancel",
        "retry",
        "start",
    ),
    "others": (
        "swap",
        "swap",
        "swap back",
        "other split",
        "back to stable",
        "replace candidate",
        "replace candidate",
        "replace stable",
        "remake candidate",
        "remake stable",
        "delete stable",
        "delete endpoint",
        "copy with tags",
        "scale",
    ),
    "arrivals": (
        "register",
        "register",
        "duplicate",
        "flood of registrations",
        "alert",
        "alert",
        "flood of alerts",
        "archive",
        "delete version",
        "register again",
        "new templates",
        "both fail",
        "creation fails",
    ),
    "platform": (
        "restart",
        "another worker",
        "another worker",
        "late call",
        "late call",
        "second delivery",
        "outage",
        "outage",
    ),
}
"""Who acts, and what they may do. An act that stands twice comes twice as often."""

STOPS = (
    "suspend",
    "suspend",
    "unsuspend",
    "suspend all",
    "suspend all",
    "unsuspend all",
    "override",
    "advance",
    "rollback",
)
"""What happens in the quiet steps of schedules with suspensions and freezes."""

STOPPED = 0.3
"""The share of such schedules."""

DOWN = ("app is down",)
DOWNTIMES = 0.2
"""The share of schedules in which the app is down for a while."""

RIGHTS = ("right is lost", "right is lost", "right is back")
BARRED = 0.12
"""The share of schedules in which the app may not write the endpoint for a while."""

CLOCKS = ("timer stops", "timer stops", "timer runs")
SILENT = 0.12
"""The share of schedules in which the timer does not fire for a while."""

TROUBLE = (0.0, 0.0, 0.0, 0.015, 0.04)
"""The chance that a call fails, and that its answer is lost, in a step."""


@dataclass(frozen=True)
class Step:
    """`wait` passes, then `act` happens; `trouble` is the share of calls that fail meanwhile."""

    number: int
    wait: timedelta
    act: str
    trouble: float


@dataclass(frozen=True)
class Schedule:
    """A whole schedule; `steps` may be a part of those drawn."""

    seed: int
    setting: Setting
    steps: tuple[Step, ...]

    def random(self, step: Step) -> Random:
        """The step's own source of chance."""
        return Random(f"{self.seed}/{step.number}")  # noqa: S311 - a schedule, not a secret

    def only(self, numbers: Collection[int]) -> Self:
        """The same schedule with some of its steps."""
        return replace(self, steps=tuple(each for each in self.steps if each.number in numbers))


def draw(seed: int) -> Schedule:
    """Draw the schedule that a seed names."""
    random = Random(seed)  # noqa: S311 - a schedule, not a secret
    setting = with_mirror(draw_setting(random), Random(f"{seed}/mirror"))  # noqa: S311 - likewise
    setting = with_predictions(setting, Random(f"{seed}/predictions"))  # noqa: S311 - likewise
    setting = with_golden_set(setting, Random(f"{seed}/golden"))  # noqa: S311 - likewise
    setting = with_second_person(setting, Random(f"{seed}/senders"))  # noqa: S311 - likewise
    # Each schedule leans towards one group, so that several of its acts meet.
    leaning = random.choice(list(GROUPS))
    weights = [3.0 if group == leaning else 1.0 for group in GROUPS]
    steps = tuple(_step(random, n, weights) for n in range(STEPS))
    schedule = _with_downtime(_with_stops(Schedule(seed, setting, steps)))
    return _with_silence(_with_rights(schedule))


def _with_stops(schedule: Schedule) -> Schedule:
    """Now and then people suspend, and windows freeze. Drawn apart: other choices stay."""
    random = Random(f"{schedule.seed}/stops")  # noqa: S311 - a schedule, not a secret
    if random.random() >= STOPPED:
        return schedule
    steps = _quiet_steps(schedule, random, STOPS, 0.7)
    return replace(schedule, setting=with_freezes(schedule.setting, random), steps=steps)


def _with_downtime(schedule: Schedule) -> Schedule:
    """Now and then the app is down in some quiet steps. Drawn apart: other choices stay."""
    random = Random(f"{schedule.seed}/down")  # noqa: S311 - a schedule, not a secret
    if random.random() >= DOWNTIMES:
        return schedule
    steps = _quiet_steps(schedule, random, DOWN, 0.3)
    return replace(schedule, steps=steps)


def _with_rights(schedule: Schedule) -> Schedule:
    """Now and then a right is taken away and given back. Drawn apart: other choices stay."""
    random = Random(f"{schedule.seed}/rights")  # noqa: S311 - a schedule, not a secret
    if random.random() >= BARRED:
        return schedule
    steps = _quiet_steps(schedule, random, RIGHTS, 0.5)
    return replace(schedule, setting=with_identity(schedule.setting), steps=steps)


def _with_silence(schedule: Schedule) -> Schedule:
    """Now and then the timer does not fire for a while. Drawn apart: other choices stay."""
    random = Random(f"{schedule.seed}/clocks")  # noqa: S311 - a schedule, not a secret
    if random.random() >= SILENT:
        return schedule
    return replace(schedule, steps=_quiet_steps(schedule, random, CLOCKS, 0.5))


def _quiet_steps(
    schedule: Schedule, random: Random, acts: Sequence[str], share: float
) -> tuple[Step, ...]:
    """All steps, where some of those in which only time passes have one of these acts."""
    return tuple(
        replace(step, act=random.choice(acts))
        if step.act == ONLY_TIME and random.random() < share
        else step
        for step in schedule.steps
    )


def _step(random: Random, number: int, weights: list[float]) -> Step:
    wait = timedelta(seconds=random.choice(WAITS))
    (group,) = random.choices(list(GROUPS.values()), weights)
    act = random.choice(group) if random.random() < 0.6 else ONLY_TIME
    return Step(number, wait, act, random.choice(TROUBLE))
