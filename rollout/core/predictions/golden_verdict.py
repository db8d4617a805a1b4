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

from rollout.core.policy.quality_model import Golden, Labelled, Metric
from rollout.core.predictions.golden_scores import GoldenScores
from rollout.core.predictions.scores import SHARES
from rollout.core.records.examination import ExamVerdict

LEAST_OF_A_MEAN = 50
"""Rows below which a mean of losses says nothing: too few for one row's weight to be known."""

LOST_SHARE = 0.01
"""Rows without a prediction of the candidate's, where stable has one: more than these fail."""

COARSE_AUC = 0.05
"""Of `auc`, the most that it may be off by for its value to be held against a limit. Of normal
scores it is off by a tenth of this bound: by half of the default `worse_by`."""

_COARSE = (
    "the predicted probabilities are so close together that auc is only known roughly: "
    "spread them, or name another metric"
)
_ROUNDING = 1e-9
_DIGITS = 6
_ANSWER, _LABEL = "golden.labelled.answer", "golden.labelled.label"


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
    found = [_lost(scores, paired=paired), _usable(scores, golden.labelled.metric, paired=paired)]
    if max(scores.candidate.auc_error, scores.stable.auc_error) > COARSE_AUC:
        found.append(_Found(unclear=_COARSE))
    else:
        found += _absolute(golden, scores)
        if paired and golden.worse_by is not None:
            found.append(_against_stable(golden, golden.worse_by, scores))
    told = _told(golden, scores, paired=paired)
    if broken := [each.broken for each in found if each.broken]:
        return ExamVerdict.FAILED, f"{told}: {'; '.join(broken)}"
    if unclear := [each.unclear for each in found if each.unclear]:
        return ExamVerdict.UNCLEAR, f"{told}: {'; '.join(unclear)}"
    return ExamVerdict.PASSED, f"{told}: within the limits"


def rejudged(document: Mapping[str, Any]) -> tuple[ExamVerdict, str]:
    """Judge a set once more from what the history keeps of one that was sent whole.

    Args:
        document: A `golden_document` with its `sums`.
    """
    limits = document["limits"]
    golden = Golden(
        document["file"],
        Labelled(Metric(document["metric"])),
        least=limits["least"],
        most=limits["most"],
        worse_by=limits["worseBy"],
    )
    return result(golden, document["sums"], paired=document["stable"] is not None)


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
    of_least = 1 if golden.least is None else _rows_in(1 - golden.least)
    return max(of_least, _against_needed(golden))


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
        told = f"the {what} allowed is {_shown(metric, limit)}"
        if value is None:
            yield _Found(unclear=f"{metric} cannot be computed of these rows")
        elif value < limit - _ROUNDING if what == "least" else value > limit + _ROUNDING:
            yield _Found(told)
        elif what == "least" and (row := scores.candidate.one_row(metric)) is not None:
            # As against stable: where one row outweighs what may be wrong, it decides alone.
            margin = 1 - limit
            if _ROUNDING < margin < row - _ROUNDING and value - row < limit:
                yield _Found(unclear=f"{told}, and {_too_small(metric, row, _rows_in(margin))}")


def _usable(scores: GoldenScores, metric: Metric, *, paired: bool) -> _Found:
    """A set that the service cannot answer, or whose labels no answer has, shows nothing."""
    rows = scores.candidate.rows + scores.candidate.unusable
    if scores.blank > LOST_SHARE * rows:
        who = "either side" if paired else "the candidate"
        text = f"{scores.blank:,} rows got no prediction from {who}"
        return _Found(unclear=f"{text}: are they inputs of this service, and is {_ANSWER} right?")
    sides = (scores.candidate, scores.stable) if paired else (scores.candidate,)
    if metric in SHARES and rows and not any(side.value(metric) for side in sides):
        who = "neither side" if paired else "the candidate"
        has = "has" if paired else "does not have"
        text = f"{who} {has} a single row right"
        return _Found(unclear=f"{text}: do {_ANSWER} and {_LABEL} name what is to be compared?")
    return _Found()


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
        return _Found(unclear=f"{told}, and {_too_small(metric, row, _against_needed(golden))}")
    return _Found()


def _too_small(metric: Metric, row: float, needed: int) -> str:
    least = f"{needed:,} rows{' of each class' if metric is Metric.AUC else ''}"
    return f"one row moves it by {_amount(metric, row)}: too small a set to tell, write {least}"


def _rows_in(margin: float) -> int:
    """The rows of which one does not outweigh a margin, at least 1; 0: none is allowed."""
    return ceil(1 / margin - _ROUNDING) if margin > _ROUNDING else 1


def _against_needed(golden: Golden) -> int:
    metric, margin = golden.labelled.metric, golden.worse_by
    if margin is None or not margin:
        return 1
    return _rows_in(margin) if metric in SHARES or metric is Metric.AUC else LEAST_OF_A_MEAN


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
    points = f"{100 * value:.3g}"
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
