"""Payload logging by the whole local Azure, with models that need no process, and its dials."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from localazure.stack.process import stack_process
from tests.contract.localazure.stack.test_stack import DATASTORE_PATH, LocalAzure
from tests.support.contract.sample_host import eventually

ENDPOINT = "/onlineEndpoints/collected"
FOLDER = "modelDataCollector/collected/blue"
KINDS = ("request", "response")
BOTH = {"collections": {kind: {"dataCollectionMode": "Enabled"} for kind in KINDS}}


class Collecting:
    """An endpoint whose only deployment logs both payloads."""

    def __init__(self, azure: LocalAzure, container: ContainerClient) -> None:
        self.azure = azure
        self._container = container
        azure.register("fraud", "1")
        assert azure.workspace("PUT", ENDPOINT, _endpoint({}))[0] == 201
        status, _ = azure.workspace("PUT", f"{ENDPOINT}/deployments/blue", self._deployment())
        assert status == 201
        assert azure.workspace("PUT", ENDPOINT, _endpoint({"blue": 100}))[0] == 200
        keys = azure.workspace("POST", f"{ENDPOINT}/listKeys")[1]
        self._authorization = f"Bearer {keys['primaryKey']}"

    def _deployment(self) -> dict[str, Any]:
        workspace = self.azure.ready["workspaceId"]
        properties = {
            "endpointComputeType": "Managed",
            "model": f"{workspace}/models/fraud/versions/1",
            "dataCollector": BOTH,
        }
        return {"location": "westeurope", "properties": properties}

    def score(self, body: bytes, content_type: str = "application/json") -> None:
        headers = {"Authorization": self._authorization, "Content-Type": content_type}
        url = f"{self.azure.ready['scoringUrl']}/collected/score"
        assert self.azure.send("POST", url, data=body, headers=headers)[0] == 200

    def rows(self, kind: str, *, holding: str) -> list[dict[str, Any]]:
        """The records whose line has this text: each test reads its own only."""
        return [
            json.loads(line)
            for name in self._container.list_blob_names(name_starts_with=f"{FOLDER}/{kind}/")
            if str(name).endswith(".jsonl")
            for line in self._container.download_blob(name).readall().splitlines()
            if holding.encode() in line
        ]

    def blob(self, url: str) -> bytes:
        name = urlsplit(url).path.partition(f"/{self._container.container_name}/")[2]
        return self._container.download_blob(name).readall()


def _endpoint(traffic: dict[str, int]) -> dict[str, Any]:
    return {"location": "westeurope", "properties": {"authMode": "Key", "traffic": traffic}}


@pytest.fixture(scope="module")
def collecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collecting]:
    work = tmp_path_factory.mktemp("azure")
    with stack_process(work, ["--runtime", "instant", "--seed", "7"]) as process:
        azure = LocalAzure(process)
        store = azure.workspace("GET", "/datastores/workspaceblobstore")[1]["properties"]
        assert store["containerName"] not in DATASTORE_PATH
        storage = BlobServiceClient.from_connection_string(
            azure.ready["connectionString"], connection_verify=azure.ready["authority"]
        )
        with storage.get_container_client(store["containerName"]) as container:
            yield Collecting(azure, container)


def test_a_request_and_its_answer_are_logged_under_one_id(collecting: Collecting) -> None:
    collecting.score(b'{"mark": "pair"}')
    (asked,) = eventually(lambda: collecting.rows("request", holding="pair"))
    request = asked["xrequestid"]
    (told,) = eventually(lambda: collecting.rows("response", holding=request))
    assert (asked["data"], told["data"]) == ({"mark": "pair"}, {"predictions": []})


def test_bytes_are_in_a_file_that_the_line_names(collecting: Collecting) -> None:
    collecting.score(b"\xff\xd8 picture", "image/jpeg")
    (row,) = eventually(lambda: collecting.rows("request", holding="image/jpeg"))
    assert row["datainblob"] == "true"
    # Where whoever reads collected data knows the container to be.
    assert row["data"].startswith(f"{collecting.azure.ready['blobUrl']}/")
    assert collecting.blob(row["data"]) == b"\xff\xd8 picture"


def test_a_row_is_read_late_or_never_as_the_dials_say(collecting: Collecting) -> None:
    azure = collecting.azure
    azure.control("PUT", "dials", {"collector_loss": 1})
    collecting.score(b'{"mark": "lost"}')
    azure.control("PUT", "dials", {"collector_loss": 0, "collector_sampling": 0})
    collecting.score(b'{"mark": "unsampled"}')
    azure.control("PUT", "dials", {"collector_sampling": 1, "collector_delay": 3600})
    collecting.score(b'{"mark": "late"}')
    assert collecting.rows("request", holding="late") == []
    azure.control("PUT", "dials", {"collector_delay": 0, "collector_batch": 0})
    assert len(eventually(lambda: collecting.rows("request", holding="late"))) == 1
    assert collecting.rows("request", holding="lost") == []
    assert collecting.rows("request", holding="unsampled") == []


@pytest.mark.parametrize(
    ("dial", "wrong"),
    [("collector_loss", 1.5), ("collector_sampling", -1), ("collector_delay", -1)],
)
def test_a_dial_out_of_range_is_refused(collecting: Collecting, dial: str, wrong: float) -> None:
    status, answer = collecting.azure.control("PUT", "dials", {dial: wrong})
    assert status == 400
    assert dial in answer["error"]
