"""Whether the candidate breaks an absolute limit, and whether it alone is to blame."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rollout.core.gate.algebra.absolute import Absolute
from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.checks.check import HarmCheck, Known, Round, Tallies
from rollout.core.gate.checks.compared import NOTHING
from rollout.core.gate.checks.stage import Totals
from rollout.core.gate.checks.wording import compared, failed
from rollout.core.records.observation import SideMinute

UNSURE = "it is not yet certain that it alone is to blame"


@dataclass(frozen=True, kw_only=True)
class AbsoluteLimit(HarmCheck[Absolute]):
    """At most `most` of a side's requests may be bad, a share in 0..1.

    `counts` tells how many of a side's requests were bad, `burstiness` how much they come together.
    `what` says what happened to them, and has them tallied; "" where they are the failures, which
    the totals hold already. `settles`: a candidate that is still cold does not count.
    """

    most: float
    counts: Callable[[SideMinute], Counts]
    burstiness: Callable[[Round], float]
    what: str = ""
    settles: bool = False

    @staticmethod
    def opened(name: str, known: Known, floor: float) -> Absolute:
        del name, known, floor
        return Absolute.fresh()

    @staticmethod
    def load(stored: dict[str, Any]) -> Absolute:
        return Absolute.load(stored)

    def fold(self, memory: Absolute, minute: Round) -> None:
        candidate = self.counts(minute.candidate)
        candidate = Counts(candidate.requests + minute.rest, candidate.bad)
        if self.settles and not minute.warm:
            candidate = NOTHING
        stable = self.counts(minute.stable) if minute.soak is None else NOTHING
        if self.what:
            minute.tally(self.name, candidate, stable)
        memory.bet(
            self.most,
            candidate,
            stable,
            correlation=self.burstiness(minute),
            weight=minute.stage.weight,
            mirror=minute.stage.mirror,
            alpha=self.alpha,
            planned=minute.planned,
        )

    def near(self, memory: Absolute) -> bool:
        return self.of_parts and memory.blame.is_near(self.alpha)

    def ln_odds(self, memory: Absolute) -> float:
        return memory.blame.ln_wealth

    def excuse(self, memory: Absolute) -> tuple[float, str] | None:
        if not memory.broken(self.alpha):
            return None
        return memory.own.ln_wealth, memory.excuse(self.most) or UNSURE

    def seen(self, memory: Absolute, totals: Totals, tallies: Tallies) -> str:
        del memory
        return compared(tallies[self.name], self.what) if self.what else failed(totals)
