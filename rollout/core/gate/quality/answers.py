"""Paired disagreement: how many inputs does the candidate answer differently than stable.

Each distinct input counts once, so inputs are independent draws of what the user chose as inputs.
Two nulls are tested at the same time, because stable may itself be random.

`sure`: stable answers an input always the same. Harm is a share of different answers above the
tolerance t, tested with the likelihood ratios of `streams.one_sided` in a mixture. Given the past a
ratio of two Bernoulli shares has a mean of at most 1 where the share is t or less, so Ville's
inequality bounds how often the wealth ever reaches 1/alpha (Wald's sequential test, with a mixture
over alternatives). To pass, the share must be shown to be below the limit: three alternatives on
the way from a good share to the limit, and the mean of the products of their ratios to the limit.

`random`: stable answers some inputs twice, and differs from itself in a share s of them. The null
is a share of at most `RANDOM_RATIO` s + t, tested with the two streams of `bernoulli` (Turner, Ly
and Grunwald, arXiv 2106.02693): inputs that stable answered once tell of the candidate, those it
answered twice of stable. The two are different inputs, so the streams are independent. This test is
valid always, and weak while stable was asked twice only a few times.

Which one speaks: `random` once stable has differed from itself. Before that `sure`, unless stable
was asked twice too few times to know: had it been as random as the candidate differs, a share d,
not to see it in n inputs has the probability (1 - d)**n, which must be at most `MISSED`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value, log_mean_exp, log_ratio
from rollout.core.gate.algebra.evidence import ERROR_STEPS
from rollout.core.gate.algebra.mixture import Mixture
from rollout.core.gate.algebra.streams import MAX_SHARE, MIN_SHARE, alternatives, one_sided
from rollout.core.gate.quality import inputs
from rollout.core.policy.quality_model import Compared
from rollout.core.records.answers import AnswerCounts

RANDOM_RATIO = 1.5
"""Where stable is random the candidate may differ from it this many times as often as it does."""

MISSED = 0.02
"""The probability that a stable as random as the candidate differs has not shown it by chance."""

GOOD = 0.005
"""The share of different answers that is expected of a good candidate; half the limit at most."""

_MOST_CHANGES = 3
"""Kinds of changes that are counted by their words; the state has little room for further ones."""


@dataclass
class Answers:
    """`runs` are the inputs compared (see `inputs`), `of` is how many distinct ones there are.

    `tally`: inputs compared and different ones among them; `twice`: inputs that stable answered
    twice, those it answered differently, and those the candidate did. The proofs are ln of
    products. `changes` counts the first kinds of differences.
    """

    sure: Mixture = field(default_factory=Mixture.fresh)
    random: Mixture = field(default_factory=Mixture.fresh)
    sure_proof: list[float] = field(default_factory=lambda: [0.0] * len(ERROR_STEPS))
    random_proof: list[float] = field(default_factory=lambda: [0.0] * len(ERROR_STEPS))
    tally: list[float] = field(default_factory=lambda: [0.0, 0.0])
    twice: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    runs: list[int] = field(default_factory=list)
    of: int = 0
    changes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: Sequence[Any]) -> "Answers":
        sure, random, sure_proof, random_proof, tally, twice, runs, of, changes = stored
        return cls(
            Mixture.load(sure),
            Mixture.load(random),
            list(sure_proof),
            list(random_proof),
            list(tally),
            list(twice),
            list(runs),
            of,
            dict(changes),
        )

    def dump(self) -> list[Any]:
        return [
            self.sure.dump(),
            self.random.dump(),
            self.sure_proof,
            self.random_proof,
            self.tally,
            self.twice,
            self.runs,
            self.of,
            self.changes,
        ]

    def fold(self, compared: Compared, seen: AnswerCounts, *, alpha: float, planned: float) -> None:
        """Bet on one pass's new inputs, then learn from them.

        Args:
            compared: What is tolerated, and what must be excluded.
            seen: The pass.
            alpha: The level at which harm is judged.
            planned: Over how many passes the reserve is spread.
        """
        self.runs = inputs.with_all(self.runs, seen.inputs)
        if not seen.inputs:
            return
        counts = Counts(float(len(seen.inputs)), float(seen.differing))
        values = one_sided(compared.tolerance, counts)
        self.sure.bet(values, alpha=alpha, planned_minutes=planned)
        self.sure_proof = _plus(self.sure_proof, proof_values(compared.limit, counts))
        self._fold_random(compared, seen, alpha, planned)
        self.tally = [self.tally[0] + counts.requests, self.tally[1] + counts.bad]
        self.twice = _plus(self.twice, seen.twice)
        for change, times in seen.changes.items():
            if change in self.changes or len(self.changes) < _MOST_CHANGES:
                self.changes[change] = self.changes.get(change, 0) + times

    def _fold_random(
        self, compared: Compared, seen: AnswerCounts, alpha: float, planned: float
    ) -> None:
        asked, differed, candidate_differed = seen.twice
        once = Counts(float(len(seen.inputs) - asked), float(seen.differing - candidate_differed))
        itself = Counts(float(asked), float(differed))
        share = self.random_share
        tolerance = Line(RANDOM_RATIO, compared.tolerance)
        # Nothing is bet before anything is known of stable: that pass is what is learnt from.
        values = [
            log_e_value(tolerance, (each, share), once, itself)
            for each in (alternatives(tolerance.at(share)) if self.twice[0] else ())
        ]
        self.random.bet(values, alpha=alpha, planned_minutes=planned)
        if self.twice[0]:
            limit = Line(RANDOM_RATIO, compared.limit)
            found = evidence.values(limit, (share, share), once, itself)
            self.random_proof = _plus(self.random_proof, found)

    @property
    def random_share(self) -> float:
        """The share of inputs that stable is taken to answer differently the second time."""
        asked, differed, _ = self.twice
        return min(max((differed + 0.5) / (asked + 1), MIN_SHARE), MAX_SHARE)

    @property
    def is_random(self) -> bool:
        """Stable has answered an input in two ways."""
        return self.twice[1] > 0

    @property
    def share(self) -> float:
        """The share of the inputs compared that were answered differently, in 0..1."""
        compared, differing = self.tally
        return differing / compared if compared else 0.0

    @property
    def ln_harm(self) -> float:
        doubtful = self.twice[0] > 0 and (1 - self.share) ** self.twice[0] > MISSED
        weak = self.is_random or doubtful
        return (self.random if weak else self.sure).ln_wealth

    @property
    def ln_proof(self) -> float:
        return log_mean_exp(self.random_proof if self.is_random else self.sure_proof)


def proof_values(limit: float, counts: Counts) -> list[float]:
    """Return ln of an e-value per step to "the share is at least `limit`"."""
    good = min(GOOD, limit / 2)
    return [log_ratio(counts, good + step * (limit - good), limit) for step in ERROR_STEPS]


def _plus(before: Sequence[float], more: Sequence[float]) -> list[float]:
    return [total + each for total, each in zip(before, more, strict=True)]
