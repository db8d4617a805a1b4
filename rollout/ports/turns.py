"""Whose turn it is at Resource Manager, which takes so many requests; going back never waits."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class Asked:
    """A look that asks for its turn.

    `reads` is how many of Resource Manager it will make, `now` the moment of its wake-up, `due`
    since when it could have been made, and `saved_at` when its row was last saved. `waits_since` is
    when it first asked, None where it asks for the first time. From `overdue_at` on a look that
    waits goes ahead into the reserve.
    """

    endpoint: str
    reads: int
    now: datetime
    due: datetime
    saved_at: datetime
    overdue_at: datetime
    waits_since: datetime | None = None

    @property
    def is_overdue(self) -> bool:
        """Whether it has waited for a turn, and must not wait any longer."""
        return self.waits_since is not None and self.now >= self.overdue_at


@dataclass(frozen=True)
class Turn:
    """The answer: it is the look's turn when `wait` is None.

    Else it comes back after `wait`, with `waits_since` to show; `dropped`: not at all, because
    another wake-up of its endpoint waits already.
    """

    wait: timedelta | None = None
    waits_since: datetime | None = None
    dropped: bool = False

    @property
    def is_now(self) -> bool:
        """Whether the look may begin."""
        return self.wait is None and not self.dropped


class Turns(Protocol):
    """Which looks may call Resource Manager now, in this process.

    A way back asks nobody. All times are seconds from now, and never more than minutes.
    """

    def returned(self, endpoint: str) -> None:
        """Take back the place of a wake-up that is here again, whatever becomes of it."""

    def turn(self, asked: Asked) -> AbstractContextManager[Turn]:
        """Give a look its turn, or say when it comes; its requests are set aside meanwhile."""

    def next_turn(self, asked: Asked) -> Turn | None:
        """Give the endpoint of a look that just ended its next turn, when it is due or later.

        So all have their turns one after another, whenever a tick wakes them. None: nobody waits,
        and the tick is soon enough.
        """

    def after_refusal(self, asked: Asked, wait: timedelta, *, goes_back: bool) -> timedelta:
        """Return when to look again after Azure refused a request and asked for a `wait`.

        A way back (`goes_back`) waits for other ways back only.
        """

    def spare(self, endpoints: Sequence[str], reads: int) -> timedelta | None:
        """Return when so many reads of each endpoint are there; None: looks wait for them.

        For what has no turn, since it may come at any time.
        """
