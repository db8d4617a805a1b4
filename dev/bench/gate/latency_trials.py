"""One run of the gate's latency check over one stream of durations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any

from dev.bench.gate.error_streams import DAY
from dev.bench.gate.latency_streams import FULL, LatencyTruth, LatencyWorld, SlowCounter, Source
from dev.bench.gate.trials import LOOKS, MOMENTS, PLANNED, Outcome, fired_at, judged
from rollout.core.gate import Verdict, baseline, begin_stage, fold, opened, thresholds
from rollout.core.policy.gate_model import GatePolicy, LogQueries
from rollout.core.records.observation import Minute, SideMinute, SlowThresholds

POLICIES: Mapping[Source, GatePolicy] = {
    Source.PERCENTILES: GatePolicy(rejected=None, settle_requests=0),
    Source.ROWS: GatePolicy(rejected=None, settle_requests=0, logs=LogQueries("workspace")),
}
"""The streams begin where the candidate is warm."""

HISTORIES = 50
"""A day of percentiles takes longer to draw and to walk through than the rollout after it: runs
share that many days of the cell."""


@dataclass(frozen=True)
class Slowness:
    """A stage of an hour at `weight` percent; for `until_passed` and `block` see `Errors`.

    The first of the two alarms ends a run as a rollback does: from it on nothing moves forward, and
    that is what a false one costs and what a true one is for.
    """

    truth: LatencyTruth
    source: Source
    weight: int = 10
    until_passed: bool = False
    block: int = 2

    def run(self, rng: Random) -> Outcome:
        policy = POLICIES[self.source]
        day = rng.randrange(HISTORIES)
        state = begin_stage(
            opened(policy, known(self.truth, self.source, day), PLANNED), 0, self.weight
        )
        world = LatencyWorld(self.truth, rng)
        rows = self.source is Source.ROWS
        # The thresholds that rows are counted against move from minute to minute.
        block = 1 if self.until_passed or rows else self.block
        minutes, verdict = 0, Verdict.CONTINUE
        while minutes < LOOKS:
            drawn: list[Minute] = []
            for _ in range(min(block, LOOKS - minutes)):
                asked = thresholds(policy, state) if rows else None
                drawn.append(
                    Minute(
                        MOMENTS[DAY + minutes],
                        world.stable(FULL - self.weight).seen(counter(rng, asked)),
                        world.candidate(self.weight).seen(counter(rng, asked, candidate=True)),
                    )
                )
                minutes += 1
                world.next_minute()
            state, left = fold(policy, state, drawn)
            alarm = next((index for index, each in enumerate(left) if "pause" in each), None)
            if alarm is not None:
                return Outcome(Verdict.ROLLBACK, minutes - len(drawn) + alarm + 1)
            verdict = judged(policy, state, minutes)
            if verdict is Verdict.ROLLBACK or (self.until_passed and verdict is Verdict.ADVANCE):
                break
        at = fired_at(state, minutes) if verdict is Verdict.ROLLBACK else minutes
        return Outcome(verdict, at)


def counter(
    rng: Random, asked: SlowThresholds | None, *, candidate: bool = False
) -> SlowCounter | None:
    return None if asked is None else SlowCounter.of(rng, asked, candidate=candidate)


@lru_cache(maxsize=2 * HISTORIES)
def known(truth: LatencyTruth, source: Source, day: int) -> Mapping[str, Any]:
    """What is learnt from one of the cell's days.

    Where rows can be counted, the day is read twice: its percentiles give the thresholds, and then
    the rows above these are counted.
    """
    rng = Random(f"{replace(truth, factor=1.0, tail=None)}/day {day}")  # noqa: S311 - simulation
    drawn = LatencyWorld(truth, rng).history()
    learnt = _learnt([each.seen() for each in drawn])
    policy = POLICIES[source]
    asked = thresholds(policy, begin_stage(opened(policy, learnt, PLANNED), 0, FULL - 1))
    if asked is None:
        return learnt
    return _learnt([each.seen(counter(rng, asked)) for each in drawn])


def _learnt(sides: Sequence[SideMinute]) -> Mapping[str, Any]:
    return baseline(
        POLICIES[Source.PERCENTILES],
        [Minute(at, side, None) for at, side in zip(MOMENTS, sides, strict=False)],
    )
