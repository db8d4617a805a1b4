"""A deployment with `data_collector`, made by the unmodified SDK, and its rows in Azurite."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from localazure.example_models import SERVICE_FOLDER, ModelKind, make_model
from localazure.ready_process import ReadyProcess
from localazure.scoring.environments import Environments
from localazure.stack.process import stack_process
from tests.support.contract.sample_host import eventually
from tests.support.paths import PROJECT

CLIENT = PROJECT / "tests" / "support" / "contract" / "sdk_collecting_client.py"
ENVIRONMENTS = PROJECT / ".local" / "environments"
CLIENT_SECONDS = 180
REQUESTS = 5
BLUE = "modelDataCollector/fraud-detection-endpoint/blue"
FILE = re.compile(r"\d{4}/\d{2}/\d{2}/\d{2}/\d{2}/[0-9a-f-]{36}\.jsonl")


class Collected:
    def __init__(self, azure: ReadyProcess, seen: dict[str, Any]) -> None:
        self.seen = seen
        self._storage = BlobServiceClient.from_connection_string(
            azure.ready["connectionString"], connection_verify=azure.ready["authority"]
        )

    def rows(self, folder: str) -> list[dict[str, Any]]:
        """The records of a folder, every file of which is named as documented."""
        with self._storage.get_container_client(self.seen["container"]) as container:
            names = [str(name) for name in container.list_blob_names(name_starts_with=folder)]
            assert all(FILE.fullmatch(name.removeprefix(f"{folder}/")) for name in names)
            return [
                json.loads(line)
                for name in names
                for line in container.download_blob(name).readall().splitlines()
            ]


def holds_all(rows: list[dict[str, Any]]) -> bool:
    return len(rows) == REQUESTS


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collected]:
    folder = tmp_path_factory.mktemp("collected")
    model = make_model(folder / "model", ModelKind.HEALTHY, Environments(ENVIRONMENTS))
    arguments = ["--environments", str(ENVIRONMENTS), "--poll-seconds", "0.1"]
    with stack_process(folder / "azure", arguments) as azure:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AZURE", "IDENTITY_", "MSI_"))
        }
        done = subprocess.run(
            [sys.executable, str(CLIENT), str(model), str(SERVICE_FOLDER), str(REQUESTS)],
            env={**clean, **azure.ready["environments"]["developer"]},
            capture_output=True,
            text=True,
            timeout=CLIENT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield Collected(azure, json.loads(done.stdout.splitlines()[-1]))


def test_the_sdk_reads_back_what_its_yaml_said(collected: Collected) -> None:
    seen = collected.seen
    assert (seen["rolling"], seen["sampling"]) == ("Minute", 1.0)
    assert seen["headers"] == ["x-ms-client-request-id"]
    names = ("model_inputs", "model_outputs", "request", "response")
    assert seen["enabled"] == dict.fromkeys(names, "true")
    endings = {name: seen["data"][name].rpartition("/data/")[2] for name in names}
    made = f"{seen['endpoint']}-{seen['deployment']}"
    assert endings == {
        **{name: f"{made}-{name}/versions/1" for name in names},
        "model_outputs": "fraud-outputs/versions/3",
    }
    assert [path.partition("/paths/")[2] for path in seen["assets"].values()] == [
        f"{BLUE}/model_inputs",
        "collected/outputs",
    ]


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        (f"{BLUE}/model_inputs", "model_inputs"),
        ("collected/outputs", "model_outputs"),
        (f"{BLUE}/request", "request"),
        (f"{BLUE}/response", "response"),
    ],
)
def test_the_rows_of_each_request_are_where_its_data_asset_points(
    collected: Collected, folder: str, kind: str
) -> None:
    rows = eventually(lambda: collected.rows(folder), holds_all)
    assert {row["type"] for row in rows} == {f"azureml.inference.{kind}"}
    assert {row["source"].rpartition("/workspaces/")[2] for row in rows} == {
        "workspace/onlineEndpoints/fraud-detection-endpoint/deployments/blue"
    }
    assert len({row["xrequestid"] for row in rows}) == REQUESTS


def test_payloads_are_what_was_sent_and_answered(collected: Collected) -> None:
    asked = eventually(lambda: collected.rows(f"{BLUE}/request"), holds_all)
    told = eventually(lambda: collected.rows(f"{BLUE}/response"), holds_all)
    sample = json.loads((SERVICE_FOLDER / "sample-request.json").read_text(encoding="utf-8"))
    assert all(row["data"] == sample and row["path"] == "/score" for row in asked)
    assert all(set(row["data"]) == {"predictions", "probabilities"} for row in told)
    assert {row["xrequestid"] for row in asked} == {row["xrequestid"] for row in told}
