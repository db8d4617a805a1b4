"""Collected answers over TLS, by the app's own identity: from Resource Manager to the blob."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobClient

from localazure.stack.parts import CONTAINER
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Live
from rollout.core.records.observation import DeploymentSeen, ProvisioningState
from rollout.ports import PredictionsQuestion
from rollout.settings import read_settings
from rollout.wiring import dependencies
from tests.support.collected_files import lines
from tests.support.integration import RunningProduct

AT = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
LIVE = Live(expect=Expectation(absent=("error",)))


def deployment(name: str) -> DeploymentSeen:
    collections = {"model_outputs": {"dataCollectionMode": "Enabled"}}
    body = {"properties": {"dataCollector": {"collections": collections}}}
    return DeploymentSeen(name, ProvisioningState.SUCCEEDED, body=body)


def test_the_app_reads_what_was_collected_with_its_own_identity(
    product: RunningProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    def become(principal: str) -> None:
        for name, value in product.azure["environments"][principal].items():
            monkeypatch.setenv(name, value)

    become("developer")
    folder = "modelDataCollector/scores/green-7/model_outputs/2026/11/27/10"
    url = f"{product.azure['blobUrl']}/{CONTAINER}/{folder}/one.jsonl"
    with DefaultAzureCredential() as developer, BlobClient.from_blob_url(url, developer) as blob:
        blob.create_append_blob()
        blob.append_block(lines([{"score": 0.5}, {"error": "no"}], AT, endpoint="scores"))
    become("function-app")
    settings = read_settings(
        {
            "AZUREML_WORKSPACE_ID": product.azure["workspaceId"],
            "AzureWebJobsStorage__accountName": "unused",
            "ARM_ENDPOINT": product.azure["armUrl"],
            "DATASTORE_BLOB_ENDPOINT": product.azure["blobUrl"],
        }
    )
    question = PredictionsQuestion(
        deployment("green-7"), deployment("blue-6"), LIVE, AT, AT + timedelta(minutes=1)
    )
    endpoint = f"{product.azure['workspaceId']}/onlineEndpoints/scores"
    seen = dependencies(settings).predictions.read(endpoint, question, timeout=30)

    assert [(each.candidate.answers, each.candidate.failed) for each in seen.batches] == [(2, 1)]
