"""The part of a plan that is about predictions, as `rollout plan` prints it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from rollout.adapters.bundle.golden_rows import count_golden
from rollout.core.gate.forecast.planner import Plan
from rollout.core.gate.forecast.predictions import A_CLEAR_SHIFT, Needed, PredictionsAhead
from rollout.core.policy.model import Policy
from rollout.core.predictions.scores import SHARES
from rollout.core.predictions.shares import exact_interval

A_GOOD_SHARE = 0.9
"""Of right rows, for which a plan says how well a golden set knows it."""

_NONE = "-"


@dataclass(frozen=True)
class GoldenPlanned:
    """A golden set: `rows` rows, sent in `minutes`; `known` is where a share of 90 % would lie.

    `known` is the exact 95 % interval; None where the metric is no share.
    """

    rows: int
    minutes: float
    known: tuple[float, float] | None

    @property
    def sentence(self) -> str:
        """What a plan says of it."""
        text = f"golden set: {self.rows:,} rows, sent in about {self.minutes:,.0f} min"
        if self.known is None:
            return text
        low, high = (f"{each:.1%}" for each in self.known)
        return f"{text}; a share of {A_GOOD_SHARE:.0%} of them right says {low} to {high}"

    def document(self) -> dict[str, Any]:
        """Return JSON values."""
        known = None if self.known is None else [round(each, 4) for each in self.known]
        return {"rows": self.rows, "minutes": round(self.minutes, 1), "knownTo": known}


def plan_golden(service: Path, policy: Policy) -> GoldenPlanned | None:
    """Say what a golden set can show; None where there is none, or none that can be read."""
    golden = policy.quality.golden if policy.quality is not None else None
    rows = 0 if golden is None else count_golden(service, golden)
    if golden is None or not rows:
        return None
    known = None
    if golden.labelled.metric in SHARES:
        known = exact_interval(round(A_GOOD_SHARE * rows), rows)
    return GoldenPlanned(rows, rows / golden.rate, known)


def predictions_table(found: Plan) -> Sequence[Sequence[str]]:
    """Return a head and a row for each stage; empty where no predictions are judged."""
    stages = [(each.shown, each.predictions or PredictionsAhead()) for each in found.stages]
    columns = [
        column for column in _COLUMNS if any(column.of(ahead) is not None for _, ahead in stages)
    ]
    if not columns:
        return ()
    head = ["stage", *(name for column in columns for name in column.heads)]
    rows = [
        [shown, *(cell for column in columns for cell in column.cells(ahead))]
        for shown, ahead in stages
    ]
    return [head, *rows]


@dataclass(frozen=True)
class _Column:
    """What is printed of one question: what there is and what it takes, and what it finds."""

    name: str
    heads: tuple[str, ...]
    distance: bool = False

    def of(self, ahead: PredictionsAhead) -> Needed | None:
        needed: Needed | None = getattr(ahead, self.name)
        return needed

    def cells(self, ahead: PredictionsAhead) -> Iterator[str]:
        needed = self.of(ahead)
        if needed is None:
            yield from [_NONE] * len(self.heads)
            return
        if len(self.heads) > 1:
            yield f"{needed.has:,.0f}"
            yield _count(needed.to_pass)
        yield _found(needed.finds, distance=self.distance)


_COLUMNS = (
    _Column("pairs", ("inputs", "to pass", "differ from")),
    _Column("labelled", ("labelled", "to pass", "worse by")),
    _Column("outputs", ("outputs", f"{A_CLEAR_SHIFT:g} takes", "apart from"), distance=True),
    _Column("bodies", ("bad from",)),
)


def _count(value: float | None) -> str:
    if value is None:
        return _NONE
    return f"{value:,.0f}" if isfinite(value) else "never"


def _found(value: float | None, *, distance: bool) -> str:
    if value is None:
        return "none"
    return f"{value:.2f}" if distance else f"{value:.1%}"
