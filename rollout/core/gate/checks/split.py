"""Whether the candidate gets the part of the requests that its weight asks for.

Far off, routing or metrics are not what all the other evidence assumes. That says nothing of the
model: this check holds and never rolls back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rollout.core.gate.algebra import split
from rollout.core.gate.algebra.mixture import Mixture
from rollout.core.gate.checks.check import HarmCheck, Known, Round, Tallies
from rollout.core.gate.checks.stage import Totals
from rollout.core.policy.gate_model import SplitCheck
from rollout.core.records.observation import SideMinute
from rollout.units import FULL_WEIGHT


@dataclass
class SplitMemory:
    """The bets, and what was counted at the present weight: the requests, and the candidate's."""

    process: Mixture
    weight: int = 0
    requests: float = 0.0
    candidate: float = 0.0

    def dump(self) -> list[Any]:
        return [self.process.dump(), self.weight, self.requests, self.candidate]


@dataclass(frozen=True, kw_only=True)
class Split(HarmCheck[SplitMemory]):
    """It rests in the soak: all requests are the candidate's there. It rests while requests are
    mirrored: the candidate takes none from stable then.

    Requests without an HTTP status count: somebody sent them, whatever became of them.
    """

    margins: SplitCheck
    harm: ClassVar[bool] = False

    @staticmethod
    def opened(name: str, known: Known, floor: float) -> SplitMemory:
        del name, known, floor
        return SplitMemory(split.fresh())

    @staticmethod
    def load(stored: Sequence[Any]) -> SplitMemory:
        process, weight, requests, candidate = stored
        return SplitMemory(Mixture.load(process), weight, requests, candidate)

    def fold(self, memory: SplitMemory, minute: Round) -> None:
        weight = minute.stage.weight
        if minute.soak is not None or minute.stage.mirror:
            return
        if memory.weight != weight:
            memory.weight, memory.requests, memory.candidate = weight, 0.0, 0.0
        candidate, stable = _sent(minute.candidate), _sent(minute.stable)
        memory.requests += candidate + stable
        memory.candidate += candidate
        tolerance = self.margins.tolerance
        values = split.log_e_values(weight / FULL_WEIGHT, tolerance, candidate, stable)
        split.bet(memory.process, values, alpha=self.alpha, planned=minute.planned)

    def ln_odds(self, memory: SplitMemory) -> float:
        return memory.process.ln_wealth

    def seen(self, memory: SplitMemory, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        share = memory.candidate / memory.requests if memory.requests else 0.0
        low, high = split.edges(memory.weight / FULL_WEIGHT, self.margins.tolerance)
        return (
            f"it got {share:.1%} of {memory.requests:,.0f} requests at a weight of "
            f"{memory.weight} %, where {low:.1%} to {high:.1%} are tolerated"
        )


def _sent(side: SideMinute) -> float:
    return side.requests + side.unknown
