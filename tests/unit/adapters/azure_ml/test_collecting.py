"""A copy's own data collector: which assets are made again, which stay, and where."""

import json
from typing import Any

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.collecting import Collecting
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.core.policy.quality_model import Live
from rollout.errors import AccessDeniedError
from tests.support.collected_files import WORKSPACE
from tests.unit.adapters.conftest import Reply, Script

ENDPOINT = parse_endpoint_id(f"{WORKSPACE}/onlineEndpoints/scorer")
STORE = "azureml://datastores/answers/paths"
DENIED = Reply(403, json.dumps({"error": {"code": "AuthorizationFailed", "message": "no"}}))


def asset(name: str) -> str:
    return f"{WORKSPACE}/data/{name}/versions/1"


def found(uri: object) -> Reply:
    return Reply(body=json.dumps({"properties": {"dataUri": uri}}))


class Copy:
    """What a copy `green` of `blue` collects, and which assets were registered for it."""

    def __init__(self, script: Script, arm: Arm) -> None:
        self.script = script
        self.arm = arm
        self.script.on("PUT", asset("scorer-green-out"), Reply(201, "{}"))

    def of(self, collector: Any, live: Live | None = None) -> dict[str, Any] | None:
        collecting = Collecting(self.arm, ENDPOINT, "blue", "green")
        return collecting.of_copy(collector, live, Deadline(5))

    @property
    def registered(self) -> dict[str, str]:
        return {
            each.path.partition("/data/")[2].partition("/")[0]: json.loads(each.body)["properties"][
                "dataUri"
            ]
            for each in self.script.heard
            if each.method == "PUT"
        }


@pytest.fixture
def copy(script: Script, arm: Arm) -> Copy:
    return Copy(script, arm)


def out(data_id: object) -> dict[str, Any]:
    return {"rollingRate": "Day", "collections": {"out": {"samplingRate": 0.5, "dataId": data_id}}}


@pytest.mark.parametrize(
    ("name", "uri", "copied"),
    [
        ("scorer-blue-out", f"{STORE}/x/blue/out", f"{STORE}/x/green/out"),
        ("scorer-BLUE-Out", f"{STORE}/x/Blue/out", f"{STORE}/x/green/out"),
        # Named after blue, in a folder that is nobody's: the asset is another, the folder is not.
        ("scorer-blue-out", f"{STORE}/x/all", f"{STORE}/x/all"),
        # Of another name, in a folder that is blue's.
        ("mine", f"{STORE}/blue/out", f"{STORE}/green/out"),
    ],
)
def test_what_is_the_sources_own_is_made_again(
    copy: Copy, name: str, uri: str, copied: str
) -> None:
    copy.script.on("GET", asset(name), found(uri))

    assert copy.of(out(asset(name))) == out(asset("scorer-green-out"))
    assert copy.registered == {"scorer-green-out": copied}


@pytest.mark.parametrize("uri", [None, 7])
def test_an_asset_that_does_not_say_where_is_made_at_the_usual_place(
    copy: Copy, uri: object
) -> None:
    copy.script.on("GET", asset("scorer-blue-out"), found(uri))
    copy.of(out(asset("scorer-blue-out")))

    assert copy.registered == {
        "scorer-green-out": "azureml://datastores/workspaceblobstore/paths/modelDataCollector/scorer/green/out"
    }


def test_an_asset_that_is_gone_is_made_at_the_usual_place(copy: Copy) -> None:
    assert copy.of(out(asset("scorer-blue-out"))) == out(asset("scorer-green-out"))
    assert list(copy.registered) == ["scorer-green-out"]


def test_what_is_nobodys_own_stays(copy: Copy) -> None:
    copy.script.on("GET", asset("shared"), found(f"{STORE}/x/all"))

    assert copy.of(out(asset("shared"))) == out(asset("shared"))
    assert copy.registered == {}


@pytest.mark.parametrize("data_id", ["azureml:mine:1", "data", None, 7])
def test_what_is_no_id_of_an_asset_stays(copy: Copy, data_id: object) -> None:
    assert copy.of(out(data_id)) == out(data_id)
    assert not copy.script.heard


@pytest.mark.parametrize("collector", [None, "yes", {}, {"collections": None}])
def test_without_collections_there_is_no_collector(copy: Copy, collector: object) -> None:
    assert copy.of(collector) is None


def test_what_is_no_collection_stays_as_it_is(copy: Copy) -> None:
    odd = {"rollingRate": "Hour", "collections": {"odd": "yes"}}

    assert copy.of(odd) == odd


def test_an_asset_that_is_there_is_not_registered_again(copy: Copy) -> None:
    copy.script.on("GET", asset("scorer-blue-out"), found(f"{STORE}/blue/out"))
    copy.script.on("GET", asset("scorer-green-out"), found(f"{STORE}/green/out"))

    assert copy.of(out(asset("scorer-blue-out"))) == out(asset("scorer-green-out"))
    assert copy.registered == {}


def test_what_nobody_reads_needs_no_right(copy: Copy) -> None:
    copy.script.on("GET", asset("scorer-blue-out"), DENIED)

    assert copy.of(out(asset("scorer-blue-out"))) == out(asset("scorer-green-out"))


@pytest.mark.parametrize(("name", "live"), [("scorer-blue-out", Live("out")), ("mine", None)])
def test_what_is_read_or_unknown_needs_the_right(copy: Copy, name: str, live: Live | None) -> None:
    copy.script.on("GET", asset(name), DENIED)

    with pytest.raises(AccessDeniedError):
        copy.of(out(asset(name)), live)


def test_a_collection_that_is_off_is_switched_on_under_its_own_name(copy: Copy) -> None:
    off = {"collections": {"Out": {"dataCollectionMode": "Disabled", "samplingRate": 0.1}}}
    copy.script.on("PUT", asset("scorer-green-Out"), Reply(201, "{}"))

    assert copy.of(off, Live("out", sampling=0.7, datastore="answers")) == {
        "rollingRate": "Hour",
        "collections": {
            "Out": {
                "dataCollectionMode": "Enabled",
                "samplingRate": 0.7,
                "dataId": asset("scorer-green-Out"),
            }
        },
    }
    assert copy.registered == {"scorer-green-Out": f"{STORE}/modelDataCollector/scorer/green/Out"}
