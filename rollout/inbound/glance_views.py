"""What a service's view says at a glance, so that clients compute nothing.

Apart from the other views because it needs the gate and every decision: the app must be indexed
without them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rollout.core.gate import Nearness, harm_so_near, pass_so_near
from rollout.core.overview.allowed import allowed
from rollout.core.overview.saying import says
from rollout.core.overview.upcoming import upcoming
from rollout.core.records.offers import OfferRecord
from rollout.core.records.rollout import Current
from rollout.inbound.moments import moment_text
from rollout.inbound.roles import NEEDS

ODDS_DIGITS = 4


def glance_view(
    current: Current, now: datetime, offers: Sequence[OfferRecord] = ()
) -> dict[str, Any]:
    """One sentence, what comes next, how near either end is, and the orders that may be given."""
    rollout = current.rollout
    bakes = rollout is not None and rollout.baking is not None and rollout.gate
    gate = rollout.policy.gate if rollout is not None and bakes else None
    stored = rollout.gate if rollout is not None else {}
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
        "harm": _nearness(harm_so_near(gate, stored)) if gate is not None else None,
        "pass": _nearness(pass_so_near(gate, stored)) if gate is not None else None,
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


def _nearness(found: Nearness | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "of": round(found.of, ODDS_DIGITS),
        "odds": round(found.odds, ODDS_DIGITS),
        "what": found.name,
        "fromProbes": round(found.from_probes, ODDS_DIGITS),
    }
