"""Recorded minutes judged as they would have been, minute by minute, with what was known by then.

The clock of a replay moves a minute at a time. At each step the minutes that have settled are
folded, those that have not go into a copy, and the state is judged, as
`rollout.core.machine.bake` does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollout.core.gate.history.audit import Origin
from rollout.core.gate.judging.folding import begin_stage, fold
from rollout.core.gate.judging.judge import Moment, judge
from rollout.core.gate.judging.opening import opened
from rollout.core.gate.judging.verdicts import Judgement, Verdict
from rollout.core.gate.judging.window import settled_from, split_settled
from rollout.core.policy.model import stage_shown
from rollout.core.records.observation import Minute
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


def replay(origin: Origin, recordings: Sequence[Recording]) -> Iterator[Judged]:
    """Yield every judgement, until a verdict ends the rollout or all minutes are judged.

    A stage ends when its verdict says so, or with its recording; its later minutes are ignored. A
    recording goes on to the next weight whatever the verdict on the one before, unless that was a
    rollback or inconclusive: what comes after those happened under another policy.
    """
    policy = origin.policy
    state = opened(policy, origin.known, origin.planned)
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
            due, count = due[len(settled) :], count + len(settled)
            copy = fold(policy, state, provisional)[0] if provisional else None
            moment = Moment(now, counts_from, now - began, stage.bake)
            judged = judge(policy, state, moment, provisional=copy)
            size = (count, len(provisional))
            yield Judged(now, stage.index, stage.weight, *size, judged, stage.mirror)
            if judged.verdict in ENDS_ROLLOUT:
                return
            if judged.verdict in ENDS_STAGE:
                break
