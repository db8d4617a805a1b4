"""What a pass may ask of both sides before any traffic, and where that stands.

As with probes a pass decides first without. Only where that leaves the rollout waiting for its
examination does it send a slice and decide once more, from the same row, with what was answered.
So progress is saved with the look: a crash in between repeats a slice, and counts no row twice.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from math import floor
from typing import Any, assert_never

from rollout.core.machine.decision import Decision
from rollout.core.machine.exam_folding import (
    begun,
    contract_of,
    golden_of,
    over_time,
    with_answers,
)
from rollout.core.machine.memory import uncertain
from rollout.core.machine.probing import something_else_is_due
from rollout.core.machine.sight import Sight, compare
from rollout.core.policy.probes_model import Probes
from rollout.core.predictions.contracts import LEAST_LEARNT
from rollout.core.predictions.golden_verdict import golden_document
from rollout.core.records.examination import Examination, ExamSeen, ExamStep, ExamVerdict
from rollout.core.records.failures import FailureKind
from rollout.core.records.observation import (
    ABLE_TO_SERVE,
    DeploymentSeen,
    EndpointSeen,
    Observation,
)
from rollout.core.records.rollout import Current, Rollout
from rollout.units import MINUTE

CONTRACT_INPUTS = 40
"""Inputs that a contract is learnt from, at most: each is asked of both sides."""

FIRST_SLICE = MINUTE / 6
"""The first pass sends what is due in this time; later ones what became due since the one before.
"""


@dataclass(frozen=True)
class ExamWanted:
    """Up to `rows` rows of a step from number `first` on, `at_once` of them under way."""

    step: ExamStep
    first: int
    rows: int
    at_once: int


@dataclass(frozen=True)
class Examined:
    """Where the examination stands after a look.

    `waits`: some of it is still to come. Otherwise `failed` names what kind of failure it showed,
    `unclear` says that a person must decide, and with neither the rollout goes on. `text` is a
    sentence's part, "" where there was nothing to examine.
    """

    rollout: Rollout
    text: str = ""
    waits: bool = False
    failed: FailureKind | None = None
    unclear: bool = False


def examined(rollout: Rollout, seen: Observation, now: datetime) -> Examined:
    """Fold what the pass sent, and say where the examination stands.

    Args:
        rollout: The rollout, whose sample requests were answered well.
        seen: What the look saw; `examined` is what its pass has sent already.
        now: The look's moment.
    """
    rollout = begun(rollout, now)
    found = seen.examined
    if found is not None and rollout.exam.step is not None and rollout.exam.verdict is None:
        rollout = with_answers(rollout, found, now)
    rollout = over_time(rollout, now)
    exam = rollout.exam
    match exam.verdict:
        case None if exam.step is not None:
            return Examined(rollout, _progress(exam), waits=True)
        case None:
            return Examined(rollout, told(exam))
        case ExamVerdict.FAILED:
            faulty = isinstance(found, ExamSeen) and bool(found.fault)
            kind = FailureKind.SAMPLE if faulty else FailureKind.ANSWERS
            return Examined(rollout, exam.text, failed=kind)
        case ExamVerdict.UNCLEAR:
            return Examined(rollout, exam.text, unclear=True)
        case ExamVerdict.PASSED | ExamVerdict.ACCEPTED:
            return Examined(rollout, told(exam))
        case never:
            assert_never(never)


def exam_wanted(
    before: Current, decision: Decision, seen: Observation, now: datetime
) -> ExamWanted | None:
    """Say which slice a pass may send, None where it may send none.

    Args:
        before: The row as it was loaded.
        decision: What was decided from it.
        seen: What that was decided from.
        now: The pass's moment.
    """
    rollout = decision.current.rollout
    if rollout is None or not rollout.validated or something_else_is_due(before, decision):
        return None
    exam = rollout.exam
    if exam.step is None or exam.verdict is not None or not _able(rollout, seen):
        return None
    # A 429 halves both, because clients come first.
    at_once = max(1, (rollout.policy.probes or Probes()).concurrency >> exam.stops)
    match exam.step:
        case ExamStep.LEARN:
            return ExamWanted(exam.step, exam.done, CONTRACT_INPUTS - exam.done, at_once)
        case ExamStep.CONTRACT:
            left = (exam.asked or CONTRACT_INPUTS) - exam.done
            return ExamWanted(exam.step, exam.done, left, at_once)
        case ExamStep.GOLDEN:
            return ExamWanted(exam.step, exam.done, _rows_due(rollout, now), at_once)
        case never:
            assert_never(never)


def sent_again(rollout: Rollout) -> Rollout:
    """Begin the golden set's time again; one that was sent whole is sent once more."""
    exam = rollout.exam
    again = replace(exam, began=None, sent_at=None, verdict=None, text="", stops=0)
    if exam.done >= exam.total:
        again = replace(again, done=0, scores={})
    return replace(rollout, exam=again)


def accepted(rollout: Rollout) -> Rollout:
    """Go on without the proof, as an operator ordered."""
    return replace(rollout, exam=replace(rollout.exam, verdict=ExamVerdict.ACCEPTED))


def told(exam: Examination) -> str:
    """What an examination that is over showed, "" where there was none."""
    parts = []
    if exam.verdict is ExamVerdict.ACCEPTED:
        parts.append(f"an operator went on without the golden set's proof: {exam.text}")
    elif exam.text:
        parts.append(exam.text)
    if exam.missed:
        parts.append(exam.missed)
    elif exam.checked:
        parts.append(f"the contract holds in {exam.checked} answers")
    if exam.asked and exam.learnt.answers < LEAST_LEARNT:
        known = f"learnt of {exam.learnt.answers} answers, and {LEAST_LEARNT} are needed"
        parts.append(f"no contract is {known}")
    return "; ".join(parts)


def exam_document(rollout: Rollout) -> dict[str, Any]:
    """What the history and the view have of it; empty where nothing was examined."""
    exam, golden = rollout.exam, golden_of(rollout.policy)
    if exam.began is None:
        return {}
    document: dict[str, Any] = {}
    if contract_of(rollout.policy) is not None:
        document["contract"] = {
            "learntFrom": exam.learnt.answers,
            "answers": exam.checked,
            "paths": sorted(exam.learnt.fields),
            "broken": list(exam.breaches),
            "missed": exam.missed or None,
        }
    if golden is not None:
        sending = exam.step is ExamStep.GOLDEN
        document["golden"] = {
            **golden_document(golden, exam.scores, paired=rollout.stable is not None),
            "rows": exam.total if sending else 0,
            "sent": exam.done if sending else 0,
            "verdict": exam.verdict.value if exam.verdict is not None else None,
            "text": exam.text or None,
        }
    return document


def _progress(exam: Examination) -> str:
    silent = f" ({exam.silent})" if exam.silent else ""
    match exam.step:
        case ExamStep.GOLDEN:
            of = f"{exam.done:,} of {exam.total:,} rows" if exam.total else "not begun"
            return f"the golden set is sent: {of}{silent}"
        case ExamStep.LEARN | ExamStep.CONTRACT | None:
            return f"both sides' answers are compared{silent}"
        case never:
            assert_never(never)


def _able(rollout: Rollout, seen: Observation) -> bool:
    """Whether every side that is asked can answer, and the endpoint is as it should be."""
    if uncertain(rollout) or not isinstance(seen.endpoint, EndpointSeen):
        return False
    names = [rollout.candidate, *([rollout.stable] if rollout.stable is not None else [])]
    sides = [seen.deployment(name) for name in names]
    able = all(isinstance(each, DeploymentSeen) and each.state in ABLE_TO_SERVE for each in sides)
    return able and compare(rollout, seen.endpoint) is Sight.AS_WANTED


def _rows_due(rollout: Rollout, now: datetime) -> int:
    """How many rows the rate allows: at most a minute's, and at least one."""
    golden, exam = golden_of(rollout.policy), rollout.exam
    if golden is None:
        return 0
    rate = max(1, golden.rate >> exam.stops)
    since = FIRST_SLICE if exam.sent_at is None else now - exam.sent_at
    return max(1, floor(rate * min(since / MINUTE, 1.0)))
