"""A candidate that gets no requests although stable does: no odds, only minutes and requests."""

from dataclasses import dataclass
from datetime import timedelta

from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.records.observation import SideMinute
from rollout.units import FULL_WEIGHT, MINUTE


@dataclass(frozen=True)
class Quiet:
    """How long only stable had requests, and how many of them the candidate should have had."""

    minutes: int = 0
    expected: float = 0.0

    def after(self, candidate: SideMinute, stable: SideMinute, weight: int) -> "Quiet":
        """Add one minute at the candidate's `weight` in percent; one request ends it."""
        if candidate.requests + candidate.unknown > 0:
            return Quiet()
        if stable.requests <= 0:
            return self
        expected = stable.requests * weight / FULL_WEIGHT
        return Quiet(self.minutes + 1, self.expected + expected)

    def is_dark(self, policy: GatePolicy, least: timedelta) -> bool:
        """Say whether it lasted for at least `least`; never if darkness is only observed."""
        return (
            Check.DARK not in policy.observe_only
            and self.minutes >= least / MINUTE
            and self.expected >= policy.dark_requests
        )
