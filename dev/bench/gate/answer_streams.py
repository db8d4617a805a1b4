"""Both sides' answers to the same inputs, pass by pass, from a truth that is known."""

from dataclasses import dataclass
from random import Random

from rollout.core.gate import asks_twice
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.probes import ProbeAnswer, ProbePair

OK, TOOK_MS = 200, 20.0
USUAL, OTHER = "usual", "other"
KINDS = 3
FAULT = "null at 'score'"


@dataclass(frozen=True)
class AnswersTruth:
    """Shares of inputs, drawn anew for each.

    `differs`: the candidate answers otherwise than stable; `again`: stable answers otherwise than
    itself; `faulty`: the candidate's answer has what no release is meant to have. With `labelled`
    the candidate alone is wrong of `worse` and stable alone of `better`, and those differ. With
    `mix` a pass has its own share of different answers, from a beta distribution with that sum of
    parameters: inputs that follow each other are alike.
    """

    differs: float = 0.0
    again: float = 0.0
    faulty: float = 0.0
    labelled: bool = False
    worse: float = 0.0
    better: float = 0.0
    mix: float | None = None


class Answering:
    """Draws pairs; a new one for every run. Every input is a new one."""

    def __init__(self, truth: AnswersTruth, rng: Random) -> None:
        self._truth = truth
        self._rng = rng
        self._sent = 0

    def pairs(self, count: int) -> tuple[ProbePair, ...]:
        """The next pass."""
        differs = self._truth.differs
        if self._truth.mix is not None:
            a, b = differs * self._truth.mix, (1 - differs) * self._truth.mix
            differs = self._rng.betavariate(a, b)
        return tuple(self._pair(differs) for _ in range(count))

    def _pair(self, differs: float) -> ProbePair:
        rng, truth = self._rng, self._truth
        number, self._sent = self._sent, self._sent + 1
        drawn = rng.random()
        losses: tuple[float | None, float | None] = (None, None)
        if truth.labelled:
            candidate_alone = drawn < truth.worse
            stable_alone = not candidate_alone and drawn < truth.worse + truth.better
            losses = (float(candidate_alone), float(stable_alone))
            different = candidate_alone or stable_alone
        else:
            different = drawn < differs
        fault = FAULT if rng.random() < truth.faulty else ""
        again = rng.random() < truth.again if asks_twice(number) else None
        # Usual answers are not all alike: a service that always says the same is another matter.
        kind = number % KINDS
        answers = AnswerPair(
            number,
            Answer(fault, f"{OTHER if different else USUAL} {kind}", losses[0]),
            Answer("", f"{USUAL} {kind}", losses[1]),
            differs=different,
            change="label 0 -> 1" if different else "",
            again=again,
        )
        answered = ProbeAnswer(OK, TOOK_MS)
        return ProbePair(number, answered, answered, answers)
