"""Recorded minutes judged as they would have been, minute by minute, with what was known by then.

The clock of a replay moves a minute at a time. At each step the minutes that have settled are
folded, those that have not go into a copy, and the state is judged, as
`rollout.core.machine.bake` does, but for minutes of which a part counts: recordings have none.
Recorded answers come before the judgement: those to probes and those that data collectors wrote, in
the minute that they were recorded for.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rollout.core.gate.history.audit import Origin
from rollout.core.gate.judging.folding import begin_stage, fold
from rollout.core.gate.judging.judge import Moment, judge
from rollout.core.gate.judging.opening import opened
from rollout.core.gate.judging.prediction_folding import fold_predictions
from rollout.core.gate.judging.probe_folding import fold_round, round_of
from rollout.core.gate.judging.verdicts import Judgement, Verdict
from rollout.core.gate.judging.window import settled_from, split_settled
from rollout.core.policy.model import stage_shown
from rollout.core.policy.probes_model import Probes
from rollout.core.records.observation import Minute, SideMinute
from rollout.core.records.predictions import PredictionsSeen
from rollout.core.records.probes import ProbesSeen
from rollout.units import MINUTE

ENDS_STAGE = frozenset({Verdict.ADVANCE, Verdict.INCONCLUSIVE, Verdict.ROLLBACK})
ENDS_ROLLOUT = frozenset({Verdict.INCONCLUSIVE, Verdict.ROLLBACK})


@dataclass(frozen=True)
class Recording:
    """One stage as recorded: its minutes from the first at this weight on, at least one.

    The weight counts as confirmed at the start of the first minute; `bake` is the stage's least
    time. An absent minute has no sides. `mirror` is the percentage that was mirrored, at weight 0.
    """

    index: int
    weight: int
    bake: timedelta
    minutes: Sequence[Minute]
    mirror: int = 0


@dataclass(frozen=True)
class Judged:
    """One judgement: when, of which stage, and how many minutes had settled in it or had not.

    `shown` is the stage as a sentence has it.
    """

    now: datetime
    index: int
    weight: int
    settled: int
    provisional: int
    judgement: Judgement
    mirror: int = 0

    @property
    def shown(self) -> str:
        return stage_shown(self.weight, self.mirror)


@dataclass(frozen=True)
class Predicted:
    """What was recorded of predictions, oldest first; some may lie before the first minute.

    `passes` are pairs as probes brought them, `looks` collected outputs, each with the minute in
    which it could be read. `timed`: the pairs' durations were recorded.
    """

    passes: Sequence[ProbesSeen] = ()
    looks: Sequence[tuple[datetime, PredictionsSeen]] = ()
    timed: bool = True


NOTHING = Predicted()


def replay(
    origin: Origin, recordings: Sequence[Recording], predicted: Predicted = NOTHING
) -> Iterator[Judged]:
    """Yield every judgement, until a verdict ends the rollout or all minutes are judged.

    A stage ends when its verdict says so, or with its recording; its later minutes are ignored. A
    recording goes on to the next weight whatever the verdict on the one before, unless that was a
    rollback or inconclusive: what comes after those happened under another policy.
    """
    policy = origin.policy
    quality, answers = origin.quality, _Answers(origin, predicted)
    state: Mapping[str, Any] = opened(policy, origin.known, origin.planned)
    for stage in recordings:
        state = begin_stage(state, stage.index, stage.weight, stage.mirror)
        began = now = stage.minutes[0].at
        counts_from = settled_from(policy, began)
        due = [minute for minute in stage.minutes if minute.at >= counts_from]
        count = 0
        while due:
            now += MINUTE
            whole = [minute for minute in due if minute.at + MINUTE <= now]
            settled, provisional = split_settled(policy, whole, now)
            state, _ = fold(policy, state, settled)
            state = answers.fold(state, now)
            due, count = due[len(settled) :], count + len(settled)
            copy = fold(policy, state, provisional)[0] if provisional else None
            moment = Moment(now, counts_from, now - began, stage.bake)
            judged = judge(policy, state, moment, provisional=copy, quality=quality)
            size = (count, len(provisional))
            yield Judged(now, stage.index, stage.weight, *size, judged, stage.mirror)
            if judged.verdict in ENDS_ROLLOUT:
                return
            if judged.verdict in ENDS_STAGE:
                break


class _Answers:
    """What was recorded of predictions and not folded yet."""

    def __init__(self, origin: Origin, predicted: Predicted) -> None:
        self._policy, self._quality = origin.policy, origin.quality
        self._probes = origin.probes or Probes()
        self._timed = predicted.timed
        self._passes, self._looks = deque(predicted.passes), deque(predicted.looks)

    def fold(self, state: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
        """Return the state with all that was there by `now`."""
        if self._quality is None:
            return state
        while self._passes and self._passes[0].at < now:
            counted = round_of(self._policy, state, self._passes.popleft())
            if not self._timed:
                counted = replace(
                    counted, candidate=_untimed(counted.candidate), stable=_untimed(counted.stable)
                )
            state = fold_round(self._policy, self._probes, state, counted, self._quality)
        while self._looks and self._looks[0][0] < now:
            seen = self._looks.popleft()[1]
            state = fold_predictions(self._policy, self._quality, state, seen)
        return state


def _untimed(side: SideMinute) -> SideMinute:
    return replace(side, latency=None, slow=None)
