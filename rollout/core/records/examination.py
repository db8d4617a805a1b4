"""The examination: what both sides answered before the candidate got any traffic.

Three steps, each sent in slices over as many passes as it takes: stable answers some inputs, from
which a contract is learnt; the candidate answers the same; both answer the golden set, row by row.
What was sent and not saved is sent again, so a row counts once or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from rollout.core.records.learnt_contract import LearntContract
from rollout.core.records.own_requests import OwnMinute


class ExamStep(StrEnum):
    """What is sent next: `LEARN` to stable, `CONTRACT` to the candidate, `GOLDEN` to both."""

    LEARN = "learn"
    CONTRACT = "contract"
    GOLDEN = "golden"


class ExamVerdict(StrEnum):
    """What the golden set shows once it is over.

    `UNCLEAR`: it cannot tell. `ACCEPTED`: an operator went on without the proof.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNCLEAR = "unclear"
    ACCEPTED = "accepted"


@dataclass(frozen=True)
class Marked:
    """One side's answer to one row, looked at where it arrived; nothing of it is kept.

    `answered`: with a success. `loss` is its loss against the row's label, None where it has none.
    `chance` takes its place with `auc`: the probability of class 1. `breaches` name the paths at
    which the contract is broken, and how. `predicted`: there is a prediction where the policy says
    that one is.
    """

    answered: bool = False
    loss: float | None = None
    chance: float | None = None
    breaches: tuple[str, ...] = ()
    predicted: bool = True


@dataclass(frozen=True)
class ExamPair:
    """One row's answers; a side that is None was not asked."""

    number: int
    label: Any
    candidate: Marked | None
    stable: Marked | None


@dataclass(frozen=True)
class ExamSeen:
    """What one pass asked of one step.

    `total` is how many rows the step has. `pairs` are those that every asked side answered, without
    a gap from the first one on: what came after a gap is sent again. `learnt` is what stable's
    answers have in common, those of earlier passes included. `stopped` says why the pass ended
    early ("429 from the candidate"), `silent` what kept the next row from being answered, "" where
    nothing did. `fault` says why the set cannot be used.
    """

    step: ExamStep
    total: int
    pairs: tuple[ExamPair, ...] = ()
    learnt: LearntContract = field(default_factory=LearntContract)
    own: tuple[OwnMinute, ...] = ()
    stopped: str = ""
    silent: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Examination:
    """How far a rollout's examination is; stored with it.

    Attributes:
        step: What is sent next; None: nothing yet, or nothing more.
        began: The phase's machine time when the step began; None: it did not.
        sent_at: The latest pass that sent any of it.
        done: The rows of the step that are behind.
        total: How many the step has, 0 while that is not known.
        tries: Passes in a row that got the step no further.
        stops: Passes that a 429 ended.
        learnt: What stable's answers have in common.
        asked: How many inputs stable was asked for that.
        excused: Breaches that stable's own answers have.
        checked: The candidate's answers that were compared with the contract.
        breaches: Where it breaks the contract, and how; a few of them.
        silent: What kept the latest pass from getting further, "" where nothing did.
        missed: Why the contract was left alone; "" where it was not.
        scores: The running sums of both sides (`predictions/golden_scores.py`).
        verdict: What the set shows; None while it is sent, or where there is none.
        text: Its sentence.
    """

    step: ExamStep | None = None
    began: timedelta | None = None
    sent_at: datetime | None = None
    done: int = 0
    total: int = 0
    tries: int = 0
    stops: int = 0
    learnt: LearntContract = field(default_factory=LearntContract)
    asked: int = 0
    excused: tuple[str, ...] = ()
    checked: int = 0
    breaches: tuple[str, ...] = ()
    silent: str = ""
    missed: str = ""
    scores: Mapping[str, Any] = field(default_factory=dict)
    verdict: ExamVerdict | None = None
    text: str = ""

    def __post_init__(self) -> None:
        counts = (self.done, self.total, self.tries, self.stops, self.asked, self.checked)
        if min(counts) < 0:
            raise ValueError("rows, tries and stops cannot be fewer than 0")
