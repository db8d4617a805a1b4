"""One pass over one endpoint, whatever woke it.

Save before act: the ETag picks one winner, and only the winner acts. A crash between the two is
repaired by the next pass, because what is wanted is compared with what is seen and asked for again.

    load -> (observe -> decide -> save -> act), again while a phase changed -> publish -> mark

and last the endpoint's row in `Live` is deferred, where the next look is not soon.

Where a baking rollout stays as it is, the pass sends probes after the decision and decides again,
from the same row, with what they showed: one save has both. So are warm-up requests sent, where
only a raise is due.

The queue's wake-up comes to `work`; a door brings its signal to `door_passes.py`, which walks the
same path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.machine.sleeping import wakes_at
from rollout.core.machine.unrecorded import Unrecorded, sent_in, with_unrecorded
from rollout.core.records.observation import Observation
from rollout.core.records.rollout import Current
from rollout.core.records.signals import (
    TrafficTaken,
    Wake,
)
from rollout.errors import (
    ArmThrottledError,
    OvertakenError,
    StaleRowError,
    StoreUnavailableError,
    UnexplainedRefusalError,
)
from rollout.ports import FURTHEST_DUE, Stored, Version
from rollout.service.acting import Actor, Result
from rollout.service.announcing import Outbox, is_announced
from rollout.service.budget import Budget
from rollout.service.decision_log import tell
from rollout.service.deferring import Deferral
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.observing import Observer
from rollout.service.probing import decided
from rollout.service.saving import is_saved_first, save
from rollout.service.stops import Stops
from rollout.service.summaries import OwedSummary


@dataclass(frozen=True)
class Attempt:
    """How a pass may spend its time.

    `timeout` bounds each ARM call, or with `together` all of them; `steps` how many looks it may
    take; `chain_ends` is when rechecks stop, None where the pass puts none; `probes` says whether
    it may send any, `waits` whether a look that Azure has no requests for comes again later.
    """

    timeout: timedelta
    steps: int
    chain_ends: datetime | None = None
    together: bool = False
    probes: bool = False
    waits: bool = False


class Pass:
    """One pass over one endpoint. Make a new one for each; it knows what it saved and learnt.

    Every public method clamps the `now` it is given: a worker whose clock lags behind the one that
    saved the row must not make time run backwards in it.

    The pass's own record runs ahead of the stored row by what needs no commit of its own: which
    write Azure took, and how far the history was announced. That is saved with whatever is saved
    next.

    Args:
        ports: The outside world.
        limits: The service's bounds.
        current: The record to begin with: the stored one, or what an offer makes of it.
        stored: The row as read; None where there is none yet.
        told: Whether the wake-up says that an order suspends all services.
    """

    def __init__(
        self,
        ports: Dependencies,
        limits: Limits,
        current: Current,
        stored: Stored | None,
        *,
        told: bool = False,
    ) -> None:
        self._ports = ports
        self._limits = limits
        self._stored = stored
        self._current = current
        self._outbox = Outbox(ports, limits, stored)
        self._deferral = Deferral(ports, limits)
        self._summary = OwedSummary(ports)
        self._rechecked = False
        self._told = told
        self._raised: str | None = None
        self._overtaken = False
        self.unrecorded: Unrecorded | None = None
        """What this pass sent and has not saved: whoever tries again must remember it."""
        self._stops = Stops(ports, limits, told=told)

    def nothing_due(self, now: datetime) -> bool:
        """Say whether the pass may end here, after the one read of the row.

        A moment further ahead than any is planned was saved by a wrong clock. As the tick wakes
        such an endpoint all the same, its pass looks.
        """
        at = wakes_at(self._current)
        return at is not None and self._not_before_saved(now) < at < now + FURTHEST_DUE

    @property
    def current(self) -> Current:
        """The record as the pass has it now."""
        return self._current

    def work(
        self,
        now: datetime,
        chain_ends: datetime | None,
        *,
        probes: bool = True,
        waits: bool = False,
        overtaken: str | None = None,
        unrecorded: Sequence[Unrecorded] = (),
    ) -> None:
        """Answer a wake-up: look until no phase changes any more, then announce.

        Args:
            now: The wake-up's one moment.
            chain_ends: When its chain of rechecks ends; None: this wake-up begins one.
            probes: Whether it may send requests of its own: not after a lost race, since it did
                before.
            waits: Whether it is given up where Azure takes no more requests.
            overtaken: The stamp of a raise that an earlier attempt sent while the row moved.
            unrecorded: What earlier attempts sent before they lost their races.

        Raises:
            StaleRowError: Another writer was first; nothing it would contradict was done.
            OvertakenError: A raise was sent meanwhile: look again at once.
            ArmThrottledError: Only where it `waits`; what was decided until then is saved.
        """
        now = self._not_before_saved(now)
        self._current = with_unrecorded(self._current, unrecorded)
        if overtaken is not None:
            self._overtaken = True
            self._learn(TrafficTaken(overtaken), now)
        ends = chain_ends or now + self._limits.chain
        limits = self._limits
        self._deferral.defers = True
        try:
            attempt = Attempt(limits.arm_timeout, limits.steps, ends, probes=probes, waits=waits)
            self._look(now, attempt)
            self._finish(now)
            self._check_not_overtaken()
        except Exception as error:
            if isinstance(error, ArmThrottledError):
                self._keep_learnt(now)
            self._summary.call_made()
            self._summary.write(now)
            moved = isinstance(error, StaleRowError) and not isinstance(
                error, UnexplainedRefusalError
            )
            if self._raised is not None and moved:
                raise OvertakenError(str(error), self._raised) from error
            raise
        self._summary.write(now)
        self._deferral.after_saves(self._stored, now)

    def count_failures(self, failures: int, now: datetime) -> None:
        """Save how many passes in a row failed; losing this save costs one count."""
        counted = replace(self._current, failures=failures)
        try:
            self._save(Decision(counted), self._not_before_saved(now))
        except StaleRowError:
            self._ports.log.info("a failure was not counted", endpoint=counted.endpoint)
        self._summary.write(now)

    def _not_before_saved(self, now: datetime) -> datetime:
        return now if self._stored is None else max(now, self._stored.current.saved_at)

    def _look(self, now: datetime, attempt: Attempt) -> None:
        budget = Budget(attempt.timeout, together=attempt.together)
        for step in range(attempt.steps):
            self._summary.call_made()
            observer = Observer(self._ports, self._current, budget, waits=attempt.waits)
            context = self._context(now, first_look=step == 0)
            seen = observer.observe(now, suspended=context.stops_all is not None)
            within = self._limits.probe_time if attempt.probes else None
            seen, decision = decided(self._ports, self._current, seen, context, probing=within)
            if own := sent_in(seen):
                self.unrecorded = Unrecorded(self._current.rollout_id, own)
            if self._stops.is_open(self._current, decision) and self._stops.read(now) is not None:
                # It goes forward, and an order is there that this pass had not read.
                context = replace(context, of_all=self._stops.read(now))
                decision = decide(self._current, Wake(), seen, context)
            if is_saved_first(decision):
                self._save(decision, now)
            else:
                self._current = decision.current
            learnt = self._act(decision, seen, now, budget, chain_ends=attempt.chain_ends)
            if not (decision.again or learnt):
                return

    def _save(self, decision: Decision, now: datetime, *, spare: int = 0) -> bool:
        """Commit the decision in one transaction, if it changes anything.

        Args:
            decision: What to commit.
            now: The pass's moment.
            spare: How many bytes of the row must stay free.

        Returns:
            Whether there was anything to commit.
        """
        stored = self._stored
        if stored is not None and decision.current == stored.current and not decision.has_rows:
            return False
        self._deferral.before_save(stored, decision.current, now)
        self._stored = save(self._ports, stored, decision, now, spare=spare)
        # Nobody saved since this pass did: no raise that it sent meanwhile was overtaken.
        self._raised = self.unrecorded = None
        self._current = self._stored.current
        before = None if stored is None else stored.current
        tell(self._ports, before, decision, self._current)
        self._outbox.add(decision.history)
        self._summary.saved(before, self._current)
        return True

    def _finish(self, now: datetime) -> None:
        """Announce what was not announced yet, and save what needed no commit of its own.

        Losing this save costs a repeated announcement, no more.
        """
        if not is_announced(self._current):
            self._summary.call_made()
            self._current = self._outbox.announce(self._current)
        if self._stored is None:
            return
        settled = replace(self._current, failures=0)
        try:
            self._save(Decision(settled), now)
        except StaleRowError:
            if self._raised is not None:
                raise
            self._summary.call_made()
            self._ports.log.info("another pass went on from here", endpoint=settled.endpoint)

    def _keep_learnt(self, now: datetime) -> None:
        """Save which writes Azure took, for the look that comes instead of this one.

        Of an overtaken raise nobody else knows that the way back must be asked for again.
        """
        try:
            self._save(Decision(self._current), now)
        except (StaleRowError, StoreUnavailableError) as error:
            text = "what was learnt is not kept"
            self._ports.log.info(text, endpoint=self._current.endpoint, reason=str(error))

    def _check_not_overtaken(self) -> None:
        """Read the row's version once more where a raise's answer was lost, so nothing was saved.

        Raises:
            StaleRowError: The row moved, and Azure may have taken the raise since.
        """
        if self._raised is None or self._stored is None:
            return
        endpoint = self._current.endpoint
        if self._ports.store.version(endpoint) != self._stored.version:
            raise StaleRowError(f"{endpoint} changed while its traffic was raised")
        self._raised = None

    def _context(self, now: datetime, *, first_look: bool, goes_back: bool = False) -> Context:
        return Context(
            now,
            suspended=self._limits.suspended,
            first_look=first_look,
            fresh_id=self._ports.ids.fresh(),
            of_all=self._stops.known(self._current, now, goes_back=goes_back),
            zones=self._ports.zones,
            unwatched_after=self._limits.tick_overdue,
        )

    def _act(
        self,
        decision: Decision,
        seen: Observation,
        now: datetime,
        budget: Budget,
        *,
        chain_ends: datetime | None,
    ) -> bool:
        """Act on the effects. True: what Azure answered calls for another look."""
        if self._stored is None or not decision.effects:
            return False
        self._summary.call_made()
        actor = Actor(
            self._ports,
            self._stored.current,
            budget=budget,
            may_raise=self._may_raise(self._stored.version, now),
            look_again=lambda: self._recheck(now, chain_ends),
        )
        try:
            results = actor.act(decision.effects, seen)
        finally:
            self._raised = actor.raised or self._raised
        again = False
        for result in results:
            again = self._learn(result, now) or again
        return again

    def _learn(self, result: Result, now: datetime) -> bool:
        """Note what Azure answered; True: it calls for another look."""
        context = self._context(now, first_look=False)
        learnt = decide(self._current, result, Observation(), context)
        self._current = learnt.current
        return learnt.again

    def _may_raise(self, version: Version, now: datetime) -> Callable[[], bool]:
        endpoint = self._current.endpoint
        return lambda: self._stops.may_raise(endpoint, version, now)

    def _recheck(self, now: datetime, chain_ends: datetime | None) -> None:
        """Wake this endpoint again soon: once a pass, and not beyond the chain's end.

        After an overtaken raise several chains begin, one after another: clients may get answers
        of what was rolled back until Azure's operation ends and the next look sees that.
        """
        due = now + self._limits.recheck
        if self._rechecked or chain_ends is None or due >= chain_ends:
            return
        self._rechecked = True
        delays = [self._limits.recheck]
        if self._overtaken:
            step = self._limits.recheck_overtaken
            delays = [number * step for number in range(1, self._limits.recheck // step)] + delays
        for delay in delays:
            self._ports.queue.wake(
                self._current.endpoint, delay=delay, chain_ends=chain_ends, suspended=self._told
            )
