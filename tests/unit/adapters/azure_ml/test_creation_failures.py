"""Why a creation failed, and whom the app asks for it."""

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.creation_failures import CreationFailures, classify
from tests.doubles.records import ENDPOINT
from tests.unit.adapters.conftest import Reply, Script

DEPLOYMENT = f"{ENDPOINT}/deployments/green-7"
OPERATION = (
    "/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/westeurope"
    "/mfeOperationsStatus/odidp:w:1"
)


def failure_by(arm: Arm, script: Script, path: str) -> str:
    url = f"{script.url}{path}"
    body = f'{{"properties": {{"properties": {{"AzureAsyncOperationUri": "{url}"}}}}}}'
    script.on("GET", DEPLOYMENT, Reply(200, body))
    script.on("GET", path, Reply(200, '{"error": {"code": "OutOfQuota", "message": "no cores"}}'))
    return CreationFailures(arm).failure(parse_endpoint_id(ENDPOINT), "green-7", timeout=5).kind


def test_the_operation_that_azure_names_is_read(arm: Arm, script: Script) -> None:
    assert failure_by(arm, script, OPERATION) == "quota"


@pytest.mark.parametrize(
    "path",
    [
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
        f"{OPERATION}/../../../x",
        OPERATION.replace("mfeOperationsStatus", "other"),
    ],
)
def test_no_other_address_in_a_deployments_body_gets_the_apps_token(
    arm: Arm, script: Script, path: str
) -> None:
    assert failure_by(arm, script, path) == "unknown"
    assert path.lower() not in [heard.path.partition("?")[0].lower() for heard in script.heard]


@pytest.mark.parametrize("run", ["not enough ", "environment ", "build the image"])
def test_a_message_of_megabytes_is_classified_by_its_beginning(run: str) -> None:
    message = "not enough cores. " + run * (4 * 2**20 // len(run))
    assert classify("", message, "").kind == "quota"
    assert classify("", run * (4 * 2**20 // len(run)) + "not enough cores", "").kind != "quota"
