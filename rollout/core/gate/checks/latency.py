"""Whether the candidate is slower than stable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Any, Self

from rollout.core.gate.algebra import dispersion
from rollout.core.gate.algebra.latency import NOTHING, Latency, Slow
from rollout.core.gate.algebra.percentiles import NAMES, QUANTILES
from rollout.core.gate.checks.check import HarmCheck, Known, Past, Round, Tallies, rules_of
from rollout.core.gate.checks.stage import FIRST_RULES, Stage, Totals
from rollout.core.gate.checks.wording import compared
from rollout.core.policy.gate_model import Check, GatePolicy, LatencyCheck

PAUSE = 10
"""Minutes for which a first alarm holds before the bets begin afresh."""

SEEN = "latency_requests"
"""The key in a baseline: stable's requests that were counted against its thresholds."""


@dataclass(frozen=True, kw_only=True)
class Slower(HarmCheck[Latency]):
    """Harm is beyond the tolerance at any percentile. A stage passes once the limit is excluded.

    Slowness alone is no emergency, and a candidate may be slow because it is cold: with a `pause`
    (minutes) the first alarm only holds. Bets begin afresh after the pause, and the second alarm
    rolls back. 0: the first one does.
    """

    margins: LatencyCheck
    pause: int = 0

    @staticmethod
    def opened(name: str, known: Known, floor: float) -> Latency:
        first = rules_of(known) == FIRST_RULES
        latency, stored = Latency.fresh(None if first else known.get(SEEN, 0.0)), known.get(name)
        for index, threshold in enumerate(latency.thresholds):
            threshold.correlation = floor
            if stored:
                ln, share, share_limit, correlation = stored[index]
                threshold.ln, threshold.share, threshold.share_limit = ln, share, share_limit
                threshold.correlation = correlation
        return latency

    @staticmethod
    def load(stored: Sequence[Sequence[Any]]) -> Latency:
        return Latency.load(stored)

    @staticmethod
    def learnt(policy: GatePolicy, past: Past) -> dict[str, Any]:
        found, seen = _learnt(policy.latency, past)
        return {Check.LATENCY.value: found, SEEN: seen}

    def under(self, rules: int) -> Self:
        """Since the second rules there are two alarms, each with half of alpha."""
        if rules == FIRST_RULES:
            return self
        return replace(self, alpha=self.alpha / 2, pause=PAUSE)

    def fold(self, memory: Latency, minute: Round) -> None:
        stable = memory.slow(minute.stable, self.margins, candidate=False)
        candidate = [NOTHING] * len(stable)
        if minute.warm:
            candidate = memory.slow(minute.candidate, self.margins, candidate=True)
            for name, each, witness in zip(NAMES, candidate, stable, strict=True):
                minute.tally(name, each.over, witness.over)
        self._bet(memory, minute, candidate, stable)
        alone = minute.soak is not None
        if memory.knows_stable:
            rows = memory.to_pass(candidate, stable, alone=alone)
            for proof, row in zip(minute.stage.latency, rows, strict=True):
                proof.add(row, minute.patience)
        if not alone:
            memory.learn(minute.stable, stable)

    def _bet(
        self, memory: Latency, minute: Round, candidate: Sequence[Slow], stable: Sequence[Slow]
    ) -> None:
        if memory.pause:
            memory.rest()
            return
        if minute.soak is not None:
            memory.bet_alone(candidate, alpha=self.alpha, planned=minute.planned)
        else:
            exact = minute.candidate.slow is not None and minute.stable.slow is not None
            memory.bet(candidate, stable, exact=exact, alpha=self.alpha, planned=minute.planned)
        if self.pause and memory.pause is None and memory.ln_wealth >= self.ln_needed:
            memory.begin_pause(self.pause)

    def ln_odds(self, memory: Latency) -> float:
        return memory.ln_wealth

    def pause_left(self, memory: Latency) -> int:
        return memory.pause or 0

    def proofs(self, stage: Stage) -> Sequence[tuple[str, float]]:
        return tuple(zip(NAMES, (each.ln for each in stage.latency), strict=False))

    def seen(self, memory: Latency, totals: Totals, tallies: Tallies) -> str:
        """The numbers of the percentile that speaks most for harm."""
        del totals
        name, worst = max(
            zip(NAMES, memory.thresholds, strict=True), key=lambda each: each[1].process.wealth
        )
        took = exp(worst.ln or 0.0)
        return compared(
            tallies[name],
            f"took longer than {self.margins.tolerance * took:,.0f} ms",
            f" than {took:,.0f} ms",
        )


def _learnt(check: LatencyCheck | None, past: Past) -> tuple[list[list[float]] | None, float]:
    """Walk through the history as the gate would have: each minute judged by those before it.

    Returns:
        For each percentile ln of the threshold in ms, stable's shares over it and over its limit,
        and correlation, None where latency is not checked or not known; and stable's requests that
        were counted against the thresholds.
    """
    if check is None:
        return None, 0.0
    latency = Latency.fresh()
    walked: list[list[Slow]] = []
    for minute in past.minutes:
        slow = latency.slow(minute.stable, check, candidate=False)
        latency.learn(minute.stable, slow)
        walked.append(slow)
    if not latency.knows_stable:
        return None, 0.0
    found = []
    for index in range(len(QUANTILES)):
        threshold = latency.thresholds[index]
        correlation = past.correlation(
            [each[index].over for each in walked],
            blocks=dispersion.LATENCY_BLOCKS,
            safety=dispersion.LATENCY_SAFETY,
        )
        found.append([threshold.ln or 0.0, threshold.share, threshold.share_limit, correlation])
    return found, latency.seen or 0.0
