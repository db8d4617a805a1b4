"""The running sums of a golden set: both sides' scores, and how they differ row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import sqrt
from typing import Any

from rollout.core.policy.quality_model import Metric
from rollout.core.predictions.scores import SHARES, PairedScore, Score
from rollout.core.predictions.scoring import is_positive
from rollout.core.records.examination import ExamPair, Marked


@dataclass(frozen=True)
class GoldenScores:
    """What a set's rows came to so far.

    `largest` is the largest distance between both sides' losses of one row. `lost` are rows that
    the candidate has no usable prediction for, and stable has, where it was asked. For `blank` rows
    no side has any prediction.
    """

    candidate: Score = field(default_factory=Score)
    stable: Score = field(default_factory=Score)
    paired: PairedScore = field(default_factory=PairedScore)
    largest: float = 0.0
    lost: int = 0
    blank: int = 0

    def with_pair(self, metric: Metric, pair: ExamPair) -> "GoldenScores":
        """Add a row's answers; without stable's only the candidate is scored."""
        mine, theirs = pair.candidate, pair.stable
        if mine is None:
            return self
        scores = replace(self, candidate=_scored(self.candidate, metric, mine, pair.label))
        if theirs is None:
            return replace(
                scores,
                lost=self.lost + _has_none(metric, mine),
                blank=self.blank + _is_blank(mine),
            )
        known = None not in (mine.loss, theirs.loss)
        apart = abs((mine.loss or 0.0) - (theirs.loss or 0.0)) if known else 0.0
        return replace(
            scores,
            stable=_scored(self.stable, metric, theirs, pair.label),
            paired=self.paired.with_losses(mine.loss, theirs.loss),
            largest=max(self.largest, apart),
            lost=self.lost + (_has_none(metric, mine) and not _has_none(metric, theirs)),
            blank=self.blank + (_is_blank(mine) and _is_blank(theirs)),
        )

    def worse_by(self, metric: Metric) -> float | None:
        """How much worse than stable the candidate is, in the metric's unit; None: unknown."""
        if metric in (Metric.AUC, Metric.RMSE):
            mine, theirs = self.candidate.value(metric), self.stable.value(metric)
            if mine is None or theirs is None:
                return None
            return theirs - mine if metric is Metric.AUC else mine - theirs
        return self.paired.worse_by()

    def one_row(self, metric: Metric) -> float | None:
        """How much one row can move that difference; None where it is unknown.

        Of a share each row has the same weight, and of `auc` one of the rarer class has the most.
        Of a mean it is the row on which both sides are furthest apart.
        """
        rows = self.paired.rows
        if metric is Metric.AUC:
            return self.candidate.one_row(metric)
        if not rows:
            return None
        if metric in SHARES:
            return 1 / rows
        if metric is not Metric.RMSE:
            return self.largest / rows
        # sqrt(a) - sqrt(b) = (a - b) / (sqrt(a) + sqrt(b)), with losses that are squares.
        both = sqrt(self.candidate.total / rows) + sqrt(self.stable.total / rows)
        return self.largest / rows / both if both else 0.0

    def dump(self) -> dict[str, Any]:
        """As JSON gives it back: what is announced must equal what is read later."""
        document = asdict(self)
        for side in ("candidate", "stable"):
            document[side]["bins"] = list(document[side]["bins"])
            document[side]["values"] = [list(each) for each in document[side]["values"]]
        return document

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "GoldenScores":
        if not stored:
            return cls()
        return cls(
            _loaded(stored["candidate"]),
            _loaded(stored["stable"]),
            PairedScore(**stored["paired"]),
            stored["largest"],
            stored["lost"],
            stored.get("blank", 0),
        )


def folded(metric: Metric, stored: Mapping[str, Any], pairs: Sequence[ExamPair]) -> dict[str, Any]:
    """Return the stored sums with these rows in them."""
    scores = GoldenScores.load(stored)
    for pair in pairs:
        scores = scores.with_pair(metric, pair)
    return scores.dump()


def _scored(score: Score, metric: Metric, answer: Marked, label: Any) -> Score:
    if metric is Metric.AUC:
        return score.with_probability(answer.chance, is_positive(label))
    return score.with_loss(answer.loss)


def _has_none(metric: Metric, answer: Marked) -> bool:
    return (answer.chance if metric is Metric.AUC else answer.loss) is None


def _is_blank(answer: Marked) -> bool:
    return not (answer.answered and answer.predicted)


def _loaded(stored: Mapping[str, Any]) -> Score:
    values = tuple((value, *counts) for value, *counts in stored.get("values", ()))
    return Score(**{**stored, "bins": tuple(stored["bins"]), "values": values})
