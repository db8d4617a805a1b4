"""A candidate that predicts one and the same where stable does not.

Each side's usual answer is the key that it gives most often, as known before an input (Boyer and
Moore's majority vote). An input is *telling* if at least one side answers it otherwise. The null is
that the candidate gives its usual answer to at most half of the telling inputs, given the past: it
varies at least half as often as stable does where the two vary together. Given that an input is
telling, whether the candidate's answer is its usual one is a Bernoulli trial, so the likelihood
ratios of `streams.one_sided` are e-values, and Ville's inequality bounds their products. An input
counts once.

A candidate that is meant to vary less may be beyond the null and is not constant. So odds count
only while nearly all of its answers are its usual one (`OTHERS`); asking for more cannot make a
false alarm more likely.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.mixture import Mixture
from rollout.core.gate.algebra.streams import one_sided
from rollout.core.records.answers import AnswerPair, Usual

HALF = 0.5

OTHERS = 0.01
"""At most this share of the inputs, or one input, may be answered otherwise by a constant model."""

_KEY_CHARACTERS = 16
"""Of a stored key: enough that two different ones do not meet by chance."""


def followed(usual: Usual, pairs: Iterable[AnswerPair]) -> Usual:
    """Return it after these pairs; the counts are of these pairs alone."""
    now = replace(usual, telling=0, same=0, others=0)
    for pair in pairs:
        candidate, stable = pair.candidate.key[:_KEY_CHARACTERS], pair.stable.key[:_KEY_CHARACTERS]
        if not candidate or not stable:
            continue
        # A candidate whose lead is used up has no usual answer for now.
        if now.candidate[1]:
            same = candidate == now.candidate[0]
            telling = not same or stable != now.stable[0]
            now = replace(
                now,
                telling=now.telling + telling,
                same=now.same + (same and telling),
                others=now.others + (not same),
            )
        now = replace(
            now, candidate=_voted(now.candidate, candidate), stable=_voted(now.stable, stable)
        )
    return now


def _voted(leading: tuple[str, int], key: str) -> tuple[str, int]:
    kept, lead = leading
    if kept == key:
        return kept, lead + 1
    return (kept, lead - 1) if lead else (key, 1)


@dataclass
class Constant:
    """`usual` has the rollout's counts; `compared` are the inputs that were compared."""

    process: Mixture = field(default_factory=Mixture.fresh)
    usual: Usual = field(default_factory=Usual)
    compared: float = 0.0

    @classmethod
    def load(cls, stored: Sequence[Any]) -> "Constant":
        process, candidate, stable, telling, same, others, compared = stored
        usual = Usual((candidate[0], candidate[1]), (stable[0], stable[1]), telling, same, others)
        return cls(Mixture.load(process), usual, compared)

    def dump(self) -> list[Any]:
        each = self.usual
        return [
            self.process.dump(),
            list(each.candidate),
            list(each.stable),
            each.telling,
            each.same,
            each.others,
            self.compared,
        ]

    def fold(self, seen: Usual, compared: int, *, alpha: float, planned: float) -> None:
        """Bet on one pass's new inputs; `seen` has the pass's counts."""
        self.compared += compared
        before = self.usual
        self.usual = Usual(
            seen.candidate,
            seen.stable,
            before.telling + seen.telling,
            before.same + seen.same,
            before.others + seen.others,
        )
        if seen.telling:
            values = one_sided(HALF, Counts(float(seen.telling), float(seen.same)))
            self.process.bet(values, alpha=alpha, planned_minutes=planned)

    @property
    def ln_harm(self) -> float:
        ln = self.process.ln_wealth
        allowed = max(1.0, OTHERS * self.compared)
        return ln if self.usual.others <= allowed else min(ln, 0.0)
