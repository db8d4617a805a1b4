"""ARM ids and references as they come become paths that are safe to ask for."""

import pytest

from rollout.adapters.azure_ml.arm_ids import (
    parse_endpoint_id,
    parse_model_reference,
    parse_workspace_id,
)
from rollout.core.records.observation import ModelId
from rollout.errors import InvalidInputError
from tests.doubles.records import ENDPOINT, WORKSPACE

OTHER = WORKSPACE.lower().strip("/")
SHORT_ID = WORKSPACE.replace("/providers/Microsoft.MachineLearningServices", "")


def test_ids_in_any_case_become_paths_with_every_segment_encoded() -> None:
    odd = ENDPOINT.replace("ml-local", "group (a) ü")
    path = parse_endpoint_id(odd.upper()).deployment_path("green-7")
    assert "/resourceGroups/GROUP%20%28A%29%20%C3%9C/" in path
    assert path.endswith("/onlineEndpoints/FRAUD-ENDPOINT/deployments/green-7")
    model = parse_workspace_id(WORKSPACE).model_path("a/b", "1?x")
    assert model.endswith("/models/a%2Fb/versions/1%3Fx")


@pytest.mark.parametrize(
    "text", ["", "fraud", WORKSPACE, f"{ENDPOINT}/deployments/x", f"{WORKSPACE}/onlineEndpoints/.."]
)
def test_what_is_no_endpoint_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_endpoint_id(text)


def test_what_is_no_workspace_id_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        parse_workspace_id(ENDPOINT)


@pytest.mark.parametrize("name", ["", "ab", "7up", "a_b", "a/../b", "x" * 33, "ends-"])
def test_names_are_checked_before_a_url_is_built(name: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_endpoint_id(ENDPOINT).deployment_path(name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{WORKSPACE}/models/m/versions/7", ModelId("m", "7")),
        (f"azureml:{WORKSPACE.upper()}/models/m/versions/7", ModelId("m", "7")),
        (f"azureml:/{SHORT_ID}/models/m/versions/7", ModelId("m", "7")),
        ("azureml:m:7", ModelId("m", "7")),
        ("azureml://registries/R/models/m/versions/7", ModelId("m", "7", "registries/r")),
        (f"{WORKSPACE}-train/models/m/versions/7", ModelId("m", "7", f"{OTHER}-train")),
        ("azureml:m@latest", None),
        ("./model", None),
        (None, None),
        ({"path": "x"}, None),
    ],
)
def test_a_deployments_model_is_read_where_it_is_a_registered_one(
    text: object, found: ModelId | None
) -> None:
    assert parse_model_reference(text, parse_workspace_id(WORKSPACE)) == found
