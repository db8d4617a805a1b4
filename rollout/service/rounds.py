"""Slow rounds over many endpoints, a slice each tick; where they stand is in the store.

A round that is under way goes on after a restart. Its place is written with the tick's next mark,
after its slice was done: a crash costs that a slice is done twice, never that one is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from rollout.core.policy.values import duration_text
from rollout.core.records.rounds import Round, RoundKind, trouble
from rollout.errors import RolloutError, ServicesUnavailableError, StoreUnavailableError
from rollout.ports import Log
from rollout.service.dependencies import Dependencies, Limits, Rhythm

LINES_A_ROUND = 10
"""How many endpoints a round names to operators; the others are one line, and lines of the log."""

TRIES = 3
"""How often a place is tried again before what cannot be read there is left to the next round."""

TITLES = {
    RoundKind.LIVE: "the sweep of live endpoints",
    RoundKind.ALL: "the sweep of all endpoints",
    RoundKind.LEFTOVERS: "the search for leftovers",
    RoundKind.RETENTION: "the deletion of old rows",
}


class Then(Enum):
    """What follows a step: another one, the next tick, or the end of the round."""

    ON = auto()
    WAIT = auto()
    OVER = auto()


@dataclass(frozen=True)
class Step:
    """What a step did: everything up to the place `after`."""

    after: str
    then: Then = Then.ON


class Notes:
    """What a round notes on its way, and its moments.

    `now` is the tick's; since `awake_since` ticks come to this process.
    """

    def __init__(self, log: Log, found: Round, now: datetime, awake_since: datetime) -> None:
        self._log = log
        self.round = found
        self.now = now
        self.awake_since = awake_since

    def trouble(self, text: str) -> None:
        """Note that an endpoint needs an operator, for `health` and the like."""
        self.round = replace(self.round, found=self.round.found + trouble(text))

    def tell(self, text: str, **fields: object) -> None:
        """Ask for an operator: loudly about the first few endpoints of a round."""
        lines = self.round.lines + 1
        self.round = replace(self.round, lines=lines)
        if lines <= LINES_A_ROUND:
            self._log.attention(text, **fields)
        else:
            self._log.info(text, **fields)


class Job(Protocol):
    """What is done in a round. Its own caches may be lost at any time."""

    kind: RoundKind
    rhythm: Rhythm

    def step(self, after: str, notes: Notes, *, skip: bool) -> Step:
        """Do the next few endpoints after a place ("": the first ones).

        `skip`: what cannot be read is left out, because it could not be read before either.

        Raises:
            StoreUnavailableError, ServicesUnavailableError: The place is tried again at the next
                tick; nothing was reported about it yet.
        """


class Rounds:
    """Gives each job its slice.

    What this process remembers of the rounds is a cache of the store's row, read again where no
    tick came here for a while: then another process may have had them.
    """

    def __init__(self, ports: Dependencies, limits: Limits, jobs: Sequence[Job]) -> None:
        self._ports = ports
        self._limits = limits
        self._jobs = jobs
        self._cached: dict[RoundKind, Round] = {}
        self._cached_run: datetime | None = None
        self._cached_awake: datetime | None = None
        self._cached_moved: set[RoundKind] = set()
        self._cached_tries: dict[RoundKind, int] = {}
        self._cached_quiet = False

    @property
    def unsaved(self) -> bool:
        """Whether a round moved on since its place was written."""
        return bool(self._cached_moved)

    def mark(self, now: datetime, *, quiet: bool = False) -> None:
        """Mark the timer's tick, and write where the rounds stand, in one transaction.

        `quiet`: the tick found nothing due.
        """
        self._cached_quiet = quiet
        self._ports.store.mark_tick(now, self._unwritten(), quiet=quiet)
        self._cached_moved.clear()

    def run(self, now: datetime, *, second: bool = False) -> bool:
        """Give each job its slice; return whether a sweep of live endpoints began.

        `second`: in the second clock's tick. The next one may come to another process, so that the
        places are read before and written after it; the timer's mark stays as it is.

        Never raises but what no code may catch: a job must not stop the tick.
        """
        known = self._cached_run is not None
        was_away = not known or now - (self._cached_run or now) > self._limits.tick_overdue
        if was_away:
            self._cached_awake = now
        if was_away or second:
            try:
                self._cached = {each.kind: each for each in self._ports.store.rounds()}
            except RolloutError as error:
                self._ports.log.info("the rounds wait", reason=str(error))
                return False
            self._cached_moved.clear()
        self._cached_run = now
        began = [job.kind for job in self._jobs if self._turn(job, now)]
        if (second or not known) and self.unsaved:
            self._save_at_once(now, second=second)
        return RoundKind.LIVE in began

    def _unwritten(self) -> Sequence[Round]:
        return [
            each
            for each in self._cached.values()
            if each.kind in self._cached_moved or not each.over
        ]

    def _save_at_once(self, now: datetime, *, second: bool) -> None:
        """Where processes live for one tick only, nothing else would ever be written."""
        try:
            if second:
                self._ports.store.put_rounds(self._unwritten())
                self._cached_moved.clear()
            else:
                self.mark(now, quiet=self._cached_quiet)
        except RolloutError as error:
            self._ports.log.info("where the rounds stand is not written", reason=str(error))

    def _turn(self, job: Job, now: datetime) -> bool:
        """Begin a round if one is due, and do a slice of it; return whether it began."""
        found = self._cached.get(job.kind)
        begins = found is None or found.began > now or (found.over and _due(found, job, now))
        if found is None or begins:
            told = None if found is None else found.told
            found = Round(job.kind, now, now + job.rhythm.allowed, now)
            found = found if told is None else replace(found, troubles=told)
            self._cached_tries.pop(job.kind, None)
        elif found.over:
            return False
        if now - found.at > self._limits.tick_overdue:
            # Nobody was there: that is not the round's lateness.
            found = replace(found, due=found.due + (now - found.at))
        before = found
        notes = Notes(self._ports.log, found, now, self._cached_awake or now)
        self._slice(job, notes)
        found = self._reported(replace(notes.round, at=now), now)
        self._cached[job.kind] = found
        if begins or replace(found, at=before.at) != before:
            self._cached_moved.add(job.kind)
        return begins

    def _slice(self, job: Job, notes: Notes) -> None:
        """Take steps until the time is up, or nothing is left to do."""
        watch = self._ports.stopwatch
        end = watch.seconds() + self._limits.slice_time.total_seconds()
        while (after := notes.round.after) is not None:
            tries = self._cached_tries.get(job.kind, 0)
            try:
                step = job.step(after, notes, skip=tries >= TRIES)
            except (StoreUnavailableError, ServicesUnavailableError) as error:
                self._cached_tries[job.kind] = tries + 1
                self._ports.log.info("a round waits", round=job.kind.value, reason=str(error))
                return
            # A fault of ours in one job must stop neither the others nor the tick.
            except Exception as error:  # noqa: BLE001
                self._cached_tries[job.kind] = tries + 1
                text = f"{TITLES[job.kind]} fails: {type(error).__name__}: {error}"
                say = self._ports.log.attention if tries == 0 else self._ports.log.info
                say(text, round=job.kind.value)
                return
            self._cached_tries.pop(job.kind, None)
            over = step.then is Then.OVER
            notes.round = replace(notes.round, after=None if over else step.after)
            if step.then is Then.WAIT or watch.seconds() >= end:
                return

    def _reported(self, found: Round, now: datetime) -> Round:
        """Say once that a round is late, and at its end how many endpoints it did not name."""
        title = TITLES[found.kind]
        if now > found.due and not found.late:
            under_way = duration_text(_minutes(now - found.began))
            self._ports.log.attention(
                f"{title} is late: under way for {under_way}; docs/scale.md says what bounds it",
                round=found.kind.value,
            )
            found = replace(found, late=True)
        unnamed = found.lines - LINES_A_ROUND
        if found.over and unnamed > 0:
            self._ports.log.attention(
                f"{title} found {unnamed} more endpoints that need an operator: `rollout list` "
                "shows all services, and the log has a line about each",
                round=found.kind.value,
            )
        return found


def _due(found: Round, job: Job, now: datetime) -> bool:
    return now - found.began >= job.rhythm.every


def _minutes(span: timedelta) -> timedelta:
    return timedelta(minutes=span // timedelta(minutes=1))
