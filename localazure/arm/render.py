"""World -> JSON. The fields that the SDK needs were found by deleting one at a time from working
answers (measured with azure-ai-ml 1.35.2); the rest is sent because Azure sends it.
"""

from datetime import datetime
from typing import Any

from localazure.arm.data_collectors import render_data_collector
from localazure.world import AssetVersion, Deployment, Endpoint, Operation, OperationStatus, World
from localazure.world.assets import AssetRegistry
from localazure.world.names import PROVIDER
from localazure.world.resources import Stamp

OPERATION_URI = "AzureAsyncOperationUri"
SERVER_MADE_PROPERTIES = frozenset(
    {OPERATION_URI, "azureml.onlineendpointid", "createdAt", "createdBy", "lastModifiedAt"}
)
"""Keys of `properties.properties` that come from the service, or from the SDK's echo of
`systemData` on an update; never stored."""

READ_ONLY_PROPERTIES = frozenset({"provisioningState", "scaleSettings"})
"""Parts of a deployment's `properties` that a PUT may send back and that have no effect."""


def moment(at: datetime) -> str:
    """Return a time as ARM writes it."""
    return at.isoformat(timespec="microseconds")


def system_data(created: Stamp, modified: Stamp) -> dict[str, str]:
    return {
        "createdAt": moment(created.at),
        "createdBy": created.by.principal,
        "createdByType": "Application",
        "lastModifiedAt": moment(modified.at),
        "lastModifiedBy": modified.by.principal,
        "lastModifiedByType": "Application",
    }


class Renderer:
    """Renders the records of one world for one client, which reached it at `base_url`."""

    def __init__(self, world: World, base_url: str) -> None:
        self._world = world
        self._base_url = base_url

    def workspace(self) -> dict[str, Any]:
        workspace = self._world.workspace
        return {
            "id": workspace.path,
            "name": workspace.name,
            "type": f"{PROVIDER}/workspaces",
            "location": workspace.location,
            "tags": {},
            "identity": {"type": "SystemAssigned"},
            "sku": {"name": "Basic", "tier": "Basic"},
            "kind": "Default",
            "properties": {
                "friendlyName": workspace.name,
                "description": "",
                "provisioningState": "Succeeded",
                "publicNetworkAccess": "Enabled",
            },
            "systemData": system_data(self._world.created, self._world.created),
        }

    def endpoint(self, endpoint: Endpoint, *, asked: bool = False) -> dict[str, Any]:
        """Render an endpoint; `asked` shows the split its PUT asked for, for the PUT's answer."""
        spec = endpoint.spec
        split = spec.split if asked else endpoint.split_shown(self._world.now())
        resource_id = self._world.workspace.endpoint(endpoint.name)
        return {
            "id": resource_id,
            "name": endpoint.name,
            "type": f"{PROVIDER}/workspaces/onlineEndpoints",
            "location": spec.location,
            "kind": "Managed",
            "tags": dict(spec.tags),
            "identity": dict(spec.identity) or {"type": "SystemAssigned"},
            "properties": {
                "authMode": spec.auth_mode,
                "description": spec.description,
                "properties": {
                    **spec.properties,
                    OPERATION_URI: self.operation_url(endpoint.operation, on_endpoint=True),
                    "azureml.onlineendpointid": resource_id.lower(),
                },
                "scoringUri": self._world.scoring_uri(endpoint.name),
                "traffic": dict(split.live),
                "mirrorTraffic": dict(split.mirror),
                "publicNetworkAccess": spec.public_network_access,
                "provisioningState": endpoint.state,
            },
            "systemData": system_data(endpoint.created, endpoint.modified),
        }

    def deployment(self, deployment: Deployment) -> dict[str, Any]:
        spec = deployment.spec
        return {
            "id": self._world.workspace.deployment(deployment.endpoint, deployment.name),
            "name": deployment.name,
            "type": f"{PROVIDER}/workspaces/onlineEndpoints/deployments",
            "location": spec.location,
            "kind": "Managed",
            "tags": dict(spec.tags),
            "sku": {"name": "Default", "tier": "Standard", "capacity": spec.instance_count},
            "properties": {
                **spec.body,
                "dataCollector": render_data_collector(spec.collector),
                "environmentVariables": dict(self._world.deployments.variables(deployment)),
                "endpointComputeType": "Managed",
                "scaleSettings": {"scaleType": "Default"},
                "provisioningState": deployment.state,
                "properties": {
                    **spec.body.get("properties", {}),
                    OPERATION_URI: self.operation_url(deployment.operation, on_endpoint=False),
                },
            },
            "systemData": system_data(deployment.created, deployment.modified),
        }

    def asset(self, asset: AssetVersion) -> dict[str, Any]:
        extra: dict[str, Any] = {"flavors": {}} if asset.kind == "models" else {}
        return {
            "id": self._world.workspace.asset(asset.kind, asset.name, asset.version),
            "name": asset.version,
            "type": f"{PROVIDER}/workspaces/{asset.kind}/versions",
            "properties": {**extra, **asset.body, "provisioningState": "Succeeded"},
            "systemData": system_data(asset.created, asset.modified),
        }

    def asset_container(self, registry: AssetRegistry, name: str) -> dict[str, Any]:
        """Render what is common to a name's versions; 404 when there is none."""
        next_version = registry.next_version(name)
        latest = registry.versions(name)[-1:]
        return {
            "id": f"{self._world.workspace.path}/{registry.kind}/{name}",
            "name": name,
            "type": f"{PROVIDER}/workspaces/{registry.kind}",
            "properties": {
                "description": None,
                "tags": {},
                "properties": {},
                "isArchived": not latest,
                "latestVersion": latest[0].version if latest else None,
                "nextVersion": next_version,
            },
        }

    def operation(self, operation: Operation) -> dict[str, Any]:
        """Render the status document of a long-running operation."""
        document: dict[str, Any] = {
            "id": self._operation_path(operation.id, on_endpoint=operation.deployment is None),
            "name": operation.id,
            "status": operation.status,
            "startTime": moment(operation.started.at),
        }
        if operation.finished_at is not None:
            document["endTime"] = moment(operation.finished_at)
            document["percentComplete"] = 100
        if operation.error is not None and operation.status is not OperationStatus.SUCCEEDED:
            document["error"] = {
                "code": operation.error.code,
                "message": operation.error.message,
                "details": [],
            }
        return document

    def operation_url(self, operation_id: str, *, on_endpoint: bool, results: bool = False) -> str:
        """Return where to poll an operation, on the host the client used.

        The path has the shape of real answers: subscription level, `oeidp:` for endpoints and
        `odidp:` for deployments.
        """
        path = self._operation_path(operation_id, on_endpoint=on_endpoint, results=results)
        return f"{self._base_url}{path}?api-version=2023-04-01-preview"

    def _operation_path(
        self, operation_id: str, *, on_endpoint: bool, results: bool = False
    ) -> str:
        workspace = self._world.workspace
        return (
            f"/subscriptions/{workspace.subscription}/providers/{PROVIDER}"
            f"/locations/{workspace.location}"
            f"/{'mfeOperationResults' if results else 'mfeOperationsStatus'}"
            f"/{'oeidp' if on_endpoint else 'odidp'}:{workspace.name}:{operation_id}"
        )
