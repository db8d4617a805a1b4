"""Rollouts of the example whose first stage mirrors a fifth of the requests to the candidate."""

from dataclasses import replace
from typing import Any

from rollout.core.policy.model import Stage
from rollout.core.records.effects import Effect, SetTraffic
from rollout.core.records.observation import EndpointSeen, Observation
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Rollout, Seen
from tests.support.builders import BLUE, GREEN, NOW, POLICY, a_rollout, an_endpoint, minutes, seen

MIRROR = {GREEN: 20}
MIRRORING = replace(POLICY, stages=(Stage(0, minutes(10), mirror=20), *POLICY.stages))
ALL_BLUE, TENTH = {BLUE: 100}, {BLUE: 90, GREEN: 10}


def mirroring(phase: Phase, **changes: Any) -> Rollout:
    """As `a_rollout`: in SHIFTING and BAKING the first write asked for the mirror, at NOW."""
    rollout = a_rollout(phase, policy=MIRRORING)
    if rollout.asked_for_traffic_at is not None:
        rollout = replace(rollout, asked_for_traffic_at=None, asked_for_mirror_at=NOW)
    return replace(rollout, **changes)


def to_the_first_weight(**changes: Any) -> Rollout:
    """SHIFTING from the mirror, which was seen, to 10 %: the second write."""
    was = Seen(
        endpoint=True, split=ALL_BLUE, mirror=MIRROR, stamp=f"{a_rollout(Phase.BAKING).id}/1"
    )
    shifting = mirroring(Phase.SHIFTING, stage=1, write=2, asked_for_traffic_at=NOW, replaces=was)
    return replace(shifting, seen=was, **changes)


def shown(
    split: dict[str, int] | None = None,
    stamp: str | None = None,
    mirror: dict[str, int] | None = None,
    **changes: Any,
) -> Observation:
    """What `seen` shows, with this mirror."""
    endpoint: EndpointSeen = an_endpoint(ALL_BLUE if split is None else split, stamp, mirror=mirror)
    return replace(seen(), endpoint=endpoint, **changes)


def write_of(effects: tuple[Effect, ...]) -> tuple[dict[str, int], dict[str, int]] | None:
    """The split and the mirror that the effects ask for; None where they ask for none."""
    asked = [each for each in effects if isinstance(each, SetTraffic)]
    assert len(asked) <= 1
    return (dict(asked[0].split), dict(asked[0].mirror)) if asked else None
