"""The `Probing` port: several requests at once, within the time of a pass.

Pairs go to both sides, warm-up requests to the candidate alone. A pair is left out where either
side's reply says nothing (`own_requests`); warming up stops there, for it would warm nothing.
Bodies live as long as their pair's turn, in which they are compared (`answer_pairs`).
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rollout.adapters.azure_ml.answer_pairs import answer_pair, is_success
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.own_requests import (
    TOO_MANY,
    OwnCounts,
    Reply,
    Side,
    reply_of,
    utc_now,
)
from rollout.adapters.azure_ml.scoring_calls import ScoringCalls, Target, check_address
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.own_requests import Probed, Warmed
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.ports import ProbeInput, ProbeOrder, WarmUpOrder

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


class DirectProbing:
    """The port. `clock` says in which minute Azure will count a request; UTC."""

    def __init__(
        self, arm: Arm, credential: "TokenCredential", *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._calls = ScoringCalls(arm, credential)
        self._clock = clock

    def probe(self, endpoint: str, seen: EndpointSeen, order: ProbeOrder) -> Probed:
        """Send the pairs and wait for their ends; threads live as long as the call."""
        check_address(seen.scoring_uri)
        return _Pairs(self._way(endpoint, seen), order).run()

    def warm_up(self, endpoint: str, seen: EndpointSeen, order: WarmUpOrder) -> Warmed:
        """Send the requests and wait for their ends; threads live as long as the call."""
        check_address(seen.scoring_uri)
        return _WarmUp(self._way(endpoint, seen), order).run()

    def close(self) -> None:
        """Close its connections."""
        self._calls.close()

    def _way(self, endpoint: str, seen: EndpointSeen) -> "_Way":
        return _Way(self._calls, self._calls.target(endpoint, seen), self._clock)


@dataclass(frozen=True)
class _Way:
    """How one endpoint is reached, and the clock by which its requests are counted."""

    calls: ScoringCalls
    target: Target
    clock: Callable[[], datetime]


class _Round(ABC):
    """One pass's turns, taken in order by several workers.

    Whatever workers share is changed under `_lock`.
    """

    def __init__(
        self, way: _Way, order: ProbeOrder | WarmUpOrder, turns: int, longest: timedelta
    ) -> None:
        """`longest` is how long a turn may take."""
        self._way, self._turns = way, turns
        self._concurrency, self._timeout = order.concurrency, order.timeout
        self._last_start = time.monotonic() + (order.within - longest).total_seconds()
        self._lock = threading.Lock()
        self._begun = 0
        self._stopped = ""
        self._own = OwnCounts(way.clock)

    @abstractmethod
    def _turn(self, place: int) -> None:
        """Take the turn at this place, from 0."""

    def _take_turns(self) -> None:
        workers = min(self._concurrency, self._turns)
        if workers:
            with ThreadPoolExecutor(workers, thread_name_prefix="probe") as pool:
                for each in [pool.submit(self._work) for _ in range(workers)]:
                    each.result()

    def _work(self) -> None:
        while (place := self._next()) is not None:
            self._turn(place)

    def _next(self) -> int | None:
        """The place of the next turn, None where none may begin."""
        with self._lock:
            place = self._begun
            # The first ones always begin: a pass that sends nothing would learn nothing.
            late = place >= self._concurrency and time.monotonic() > self._last_start
            if self._stopped or late or place >= self._turns:
                return None
            self._begun += 1
            return place

    def _ask(self, side: Side, name: str, what: ProbeInput) -> Reply:
        reply = reply_of(self._way.calls, self._way.target, name, what, self._timeout)
        with self._lock:
            self._own.add(side, reply)
            if reply.refused and not self._stopped:
                self._stopped = f"{TOO_MANY} from the {side}"
        return reply


class _Pairs(_Round):
    """The pairs of one pass."""

    def __init__(self, way: _Way, order: ProbeOrder) -> None:
        # Both sides of a pair may take their whole time.
        super().__init__(way, order, len(order.inputs.chosen), 2 * order.timeout)
        self._order = order
        self._pairs: dict[int, ProbePair] = {}

    def run(self) -> Probed:
        self._take_turns()
        seen = ProbesSeen(
            at=self._order.at,
            inputs=self._order.inputs.distinct,
            sent=self._begun,
            pairs=tuple(self._pairs[number] for number in sorted(self._pairs)),
            stopped=self._stopped,
        )
        return Probed(seen, tuple(self._own.minutes()))

    def _turn(self, place: int) -> None:
        order = self._order
        number, what = order.first + place, order.inputs.chosen[place]
        asked = [(Side.CANDIDATE, order.candidate), (Side.STABLE, order.stable)]
        if number % 2:
            # Neither side always meets what the other one has warmed.
            asked.reverse()
        replies: dict[Side, Reply] = {}
        answers: dict[Side, ProbeAnswer] = {}
        for side, name in asked:
            reply = self._ask(side, name, what)
            if reply.answer is None:
                return
            replies[side], answers[side] = reply, reply.answer
        again = None
        # Only once the pair is whole: one that is left out says nothing of stable either.
        if number in order.twice and is_success(replies[Side.STABLE]) and self._has_time():
            again = self._ask(Side.STABLE, order.stable, what)
        candidate, stable = (replies[side] for side in Side)
        compared = answer_pair(order, number, candidate, stable, again)
        sides = answers[Side.CANDIDATE], answers[Side.STABLE]
        with self._lock:
            self._pairs[number] = ProbePair(number, *sides, compared)

    def _has_time(self) -> bool:
        """Whether one more request ends within the pass, however long it takes."""
        with self._lock:
            last_start = self._last_start + self._timeout.total_seconds()
            return not self._stopped and time.monotonic() <= last_start


class _WarmUp(_Round):
    """The warm-up requests of one pass."""

    def __init__(self, way: _Way, order: WarmUpOrder) -> None:
        super().__init__(way, order, len(order.inputs), order.timeout)
        self._order = order
        self._answered = 0

    def run(self) -> Warmed:
        self._take_turns()
        return Warmed(self._answered, tuple(self._own.minutes()), self._stopped)

    def _turn(self, place: int) -> None:
        order = self._order
        reply = self._ask(Side.CANDIDATE, order.candidate, order.inputs[place])
        with self._lock:
            self._answered += reply.answer is not None
            if reply.answer is None and not self._stopped:
                self._stopped = "the candidate was not reached"
