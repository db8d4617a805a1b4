"""One run of the gate over one stream: what it concluded, when, and what it cost until then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from dev.bench.gate.error_streams import DAY, Counted, Truth, World
from rollout.core.gate import Moment, Verdict, baseline, begin_stage, fold, judge, opened
from rollout.core.machine.gate_inputs import planned_minutes
from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import Policy
from rollout.core.records.observation import Minute, SideMinute

LOOKS = 60
PLANNED = planned_minutes(Policy("service", "endpoint", "model"))
"""Over how many minutes a rollout with the default policy spreads what waits to be bet on harm."""

FULL = 100
POLICY = GatePolicy(latency=None, rejected=None)
"""The defaults, for streams that have neither latencies nor other 4xx."""

NO_MARGIN = replace(POLICY, errors=ErrorsCheck(tolerance=Margin(1.0, 0.0)))

STARTED = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MOMENTS = [STARTED + MINUTE * index for index in range(3 * DAY)]


@dataclass(frozen=True)
class Outcome:
    """`minute` counts from 1; `failed` are the candidate's failed requests until then.

    `unproven` are the stages of a whole rollout that were passed without evidence.
    """

    verdict: Verdict
    minute: int
    failed: int = 0
    unproven: int = 0


@dataclass(frozen=True)
class Errors:
    """A stage of `looks` minutes at `weight` percent.

    With `until_passed` every minute is judged and the first ROLLBACK or ADVANCE ends the run; else
    minutes are folded in blocks of `block`, because only harm is asked for and the gate's state
    holds the minute in which a check first reached its odds. `corrected` False: the burstiness
    that was measured is not used.
    """

    truth: Truth
    weight: int = 10
    policy: GatePolicy = POLICY
    until_passed: bool = False
    corrected: bool = True
    block: int = 4
    looks: int = LOOKS

    def run(self, rng: Random) -> Outcome:
        world = World(self.truth, rng)
        state = started(self.policy, world.history(), corrected=self.corrected)
        state = begin_stage(state, 0, self.weight)
        block = 1 if self.until_passed else self.block
        failed = 0
        seen: list[Counted] = []
        verdict = Verdict.CONTINUE
        while len(seen) < self.looks:
            first = len(seen)
            seen += [world.minute(self.weight) for _ in range(min(block, self.looks - first))]
            state, _ = fold(self.policy, state, as_minutes(seen[first:], first))
            verdict = judged(self.policy, state, len(seen))
            if verdict is Verdict.ROLLBACK or (
                self.until_passed and verdict in (Verdict.ADVANCE, Verdict.INCONCLUSIVE)
            ):
                break
        minute = fired_at(state, len(seen)) if verdict is Verdict.ROLLBACK else len(seen)
        failed = sum(each.candidate_failed for each in seen[:minute])
        return Outcome(verdict, minute, failed)


def started(
    policy: GatePolicy,
    history: Sequence[tuple[int, int]],
    *,
    corrected: bool = True,
    planned: float = PLANNED,
) -> dict[str, Any]:
    """The state at a rollout's start, after stable's day."""
    known = baseline(
        policy,
        [
            Minute(moment, SideMinute(requests, failed), None)
            for moment, (requests, failed) in zip(MOMENTS, history, strict=False)
        ],
    )
    if not corrected:
        known["errors"]["correlation"] = 0.0
    return opened(policy, known, planned)


def as_minutes(counted: Sequence[Counted], first: int) -> list[Minute]:
    """`first` is the rollout's minute, from 0, of the first of them."""
    return [
        Minute(
            MOMENTS[DAY + first + index],
            SideMinute(each.stable, each.stable_failed),
            SideMinute(each.candidate, each.candidate_failed),
        )
        for index, each in enumerate(counted)
    ]


def judged(
    policy: GatePolicy, state: Mapping[str, Any], minutes: int, counts_from: int = 0
) -> Verdict:
    """The verdict as soon as the rollout's first `minutes` are settled."""
    now = MOMENTS[DAY + minutes] + policy.ingestion_delay
    baked = MINUTE * (minutes - counts_from)
    moment = Moment(now, MOMENTS[DAY + counts_from], baked, timedelta(0))
    return judge(policy, state, moment).verdict


def fired_at(state: Mapping[str, Any], otherwise: int) -> int:
    """The rollout's minute, from 1, in which the first check reached its odds."""
    fired = state["fired"].values()
    if not fired:
        return otherwise
    first = datetime.fromisoformat(min(fired))
    return (first - STARTED) // MINUTE - DAY + 1
