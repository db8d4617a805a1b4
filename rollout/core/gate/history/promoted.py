"""What a promoted release showed at its end, for the rollouts after it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rollout.core.gate.algebra.dispersion import spread
from rollout.core.gate.judging.state import State
from rollout.core.records.promotions import Promotions


def promotion(stored: Mapping[str, Any], at: datetime) -> Promotions | None:
    """Sum up the last stage of a rollout that succeeded.

    Args:
        stored: The gate's state at the end; empty where there was no stable to compare with.
        at: When it succeeded.

    Returns:
        One promotion; None where the candidate was not seen at 100 %.
    """
    if not stored:
        return None
    state = State.load(stored)
    stage = state.stage
    requests, failures, _ = stage.totals.candidate
    if stage.soak is None or requests <= 0:
        return None
    a_minute = requests / max(stage.answered, 1)
    worth = requests / spread(a_minute, state.errors.correlation)
    return Promotions(at, 1, requests, min(failures, requests), worth)
