"""What a check is: it bets on minutes against "no harm", and says what follows when it wins.

A check is a plain value made from a policy. What it carries from minute to minute, its memory, is
kept apart in the gate's state, because a stored rollout must be readable without its policy.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log
from typing import Any, ClassVar, Self

from rollout.core.gate.algebra import dispersion
from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.checks.stage import FIRST_RULES, Soak, Stage, Totals
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute, SideMinute

Known = Mapping[str, Any]
"""A baseline: what the gate learnt of stable before the rollout."""

RULES_KEY = "rules"
"""Which version of the arithmetic a baseline, and so its rollout, goes by."""

Tallies = dict[str, list[float]]
"""By name: the candidate's requests and bad ones among them, and stable's."""


class Action(StrEnum):
    """What follows when a check reaches its odds; `REPORT` measures and never decides."""

    ROLLBACK = "rollback"
    HOLD = "hold"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Round:
    """One minute as every check bets on it, with what was known of stable before the minute.

    A side without data has no requests. `share` is stable's share of failures; `burstiness` and
    `slow_burstiness` are the correlations of its failures and of its slow requests. `planned` are
    the minutes over which a mixture of harm releases its reserve, `patience` those over which
    evidence does. `warm`: the candidate has answered enough for its latency to count. `stage` and
    `tallies` are written to. `rest`: so many more requests to the candidate may come in a minute
    that still runs; they are taken for good ones.
    """

    candidate: SideMinute
    stable: SideMinute
    stage: Stage
    planned: float
    patience: float
    warm: bool
    share: float
    burstiness: float
    slow_burstiness: float
    tallies: Tallies
    rest: float = 0.0

    @property
    def soak(self) -> Soak | None:
        """What stands in for stable while it has no traffic."""
        return self.stage.soak

    def tally(self, name: str, candidate: Counts, stable: Counts) -> None:
        """Add to the counts that reasons quote."""
        before = self.tallies.get(name, (0.0, 0.0, 0.0, 0.0))
        more = (candidate.requests, candidate.bad, stable.requests, stable.bad)
        self.tallies[name] = [total + each for total, each in zip(before, more, strict=True)]


@dataclass(frozen=True, slots=True)
class Past:
    """Stable's minutes before a rollout, from which a check may learn.

    `minutes` has no gaps, from the first to the last with requests. `floor` is the least
    correlation to assume; without `enough` minutes it is assumed as it is.
    """

    minutes: Sequence[Minute]
    floor: float
    enough: bool

    def correlation(
        self, counts: Sequence[Counts], *, blocks: Sequence[int], safety: float
    ) -> float:
        """Estimate how much bad requests come together; see `dispersion.correlation`."""
        if not self.enough:
            return self.floor
        return dispersion.correlation(counts, blocks=blocks, safety=safety, floor=self.floor)


def rules_of(known: Known) -> int:
    """Return the rules of a baseline; the first ones did not name themselves."""
    rules: int = known.get(RULES_KEY, FIRST_RULES)
    return rules


@dataclass(frozen=True, kw_only=True)
class Charge[Memory](ABC):
    """What has odds of harm, whatever it bets on.

    `name` is the key of everything stored of it. `title` begins a reason ("the candidate fails
    more"), `limit` says in it what is allowed. `alpha` bounds the probability that it ever wins
    against a candidate that does no harm: it wins at odds of 1/alpha.
    """

    name: str
    title: str
    limit: str
    alpha: float
    action: Action
    harm: ClassVar[bool] = True
    """Whether its odds are those of harm: of a candidate that is worse than tolerated."""

    def under(self, rules: int) -> Self:
        """Return the check as it is under these rules."""
        del rules
        return self

    @property
    def ln_needed(self) -> float:
        """Return ln of the odds at which it wins."""
        return log(1 / self.alpha)

    @abstractmethod
    def ln_odds(self, memory: Memory) -> float:
        """Return ln of the odds of harm."""

    def excuse(self, memory: Memory) -> tuple[float, str] | None:
        """Why the candidate is not to blame for a limit that it breaks.

        Returns:
            ln of the odds that the limit is broken, and the reason; None where it is not broken.
        """
        del memory
        return None

    def pause_left(self, memory: Memory) -> int:
        """For how many minutes an alarm only holds that is the first of two."""
        del memory
        return 0

    def worth_telling(self) -> bool:
        """Whether operators hear of its odds when a rollout ends well, where it only reports."""
        return False

    def proofs(self, stage: Stage) -> Sequence[tuple[str, float]]:
        """What must be shown before a stage is passed: what of, and ln of the odds so far."""
        del stage
        return ()

    @abstractmethod
    def seen(self, memory: Memory, totals: Totals, tallies: Tallies) -> str:
        """Both sides' numbers of the whole rollout that are compared."""


@dataclass(frozen=True, kw_only=True)
class HarmCheck[Memory](Charge[Memory]):
    """One check of a policy: it is fed with minutes.

    `of_parts`: it bets on minutes of which only a part counts, too.
    """

    of_parts: bool = False

    @staticmethod
    @abstractmethod
    def opened(name: str, known: Known, floor: float) -> Any:
        """Return the memory at the start of a rollout; None where there is nothing to compare with.

        Args:
            name: The check's name, the key of its part of `known`.
            known: The baseline.
            floor: The correlation to assume where the baseline has none.
        """

    @staticmethod
    @abstractmethod
    def load(stored: Any) -> Any:
        """Read back what the memory's `dump` returned."""

    @staticmethod
    def learnt(policy: GatePolicy, past: Past) -> dict[str, Any]:
        """Return this check's parts of a baseline as JSON values; most checks have none."""
        del policy, past
        return {}

    def near(self, memory: Memory) -> bool:
        """Whether one more bad minute would prove harm; known of checks that bet on parts."""
        del memory
        return False

    @abstractmethod
    def fold(self, memory: Memory, minute: Round) -> None:
        """Bet on one minute, then learn from it."""
