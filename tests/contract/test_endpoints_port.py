"""`Endpoints` on existing things: the same facts of the double and of ARM over https."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from localazure.world import (
    Effect,
    Fault,
    make_split,
)
from rollout.core.records.observation import Absent, ModelId, ProvisioningState
from rollout.errors import (
    ArmRefusedError,
    ArmThrottledError,
    ArmUnavailableError,
    EndpointBusyError,
    StaleRowError,
)
from tests.support.contract.ports import Ports

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")
SECONDS = 5.0
STAMP = "20260131T100000Z-0001/3"


def test_an_absent_endpoint_is_absent_and_has_no_deployments(ports: Ports) -> None:
    assert ports.endpoints.endpoint(ports.endpoint, timeout=SECONDS) == Absent()
    assert ports.endpoints.deployments(ports.endpoint, timeout=SECONDS) == {}


def test_an_endpoint_is_read(blue: Ports) -> None:
    found = blue.seen()
    assert found.state is ProvisioningState.SUCCEEDED
    assert (found.traffic, found.mirror, found.stamp) == ({"blue": 100}, {}, None)
    assert (found.auth_mode, found.location) == ("key", "westeurope")
    assert blue.name in found.scoring_uri


def test_deployments_are_listed_with_model_and_tag(blue: Ports) -> None:
    (deployment,) = blue.endpoints.deployments(blue.endpoint, timeout=SECONDS).values()
    assert deployment.name == "blue"
    assert deployment.state is ProvisioningState.SUCCEEDED
    assert (deployment.model, deployment.instance_count) == (ModelId(blue.model, "6"), 3)
    assert deployment.rollout_tag is None


def test_a_deployment_changed_in_place_has_another_spec_and_a_scaled_one_the_same(
    blue: Ports,
) -> None:
    def spec() -> str:
        return blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)["blue"].spec

    before = spec()
    blue.given_deployment("blue", "6", instances=5)
    assert before
    assert spec() == before
    blue.given_deployment("blue", "7")
    assert spec() != before


def test_a_traffic_write_changes_split_mirror_and_stamp_and_nothing_else(blue: Ports) -> None:
    blue.given_deployment("green-7", "7")
    blue.given_deployment("shadow", "8")
    spec = blue.world.endpoints.get(blue.name).spec
    mirrored = replace(spec, split=make_split({"blue": 100}, {"shadow": 10}))
    blue.world.endpoints.put(blue.name, mirrored)
    blue.endpoints.set_traffic(
        blue.endpoint,
        blue.seen(),
        {"blue": 90, "green-7": 10},
        {"shadow": 10},
        stamp=STAMP,
        timeout=SECONDS,
    )
    after = blue.world.endpoints.get(blue.name).spec
    assert after.split == make_split({"blue": 90, "green-7": 10}, {"shadow": 10})
    assert after.tags == {"team": "risk", "rollout-write": STAMP}
    assert (after.description, after.identity) == (spec.description, spec.identity)
    assert blue.seen().stamp == STAMP


def test_the_last_check_of_a_traffic_write_comes_before_it_and_may_keep_it_back(
    blue: Ports,
) -> None:
    blue.given_deployment("green-7", "7")
    found, splits = blue.seen(), []

    def write(last_check: Callable[[], None]) -> None:
        blue.endpoints.set_traffic(
            blue.endpoint,
            found,
            {"blue": 90, "green-7": 10},
            {},
            stamp=STAMP,
            timeout=SECONDS,
            last_check=last_check,
        )

    def moved() -> None:
        raise StaleRowError("another writer was first")

    with pytest.raises(StaleRowError):
        write(moved)
    assert (blue.split(), blue.seen().stamp) == ({"blue": 100}, None)
    write(lambda: splits.append(blue.split()))
    assert splits == [{"blue": 100}]
    assert (blue.split(), blue.seen().stamp) == ({"blue": 90, "green-7": 10}, STAMP)


def test_a_mirror_is_set_and_gives_way_to_a_weight_in_one_write(blue: Ports) -> None:
    blue.given_deployment("green-7", "7")
    for split, mirror in (
        ({"blue": 100}, {"green-7": 20}),
        ({"blue": 90, "green-7": 10}, {}),
        ({"blue": 100}, {}),
    ):
        blue.endpoints.set_traffic(
            blue.endpoint, blue.seen(), split, mirror, stamp=STAMP, timeout=SECONDS
        )
        assert (blue.seen().traffic, blue.seen().mirror) == (split, mirror)


@pytest.mark.parametrize(
    "mirror", [{"green-7": 51}, {"green-7": 5, "shadow": 5}, {"blue": 10}, {"gone": 10}], ids=str
)
def test_a_mirror_that_cannot_be_is_refused(blue: Ports, mirror: dict[str, int]) -> None:
    blue.given_deployment("green-7", "7")
    blue.given_deployment("shadow", "8")
    with pytest.raises(ArmRefusedError):
        blue.endpoints.set_traffic(
            blue.endpoint, blue.seen(), {"blue": 100}, mirror, stamp=STAMP, timeout=SECONDS
        )
    assert blue.seen().mirror == {}


def test_weight_on_an_absent_deployment_is_refused(blue: Ports) -> None:
    with pytest.raises(ArmRefusedError):
        blue.endpoints.set_traffic(
            blue.endpoint, blue.seen(), {"gone": 100}, {}, stamp=STAMP, timeout=SECONDS
        )
    assert blue.split() == {"blue": 100}


@pytest.mark.parametrize("split", [{"blue": 99}, {"blue": 120, "green-7": -20}], ids=str)
def test_a_split_that_is_not_a_hundred_is_refused(blue: Ports, split: dict[str, int]) -> None:
    with pytest.raises(ArmRefusedError):
        blue.endpoints.set_traffic(
            blue.endpoint, blue.seen(), split, {}, stamp=STAMP, timeout=SECONDS
        )


def test_a_write_while_another_operation_runs_is_busy(blue: Ports) -> None:
    before = blue.world.dials
    blue.world.dials = replace(before, traffic_update=timedelta(hours=1))
    blue.given_deployment("green-7", "7")
    found = blue.seen()
    split = {"blue": 90, "green-7": 10}
    blue.endpoints.set_traffic(blue.endpoint, found, split, {}, stamp=STAMP, timeout=SECONDS)
    blue.world.dials = before
    with pytest.raises(EndpointBusyError):
        blue.endpoints.set_traffic(blue.endpoint, found, split, {}, stamp=STAMP, timeout=SECONDS)
    assert blue.seen().state is ProvisioningState.UPDATING
    assert blue.seen().traffic == {"blue": 100}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(409), EndpointBusyError),
        (Fault(412), EndpointBusyError),
        (Fault(429), ArmUnavailableError),
        (Fault(500), ArmUnavailableError),
        (Fault(400, code="OperationCanceled"), EndpointBusyError),
        (Fault(400, code="BadArgument"), ArmRefusedError),
        (Fault(403, code="AuthorizationFailed"), ArmRefusedError),
        (Fault(drops_connection=True), ArmUnavailableError),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
def test_a_failed_write_is_told_apart_by_what_helps(
    blue: Ports, fault: Fault, error: type[Exception]
) -> None:
    found = blue.seen()
    blue.faults.add("endpoints.put", fault)
    with pytest.raises(error):
        blue.endpoints.set_traffic(
            blue.endpoint, found, {"blue": 100}, {}, stamp=STAMP, timeout=SECONDS
        )
    assert blue.seen().stamp is None


def test_a_write_whose_answer_is_lost_may_have_happened(blue: Ports) -> None:
    found = blue.seen()
    blue.faults.add("endpoints.put", Fault(drops_connection=True, effect=Effect.BEFORE))
    with pytest.raises(ArmUnavailableError):
        blue.endpoints.set_traffic(
            blue.endpoint, found, {"blue": 100}, {}, stamp=STAMP, timeout=SECONDS
        )
    assert blue.seen().stamp == STAMP


@pytest.mark.parametrize("status", [409, 429, 503])
def test_a_failed_read_is_never_absence(blue: Ports, status: int) -> None:
    blue.faults.add("endpoints.get", Fault(status))
    with pytest.raises(ArmUnavailableError):
        blue.endpoints.endpoint(blue.endpoint, timeout=SECONDS)
    blue.faults.add("deployments.list", Fault(status))
    with pytest.raises(ArmUnavailableError):
        blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)


def test_a_call_beyond_azures_limits_says_how_long_to_wait(blue: Ports) -> None:
    found = blue.seen()
    for call in ("endpoints.get", "endpoints.put"):
        blue.faults.add(call, Fault(429, retry_after=7))
    with pytest.raises(ArmThrottledError) as read:
        blue.endpoints.endpoint(blue.endpoint, timeout=SECONDS)
    with pytest.raises(ArmThrottledError) as written:
        blue.endpoints.set_traffic(
            blue.endpoint, found, {"blue": 100}, {}, stamp=STAMP, timeout=SECONDS
        )
    assert read.value.wait == written.value.wait == timedelta(seconds=7)


def test_the_limits_dial_refuses_what_is_beyond_them_and_nothing_else(blue: Ports) -> None:
    before = blue.world.dials
    blue.world.dials = replace(before, throttle=True)
    try:
        for _ in range(3):
            assert blue.seen().traffic == {"blue": 100}
    finally:
        blue.world.dials = before


def test_a_deletion_is_started_and_may_be_repeated(blue: Ports) -> None:
    blue.given_deployment("green-7", "7")
    for _ in range(2):
        blue.endpoints.delete_deployment(blue.endpoint, "green-7", timeout=SECONDS)
    assert set(blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)) == {"blue"}


def test_a_deployment_with_traffic_is_not_deleted(blue: Ports) -> None:
    with pytest.raises(ArmRefusedError):
        blue.endpoints.delete_deployment(blue.endpoint, "blue", timeout=SECONDS)
