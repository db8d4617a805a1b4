"""The `Probing` port: pairs of requests, several at once, within the time of a pass.

An answer that says nothing of the side that was asked leaves its pair out: 429 (others fill the
deployment, or this app does), 401 and 403 (keys, roles), 404 (the router does not know it), no
connection, and what another deployment answered. Everything else counts as it came; no complete
answer within the time-out, or one that is too long, counts as none.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from azure.core.exceptions import (
    AzureError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.http_calls import TooLongError
from rollout.adapters.azure_ml.scoring_calls import (
    ScoringCalls,
    Target,
    answered_by_another,
    check_address,
)
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.own_requests import NO_ANSWER, OwnMinute, Probed
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.errors import ArmUnavailableError
from rollout.ports import ProbeInput, ProbeOrder

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

TOO_MANY = 429
SAYS_NOTHING = frozenset({401, 403, 404})
_LEAST_MS = 0.001
"""A duration is above 0, however coarse the clock."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Side(StrEnum):
    CANDIDATE = "candidate"
    STABLE = "stable"


@dataclass(frozen=True)
class _Reply:
    """One request's end. `answer` None: it says nothing; `status` None: no deployment saw it."""

    answer: ProbeAnswer | None
    status: str | None
    refused: bool = False


class DirectProbing:
    """The port. `clock` says in which minute Azure will count a request; UTC."""

    def __init__(
        self, arm: Arm, credential: "TokenCredential", *, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self._calls = ScoringCalls(arm, credential)
        self._clock = clock

    def probe(self, endpoint: str, seen: EndpointSeen, order: ProbeOrder) -> Probed:
        """Send the pairs and wait for their ends; threads live as long as the call."""
        check_address(seen.scoring_uri)
        return _Round(self._calls, self._calls.target(endpoint, seen), order, self._clock).run()

    def close(self) -> None:
        """Close its connections."""
        self._calls.close()


class _Round:
    """The pairs of one pass, taken in order by several workers."""

    def __init__(
        self, calls: ScoringCalls, target: Target, order: ProbeOrder, clock: Callable[[], datetime]
    ) -> None:
        self._calls, self._target, self._order, self._clock = calls, target, order, clock
        # Both sides of a pair may take their whole time.
        reserve = 2 * order.timeout.total_seconds()
        self._last_start = time.monotonic() + order.within.total_seconds() - reserve
        self._lock = threading.Lock()
        self._begun = 0
        self._stopped = ""
        self._pairs: dict[int, ProbePair] = {}
        self._own: dict[datetime, dict[_Side, Counter[str]]] = {}

    def run(self) -> Probed:
        order = self._order
        workers = min(order.concurrency, len(order.inputs.chosen))
        if workers:
            with ThreadPoolExecutor(workers, thread_name_prefix="probe") as pool:
                for each in [pool.submit(self._work) for _ in range(workers)]:
                    each.result()
        seen = ProbesSeen(
            at=order.at,
            inputs=order.inputs.distinct,
            sent=self._begun,
            pairs=tuple(self._pairs[number] for number in sorted(self._pairs)),
            stopped=self._stopped,
        )
        own = (
            OwnMinute(minute, dict(sides[_Side.CANDIDATE]), dict(sides[_Side.STABLE]))
            for minute, sides in sorted(self._own.items())
        )
        return Probed(seen, tuple(own))

    def _work(self) -> None:
        while (place := self._next()) is not None:
            self._pair(place)

    def _next(self) -> int | None:
        """The place of the next pair, None where none may begin."""
        order = self._order
        with self._lock:
            place = self._begun
            # The first ones always begin: a pass that sends nothing would learn nothing.
            late = place >= order.concurrency and time.monotonic() > self._last_start
            if self._stopped or late or place >= len(order.inputs.chosen):
                return None
            self._begun += 1
            return place

    def _pair(self, place: int) -> None:
        number, what = self._order.first + place, self._order.inputs.chosen[place]
        sides = [_Side.CANDIDATE, _Side.STABLE]
        if number % 2:
            # Neither side always meets what the other one has warmed.
            sides.reverse()
        answers: dict[_Side, ProbeAnswer] = {}
        for side in sides:
            reply = self._ask(side, what)
            self._count(side, reply)
            if reply.answer is None:
                return
            answers[side] = reply.answer
        with self._lock:
            self._pairs[number] = ProbePair(number, answers[_Side.CANDIDATE], answers[_Side.STABLE])

    def _ask(self, side: _Side, what: ProbeInput) -> _Reply:
        order = self._order
        name = order.candidate if side is _Side.CANDIDATE else order.stable
        started = time.perf_counter()
        try:
            found = self._calls.send(
                self._target, name, what.body, what.content_type, order.timeout
            )
        except (TooLongError, ArmUnavailableError, ServiceResponseError) as error:
            if isinstance(error.__cause__, ServiceRequestError):
                return _Reply(None, None)
            if isinstance(error, ServiceResponseError) and not _in_whole(error):
                return _Reply(None, NO_ANSWER)
            return _Reply(ProbeAnswer(0, _since(started)), NO_ANSWER)
        except AzureError:
            return _Reply(None, None)
        if answered_by_another(found.headers, name):
            # Whose request Azure counted it as is not known.
            return _Reply(None, None)
        if found.status == TOO_MANY:
            return _Reply(None, str(found.status), refused=True)
        if found.status in SAYS_NOTHING:
            # The router's own answer: it belongs to no deployment.
            return _Reply(None, None)
        return _Reply(ProbeAnswer(found.status, _since(started)), str(found.status))

    def _count(self, side: _Side, reply: _Reply) -> None:
        minute = self._clock().replace(second=0, microsecond=0)
        with self._lock:
            if reply.status is not None:
                sides = self._own.setdefault(minute, {each: Counter() for each in _Side})
                sides[side][reply.status] += 1
            if reply.refused and not self._stopped:
                self._stopped = f"{TOO_MANY} from the {side}"


def _in_whole(error: ServiceResponseError) -> bool:
    """The time-out passed, or the answer was too long; not: the connection broke."""
    return isinstance(error, TooLongError | ServiceResponseTimeoutError)


def _since(started: float) -> float:
    """Milliseconds since then."""
    return max(1000 * (time.perf_counter() - started), _LEAST_MS)
