"""SHIFTING and PROMOTED: what each concludes from one look."""

from dataclasses import replace
from datetime import datetime

from rollout.core.machine.conclusion import Conclusion, barred, wait
from rollout.core.machine.halts import halted, machine_time
from rollout.core.machine.live_told import look_in_keep, with_live_told
from rollout.core.machine.look import Look
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import shown, shown_wanted
from rollout.core.records.observation import DeploymentSeen
from rollout.core.records.offers import OfferSource
from rollout.core.records.rollout import Rollout


def shifting(look: Look) -> Conclusion:
    """The stage's weights are asked for until they are seen with our stamp."""
    rollout, endpoint = look.rollout, look.endpoint
    if endpoint is None:
        text = "the endpoint cannot be read now"
    elif look.as_wanted and (rollout.stable is not None or _serves(look)):
        first = rollout.stable is None
        finding = Finding.FIRST_TRAFFIC_SEEN if first else Finding.TRAFFIC_SEEN
        return Conclusion(finding, rollout, f"seen: {shown(endpoint.traffic, endpoint.mirror)}")
    elif look.as_wanted:
        text = f"{rollout.candidate} has all traffic; it is not seen to serve it yet"
    else:
        found = shown(endpoint.traffic, endpoint.mirror)
        text = f"waiting for {shown_wanted(rollout)}, seen {found}{barred(rollout)}"
    if machine_time(rollout.phase_clock, rollout, look.now) > rollout.policy.shift_deadline:
        return Conclusion(Finding.UNCONFIRMED, rollout, text)
    return wait(rollout, text, soon=not halted(rollout))


def _serves(look: Look) -> bool:
    """The candidate was read, and is what was validated: an endpoint's first rollout ends by it."""
    candidate = look.candidate
    return isinstance(candidate, DeploymentSeen) and candidate.spec == look.rollout.specs.candidate


def promoted(look: Look) -> Conclusion:
    """The old stable is kept warm, so that a rollback is one write.

    What clients were answered goes on being read, and may still roll back.
    """
    look, read, harmed = look_in_keep(look)
    return replace(with_live_told(harmed or _kept(look)), minutes=read)


def _kept(look: Look) -> Conclusion:
    """The old stable's full ARM body goes into the history before it may be deleted."""
    rollout, stable = look.rollout, look.stable
    until = kept_until(rollout)
    kept_long_enough = look.now >= until
    if not kept_long_enough and not newer_waits(look):
        return wait(rollout, f"{rollout.stable} is kept until {until:%Y-%m-%d %H:%M} UTC")
    if not isinstance(stable, DeploymentSeen):
        return wait(rollout, f"{rollout.stable} cannot be read now")
    text = f"kept for {rollout.policy.keep}" if kept_long_enough else "a newer version waits"
    return Conclusion(Finding.KEEP_OVER, rollout, text, data={"stable": dict(stable.body)})


def kept_until(rollout: Rollout) -> datetime:
    """The end of the keep of a promoted rollout.

    To delete the old stable cannot be undone: a time in which nothing could roll back is no part.
    """
    unwatched = rollout.phase_clock.unwatched
    return (rollout.promoted_at or rollout.since) + rollout.policy.keep + unwatched


def newer_waits(look: Look) -> bool:
    """An operator's offer, or a version registered after the one on trial, waits."""
    waiting = look.waiting
    if waiting is None:
        return False
    if waiting.source is not OfferSource.EVENT:
        return True
    on_trial, registered = look.rollout.model_created_at, waiting.created_at
    return on_trial is None or registered is None or registered > on_trial
