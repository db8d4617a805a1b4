"""The rows of an examination, sent to one side or both, several at once, within a pass's time.

Answers are marked as they arrive, and nothing of a body is kept. What is kept of a pass are the
rows up to the first that a side did not answer: a row after a gap is sent again, so it counts once.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from rollout.adapters.azure_ml.own_requests import TOO_MANY, OwnCounts, Reply, Side, reply_of
from rollout.adapters.azure_ml.scoring_calls import ScoringCalls, Target
from rollout.core.predictions.bodies import read_body
from rollout.core.predictions.contracts import learn
from rollout.core.predictions.marking import marked
from rollout.core.records.examination import ExamPair, ExamSeen, ExamStep, Marked
from rollout.ports import ExamOrder


class ExamSlice:
    """One pass's slice. `clock` says in which minute Azure will count a request; UTC.

    Whatever workers share is changed under `_lock`.
    """

    def __init__(
        self,
        calls: ScoringCalls,
        target: Target,
        clock: Callable[[], datetime],
        order: ExamOrder,
    ) -> None:
        self._calls, self._target, self._order = calls, target, order
        named = ((Side.CANDIDATE, order.candidate), (Side.STABLE, order.stable))
        self._sides = [(side, name) for side, name in named if name is not None]
        longest = len(self._sides) * order.timeout
        self._last_start = time.monotonic() + (order.within - longest).total_seconds()
        self._lock = threading.Lock()
        self._own = OwnCounts(clock)
        self._begun = 0
        self._stopped = self._silent = ""
        self._pairs: dict[int, ExamPair] = {}
        self._bodies: dict[int, bytes] = {}

    def run(self) -> ExamSeen:
        """Ask, and wait for the ends; threads live as long as the call."""
        order = self._order
        workers = min(order.concurrency, len(order.rows.rows))
        with ThreadPoolExecutor(workers, thread_name_prefix="exam") as pool:
            for each in [pool.submit(self._work) for _ in range(workers)]:
                each.result()
        answered = 0
        while answered in self._pairs:
            answered += 1
        learnt = order.learnt
        for place in range(answered):
            if place in self._bodies:
                learnt = learn(learnt, read_body(self._bodies[place]))
        return ExamSeen(
            order.step,
            order.rows.total,
            tuple(self._pairs[place] for place in range(answered)),
            learnt=learnt,
            own=tuple(self._own.minutes()),
            stopped=self._stopped,
            silent=self._silent,
        )

    def _work(self) -> None:
        while (place := self._next()) is not None:
            self._ask_row(place)

    def _next(self) -> int | None:
        """The place of the next row, None where none may begin."""
        with self._lock:
            place = self._begun
            # The first ones always begin: a pass that sends nothing would learn nothing.
            late = place >= self._order.concurrency and time.monotonic() > self._last_start
            if self._stopped or self._silent or late or place >= len(self._order.rows.rows):
                return None
            self._begun += 1
            return place

    def _ask_row(self, place: int) -> None:
        order, row = self._order, self._order.rows.rows[place]
        sides = list(self._sides)
        if (order.first + place) % 2:
            # Neither side always meets what the other one has warmed.
            sides.reverse()
        found: dict[Side, Marked] = {}
        for side, name in sides:
            reply = reply_of(self._calls, self._target, name, row.what, order.timeout)
            with self._lock:
                self._own.add(side, reply)
                if reply.answer is None or reply.in_its_place:
                    self._note_silence(side, place, reply)
                    return
            status = reply.answer.status
            found[side] = marked(order.quality, order.learnt, status, reply.body, label=row.label)
            if order.step is ExamStep.LEARN and found[side].answered:
                with self._lock:
                    self._bodies[place] = reply.body
        pair = ExamPair(
            order.first + place, row.label, found.get(Side.CANDIDATE), found.get(Side.STABLE)
        )
        with self._lock:
            self._pairs[place] = pair

    def _note_silence(self, side: Side, place: int, reply: Reply) -> None:
        if reply.refused:
            self._stopped = self._stopped or f"{TOO_MANY} from the {side}"
            return
        what = "was not reached" if reply.answer is None else f"answered {reply.answer.status}"
        who = f"the {side}" if side is Side.CANDIDATE else side
        number = self._order.first + place + 1
        self._silent = self._silent or f"{who} {what} at row {number:,}"
