"""The examination: what both sides answer before the candidate gets any traffic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rollout.core.policy.quality_model import Contract, FieldRule, Golden
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

    `golden` None: no answer is scored. `contract` None: none is compared with one; `rules` are what
    was learnt of it. `learn`: it is to be learnt from stable's answers. `timeout` is for one
    request, to the last byte of its answer; `within` is how long the pass may take, and no row
    begins that might not end by then.
    """

    candidate: str | None
    stable: str | None
    first: int
    rows: ExamRows
    golden: Golden | None
    contract: Contract | None
    rules: Mapping[str, FieldRule]
    learn: bool
    concurrency: int
    timeout: timedelta
    within: timedelta
