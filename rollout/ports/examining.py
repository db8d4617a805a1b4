"""The examination: what both sides answer before the candidate gets any traffic."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rollout.core.policy.quality_model import Quality
from rollout.core.records.examination import ExamStep
from rollout.core.records.learnt_contract import LearntContract
from rollout.ports.probing import ProbeInput


@dataclass(frozen=True)
class ExamRow:
    """One input, and what is the right answer to it; neither is ever printed.

    `label` None: it has none, as the inputs that a contract is learnt from.
    """

    what: ProbeInput
    label: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class ExamRows:
    """The rows asked for, and how many there are in all.

    `fault` says why the set cannot be used, with the file and the line; "" where it can.
    """

    total: int
    rows: tuple[ExamRow, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class ExamOrder:
    """What one pass asks: the rows, numbered from `first`, of the sides that have a name.

    `quality` says what answers must be and how they are scored; only those of the golden set are.
    `learnt` is what stable's earlier answers have in common. `timeout` is for one
    request, to the last byte of its answer; `within` is how long the pass may take, and no row
    begins that might not end by then.
    """

    step: ExamStep
    candidate: str | None
    stable: str | None
    first: int
    rows: ExamRows
    quality: Quality
    learnt: LearntContract
    concurrency: int
    timeout: timedelta
    within: timedelta
