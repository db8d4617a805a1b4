"""Whether the candidate fails more than what was promoted before it, some releases back.

Each release may be a little worse than the one before and within every tolerance; ten of them are
not. So the last stage, at 100 %, is compared with what the endpoint's earlier promotions showed in
theirs. The older half of them speaks: the newer ones are a part of the slow loss.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts, rate_bounds
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.mixture import Mixture
from rollout.core.gate.algebra.streams import line, one_sided
from rollout.core.gate.checks.check import HarmCheck, Known, Round, Tallies
from rollout.core.gate.checks.errors import failures
from rollout.core.gate.checks.stage import HISTORY_MISSES, Totals
from rollout.core.policy.gate_model import Check, Margin
from rollout.core.records.promotions import Promotions

TOLERATED = Margin(1.2, 0.0025)
"""Services differ a little from day to day. A loss of a point in a year is beyond this after some
nine months, where a service fails less than one request in fifty."""

LEAST_ENTRIES = 3
"""With fewer the comparison with stable says the same."""


def earlier(promotions: Sequence[Promotions]) -> dict[str, Any] | None:
    """What a rollout knows at its start of what was promoted before it, as JSON values.

    Returns:
        since and until: The days of the first promotion and of the last one's entry that speak;
        promotions: how many; requests and failures; worth: how many independent requests these are.
        None where there are too few to compare with.
    """
    if len(promotions) < LEAST_ENTRIES:
        return None
    then = promotions[: len(promotions) // 2]
    return {
        "since": _day(then[0].at),
        "until": _day(then[-1].at),
        "promotions": sum(each.count for each in then),
        "requests": sum(each.requests for each in then),
        "failures": sum(each.failures for each in then),
        "worth": sum(each.worth for each in then),
    }


@dataclass
class CreepMemory:
    """The bets; what `earlier` said; the correlation of failures; what the last stage counted."""

    process: Mixture
    then: Mapping[str, Any]
    correlation: float
    requests: float = 0.0
    failures: float = 0.0

    def dump(self) -> list[Any]:
        then = dict(self.then)
        return [self.process.dump(), then, self.correlation, self.requests, self.failures]

    @property
    def bounds(self) -> tuple[float, float]:
        """The share of failures then: each bound is wrong with `HISTORY_MISSES` at most."""
        requests, failed = self.then["requests"], self.then["failures"]
        share = failed / requests if requests > 0 else 0.0
        worth = self.then["worth"]
        return rate_bounds(Counts(worth, share * worth), HISTORY_MISSES)


@dataclass(frozen=True, kw_only=True)
class Creep(HarmCheck[CreepMemory]):
    @staticmethod
    def opened(name: str, known: Known, floor: float) -> CreepMemory | None:
        if name not in known:
            return None
        errors = known.get(Check.ERRORS.value)
        correlation = floor if errors is None else errors["correlation"]
        return CreepMemory(Mixture.fresh(), known[name], correlation)

    @staticmethod
    def load(stored: Sequence[Any]) -> CreepMemory:
        process, then, correlation, requests, failed = stored
        return CreepMemory(Mixture.load(process), then, correlation, requests, failed)

    def fold(self, memory: CreepMemory, minute: Round) -> None:
        """Bet in the soak only: what was promoted before was counted there too."""
        if minute.soak is None:
            return
        candidate = failures(minute.candidate)
        memory.requests += candidate.requests
        memory.failures += candidate.bad
        limit = line(TOLERATED).at(memory.bounds[1])
        memory.process.bet(
            one_sided(limit, effective(candidate, memory.correlation)),
            alpha=self.alpha,
            planned_minutes=minute.planned,
        )

    def ln_odds(self, memory: CreepMemory) -> float:
        return memory.process.ln_wealth

    def worth_telling(self) -> bool:
        return True

    def seen(self, memory: CreepMemory, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        then, (low, high) = memory.then, memory.bounds
        return (
            f"candidate {memory.failures:,.0f} of {memory.requests:,.0f} failed at 100 %, "
            f"{then['promotions']} promotions from {then['since']} to {then['until']} "
            f"{then['failures']:,.0f} of {then['requests']:,.0f} ({low:.2%} to {high:.2%})"
        )


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
