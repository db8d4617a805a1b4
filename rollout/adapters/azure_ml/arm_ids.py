"""ARM ids of workspaces, endpoints and deployments: parsed, checked, and made into URL paths."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from rollout.addresses import ENDPOINTS, WORKSPACE_ID, workspace_id
from rollout.core.policy.model import WorkspaceName
from rollout.core.records.observation import ModelId
from rollout.errors import InvalidInputError

_WORKSPACE_ID = re.compile(WORKSPACE_ID, re.IGNORECASE)
_ENDPOINT_ID = re.compile(rf"{WORKSPACE_ID}{ENDPOINTS}(?P<endpoint>[^/]+)", re.IGNORECASE)
_MODEL = re.compile(
    r"(?P<home>.*)/models/(?P<name>[^/]+)/versions/(?P<version>[^/]+)", re.IGNORECASE
)
_SHORT_WORKSPACE_ID = "/subscriptions/{0.subscription}/resourcegroups/{0.group}/workspaces/{0.name}"
"""How the SDK writes a workspace's id in `azureml://`, without the provider."""

_MODEL_SHORT = re.compile(r"azureml:(?P<name>[^:/]+):(?P<version>[^:/]+)")
_RESOURCE_NAME = re.compile(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
_RESOURCE_NAME_LENGTHS = range(3, 33)


@dataclass(frozen=True)
class WorkspaceId:
    """An Azure ML workspace; the parts are as they were written."""

    subscription: str
    group: str
    name: str

    @property
    def path(self) -> str:
        """The workspace's URL path, each segment percent-encoded."""
        parts = (quote(part, safe="") for part in (self.subscription, self.group, self.name))
        return workspace_id(WorkspaceName(*parts))

    @property
    def arm_id(self) -> str:
        """The workspace's ARM id, not encoded."""
        return workspace_id(WorkspaceName(self.subscription, self.group, self.name))

    @property
    def endpoints_path(self) -> str:
        return f"{self.path}/onlineEndpoints"

    def model_path(self, name: str, version: str) -> str:
        return f"{self.path}/models/{quote(name, safe='')}/versions/{quote(version, safe='')}"

    def model_id(self, name: str, version: str) -> str:
        """The ARM id a deployment's body names a model by."""
        return f"{self.arm_id}/models/{name}/versions/{version}"


@dataclass(frozen=True)
class EndpointId:
    """An online endpoint."""

    workspace: WorkspaceId
    name: str

    @property
    def path(self) -> str:
        return f"{self.workspace.endpoints_path}/{quote(self.name, safe='')}"

    @property
    def deployments_path(self) -> str:
        return f"{self.path}/deployments"

    def deployment_path(self, name: str) -> str:
        """The path of one deployment.

        Raises:
            InvalidInputError: Azure ML allows no deployment of that name.
        """
        return f"{self.deployments_path}/{quote(checked_name('deployment', name), safe='')}"


def parse_workspace_id(text: str) -> WorkspaceId:
    """Return what a workspace's ARM id names, in any case.

    Raises:
        InvalidInputError: It is not such an id.
    """
    found = _WORKSPACE_ID.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"'{text}' is not the ARM id of an Azure ML workspace")
    return WorkspaceId(found["subscription"], found["group"], found["workspace"])


def parse_endpoint_id(text: str) -> EndpointId:
    """Return what an online endpoint's ARM id names, in any case.

    Raises:
        InvalidInputError: It is not such an id.
    """
    found = _ENDPOINT_ID.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"'{text}' is not the ARM id of an Azure ML online endpoint")
    workspace = WorkspaceId(found["subscription"], found["group"], found["workspace"])
    return EndpointId(workspace, checked_name("endpoint", found["endpoint"]))


def parse_model_reference(text: object, workspace: WorkspaceId) -> ModelId | None:
    """Return what a deployment's body calls `model`; `workspace` is the endpoint's own.

    It may be an ARM id, a registry's `azureml://` id or `azureml:name:version`; None for anything
    else, such as a path.
    """
    if not isinstance(text, str):
        return None
    short = _MODEL_SHORT.fullmatch(text)
    if short is not None:
        return ModelId(short["name"], short["version"])
    found = _MODEL.fullmatch(text)
    if found is None:
        return None
    home = f"/{found['home'].lower().removeprefix('azureml:').strip('/')}"
    own = {workspace.arm_id.lower(), _SHORT_WORKSPACE_ID.format(workspace).lower()}
    return ModelId(found["name"], found["version"], "" if home in own else home.strip("/"))


def checked_name(what: str, name: str) -> str:
    """Return the name of an endpoint or deployment if Azure ML allows it.

    The pattern is that of azure-ai-ml 1.35.2 (`constants/_endpoint.py`).

    Raises:
        InvalidInputError: It does not.
    """
    if len(name) not in _RESOURCE_NAME_LENGTHS or _RESOURCE_NAME.fullmatch(name) is None:
        raise InvalidInputError(
            f"'{name}' is not a valid {what} name: 3 to 32 letters, digits and dashes, beginning "
            "with a letter and ending with a letter or a digit"
        )
    return name
