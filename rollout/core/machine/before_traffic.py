"""CREATING and VALIDATING: what each concludes from one look."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from rollout.core.gate import doubted, harm
from rollout.core.machine.answers_shown import with_answers_told
from rollout.core.machine.bake_verdicts import doubted_by
from rollout.core.machine.conclusion import Conclusion, wait
from rollout.core.machine.exam_folding import golden_of
from rollout.core.machine.examining import exam_document, examined, told
from rollout.core.machine.gate_inputs import gate_state, judged_by
from rollout.core.machine.halts import halted, machine_time
from rollout.core.machine.holds import kept_by_hold
from rollout.core.machine.look import Look
from rollout.core.machine.memory import gone
from rollout.core.machine.probing import LOOKS_AT_ZERO, may_probe, with_probes
from rollout.core.machine.rehearsing import no_way_back, rehearse, to_rehearse
from rollout.core.machine.second_person import approval_needed
from rollout.core.machine.transitions import Finding
from rollout.core.machine.warming import before_raise, warm_up_told
from rollout.core.machine.watching import told_not_counted
from rollout.core.policy.model import CreateFrom, Policy
from rollout.core.records.effects import CreateCandidate, CreateEndpoint
from rollout.core.records.failures import CreationFailure, FailureKind
from rollout.core.records.observation import (
    BROKEN,
    Absent,
    DeploymentSeen,
    EndpointSeen,
    ProvisioningState,
    ServiceSeen,
    Unreachable,
    Unsupported,
    Validation,
)
from rollout.core.records.rollout import Cause, CreateIntent, CreationStep, Rollout


def creating(look: Look) -> Conclusion:
    """Endpoint (first time only) and candidate are made, one saved intent at a time."""
    rollout = look.rollout
    if (changed := _template_changed(look)) is not None:
        return changed
    if rollout.specs.fault:
        # A call that the name's owner made fail says nothing of the release.
        return wait(rollout, rollout.specs.fault)
    if rollout.create_error:
        return _failed(rollout, rollout.create_error, FailureKind.REFUSED)
    if rollout.refused is not None:
        return no_way_back(rollout, rollout.refused)
    found, limit = _make(look), rollout.policy.create.deadline
    late = machine_time(rollout.phase_clock, rollout, look.now) > limit
    # What is ready is seen first, and a look that saw neither judges nothing.
    if found.finding is not Finding.WAIT or not late or not _saw_the_candidate(look):
        return found
    text = f"not created within {limit}{told_not_counted(rollout.phase_clock)}: {found.text}"
    return Conclusion(Finding.TOO_LATE, rollout, text, Cause.CREATION_DEADLINE)


def _saw_the_candidate(look: Look) -> bool:
    """Whether this look can tell that there is no ready candidate."""
    if look.endpoint is None:
        return look.endpoint_missing
    return isinstance(look.candidate, DeploymentSeen | Absent)


def _make(look: Look) -> Conclusion:
    """Ask for what is missing: the endpoint, then the candidate on it."""
    rollout = look.rollout
    match look.seen.endpoint:
        case EndpointSeen() as endpoint:
            return _on_endpoint(look, endpoint)
        case Unsupported(text):
            return _failed(rollout, text, FailureKind.ENDPOINT)
        case Absent() if gone(rollout):
            text = "the endpoint was deleted while its candidate was created"
            return _failed(rollout, text, FailureKind.ENDPOINT)
        case Absent() if rollout.seen.endpoint:
            return wait(rollout, "the endpoint is absent; a second look must confirm it", soon=True)
        case Absent():
            return _ask(look, CreationStep.ENDPOINT)
        case Unreachable() | None:
            return wait(rollout, "the endpoint cannot be read now")
        case never:
            assert_never(never)


def _on_endpoint(look: Look, endpoint: EndpointSeen) -> Conclusion:
    rollout, candidate = look.rollout, look.candidate
    if endpoint.state in BROKEN:
        return _failed(rollout, f"the endpoint is {endpoint.state}", FailureKind.ENDPOINT)
    if isinstance(candidate, Absent):
        if (refusal := not_scored(rollout.policy, endpoint)) is not None:
            return _failed(rollout, refusal, FailureKind.ENDPOINT)
        if endpoint.state is not ProvisioningState.SUCCEEDED:
            return wait(rollout, f"the endpoint is {endpoint.state}", soon=True)
        if to_rehearse(look, endpoint):
            return rehearse(look, endpoint)
        return _ask(look, CreationStep.CANDIDATE)
    if not isinstance(candidate, DeploymentSeen):
        return wait(rollout, "the deployments cannot be read now")
    if candidate.state is ProvisioningState.SUCCEEDED:
        return Conclusion(Finding.CREATED, rollout, f"{rollout.candidate} is ready at 0 %")
    if candidate.state in BROKEN:
        return _creation_failed(rollout, candidate, look.seen.failure)
    return wait(rollout, f"{rollout.candidate} is {candidate.state}")


def not_scored(policy: Policy, endpoint: EndpointSeen) -> str | None:
    """Why no candidate could be validated there: known before one is created."""
    if endpoint.scored:
        return None
    what, part = "sample requests", "validate.requests"
    if not policy.validate.requests:
        if golden_of(policy) is None:
            return None
        what, part = "the rows of a golden set", "quality.golden"
    return (
        f"{what} cannot sign in to an endpoint with the auth mode {endpoint.auth_mode}: "
        f"set key or aad_token, or leave {part} out"
    )


def validating(look: Look) -> Conclusion:
    """The sample requests are answered by the candidate itself, before any client reaches it."""
    rollout, candidate = look.rollout, look.candidate
    if (changed := _template_changed(look)) is not None:
        return changed
    if gone(rollout):
        return _invalid(rollout, "the endpoint was deleted", FailureKind.ENDPOINT)
    if isinstance(look.seen.endpoint, Absent):
        return wait(rollout, "the endpoint is absent; a second look must confirm it", soon=True)
    if isinstance(candidate, Absent):
        text = f"{rollout.candidate} was deleted before its validation"
        return _invalid(rollout, text, FailureKind.REMOVED)
    if isinstance(candidate, DeploymentSeen) and candidate.state in BROKEN:
        text = f"{rollout.candidate} is {candidate.state}: {candidate.error}"
        return _invalid(rollout, text, FailureKind.REMOVED)
    answers = look.seen.validation
    if rollout.validated:
        return _at_zero(look, rollout, rollout.validated)
    if isinstance(answers, Validation) and not answers.transient:
        # A wrong answer tells of the model, whatever became of the other samples.
        if wrong := (*answers.failures, *answers.unusable):
            kind = FailureKind.ANSWERS if answers.failures else FailureKind.SAMPLE
            return _invalid(rollout, "; ".join(wrong), kind)
        passed = replace(rollout, validated=answers.evidence or "passed")
        return _at_zero(look, passed, "passed")
    late = machine_time(rollout.phase_clock, rollout, look.now) > rollout.policy.validate.deadline
    if late and _saw_the_candidate(look):
        left_out = told_not_counted(rollout.phase_clock)
        text = f"not validated within {rollout.policy.validate.deadline}{left_out}: {_why(answers)}"
        return Conclusion(Finding.TOO_LATE, rollout, text, Cause.VALIDATION_DEADLINE)
    return wait(rollout, f"validation is to be tried again: {_why(answers)}", soon=True)


def _ask(look: Look, step: CreationStep) -> Conclusion:
    """Issue a create call, unless one may still be under way."""
    rollout, now = look.rollout, look.now
    intent = rollout.intent
    if intent is not None and intent.step is step and not intent_expired(rollout, now):
        return wait(rollout, f"the {step} is being created")
    if halted(rollout):
        return wait(rollout, f"held before the {step} is created")
    call = intent.call + 1 if intent is not None else 1
    asked = replace(rollout, intent=CreateIntent(step, call, now))
    effect = _create(look, step, call)
    return Conclusion(Finding.WAIT, asked, f"asked for the {step}, call {call}", effects=(effect,))


def intent_expired(rollout: Rollout, now: datetime) -> bool:
    """No create call can still be under way."""
    intent = rollout.intent
    return intent is None or now >= intent.started_at + rollout.policy.create.call_timeout


def _create(look: Look, step: CreationStep, call: int) -> CreateEndpoint | CreateCandidate:
    match step:
        case CreationStep.ENDPOINT:
            return CreateEndpoint(call)
        case CreationStep.CANDIDATE:
            return _candidate(look, call)
        case never:
            assert_never(never)


def _candidate(look: Look, call: int) -> CreateCandidate:
    rollout, stable = look.rollout, look.stable
    copies = rollout.policy.create.source is CreateFrom.COPY
    return CreateCandidate(
        name=rollout.candidate,
        model=rollout.release.model,
        version=rollout.release.version,
        rollout=rollout.id,
        copy_of=rollout.stable if copies else None,
        at_least=stable.instance_count if isinstance(stable, DeploymentSeen) else None,
        call=call,
    )


def _template_changed(look: Look) -> Conclusion | None:
    rollout, service = look.rollout, look.seen.service
    if not isinstance(service, ServiceSeen) or service.policy is None:
        return None
    if service.template_digest == rollout.release.template_digest:
        return None
    if kept_by_hold(rollout):
        # It would start again without the hold that only an operator may end.
        return None
    text = "the service's template, sample or golden files changed; the version is offered again"
    return Conclusion(Finding.TEMPLATE_CHANGED, rollout, text, Cause.TEMPLATE_CHANGED)


def _failed(rollout: Rollout, text: str, kind: FailureKind) -> Conclusion:
    failed, data = replace(rollout, failure=kind), {"kind": kind.value}
    return Conclusion(Finding.CREATION_FAILED, failed, text, Cause.CREATION_FAILED, data=data)


def _creation_failed(
    rollout: Rollout, candidate: DeploymentSeen, failure: CreationFailure | None
) -> Conclusion:
    if failure is None:
        text = candidate.error or f"it is {candidate.state}"
        failure = CreationFailure(FailureKind.UNKNOWN, text)
    failed = _failed(rollout, f"{failure.kind}: {failure.text}", failure.kind)
    return replace(failed, data={**failed.data, "log": failure.log_tail})


def _at_zero(look: Look, rollout: Rollout, evidence: str) -> Conclusion:
    """Between the sample requests and the first weight both sides are examined, then probed.

    Warm-up requests come before probes, so that those do not meet a cold candidate. Both sides are
    probed twice, where that can be. What keeps any of them from being sent fails no release. With a
    golden set it is otherwise: where it cannot tell, a person decides.
    """
    exam = examined(rollout, look.seen, look.now)
    rollout = exam.rollout
    if exam.failed is not None:
        failed = _invalid(rollout, exam.text, exam.failed)
        return replace(failed, data={**failed.data, **exam_document(rollout, sums=True)})
    if exam.unclear:
        data = exam_document(rollout, sums=True)
        return Conclusion(Finding.GOLDEN_UNCLEAR, rollout, exam.text, data=data)
    if exam.waits:
        return wait(rollout, f"{evidence}; {exam.text}", soon=not halted(rollout))
    if exam.text:
        evidence = f"{evidence}; {exam.text}"
    rollout, probed = with_probes(rollout, look.seen.probes, look.now)
    quality = rollout.policy.quality
    found = harm(judged_by(rollout), rollout.gate, quality) if probed else None
    if found is not None:
        failed = _invalid(rollout, f"at 0 %: {found.text}", FailureKind.ANSWERS)
        told = {"verdict": found.verdict.value, "numbers": dict(found.numbers)}
        return replace(failed, data={**failed.data, **told}, minutes=probed)
    doubt = doubted(judged_by(rollout), gate_state(rollout), quality)
    if doubt is not None:
        asks = replace(doubt, text=f"at 0 %: {doubt.text}")
        return replace(doubted_by(rollout, asks), minutes=probed)
    rollout, awaited = before_raise(rollout, look.seen)
    if awaited:
        return replace(wait(rollout, f"{evidence}; {awaited}", soon=True), minutes=probed)
    in_time = machine_time(rollout.phase_clock, rollout, look.now)
    waits = in_time <= rollout.policy.validating
    if waits and rollout.own.looks < LOOKS_AT_ZERO and may_probe(rollout, look.seen):
        text = f"{evidence}; probes at 0 % come before the first weight"
        return replace(wait(rollout, text, soon=True), minutes=probed)
    validated = with_answers_told(_validated(rollout, f"{evidence}{warm_up_told(rollout)}"))
    return replace(validated, minutes=probed)


def _validated(rollout: Rollout, evidence: str) -> Conclusion:
    first = rollout.policy.stages[0]
    if first.waits and rollout.approved_stage < 0 and rollout.stable:
        shown = told(rollout.exam)
        text = f"validated; the first {first.shown} need {approval_needed(rollout, first)}"
        text = f"{text}; {shown}" if shown else text
        return Conclusion(
            Finding.APPROVAL_NEEDED, rollout, text, data=exam_document(rollout, sums=True)
        )
    return Conclusion(Finding.VALIDATED, rollout, evidence, data=exam_document(rollout, sums=True))


def _invalid(rollout: Rollout, text: str, kind: FailureKind) -> Conclusion:
    failed, data = replace(rollout, failure=kind), {"kind": kind.value}
    return Conclusion(Finding.VALIDATION_FAILED, failed, text, Cause.VALIDATION_FAILED, data=data)


def _why(answers: Validation | Unreachable | None) -> str:
    if isinstance(answers, Validation):
        return answers.transient
    return answers.text if answers is not None else "the candidate is not ready"
