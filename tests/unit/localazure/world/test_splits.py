from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localazure.world import ArmError, Dials, OperationError, OperationKind, make_split
from tests.unit.localazure.world.conftest import ENDPOINT, Scene


@pytest.mark.parametrize(
    ("live", "mirror", "reason"),
    [
        pytest.param({"blue": 90}, {}, "must be 0 or 100, not 90", id="sum too small"),
        pytest.param({"blue": 90, "green": 20}, {}, "not 110", id="sum too large"),
        pytest.param({"absent": 100}, {}, "does not exist", id="absent deployment"),
        pytest.param({"blue": 100}, {"absent": 10}, "does not exist", id="absent mirror"),
        pytest.param({"blue": 100}, {"green": 51}, "at most 50", id="mirror too large"),
        pytest.param({"blue": 100}, {"blue": 10}, "live and mirrored", id="both at once"),
        pytest.param(
            {"blue": 100}, {"green": 10, "red": 10}, "one deployment only", id="two mirrors"
        ),
    ],
)
def test_an_impossible_split_is_refused_and_changes_nothing(
    scene: Scene, live: dict[str, int], mirror: dict[str, int], reason: str
) -> None:
    scene.endpoint("blue", "green", "red", live={"blue": 100})
    writes = len(scene.world.log)
    with pytest.raises(ArmError, match=reason) as refusal:
        scene.shift(live, mirror)
    assert refusal.value.status == 400
    assert (scene.live(), len(scene.world.log)) == ({"blue": 100}, writes)


@pytest.mark.parametrize("percent", [-1, 101, 50.0, True, "50", None])
def test_a_percent_is_a_whole_number_from_0_to_100(percent: object) -> None:
    with pytest.raises(ArmError, match="whole number from 0 to 100"):
        make_split({"blue": percent}, {})


def test_a_split_in_normal_form_is_lower_case_without_zeroes() -> None:
    split = make_split({"Blue": 100, "green": 0}, {"Red": 0})
    assert (split.live, split.mirror) == ({"blue": 100}, {})


def test_an_endpoint_can_be_switched_off(scene: Scene) -> None:
    scene.endpoint("blue", live={"blue": 100})
    scene.shift({"blue": 0})
    assert scene.live() == {}


def test_a_deployment_that_is_still_creating_gets_no_weight(scene: Scene) -> None:
    scene.endpoint("blue", live={"blue": 100})
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=5))
    scene.world.deployments.put(ENDPOINT, "green", scene.spec())
    with pytest.raises(ArmError, match="Creating provisioning state"):
        scene.shift({"blue": 90, "green": 10})


def test_traffic_moves_between_others_while_a_deployment_is_creating(scene: Scene) -> None:
    scene.endpoint("blue", "red", live={"blue": 100})
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=5))
    scene.world.deployments.put(ENDPOINT, "green", scene.spec())
    scene.shift({"red": 100})
    assert scene.live() == {"red": 100}


def test_a_dial_refuses_every_new_split_while_a_deployment_is_creating(scene: Scene) -> None:
    scene.endpoint("blue", "red", live={"blue": 100})
    scene.world.dials = Dials(
        deployment_creation=timedelta(minutes=5), refuse_traffic_while_creating=True
    )
    scene.world.deployments.put(ENDPOINT, "green", scene.spec())
    with pytest.raises(ArmError, match="deployment green is in Creating") as refusal:
        scene.shift({"red": 100})
    assert refusal.value.status == 409
    scene.shift({"blue": 100})


def test_a_failed_deployment_keeps_or_loses_weight_but_gets_none(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 50, "green": 50})
    scene.world.fail_next(OperationKind.DEPLOYMENT_UPDATE, OperationError("BadArgument", "?"))
    scene.world.deployments.put(ENDPOINT, "green", scene.spec("2"))
    assert scene.state("green") == "Failed"
    scene.shift({"blue": 60, "green": 40})
    with pytest.raises(ArmError, match="Failed provisioning state"):
        scene.shift({"blue": 50, "green": 50})


@pytest.mark.parametrize(("strict", "moves"), [(False, True), (True, False)])
def test_weight_for_a_scaling_deployment_is_a_dial(
    scene: Scene, *, strict: bool, moves: bool
) -> None:
    scene.endpoint("blue", "green", live={"green": 100})
    scene.world.dials = Dials(
        deployment_scaling=timedelta(minutes=1), weight_needs_succeeded=strict
    )
    scene.world.deployments.patch(ENDPOINT, "blue", instance_count=3)
    assert scene.state("blue") == "Scaling"
    if moves:
        scene.shift({"blue": 100})
    else:
        with pytest.raises(ArmError, match="Scaling provisioning state"):
            scene.shift({"blue": 100})
    assert scene.live() == ({"blue": 100} if moves else {"green": 100})


@given(
    live=st.dictionaries(st.sampled_from(["blue", "green", "red"]), st.integers(0, 100)),
    mirror=st.dictionaries(st.sampled_from(["blue", "green", "red"]), st.integers(0, 100)),
)
def test_the_split_stays_possible_whatever_is_asked_for(
    live: dict[str, int], mirror: dict[str, int]
) -> None:
    scene = Scene()
    scene.endpoint("blue", "green", live={"blue": 100})
    with suppress(ArmError):
        scene.shift(live, mirror)
    split = scene.world.endpoints.get(ENDPOINT).split
    assert sum(split.live.values()) in (0, 100)
    assert not split.live.keys() & split.mirror.keys()
    assert "red" not in split.live.keys() | split.mirror.keys()
