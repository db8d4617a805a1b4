"""From when on the tick wakes an endpoint: its row in `Live` follows its owner row, safely.

The two rows lie in different tables, so no transaction has both. What must hold between them, at
every moment and whatever is lost: **a row of `Live` is due no later than its owner row wants the
next look.** Then a crash makes a look come earlier, never later.

Two rules keep it (ADR 36 has the proof):

- Bring forward before the save: whoever saves an owner row that wants an earlier look puts the row
  of `Live` first, unconditionally. That makes it due at once, and changes its version.
- Defer after the save: a pass defers the row only if it saved the owner row itself, and only the
  version of `Live` that it had read before that save.
"""

from datetime import datetime

from rollout.core.machine.sleeping import asleep, wakes_at
from rollout.core.records.rollout import Current
from rollout.errors import StoreUnavailableError
from rollout.ports import LiveRow, Stored
from rollout.service.dependencies import Dependencies, Limits

TICKS_SAVED = 2
"""A deferral is a read and a write, so it must save more wake-ups than that."""


def bring_forward(
    ports: Dependencies, stored: Stored | None, after: Current, now: datetime
) -> bool:
    """Make the endpoint due at once, if the row to be saved wants a look before the stored one.

    Must be called before the save. A bake's row costs nothing here: it is never deferred. Where the
    stored moment is past here, it may be ahead for the tick's clock: both rows are compared with
    each other, and with no clock.

    Returns:
        Whether the row of `Live` was put.

    Raises:
        StoreUnavailableError: It cannot be put, twice: nothing may be saved.
    """
    if stored is None or not asleep(stored.current):
        return False
    planned, wanted = wakes_at(stored.current), wakes_at(after)
    if planned is None or (wanted is not None and wanted >= planned):
        return False
    row = LiveRow(after.endpoint, after.service, now)
    try:
        ports.store.put_live(row)
    except StoreUnavailableError:
        # It may be put twice, and a way back must not be refused for one connection that was lost.
        ports.store.put_live(row)
    return True


class Deferral:
    """What one pass does about its endpoint's row of `Live`.

    `defers`: the pass may defer it; a door only brings it forward.
    """

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._worth = TICKS_SAVED * limits.chain
        self._read: LiveRow | None = None
        self.defers = False

    def before_save(self, stored: Stored | None, after: Current, now: datetime) -> None:
        """Bring the row forward, or read it where the pass is going to defer it.

        Raises:
            StoreUnavailableError: As of `bring_forward`.
        """
        if bring_forward(self._ports, stored, after, now):
            self._read = None
        elif self.defers and self._read is None and self._is_worth(after, now):
            try:
                self._read = self._ports.store.live_row(after.endpoint)
            except StoreUnavailableError as error:
                self._ports.log.info("not deferred", endpoint=after.endpoint, reason=str(error))

    def after_saves(self, stored: Stored | None, now: datetime) -> None:
        """Defer the row to the look that the pass's last save wants. Never raises.

        Losing this costs wake-ups with nothing to do.
        """
        read, self._read = self._read, None
        if read is None or stored is None or not self._is_worth(stored.current, now):
            return
        due = wakes_at(stored.current)
        if due is None or read.due == due:
            return
        try:
            self._ports.store.defer_live(read, due)
        except StoreUnavailableError as error:
            self._ports.log.info("not deferred", endpoint=read.endpoint, reason=str(error))

    def _is_worth(self, current: Current, now: datetime) -> bool:
        due = wakes_at(current) if asleep(current) else None
        return due is not None and due > now + self._worth
