"""Which minutes count: whole ones, after the settle time, once their metrics are complete.

weight confirmed    settle over            now - gap      now - ingestion delay     now
|------------------|======= counts ========|== counts if there ==|== provisional ====|

Where nothing is to settle, the minute in which the weight was confirmed counts too, as a part of
one; and so does the one that still runs (`parts`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute
from rollout.units import MINUTE


def settled_from(policy: GatePolicy, window_start: datetime) -> datetime:
    """The first minute of a window that counts: whole, and after the settle time."""
    moment = window_start + policy.settle
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + MINUTE


def first_minute(policy: GatePolicy, window_start: datetime) -> datetime:
    """The first minute of a window of which at least a part counts.

    With a time to settle a part of a minute is mixed with requests that are not to count.
    """
    if policy.settle:
        return settled_from(policy, window_start)
    return window_start.replace(second=0, microsecond=0)


def settled_until(policy: GatePolicy, now: datetime) -> datetime:
    """The end (exclusive) of the minutes whose metrics have had time to appear."""
    return (now - policy.ingestion_delay).replace(second=0, microsecond=0)


def split_settled(
    policy: GatePolicy, minutes: Sequence[Minute], now: datetime
) -> tuple[list[Minute], list[Minute]]:
    """Divide what was read into settled minutes and provisional ones.

    A minute that should be there and is not stops the settled ones, until it is older than the gap:
    order is kept, and what comes late still counts. An absent minute that is not settled yet is
    left out.

    Args:
        policy: The frozen gate policy.
        minutes: One item each minute, oldest first; a minute without any side is absent.
        now: The pass's moment.
    """
    end = settled_until(policy, now)
    settled: list[Minute] = []
    for index, minute in enumerate(minutes):
        missing = minute.stable is None and minute.candidate is None
        too_young = minute.at + MINUTE > now - policy.gap
        if minute.at >= end or (missing and too_young):
            rest = minutes[index:]
            there = [each for each in rest if each.stable or each.candidate]
            return settled, there
        settled.append(minute)
    return settled, []


def silence(
    policy: GatePolicy, heard: datetime | None, counts_from: datetime, now: datetime
) -> timedelta:
    """How long the source has been silent about minutes that it should have shown by now."""
    last = counts_from if heard is None else max(heard + MINUTE, counts_from)
    return now - policy.ingestion_delay - last
