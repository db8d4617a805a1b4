"""Where nothing can happen soon, an endpoint sleeps: no tick wakes it before its next look.

Conservative: it sleeps only while no client can be harmed by the candidate without a door hearing
of it, and nothing of its own is under way. Each door's signal ends the sleep. It is never long, so
that whatever nobody tells us of is seen in some minutes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.machine.live_answers import live_of
from rollout.core.machine.sight import Sight, compare
from rollout.core.machine.suspending import live_rollout
from rollout.core.machine.telling import reminder_due
from rollout.core.machine.with_traffic import kept_until
from rollout.core.records.observation import EndpointSeen, Observation
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current, Rollout

LONGEST_SLEEP = timedelta(minutes=5)

AWAKE_AFTER_PROMOTION = timedelta(minutes=10)
"""So long a write of ours that came late may still have to be taken back."""


def wakes_at(current: Current) -> datetime | None:
    """Before this moment a wake-up has nothing to do; None: each has."""
    if current.offers or current.head != current.published:
        return None
    return current.next_look


def asleep(current: Current) -> bool:
    """The next look may lie beyond the next tick. A bake is looked at by every tick."""
    return wakes_at(current) is not None and current.phase is not Phase.BAKING


def sleeps_until(
    current: Current, seen: Observation, now: datetime, *, stopped: bool
) -> datetime | None:
    """When a look that found nothing to do is to be followed by the next; None: by each tick.

    Args:
        current: The row, as the look leaves it.
        seen: What the look saw.
        now: Its moment.
        stopped: Only a halt keeps the rollout from going on: nothing else is to be done or learnt.
    """
    if current.offers:
        return None  # what is decided of them may ask for a look
    rollout = live_rollout(current)
    if rollout is None:
        return _before_a_start(current, now)
    if not _undisturbed(current, rollout, seen):
        return None
    if rollout.phase is Phase.PROMOTED:
        until = _kept_until(rollout, now)
    else:
        waits = _waits_without_traffic(current, rollout, stopped=stopped)
        until = now + LONGEST_SLEEP if waits else None
    if until is None or until <= now:
        return None
    return min(until, now + LONGEST_SLEEP, *_ends_of_halts(current, rollout, now))


def _before_a_start(current: Current, now: datetime) -> datetime | None:
    """What keeps a waiting version from starting has an end, or an operator ends it."""
    if current.waiting is None or current.suspended_with_all is not None:
        return None
    halts = [current.suspension, current.start_frozen]
    # What could not be read may leave a freeze in the row that is over: then the start is tried.
    ends = [halt.until for halt in halts if halt is not None and halt.lasts(now)]
    if not ends:
        return None
    return min([now + LONGEST_SLEEP, *(end for end in ends if end is not None)])


def _undisturbed(current: Current, rollout: Rollout, seen: Observation) -> bool:
    """All is as wanted, was seen to be, and nobody waits for the rollout's end."""
    endpoint, memory = seen.endpoint, rollout.seen
    if not isinstance(endpoint, EndpointSeen) or current.waiting is not None:
        return False
    if memory.foreign or memory.absent or rollout.specs.fault or rollout.specs.stable_replaced:
        return False
    return compare(rollout, endpoint) is Sight.AS_WANTED


def _kept_until(rollout: Rollout, now: datetime) -> datetime | None:
    """The end of the keep, unless answers are read in it or the last write is too fresh."""
    if live_of(rollout) is not None or now - rollout.since < AWAKE_AFTER_PROMOTION:
        return None
    return kept_until(rollout)


def _waits_without_traffic(current: Current, rollout: Rollout, *, stopped: bool) -> bool:
    """A halt, before the candidate was given any requests.

    In a freeze evidence goes on being gathered, so the freeze must be all that it waits for. No
    door tells the endpoint that the order about all services is lifted.
    """
    if not PHASES[rollout.phase].forward:
        return False
    if rollout.asked_for_requests_at is not None or _carried(rollout):
        return False
    if rollout.hold is not None:
        return not HOLD_REASONS[rollout.hold.reason].lifts_itself
    if current.suspended_with_all is not None:
        return False
    return rollout.suspended or (rollout.frozen is not None and stopped)


def _carried(rollout: Rollout) -> bool:
    name, memory = rollout.candidate, rollout.seen
    return bool(memory.split.get(name) or memory.mirror.get(name))


def _ends_of_halts(current: Current, rollout: Rollout, now: datetime) -> Iterator[datetime]:
    ends = [halt.until for halt in (current.suspension, rollout.frozen) if halt is not None]
    if rollout.hold is not None:
        ends += [rollout.hold.expires, reminder_due(rollout.hold)]
    yield from (end for end in ends if end is not None and end > now)
