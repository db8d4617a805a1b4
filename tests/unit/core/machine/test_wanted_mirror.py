"""The writes of a rollout that begins with a mirror: what each says, and what proves it."""

from dataclasses import replace

import pytest

from rollout.core.machine.sight import Sight, at_rest, compare
from rollout.core.machine.wanted import mirror_beside, wanted_mirror, wanted_share, wanted_split
from rollout.core.records.effects import DeleteDeployment, Recheck, SetTraffic
from rollout.core.records.observation import EndpointSeen, Observation
from rollout.core.records.observation import ProvisioningState as P
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Rollout
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    a_rollout,
    after,
    an_endpoint,
    deployments,
    held,
    look,
    ours,
    rollout_of,
)
from tests.support.mirrors import (
    ALL_BLUE,
    MIRROR,
    TENTH,
    mirroring,
    shown,
    to_the_first_weight,
    write_of,
)

SHIFTING, BAKING = mirroring(Phase.SHIFTING), mirroring(Phase.BAKING)
ROLLING_BACK = mirroring(Phase.ROLLING_BACK)
DISCARDING = mirroring(Phase.DISCARDING, write=2, asked_for_mirror_at=NOW)
THEIRS = {"shadow": 5}


def sight(rollout: Rollout, observation: Observation) -> Sight:
    assert isinstance(observation.endpoint, EndpointSeen)
    return compare(rollout, observation.endpoint)


def test_stable_keeps_all_traffic_while_requests_are_mirrored() -> None:
    assert (wanted_split(BAKING), wanted_mirror(BAKING)) == (ALL_BLUE, MIRROR)
    assert wanted_share(BAKING) == "20 % mirrored"
    assert wanted_share(replace(BAKING, stage=1)) == "10 %"


def test_a_mirror_is_asked_for_under_a_stamp_and_the_fence_of_a_raise() -> None:
    asked = look(SHIFTING, shown())
    assert asked.effects == (
        SetTraffic(ALL_BLUE, MIRROR, ours(1), raises_candidate=True),
        Recheck(),
    )


def test_only_mirror_and_stamp_together_confirm_it() -> None:
    assert sight(SHIFTING, shown(mirror=MIRROR)) is Sight.NOT_YET
    assert sight(SHIFTING, shown(stamp=ours(1), mirror={GREEN: 10})) is Sight.FOREIGN
    moved = rollout_of(look(SHIFTING, shown(stamp=ours(1), mirror=MIRROR), after(1)))
    assert moved.phase is Phase.BAKING
    assert moved.seen.mirror == MIRROR


def test_the_mirror_ends_and_the_first_weight_begins_in_one_write() -> None:
    shifting = to_the_first_weight()
    for stamp in (ours(1), None):
        # An older client that wrote the same again may have lost the tags.
        there = shown(stamp=stamp, mirror=MIRROR)
        shifting = replace(shifting, replaces=replace(shifting.seen, stamp=stamp))
        assert sight(shifting, there) in (Sight.LATE, Sight.NOT_YET)
        assert write_of(look(shifting, there).effects) == (TENTH, {})
    assert sight(shifting, shown(TENTH, ours(2))) is Sight.AS_WANTED


def test_a_mirror_that_arrives_late_is_overwritten() -> None:
    baking = mirroring(Phase.BAKING, stage=1, write=2, asked_for_traffic_at=NOW)
    late = shown(stamp=ours(1), mirror=MIRROR)
    assert sight(baking, late) is Sight.LATE
    assert write_of(look(baking, late).effects) == (TENTH, {})


def test_a_mirror_that_no_stage_asked_for_is_no_late_write() -> None:
    baking = mirroring(Phase.BAKING, stage=1, write=2, asked_for_traffic_at=NOW)
    assert sight(baking, shown(stamp=ours(1), mirror={GREEN: 30})) is Sight.FOREIGN


def test_an_endpoints_first_deployment_gets_all_traffic_and_no_mirror() -> None:
    first = replace(SHIFTING, stable=None)
    empty = shown({}, deployments=deployments(GREEN))
    assert write_of(look(first, empty).effects) == ({GREEN: 100}, {})


def test_a_halt_raises_no_mirror_and_takes_none_away() -> None:
    assert write_of(look(held(SHIFTING), shown()).effects) is None
    confirmed = shown(stamp=ours(1), mirror=MIRROR)
    assert write_of(look(held(BAKING), confirmed).effects) is None
    assert write_of(look(BAKING, confirmed, suspended=True).effects) is None


@pytest.mark.parametrize("state", [P.SUCCEEDED, P.UPDATING, P.FAILED])
def test_a_way_back_clears_the_mirror(state: P) -> None:
    endpoint = an_endpoint(ALL_BLUE, ours(1), state, MIRROR)
    there = replace(shown(), endpoint=endpoint)
    for rollout in (ROLLING_BACK, DISCARDING):
        assert write_of(look(rollout, there).effects) == (ALL_BLUE, {})
        assert not at_rest(rollout, endpoint)


def test_stable_at_all_traffic_is_no_rollback_while_the_candidate_is_mirrored_to() -> None:
    waiting = look(ROLLING_BACK, shown(stamp=ours(2), mirror=MIRROR))
    assert rollout_of(waiting).phase is Phase.ROLLING_BACK
    over = look(ROLLING_BACK, shown(stamp=ours(2)))
    assert rollout_of(over).phase is Phase.DISCARDING


def test_a_rollback_from_the_mirror_needs_the_proof_of_its_stamp() -> None:
    """Before any write the split alone counts; a mirror is a write that may still arrive."""
    assert sight(ROLLING_BACK, shown(stamp=ours(1))) is Sight.NOT_YET
    unasked = replace(ROLLING_BACK, asked_for_mirror_at=None)
    assert sight(unasked, shown(stamp=ours(1))) is Sight.AS_WANTED


def test_a_candidate_is_deleted_only_once_nothing_is_mirrored_to_it() -> None:
    due = replace(DISCARDING, delete_due=NOW)
    mirrored = look(due, shown(stamp=ours(1), mirror=MIRROR))
    assert not [each for each in mirrored.effects if isinstance(each, DeleteDeployment)]
    assert DeleteDeployment(GREEN) in look(due, shown(stamp=ours(2))).effects


def test_a_way_back_beside_a_third_deployment_clears_only_the_mirror() -> None:
    there = shown({"red": 100}, "who", MIRROR, deployments=deployments("red", BLUE, GREEN))
    assert write_of(look(ROLLING_BACK, there).effects) == ({"red": 100}, {})
    left = shown({"red": 100}, "who", deployments=deployments("red", BLUE, GREEN))
    assert write_of(look(ROLLING_BACK, left).effects) is None


def test_what_is_mirrored_to_others_is_left_alone_by_weights_and_ways_back() -> None:
    weight = replace(to_the_first_weight(), replaces=None, write=1, stage=1)
    assert mirror_beside(weight, TENTH, THEIRS) == THEIRS
    back = shown(TENTH, ours(1), THEIRS)
    assert write_of(look(ROLLING_BACK, back).effects) == (ALL_BLUE, THEIRS)
    assert sight(ROLLING_BACK, shown(stamp=ours(2), mirror=THEIRS)) is Sight.AS_WANTED


def test_what_gets_a_weight_loses_its_mirror_or_azure_would_refuse_the_write() -> None:
    """Somebody mirrors to the old stable, at 0 % in the last stage: a rollback must pass."""
    back = shown({GREEN: 100}, ours(1), {BLUE: 10})
    assert write_of(look(ROLLING_BACK, back).effects) == (ALL_BLUE, {})


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.VALIDATING])
def test_before_the_first_write_a_mirror_set_by_hand_is_left_alone(phase: Phase) -> None:
    assert sight(a_rollout(phase), shown(mirror={GREEN: 5})) is Sight.AS_WANTED


def test_a_mirror_set_by_hand_before_is_replaced_by_the_first_write() -> None:
    shifting = replace(SHIFTING, replaces=replace(SHIFTING.seen, split=ALL_BLUE, mirror={GREEN: 5}))
    there = shown(mirror={GREEN: 5})
    assert sight(shifting, there) is Sight.NOT_YET
    assert write_of(look(shifting, there).effects) == (ALL_BLUE, MIRROR)
