"""Which changes of a deployment's ARM body make it another one, and which do not."""

from typing import Any

import pytest

from rollout.adapters.azure_ml.arm_ids import parse_workspace_id
from rollout.adapters.azure_ml.deployment_specs import spec_digest
from rollout.adapters.azure_ml.deployments import deployment_seen
from tests.doubles.records import WORKSPACE

PROPERTIES: dict[str, Any] = {
    "model": f"{WORKSPACE}/models/m/versions/7",
    "environmentId": f"{WORKSPACE}/environments/e/versions/1",
    "codeConfiguration": {"codeId": f"{WORKSPACE}/codes/c/versions/1", "scoringScript": "score.py"},
    "instanceType": "Standard_DS3_v2",
    "environmentVariables": {"LIMIT": "5"},
}
SAME = spec_digest(PROPERTIES)


@pytest.mark.parametrize(
    "changed",
    [
        {"model": f"{WORKSPACE}/models/m/versions/8"},
        {"model": {"path": "./model.pkl"}},
        {"environmentId": f"{WORKSPACE}/environments/e/versions/2"},
        {"codeConfiguration": {**PROPERTIES["codeConfiguration"], "codeId": "another"}},
        {"codeConfiguration": {**PROPERTIES["codeConfiguration"], "scoringScript": "Score.py"}},
        {"codeConfiguration": None},
        {"instanceType": "Standard_F2s_v2"},
        {"environmentVariables": {"LIMIT": "6"}},
        {"environmentVariables": {"limit": "5"}},
        {"environmentVariables": None},
    ],
    ids=str,
)
def test_what_it_serves_with_makes_a_deployment_another_one(changed: dict[str, Any]) -> None:
    assert spec_digest({**PROPERTIES, **changed}) != SAME


@pytest.mark.parametrize(
    "changed",
    [
        {"provisioningState": "Scaling"},
        {"scaleSettings": {"scaleType": "TargetUtilization"}},
        {"livenessProbe": {"period": "PT1S"}},
        {"model": PROPERTIES["model"].upper()},
        {"environmentVariables": {"AZUREML_MODEL_DIR": "/var/m", "LIMIT": "5"}},
    ],
    ids=str,
)
def test_how_much_it_serves_and_what_azure_changes_by_itself_do_not(
    changed: dict[str, Any],
) -> None:
    assert spec_digest({**PROPERTIES, **changed}) == SAME


def test_a_body_without_properties_tells_nothing() -> None:
    home = parse_workspace_id(WORKSPACE)
    assert deployment_seen({"name": "x"}, home).spec == ""
    tagged = {"name": "x", "tags": {"team": "risk"}, "sku": {"capacity": 9}}
    assert deployment_seen({**tagged, "properties": PROPERTIES}, home).spec == SAME
