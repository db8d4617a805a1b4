"""What the two deployments of a rollout are, so that a look can tell when one was replaced."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Specs:
    """Candidate and stable by their digests (`DeploymentSeen.spec`); "" while not known.

    Attributes:
        candidate: What the candidate was when its creation ended.
        stable: What stable was when the rollout began, or when an operator accepted another one.
        stable_now: What the last look that could read stable found.
        stable_since: When a stable that an operator accepted was first seen as it is; the baseline
            counts from there. None: stable is the one the rollout began beside.
        fault: Why the candidate is not the release, in one sentence; "" while it is.
    """

    candidate: str = ""
    stable: str = ""
    stable_now: str = ""
    stable_since: datetime | None = None
    fault: str = ""

    @property
    def stable_replaced(self) -> bool:
        """Stable was seen as another one than the rollout began beside."""
        return bool(self.stable and self.stable_now) and self.stable != self.stable_now
