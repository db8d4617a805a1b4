"""What live answers add to a conclusion: what could not be judged, and harm during the keep."""

from dataclasses import replace

from rollout.core.gate import harm
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.gate_inputs import gate_state, judged_by
from rollout.core.machine.judged import judged_document, moment_of
from rollout.core.machine.live_answers import impaired, live_of, told_once, with_live_answers
from rollout.core.machine.look import Look
from rollout.core.machine.transitions import HOLDS, Finding
from rollout.core.records.history import MinuteRecord
from rollout.core.records.rollout import Cause

_GOES_ON = frozenset({Finding.STAGE_PASSED, Finding.ALL_PASSED, Finding.KEEP_OVER})


def with_live_told(conclusion: Conclusion) -> Conclusion:
    """Say what of live answers could not be judged, where a rollout goes on or is held.

    Operators are told of it once besides: silence passes nothing and fails nothing, so nothing else
    would tell of it.
    """
    text = impaired(conclusion.rollout)
    if text and (conclusion.finding in _GOES_ON or conclusion.finding in HOLDS):
        conclusion = replace(conclusion, text=f"{conclusion.text}; {text}")
    if conclusion.notice:
        return conclusion
    rollout, notice = told_once(conclusion.rollout)
    return replace(conclusion, rollout=rollout, notice=notice)


def look_in_keep(look: Look) -> tuple[Look, tuple[MinuteRecord, ...], Conclusion | None]:
    """Fold what a look read of live answers while stable is kept; harm rolls back even now.

    Returns:
        The look with the rollout as it is then, the record of what was read, and the conclusion:
        of harm, or None for whatever the keep itself concludes.
    """
    if live_of(look.rollout) is None:
        return look, (), None
    rollout, read = with_live_answers(look.rollout, look.seen, look.now)
    found = harm(judged_by(rollout), gate_state(rollout), rollout.policy.quality)
    after = replace(look, rollout=rollout)
    if found is None:
        return after, read, None
    data = judged_document(rollout, found, moment_of(rollout, look.now))
    return after, read, Conclusion(Finding.HARM, rollout, found.text, Cause.GATE, data=data)
