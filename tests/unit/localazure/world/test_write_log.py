from datetime import timedelta

from localazure.world import Caller, Dials, Snapshot, Split, Write
from tests.unit.localazure.world.conftest import ENDPOINT, START, Scene


def test_every_change_is_recorded_in_order_with_who_and_when(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 100})
    scene.world.dials = Dials(traffic_update=timedelta(seconds=20))
    first = len(scene.world.log)
    operator = Caller("operator", "curl/8")
    scene.shift({"blue": 90, "green": 10}, by=operator)
    scene.clock.move(minutes=1)
    put, ended = scene.world.log.since(first)
    assert put == Write(
        sequence=first,
        at=START,
        caller=operator,
        operation="endpoints.put",
        resource=ENDPOINT,
        before=Snapshot("Succeeded", Split({"blue": 100})),
        after=Snapshot("Updating", Split({"blue": 90, "green": 10}, {})),
    )
    assert (ended.operation, ended.at) == ("operations.succeeded", START + timedelta(seconds=20))
    assert ended.detail == "endpoints.update"


def test_operations_end_in_the_order_they_were_due(scene: Scene) -> None:
    scene.endpoint()
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=5))
    scene.world.deployments.put(ENDPOINT, "slow", scene.spec())
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=1))
    scene.world.deployments.put(ENDPOINT, "quick", scene.spec())
    scene.clock.move(hours=1)
    ended = [write.resource for write in scene.world.log.of("operations.succeeded")]
    assert ended[-2:] == ["fraud/quick", "fraud/slow"]


def test_listeners_hear_every_write(scene: Scene) -> None:
    heard: list[Write] = []
    scene.world.log.on_write(heard.append)
    scene.endpoint("blue")
    assert heard == scene.world.log.since(3)


def test_writes_can_be_found_by_operation_and_resource(scene: Scene) -> None:
    scene.endpoint("blue", "green")
    assert len(scene.world.log.of("deployments.put")) == 2
    (write,) = scene.world.log.of("deployments.put", "fraud/green")
    assert (write.before, write.after) == (Snapshot(), Snapshot("Creating"))
    assert list(scene.world.log)[-1].resource == "fraud/green"
