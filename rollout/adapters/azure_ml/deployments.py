"""The deployments of an online endpoint over ARM: list, and copy one with another model."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_bodies import READ_ONLY, ROLLOUT_TAG, provisioning_state
from rollout.adapters.azure_ml.arm_ids import EndpointId, WorkspaceId, parse_model_reference
from rollout.adapters.azure_ml.collecting import Collecting
from rollout.adapters.azure_ml.creation_guard import check_in_time, check_ours, utc_now
from rollout.adapters.azure_ml.deployment_specs import SERVICE_MADE, spec_digest
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.core.records.observation import Absent, DeploymentSeen
from rollout.errors import UnsupportedEndpointError
from rollout.ports import NewDeployment

OPERATION_URI = "AzureAsyncOperationUri"
_READ_ONLY_PROPERTIES = frozenset({"provisioningState", "privateNetworkConnection"})
_OF_THE_SOURCE = frozenset({OPERATION_URI, "createdAt", "createdBy", "lastModifiedAt"})
"""Keys of `properties.properties` that describe the source itself, not its configuration."""


_MANAGED = "managed"


class Deployments:
    """Deployments of any endpoint of one cloud."""

    def __init__(self, arm: Arm, now: Callable[[], datetime] = utc_now) -> None:
        self._arm = arm
        self._now = now

    def list(self, endpoint: EndpointId, *, timeout: float) -> dict[str, DeploymentSeen]:
        """Return them by lower-case name; none when the endpoint is absent."""
        pages = self._arm.pages(endpoint.deployments_path, timeout=timeout)
        found = (deployment_seen(body, endpoint.workspace) for body in pages)
        return {each.name.lower(): each for each in found}

    def copy(
        self,
        endpoint: EndpointId,
        source: DeploymentSeen,
        new: NewDeployment,
        *,
        timeout: float,
    ) -> None:
        """Start the creation of a deployment as a copy of `source` with another model.

        Raises:
            ArmUnavailableError: It is `new.until` or later.
            ArmRefusedError: A deployment of that name exists and is another rollout's.
        """
        deadline = Deadline(timeout)
        path = endpoint.deployment_path(new.name)
        found = self._arm.get(path, timeout=deadline.left())
        if not isinstance(found, Absent):
            check_ours(new.name, _rollout_tag(found), new.rollout)
            return
        check_managed(source.body)
        collecting = Collecting(self._arm, endpoint, source.name, new.name)
        properties = source.body.get("properties") or {}
        body = copied_body(
            source.body,
            model_id=endpoint.workspace.model_id(new.model, new.version),
            rollout=new.rollout,
            at_least=new.at_least,
            collector=collecting.of_copy(properties.get("dataCollector"), new.live, deadline),
        )
        check_in_time(new.until, self._now())
        self._arm.put(path, body, timeout=deadline.left())


def deployment_seen(body: Mapping[str, Any], workspace: WorkspaceId) -> DeploymentSeen:
    """Return what a deployment's ARM body says; `workspace` is its endpoint's."""
    properties = body.get("properties") or {}
    return DeploymentSeen(
        name=str(body.get("name") or "").rpartition("/")[2].lower(),
        state=provisioning_state(properties),
        instance_count=_capacity(body),
        model=parse_model_reference(properties.get("model"), workspace),
        rollout_tag=_rollout_tag(body),
        spec=spec_digest(properties),
        body=body,
    )


def copied_body(
    source: Mapping[str, Any],
    *,
    model_id: str,
    rollout: str,
    at_least: int | None,
    collector: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the PUT body of a copy: the live body with another model and the rollout's tag.

    What Azure made for the source alone is left out; `collector` is the copy's own (`Collecting`).

    Raises:
        UnsupportedEndpointError: The source runs on Kubernetes.
    """
    check_managed(source)
    properties = source.get("properties") or {}
    body = {key: value for key, value in source.items() if key not in READ_ONLY}
    body["tags"] = {**(source.get("tags") or {}), ROLLOUT_TAG: rollout}
    body["sku"] = {
        **(source.get("sku") or {"name": "Default"}),
        "capacity": max(_capacity(source), at_least or 1),
    }
    body["properties"] = {
        key: value for key, value in properties.items() if key not in _READ_ONLY_PROPERTIES
    } | {
        "model": model_id,
        "properties": {
            key: value
            for key, value in (properties.get("properties") or {}).items()
            if key not in _OF_THE_SOURCE
        },
        **_variables(properties),
    }
    if "dataCollector" in properties or collector is not None:
        body["properties"]["dataCollector"] = collector
    return body


def check_managed(source: Mapping[str, Any]) -> None:
    """Accept the body of a managed online deployment.

    Raises:
        UnsupportedEndpointError: It runs on Kubernetes.
    """
    compute = str((source.get("properties") or {}).get("endpointComputeType") or _MANAGED)
    if compute.lower() != _MANAGED:
        raise UnsupportedEndpointError(
            f"'{source.get('name')}' runs on {compute} compute; only managed online deployments "
            "are rolled out.",
            code="KubernetesDeployment",
        )


def _rollout_tag(body: Mapping[str, Any]) -> str | None:
    return (body.get("tags") or {}).get(ROLLOUT_TAG)


def _variables(properties: Mapping[str, Any]) -> dict[str, Any]:
    variables = properties.get("environmentVariables")
    if not isinstance(variables, Mapping):
        return {}
    own = {key: value for key, value in variables.items() if key not in SERVICE_MADE}
    return {"environmentVariables": own}


def _capacity(body: Mapping[str, Any]) -> int:
    capacity = (body.get("sku") or {}).get("capacity")
    return capacity if isinstance(capacity, int) and capacity > 0 else 1
