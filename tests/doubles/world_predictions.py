"""The `Predictions` port on what a test says was collected: records in memory, counted as they are.

The same cursor as any adapter's, seen from outside: what was read once is not read again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rollout.core.policy.quality_model import Live
from rollout.core.predictions.outputs import counted, learn_bins
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen, SideBatch
from rollout.errors import PredictionsUnavailableError
from rollout.ports import PredictionsQuestion
from rollout.units import MINUTE
from tests.doubles.wire import Wire, endpoint_name

QUIET = timedelta(minutes=15)
DATASTORES_READ = "Microsoft.MachineLearningServices/workspaces/datastores/read"
Answers = Mapping[tuple[str, str], list[tuple[datetime, Any]]]


@dataclass
class WorldPredictions:
    """`collect` is what a data collector writes; `off` names deployments that have none.

    `most` answers of a side are read in one look. `sampling` is the share that each collects.
    """

    wire: Wire
    most: int = 100_000
    off: set[str] = field(default_factory=set)
    sampling: dict[str, float] = field(default_factory=dict)
    unreadable: str = ""
    make_up: Callable[[], None] = lambda: None
    _written: dict[tuple[str, str], list[tuple[datetime, Any]]] = field(default_factory=dict)

    def collect(self, endpoint: str, deployment: str, at: datetime, *answers: Any) -> None:
        """Append answers of one moment to what a deployment collected."""
        kept = self._written.setdefault((endpoint, deployment), [])
        kept += ((at, each) for each in answers)

    def read(
        self, endpoint: str, question: PredictionsQuestion, *, timeout: float
    ) -> PredictionsSeen:
        """Read on from the cursor: the places in the lists."""
        del timeout
        return self.wire.call("predictions.read", lambda: self._read(endpoint, question))

    def _read(self, endpoint: str, question: PredictionsQuestion) -> PredictionsSeen:
        self.wire.need(DATASTORES_READ)
        if self.unreadable:
            raise PredictionsUnavailableError(self.unreadable)
        self.make_up()
        name = endpoint_name(endpoint)
        written = {
            side: self._written.get((name, one.name), []) if one.name not in self.off else []
            for side, one in (("candidate", question.candidate), ("stable", question.stable))
        }
        bins = question.bins
        if not bins and question.live.outputs:
            known = [answer for at, answer in written["stable"] if at <= question.now]
            bins = learn_bins(question.live, known) or ()
        counts: dict[str, dict[datetime, SideBatch]] = {}
        cursor: dict[str, Any] = {}
        more = False
        for side, answers in written.items():
            start = int(question.cursor.get(side, {}).get("read", 0))
            until = min(len(answers), start + self.most)
            more = more or until < len(answers)
            counts[side] = _counted(question.live, bins, answers[start:until], question.since)
            cursor[side] = {"read": until}
        minutes = sorted({*counts["candidate"], *counts["stable"]})
        nothing = SideBatch()
        return PredictionsSeen(
            tuple(
                Batch(
                    minute,
                    counts["candidate"].get(minute, nothing),
                    counts["stable"].get(minute, nothing),
                )
                for minute in minutes
            ),
            bins,
            cursor,
            more,
            self._silent(question, written),
            self._unequal(question),
        )

    def _silent(
        self, question: PredictionsQuestion, written: Mapping[str, list[tuple[datetime, Any]]]
    ) -> str:
        told = []
        for side, answers in written.items():
            one = question.candidate if side == "candidate" else question.stable
            if one.name in self.off:
                told.append(f"{one.name} does not collect {question.live.collection}")
                continue
            if side == "stable" and not question.stable_serves:
                continue
            heard = max([question.since, *(at for at, _ in answers[-1:])])
            if question.now - heard >= QUIET:
                minutes = (question.now - heard) // MINUTE
                whom = "the candidate" if side == "candidate" else "stable"
                told.append(f"nothing was collected of {whom} for {minutes} min")
        return "; ".join(told)

    def _unequal(self, question: PredictionsQuestion) -> str:
        one, other = (
            self.sampling.get(each.name, 1.0) for each in (question.candidate, question.stable)
        )
        if one == other:
            return ""
        return f"{one:.3g} of the candidate's requests are collected, {other:.3g} of stable's"


def _counted(
    live: Live,
    bins: tuple[Bins, ...],
    answers: list[tuple[datetime, Any]],
    since: datetime,
) -> dict[datetime, SideBatch]:
    by_minute: dict[datetime, list[Any]] = {}
    for at, answer in answers:
        minute = at.replace(second=0, microsecond=0)
        if minute >= since.replace(second=0, microsecond=0):
            by_minute.setdefault(minute, []).append(answer)
    return {minute: counted(live, bins, each) for minute, each in by_minute.items()}
