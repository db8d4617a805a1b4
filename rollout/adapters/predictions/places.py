"""Where a collection's files are: the data asset names a datastore, and that a container.

Datastores' secrets are never asked for: on workspaces without shared keys there are none. The app
reads with its own identity, so its token goes to the account that a datastore names. Whoever may
write datastores must not be able to send it elsewhere: the host is made of a plain account name and
one of Azure's own suffixes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import WorkspaceId
from rollout.adapters.azure_ml.data_collectors import (
    Collection,
    DataUri,
    data_uri,
)
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.core.policy.quality_model import Live
from rollout.core.records.observation import Absent
from rollout.errors import PredictionsUnavailableError

SUFFIXES = frozenset({"core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net"})
"""Of the clouds that Azure ML's managed endpoints are in."""

MOST_KNOWN = 500
"""Assets and datastores remembered by one process; they do not change."""

_BLOBS = "azureblob"
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_CONTAINER = re.compile(r"[a-z0-9]([a-z0-9-]{1,61})[a-z0-9]")
_ASSET = re.compile(
    r"(?:azureml:)?(?P<path>/subscriptions/[^/?#]+/resourceGroups/[^/?#]+/providers/"
    r"Microsoft\.MachineLearningServices/workspaces/[^/?#]+/data/[^/?#]+/versions/[^/?#]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """A folder of a container; `account` is the blob service's URL."""

    account: str
    container: str
    folder: str


class Places:
    """Finds where collections are, and remembers it.

    Args:
        arm: Resource Manager.
        account_url: The blob service for an account's name and a suffix. Only the local Azure,
            which has one account for all, needs another than the default.
    """

    def __init__(self, arm: Arm, account_url: Callable[[str, str], str] | None = None) -> None:
        self._arm = arm
        self._account_url = account_url or azure_account
        self._uris: dict[str, DataUri] = {}
        self._stores: dict[str, tuple[str, str]] = {}

    def of(
        self,
        workspace: WorkspaceId,
        folder: str,
        collection: Collection,
        live: Live,
        deadline: Deadline,
    ) -> Place:
        """Return where a deployment's collection is written; `folder` where no asset says it.

        Raises:
            PredictionsUnavailableError: It is in no container that can be read.
            ArmUnavailableError, ArmRefusedError: Azure cannot be asked, or refuses.
        """
        uri = self._uri(collection.data_id, deadline) or DataUri(live.datastore, folder)
        home = workspace if uri.workspace is None else WorkspaceId(*uri.workspace)
        account, container = self._store(home, uri.datastore, deadline)
        return Place(account, container, uri.path)

    def _uri(self, data_id: str, deadline: Deadline) -> DataUri | None:
        match = _ASSET.fullmatch(data_id)
        if match is None:
            return None
        path = match["path"]
        if path not in self._uris:
            body = self._arm.get(quote(path), timeout=deadline.left())
            found = None if isinstance(body, Absent) else data_uri(_properties(body).get("dataUri"))
            if found is None:
                return None
            _remember(self._uris, path, found)
        return self._uris[path]

    def _store(self, home: WorkspaceId, name: str, deadline: Deadline) -> tuple[str, str]:
        path = f"{home.path}/datastores/{quote(name, safe='')}"
        if path not in self._stores:
            body = self._arm.get(path, timeout=deadline.left())
            if isinstance(body, Absent):
                raise PredictionsUnavailableError(f"there is no datastore {name}")
            properties = _properties(body)
            account = str(properties.get("accountName") or "")
            container = str(properties.get("containerName") or "")
            suffix = str(properties.get("endpoint") or "core.windows.net")
            blobs = str(properties.get("datastoreType") or "").lower() == _BLOBS
            if not blobs or _CONTAINER.fullmatch(container) is None:
                raise PredictionsUnavailableError(
                    f"datastore {name} is no blob container: collected data is read from blobs only"
                )
            _remember(self._stores, path, (self._account_url(account, suffix), container))
        return self._stores[path]


def azure_account(account: str, suffix: str) -> str:
    """Return the URL of an account's blob service.

    Raises:
        PredictionsUnavailableError: That would be no host of Azure Storage.
    """
    if _ACCOUNT.fullmatch(account) is None or suffix.lower() not in SUFFIXES:
        raise PredictionsUnavailableError(
            f"the datastore names no account of Azure Storage: {account[:60]!r} at {suffix[:60]!r}"
        )
    return f"https://{account}.blob.{suffix.lower()}"


def _properties(body: Any) -> Mapping[str, Any]:
    found = body.get("properties") if isinstance(body, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _remember[Value](known: dict[str, Value], key: str, value: Value) -> None:
    if len(known) >= MOST_KNOWN:
        known.clear()
    known[key] = value
