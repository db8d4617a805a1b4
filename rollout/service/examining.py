"""The slice of an examination that one pass sends: rows of the bundle, to one side or to both."""

from datetime import timedelta
from typing import assert_never

from rollout.core.machine.examining import CONTRACT_INPUTS, ExamWanted
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Quality
from rollout.core.records.examination import ExamSeen, ExamStep
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.rollout import Rollout
from rollout.ports import ExamOrder, ExamRows
from rollout.service.dependencies import Dependencies


def send_slice(
    ports: Dependencies,
    rollout: Rollout,
    address: tuple[str, EndpointSeen],
    wanted: ExamWanted,
    *,
    within: timedelta,
) -> ExamSeen:
    """Read the rows and ask.

    Args:
        ports: The outside world.
        rollout: The live rollout.
        address: The endpoint's ARM id, and the endpoint as it was seen.
        wanted: Which rows.
        within: How long the pass may take.

    Raises:
        RolloutError: The rows cannot be read, or nobody can be asked now.
    """
    rows = _rows(ports, rollout, wanted)
    if rows.fault or not rows.rows:
        return ExamSeen(wanted.step, rows.total, fault=rows.fault)
    policy = rollout.policy
    probes, quality = policy.probes or Probes(), policy.quality or Quality()
    order = ExamOrder(
        step=wanted.step,
        candidate=None if wanted.step is ExamStep.LEARN else rollout.candidate,
        stable=None if wanted.step is ExamStep.CONTRACT else rollout.stable,
        first=wanted.first,
        rows=rows,
        quality=quality,
        learnt=rollout.exam.learnt,
        concurrency=wanted.at_once,
        timeout=probes.timeout,
        within=within,
    )
    return ports.scoring.examine(*address, order)


def _rows(ports: Dependencies, rollout: Rollout, wanted: ExamWanted) -> ExamRows:
    policy, first, count = rollout.policy, wanted.first, wanted.rows
    match wanted.step:
        case ExamStep.LEARN | ExamStep.CONTRACT:
            inputs = ports.services.contract_inputs(policy, CONTRACT_INPUTS)
            return ExamRows(inputs.total, inputs.rows[first : first + count], inputs.fault)
        case ExamStep.GOLDEN:
            template = rollout.release.template_digest
            return ports.services.golden_rows(policy, template, first, count)
        case never:
            assert_never(never)
