"""The part of a plan that is about predictions, as `rollout plan` prints it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from rollout.core.gate.forecast.planner import Plan
from rollout.core.gate.forecast.predictions import A_CLEAR_SHIFT, Needed, PredictionsAhead

_NONE = "-"


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
