"""Looks within minutes: what the absolute limit says while a minute is still running."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from dev.bench.gate.error_streams import DAY
from dev.bench.gate.sampling import binomial, poisson
from dev.bench.gate.trials import MOMENTS, PLANNED, Outcome
from rollout.core.gate import NONE, Verdict, begin_stage, fold, harm, opened, still_runs
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.records.observation import SILENT, Minute, SideMinute

POLICY = GatePolicy(
    settle=timedelta(0),
    latency=None,
    rejected=None,
    observe_only=tuple(each for each in Check if each is not Check.SLO),
)
"""Only the absolute limit decides."""

STABLE_FAILS = 0.005
LOOKED_AT = 30
SECONDS = 60


@dataclass(frozen=True)
class Looks:
    """A stage of `looks` minutes, in the first of which the weight was seen at a random second.

    `traffic` are the candidate's requests a minute, of which the share `fails` fails; stable has
    nine times as many. Each minute is looked at `within` times before it is over, then folded.
    """

    traffic: float
    fails: float
    within: int = 3
    looks: int = LOOKED_AT

    def run(self, rng: Random) -> Outcome:
        state = begin_stage(opened(POLICY, NONE, PLANNED), 0, 10)
        step = SECONDS / (self.within + 1)
        begun = rng.random() * SECONDS
        for index in range(self.looks):
            minute = Minute(MOMENTS[DAY + index], None, None)
            since = minute.at + timedelta(seconds=begun if index == 0 else 0.0)
            for look in range(1, self.within + 2):
                now = minute.at + timedelta(seconds=step * look)
                more = min(step, max(0.0, (now - since).total_seconds()))
                minute = self._grown(rng, minute, more)
                if look <= self.within:
                    runs = still_runs(minute, now, since=since, usual=0.0, alone=False)
                    folded = [] if runs is None else [runs]
                else:
                    folded = [Minute(minute.at, minute.stable, minute.candidate, rest=0.0)]
                    folded = folded if index == 0 else [minute]
                copy, _ = fold(POLICY, state, folded)
                if harm(POLICY, copy) is not None:
                    return Outcome(Verdict.ROLLBACK, index + 1)
            state = copy
        return Outcome(Verdict.CONTINUE, self.looks)

    def _grown(self, rng: Random, minute: Minute, seconds: float) -> Minute:
        """The minute after so many more seconds of requests to both sides."""
        expected = self.traffic * seconds / SECONDS
        return Minute(
            minute.at,
            _more(rng, minute.stable or SILENT, 9 * expected, STABLE_FAILS),
            _more(rng, minute.candidate or SILENT, expected, self.fails),
        )


def _more(rng: Random, before: SideMinute, mean: float, fails: float) -> SideMinute:
    came = poisson(rng, mean) if mean > 0 else 0
    return SideMinute(before.requests + came, before.failures + binomial(rng, came, fails))
