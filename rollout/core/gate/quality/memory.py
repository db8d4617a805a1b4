"""What the gate remembers of predictions, for the whole rollout: weight changes no answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.streams import Stream
from rollout.core.gate.quality.answers import Answers
from rollout.core.gate.quality.live import ASSUMED, NOT_MEANT, Odd, Seen
from rollout.core.gate.quality.losses import Losses
from rollout.core.gate.quality.usual import Constant
from rollout.core.policy.gate_model import Budget, Check
from rollout.core.policy.quality_model import Quality
from rollout.core.records.answers import AnswerCounts

_MOST_FAULTS = 3
"""Kinds of faults that are counted by their words; the state has little room for further ones."""


@dataclass
class QualityMemory:
    """`faults` compares faults in answers to probes, of every pair; `fault_words` quotes them.

    `losses` is None before the first labelled input, `live` before the first look that read one.
    """

    answers: Answers = field(default_factory=Answers)
    constant: Constant = field(default_factory=Constant)
    faults: Odd = field(default_factory=lambda: Odd(Stream.opened(ASSUMED, 0.0)))
    fault_words: dict[str, int] = field(default_factory=dict)
    losses: Losses | None = None
    live: Seen | None = None

    @classmethod
    def opened(cls, correlation: float) -> "QualityMemory":
        """Begin; `correlation` says how much failures come together."""
        return cls(faults=Odd.opened(correlation))

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "QualityMemory":
        losses, live = stored.get("losses"), stored.get("live")
        return cls(
            Answers.load(stored["answers"]),
            Constant.load(stored["constant"]),
            Odd.load(stored["faults"]),
            dict(stored["fault_words"]),
            None if losses is None else Losses.load(losses),
            None if live is None else Seen.load(live),
        )

    def dump(self) -> dict[str, Any]:
        return {
            "answers": self.answers.dump(),
            "constant": self.constant.dump(),
            "faults": self.faults.dump(),
            "fault_words": self.fault_words,
            **({} if self.losses is None else {"losses": self.losses.dump()}),
            **({} if self.live is None else {"live": self.live.dump()}),
        }

    def fold(
        self,
        quality: Quality,
        seen: AnswerCounts,
        budget: Budget,
        *,
        inputs: int,
        rounds: float,
        passes: float,
    ) -> None:
        """Bet on one pass's answers, then learn from them.

        Args:
            quality: The frozen policy of predictions.
            seen: The pass.
            budget: The error probabilities.
            inputs: How many distinct inputs there are.
            rounds: How many passes it takes to send every input once.
            passes: How many passes the rollout may have.
        """
        self.answers.of = inputs
        self.answers.fold(quality.compared, seen, alpha=budget.answers, planned=rounds)
        compared = len(seen.inputs)
        self.constant.fold(seen.usual, compared, alpha=budget.constant, planned=rounds)
        self.faults.fold(
            NOT_MEANT,
            Counts(float(seen.pairs), float(seen.faulty)),
            Counts(float(seen.pairs), float(seen.stable_faulty)),
            alone=False,
            alpha=budget.faults,
            planned=passes,
        )
        for fault, times in seen.faults.items():
            if fault in self.fault_words or len(self.fault_words) < _MOST_FAULTS:
                self.fault_words[fault] = self.fault_words.get(fault, 0) + times
        if quality.probed is not None and seen.losses:
            self.losses = self.losses or Losses()
            self.losses.fold(
                quality.probed.metric, seen.losses, alpha=budget.losses, planned=rounds
            )

    def part(self, name: str) -> Any:
        """What the charge of that name remembers."""
        if name in (Check.BODIES.value, Check.OUTPUTS.value, Check.ODD.value):
            return self.live
        return getattr(self, name)
