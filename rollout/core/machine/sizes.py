"""How large both sides are while their minutes are judged."""

from collections.abc import Sequence
from dataclasses import replace

from rollout.core.machine.look import Look
from rollout.core.records.observation import DeploymentSeen, Instances, Minute


def sized(look: Look, minutes: Sequence[Minute]) -> list[Minute]:
    """Return the minutes with the instances that both sides have at this look.

    A look comes every minute, so a count is a few minutes older or younger than the requests that
    it is compared with. Without one of the two nothing is said.
    """
    candidate, stable = look.candidate, look.stable
    if not isinstance(candidate, DeploymentSeen) or not isinstance(stable, DeploymentSeen):
        return list(minutes)
    sizes = Instances(candidate.instance_count, stable.instance_count)
    return [replace(minute, instances=sizes) for minute in minutes]
