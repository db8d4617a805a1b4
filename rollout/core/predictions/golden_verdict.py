"""What a golden set shows: passed, failed, or unclear, with the sentence that says why.

A set that was sent whole needs no inference for itself: its share is what it is. But where one row
outweighs the margin, the row decides and not the release, so such a set is unclear unless the
verdict stands with one row more or less on either side. The intervals say what the set leaves
possible of the inputs it was drawn from; they decide nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from rollout.core.policy.quality_model import Golden, Metric
from rollout.core.predictions.golden_scores import GoldenScores
from rollout.core.predictions.scores import SHARES
from rollout.core.records.examination import ExamVerdict

LEAST_OF_A_MEAN = 50
"""Rows below which a mean of losses says nothing: too few for one row's weight to be known."""

LOST_SHARE = 0.01
"""Rows without a prediction of the candidate's, where stable has one: more than these fail."""

_ROUNDING = 1e-9
_DIGITS = 6


@dataclass(frozen=True)
class _Found:
    """What one limit says: `broken` or `unclear` are sentences' parts, "" where it is kept."""

    broken: str = ""
    unclear: str = ""


def result(golden: Golden, stored: Mapping[str, Any], *, paired: bool) -> tuple[ExamVerdict, str]:
    """Judge a set that was sent whole.

    Args:
        golden: The policy's part.
        stored: The running sums.
        paired: There is a stable to compare with.

    Returns:
        The verdict and its sentence.
    """
    scores = GoldenScores.load(stored)
    found = [*_absolute(golden, scores), _lost(scores, paired=paired)]
    if paired and golden.worse_by is not None:
        found.append(_against_stable(golden, golden.worse_by, scores))
    told = _told(golden, scores, paired=paired)
    if broken := [each.broken for each in found if each.broken]:
        return ExamVerdict.FAILED, f"{told}: {'; '.join(broken)}"
    if unclear := [each.unclear for each in found if each.unclear]:
        return ExamVerdict.UNCLEAR, f"{told}: {'; '.join(unclear)}"
    return ExamVerdict.PASSED, f"{told}: within the limits"


def out_of_time(golden: Golden, stored: Mapping[str, Any], total: int, silent: str) -> str:
    """Say that a set was not sent whole within its time, and what its rows show so far."""
    scores = GoldenScores.load(stored)
    done = scores.candidate.rows + scores.candidate.unusable
    sent = f"{done:,} of {total:,} rows" if total else "none of its rows"
    why = f" ({silent})" if silent else ""
    text = f"{sent} of the golden set were answered within {golden.time}{why}"
    return f"{text}; {_told(golden, scores, paired=bool(scores.stable.rows))}" if done else text


def rows_needed(golden: Golden) -> int:
    """Return how many rows a set must have for its verdict not to hang on a single one; at least 1.

    Of `auc` this is the number of rows of each class, and of means a rule of thumb: how much a row
    weighs depends on the answers.
    """
    metric, margin = golden.labelled.metric, golden.worse_by
    if margin is None or not margin:
        return 1
    if metric in SHARES or metric is Metric.AUC:
        return ceil(1 / margin - _ROUNDING)
    return LEAST_OF_A_MEAN


def golden_document(golden: Golden, stored: Mapping[str, Any], *, paired: bool) -> dict[str, Any]:
    """Return both scores, their difference and the limits as JSON; null: unknown, or no limit."""
    metric, scores = golden.labelled.metric, GoldenScores.load(stored)
    apart = scores.paired.interval(metric) if metric is not Metric.RMSE else None
    return {
        "file": golden.file,
        "metric": metric.value,
        "candidate": _side(scores, metric, candidate=True),
        "stable": _side(scores, metric, candidate=False) if paired else None,
        "worseBy": _rounded(scores.worse_by(metric)) if paired else None,
        "worseByInterval": _interval(apart) if paired else None,
        "oneRow": _rounded(scores.one_row(metric)) if paired else None,
        "lost": scores.lost,
        "limits": {"least": golden.least, "most": golden.most, "worseBy": golden.worse_by},
    }


def _absolute(golden: Golden, scores: GoldenScores) -> Iterator[_Found]:
    metric = golden.labelled.metric
    value = scores.candidate.value(metric)
    for limit, what in ((golden.least, "least"), (golden.most, "most")):
        if limit is None:
            continue
        if value is None:
            yield _Found(unclear=f"{metric} cannot be computed of these rows")
        elif value < limit - _ROUNDING if what == "least" else value > limit + _ROUNDING:
            yield _Found(f"the {what} allowed is {_shown(metric, limit)}")


def _lost(scores: GoldenScores, *, paired: bool) -> _Found:
    """Of shares and log loss a missing prediction is a wrong one, and costs what that costs."""
    rows = scores.candidate.rows + scores.candidate.unusable
    if not scores.lost:
        return _Found()
    text = f"the candidate has no prediction for {scores.lost:,} rows"
    text = f"{text} where stable has one" if paired else text
    return _Found(text) if scores.lost > LOST_SHARE * rows else _Found(unclear=text)


def _against_stable(golden: Golden, margin: float, scores: GoldenScores) -> _Found:
    metric = golden.labelled.metric
    worse, row = scores.worse_by(metric), scores.one_row(metric)
    if worse is None or row is None:
        return _Found(unclear=f"{metric} of both sides cannot be compared")
    allowed = margin + _ROUNDING
    is_mean = metric not in SHARES and metric is not Metric.AUC
    few = is_mean and scores.paired.rows < LEAST_OF_A_MEAN
    small = bool(margin) and (row > allowed or few)
    told = f"{_apart(metric, worse)} than stable, {_amount(metric, margin)} allowed"
    if worse > allowed and (not small or worse - row > allowed):
        return _Found(told)
    if small and (few or worse + row > allowed):
        needed = rows_needed(golden)
        least = f"{needed:,} rows{' of each class' if metric is Metric.AUC else ''}"
        weight = f"one row moves it by {_amount(metric, row)}"
        return _Found(unclear=f"{told}, and {weight}: too small a set to tell, write {least}")
    return _Found()


def _told(golden: Golden, scores: GoldenScores, *, paired: bool) -> str:
    metric = golden.labelled.metric
    rows = scores.candidate.rows + scores.candidate.unusable
    text = f"golden set, {rows:,} rows: {metric} {_with_interval(metric, scores, candidate=True)}"
    if paired:
        text = f"{text}, stable {_with_interval(metric, scores, candidate=False)}"
    return text


def _with_interval(metric: Metric, scores: GoldenScores, *, candidate: bool) -> str:
    score = scores.candidate if candidate else scores.stable
    value, interval = score.value(metric), score.interval(metric)
    if value is None or interval is None:
        return "unknown"
    kind = "exact interval" if metric in SHARES else "interval"
    low, high = (_shown(metric, each) for each in interval)
    return f"{_shown(metric, value)} ({kind} {low} to {high})"


def _shown(metric: Metric, value: float) -> str:
    return f"{100 * value:.1f} %" if metric in SHARES else f"{value:.4g}"


def _amount(metric: Metric, value: float) -> str:
    if metric not in SHARES:
        return f"{value:.3g}"
    points = f"{100 * value:.2g}"
    return f"{points} point" if points == "1" else f"{points} points"


def _apart(metric: Metric, worse: float) -> str:
    if abs(worse) <= _ROUNDING:
        return "no worse"
    return f"{_amount(metric, abs(worse))} {'worse' if worse > 0 else 'better'}"


def _side(scores: GoldenScores, metric: Metric, *, candidate: bool) -> dict[str, Any]:
    score = scores.candidate if candidate else scores.stable
    return {
        "rows": score.rows,
        "unusable": score.unusable,
        "value": _rounded(score.value(metric)),
        "interval": _interval(score.interval(metric)),
    }


def _interval(found: tuple[float, float] | None) -> list[float | None] | None:
    return None if found is None else [_rounded(each) for each in found]


def _rounded(value: float | None) -> float | None:
    """As JSON has it: an unbounded end is null."""
    if value is None or value in (float("inf"), float("-inf")):
        return None
    return round(value, _DIGITS)
