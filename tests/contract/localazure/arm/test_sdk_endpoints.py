"""The unmodified azure-ai-ml SDK against the control plane: endpoints and deployments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from localazure.world import OperationError, OperationKind
from tests.contract.localazure.conftest import DATASTORE, LocalArm

pytestmark = pytest.mark.filterwarnings("ignore:::azure")  # the SDK warns about itself

CONDA = """\
name: fraud
dependencies:
  - python=3.13
  - pip:
      - scikit-learn
"""
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest"


@pytest.fixture
def endpoint(ml_client: Any, entities: Any, unique_name: Callable[[str], str]) -> str:
    name = unique_name("fraud-endpoint")
    ml_client.online_endpoints.begin_create_or_update(
        entities.ManagedOnlineEndpoint(name=name, auth_mode="key", tags={"team": "risk"})
    ).result()
    return name


@pytest.fixture
def model(ml_client: Any, entities: Any, unique_name: Callable[[str], str]) -> Any:
    path = f"azureml://datastores/{DATASTORE}/paths/models/fraud"
    return ml_client.models.create_or_update(
        entities.Model(name=unique_name("fraud-model"), version="1", path=path, type="custom_model")
    )


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "score.py").write_text("def init(): ...\ndef run(data): return data\n")
    (tmp_path / "conda.yml").write_text(CONDA)
    return folder


@pytest.fixture
def deploy(
    ml_client: Any, entities: Any, endpoint: str, model: Any, code: Path
) -> Callable[..., Any]:
    """Create a deployment as the tutorial does: code folder, conda file, image, model."""

    def begin(name: str, **more: Any) -> Any:
        settings = {
            "name": name,
            "endpoint_name": endpoint,
            "model": model,
            "environment": entities.Environment(conda_file=code.parent / "conda.yml", image=IMAGE),
            "code_configuration": entities.CodeConfiguration(
                code=str(code), scoring_script="score.py"
            ),
            "instance_type": "Standard_DS3_v2",
            "instance_count": 2,
            **more,
        }
        return ml_client.online_deployments.begin_create_or_update(
            entities.ManagedOnlineDeployment(**settings)
        )

    return begin


def test_an_endpoint_is_created_read_and_listed(ml_client: Any, endpoint: str) -> None:
    read = ml_client.online_endpoints.get(endpoint)
    assert (read.provisioning_state, read.auth_mode, read.tags) == (
        "Succeeded",
        "key",
        {"team": "risk"},
    )
    assert endpoint in {each.name for each in ml_client.online_endpoints.list()}


def test_an_endpoint_may_authenticate_with_entra_tokens(
    ml_client: Any, entities: Any, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("aad-endpoint")
    ml_client.online_endpoints.begin_create_or_update(
        entities.ManagedOnlineEndpoint(name=name, auth_mode="aad_token")
    ).result()
    assert ml_client.online_endpoints.get(name).auth_mode == "aad_token"


def test_both_keys_of_an_endpoint_can_be_read(
    ml_client: Any, endpoint: str, local_arm: LocalArm
) -> None:
    keys = ml_client.online_endpoints.get_keys(endpoint)
    truth = local_arm.world.endpoints.get(endpoint)
    assert (keys.primary_key, keys.secondary_key) == (truth.primary_key, truth.secondary_key)


def test_a_regenerated_key_differs_from_the_old_one(ml_client: Any, endpoint: str) -> None:
    before = ml_client.online_endpoints.get_keys(endpoint)
    ml_client.online_endpoints.begin_regenerate_keys(endpoint, key_type="primary").result()
    after = ml_client.online_endpoints.get_keys(endpoint)
    assert before.primary_key != after.primary_key
    assert before.secondary_key == after.secondary_key


def test_a_deployment_runs_the_code_model_and_environment_it_was_given(
    deploy: Callable[..., Any], endpoint: str, model: Any, local_arm: LocalArm
) -> None:
    deploy("blue", environment_variables={"MODE": "fast"}).result()
    deployment = local_arm.world.deployments.get(endpoint, "blue")
    assert deployment.spec.model_id == model.id
    assert deployment.spec.scoring_script == "score.py"
    assert deployment.spec.environment_variables == {"MODE": "fast"}
    (environment,) = (
        asset
        for name in local_arm.world.environments.names()
        for asset in local_arm.world.environments.versions(name)
        if deployment.spec.environment_id is not None
        and deployment.spec.environment_id.endswith(f"{name}/versions/{asset.version}")
    )
    assert "scikit-learn" in environment.body["condaFile"]


def test_changed_code_with_the_same_name_is_uploaded_again(
    deploy: Callable[..., Any], endpoint: str, code: Path, local_arm: LocalArm
) -> None:
    deploy("blue").result()
    (code / "score.py").write_text("def init(): ...\ndef run(data): return 2\n")
    deploy("green").result()
    places = {
        local_arm.world.deployments.get(endpoint, name).spec.code_id for name in ("blue", "green")
    }
    assert len(places) == 2


def test_unchanged_code_is_found_by_its_hash_and_not_uploaded_again(
    deploy: Callable[..., Any], endpoint: str, local_arm: LocalArm
) -> None:
    deploy("blue").result()
    deploy("green").result()
    blue, green = (
        local_arm.world.deployments.get(endpoint, name).spec.code_id for name in ("blue", "green")
    )
    assert blue == green


def test_a_deployment_is_read_and_listed(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str
) -> None:
    deploy("blue", tags={"rollout": "r1"}).result()
    read = ml_client.online_deployments.get("blue", endpoint)
    assert (read.provisioning_state, read.instance_count, read.tags) == (
        "Succeeded",
        2,
        {"rollout": "r1"},
    )
    assert [each.name for each in ml_client.online_deployments.list(endpoint)] == ["blue"]


def test_traffic_moves_to_the_split_asked_for(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str, local_arm: LocalArm
) -> None:
    deploy("blue").result()
    deploy("green").result()
    live = ml_client.online_endpoints.get(endpoint)
    live.traffic = {"blue": 90, "green": 10}
    ml_client.online_endpoints.begin_create_or_update(live).result()
    assert ml_client.online_endpoints.get(endpoint).traffic == {"blue": 90, "green": 10}
    assert local_arm.world.endpoints.get(endpoint).split.live == {"blue": 90, "green": 10}
    assert ml_client.online_endpoints.get(endpoint).tags == {"team": "risk"}


def test_traffic_is_mirrored_to_one_deployment(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str
) -> None:
    deploy("blue").result()
    deploy("green").result()
    live = ml_client.online_endpoints.get(endpoint)
    live.traffic, live.mirror_traffic = {"blue": 100}, {"green": 20}
    ml_client.online_endpoints.begin_create_or_update(live).result()
    assert ml_client.online_endpoints.get(endpoint).mirror_traffic == {"green": 20}


def test_a_wrong_sum_is_refused_with_a_sentence(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str
) -> None:
    deploy("blue").result()
    live = ml_client.online_endpoints.get(endpoint)
    live.traffic = {"blue": 90}
    with pytest.raises(HttpResponseError, match="must be 0 or 100, not 90") as refusal:
        ml_client.online_endpoints.begin_create_or_update(live)
    assert refusal.value.status_code == 400


def test_an_instance_count_is_updated_in_place(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str
) -> None:
    deploy("blue").result()
    live = ml_client.online_deployments.get("blue", endpoint)
    live.instance_count = 3
    ml_client.online_deployments.begin_create_or_update(live).result()
    assert ml_client.online_deployments.get("blue", endpoint).instance_count == 3


def test_container_logs_can_be_read(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str
) -> None:
    deploy("blue").result()
    assert ml_client.online_deployments.get_logs("blue", endpoint, lines=10) == ""


def test_a_failed_creation_raises_what_the_operation_says(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str, local_arm: LocalArm
) -> None:
    local_arm.world.fail_next(
        OperationKind.DEPLOYMENT_CREATE, OperationError("OutOfQuota", "No cores left.")
    )
    with pytest.raises(HttpResponseError, match=r"(?s)OutOfQuota.*No cores left\."):
        deploy("green").result()
    assert ml_client.online_deployments.get("green", endpoint).provisioning_state == "Failed"


def test_a_deployment_with_traffic_is_not_deleted(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str
) -> None:
    deploy("blue").result()
    live = ml_client.online_endpoints.get(endpoint)
    live.traffic = {"blue": 100}
    ml_client.online_endpoints.begin_create_or_update(live).result()
    with pytest.raises(HttpResponseError, match="Set its traffic to 0 first"):
        ml_client.online_deployments.begin_delete("blue", endpoint)


def test_a_deployment_is_deleted(ml_client: Any, deploy: Callable[..., Any], endpoint: str) -> None:
    deploy("blue").result()
    ml_client.online_deployments.begin_delete("blue", endpoint).result()
    with pytest.raises(ResourceNotFoundError):
        ml_client.online_deployments.get("blue", endpoint)


def test_deleting_an_endpoint_deletes_its_deployments(
    ml_client: Any, deploy: Callable[..., Any], endpoint: str
) -> None:
    deploy("blue").result()
    ml_client.online_endpoints.begin_delete(endpoint).result()
    with pytest.raises(ResourceNotFoundError):
        ml_client.online_endpoints.get(endpoint)
