"""What a service's view says at a glance, so that clients compute nothing.

Apart from the other views because it needs the gate and every decision: the app must be indexed
without them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rollout.core.gate import Nearness, harm_so_near, pass_so_near
from rollout.core.machine.gate_inputs import judged_by
from rollout.core.machine.suspending import freeze_of, in_force, without_ended
from rollout.core.overview.allowed import allowed
from rollout.core.overview.saying import says
from rollout.core.overview.standing import needs_person
from rollout.core.overview.upcoming import upcoming
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.quality_model import Quality
from rollout.core.records.offers import OfferRecord
from rollout.core.records.rollout import Current, Rollout
from rollout.inbound.moments import moment_text
from rollout.inbound.roles import NEEDS
from rollout.inbound.suspension_views import suspension_view

ODDS_DIGITS = 4


def glance_view(
    current: Current, now: datetime, offers: Sequence[OfferRecord] = ()
) -> dict[str, Any]:
    """One sentence, what comes next, how near either end is, and the orders that may be given."""
    current = without_ended(current, now)
    rollout = current.rollout
    bakes = rollout if rollout is not None and rollout.baking is not None else None
    following = upcoming(current)
    return {
        "says": says(current),
        "next": None
        if following is None
        else {
            "what": following.what,
            "at": moment_text(following.at),
            "person": following.person,
        },
        "needsPerson": needs_person(current),
        "harm": _near(harm_so_near, bakes),
        "pass": _near(pass_so_near, bakes),
        "suspension": _suspension(current),
        "frozen": _frozen(current),
        "allowed": [
            {
                "verb": each.verb.value,
                "means": each.means,
                "needs": list(each.needs),
                "role": NEEDS[each.verb].value,
            }
            for each in allowed(current, now, offers)
        ],
    }


def _suspension(current: Current) -> dict[str, Any] | None:
    """What suspends the service: its own order, else the one about all as its last look saw it."""
    found = in_force(current)
    if found is None:
        return None
    return suspension_view(current.service if found is current.suspension else None, found)


def _frozen(current: Current) -> dict[str, Any] | None:
    """The freeze that stops the rollout, or the start of the version that waits."""
    frozen = freeze_of(current)
    return None if frozen is None else {"until": moment_text(frozen.until), "text": frozen.text}


def _near(
    how_near: Callable[[GatePolicy, Mapping[str, Any], Quality | None], Nearness | None],
    rollout: Rollout | None,
) -> dict[str, Any] | None:
    """How near one end is while something bakes and the gate knows of it."""
    if rollout is None or not rollout.gate:
        return None
    found = how_near(judged_by(rollout), rollout.gate, rollout.policy.quality)
    if found is None:
        return None
    return {
        "what": found.name,
        "odds": round(found.odds, ODDS_DIGITS),
        "of": round(found.of, ODDS_DIGITS),
        "fromProbes": round(found.from_probes, ODDS_DIGITS),
    }
