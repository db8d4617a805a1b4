"""The real azureml-ai-monitoring in the real scoring server, posting to a deployment's own sink."""

import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localazure.collector.records import Record
from localazure.collector.rows import CollectedRows
from localazure.example_models import ModelKind, make_model
from localazure.runtime import CollectionSpec, CollectorSpec, ContainerState, RollingRate
from localazure.scoring.assets import FolderAssets
from localazure.scoring.container import ContainerSettings
from localazure.scoring.environments import Environments
from localazure.scoring.process_runtime import ProcessRuntime
from localazure.scoring.routing import DeploymentView
from tests.contract.localazure.scoring.test_process_runtime import (
    CACHE,
    PATIENCE_SECONDS,
    SAMPLE,
    WAIT_SECONDS,
    Plane,
    example,
    settled,
)

SOURCE = "/subscriptions/s/.../onlineEndpoints/e/deployments/healthy"
TWO_WORKERS = ContainerSettings(workers=2)
INPUTS, OUTPUTS = "model_inputs", "model_outputs"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="containers are tied to their parent on Linux only"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    return make_model(folder, ModelKind.HEALTHY, Environments(CACHE)).parent


@pytest.fixture
def rows() -> CollectedRows:
    return CollectedRows(random.Random(1))  # noqa: S311 - a fair coin


@pytest.fixture
def runtime(tmp_path: Path, rows: CollectedRows) -> Iterator[ProcessRuntime]:
    environments = Environments(CACHE)
    work = tmp_path / "containers"
    with ProcessRuntime(work, environments, FolderAssets(), TWO_WORKERS, rows) as running:
        yield running


def collector(*names: str, rate: float = 1.0) -> CollectorSpec:
    collections = {name: CollectionSpec(rate, "container", f"folder/{name}") for name in names}
    return CollectorSpec(SOURCE, RollingRate.HOUR, collections)


def serve(runtime: ProcessRuntime, model: Path, asked: CollectorSpec | None) -> Plane:
    runtime.start(replace(example(ModelKind.HEALTHY, model), collector=asked))
    assert settled(runtime, "healthy") is ContainerState.READY, runtime.logs("e", "healthy", 40)
    return Plane(runtime, DeploymentView("healthy"))


def taken(rows: CollectedRows, count: int) -> list[Record]:
    """Wait for this many rows: the package posts them from a thread of its own."""
    found: list[Record] = []
    for _ in range(int(PATIENCE_SECONDS / WAIT_SECONDS)):
        found += [row.record for row in rows.take()]
        if len(found) >= count:
            return found
        time.sleep(WAIT_SECONDS)
    raise AssertionError(f"{len(found)} rows came, not {count}")


def documents(records: list[Record], collection: str) -> list[dict[str, Any]]:
    return [json.loads(each.line()) for each in records if each.collection == collection]


def test_the_example_service_logs_the_inputs_and_outputs_of_each_request(
    runtime: ProcessRuntime, model: Path, rows: CollectedRows
) -> None:
    plane = serve(runtime, model, collector(INPUTS, OUTPUTS))
    answers = plane.post(SAMPLE, SAMPLE, SAMPLE)
    assert [status for status, _, _ in answers] == [200, 200, 200]
    records = taken(rows, 6)
    asked, told = documents(records, INPUTS), documents(records, OUTPUTS)
    (row,) = asked[0]["data"]
    assert list(row.values()) == json.loads(SAMPLE)["features"][0]
    (predicted,) = told[0]["data"]
    assert predicted["prediction"] == answers[0][1]["predictions"][0]
    assert predicted["fraud_probability"] == pytest.approx(answers[0][1]["probabilities"][0][1])
    assert {one["correlationid"] for one in asked} == {one["correlationid"] for one in told}
    assert len({one["correlationid"] for one in asked}) == 3
    assert_documented(told[0])


def assert_documented(document: dict[str, Any]) -> None:
    """The record has the fields of the samples in Microsoft's documentation."""
    size = len(json.dumps(document["data"], separators=(",", ":")))
    assert document["contentrange"] == f"bytes 0-{size - 1}/{size}"
    assert document["xrequestid"] == document["correlationid"]
    assert {
        name: document[name]
        for name in ("specversion", "source", "type", "datacontenttype", "modelversion", "agent")
    } == {
        "specversion": "1.0",
        "source": SOURCE,
        "type": "azureml.inference.model_outputs",
        "datacontenttype": "application/json",
        "modelversion": "default",
        "agent": "azureml-ai-monitoring/1.0.0",
    }
    assert "DataFrame" in document["collectdatatype"]


@pytest.mark.parametrize("asked", [None, collector("request", "response"), collector(INPUTS)])
def test_the_example_service_answers_whatever_its_deployment_collects(
    runtime: ProcessRuntime, model: Path, rows: CollectedRows, asked: CollectorSpec | None
) -> None:
    plane = serve(runtime, model, asked)
    assert plane.post(SAMPLE)[0][0] == 200
    log = runtime.logs("e", "healthy", 100)
    assert "model_outputs: " in log
    if asked is not None and INPUTS in asked.collections:
        assert {record.collection for record in taken(rows, 1)} == {INPUTS}
    else:
        assert "model_inputs: " in log
        assert rows.take() == []


def test_another_collector_restarts_the_container(
    runtime: ProcessRuntime, model: Path, rows: CollectedRows
) -> None:
    serve(runtime, model, None).post(SAMPLE)
    serve(runtime, model, collector(OUTPUTS)).post(SAMPLE)
    assert len(taken(rows, 1)) == 1
