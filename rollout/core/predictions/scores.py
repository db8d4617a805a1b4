"""A metric over a whole set of labelled rows, as running sums that fit into a row.

`auc` is kept as counts of positive and negative labels: for each predicted probability, which is
exact, or, where there are more than `AUC_VALUES` of them, in bins. These are equally wide in its
log-odds: scores crowd near 0 where a class is rare. Rows of one bin count as ties; `auc_error`
bounds what that can hide.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from rollout.core.policy.quality_model import Labelled, Metric
from rollout.core.predictions.scoring import (
    is_positive,
    loss_of,
    prediction_in,
    probability_of_one,
)
from rollout.core.predictions.shares import exact_interval

SHARES = frozenset({Metric.ACCURACY, Metric.EXACT})
"""Metrics that are a share of right rows."""

AUC_VALUES = AUC_BINS = 128
_MOST_LOG_ODDS = 8.0
NORMAL_95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Score:
    """One side's answers, scored.

    `rows` were scored, with `total` the sum of their losses and `squares` that of the losses'
    squares. `unusable` rows had an answer without a prediction, or no usable label. Of `auc`,
    `values` are the probabilities, ascending, each with the negatives and the positives that have
    it; once they are too many, `bins` are the negatives' counts and then the positives', `AUC_BINS`
    of each. Of other metrics both are empty.
    """

    rows: int = 0
    unusable: int = 0
    total: float = 0.0
    squares: float = 0.0
    bins: tuple[int, ...] = ()
    values: tuple[tuple[float, int, int], ...] = ()

    def with_answer(self, labelled: Labelled, document: Any, label: Any) -> "Score":
        """Add one answer: a body's document, `Missing` where it could not be read."""
        if labelled.metric is Metric.AUC:
            probability = probability_of_one(prediction_in(labelled, document))
            return self.with_probability(probability, is_positive(label))
        return self.with_loss(loss_of(labelled, document, label))

    def with_loss(self, loss: float | None) -> "Score":
        """Add an answer's loss; None: it has none."""
        if loss is None:
            return replace(self, unusable=self.unusable + 1)
        return replace(
            self,
            rows=self.rows + 1,
            total=self.total + loss,
            squares=self.squares + loss * loss,
        )

    def value(self, metric: Metric) -> float | None:
        """Return the metric; None without a row, and of `auc` without rows of both classes."""
        if metric is Metric.AUC:
            return self._auc()
        if not self.rows:
            return None
        mean = self.total / self.rows
        if metric in SHARES:
            return 1 - mean
        return math.sqrt(mean) if metric is Metric.RMSE else mean

    def interval(self, metric: Metric) -> tuple[float, float] | None:
        """Return where the metric of the population may be, with 95 %.

        Of a share it is exact (Clopper and Pearson). Of a mean it is that of the normal
        distribution, and of `auc` Hanley and McNeil's (1982): both are good from some 50 rows on.
        None where there is no value; of a single row a mean may be anything.
        """
        value = self.value(metric)
        if value is None:
            return None
        if metric in SHARES:
            return exact_interval(self.rows - round(self.total), self.rows)
        if metric is Metric.AUC:
            half = NORMAL_95 * self._auc_deviation(value) + self.auc_error
            return max(0.0, value - half), min(1.0, value + half)
        if self.rows == 1:
            return 0.0, math.inf
        mean = self.total / self.rows
        half = NORMAL_95 * deviation_of_mean(self.rows, self.total, self.squares)
        low, high = max(0.0, mean - half), mean + half
        if metric is Metric.RMSE:
            return math.sqrt(low), math.sqrt(high)
        return low, high

    def one_row(self, metric: Metric) -> float | None:
        """Return how much one row can move a share or `auc`; None of others, or without rows."""
        weighed = min(self.classes) if metric is Metric.AUC else self.rows
        return 1 / weighed if weighed and (metric in SHARES or metric is Metric.AUC) else None

    @property
    def classes(self) -> tuple[int, int]:
        """Of `auc`, the rows of class 0 and of class 1."""
        negatives, positives = self._classes()
        return sum(negatives), sum(positives)

    @property
    def auc_error(self) -> float:
        """How far the exact area may be from the value, because rows of one bin count as ties.

        0 while every probability is known.
        """
        negatives, positives = self._classes()
        pairs = sum(negatives) * sum(positives)
        same = sum(map(int.__mul__, negatives, positives)) if self.bins else 0
        return same / pairs / 2 if pairs else 0.0

    def with_probability(self, probability: float | None, positive: bool | None) -> "Score":  # noqa: FBT001 - a label
        """Add the probability that an answer gives to class 1, and whether its label is that."""
        if probability is None or positive is None:
            return replace(self, unusable=self.unusable + 1)
        added = (probability, int(not positive), int(positive))
        counted = replace(self, rows=self.rows + 1)
        if self.bins:
            return replace(counted, bins=_binned(self.bins, (added,)))
        known = {value: (negatives, positives) for value, negatives, positives in self.values}
        negatives, positives = known.get(probability, (0, 0))
        known[probability] = negatives + added[1], positives + added[2]
        values = tuple((value, *known[value]) for value in sorted(known))
        if len(values) <= AUC_VALUES:
            return replace(counted, values=values)
        return replace(counted, values=(), bins=_binned((0,) * (2 * AUC_BINS), values))

    def _classes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The counts of negatives and of positives, by ascending probability."""
        if self.bins:
            return self.bins[:AUC_BINS], self.bins[AUC_BINS:]
        return tuple(each[1] for each in self.values), tuple(each[2] for each in self.values)

    def _auc(self) -> float | None:
        negatives, positives = self._classes()
        pairs = sum(negatives) * sum(positives)
        if not pairs:
            return None
        won, below = 0.0, 0
        for negative, positive in zip(negatives, positives, strict=True):
            won += positive * (below + negative / 2)
            below += negative
        return won / pairs

    def _auc_deviation(self, value: float) -> float:
        negatives, positives = map(sum, self._classes())
        of_two_positives = value / (2 - value)
        of_two_negatives = 2 * value * value / (1 + value)
        variance = (
            value * (1 - value)
            + (positives - 1) * (of_two_positives - value * value)
            + (negatives - 1) * (of_two_negatives - value * value)
        ) / (positives * negatives)
        return math.sqrt(max(0.0, variance))


@dataclass(frozen=True)
class PairedScore:
    """Both sides' losses on the same rows, compared: the candidate's minus stable's.

    Of `rows`, the candidate had the smaller loss in `better` and the larger one in `worse`.
    """

    rows: int = 0
    better: int = 0
    worse: int = 0
    total: float = 0.0
    squares: float = 0.0

    def with_losses(self, candidate: float | None, stable: float | None) -> "PairedScore":
        """Add a row; one that a side has no loss of is left out."""
        if candidate is None or stable is None:
            return self
        by = candidate - stable
        return PairedScore(
            self.rows + 1,
            self.better + (by < 0),
            self.worse + (by > 0),
            self.total + by,
            self.squares + by * by,
        )

    def worse_by(self) -> float | None:
        """Return how much larger the candidate's mean loss is; of a share, its points lost."""
        return self.total / self.rows if self.rows else None

    def interval(self, metric: Metric) -> tuple[float, float] | None:
        """Return where that difference may be in the population, with 95 %; None without rows.

        Of a share it is exact, given how many rows only one side has right (McNemar): which side
        that is, is Clopper and Pearson's share. Of a mean it is that of the normal distribution;
        of `rmse` it is the difference of the squares' means.
        """
        if not self.rows:
            return None
        if metric in SHARES:
            one_sided = self.better + self.worse
            low, high = exact_interval(self.worse, one_sided) if one_sided else (0.5, 0.5)
            part = one_sided / self.rows
            return part * (2 * low - 1), part * (2 * high - 1)
        if self.rows == 1:
            return -math.inf, math.inf
        mean = self.total / self.rows
        half = NORMAL_95 * deviation_of_mean(self.rows, self.total, self.squares)
        return mean - half, mean + half


def deviation_of_mean(rows: int, total: float, squares: float) -> float:
    """Return the standard deviation of a mean of at least two values, from their sums."""
    spread = max(0.0, squares - total * total / rows)
    return math.sqrt(spread / (rows - 1) / rows)


def _binned(bins: tuple[int, ...], values: Iterable[tuple[float, int, int]]) -> tuple[int, ...]:
    found = list(bins)
    for value, negatives, positives in values:
        found[_bin_of(value)] += negatives
        found[_bin_of(value) + AUC_BINS] += positives
    return tuple(found)


def _bin_of(probability: float) -> int:
    """Return the bin of a probability, from 0 to `AUC_BINS` - 1."""
    if probability <= 0 or probability >= 1:
        return 0 if probability <= 0 else AUC_BINS - 1
    odds = math.log(probability) - math.log1p(-probability)
    place = (odds + _MOST_LOG_ODDS) / (2 * _MOST_LOG_ODDS) * AUC_BINS
    return min(AUC_BINS - 1, max(0, int(place)))
