"""What can go wrong at a call: the process dies, the answer is lost, the call is refused."""

from collections.abc import Callable
from enum import StrEnum

from rollout.errors import (
    ArmUnavailableError,
    EndpointBusyError,
    LifecycleTopicError,
    MetricsUnavailableError,
    RolloutError,
    StoreUnavailableError,
    UnknownOutcomeError,
)
from tests.doubles.seam import CrashError, Seam

WRITES = frozenset(
    {
        "endpoints.put",
        "deployments.delete",
        "deployments.put",
    }
)


class Trouble(StrEnum):
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    ANSWER_LOST = "answer lost"
    UNAVAILABLE = "unavailable"
    CRASH_AGAIN = "crash again"
    """Before the call, and once more soon after the new process has begun."""


_AGAIN = 2
"""How many calls after the first crash the second one comes."""


def lost(name: str) -> RolloutError:
    """The error of a call that happened and whose answer was lost (time-out, reset)."""
    if name == "store.commit":
        return UnknownOutcomeError("the answer was lost")
    return unavailable(name)


def unavailable(name: str) -> RolloutError:
    """The error of a call that did not happen (429, 503, time-out)."""
    port = name.partition(".")[0]
    if port in ("store", "queue"):
        return StoreUnavailableError("503")
    if port == "lifecycle":
        return LifecycleTopicError("503")
    if port == "metrics":
        return MetricsUnavailableError("429")
    return ArmUnavailableError("429")


def busy(name: str) -> RolloutError:
    """The error of a write that meets another operation (409)."""
    return EndpointBusyError(f"{name}: 409")


class Nth:
    """Lets trouble happen at the nth call (0 is the first) of all that are made once it began."""

    def __init__(self, nth: int, trouble: Trouble) -> None:
        self._nth, self._trouble = nth, trouble
        self._made = -1
        self.name = ""

    def begin(self, seam: Seam) -> None:
        seam.before.append(self._before)
        seam.after.append(self._after)

    @property
    def happened(self) -> bool:
        return bool(self.name)

    def _before(self, name: str) -> None:
        self._made += 1
        again = self._trouble is Trouble.CRASH_AGAIN and self._made == self._nth + _AGAIN
        if self._made != self._nth and not again:
            return
        self.name = name
        if self._trouble in (Trouble.CRASH_BEFORE, Trouble.CRASH_AGAIN):
            raise CrashError(name)
        if self._trouble is Trouble.UNAVAILABLE:
            raise unavailable(name)

    def _after(self, name: str) -> None:
        if self._made != self._nth or not self.name:
            return
        self._nth = -1
        if self._trouble is Trouble.CRASH_AFTER:
            raise CrashError(name)
        if self._trouble is Trouble.ANSWER_LOST:
            raise lost(name)


def always(
    seam: Seam, wanted: Callable[[str], bool], error: Callable[[str], RolloutError]
) -> Callable[[], None]:
    """Refuse every call whose name is wanted; the returned function ends it."""

    def refuse(name: str) -> None:
        if wanted(name):
            raise error(name)

    seam.before.append(refuse)
    return lambda: seam.before.remove(refuse)
