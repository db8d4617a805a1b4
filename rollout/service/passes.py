"""One pass over one endpoint, whatever woke it.

Save before act: the ETag picks one winner, and only the winner acts. A crash between the two is
repaired by the next pass, because what is wanted is compared with what is seen and asked for again.

    load -> (observe -> decide -> save -> act), again while a phase changed -> publish -> mark
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.records.effects import Recheck
from rollout.core.records.history import HistoryEntry
from rollout.core.records.observation import Observation
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Signal, Wake
from rollout.errors import (
    LifecycleTopicError,
    StaleRowError,
    StoreUnavailableError,
    UnknownOutcomeError,
)
from rollout.ports import Commit, Stored, Version
from rollout.service.acting import Actor
from rollout.service.budget import Budget
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.observing import Observer


@dataclass(frozen=True)
class Attempt:
    """How one pass may spend its time.

    `timeout` bounds each ARM call, or with `together` all of them; `steps` how many looks it may
    take; `chain_ends` is when rechecks stop, None where the pass puts none.
    """

    timeout: timedelta
    steps: int
    chain_ends: datetime | None = None
    together: bool = False


class Pass:
    """One pass over one endpoint. Make a new one for each; it knows what it saved and learnt.

    `current` runs ahead of the stored row by what needs no commit of its own: which write Azure
    took, and how far the history was announced. That is saved with whatever is saved next.
    """

    def __init__(self, ports: Dependencies, limits: Limits, stored: Stored | None) -> None:
        self._ports = ports
        self._limits = limits
        self._stored = stored
        self._current = stored.current if stored is not None else None
        self._announced_before = stored is None or _announced(stored.current)
        self._written: list[HistoryEntry] = []
        self._rechecked = False

    @property
    def current(self) -> Current | None:
        """The record as this pass knows it; None: there is no row."""
        return self._current

    @property
    def version(self) -> Version | None:
        return self._stored.version if self._stored is not None else None

    def decide_signal(
        self, current: Current, signal: Signal, seen: Observation, now: datetime
    ) -> Decision:
        """Decide a door's signal; nothing is saved and nothing is asked of the world yet."""
        self._current = current
        return decide(current, signal, seen, self._context(now, first_look=True))

    def look(self, now: datetime, attempt: Attempt) -> None:
        """Look, decide, save and act until no phase changes any more.

        Raises:
            StaleRowError: Another writer was first; nothing it would contradict was done.
        """
        budget = Budget(attempt.timeout, together=attempt.together)
        for step in range(attempt.steps):
            current = self._current
            if current is None:
                return
            observer = Observer(self._ports, current, budget)
            seen = observer.observe(now, suspended=self._limits.suspended)
            context = self._context(now, first_look=step == 0)
            decision = decide(current, Wake(), seen, context)
            saved = False
            if _first_saved(decision):
                saved = self.save(decision, now)
            else:
                self._current = decision.current
            learnt = self._act(
                decision, seen, now, budget, chain_ends=attempt.chain_ends, just_saved=saved
            )
            if not (decision.again or learnt):
                return

    def save(self, decision: Decision, now: datetime) -> bool:
        """Commit the decision in one transaction, if it changes anything.

        A 412 or a lost answer may hide our own success (the transport may have repeated the
        request): our commit id in the row says that we won.

        Returns:
            Whether there was anything to commit.
        """
        rows = decision.history or decision.minutes or decision.offers or decision.names
        stored = self._stored
        if stored is not None and decision.current == stored.current and not rows:
            return False
        current = replace(decision.current, saved_at=now, commit_id=self._ports.ids.fresh())
        commit = Commit(
            current,
            stored,
            decision.history,
            decision.minutes,
            decision.offers,
            decision.names,
        )
        try:
            self._stored = self._ports.store.commit(commit)
        except (StaleRowError, UnknownOutcomeError) as error:
            found = self._ports.store.load(current.endpoint)
            if found is None or found.current.commit_id != current.commit_id:
                raise StaleRowError(f"{current.endpoint} changed meanwhile") from error
            self._stored = found
        self._current = self._stored.current
        self._written.extend(decision.history)
        return True

    def ask_for_people(self, decision: Decision, now: datetime) -> None:
        """A door's decision asks nothing of the world, but perhaps for a person."""
        nothing = Budget(timedelta(0), together=True)
        self._act(decision, Observation(), now, nothing, chain_ends=None, just_saved=False)

    def finish(self, now: datetime) -> None:
        """Announce what was not announced yet, and save what needed no commit of its own.

        Losing this save costs a repeated announcement, no more.
        """
        self._announce()
        if self._current is None or self._stored is None:
            return
        settled = replace(self._current, failures=0)
        try:
            self.save(Decision(settled), now)
        except StaleRowError:
            self._ports.log.info("another pass went on from here", endpoint=settled.endpoint)

    def count(self, failures: int, now: datetime) -> None:
        """Save how many passes in a row failed; losing this save costs one count."""
        if self._current is None:
            return
        try:
            self.save(Decision(replace(self._current, failures=failures)), now)
        except StaleRowError:
            self._ports.log.info("a failure was not counted", endpoint=self._current.endpoint)

    def _context(self, now: datetime, *, first_look: bool) -> Context:
        return Context(
            now,
            suspended=self._limits.suspended,
            first_look=first_look,
            fresh_id=self._ports.ids.fresh(),
        )

    def _act(
        self,
        decision: Decision,
        seen: Observation,
        now: datetime,
        budget: Budget,
        *,
        chain_ends: datetime | None,
        just_saved: bool,
    ) -> bool:
        """Act on the effects. True: what Azure answered calls for another look."""
        if self._stored is None or not decision.effects:
            return False
        actor = Actor(
            self._ports,
            self._stored.current,
            self._stored.version,
            budget=budget,
            just_saved=just_saved,
            look_again=lambda: self._recheck(now, chain_ends),
        )
        again = False
        for result in actor.act(decision.effects, seen):
            learnt = decide(
                self._current or self._stored.current,
                result,
                Observation(),
                self._context(now, first_look=False),
            )
            self._current = learnt.current
            again = again or learnt.again
        return again

    def _recheck(self, now: datetime, chain_ends: datetime | None) -> None:
        """Wake this endpoint again soon: once a pass, and not beyond the chain's end."""
        due = now + self._limits.recheck
        if self._current is None or self._rechecked or chain_ends is None or due >= chain_ends:
            return
        self._rechecked = True
        self._ports.queue.wake(
            self._current.endpoint, delay=self._limits.recheck, chain_ends=chain_ends
        )

    def _announce(self) -> None:
        current = self._current
        if current is None or _announced(current):
            return
        try:
            entries = self._unannounced(current)
            self._ports.lifecycle.publish(current.endpoint, current.service, entries)
        except (LifecycleTopicError, StoreUnavailableError) as error:
            self._ports.log.info(
                "history is not announced yet", endpoint=current.endpoint, reason=str(error)
            )
            return
        if entries:
            self._current = replace(current, published=entries[-1].key)

    def _unannounced(self, current: Current) -> Sequence[HistoryEntry]:
        """From memory where this pass wrote all of it, else from the table."""
        if self._announced_before and len(self._written) <= self._limits.publish_batch:
            return self._written
        limit = self._limits.publish_batch
        return self._ports.store.history_after(current.endpoint, current.published, limit)


def _first_saved(decision: Decision) -> bool:
    """Facts and changes of the world are saved before anything else happens.

    What a look merely remembers is saved with whatever is saved next.
    """
    rows = decision.history or decision.minutes or decision.offers or decision.names
    acts = any(not isinstance(effect, Recheck) for effect in decision.effects)
    return bool(rows) or acts


def _announced(current: Current) -> bool:
    return current.head == current.published
