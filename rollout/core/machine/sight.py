"""What was seen of an endpoint, compared with the split and the mirror that its rollout wants."""

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from rollout.core.machine.wanted import (
    other_mirrors,
    others,
    previous_split,
    rehearsal_stamp,
    rollback_split,
    stage_mirror,
    stage_split,
    stamp,
    wanted_beside,
    wanted_mirror,
    wanted_split,
)
from rollout.core.records.observation import BROKEN, EndpointSeen, Observation, ProvisioningState
from rollout.core.records.phases import PHASES, Wants
from rollout.core.records.rollout import Current, Rollout
from rollout.units import FULL_WEIGHT

PASSES_IN_A_ROW = 2
"""How many looks must agree before absence or somebody else's split is believed."""

_ROLLOUT_ID = re.compile(r"[0-9]{8}T[0-9]{12}Z-[0-9a-f]+")


class Sight(StrEnum):
    """How the endpoint compares with what is wanted.

    `NOT_YET`: our write has not shown; `LATE`: an earlier write of ours arrived after it;
    `FOREIGN`: somebody else's split; `BUSY`: an operation runs, so the split proves nothing.
    """

    AS_WANTED = "as wanted"
    NOT_YET = "not yet"
    LATE = "late write"
    FOREIGN = "foreign"
    BUSY = "busy"


def compare(rollout: Rollout, endpoint: EndpointSeen) -> Sight:
    """Say whether the endpoint shows what is wanted."""
    if endpoint.state is not ProvisioningState.SUCCEEDED:
        return Sight.BUSY
    ours = endpoint.stamp == stamp(rollout)
    theirs = others(rollout, endpoint.traffic)
    if _split_as_wanted(rollout, endpoint) and _mirror_as_wanted(rollout, endpoint.mirror):
        # Where the way back leaves somebody else's choice alone there may be nothing to write.
        if theirs:
            return Sight.AS_WANTED
        # Before our first write the split alone counts. Later, where a write of ours is still to be
        # confirmed, only our stamp proves that it was this one.
        unproven = rollout.asked_for_requests_at is not None and PHASES[rollout.phase].confirms
        return Sight.AS_WANTED if ours or not unproven else Sight.NOT_YET
    if theirs or mirrored_elsewhere(rollout, endpoint.mirror):
        return Sight.FOREIGN
    if _late_rehearsal(rollout, endpoint):
        return Sight.LATE
    if is_older(rollout, endpoint.stamp) and _once_asked_for(rollout, endpoint):
        return Sight.LATE
    if _replaces(rollout, endpoint):
        return Sight.NOT_YET
    return Sight.LATE if _of_an_earlier_rollout(rollout, endpoint.stamp) else Sight.FOREIGN


def _split_as_wanted(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    return dict(endpoint.traffic) == wanted_beside(rollout, endpoint.traffic)


def _mirror_as_wanted(rollout: Rollout, mirror: Mapping[str, int]) -> bool:
    """What others mirror elsewhere is theirs; before our first write, to the candidate too."""
    facts = PHASES[rollout.phase]
    if facts.on_trial and facts.wants is Wants.STABLE:
        return True
    wanted = wanted_mirror(rollout)
    return dict(mirror) == wanted if wanted else rollout.candidate not in mirror


def mirrored_elsewhere(rollout: Rollout, mirror: Mapping[str, int]) -> dict[str, int]:
    """Somebody else's mirror in the place of ours: Azure mirrors to one deployment only."""
    return other_mirrors(rollout, mirror) if wanted_mirror(rollout) else {}


def mirror_dropped(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Our mirror is gone and all else is as wanted.

    Clients that do not know mirrors leave them out of their writes, and mean nothing by it.
    """
    wanted = wanted_mirror(rollout)
    return bool(wanted) and not endpoint.mirror and _split_as_wanted(rollout, endpoint)


def at_rest(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """The endpoint shows what is wanted, even if its last operation failed.

    That is enough to clean up; such an endpoint is not trusted with more traffic.
    """
    if endpoint.state in BROKEN:
        endpoint = replace(endpoint, state=ProvisioningState.SUCCEEDED)
    return compare(rollout, endpoint) is Sight.AS_WANTED


def carries(endpoint: EndpointSeen, name: str | None) -> bool:
    """The deployment has weight or mirrored traffic."""
    return bool(name) and bool(endpoint.traffic.get(name or "") or endpoint.mirror.get(name or ""))


def favours_stable(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Stable has more than is wanted for it: somebody rolled back by hand.

    Not where a third deployment has a share: whoever chose that wants something else.
    """
    if rollout.stable is None or others(rollout, endpoint.traffic):
        return False
    wanted = wanted_split(rollout).get(rollout.stable, 0)
    return endpoint.traffic.get(rollout.stable, 0) > wanted


def _replaces(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """It still shows what our write is to replace; before that write, with whatever tags."""
    past = rollout.replaces
    facts = PHASES[rollout.phase]
    if not facts.forward or facts.confirmed:
        return False
    if past is None:
        untouched = rollout.write == 1 and not _of(rollout, endpoint.stamp)
        return untouched and dict(endpoint.traffic) == previous_split(rollout)
    same_stamp = rollout.asked_at is None or past.stamp == endpoint.stamp
    same_mirror = past.mirror.get(rollout.candidate) == endpoint.mirror.get(rollout.candidate)
    return same_stamp and same_mirror and past.split == dict(endpoint.traffic)


def leaves_alone(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """On the way back: somebody else's choice serves, and nothing of the rollout's is in it."""
    theirs = PHASES[rollout.phase].back and bool(others(rollout, endpoint.traffic))
    return theirs and at_rest(rollout, endpoint)


def chosen_instead(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Somebody gave a third deployment weight and took all of the candidate's."""
    had_some = PHASES[rollout.phase].raises and rollout.asked_for_traffic_at is not None
    without = rollout.candidate not in endpoint.traffic
    return had_some and without and bool(others(rollout, endpoint.traffic))


def serves_without(candidate: str, endpoint: EndpointSeen) -> bool:
    """Some deployment has the traffic, and the candidate has none of it."""
    return bool(endpoint.traffic) and not carries(endpoint, candidate)


def _of_an_earlier_rollout(rollout: Rollout, seen: str | None) -> bool:
    """A write of a rollout before ours, landing after ours was seen: late, whatever it says."""
    owner = (seen or "").rpartition("/")[0]
    return (
        _ours_was_seen(rollout) and _ROLLOUT_ID.fullmatch(owner) is not None and owner < rollout.id
    )


def _late_rehearsal(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """The rehearsal of the way back, landing after a split of ours was seen.

    Whoever goes back by hand after that leaves the tag of that split, not the one before it.
    """
    rehearsed = endpoint.stamp == rehearsal_stamp(rollout)
    stable_alone = dict(endpoint.traffic) == rollback_split(rollout)
    mirrored = rollout.candidate in endpoint.mirror
    return _ours_was_seen(rollout) and rehearsed and stable_alone and not mirrored


def _ours_was_seen(rollout: Rollout) -> bool:
    return PHASES[rollout.phase].confirmed or rollout.stage > 0


def _of(rollout: Rollout, seen: str | None) -> bool:
    return seen is not None and seen.rpartition("/")[0] == rollout.id


def _once_asked_for(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """A write of ours can have had this split and this mirror.

    Whoever edits the endpoint by hand leaves our tag as it was. Before a rollback a split that we
    never asked for, such as all for stable, is theirs, however old the stamp beside it.
    """
    if not PHASES[rollout.phase].on_trial:
        return True
    mirrored = endpoint.mirror.get(rollout.candidate)
    return any(
        dict(endpoint.traffic) == stage_split(rollout, stage)
        and mirrored == stage_mirror(rollout, stage).get(rollout.candidate)
        for stage in range(rollout.stage + 1)
    )


def is_older(rollout: Rollout, seen: str | None) -> bool:
    """Say whether a stamp is that of an earlier write of this rollout."""
    if seen is None or not _of(rollout, seen):
        return False
    number = seen.rpartition("/")[2]
    return number.isdecimal() and int(number) < rollout.write


def serving(current: Current, seen: Observation) -> str | None:
    """The one deployment at 100 %; while a rollout shares the traffic, its stable.

    None where the endpoint was not read, or no deployment can be said to serve.
    """
    if not isinstance(seen.endpoint, EndpointSeen):
        return None
    full = [name for name, weight in seen.endpoint.traffic.items() if weight == FULL_WEIGHT]
    if full:
        return full[0]
    rollout = current.rollout
    return rollout.stable if rollout is not None and not rollout.final else None
