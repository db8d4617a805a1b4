"""Calls, the ARM actions they need, and who may do what.

The actions are what a custom role lists. Microsoft's pages name those of `onlineEndpoints`; those
of deployments, assets and operations follow Resource Manager's rule (the resource type and read,
write or delete; for a POST its last segment and action) and were never checked against Azure.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase

from localazure.world.names import PROVIDER, is_below


class Call(StrEnum):
    """The control-plane calls, as fault rules and the write log name them."""

    WORKSPACES_GET = "workspaces.get"
    DATASTORES_LIST = "datastores.list"
    DATASTORES_GET = "datastores.get"
    DATASTORES_SECRETS = "datastores.listSecrets"
    MODELS_LIST = "models.list"
    MODELS_GET_CONTAINER = "models.getContainer"
    MODELS_VERSIONS = "models.versions"
    MODELS_GET = "models.get"
    MODELS_PUT = "models.put"
    MODELS_DELETE = "models.delete"
    ENVIRONMENTS_LIST = "environments.list"
    ENVIRONMENTS_GET_CONTAINER = "environments.getContainer"
    ENVIRONMENTS_VERSIONS = "environments.versions"
    ENVIRONMENTS_GET = "environments.get"
    ENVIRONMENTS_PUT = "environments.put"
    CODES_VERSIONS = "codes.versions"
    CODES_GET = "codes.get"
    CODES_PUT = "codes.put"
    CODES_UPLOAD = "codes.startPendingUpload"
    DATA_VERSIONS = "data.versions"
    DATA_GET = "data.get"
    DATA_PUT = "data.put"
    ENDPOINTS_LIST = "endpoints.list"
    ENDPOINTS_GET = "endpoints.get"
    ENDPOINTS_PUT = "endpoints.put"
    ENDPOINTS_PATCH = "endpoints.patch"
    ENDPOINTS_DELETE = "endpoints.delete"
    ENDPOINTS_KEYS = "endpoints.listKeys"
    ENDPOINTS_REGENERATE = "endpoints.regenerateKeys"
    ENDPOINTS_TOKEN = "endpoints.token"  # noqa: S105 - the name of a call
    DEPLOYMENTS_LIST = "deployments.list"
    DEPLOYMENTS_GET = "deployments.get"
    DEPLOYMENTS_PUT = "deployments.put"
    DEPLOYMENTS_PATCH = "deployments.patch"
    DEPLOYMENTS_DELETE = "deployments.delete"
    DEPLOYMENTS_LOGS = "deployments.getLogs"
    OPERATIONS_GET = "operations.get"


_WORKSPACES = f"{PROVIDER}/workspaces"
_ENDPOINTS = f"{_WORKSPACES}/onlineEndpoints"
_DEPLOYMENTS = f"{_ENDPOINTS}/deployments"

ACTIONS: Mapping[Call, str] = {
    Call.WORKSPACES_GET: f"{_WORKSPACES}/read",
    Call.DATASTORES_LIST: f"{_WORKSPACES}/datastores/read",
    Call.DATASTORES_GET: f"{_WORKSPACES}/datastores/read",
    Call.DATASTORES_SECRETS: f"{_WORKSPACES}/datastores/listsecrets/action",
    Call.MODELS_LIST: f"{_WORKSPACES}/models/read",
    Call.MODELS_GET_CONTAINER: f"{_WORKSPACES}/models/read",
    Call.MODELS_VERSIONS: f"{_WORKSPACES}/models/versions/read",
    Call.MODELS_GET: f"{_WORKSPACES}/models/versions/read",
    Call.MODELS_PUT: f"{_WORKSPACES}/models/versions/write",
    Call.MODELS_DELETE: f"{_WORKSPACES}/models/versions/delete",
    Call.ENVIRONMENTS_LIST: f"{_WORKSPACES}/environments/read",
    Call.ENVIRONMENTS_GET_CONTAINER: f"{_WORKSPACES}/environments/read",
    Call.ENVIRONMENTS_VERSIONS: f"{_WORKSPACES}/environments/versions/read",
    Call.ENVIRONMENTS_GET: f"{_WORKSPACES}/environments/versions/read",
    Call.ENVIRONMENTS_PUT: f"{_WORKSPACES}/environments/versions/write",
    Call.CODES_VERSIONS: f"{_WORKSPACES}/codes/versions/read",
    Call.CODES_GET: f"{_WORKSPACES}/codes/versions/read",
    Call.CODES_PUT: f"{_WORKSPACES}/codes/versions/write",
    Call.CODES_UPLOAD: f"{_WORKSPACES}/codes/versions/startPendingUpload/action",
    Call.DATA_VERSIONS: f"{_WORKSPACES}/data/versions/read",
    Call.DATA_GET: f"{_WORKSPACES}/data/versions/read",
    Call.DATA_PUT: f"{_WORKSPACES}/data/versions/write",
    Call.ENDPOINTS_LIST: f"{_ENDPOINTS}/read",
    Call.ENDPOINTS_GET: f"{_ENDPOINTS}/read",
    Call.ENDPOINTS_PUT: f"{_ENDPOINTS}/write",
    Call.ENDPOINTS_PATCH: f"{_ENDPOINTS}/write",
    Call.ENDPOINTS_DELETE: f"{_ENDPOINTS}/delete",
    Call.ENDPOINTS_KEYS: f"{_ENDPOINTS}/listKeys/action",
    Call.ENDPOINTS_REGENERATE: f"{_ENDPOINTS}/regenerateKeys/action",
    Call.ENDPOINTS_TOKEN: f"{_ENDPOINTS}/token/action",
    Call.DEPLOYMENTS_LIST: f"{_DEPLOYMENTS}/read",
    Call.DEPLOYMENTS_GET: f"{_DEPLOYMENTS}/read",
    Call.DEPLOYMENTS_PUT: f"{_DEPLOYMENTS}/write",
    Call.DEPLOYMENTS_PATCH: f"{_DEPLOYMENTS}/write",
    Call.DEPLOYMENTS_DELETE: f"{_DEPLOYMENTS}/delete",
    Call.DEPLOYMENTS_LOGS: f"{_DEPLOYMENTS}/getLogs/action",
    Call.OPERATIONS_GET: f"{PROVIDER}/locations/mfeOperationsStatus/read",
}

SCORE = f"{_ENDPOINTS}/score/action"
"""What a caller of an `aad_token` endpoint's scoring address needs: checked there and not by
Resource Manager, yet an action, not a data action (how-to-authenticate-online-endpoint)."""

METRICS_READ = "Microsoft.Insights/metrics/read"
"""What reading any resource's metrics needs."""

ASSIGN_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
"""What a write needs on each user-assigned identity that it names. Managed Identity Operator has it
(built-in roles page)."""


READ_SECRETS = (
    f"{_WORKSPACES}/connections/listsecrets/action",
    f"{_WORKSPACES}/metadata/secrets/read",
)
"""What whoever creates an endpoint that enforces access to secret stores needs on the workspace."""


class Access:
    """Who may do what. A principal without a restriction may do everything.

    What is taken away is refused whatever else allows it, as a role that lost these actions.
    """

    def __init__(self) -> None:
        self._allowed: dict[str, tuple[str, ...]] = {}
        self._granted: dict[tuple[str, str], tuple[str, ...]] = {}
        self._taken: dict[str, tuple[str, ...]] = {}

    def allow_only(self, principal: str, actions: Iterable[str]) -> None:
        """Restrict `principal` to `actions`; `*` matches any characters, case is ignored.

        They hold for every scope; what `grant` gave stays.
        """
        self._allowed[principal] = _lowered(actions)

    def allow_everything(self, principal: str) -> None:
        """Lift a restriction, if there is one."""
        self._allowed.pop(principal, None)

    def grant(self, principal: str, scope: str, actions: Iterable[str]) -> None:
        """Let a restricted principal do `actions` on `scope`, an ARM id, and below it, as well."""
        self._granted[principal, scope.lower()] = _lowered(actions)

    def revoke(self, principal: str, scope: str) -> None:
        """Take back what was granted on `scope`, if anything was."""
        self._granted.pop((principal, scope.lower()), None)

    def take(self, principal: str, actions: Iterable[str]) -> None:
        """Refuse `actions` to `principal` until they are given back, in place of those before."""
        self._taken[principal] = _lowered(actions)

    def give_back(self, principal: str) -> None:
        """Give back what was taken away, if anything was."""
        self._taken.pop(principal, None)

    @property
    def taken(self) -> Mapping[str, tuple[str, ...]]:
        """Actions that were taken away, by principal."""
        return dict(self._taken)

    def allows(self, principal: str, action: str, scope: str = "") -> bool:
        """Say whether `principal` may do `action` on `scope`, an ARM id."""
        if _matches(action, self._taken.get(principal, ())):
            return False
        patterns = self._allowed.get(principal)
        if patterns is None or _matches(action, patterns):
            return True
        return any(
            who == principal and is_below(granted, scope) and _matches(action, actions)
            for (who, granted), actions in self._granted.items()
        )


def _matches(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern) for pattern in patterns)


def _lowered(actions: Iterable[str]) -> tuple[str, ...]:
    return tuple(action.lower() for action in actions)
