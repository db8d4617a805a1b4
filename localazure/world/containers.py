"""Turns a deployment's spec into what the runtime runs: its assets looked up."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from localazure.runtime import ContainerSpec
from localazure.world.assets import AssetRegistry, AssetVersion
from localazure.world.collecting import resolve_collector
from localazure.world.datastores import Datastore
from localazure.world.errors import bad_request
from localazure.world.names import WorkspaceId, parse_asset_id
from localazure.world.resources import DeploymentSpec

APP_FOLDER = "/var/azureml-app"
MAX_INSTANCES = 50
"""Instances per deployment (quota page, 2026-01)."""


def resolve_container(
    workspace: WorkspaceId,
    registries: Mapping[str, AssetRegistry],
    datastores: Mapping[str, Datastore],
    *,
    endpoint: str,
    deployment: str,
    spec: DeploymentSpec,
) -> ContainerSpec:
    """Return what to run for `spec`.

    Raises:
        ArmError: 400, it names a model, environment, code or data asset that is not registered, or
            an impossible number of instances.
    """
    if spec.instance_count < 1:
        raise bad_request(f"The instance count must be at least 1, not {spec.instance_count}.")
    if spec.instance_count > MAX_INSTANCES:
        raise bad_request(
            f"{spec.instance_count} instances are more than the {MAX_INSTANCES} a deployment "
            "can have.",
            "OutOfQuota",
        )

    def asset(kind: str, asset_id: str | None) -> AssetVersion | None:
        if asset_id is None:
            return None
        reference = parse_asset_id(workspace, kind, asset_id)
        found = registries[kind].find(reference.name, reference.version)
        if found is None:
            raise bad_request(
                f"'{asset_id}' does not exist. Register it before it is deployed.",
                "ResourceNotFound",
            )
        return found

    model = asset("models", spec.model_id)
    environment = asset("environments", spec.environment_id)
    code = asset("codes", spec.code_id)
    container = ContainerSpec(
        endpoint=endpoint,
        deployment=deployment,
        model_name=None if model is None else model.name,
        model_version=None if model is None else model.version,
        model_uri=None if model is None else model.body.get("modelUri"),
        code_uri=None if code is None else code.body.get("codeUri"),
        scoring_script=spec.scoring_script,
        conda_yaml=None if environment is None else environment.body.get("condaFile"),
        environment_variables=spec.environment_variables,
        instance_count=spec.instance_count,
        request_timeout_ms=spec.request_timeout_ms,
        max_concurrent_requests_per_instance=spec.max_concurrent_requests_per_instance,
        collector=resolve_collector(
            workspace,
            registries["data"],
            datastores,
            endpoint=endpoint,
            deployment=deployment,
            collector=spec.collector,
        ),
    )
    made = service_made(container).items()
    # A client that changes a deployment sends back what it read; only another value is its own.
    own = {
        name: value
        for name, value in spec.environment_variables.items()
        if (name, value) not in made
    }
    return replace(container, environment_variables=own)


def service_made(container: ContainerSpec) -> dict[str, str]:
    """Return the variables that Azure writes into a deployment once it has been created.

    As recorded by Azure/azure-powershell, `CreateScenarioTestOnlineEndpoint.Recording.json` and
    `Get-AzMLWorkspaceOnlineDeployment.Recording.json` (2024-07).
    """
    made = {}
    if container.model_name is not None:
        model = f"{container.model_name}/{container.model_version}"
        made["AZUREML_MODEL_DIR"] = f"{APP_FOLDER}/azureml-models/{model}"
    if container.scoring_script is not None:
        made["AZUREML_ENTRY_SCRIPT"] = container.scoring_script
    if container.code_uri is not None:
        folder = PurePosixPath(urlsplit(container.code_uri).path).name
        made["AML_APP_ROOT"] = f"{APP_FOLDER}/{folder}"
    return made
