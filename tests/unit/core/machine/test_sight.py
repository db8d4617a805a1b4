"""The wanted split, and what a look at the endpoint says of it."""

from dataclasses import replace

import pytest

from rollout.core.machine.sight import Sight, at_rest, carries, compare, favours_stable
from rollout.core.machine.wanted import previous_split, shown, stamp, wanted_split, wanted_weight
from rollout.core.records.observation import EndpointSeen, ProvisioningState
from rollout.core.records.phases import FORWARD_PHASES, Phase
from rollout.core.records.rollout import Rollout, Seen
from tests.support.builders import BLUE, GREEN, NOW, a_rollout, an_endpoint, ours

ALL_BLUE, ALL_GREEN = {BLUE: 100}, {GREEN: 100}
TENTH = {BLUE: 90, GREEN: 10}
UPDATING, FAILED = ProvisioningState.UPDATING, ProvisioningState.FAILED

SPLITS = {
    Phase.CREATING: ALL_BLUE,
    Phase.VALIDATING: ALL_BLUE,
    Phase.SHIFTING: TENTH,
    Phase.BAKING: TENTH,
    Phase.PROMOTED: ALL_GREEN,
    Phase.RETIRING: ALL_GREEN,
    Phase.SUCCEEDED: ALL_GREEN,
    Phase.ROLLING_BACK: ALL_BLUE,
    Phase.DISCARDING: ALL_BLUE,
    Phase.ROLLED_BACK: ALL_BLUE,
    Phase.FAILED: ALL_BLUE,
    Phase.SUPERSEDED: ALL_BLUE,
}


@pytest.mark.parametrize(("phase", "split"), SPLITS.items())
def test_each_phase_wants_its_split(phase: Phase, split: dict[str, int]) -> None:
    rollout = a_rollout(phase)
    assert wanted_split(rollout) == split
    assert wanted_weight(rollout) == split.get(GREEN, 0)


@pytest.mark.parametrize(
    ("phase", "split"),
    [
        (Phase.CREATING, {}),
        (Phase.SHIFTING, ALL_GREEN),
        (Phase.ROLLING_BACK, {}),
        (Phase.DISCARDING, {}),
    ],
)
def test_a_first_deployment_shares_with_nobody(phase: Phase, split: dict[str, int]) -> None:
    assert wanted_split(a_rollout(phase, stable=None)) == split


def test_the_last_stage_leaves_no_zero_entry_for_stable() -> None:
    assert wanted_split(a_rollout(Phase.BAKING, stage=2)) == ALL_GREEN


def test_the_split_before_a_stage_is_the_one_of_the_stage_before() -> None:
    assert previous_split(a_rollout(Phase.SHIFTING, stage=0)) == ALL_BLUE
    assert previous_split(a_rollout(Phase.SHIFTING, stage=1)) == TENTH
    assert previous_split(a_rollout(Phase.SHIFTING, stable=None)) == {}


def test_the_stamp_names_the_rollout_and_the_write() -> None:
    assert stamp(a_rollout(Phase.SHIFTING, write=4)) == ours(4)


SECOND = a_rollout(Phase.SHIFTING, stage=1, write=2)
HALF = {BLUE: 50, GREEN: 50}
SIGHTS: list[tuple[str, Rollout, EndpointSeen, Sight]] = [
    ("an operation runs", SECOND, an_endpoint(HALF, ours(2), UPDATING), Sight.BUSY),
    ("it failed", SECOND, an_endpoint(HALF, ours(2), FAILED), Sight.BUSY),
    ("our stamp, our split", SECOND, an_endpoint(HALF, ours(2)), Sight.AS_WANTED),
    ("our split, not our stamp", SECOND, an_endpoint(HALF, "who"), Sight.NOT_YET),
    ("our split, older stamp", SECOND, an_endpoint(HALF, ours(1)), Sight.NOT_YET),
    ("older stamp of ours", SECOND, an_endpoint(TENTH, ours(1)), Sight.LATE),
    ("all for stable beside an older stamp", SECOND, an_endpoint(ALL_BLUE, ours(1)), Sight.FOREIGN),
    (
        "going back, any older stamp",
        a_rollout(Phase.ROLLING_BACK),
        an_endpoint({BLUE: 1, GREEN: 99}, ours(1)),
        Sight.LATE,
    ),
    ("our stamp, another split", SECOND, an_endpoint(TENTH, ours(2)), Sight.FOREIGN),
    ("unknown stamp", SECOND, an_endpoint(TENTH, "who"), Sight.FOREIGN),
    ("no stamp", SECOND, an_endpoint(TENTH), Sight.FOREIGN),
    ("a stamp that is no number", SECOND, an_endpoint(TENTH, ours(2) + "x"), Sight.FOREIGN),
    (
        "nothing written yet",
        a_rollout(Phase.SHIFTING),
        an_endpoint(ALL_BLUE),
        Sight.NOT_YET,
    ),
    (
        "the first write, another rollout's stamp before it",
        a_rollout(Phase.SHIFTING),
        an_endpoint(ALL_BLUE, "older/7"),
        Sight.NOT_YET,
    ),
    (
        "the first write is taken back with our stamp",
        a_rollout(Phase.SHIFTING),
        an_endpoint(ALL_BLUE, ours(1)),
        Sight.FOREIGN,
    ),
    (
        "before any write the split alone counts",
        a_rollout(Phase.CREATING),
        an_endpoint(ALL_BLUE, "who"),
        Sight.AS_WANTED,
    ),
    (
        "baking asks for no proof of the stamp",
        a_rollout(Phase.BAKING),
        an_endpoint(TENTH, "who"),
        Sight.AS_WANTED,
    ),
    (
        "going back is proven by our stamp",
        a_rollout(Phase.ROLLING_BACK),
        an_endpoint(ALL_BLUE),
        Sight.NOT_YET,
    ),
]


@pytest.mark.parametrize(
    ("rollout", "endpoint", "sight"), [row[1:] for row in SIGHTS], ids=[row[0] for row in SIGHTS]
)
def test_what_a_look_says(rollout: Rollout, endpoint: EndpointSeen, sight: Sight) -> None:
    assert compare(rollout, endpoint) is sight


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES - {Phase.BAKING, Phase.PROMOTED}))
def test_a_split_that_a_person_overruled_is_not_foreign_any_more(phase: Phase) -> None:
    other = {BLUE: 70, GREEN: 30}
    rollout = a_rollout(phase, replaces=Seen(True, split=other, stamp="who"))
    assert compare(rollout, an_endpoint(other, "who")) is Sight.NOT_YET
    asked = replace(rollout, asked_at=NOW)
    assert compare(asked, an_endpoint(other, "who")) is Sight.NOT_YET
    assert compare(asked, an_endpoint(other, "another")) is Sight.FOREIGN


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES))
@pytest.mark.parametrize("stamp_seen", [ours(0), "20250131T100000000000Z-0001/3", "who"])
def test_weight_of_a_third_deployment_is_never_a_late_write_nor_to_be_replaced(
    phase: Phase, stamp_seen: str
) -> None:
    other = {BLUE: 70, "red": 30}
    past = Seen(True, split=other, stamp=stamp_seen)
    rollout = a_rollout(phase, write=3, replaces=past)
    assert compare(rollout, an_endpoint(other, stamp_seen)) is Sight.FOREIGN


def test_what_was_overruled_once_is_foreign_when_it_comes_back_later() -> None:
    other = {BLUE: 70, "red": 30}
    rollout = a_rollout(Phase.BAKING, replaces=Seen(True, split=other, stamp="who"))
    assert compare(rollout, an_endpoint(other, "who")) is Sight.FOREIGN


def test_an_endpoint_that_failed_is_at_rest_once_its_split_is_wanted() -> None:
    rollout = a_rollout(Phase.DISCARDING)
    assert at_rest(rollout, an_endpoint(ALL_BLUE, state=FAILED))
    assert at_rest(rollout, an_endpoint(ALL_BLUE))
    assert not at_rest(rollout, an_endpoint(ALL_BLUE, state=UPDATING))
    assert not at_rest(rollout, an_endpoint(TENTH, state=FAILED))


def test_mirrored_traffic_is_carried_too() -> None:
    assert carries(an_endpoint(ALL_BLUE, mirror={GREEN: 5}), GREEN)
    assert carries(an_endpoint(TENTH), GREEN)
    assert not carries(an_endpoint(ALL_BLUE), GREEN)
    assert not carries(an_endpoint(ALL_BLUE), None)


def test_more_for_stable_than_wanted_is_a_move_back() -> None:
    baking = a_rollout(Phase.BAKING)
    assert favours_stable(baking, an_endpoint(ALL_BLUE))
    assert not favours_stable(baking, an_endpoint(HALF))
    assert not favours_stable(replace(baking, stable=None), an_endpoint(ALL_BLUE))


def test_a_split_reads_well() -> None:
    assert shown(TENTH) == "blue 90 %, green-7 10 %"
    assert shown({}) == "no traffic"
