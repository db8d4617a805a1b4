"""Minutes without the app's own requests: what is left is live traffic.

A request that ended near the end of a minute by this app's clock may be counted in the next one by
Azure's, so what a minute does not show is looked for once more there.

Whether Azure counts requests that name their deployment is assumed, not known. Where minute after
minute shows fewer requests than were sent, even with what the next one shows, they are not counted,
and nothing is taken out any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rollout.core.machine.live_side import without
from rollout.core.records.observation import Minute, SideMinute
from rollout.core.records.own_requests import Counts, OwnMinute, OwnRequests

UNCOUNTED_AFTER = 3
"""Minutes in a row that must show too few: one or two may be late."""

NOT_COUNTED = (
    "the metrics do not count requests that name their deployment: probes are no longer taken out"
)


@dataclass(frozen=True)
class Live:
    """Minutes as clients made them, with what was taken out of each, and what is remembered now."""

    minutes: tuple[Minute, ...]
    taken: tuple[OwnMinute, ...]
    own: OwnRequests


def sent(own: OwnRequests, more: Iterable[OwnMinute], at: datetime) -> OwnRequests:
    """Remember what the pass of the minute `at` probed; nothing that the metrics do not count."""
    return replace(remembered(own, more), probed_at=at, looks=own.looks + 1)


def remembered(own: OwnRequests, more: Iterable[OwnMinute]) -> OwnRequests:
    """Add requests that were sent, until the metrics show them."""
    known = {each.minute: each for each in own.minutes}
    for each in more if own.counted else ():
        before = known.get(each.minute, OwnMinute(each.minute))
        known[each.minute] = OwnMinute(
            each.minute,
            _sum(before.candidate, each.candidate),
            _sum(before.stable, each.stable),
        )
    minutes = tuple(known[minute] for minute in sorted(known) if known[minute].any)
    return replace(own, minutes=minutes)


def afresh(own: OwnRequests, now: datetime) -> OwnRequests:
    """Another phase begins: no minute from before this one will be folded."""
    this = now.replace(second=0, microsecond=0)
    minutes = tuple(each for each in own.minutes if each.minute >= this)
    return OwnRequests(minutes, counted=own.counted)


def live_minutes(own: OwnRequests, settled: Sequence[Minute], since: datetime) -> Live:
    """Take the own requests out of settled minutes, which are folded once.

    Args:
        own: What the rollout remembers.
        settled: In order. A minute without a side never came, and shows nothing.
        since: The first minute that counts in the window; older ones are forgotten.
    """
    waiting = {each.minute: each for each in own.minutes if each.minute >= since}
    owed = own.owed if own.owed is not None and own.owed.minute >= since else None
    missed, counted = own.missed, own.counted
    minutes, taken = [], []
    for minute in settled:
        mine = waiting.pop(minute.at, OwnMinute(minute.at)) if counted else OwnMinute(minute.at)
        if minute.stable is None and minute.candidate is None:
            minutes.append(minute)
            taken.append(OwnMinute(minute.at))
            owed = None
            continue
        late = owed or OwnMinute(minute.at)
        if _misses(minute.candidate, late.candidate) or _misses(minute.stable, late.stable):
            missed += 1
        elif mine.any or late.any:
            missed = 0
        found, out, left = _without(minute, late, mine)
        minutes.append(found)
        taken.append(out)
        owed = left if left.any else None
        if missed >= UNCOUNTED_AFTER:
            counted, owed, waiting, missed = False, None, {}, 0
    kept = tuple(waiting[at] for at in sorted(waiting)) if counted else ()
    after = replace(own, minutes=kept, owed=owed, missed=missed, counted=counted)
    return Live(tuple(minutes), tuple(taken), after)


def live_provisional(own: OwnRequests, provisional: Sequence[Minute]) -> tuple[Minute, ...]:
    """Take the own requests out of minutes that are not complete yet.

    One that shows fewer requests than were sent in it is left out: its live share of failures would
    be made of those that happened to arrive first.
    """
    waiting = {each.minute: each for each in own.minutes} if own.counted else {}
    found = []
    for minute in provisional:
        mine = waiting.get(minute.at, OwnMinute(minute.at))
        if not (_misses(minute.candidate, mine.candidate) or _misses(minute.stable, mine.stable)):
            found.append(_without(minute, OwnMinute(minute.at), mine)[0])
    return tuple(found)


def _misses(side: SideMinute | None, own: Counts) -> bool:
    """Whether even all its requests together are fewer than these."""
    shown = 0.0 if side is None else side.requests + side.unknown
    return sum(own.values()) > shown


def _without(
    minute: Minute, late: OwnMinute, mine: OwnMinute
) -> tuple[Minute, OwnMinute, OwnMinute]:
    """The live minute, what was taken out, and what of `mine` it did not show."""
    candidate, late_candidate, _ = _take(minute.candidate, late.candidate)
    stable, late_stable, _ = _take(minute.stable, late.stable)
    candidate, out_candidate, left_candidate = _take(candidate, mine.candidate)
    stable, out_stable, left_stable = _take(stable, mine.stable)
    taken = OwnMinute(minute.at, _sum(late_candidate, out_candidate), _sum(late_stable, out_stable))
    left = OwnMinute(minute.at, left_candidate, left_stable)
    return replace(minute, candidate=candidate, stable=stable), taken, left


def _take(side: SideMinute | None, own: Counts) -> tuple[SideMinute | None, Counts, Counts]:
    """A side without these requests, those that it showed, and those that it did not."""
    if side is None or not own:
        return side, {}, own
    rest, shown = without(side, own)
    left = {status: count - shown.get(status, 0) for status, count in own.items()}
    return rest, shown, {status: count for status, count in left.items() if count}


def _sum(one: Counts, other: Counts) -> Counts:
    return {status: one.get(status, 0) + other.get(status, 0) for status in sorted({*one, *other})}
