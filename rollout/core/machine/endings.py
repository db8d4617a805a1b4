"""RETIRING, ROLLING_BACK and DISCARDING: what each concludes from one look.

Deleting the candidate is the fence: Azure refuses weight on an absent deployment, however late the
write. So a rollback is over only when the candidate was seen absent and stable was seen at 100 %.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.machine.before_traffic import intent_expired
from rollout.core.machine.blame import unblamed
from rollout.core.machine.conclusion import Conclusion, barred, wait
from rollout.core.machine.look import Look
from rollout.core.machine.memory import foreign, gone
from rollout.core.machine.replacement import never_ours
from rollout.core.machine.sight import at_rest, carries, leaves_alone
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import shown, wanted_split
from rollout.core.records.observation import (
    ABLE_TO_SERVE,
    Absent,
    DeploymentSeen,
)
from rollout.core.records.offers import Offer
from rollout.core.records.phases import DELETE_ATTENTION, ROLLBACK_ATTENTION
from rollout.core.records.rollout import Cause, Rollout


def retiring(look: Look) -> Conclusion:
    """The old stable is deleted, and the candidate seen to carry everything."""
    rollout, now = look.rollout, look.now
    if look.endpoint_missing and gone(rollout):
        return _lost(rollout, "the endpoint itself is gone")
    absent = isinstance(look.stable, Absent)
    if absent and rollout.specs.fault:
        return _lost(rollout, f"{rollout.specs.fault}, and {rollout.stable} is gone")
    if absent and look.as_wanted:
        return Conclusion(Finding.RETIRED, rollout, f"{rollout.stable} is gone")
    text = f"{_deleting(look, rollout.stable)}{barred(rollout)}"
    if foreign(rollout):
        text = f"somebody else set {shown(rollout.seen.split)} while {text}"
        return _nag(wait(rollout, text, soon=True), rollout.since, timedelta(0), now)
    return _nag(wait(rollout, text, soon=True), rollout.delete_due, DELETE_ATTENTION, now)


def rolling_back(look: Look) -> Conclusion:
    """All traffic goes to stable, asked for until it is seen."""
    rollout, stable, now = look.rollout, look.stable, look.now
    theirs = look.endpoint is not None and leaves_alone(rollout, look.endpoint)
    if theirs and not foreign(rollout):
        return wait(rollout, "somebody else's split; a second look must confirm it", soon=True)
    if look.as_wanted or theirs:
        text = f"seen: {shown(wanted_split(rollout))}"
        data = {"log": look.seen.log_tail} if look.seen.log_tail else {}
        if gone(rollout):
            text = f"{rollout.stable} is gone; {shown(rollout.seen.split)} serves instead"
            return Conclusion(Finding.RESTORED, rollout, text, data=data, attention=text)
        if theirs:
            text = f"{shown(rollout.seen.split)}: somebody else's choice, left as it is"
            return Conclusion(Finding.RESTORED, rollout, text, data=data, attention=text)
        return Conclusion(Finding.RESTORED, rollout, text, data=data)
    if look.endpoint_missing and not rollout.seen.endpoint:
        return Conclusion(Finding.RESTORED, rollout, "the endpoint was not made yet")
    if isinstance(stable, DeploymentSeen) and stable.state not in ABLE_TO_SERVE:
        text = f"{rollout.stable} is {stable.state} and cannot take the traffic back yet"
        return _nag(wait(rollout, text, soon=True), rollout.since, timedelta(0), now)
    text = f"waiting to see {shown(wanted_split(rollout))}"
    if look.endpoint is not None and rollout.candidate in look.endpoint.mirror:
        text = f"{text} and no mirror"
    text = f"{text}{barred(rollout)}"
    return _nag(wait(rollout, text, soon=True), rollout.since, ROLLBACK_ATTENTION, now)


def discarding(look: Look) -> Conclusion:
    """The candidate is deleted, after its keep if it had traffic."""
    rollout, endpoint, now = look.rollout, look.endpoint, look.now
    endpoint_gone = look.endpoint_missing and (gone(rollout) or not rollout.seen.endpoint)
    rests = endpoint is not None and at_rest(rollout, endpoint)
    candidate = look.candidate
    stranger = isinstance(candidate, DeploymentSeen) and never_ours(rollout, candidate)
    absent = endpoint_gone or (rests and (stranger or isinstance(candidate, Absent)))
    if absent and intent_expired(rollout, now):
        text = "is somebody else's and is left alone" if stranger else "is gone"
        return Conclusion(_ending(rollout), rollout, f"{rollout.candidate} {text}")
    if absent:
        return wait(rollout, f"a create call of {rollout.candidate} may still arrive")
    due = delete_due(rollout, look.waiting, now)
    if now < due:
        return wait(rollout, f"{rollout.candidate} is kept until {due:%Y-%m-%d %H:%M} UTC")
    text = f"{_deleting(look, rollout.candidate)}{barred(rollout)}"
    return _nag(wait(rollout, text, soon=True), due, DELETE_ATTENTION, now)


def delete_due(rollout: Rollout, waiting: Offer | None, now: datetime) -> datetime:
    """When the candidate may be deleted: a waiting offer ends its keep."""
    due = rollout.delete_due or now
    return due if waiting is None else min(due, now)


def _deleting(look: Look, name: str | None) -> str:
    """Say that a deployment is being deleted, or what keeps it."""
    endpoint = look.endpoint
    if endpoint is None or name is None or not carries(endpoint, name):
        return f"{name} is being deleted"
    weights = ((endpoint.traffic, "traffic"), (endpoint.mirror, "mirrored traffic"))
    kept = " and ".join(f"{all_[name]} % of {what}" for all_, what in weights if name in all_)
    return f"{name} cannot be deleted: it has {kept}"


def _lost(rollout: Rollout, why: str) -> Conclusion:
    text = f"{why}: what serves is not the release"
    return Conclusion(Finding.NOTHING_LEFT, rollout, text, Cause.LOST)


def _ending(rollout: Rollout) -> Finding:
    if unblamed(rollout):
        return Finding.DISCARDED_BLAMELESS
    # Of clients: a candidate that only got mirrored requests touched nobody.
    had_traffic = rollout.asked_for_traffic_at is not None
    return Finding.DISCARDED if had_traffic else Finding.DISCARDED_UNUSED


def _nag(
    waiting: Conclusion, since: datetime | None, after: timedelta, now: datetime
) -> Conclusion:
    """Ask for an operator once `after` has passed, and again after as long.

    After a time that nobody watched it has as long again: Azure was asked for nothing meanwhile.
    """
    rollout = waiting.rollout
    begun = max(since or rollout.since, rollout.watch.back_at or rollout.since)
    if now - begun < after:
        return waiting
    last = rollout.attention_at
    if last is not None and now - last < max(after, ROLLBACK_ATTENTION):
        return waiting
    return replace(waiting, attention=waiting.text)
