"""Warm-up requests: what a raise of the candidate's weight waits for, where the policy asks for it.

A model may be slow for its first requests, while it compiles or fills its caches. So before each
raise the app may send some itself, to the candidate alone. They show nothing: no answer counts for
or against the release.

Like probes they are sent after a first decision, which says that a raise has nothing else to wait
for, and then it is decided once more from the same row. An operator's `advance` raises at once.
"""

from dataclasses import dataclass, replace

from rollout.core.machine.decision import Decision
from rollout.core.machine.halts import halted
from rollout.core.machine.live_answers import asked_itself
from rollout.core.machine.live_minutes import remembered
from rollout.core.machine.memory import uncertain
from rollout.core.machine.probing import something_else_is_due
from rollout.core.machine.sight import Sight, compare
from rollout.core.policy.probes_consistency import has_inputs
from rollout.core.records.observation import (
    ABLE_TO_SERVE,
    DeploymentSeen,
    EndpointSeen,
    Observation,
)
from rollout.core.records.own_requests import Warmed, WarmUp
from rollout.core.records.rollout import Current, Rollout

WARM_UP_LOOKS = 10
"""A raise waits for at most so many looks, whatever became of the requests."""


@dataclass(frozen=True)
class WarmUpWanted:
    """Up to `requests`, `at_once` of them under way; the first has the number `first`."""

    first: int
    requests: int
    at_once: int


def before_raise(rollout: Rollout, seen: Observation) -> tuple[Rollout, str]:
    """Say what a raise that is due still waits for, and note this look.

    Args:
        rollout: The rollout whose weight nothing else keeps from being raised.
        seen: What the look saw; `warmed` is what its pass has sent already.

    Returns:
        The rollout with what was sent, and what it waits for; "" where the raise may go on.
    """
    wanted = _wanted(rollout)
    before = rollout.own.warm_up
    if not wanted or halted(rollout) or _over(before, wanted):
        return rollout, ""
    warmed = seen.warmed
    now = replace(before, looks=before.looks + 1)
    own = rollout.own
    if isinstance(warmed, Warmed):
        answered, stops = before.answered + warmed.answered, before.stops + bool(warmed.stopped)
        now = replace(now, answered=answered, stops=stops)
        own = remembered(own, warmed.own)
        rollout = asked_itself(rollout, warmed.own)
    rollout = replace(rollout, own=replace(own, warm_up=now))
    if warmed is not None and _over(now, wanted):
        return rollout, ""
    return rollout, f"the raise waits for {wanted - now.answered} of {wanted} warm-up requests"


def warm_up_wanted(before: Current, decision: Decision, seen: Observation) -> WarmUpWanted | None:
    """Say which warm-up requests a pass may send, None where it may send none.

    Args:
        before: The row as it was loaded.
        decision: What was decided from it.
        seen: What that was decided from.
    """
    earlier, rollout = before.rollout, decision.current.rollout
    probes = None if rollout is None else rollout.policy.probes
    if earlier is None or rollout is None or probes is None:
        return None
    if something_else_is_due(before, decision, waits=True):
        return None
    if rollout.own.warm_up.looks == earlier.own.warm_up.looks or uncertain(rollout):
        # No raise waited in this look, or something must be seen once more first.
        return None
    candidate = seen.deployment(rollout.candidate)
    able = isinstance(candidate, DeploymentSeen) and candidate.state in ABLE_TO_SERVE
    if not able or not isinstance(seen.endpoint, EndpointSeen):
        return None
    if compare(rollout, seen.endpoint) is not Sight.AS_WANTED:
        return None
    so_far = rollout.own.warm_up
    # A 429 halves both, because clients come first.
    most = max(1, probes.warm_up >> so_far.stops)
    at_once = max(1, probes.concurrency >> so_far.stops)
    return WarmUpWanted(so_far.answered, min(most, probes.warm_up - so_far.answered), at_once)


def warm_up_told(rollout: Rollout) -> str:
    """How far the candidate was warmed up, as the raise's sentence says it; "" if it was not."""
    wanted, so_far = _wanted(rollout), rollout.own.warm_up
    if not wanted or not so_far.looks:
        return ""
    return f"; {so_far.answered} of {wanted} warm-up requests answered"


def _wanted(rollout: Rollout) -> int:
    """How many requests come before a raise: none for an endpoint's first deployment."""
    probes = rollout.policy.probes
    if probes is None or rollout.stable is None or not has_inputs(rollout.policy):
        return 0
    return probes.warm_up


def _over(so_far: WarmUp, wanted: int) -> bool:
    return so_far.answered >= wanted or so_far.looks >= WARM_UP_LOOKS
