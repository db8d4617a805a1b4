"""One look at a live rollout: what was seen, remembered, and compared once with what is wanted."""

from dataclasses import dataclass
from datetime import datetime

from rollout.core.machine.memory import count_absence, note_deployments, note_split
from rollout.core.machine.replacement import remember_specs
from rollout.core.machine.sight import Sight, compare
from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    EndpointSeen,
    Observation,
    Unreachable,
    Unsupported,
)
from rollout.core.records.offers import Offer
from rollout.core.records.rollout import Current, Rollout


@dataclass(frozen=True)
class Look:
    """What every phase concludes from.

    Attributes:
        rollout: The live rollout, with this look's memories.
        waiting: The offer that waits for its turn, if one does.
        replaced_in_a_row: How many rollouts before this one newer versions ended.
        seen: Everything the pass read.
        sight: How the endpoint compares with what `rollout` wants; None: no endpoint was seen.
        now: The moment of the signal.
        first_look: False for further looks within one pass, which confirm nothing.
    """

    rollout: Rollout
    waiting: Offer | None
    replaced_in_a_row: int
    seen: Observation
    sight: Sight | None
    now: datetime
    first_look: bool

    @property
    def endpoint(self) -> EndpointSeen | None:
        """The endpoint, where there is one and it could be read."""
        return self.seen.endpoint if isinstance(self.seen.endpoint, EndpointSeen) else None

    @property
    def endpoint_missing(self) -> bool:
        """Azure says that there is no endpoint that could serve; not yet believed."""
        return isinstance(self.seen.endpoint, Absent | Unsupported)

    @property
    def candidate(self) -> DeploymentSeen | Absent | Unreachable | None:
        return self.seen.deployment(self.rollout.candidate)

    @property
    def stable(self) -> DeploymentSeen | Absent | Unreachable | None:
        return self.seen.deployment(self.rollout.stable)

    @property
    def as_wanted(self) -> bool:
        return self.sight is Sight.AS_WANTED

    @property
    def confirms(self) -> bool:
        """Split and deployments were both seen: a list that cannot be read hides a replacement."""
        return self.as_wanted and isinstance(self.candidate, DeploymentSeen)


def look_at(current: Current, seen: Observation, now: datetime, *, first_look: bool) -> Look:
    """Remember and compare what was seen; the caller knows that a rollout is live.

    Raises:
        ValueError: There never was a rollout. A bug.
    """
    rollout = count_absence(current.owner, seen, first_look=first_look)
    rollout = note_deployments(remember_specs(rollout, seen), seen)
    sight = None
    if isinstance(seen.endpoint, EndpointSeen):
        sight = compare(rollout, seen.endpoint)
        rollout = note_split(rollout, seen.endpoint, sight, now, first_look=first_look)
    replaced = current.replaced_in_a_row
    return Look(rollout, current.waiting, replaced, seen, sight, now, first_look)
