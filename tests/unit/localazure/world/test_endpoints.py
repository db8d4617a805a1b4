from dataclasses import replace
from datetime import timedelta

import pytest

from localazure.world import ArmError, Dials, OperationError, OperationKind, OperationStatus
from tests.unit.localazure.world.conftest import ENDPOINT, START, Scene


def test_an_endpoint_is_creating_until_its_time_is_over(scene: Scene) -> None:
    scene.world.dials = Dials(endpoint_creation=timedelta(seconds=30))
    scene.world.endpoints.put(ENDPOINT, scene.endpoint_spec())
    scene.clock.move(seconds=29)
    assert scene.world.endpoints.get(ENDPOINT).state == "Creating"
    scene.clock.move(seconds=1)
    assert scene.world.endpoints.get(ENDPOINT).state == "Succeeded"


def test_a_put_says_whether_the_endpoint_is_new(scene: Scene) -> None:
    assert scene.world.endpoints.put(ENDPOINT, scene.endpoint_spec())[1] is True
    assert scene.world.endpoints.put(ENDPOINT, scene.endpoint_spec())[1] is False


def test_names_ignore_case(scene: Scene) -> None:
    scene.endpoint("Blue", live={"blue": 100})
    assert scene.world.endpoints.get("FRAUD").name == ENDPOINT
    assert scene.world.deployments.get("FRAUD", "bLUE").name == "Blue"


@pytest.mark.parametrize("name", ["ab", "a" * 33, "1abc", "abc-", "a_bc", "", "straße"])
def test_a_bad_endpoint_name_is_refused(scene: Scene, name: str) -> None:
    with pytest.raises(ArmError, match="not a valid endpoint name") as refusal:
        scene.world.endpoints.put(name, scene.endpoint_spec())
    assert refusal.value.status == 400


def test_traffic_at_creation_is_refused(scene: Scene) -> None:
    with pytest.raises(ArmError, match="cannot be set when an endpoint is created"):
        scene.world.endpoints.put(ENDPOINT, scene.endpoint_spec({"blue": 100}))
    assert scene.world.endpoints.list() == []


def test_requests_follow_the_old_split_until_the_update_has_ended(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 100})
    scene.world.dials = Dials(traffic_update=timedelta(seconds=20))
    scene.shift({"blue": 90, "green": 10})
    endpoint = scene.world.endpoints.get(ENDPOINT)
    assert (endpoint.state, endpoint.split.live) == ("Updating", {"blue": 100})
    scene.clock.move(seconds=20)
    assert scene.live() == {"blue": 90, "green": 10}


def test_a_stale_read_shows_the_split_before_after_the_update_has_ended(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 100})
    scene.world.dials = Dials(
        traffic_update=timedelta(seconds=20), stale_read=timedelta(seconds=10)
    )
    scene.shift({"green": 100})
    scene.clock.move(seconds=29)
    endpoint = scene.world.endpoints.get(ENDPOINT)
    assert endpoint.state == "Succeeded"
    assert endpoint.split_shown(scene.clock()).live == {"blue": 100}
    assert endpoint.split.live == {"green": 100}
    scene.clock.move(seconds=1)
    assert endpoint.split_shown(scene.clock()).live == {"green": 100}


def test_a_second_update_while_one_runs_is_a_conflict(scene: Scene) -> None:
    scene.endpoint("blue", live={"blue": 100})
    scene.world.dials = Dials(traffic_update=timedelta(seconds=20))
    scene.shift({})
    with pytest.raises(ArmError, match="Updating provisioning state") as refusal:
        scene.shift({"blue": 100})
    assert refusal.value.status == 409
    with pytest.raises(ArmError, match="Updating"):
        scene.world.endpoints.patch(ENDPOINT, tags={})
    with pytest.raises(ArmError, match="Updating"):
        scene.world.endpoints.delete(ENDPOINT)


def test_a_failed_update_leaves_the_split_as_it_was(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 100})
    scene.world.fail_next(OperationKind.ENDPOINT_UPDATE, OperationError("InternalServerError", "?"))
    scene.shift({"green": 100})
    endpoint = scene.world.endpoints.get(ENDPOINT)
    assert (endpoint.state, endpoint.split.live) == ("Failed", {"blue": 100})
    assert endpoint.spec.split.live == {"blue": 100}
    scene.shift({"green": 100})
    assert scene.live() == {"green": 100}


def test_properties_once_set_are_neither_removed_nor_changed(scene: Scene) -> None:
    spec = replace(scene.endpoint_spec(), properties={"kept": "1"})
    scene.world.endpoints.put(ENDPOINT, spec)
    scene.world.endpoints.put(ENDPOINT, replace(spec, properties={"kept": "2", "new": "3"}))
    assert scene.world.endpoints.get(ENDPOINT).spec.properties == {"kept": "1", "new": "3"}


def test_a_patch_changes_tags_and_nothing_else(scene: Scene) -> None:
    scene.endpoint("blue", live={"blue": 100})
    after = scene.world.endpoints.patch(ENDPOINT, tags={"a": "1"}, identity=None)
    assert (after.state, after.spec.tags, after.split.live) == (
        "Succeeded",
        {"a": "1"},
        {"blue": 100},
    )


def test_only_the_key_asked_for_is_regenerated(scene: Scene) -> None:
    scene.endpoint()
    before = scene.world.endpoints.get(ENDPOINT)
    after = scene.world.endpoints.regenerate_key(ENDPOINT, primary=False)
    assert after.primary_key == before.primary_key
    assert after.secondary_key != before.secondary_key


def test_deleting_an_endpoint_also_deletes_its_deployments(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 100})
    scene.world.dials = Dials(
        endpoint_deletion=timedelta(seconds=5), deployment_creation=timedelta(hours=1)
    )
    scene.world.deployments.put(ENDPOINT, "late", scene.spec())
    creation = scene.world.deployments.get(ENDPOINT, "late").operation
    deletion = scene.world.endpoints.delete(ENDPOINT)
    assert deletion is not None
    assert scene.world.endpoints.get(ENDPOINT).state == "Deleting"
    scene.clock.move(seconds=5)
    with pytest.raises(ArmError, match="was not found"):
        scene.world.endpoints.get(ENDPOINT)
    assert scene.world.operation(deletion).status is OperationStatus.SUCCEEDED
    assert scene.world.operation(creation).status is OperationStatus.CANCELED
    assert scene.runtime.status(ENDPOINT, "blue").state == "absent"


def test_deleting_an_absent_endpoint_begins_nothing(scene: Scene) -> None:
    assert scene.world.endpoints.delete("absent") is None


def test_an_unknown_operation_is_not_found(scene: Scene) -> None:
    with pytest.raises(ArmError, match="was not found"):
        scene.world.operation("unknown")


def test_an_operation_ends_when_it_was_due_however_late_it_is_read(scene: Scene) -> None:
    scene.endpoint("blue")
    scene.world.dials = Dials(traffic_update=timedelta(seconds=20))
    scene.shift({"blue": 100})
    scene.clock.move(hours=3)
    operation = scene.world.operation(scene.world.endpoints.get(ENDPOINT).operation)
    assert operation.finished_at == START + timedelta(seconds=20)


def test_the_scoring_uri_follows_its_template(scene: Scene) -> None:
    scene.world.scoring_uri_template = "https://127.0.0.1:1/{endpoint}/score"
    assert scene.world.scoring_uri("Fraud") == "https://127.0.0.1:1/fraud/score"
