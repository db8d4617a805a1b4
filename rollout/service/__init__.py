"""One path for every door: load, observe, decide, save, act, publish.

`RolloutService` is what the doors call; each method takes the one `now` of its signal.
"""

from rollout.service.dependencies import Dependencies, Limits
from rollout.service.doors import RolloutService
from rollout.service.outcomes import (
    AlertOutcome,
    AllOutcome,
    Bodies,
    Health,
    OrderOutcome,
    RegisteredOutcome,
    ServiceView,
    TickReport,
)

__all__ = [
    "AlertOutcome",
    "AllOutcome",
    "Bodies",
    "Dependencies",
    "Health",
    "Limits",
    "OrderOutcome",
    "RegisteredOutcome",
    "RolloutService",
    "ServiceView",
    "TickReport",
]
