"""What a pass sent that then lost its race: the requests are the app's own, whoever saved first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rollout.core.machine.live_answers import asked_itself
from rollout.core.machine.live_minutes import remembered
from rollout.core.records.observation import Observation, Unreachable
from rollout.core.records.own_requests import OwnMinute
from rollout.core.records.rollout import Current


@dataclass(frozen=True)
class Unrecorded:
    """Requests that a pass sent for a rollout, and that no row knows of."""

    rollout: str
    own: tuple[OwnMinute, ...] = ()


def sent_in(seen: Observation) -> tuple[OwnMinute, ...]:
    """Return the app's own requests that a look sent, whatever for."""
    made = (seen.probes, seen.warmed, seen.examined)
    return tuple(
        minute
        for each in made
        if each is not None and not isinstance(each, Unreachable)
        for minute in each.own
    )


def with_unrecorded(current: Current, found: Sequence[Unrecorded]) -> Current:
    """Remember these requests, so that no minute takes them for clients'.

    What they showed is no evidence: another pass may have asked the same. A minute that was folded
    already has counted them as clients', once, and nothing is taken out of another one for it.
    """
    rollout = current.rollout
    if rollout is None or rollout.final:
        return current
    own = [minute for each in found if each.rollout == rollout.id for minute in each.own]
    folded = None if rollout.baking is None else rollout.baking.folded_until
    later = [each for each in own if folded is None or each.minute >= folded]
    if not own:
        return current
    rollout = replace(rollout, own=remembered(rollout.own, later))
    return replace(current, rollout=asked_itself(rollout, own))
