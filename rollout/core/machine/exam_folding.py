"""What a pass's answers add to an examination, and which step follows.

A contract that cannot be asked about fails no release: after some tries, or once validation's
deadline is over, it is left alone, and the evidence says so. A golden set that was not sent whole
never passes.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rollout.core.machine.halts import machine_time
from rollout.core.machine.live_minutes import remembered
from rollout.core.policy.model import Policy
from rollout.core.policy.quality_model import Contract, Golden
from rollout.core.predictions.golden_scores import folded
from rollout.core.predictions.golden_verdict import out_of_time, result
from rollout.core.records.examination import (
    Examination,
    ExamPair,
    ExamSeen,
    ExamStep,
    ExamVerdict,
)
from rollout.core.records.observation import Unreachable
from rollout.core.records.rollout import Rollout
from rollout.units import NO_TIME

EXAM_TRIES = 5
"""Passes in a row without an answer after which a contract is left alone."""

MAX_BREACHES = 10
"""Places that are named where a contract is broken."""

MAX_EXCUSED = 60
"""Breaches of either side that are remembered."""

MAX_UNFOLDED = 60
"""Minutes with own requests that are remembered."""


def golden_of(policy: Policy) -> Golden | None:
    return policy.quality.golden if policy.quality is not None else None


def contract_of(policy: Policy) -> Contract | None:
    """The contract, where it asks for anything."""
    contract = policy.quality.contract if policy.quality is not None else None
    return contract if contract is not None and (contract.learn or contract.fields) else None


def begun(rollout: Rollout, now: datetime) -> Rollout:
    """Begin with the first step, if the policy has any and it did not begin yet."""
    exam, policy = rollout.exam, rollout.policy
    if exam.began is not None or exam.verdict is not None:
        return rollout
    if exam.step is not None:
        return _in_step(rollout, exam.step, now)
    contract = contract_of(policy)
    # Without stable nothing can be learnt, and only what the policy writes is asked for.
    if contract is not None and contract.learn and rollout.stable is not None:
        return _in_step(rollout, ExamStep.LEARN, now)
    if contract is not None and contract.fields:
        return _in_step(rollout, ExamStep.CONTRACT, now)
    return rollout if golden_of(policy) is None else _in_step(rollout, ExamStep.GOLDEN, now)


def with_answers(rollout: Rollout, found: ExamSeen | Unreachable, now: datetime) -> Rollout:
    """Count what was answered; what could not be sent, or said nothing, is a try."""
    exam = replace(rollout.exam, tries=rollout.exam.tries + 1, sent_at=now)
    if isinstance(found, Unreachable):
        return replace(rollout, exam=replace(exam, silent=found.text))
    silent = found.stopped or found.silent
    exam = replace(exam, total=found.total, stops=exam.stops + bool(found.stopped), silent=silent)
    own = remembered(rollout.own, found.own)
    # No minute of this phase is folded: they are kept in case that a later one is short of them.
    rollout = replace(rollout, exam=exam, own=replace(own, minutes=own.minutes[-MAX_UNFOLDED:]))
    if found.fault:
        return _over(rollout, ExamVerdict.FAILED, found.fault)
    if found.step is ExamStep.LEARN:
        return _learnt(rollout, found, now)
    return _answered(rollout, found, now)


def over_time(rollout: Rollout, now: datetime) -> Rollout:
    """End a step whose time has passed."""
    exam, golden = rollout.exam, golden_of(rollout.policy)
    if exam.step is None or exam.verdict is not None:
        return rollout
    in_phase = machine_time(rollout.phase_clock, rollout, now)
    if exam.step is not ExamStep.GOLDEN or golden is None:
        late = in_phase > rollout.policy.validate.deadline
        return _left_out(rollout, now) if late or exam.tries >= EXAM_TRIES else rollout
    if in_phase - (exam.began or NO_TIME) <= golden.time:
        return rollout
    if exam.breaches:
        return _broken(rollout)
    text = out_of_time(golden, exam.scores, exam.total, exam.silent)
    return _over(rollout, ExamVerdict.UNCLEAR, text)


def _learnt(rollout: Rollout, found: ExamSeen, now: datetime) -> Rollout:
    exam, count = rollout.exam, len(found.pairs)
    exam = replace(
        exam,
        done=exam.done + count,
        asked=exam.done + count,
        tries=0 if count else exam.tries,
        learnt=found.learnt,
        excused=_excused(exam, found.pairs),
    )
    rollout = replace(rollout, exam=exam)
    if exam.done < exam.total:
        return rollout
    return (
        _in_step(rollout, ExamStep.CONTRACT, now) if exam.asked else _after_contract(rollout, now)
    )


def _answered(rollout: Rollout, found: ExamSeen, now: datetime) -> Rollout:
    exam, count = rollout.exam, len(found.pairs)
    excused = _excused(exam, found.pairs)
    exam = replace(
        exam,
        done=exam.done + count,
        tries=0 if count else exam.tries,
        checked=exam.checked + count,
        excused=excused,
        breaches=_breaches(exam, found.pairs, excused),
    )
    rollout = replace(rollout, exam=exam)
    golden = golden_of(rollout.policy)
    # What a few answers of stable's never had, it may yet have in a later row of the set.
    if exam.breaches and (found.step is not ExamStep.GOLDEN or exam.done >= exam.total):
        return _broken(rollout)
    if found.step is not ExamStep.GOLDEN or golden is None:
        asked = min(exam.asked or exam.total, exam.total)
        return rollout if exam.done < asked else _after_contract(rollout, now)
    exam = replace(exam, scores=folded(golden.labelled.metric, exam.scores, found.pairs))
    rollout = replace(rollout, exam=exam)
    if exam.done < exam.total:
        return rollout
    return _over(rollout, *result(golden, exam.scores, paired=rollout.stable is not None))


def _excused(exam: Examination, pairs: Sequence[ExamPair]) -> tuple[str, ...]:
    """The breaches of stable's own answers, to whatever input."""
    found = dict.fromkeys(exam.excused)
    for pair in pairs:
        found |= dict.fromkeys(pair.stable.breaches if pair.stable is not None else ())
    return tuple(found)[:MAX_EXCUSED]


def _breaches(
    exam: Examination, pairs: Sequence[ExamPair], excused: Sequence[str]
) -> tuple[str, ...]:
    """Where the candidate's answers break the contract, and stable's do not."""
    found = dict.fromkeys(exam.breaches)
    for pair in pairs:
        if pair.candidate is not None:
            own = pair.stable.breaches if pair.stable is not None else ()
            found |= dict.fromkeys(each for each in pair.candidate.breaches if each not in own)
    return tuple(each for each in found if each not in excused)[:MAX_EXCUSED]


def _broken(rollout: Rollout) -> Rollout:
    exam = rollout.exam
    rollout = replace(rollout, exam=replace(exam, breaches=exam.breaches[:MAX_BREACHES]))
    text = f"the candidate's answers break the contract: {'; '.join(rollout.exam.breaches)}"
    return _over(rollout, ExamVerdict.FAILED, text)


def _left_out(rollout: Rollout, now: datetime) -> Rollout:
    exam = rollout.exam
    if exam.step is ExamStep.LEARN and exam.asked:
        # What was learnt so far is enough for those inputs.
        return _in_step(rollout, ExamStep.CONTRACT, now)
    missed = f"the contract was not compared: {exam.silent or 'no side could be asked'}"
    return _after_contract(replace(rollout, exam=replace(exam, missed=missed)), now)


def _after_contract(rollout: Rollout, now: datetime) -> Rollout:
    """The golden set follows, if there is one."""
    exam = rollout.exam
    written = contract_of(rollout.policy)
    if exam.step is ExamStep.LEARN and written is not None and written.fields:
        return _in_step(rollout, ExamStep.CONTRACT, now)
    if golden_of(rollout.policy) is not None:
        return _in_step(rollout, ExamStep.GOLDEN, now)
    return replace(rollout, exam=replace(exam, step=None, done=0, total=0))


def _in_step(rollout: Rollout, step: ExamStep, now: datetime) -> Rollout:
    began = machine_time(rollout.phase_clock, rollout, now)
    exam = rollout.exam
    if exam.step is not step:
        exam = replace(exam, done=0, total=0, tries=0, silent="", sent_at=None)
    return replace(rollout, exam=replace(exam, step=step, began=began))


def _over(rollout: Rollout, verdict: ExamVerdict, text: str) -> Rollout:
    return replace(rollout, exam=replace(rollout.exam, verdict=verdict, text=text))
