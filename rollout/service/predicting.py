"""What clients were answered, read on from where the row says."""

from datetime import datetime

from rollout.core.gate import bins_of
from rollout.core.machine.gate_inputs import gate_state
from rollout.core.machine.live_answers import counts_since, live_of, stable_serves
from rollout.core.records.observation import DeploymentSeen, Observation
from rollout.core.records.predictions import PredictionsSeen
from rollout.core.records.rollout import Rollout
from rollout.errors import PredictionsUnavailableError
from rollout.ports import Predictions, PredictionsQuestion


def live_answers(
    port: Predictions,
    endpoint: str,
    rollout: Rollout | None,
    seen: Observation,
    *,
    now: datetime,
    timeout: float,
) -> PredictionsSeen:
    """Read live answers of a rollout whose look saw both deployments.

    Raises:
        PredictionsUnavailableError: They cannot be read now, or there are none.
        ArmUnavailableError, ArmRefusedError: As of `Predictions`.
    """
    live = None if rollout is None else live_of(rollout)
    candidate = seen.deployment(rollout.candidate if rollout is not None else None)
    stable = seen.deployment(rollout.stable if rollout is not None else None)
    if (
        rollout is None
        or live is None
        or not isinstance(candidate, DeploymentSeen)
        or not isinstance(stable, DeploymentSeen)
    ):
        raise PredictionsUnavailableError("there are no live answers to read")
    question = PredictionsQuestion(
        candidate=candidate,
        stable=stable,
        live=live,
        since=counts_since(rollout),
        now=now,
        bins=bins_of(gate_state(rollout)),
        cursor=rollout.collected.cursor,
        stable_serves=stable_serves(rollout),
    )
    return port.read(endpoint, question, timeout=timeout)
