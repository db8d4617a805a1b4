"""Whether the candidate fails more than stable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.streams import Stream, line
from rollout.core.gate.checks.check import Past, Round, Tallies
from rollout.core.gate.checks.compared import Compared, learnt_share
from rollout.core.gate.checks.stage import Soak, Stage, Totals
from rollout.core.gate.checks.wording import failed
from rollout.core.policy.gate_model import Check, ErrorsCheck, GatePolicy
from rollout.core.records.observation import SideMinute

FAILURES = "failures"
"""What the evidence to pass is about, in reasons and in plans."""


@dataclass(frozen=True, kw_only=True)
class Errors(Compared):
    """Harm is beyond the tolerance. A stage passes once the limit is excluded."""

    margins: ErrorsCheck

    @staticmethod
    def learnt(policy: GatePolicy, past: Past) -> dict[str, Any]:
        del policy
        return {Check.ERRORS.value: learnt_share(past, lambda side: side.failures)}

    def fold(self, memory: Stream, minute: Round) -> None:
        candidate = failures(minute.candidate)
        if minute.soak is None:
            self._compare(memory, minute, candidate, failures(minute.stable))
        else:
            self._bet_alone(memory, minute, candidate, minute.soak)

    def _compare(self, memory: Stream, minute: Round, candidate: Counts, stable: Counts) -> None:
        tolerance, limit = line(self.margins.tolerance), line(self.margins.limit)
        memory.bet(tolerance, candidate, stable, alpha=self.alpha, planned=minute.planned)
        if memory.requests > 0:
            values = evidence.values(
                limit,
                (minute.share, minute.share),
                effective(candidate, memory.correlation),
                effective(stable, memory.correlation),
            )
            minute.stage.errors.add(values, minute.patience)
        memory.learn(stable)

    def _bet_alone(self, memory: Stream, minute: Round, candidate: Counts, soak: Soak) -> None:
        """Harm is tested at the upper bound of stable's share, evidence at the lower one.

        So the history's uncertainty helps neither side.
        """
        limit = line(self.margins.limit)
        memory.bet_alone(limit.at(soak.high), candidate, alpha=self.alpha, planned=minute.planned)
        lowest = limit.at(soak.low)
        best = min(minute.share, lowest / 2)
        few = effective(candidate, memory.correlation)
        minute.stage.errors.add(evidence.values_alone(lowest, best, few), minute.patience)

    def proofs(self, stage: Stage) -> Sequence[tuple[str, float]]:
        return ((FAILURES, stage.errors.ln),)

    def seen(self, memory: Stream, totals: Totals, tallies: Tallies) -> str:
        del memory, tallies
        return failed(totals)


def failures(side: SideMinute) -> Counts:
    return Counts(side.requests, side.failures)
