"""What a state says in a few numbers, for whoever shows or plans and does not judge."""

from collections.abc import Mapping
from typing import Any

from rollout.core.gate.judging.state import State

NO_PROBES: Mapping[str, float] = {"pairs": 0, "candidateFailed": 0, "stableFailed": 0, "sent": 0}
"""What is said of a rollout that has not probed yet."""


def live_a_minute(stored: Mapping[str, Any]) -> float | None:
    """The candidate's live requests a minute in this stage; None before its first minute."""
    stage = State.load(stored).stage
    return stage.totals.candidate[0] / stage.minutes if stage.minutes else None


def stage_live(stored: Mapping[str, Any]) -> dict[str, float]:
    """The stage's live requests and failures of both sides, under the names that views have."""
    totals = State.load(stored).stage.totals
    return {
        "candidate": totals.candidate[0],
        "candidateFailed": totals.candidate[1],
        "stable": totals.stable[0],
        "stableFailed": totals.stable[1],
    }


def rollout_probes(stored: Mapping[str, Any]) -> dict[str, float]:
    """The rollout's pairs: weighed, failed on either side, and sent; all 0 before the first."""
    memory = State.load(stored).probes
    if memory is None:
        return dict(NO_PROBES)
    pairs, candidate_failed, _, stable_failed = memory.tally
    return {
        "pairs": pairs,
        "candidateFailed": candidate_failed,
        "stableFailed": stable_failed,
        "sent": memory.sent,
    }
