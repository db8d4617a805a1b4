"""Whether the candidate fails more than stable in most minutes."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollout.core.gate.algebra import majority
from rollout.core.gate.algebra.mixture import Mixture
from rollout.core.gate.algebra.streams import line
from rollout.core.gate.checks.check import HarmCheck, Known, Round, Tallies
from rollout.core.gate.checks.errors import failures
from rollout.core.gate.checks.stage import Totals
from rollout.core.gate.checks.wording import failed
from rollout.core.policy.gate_model import ErrorsCheck


@dataclass(frozen=True, kw_only=True)
class Majority(HarmCheck[Mixture]):
    """Each minute votes, so that one burst counts once however many requests fell into it."""

    margins: ErrorsCheck

    @staticmethod
    def opened(name: str, known: Known, floor: float) -> Mixture:
        del name, known, floor
        return majority.fresh()

    @staticmethod
    def load(stored: Sequence[float]) -> Mixture:
        return Mixture.load(stored)

    def fold(self, memory: Mixture, minute: Round) -> None:
        candidate = failures(minute.candidate)
        if minute.soak is not None:
            most = line(self.margins.limit).at(minute.soak.high)
            majority.vote_alone(memory, most, candidate, alpha=self.alpha, planned=minute.planned)
            return
        majority.vote(
            memory,
            line(self.margins.tolerance),
            minute.share,
            candidate,
            failures(minute.stable),
            alpha=self.alpha,
            planned=minute.planned,
        )

    def ln_odds(self, memory: Mixture) -> float:
        return memory.ln_wealth

    def seen(self, memory: Mixture, totals: Totals, tallies: Tallies) -> str:
        del memory, tallies
        return failed(totals)
