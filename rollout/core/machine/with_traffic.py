"""SHIFTING and PROMOTED: what each concludes from one look."""

from datetime import datetime

from rollout.core.machine.conclusion import Conclusion, wait
from rollout.core.machine.halts import halted, machine_time
from rollout.core.machine.sight import Sight, compare
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import shown, wanted_split
from rollout.core.records.observation import DeploymentSeen, EndpointSeen, Observation
from rollout.core.records.offers import OfferSource
from rollout.core.records.rollout import Current, Rollout


def shifting(rollout: Rollout, seen: Observation, now: datetime) -> Conclusion:
    """The stage's weights are asked for until they are seen with our stamp."""
    if isinstance(seen.endpoint, EndpointSeen):
        if compare(rollout, seen.endpoint) is Sight.AS_WANTED:
            first = rollout.stable is None
            finding = Finding.FIRST_TRAFFIC_SEEN if first else Finding.TRAFFIC_SEEN
            return Conclusion(finding, rollout, f"seen: {shown(seen.endpoint.traffic)}")
        text = f"waiting for {shown(wanted_split(rollout))}, seen {shown(seen.endpoint.traffic)}"
    else:
        text = "the endpoint cannot be read now"
    if machine_time(rollout.phase_clock, rollout, now) > rollout.policy.shift_deadline:
        return Conclusion(Finding.UNCONFIRMED, rollout, text)
    return wait(rollout, text, soon=not halted(rollout))


def promoted(rollout: Rollout, current: Current, seen: Observation, now: datetime) -> Conclusion:
    """The old stable is kept warm, so that going back is one write.

    Its full ARM body goes into the history before it may be deleted.
    """
    until = (rollout.promoted_at or rollout.since) + rollout.policy.keep
    stable = seen.deployment(rollout.stable)
    if now < until and not newer_waits(current):
        return wait(rollout, f"{rollout.stable} is kept until {until:%Y-%m-%d %H:%M} UTC")
    if not isinstance(stable, DeploymentSeen):
        return wait(rollout, f"{rollout.stable} cannot be read now")
    text = f"kept for {rollout.policy.keep}" if now >= until else "a newer version waits"
    return Conclusion(Finding.KEEP_OVER, rollout, text, data={"stable": dict(stable.body)})


def newer_waits(current: Current) -> bool:
    """A person's offer, or a version registered after the one on trial, waits."""
    waiting, rollout = current.waiting, current.rollout
    if waiting is None or rollout is None:
        return False
    if waiting.source is not OfferSource.EVENT:
        return True
    on_trial, registered = rollout.model_created_at, waiting.created_at
    return on_trial is None or registered is None or registered > on_trial
