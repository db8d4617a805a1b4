"""Calls of a story: what a pass cost, looking without being counted, another worker in between."""

from collections.abc import Callable
from dataclasses import dataclass

from rollout.core.records.phases import Phase
from tests.doubles.seam import Seam


@dataclass(frozen=True)
class PassCost:
    """What one wake-up cost in storage, and what it did.

    `storage` leaves out the row of the list, of which `listed` are the writes.
    """

    before: tuple[Phase, int]
    after: tuple[Phase, int]
    storage: int
    saved: int
    raises: int
    listed: int = 0


@dataclass
class Unseen:
    """Hooks and counters do not see what happens inside."""

    seam: Seam

    def __enter__(self) -> None:
        self._kept = self.seam.before[:], self.seam.after[:], self.seam.calls.copy()
        self.seam.before.clear()
        self.seam.after.clear()

    def __exit__(self, *_: object) -> None:
        self.seam.before[:], self.seam.after[:], self.seam.calls = self._kept


class Interruption:
    """At one call of a worker, before or after it, another one does all of its work.

    `result` is what the other one's work returned.
    """

    def __init__(
        self, seam: Seam, nth: int, other: Callable[[], object], *, after: bool = False
    ) -> None:
        self._seam, self._left, self._other = seam, nth, other
        self.happened = False
        self.result: object = None
        self._hooks = seam.after if after else seam.before
        self._hooks.append(self._called)

    def _called(self, name: str) -> None:
        del name
        self._left -= 1
        if self._left < 0:
            self._hooks.remove(self._called)
            self.happened = True
            self.result = self._other()


class UntrueError(BaseException):
    """What a hook expected is not so. Not an `Exception`: the product must not swallow it."""


def expect(fact: object, text: str) -> None:
    """Assert inside a hook, that is inside a call of the product.

    Raises:
        UntrueError: It is not so.
    """
    if not fact:
        raise UntrueError(text)
