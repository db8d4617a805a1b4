"""Whether the candidate is slower than stable."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from rollout.core.gate.algebra import dispersion, evidence
from rollout.core.gate.algebra.latency import Latency, Slow
from rollout.core.gate.algebra.percentiles import NAMES, QUANTILES
from rollout.core.gate.checks.check import HarmCheck, Known, Past, Round, Tallies
from rollout.core.gate.checks.stage import Stage, Totals
from rollout.core.gate.checks.wording import compared
from rollout.core.policy.gate_model import Check, GatePolicy, LatencyCheck


@dataclass(frozen=True, kw_only=True)
class Slower(HarmCheck[Latency]):
    """Harm is beyond the tolerance at any percentile. A stage passes once the limit is excluded."""

    margins: LatencyCheck

    @staticmethod
    def opened(name: str, known: Known, floor: float) -> Latency:
        latency, stored = Latency.fresh(), known.get(name)
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
        return {Check.LATENCY.value: _learnt(policy.latency, past)}

    def fold(self, memory: Latency, minute: Round) -> None:
        candidate = memory.slow(minute.candidate, self.margins, candidate=True)
        stable = memory.slow(minute.stable, self.margins, candidate=False)
        for name, each, witness in zip(NAMES, candidate, stable, strict=True):
            minute.tally(name, each.over, witness.over)
        alone = minute.soak is not None
        if alone:
            memory.bet_alone(candidate, alpha=self.alpha, planned=minute.planned)
        else:
            exact = minute.candidate.slow is not None and minute.stable.slow is not None
            memory.bet(candidate, stable, exact=exact, alpha=self.alpha, planned=minute.planned)
        if memory.knows_stable:
            minute.stage.latency = memory.pass_evidence(
                minute.stage.latency, candidate, stable, alone=alone
            )
        if not alone:
            memory.learn(minute.stable, stable)

    def ln_odds(self, memory: Latency) -> float:
        return memory.ln_wealth

    def proofs(self, stage: Stage) -> Sequence[tuple[str, float]]:
        reached = (evidence.reached(row) for row in stage.latency)
        return tuple(zip(NAMES, reached, strict=False))

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


def _learnt(check: LatencyCheck | None, past: Past) -> list[list[float]] | None:
    """Walk through the history as the gate would have: each minute judged by those before it.

    Returns:
        For each percentile ln of the threshold in ms, stable's shares over it and over its limit,
        and correlation; None where latency is not checked or not known.
    """
    if check is None:
        return None
    latency = Latency.fresh()
    walked: list[list[Slow]] = []
    for minute in past.minutes:
        slow = latency.slow(minute.stable, check, candidate=False)
        latency.learn(minute.stable, slow)
        walked.append(slow)
    if not latency.knows_stable:
        return None
    found = []
    for index in range(len(QUANTILES)):
        threshold = latency.thresholds[index]
        correlation = past.correlation(
            [each[index].over for each in walked],
            blocks=dispersion.LATENCY_BLOCKS,
            safety=dispersion.LATENCY_SAFETY,
        )
        found.append([threshold.ln or 0.0, threshold.share, threshold.share_limit, correlation])
    return found
