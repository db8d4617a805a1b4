"""Plays a schedule: its steps with their trouble, then peace, until everything has come to an end.

The rules are asked after every step. A rule that is broken ends the play.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from traceback import format_exception

from localazure.world import ArmError
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.signals import Command, Verb
from rollout.errors import RefusedError, StoreUnavailableError
from tests.doubles.seam import CrashError
from tests.support.schedules import arrivals, others, people, platform
from tests.support.schedules.settings import SOON
from tests.support.schedules.steps import ONLY_TIME, Schedule
from tests.support.schedules.watched import WatchedStory
from tests.support.stories.invariants import check
from tests.support.stories.trouble import WRITES, busy, lost, unavailable

Act = Callable[[WatchedStory, Random], None]

ACTS: Mapping[str, Act] = {
    each.__name__.replace("_", " "): each
    for each in (
        *(people.pause, people.resume, people.advance, people.rollback, people.take_back),
        *(people.cancel, people.retry, people.start),
        *(people.suspend, people.unsuspend, people.suspend_all, people.unsuspend_all),
        people.override,
        *(others.swap, others.swap_back, others.other_split, others.back_to_stable),
        *(others.replace_candidate, others.replace_stable, others.remake_candidate),
        *(others.remake_stable, others.delete_stable, others.delete_endpoint),
        *(others.copy_with_tags, others.scale),
        *(arrivals.register, arrivals.duplicate, arrivals.flood_of_registrations),
        *(arrivals.alert, arrivals.flood_of_alerts, arrivals.archive, arrivals.delete_version),
        *(arrivals.register_again,),
        *(arrivals.new_templates, arrivals.both_fail, arrivals.creation_fails),
        *(platform.restart, platform.app_is_down, platform.another_worker, platform.late_call),
        *(platform.second_delivery, platform.outage),
        *(platform.right_is_lost, platform.right_is_back),
        *(platform.timer_stops, platform.timer_runs),
    )
}
"""Every act by its name in `steps.GROUPS` and `steps.STOPS`."""

HOLDS_LIFTED = 30
PATIENCE = timedelta(hours=2)
AT_LAST = timedelta(minutes=2)
EXPECTED = ("StoreUnavailableError", "OutrunError", "LifecycleTopicError", "TooManyOffersError")
"""What a door of the platform may fail with: it is called again."""


class BrokenError(Exception):
    """A rule does not hold. `rule` is its name, `step` the number of the step that showed it."""

    def __init__(self, rule: str, what: str, step: int | None) -> None:
        super().__init__(f"{rule}: {what}")
        self.rule = rule
        self.step = step


@dataclass
class Play:
    """One play of a schedule."""

    schedule: Schedule
    story: WatchedStory = field(init=False)
    _trouble: float = 0.0
    _random: Random = field(default_factory=Random)
    _read: int = 0
    _step: int | None = None
    _pauses: int = 1

    def __post_init__(self) -> None:
        self.story = WatchedStory(self.schedule.setting)
        self.story.seam.before.append(self._before)
        self.story.seam.after.append(self._after)

    @property
    def places(self) -> Counter[str]:
        """Where it came, and how often."""
        return self.story.witness.places

    def to_the_end(self) -> None:
        """Play all of it.

        Raises:
            BrokenError: A rule does not hold.
        """
        story = self.story
        self._guarded(self._begin)
        for step in self.schedule.steps:
            self._step, self._trouble = step.number, step.trouble
            self._random = self.schedule.random(step)
            self._guarded(lambda span=step.wait: story.pass_time(span))  # type: ignore[misc]  # bound now
            if step.act != ONLY_TIME:
                self._guarded(lambda name=step.act: self._act(name))  # type: ignore[misc]  # bound now
        self._step, self._trouble = None, 0.0
        self._guarded(self._finish)
        self._guarded(self._check_the_end)

    def _begin(self) -> None:
        if self.schedule.setting.adopted:
            self.story.adopt()
            if self.schedule.setting.identity:
                platform.has_identity(self.story)
        # From here on it takes what the setting says.
        self.story.world.dials = self.schedule.setting.dials
        arrivals.register(self.story, Random(self.schedule.seed))  # noqa: S311 - no secret

    def _act(self, name: str) -> None:
        self.story.witness.note(f"act {name}")
        self.story.door(lambda: ACTS[name](self.story, self._random))

    def _guarded(self, act: Callable[[], None]) -> None:
        """Play one part and ask the rules."""
        try:
            act()
        except AssertionError as error:
            raise BrokenError(_where(error), str(error), self._step) from error
        except Exception as error:
            what = "".join(format_exception(error, limit=-4))
            raise BrokenError("nothing_unexpected_is_raised", what, self._step) from error
        lines, self._read = self.story.log.lines[self._read :], len(self.story.log.lines)
        for line in lines:
            if line.startswith("a pass failed"):
                raise BrokenError("no_pass_fails", line, self._step)
            if line.startswith("a door failed") and not any(each in line for each in EXPECTED):
                raise BrokenError("no_door_fails_unexpectedly", line, self._step)
        for rule, what in self.story.witness.broken:
            raise BrokenError(rule, f"{what}\n{self.story.describe()}", self._step)

    def _finish(self) -> None:
        """Lift what is held and repair what keeps a rollout from ending, until all have ended."""
        story = self.story
        for lifted in range(HOLDS_LIFTED):
            self._let_go()
            until = story.clock.now + PATIENCE
            story.until(lambda: self._stands_still(until), within=2 * PATIENCE)  # noqa: B023
            if self._over():
                return
            if self._to_pause():
                self._pauses -= 1
                story.door(lambda: story.order(Command(Verb.PAUSE, people.ANN, "not today")))
            elif story.is_held:
                self._lift(lifted)
            elif story.clock.now >= until:
                self._repair()
        raise AssertionError(f"never ended: {story.describe()}")

    def _stands_still(self, until: datetime) -> bool:
        """Nothing goes on by itself, or a person acts now."""
        waits = self.story.is_held or self.story.clock.now >= until
        return waits or self._over() or self._to_pause()

    def _to_pause(self) -> bool:
        """A pause that is given during the keep and then forgotten, once a schedule."""
        phase = self.story.phase
        return self._forgets and self._pauses > 0 and phase is Phase.PROMOTED

    @property
    def _forgets(self) -> bool:
        setting = self.schedule.setting
        return setting.forgetful and setting.policy.hold_expires == SOON

    def _over(self) -> bool:
        row = self.story.row
        idle = row is None or self.story.idle
        return idle and self.story.platform.quiet

    def _let_go(self) -> None:
        """End every suspension, give rights back, start the timer; a freeze ends by itself."""
        story = self.story
        platform.right_is_back(story, self._random)
        platform.timer_runs(story, self._random)
        story.door(lambda: story.order(Command(Verb.UNSUSPEND, people.ANN, "to the end")))
        story.door(lambda: story.order_all(False, None))

    def _lift(self, lifted: int) -> None:
        rollout = self.story.rollout_or_none
        hold = rollout.hold if rollout is not None else None
        if self._forgets and hold is not None:
            self.story.pass_time(max(hold.expires - self.story.clock.now, timedelta(0)) + AT_LAST)
        verbs = (Verb.RESUME, Verb.ADVANCE, Verb.ROLLBACK)
        for verb in verbs if lifted < HOLDS_LIFTED // 3 else verbs[-1:]:
            skips = verb is Verb.ADVANCE
            command = Command(verb, people.ANN, "to the end", skip_evidence=skips)
            try:
                self.story.order(command)
            except RefusedError:
                continue
            except StoreUnavailableError:
                # An outage of the last step still lasts.
                self.story.pass_time(timedelta(minutes=1))
            return

    def _repair(self) -> None:
        """What a person who was asked would do: put back what the rollout waits for."""
        story, rollout = self.story, self.story.rollout_or_none
        if rollout is None or rollout.final:
            return
        forward = rollout.phase not in (Phase.ROLLING_BACK, Phase.DISCARDING)
        name = rollout.candidate if forward else rollout.stable
        try:
            story.foreign_split({name: 100} if name else {})
        except ArmError:
            story.world.endpoints.delete(story.policy.endpoint)

    def _check_the_end(self) -> None:
        story = self.story
        if story.row is None:
            return
        check(story, late_writes=True, others=True)
        assert story.phase in FINAL_PHASES | {Phase.NONE}
        states = {story.deployments[name] for name in story.split}
        assert states <= {"Succeeded", "Scaling", "Updating"}, states

    def _before(self, name: str) -> None:
        if not self._trouble or self._random.random() >= self._trouble:
            return
        self._mark()
        kind = self._random.random()
        if kind < 0.4:
            raise CrashError(name)
        raise busy(name) if name in WRITES and kind < 0.6 else unavailable(name)

    def _after(self, name: str) -> None:
        if not self._trouble or self._random.random() >= self._trouble:
            return
        self._mark()
        if self._random.random() < 0.5:
            raise CrashError(name)
        raise lost(name)

    def _mark(self) -> None:
        self.story.witness.door.troubled = True
        self.story.witness.trouble_until(self.story.clock.now)


def _where(error: AssertionError) -> str:
    """The name of the invariant that raised."""
    names = []
    trace = error.__traceback__
    while trace is not None:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    after = names.index("check") + 1 if "check" in names[:-1] else -1
    return names[after]
