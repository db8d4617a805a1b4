"""Candidates are made with their collections on, each with data assets of its own."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from localazure.world import ACTIONS, Call, Collection, DataCollector
from rollout.core.policy.quality_model import Live
from rollout.errors import AccessDeniedError
from rollout.ports import NewDeployment
from tests.doubles.records import POLICY
from tests.support.contract.ports import Ports
from tests.support.role import GRANTED

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")
SECONDS = 5.0
LATER = datetime(2100, 1, 1, tzinfo=UTC)
LIVE = Live(inputs="model_inputs", sampling=0.5)
DATA = (ACTIONS[Call.DATA_GET], ACTIONS[Call.DATA_PUT])


def new(ports: Ports, live: Live | None = LIVE) -> NewDeployment:
    return NewDeployment("green-7", ports.model, "7", "r1", None, LATER, live)


def copy(ports: Ports, live: Live | None = LIVE) -> DataCollector | None:
    ports.register("7")
    blue = ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)["blue"]
    ports.endpoints.copy_deployment(ports.endpoint, blue, new(ports, live), timeout=SECONDS)
    return made(ports)


def create(ports: Ports, live: Live | None = LIVE) -> DataCollector | None:
    ports.register("7")
    policy = replace(POLICY, endpoint=ports.name, model=ports.model)
    ports.creator.create_candidate(ports.endpoint, policy, new(ports, live))
    return made(ports)


def made(ports: Ports) -> DataCollector | None:
    return ports.world.deployments.get(ports.name, "green-7").spec.collector


def own(ports: Ports, collection: str, sampling: float = 0.5) -> Collection:
    """What green-7 collects under a name, if it is its own; the asset is looked up."""
    name = f"{ports.name}-green-7-{collection}"
    asset = ports.world.data.get(name, "1")
    folder = f"modelDataCollector/{ports.name}/green-7/{collection}"
    uri = f"azureml://datastores/workspaceblobstore/paths/{folder}"
    assert (asset.body["dataType"], asset.body["dataUri"]) == ("uri_folder", uri)
    data_id = ports.world.workspace.asset("data", name, "1")
    return Collection(enabled=True, sampling_rate=sampling, data_id=data_id)


def blue_collects(ports: Ports, name: str, collection: Collection) -> None:
    spec = ports.world.deployments.get(ports.name, "blue").spec
    collector = DataCollector({name: collection})
    ports.world.deployments.put(ports.name, "blue", replace(spec, collector=collector))


def blues_asset(ports: Ports, name: str, folder: str) -> str:
    uri = f"azureml://datastores/workspaceblobstore/paths/{folder}"
    ports.world.data.put(name, "1", {"dataType": "uri_folder", "dataUri": uri})
    return ports.world.workspace.asset("data", name, "1")


@pytest.mark.parametrize("make", [copy, create])
def test_collections_are_switched_on_where_live_answers_are_judged(
    blue: Ports, make: object
) -> None:
    assert callable(make)
    collector = make(blue)

    assert collector is not None
    found = {name: replace(each, client_id=None) for name, each in collector.collections.items()}
    assert {name.lower(): _same_case(each) for name, each in found.items()} == {
        name: _same_case(own(blue, name)) for name in ("model_outputs", "model_inputs")
    }


@pytest.mark.parametrize("make", [copy, create])
def test_else_nothing_is_collected(blue: Ports, make: object) -> None:
    assert callable(make)
    assert make(blue, None) is None


def test_a_copy_keeps_the_sampling_of_what_its_source_collects(blue: Ports) -> None:
    folder = f"modelDataCollector/{blue.name}/blue/model_outputs"
    asset = blues_asset(blue, f"{blue.name}-blue-model_outputs", folder)
    blue_collects(blue, "model_outputs", Collection(True, 0.25, asset))
    collector = copy(blue, Live())

    assert collector is not None
    found = collector.collections["model_outputs"]
    assert _same_case(found) == _same_case(own(blue, "model_outputs", 0.25))


def test_a_copy_never_writes_among_its_sources_data(blue: Ports) -> None:
    """Though nobody judges it."""
    folder = f"modelDataCollector/{blue.name}/blue/request"
    asset = blues_asset(blue, f"{blue.name}-blue-request", folder)
    blue_collects(blue, "request", Collection(True, 1.0, asset))
    collector = copy(blue, None)

    assert collector is not None
    assert _same_case(collector.collections["request"]) == _same_case(own(blue, "request", 1.0))


def test_a_place_that_is_nobodys_own_is_shared(blue: Ports) -> None:
    asset = blues_asset(blue, f"answers-of-{blue.name}", f"answers/{blue.name}")
    blue_collects(blue, "model_outputs", Collection(True, 1.0, asset))
    collector = copy(blue, Live())

    assert collector is not None
    assert str(collector.collections["model_outputs"].data_id).lower() == asset.lower()


def test_making_it_twice_registers_nothing_twice(blue: Ports) -> None:
    first = copy(blue)

    assert copy(blue) == first


@pytest.mark.parametrize("make", [copy, create])
def test_without_the_right_to_data_assets_it_is_refused(blue: Ports, make: object) -> None:
    assert callable(make)
    blue.register("7")
    blue.allow(*(each for each in GRANTED if each not in DATA))

    with pytest.raises(AccessDeniedError, match="data/versions"):
        make(blue)


def _same_case(collection: Collection) -> Collection:
    """Azure compares ids without case."""
    return replace(collection, data_id=str(collection.data_id).lower())
