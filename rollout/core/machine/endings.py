"""RETIRING, ROLLING_BACK and DISCARDING: what each concludes from one look.

Deleting the candidate is the fence: Azure refuses weight on an absent deployment, however late the
write. So a rollback is over only when the candidate was seen absent and stable was seen at 100 %.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.machine.before_traffic import intent_expired
from rollout.core.machine.blame import unblamed
from rollout.core.machine.conclusion import Conclusion, wait
from rollout.core.machine.look import Look
from rollout.core.machine.memory import foreign, gone
from rollout.core.machine.sight import at_rest
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import shown, wanted_split
from rollout.core.records.observation import (
    ABLE_TO_SERVE,
    Absent,
    DeploymentSeen,
)
from rollout.core.records.offers import Offer
from rollout.core.records.phases import DELETE_ATTENTION, ROLLBACK_ATTENTION
from rollout.core.records.rollout import Rollout


def retiring(look: Look) -> Conclusion:
    """The old stable is deleted, and the candidate seen to carry everything."""
    rollout, now = look.rollout, look.now
    if look.endpoint_missing and gone(rollout):
        return Conclusion(Finding.RETIRED, rollout, "the endpoint itself is gone")
    absent = isinstance(look.stable, Absent)
    # Once stable is gone, a split that somebody else chose is theirs to keep.
    if absent and (look.as_wanted or foreign(rollout)):
        return Conclusion(Finding.RETIRED, rollout, f"{rollout.stable} is gone")
    text = f"{rollout.stable} is being deleted"
    if foreign(rollout):
        text = f"somebody else set {shown(rollout.seen.split)} while {text}"
        return _nag(wait(rollout, text, soon=True), rollout.since, timedelta(0), now)
    return _nag(wait(rollout, text, soon=True), rollout.delete_due, DELETE_ATTENTION, now)


def rolling_back(look: Look) -> Conclusion:
    """All traffic goes to stable, asked for until it is seen."""
    rollout, stable, now = look.rollout, look.stable, look.now
    if look.as_wanted:
        text = f"seen: {shown(wanted_split(rollout))}"
        data = {"log": look.seen.log_tail} if look.seen.log_tail else {}
        if gone(rollout):
            text = f"{rollout.stable} is gone; {shown(rollout.seen.split)} serves instead"
            return Conclusion(Finding.RESTORED, rollout, text, data=data, attention=text)
        return Conclusion(Finding.RESTORED, rollout, text, data=data)
    if look.endpoint_missing and not rollout.seen.endpoint:
        return Conclusion(Finding.RESTORED, rollout, "the endpoint was not made yet")
    if isinstance(stable, DeploymentSeen) and stable.state not in ABLE_TO_SERVE:
        text = f"{rollout.stable} is {stable.state} and cannot take the traffic back yet"
        return _nag(wait(rollout, text, soon=True), rollout.since, timedelta(0), now)
    text = f"waiting to see {shown(wanted_split(rollout))}"
    return _nag(wait(rollout, text, soon=True), rollout.since, ROLLBACK_ATTENTION, now)


def discarding(look: Look) -> Conclusion:
    """The candidate is deleted, after its keep if it had traffic."""
    rollout, endpoint, now = look.rollout, look.endpoint, look.now
    endpoint_gone = look.endpoint_missing and (gone(rollout) or not rollout.seen.endpoint)
    rests = endpoint is not None and at_rest(rollout, endpoint)
    absent = endpoint_gone or (rests and isinstance(look.candidate, Absent))
    if absent and intent_expired(rollout, now):
        return Conclusion(_ending(rollout), rollout, f"{rollout.candidate} is gone")
    if absent:
        return wait(rollout, f"a create call of {rollout.candidate} may still arrive")
    due = delete_due(rollout, look.waiting, now)
    if now < due:
        return wait(rollout, f"{rollout.candidate} is kept until {due:%Y-%m-%d %H:%M} UTC")
    text = f"{rollout.candidate} is being deleted"
    return _nag(wait(rollout, text, soon=True), due, DELETE_ATTENTION, now)


def delete_due(rollout: Rollout, waiting: Offer | None, now: datetime) -> datetime:
    """When the candidate may be deleted: a waiting offer ends its keep."""
    due = rollout.delete_due or now
    return due if waiting is None else min(due, now)


def _ending(rollout: Rollout) -> Finding:
    if unblamed(rollout):
        return Finding.DISCARDED_BLAMELESS
    had_traffic = rollout.asked_for_traffic_at is not None
    return Finding.DISCARDED if had_traffic else Finding.DISCARDED_UNUSED


def _nag(
    waiting: Conclusion, since: datetime | None, after: timedelta, now: datetime
) -> Conclusion:
    """Ask for an operator once `after` has passed, and again after as long."""
    rollout = waiting.rollout
    begun = since or rollout.since
    if now - begun < after:
        return waiting
    last = rollout.attention_at
    if last is not None and now - last < max(after, ROLLBACK_ATTENTION):
        return waiting
    return replace(waiting, attention=waiting.text)
