"""Whether a query of the user's own finds more bad requests on the candidate."""

from dataclasses import dataclass

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.streams import Stream, line
from rollout.core.gate.checks.check import Round, Tallies
from rollout.core.gate.checks.compared import NOTHING, Compared
from rollout.core.gate.checks.stage import Totals
from rollout.core.gate.checks.wording import compared
from rollout.core.policy.gate_model import Margin
from rollout.core.records.observation import SideMinute


@dataclass(frozen=True, kw_only=True)
class Custom(Compared):
    """It rests in the soak: nothing is known of stable before the rollout to compare with."""

    tolerance: Margin

    def fold(self, memory: Stream, minute: Round) -> None:
        candidate = self._counts(minute.candidate)
        stable = self._counts(minute.stable) if minute.soak is None else NOTHING
        minute.tally(self.name, candidate, stable)
        memory.bet(
            line(self.tolerance), candidate, stable, alpha=self.alpha, planned=minute.planned
        )
        memory.learn(stable)

    def _counts(self, side: SideMinute) -> Counts:
        tally = side.custom.get(self.name)
        if tally is None:
            return NOTHING
        # The query is the user's own: more bad ones than there were must not count as evidence.
        return Counts(tally.total, min(tally.bad, tally.total))

    def seen(self, memory: Stream, totals: Totals, tallies: Tallies) -> str:
        del memory, totals
        return compared(tallies[self.name], "were bad")
