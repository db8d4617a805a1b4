"""Names and ARM ids: which names are valid, and which resource an id names."""

import re
from dataclasses import dataclass

from localazure.world.errors import bad_request

PROVIDER = "Microsoft.MachineLearningServices"

NAME_LENGTHS = range(3, 33)
"""Endpoint and deployment names have 3 to 32 characters (azure-ai-ml 1.35.2 and the quota page)."""

_NAME = re.compile(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
_ASSET_NAME = re.compile(r"[a-zA-Z0-9][-._a-zA-Z0-9]{0,254}")
_ASSET_ID = re.compile(
    r"(?P<workspace>/subscriptions/[^/]+/resourceGroups/[^/]+/providers"
    r"/Microsoft\.MachineLearningServices/workspaces/[^/]+)"
    r"/(?P<kind>models|environments|codes|data)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WorkspaceId:
    """The world's only workspace, and its region."""

    subscription: str = "11111111-1111-1111-1111-111111111111"
    resource_group: str = "ml-local"
    name: str = "workspace"
    location: str = "westeurope"

    @property
    def path(self) -> str:
        """The workspace's ARM id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/workspaces/{self.name}"
        )

    def endpoint(self, name: str) -> str:
        return f"{self.path}/onlineEndpoints/{name}"

    def deployment(self, endpoint: str, name: str) -> str:
        return f"{self.endpoint(endpoint)}/deployments/{name}"

    def asset(self, kind: str, name: str, version: str) -> str:
        return f"{self.path}/{kind}/{name}/versions/{version}"


@dataclass(frozen=True)
class AssetReference:
    """What an asset's ARM id names; `kind` is that of a registry."""

    kind: str
    name: str
    version: str


def parse_asset_id(workspace: WorkspaceId, kind: str, asset_id: str) -> AssetReference:
    """Return what `asset_id` names.

    Raises:
        ArmError: 400, it is not the id of such an asset in this workspace. Registries
            (`azureml://registries/...`) are not served.
    """
    match = _ASSET_ID.fullmatch(asset_id)
    if match is None or match["kind"].lower() != kind:
        raise bad_request(
            f"'{asset_id}' is not the ARM id of a version in {workspace.path}/{kind}. "
            "Register the asset in this workspace first; registries are not served here."
        )
    if match["workspace"].lower() != workspace.path.lower():
        raise bad_request(f"'{asset_id}' is in another workspace than {workspace.path}.")
    return AssetReference(kind, match["name"], match["version"])


def is_below(scope: str, path: str) -> bool:
    """Say whether an ARM id is `scope` or in it; case does not matter."""
    return f"{path.lower().rstrip('/')}/".startswith(f"{scope.lower().rstrip('/')}/")


def check_name(what: str, name: str) -> None:
    """Refuse (400) a name Azure ML does not accept for an endpoint or a deployment."""
    if len(name) not in NAME_LENGTHS or _NAME.fullmatch(name) is None:
        raise bad_request(
            f"'{name}' is not a valid {what} name: 3 to 32 letters, digits and dashes, "
            "beginning with a letter and ending with a letter or a digit."
        )


def check_asset_name(what: str, name: str) -> None:
    """Refuse (400) a name Azure ML does not accept for an asset or its version."""
    if _ASSET_NAME.fullmatch(name) is None:
        raise bad_request(
            f"'{name}' is not a valid {what}: letters, digits, '-', '_' and '.', at most 255."
        )
