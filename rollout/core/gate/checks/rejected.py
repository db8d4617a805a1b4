"""Whether the candidate refuses more requests: client errors that do not count as failures.

The split is random per request, so a one-sided rise means that the contract changed. That may be
intended: this check holds and never rolls back.
"""

from dataclasses import dataclass
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.streams import Stream, line
from rollout.core.gate.checks.check import Past, Round, Tallies
from rollout.core.gate.checks.compared import Compared, learnt_share
from rollout.core.gate.checks.stage import Totals
from rollout.core.gate.checks.wording import compared
from rollout.core.policy.gate_model import Check, GatePolicy, Margin
from rollout.core.records.observation import SideMinute


@dataclass(frozen=True, kw_only=True)
class Rejected(Compared):
    tolerance: Margin

    @staticmethod
    def learnt(policy: GatePolicy, past: Past) -> dict[str, Any]:
        del policy
        return {Check.REJECTED.value: learnt_share(past, lambda side: side.client_errors)}

    def fold(self, memory: Stream, minute: Round) -> None:
        tolerance, candidate = line(self.tolerance), _client_errors(minute.candidate)
        if minute.soak is not None:
            limit = tolerance.at(minute.soak.rejected_high)
            memory.bet_alone(limit, candidate, alpha=self.alpha, planned=minute.planned)
            return
        stable = _client_errors(minute.stable)
        memory.bet(tolerance, candidate, stable, alpha=self.alpha, planned=minute.planned)
        memory.learn(stable)

    def seen(self, memory: Stream, totals: Totals, tallies: Tallies) -> str:
        del memory, tallies
        requests, _, bad = totals.candidate
        stable_requests, _, stable_bad = totals.stable
        return compared((requests, bad, stable_requests, stable_bad), "got other 4xx")


def _client_errors(side: SideMinute) -> Counts:
    return Counts(side.requests, side.client_errors)
