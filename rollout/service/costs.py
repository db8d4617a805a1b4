"""How many requests of Resource Manager a look will make, before it makes any."""

from datetime import datetime
from typing import assert_never

from rollout.core.policy.freeze_model import Zones
from rollout.core.reads import (
    Read,
    ReadDeployments,
    ReadEndpoint,
    ReadFailure,
    ReadHistory,
    ReadLog,
    ReadMetrics,
    ReadModel,
    ReadName,
    ReadOffer,
    ReadPredictions,
    ReadService,
    ReadTemplate,
    ReadValidation,
    reads_needed,
)
from rollout.core.records.observation import Observation
from rollout.core.records.rollout import Current

METRICS_CALLS = 2
"""Requests and latency: Azure Monitor's metrics are read through Resource Manager too."""


def calls_of_a_look(current: Current, now: datetime, zones: Zones | None) -> int:
    """Return how many reads a look at this row begins with.

    What it sees may cause more, and a phase that changes another round of them.
    """
    wanted = reads_needed(current, Observation(), now, suspended=False, zones=zones)
    return sum(_calls(read) for read in wanted)


def _calls(read: Read) -> int:
    match read:
        case ReadEndpoint() | ReadDeployments() | ReadModel():
            return 1
        case ReadMetrics() | ReadHistory():
            return METRICS_CALLS
        case ReadFailure() | ReadLog() | ReadValidation() | ReadPredictions():
            # Named by what a look sees, so never among the first.
            return 1
        case ReadService() | ReadTemplate() | ReadOffer() | ReadName():
            return 0
    assert_never(read)
