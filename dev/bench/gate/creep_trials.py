"""Years of releases, each a little worse than the one before: when is the loss seen?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from dev.bench.gate.error_streams import Counted
from dev.bench.gate.sampling import binomial, poisson
from dev.bench.gate.trials import PLANNED, STARTED, Outcome, as_minutes
from rollout.core.gate import Verdict, begin_stage, earlier, fold, opened, promotion
from rollout.core.gate.checks.stage import RULES
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.records.promotions import Promotions, with_promotion

POLICY = GatePolicy(
    latency=None,
    rejected=None,
    split=None,
    observe_only=tuple(each for each in Check if each is not Check.CREEP),
)
FULL = 100
YEAR = timedelta(days=365)
KNOWN_REQUESTS = 20_000


@dataclass(frozen=True)
class Releases:
    """`years` of releases, `a_year` of them, each with a soak of `minutes` at `traffic` a minute.

    The share of failures begins at `base` and grows by `loss` a year, both in 0..1. On the day of
    a release it is multiplied by a factor of its own, log-normal with `wobble` as sigma. HOLD says
    that the loss was reported at least once; `minute` is the day on which it first was.
    """

    traffic: float
    a_year: int = 12
    years: float = 1.5
    base: float = 0.005
    loss: float = 0.01
    wobble: float = 0.0
    minutes: int = 30
    policy: GatePolicy = POLICY

    def run(self, rng: Random) -> Outcome:
        known: tuple[Promotions, ...] = ()
        share = self.base
        for number in range(round(self.a_year * self.years)):
            at = STARTED + YEAR * (number / self.a_year)
            before, share = share, self._share(number, rng)
            state = self._soaked(before, share, known, rng)
            if Check.CREEP.value in state["fired"]:
                return Outcome(Verdict.HOLD, (at - STARTED).days)
            newest = promotion(state, at)
            if newest is not None:
                known = with_promotion(known, newest, at)
        return Outcome(Verdict.ADVANCE, 0)

    def _share(self, number: int, rng: Random) -> float:
        usual = self.base + self.loss * number / self.a_year
        return min(1.0, usual * rng.lognormvariate(-(self.wobble**2) / 2, self.wobble))

    def _soaked(
        self, stable: float, candidate: float, promotions: Sequence[Promotions], rng: Random
    ) -> dict[str, Any]:
        """The state at the end of a soak."""
        failed = {
            "bad": stable * KNOWN_REQUESTS,
            "requests": KNOWN_REQUESTS,
            "scale": 1.0,
            "correlation": 0.0,
        }
        known = {
            "rules": RULES,
            "minutes": 1440,
            "hours": 24.0,
            "per_minute": self.traffic,
            "errors": failed,
            "rejected": {**failed, "bad": 0.0},
            "latency": None,
        }
        then = earlier(promotions)
        if then is not None:
            known["creep"] = then
        state = begin_stage(opened(self.policy, known, PLANNED), 0, FULL)
        counts = []
        for _ in range(self.minutes):
            requests = poisson(rng, self.traffic)
            counts.append(Counted(0, 0, requests, binomial(rng, requests, candidate)))
        return fold(self.policy, state, as_minutes(counts, 0))[0]
