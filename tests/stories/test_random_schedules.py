"""Random schedules: whatever comes, in whatever order, with whatever faults, every invariant holds.

A seed names a schedule; the same seed is the same story. To replay one, run the test with its id.
"""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from localazure.world import ArmError
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.signals import Verb
from rollout.errors import InvalidInputError, RefusedError, StoreUnavailableError
from tests.doubles.seam import CrashError
from tests.support.stories.azure import FAILING, HEALTHY, SILENT, UNABLE
from tests.support.stories.invariants import check
from tests.support.stories.stage import Story
from tests.support.stories.trouble import WRITES, busy, lost, unavailable

# The same lines thousands of times: tracing them costs twice their run and covers nothing more.
pytestmark = pytest.mark.no_cover

SEEDS = 40
SHARES = 8
STEPS = 25
HOUR = timedelta(hours=1)
VERBS = list(Verb)


class Schedule:
    """One random story. Faults stop at the end, so that it can come to an end."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a schedule, not a secret
        self.story = Story()
        self.versions = 1
        self.faulty = True
        self.story.seam.before.append(self._before)
        self.story.seam.after.append(self._after)

    def play(self) -> None:
        story, choose = self.story, self.random
        self.faulty = False
        if choose.random() < 0.7:
            story.adopt()
        self.faulty = True
        self.register()
        acts: list[Callable[[], None]] = [
            self.register,
            self.duplicate,
            self.alert,
            self.command,
            self.command,
            self.scale,
            self.restart,
        ]
        for _ in range(STEPS):
            story.pass_time(timedelta(seconds=choose.choice((1, 7, 33, 61, 150, 400, 1000))))
            if choose.random() < 0.5:
                self.door(choose.choice(acts))
        self.faulty = False
        self.finish()

    def finish(self) -> None:
        """Lift what is held, until everything has ended."""
        story = self.story
        for _ in range(20):
            story.until(lambda: story.idle or story.is_held, within=60 * HOUR)
            if story.idle:
                return
            try:
                story.command(Verb.RESUME)
            except RefusedError:
                story.command(Verb.ADVANCE, skip_evidence=True)
        raise AssertionError(f"never ended: {story.describe()}")

    def door(self, act: Callable[[], None]) -> None:
        try:
            act()
        except CrashError:
            self.story.restart()
        except (RefusedError, StoreUnavailableError, InvalidInputError, ArmError):
            return

    def register(self) -> None:
        version = str(self.versions)
        self.versions += 1
        behaviour = self.random.choice((HEALTHY, HEALTHY, HEALTHY, FAILING, SILENT, UNABLE))
        self.story.serves(version, behaviour)
        late = timedelta(seconds=self.random.choice((0, 0, 5, 300, 4000)))
        self.story.register(version, after=late)

    def duplicate(self) -> None:
        self.story.event(str(self.random.randint(1, self.versions - 1)))

    def alert(self) -> None:
        row = self.story.row
        rollout = row.current.rollout if row else None
        names = [rollout.candidate, rollout.stable, None] if rollout else [None]
        self.story.alert(self.random.choice(names))

    def command(self) -> None:
        self.story.command(self.random.choice(VERBS))

    def scale(self) -> None:
        name = self.random.choice(list(self.story.deployments) or ["blue-0"])
        count = self.random.randint(1, 5)
        self.story.world.deployments.patch(self.story.policy.endpoint, name, instance_count=count)

    def restart(self) -> None:
        self.story.restart()

    def _before(self, name: str) -> None:
        if not self.faulty or self.random.random() > 0.04:
            return
        kind = self.random.random()
        if kind < 0.4:
            raise CrashError(name)
        raise busy(name) if name in WRITES and kind < 0.6 else unavailable(name)

    def _after(self, name: str) -> None:
        if not self.faulty or self.random.random() > 0.04:
            return
        if self.random.random() < 0.5:
            raise CrashError(name)
        raise lost(name)


@pytest.mark.parametrize("share", range(SHARES))
def test_random_schedules_end_with_every_invariant(share: int) -> None:
    for seed in range(share, SEEDS, SHARES):
        schedule = Schedule(seed)
        story = schedule.story
        try:
            schedule.play()
            check(story)
            assert story.phase in FINAL_PHASES | {Phase.NONE}
            serving = [name for name, weight in story.split.items() if weight]
            assert len(serving) <= 1
            assert {story.deployments[name] for name in serving} <= {"Succeeded", "Scaling"}
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
