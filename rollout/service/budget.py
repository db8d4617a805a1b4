"""How long the calls of one attempt may take, each of them or all together."""

import time
from collections.abc import Callable
from datetime import timedelta

from rollout.errors import ArmUnavailableError


class Budget:
    """Gives seconds to the next call; make one when the attempt begins.

    Args:
        seconds: The bound of each call, or, with `together`, of the whole attempt.
        together: A caller waits for the answer, so the calls share the time.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        seconds: timedelta,
        *,
        together: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds.total_seconds()
        self._clock = clock
        self._ends = clock() + self._seconds if together else None

    def left(self) -> float:
        """Return the next call's time-out in seconds.

        Raises:
            ArmUnavailableError: The attempt's time is used up; the next pass goes on.
        """
        if self._ends is None:
            return self._seconds
        left = self._ends - self._clock()
        if left <= 0:
            raise ArmUnavailableError(f"the attempt's {self._seconds:g} s are used up")
        return min(left, self._seconds)
