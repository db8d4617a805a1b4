"""What was answered to live requests, batch by batch, from what data collectors wrote.

Three kinds of bets. `bodies`: answers that do not meet what every answer must, compared with
stable's as failures are (`streams`). `odd`: outputs that are null, NaN, missing, of another type or
out of range, output by output, likewise. `outputs`: the distribution of each output (`variation`).
A mean of e-processes is an e-process: that is how outputs share one alpha.

In the soak stable answers nothing. Bodies and odd outputs are then compared with the upper bound of
what stable's share was in this rollout (wrong with `HISTORY_MISSES` at most), where enough is known
of it. Distributions rest: nothing says what they would be now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts, Line, rate_bounds
from rollout.core.gate.algebra.dispersion import spread
from rollout.core.gate.algebra.mixture import MIN_WEALTH, Mixture
from rollout.core.gate.algebra.streams import Stream
from rollout.core.gate.algebra.variation import Variation
from rollout.core.gate.checks.stage import HISTORY_MISSES
from rollout.core.policy.gate_model import Budget
from rollout.core.policy.quality_model import Live
from rollout.core.records.predictions import Batch, Bins, SideBatch

NOT_MEANT = Line(1.2, 0.001)
"""What is tolerated of answers that no release is meant to give, against stable's share."""

ODD = Line(1.2, 0.01)
"""What is tolerated of outputs that are null or out of range: inputs differ in that."""

ASSUMED = Counts(100.0, 0.0)
"""What is taken for known of stable at first; bets are fair whatever is assumed."""

ENOUGH = 300.0
"""Answers of stable, the assumed ones among them, before its share stands in for it in the soak."""


@dataclass
class Odd:
    """One kind of bad answers.

    `candidate` are its answers and bad ones, `batches` those of stable. What stable's were, the
    stream knows.
    """

    stream: Stream
    candidate: list[float] = field(default_factory=lambda: [0.0, 0.0])
    batches: int = 0

    @classmethod
    def opened(cls, correlation: float) -> "Odd":
        return cls(Stream.opened(ASSUMED, correlation))

    @classmethod
    def load(cls, stored: Sequence[Any]) -> "Odd":
        process, bad, requests, correlation, candidate, batches = stored
        stream = Stream(Mixture.load(process), bad, requests, correlation)
        return cls(stream, list(candidate), batches)

    def dump(self) -> list[Any]:
        known = self.stream
        stream = [known.process.dump(), known.bad, known.requests, known.correlation]
        return [*stream, self.candidate, self.batches]

    def fold(
        self,
        line: Line,
        candidate: Counts,
        stable: Counts,
        *,
        alone: bool,
        alpha: float,
        planned: float,
    ) -> None:
        """Bet on one batch, then learn from it. `alone`: stable has no traffic any more."""
        self.candidate = [
            self.candidate[0] + candidate.requests,
            self.candidate[1] + candidate.bad,
        ]
        if not alone:
            self.batches += stable.requests > 0
            self.stream.bet(line, candidate, stable, alpha=alpha, planned=planned)
            self.stream.learn(stable)
        elif self.stream.requests >= ENOUGH:
            limit = line.at(self._most_of_stable)
            self.stream.bet_alone(limit, candidate, alpha=alpha, planned=planned)

    @property
    def _most_of_stable(self) -> float:
        """The upper bound of stable's share of bad answers in this rollout."""
        _, _, answers, bad = self.tally
        once = spread(answers / self.batches, self.stream.correlation)
        return rate_bounds(Counts(answers, bad).divided(once), HISTORY_MISSES)[1]

    @property
    def tally(self) -> list[float]:
        """The candidate's answers and bad ones, then stable's."""
        stable = self.stream.requests - ASSUMED.requests, self.stream.bad - ASSUMED.bad
        return [*self.candidate, *stable]

    @property
    def wealth(self) -> float:
        return self.stream.process.wealth


@dataclass
class Seen:
    """What is remembered of live answers; `bins` are fixed with the first that came."""

    bodies: Odd
    bins: list[Bins] = field(default_factory=list)
    odd: dict[str, Odd] = field(default_factory=dict)
    outputs: dict[str, Variation] = field(default_factory=dict)

    @classmethod
    def opened(cls, correlation: float) -> "Seen":
        return cls(Odd.opened(correlation))

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Seen":
        return cls(
            Odd.load(stored["bodies"]),
            [
                Bins(path, tuple(each[1]), tuple(each[2]))
                for path, each in stored["outputs"].items()
                if each[1:]
            ],
            {path: Odd.load(each[0]) for path, each in stored["outputs"].items() if each[0]},
            {path: Variation.load(each[3]) for path, each in stored["outputs"].items() if each[1:]},
        )

    def dump(self) -> dict[str, Any]:
        # A path stands here once: it may be long, and the state has little room.
        outputs: dict[str, list[Any]] = {
            each.path: [[], list(each.edges), list(each.classes), self.outputs[each.path].dump()]
            for each in self.bins
        }
        for path, odd in self.odd.items():
            outputs.setdefault(path, [[]])[0] = odd.dump()
        return {"bodies": self.bodies.dump(), "outputs": outputs}

    def learn_bins(self, live: Live, found: Sequence[Bins]) -> None:
        """Take the bins of outputs that have none yet; they stay as they are."""
        asked = {each.path for each in live.outputs}
        for bins in found:
            if bins.path in asked and bins.path not in self.outputs:
                self.bins.append(bins)
                self.outputs[bins.path] = Variation.fresh(bins.size)

    def fold(
        self, live: Live, batch: Batch, budget: Budget, *, floor: float, alone: bool, planned: float
    ) -> None:
        """Bet on one batch, then learn from it.

        Args:
            live: The frozen policy of live answers.
            batch: Both sides' counts of a minute.
            budget: The error probabilities.
            floor: The least correlation of outputs to assume.
            alone: Stable has no traffic any more.
            planned: Over how many batches the reserve is spread.
        """
        mine, theirs = batch.candidate, batch.stable
        self.bodies.fold(
            NOT_MEANT,
            Counts(float(mine.answers), float(mine.failed)),
            Counts(float(theirs.answers), float(theirs.failed)),
            alone=alone,
            alpha=budget.bodies,
            planned=planned,
        )
        for output in live.outputs:
            odd = self.odd.setdefault(output.path, Odd.opened(self.bodies.stream.correlation))
            odd.fold(
                ODD,
                _odd(mine, output.path),
                _odd(theirs, output.path),
                alone=alone,
                alpha=budget.odd,
                planned=planned,
            )
            variation = self.outputs.get(output.path)
            if variation is not None and not alone:
                nothing = (0,) * len(variation.stable)
                variation.fold(
                    mine.counts.get(output.path, nothing),
                    theirs.counts.get(output.path, nothing),
                    tolerance=output.tolerance,
                    floor=floor,
                    alpha=budget.outputs,
                    planned=planned,
                )

    @property
    def ln_odd(self) -> float:
        return _ln_mean([each.wealth for each in self.odd.values()])

    @property
    def ln_outputs(self) -> float:
        return _ln_mean([each.process.wealth for each in self.outputs.values()])


def _odd(side: SideBatch, path: str) -> Counts:
    return Counts(float(side.answers), float(side.odd.get(path, 0)))


def _ln_mean(wealths: Sequence[float]) -> float:
    return log(max(sum(wealths) / len(wealths), MIN_WEALTH)) if wealths else 0.0
