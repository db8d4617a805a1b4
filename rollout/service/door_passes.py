"""A pass that a door begins: its caller waits, so only an urgent way back asks Azure at once."""

from datetime import datetime
from typing import assert_never

from rollout.core.decide import decide
from rollout.core.machine.decision import Decision
from rollout.core.records.observation import Observation
from rollout.core.records.phases import Phase
from rollout.core.records.signals import AlertFired, Command, Offered, Verb
from rollout.errors import RolloutError, RowTooLargeError, TooManyOffersError
from rollout.ports import LiveRow
from rollout.service.budget import Budget
from rollout.service.passes import Attempt, Pass
from rollout.service.saving import SPARE_BYTES
from rollout.units import AT_ONCE, NO_TIME

DoorSignal = Offered | AlertFired | Command
"""What a caller waits for; a `Wake` comes from the queue, and the rest from within a pass."""

_WAYS_BACK = (Verb.ROLLBACK, Verb.CANCEL)


class DoorPass(Pass):
    """One pass for one signal of a door. Make a new one for each, as of any pass."""

    def take(self, signal: DoorSignal, seen: Observation, now: datetime) -> Decision:
        """Take a door's signal: decide, save, act, follow up, and wake the endpoint.

        Args:
            signal: What arrived.
            seen: What this signal is decided from; a door reads nothing else of the world.
            now: The signal's one moment.

        Returns:
            The decision; nothing of it is left to do.

        Raises:
            RefusedError: The command is not legal now.
            StaleRowError: Another writer was first: nothing was saved.
            StoreUnavailableError: The row cannot be saved, the wake-up not queued, or nobody can
                say whether an `advance` is suspended.
        """
        now = self._not_before_saved(now)
        if isinstance(signal, Command) and signal.verb is Verb.ADVANCE:
            # The one order that moves a rollout on by itself.
            self._stops.read(now)
        goes_back = isinstance(signal, AlertFired) or (
            isinstance(signal, Command) and signal.verb in _WAYS_BACK
        )
        context = self._context(now, first_look=True, goes_back=goes_back)
        decision = decide(self._current, signal, seen, context)
        match signal:
            case Offered():
                self._save_offer(decision, signal, now)
            case AlertFired() | Command():
                if not self._save(decision, now) and not decision.repeated:
                    # One alert of many, about what is written already: not even a wake-up.
                    return decision
                # An order that is sent again may have lost what followed it, not only its answer.
                try:
                    self._follow_up(now)
                finally:
                    # The traffic comes first: people read slower than a line is logged.
                    self._ask_operator(decision, now)
            case _:
                assert_never(signal)
        self._ports.queue.wake(self._current.endpoint, delay=AT_ONCE, chain_ends=None)
        self._summary.call_made()
        self._summary.write(now)
        return decision

    def _save_offer(self, decision: Decision, offered: Offered, now: datetime) -> None:
        if decision.current == self._current:
            return
        row = LiveRow(decision.current.endpoint, offered.service, now)
        # The row in `Live` is there before the offer is: no crash can leave it unseen. One that
        # is there already is written too: its new ETag stops a pass that is about to drop it.
        self._ports.store.put_live(row)
        try:
            self._save(decision, now, spare=SPARE_BYTES)
        except RowTooLargeError as error:
            text = f"the row of {offered.service} has no room for another offer: try again later"
            raise TooManyOffersError(text) from error
        # A pass that forgot the endpoint meanwhile took the row away before the save, and saw
        # nothing new after it. From here on it would: it checks the version that is saved now.
        self._ports.store.put_live(row)

    def _ask_operator(self, decision: Decision, now: datetime) -> None:
        """A door's decision asks nothing of the world, but perhaps for an operator."""
        nothing = Budget(NO_TIME, together=True)
        self._act(decision, Observation(), now, nothing, chain_ends=None)

    def _follow_up(self, now: datetime) -> None:
        """Make one bounded attempt where a rollback is urgent; the queue does the rest."""
        try:
            if self._current.phase is Phase.ROLLING_BACK:
                self._look(now, Attempt(self._limits.door_timeout, steps=1, together=True))
            self._finish(now)
        except RolloutError as error:
            # The intent is saved: whatever went wrong here, the next pass asks again.
            self._ports.log.info("the first attempt failed", reason=str(error))
