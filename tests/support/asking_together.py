"""Many threads that ask one `SharedReads` about endpoints of one workspace, in a known order."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from rollout.adapters.azure_ml.arm_ids import EndpointId, parse_endpoint_id
from rollout.adapters.azure_ml.shared_reads import SharedReads
from tests.support.gated_arm import BOUND_SECONDS, GatedArm, W

LONG = 4 * BOUND_SECONDS
"""A time-out that nothing here uses up, in seconds."""


def asked(name: str) -> EndpointId:
    return parse_endpoint_id(f"{W}/onlineEndpoints/{name}")


class Office:
    """Threads that ask one `SharedReads`.

    Its seconds pass when told, and who asks has waited long enough when `lose_patience` says so.
    """

    def __init__(self, arm: GatedArm) -> None:
        self.arm = arm
        self.seconds = 0.0
        self.reads = SharedReads(arm, lambda: self.seconds)
        self._pool = ThreadPoolExecutor(16)
        self._asks = threading.local()
        self._impatient: set[str] = set()
        self.line = self.reads._line(asked("e-0").workspace)
        self._changed = self.line._changed
        self._wait_for = self._changed.wait_for
        self._changed.wait_for = self._wait_by_order  # type: ignore[method-assign,assignment]

    def ask(self, name: str) -> Future[Any]:
        def read() -> Any:
            self._asks.name = name
            return self.reads.read(asked(name), timeout=LONG)

        return self._pool.submit(read)

    def lose_patience(self, name: str) -> None:
        with self._changed:
            self._impatient.add(name)
            self._changed.notify_all()

    def ask_in_line(self, *names: str, behind: int = 0) -> list[Future[Any]]:
        """Ask, each once those before it wait; `behind` so many that wait already."""
        found = []
        for name in names:
            behind += 1
            found.append(self.ask(name))
            self._until_waiting(behind)
        return found

    def rush(self, *names: str, lead: str = "e-0") -> tuple[Any, list[Any]]:
        """Ask for `names` while a request for `lead` is under way; return what all were told."""
        self.arm.hold(lead)
        first = self.ask(lead)
        self.arm.held(lead)
        others = self.ask_in_line(*names)
        self.arm.release(lead)
        return first.result(BOUND_SECONDS), answers(others)

    def close(self) -> None:
        self._pool.shutdown(wait=True)

    def _wait_by_order(self, told: Callable[[], bool], _seconds: float | None = None) -> bool:
        name = self._asks.name
        return self._wait_for(lambda: told() or name in self._impatient, BOUND_SECONDS)

    def _until_waiting(self, number: int) -> None:
        ends = time.monotonic() + BOUND_SECONDS
        while len(self.line._waiting) != number:
            assert time.monotonic() < ends, f"{len(self.line._waiting)} wait, not {number}"
            time.sleep(0.001)


def answers(asked_for: Sequence[Future[Any]]) -> list[Any]:
    return [each.result(BOUND_SECONDS) for each in asked_for]
