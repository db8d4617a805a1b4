"""What a verdict of the gate means for the stage that bakes."""

from typing import assert_never

from rollout.core.gate import Doubt, Judgement, Verdict
from rollout.core.machine.conclusion import Conclusion, wait
from rollout.core.machine.second_person import approval_needed
from rollout.core.machine.transitions import Finding
from rollout.core.policy.model import OnInconclusive
from rollout.core.records.rollout import Cause, Rollout

SILENCES = ("silentMinutes", "mirroredUnseen")


def conclude_verdict(
    rollout: Rollout, judged: Judgement, doubt: Doubt | None = None, *, confirmed: bool
) -> Conclusion:
    """Say what the verdict means for the stage.

    Args:
        rollout: The rollout that bakes.
        judged: What the gate said.
        doubt: What predictions ask a person, where that is among what the gate holds for.
        confirmed: This very look saw the wanted split, and read what candidate and stable serve
            with; nothing goes forward without that.
    """
    match judged.verdict:
        case Verdict.ROLLBACK:
            return Conclusion(Finding.HARM, rollout, judged.text, Cause.GATE)
        case Verdict.HOLD if doubt is not None:
            return doubted_by(rollout, doubt, judged.text)
        case Verdict.HOLD:
            return Conclusion(Finding.DOUBTED, rollout, judged.text)
        case Verdict.INCONCLUSIVE:
            return _inconclusive(rollout, judged, confirmed=confirmed)
        case Verdict.ADVANCE:
            return _passed(rollout, judged, judged.text, confirmed=confirmed)
        case Verdict.CONTINUE:
            return wait(rollout, judged.text)
        case never:
            assert_never(never)


def doubted_by(rollout: Rollout, doubt: Doubt, text: str = "") -> Conclusion:
    """Ask a person; `text` is what the gate says itself."""
    told = doubt.text if text in doubt.text else f"{text}; {doubt.text}"
    return Conclusion(Finding.PREDICTIONS_DOUBTED, rollout, told, about=doubt.checks)


def _inconclusive(rollout: Rollout, judged: Judgement, *, confirmed: bool) -> Conclusion:
    # The source says nothing: of either side, or of what is mirrored to the candidate.
    silent = not judged.numbers.keys().isdisjoint(SILENCES)
    match rollout.policy.on_inconclusive:
        case OnInconclusive.AUTO if rollout.outlook.without_evidence(rollout.stage):
            return _unproven(rollout, judged, silent=silent, confirmed=confirmed)
        # Silence alone never rolls back, and `clean` is never said of it.
        case OnInconclusive.ROLLBACK if judged.numbers["minutes"] and not silent:
            return Conclusion(Finding.HARM, rollout, judged.text, Cause.INCONCLUSIVE)
        case OnInconclusive.ADVANCE_IF_CLEAN if judged.clean:
            return _passed_clean(rollout, judged, confirmed=confirmed)
        case (
            OnInconclusive.AUTO
            | OnInconclusive.HOLD
            | OnInconclusive.ROLLBACK
            | OnInconclusive.ADVANCE_IF_CLEAN
        ):
            return Conclusion(Finding.UNCLEAR, rollout, judged.text)
        case never:
            assert_never(never)


def _unproven(rollout: Rollout, judged: Judgement, *, silent: bool, confirmed: bool) -> Conclusion:
    """The start foresaw that this stage cannot have evidence.

    One failure among few requests is not clean, and a person would know no more of it than the
    gate. So the stage goes on: the next requests show whether it was chance. The rollout's deadline
    ends that.
    """
    if judged.clean:
        return _passed_clean(rollout, judged, confirmed=confirmed)
    if silent:
        return Conclusion(Finding.UNCLEAR, rollout, judged.text)
    return wait(rollout, f"{judged.text}; it goes on until it is clean, or harm is shown")


def _passed_clean(rollout: Rollout, judged: Judgement, *, confirmed: bool) -> Conclusion:
    text = f"advanced without evidence: {judged.text}"
    return _passed(rollout, judged, text, confirmed=confirmed)


def _passed(rollout: Rollout, judged: Judgement, text: str, *, confirmed: bool) -> Conclusion:
    if not confirmed:
        return wait(rollout, f"{text}; endpoint and deployments must be seen first", soon=True)
    upcoming = rollout.stage + 1
    if upcoming >= len(rollout.policy.stages):
        return Conclusion(Finding.ALL_PASSED, rollout, text, notice=judged.told)
    stage = rollout.policy.stages[upcoming]
    if stage.waits and rollout.approved_stage < upcoming:
        needs = f"{stage.shown} needs {approval_needed(rollout, stage)}"
        return Conclusion(Finding.APPROVAL_NEEDED, rollout, f"{text}; {needs}")
    return Conclusion(Finding.STAGE_PASSED, rollout, text)
