"""A copy's own data collector, and the data assets that say where it writes.

An asset is called `<endpoint>-<deployment>-<collection>` (azure-ai-ml 1.35.2), and a copied body
names those of its source: the copy's answers would go among the source's. So each asset that is
the source's own, by its name or by its folder, is made again for the copy. One that is not may be
meant for every deployment, and stays: records say whose they are.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import EndpointId
from rollout.adapters.azure_ml.data_collectors import default_folder
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.core.policy.quality_model import Live
from rollout.core.records.observation import Absent
from rollout.errors import AccessDeniedError

VERSION = "1"
ROLLING = "Hour"
DEFAULT_DATASTORE = "workspaceblobstore"
_DATA_ASSET = re.compile(
    r"(?P<before>.*/workspaces/[^/]+/data/)(?P<name>[^/]+)/versions/[^/]+", re.IGNORECASE
)


def wanted_collections(live: Live) -> tuple[str, ...]:
    """Return the collections that a policy needs, that of the answers first."""
    return tuple(filter(None, (live.collection, live.inputs)))


def asset_uri(datastore: str, endpoint: str, deployment: str, collection: str) -> str:
    """Return the `dataUri` of a deployment's own asset."""
    folder = default_folder(endpoint, deployment, collection)
    return f"azureml://datastores/{datastore}/paths/{folder}"


class Collecting:
    """Gives one copy its own data collector.

    Args:
        arm: Resource Manager.
        endpoint: The endpoint of source and copy.
        source: The source's name.
        copy: The copy's name.
    """

    def __init__(self, arm: Arm, endpoint: EndpointId, source: str, copy: str) -> None:
        self._arm = arm
        self._endpoint = endpoint
        self._source = source
        self._copy = copy

    def of_copy(
        self, collector: Any, live: Live | None, deadline: Deadline
    ) -> dict[str, Any] | None:
        """Return the copy's `dataCollector`, and register the assets that it names.

        Args:
            collector: The source's; anything but an object is none.
            live: What the policy says of live answers: its collections are switched on.
            deadline: Of the whole copy.

        Raises:
            ArmUnavailableError, ArmRefusedError: Azure cannot be asked, or refuses.
        """
        known = dict(collector) if isinstance(collector, Mapping) else {}
        collections: dict[str, Any] = dict(known.get("collections") or {})
        if live is not None:
            _switch_on(collections, live)
        if not collections:
            return None
        datastore = DEFAULT_DATASTORE if live is None else live.datastore
        asked = {name.lower() for name in ([] if live is None else wanted_collections(live))}
        for name, each in collections.items():
            if not isinstance(each, Mapping):
                continue
            data_id = each.get("dataId")
            if isinstance(data_id, str):
                own = self._own(name, data_id, deadline, asked=name.lower() in asked)
            elif name.lower() in asked:
                uri = asset_uri(datastore, self._endpoint.name, self._copy, name)
                own = self._registered(name, uri, deadline)
            else:
                continue
            collections[name] = {**each, "dataId": own}
        known.setdefault("rollingRate", ROLLING)
        return {**known, "collections": collections}

    def _own(self, collection: str, data_id: str, deadline: Deadline, *, asked: bool) -> str:
        """The copy's asset for one of the source's; another one as it is."""
        match = _DATA_ASSET.fullmatch(data_id)
        if match is None:
            return data_id
        named = match["name"].lower().endswith(f"-{self._source}-{collection}".lower())
        try:
            uri = self._uri(data_id, deadline)
            folders = [] if uri is None else uri.split("/")
            mine = [each.lower() == self._source.lower() for each in folders]
            if not named and not any(mine):
                return data_id
            found = asset_uri(DEFAULT_DATASTORE, self._endpoint.name, self._copy, collection)
            if any(mine):
                # Beside the source's, whatever the datastore.
                pairs = zip(folders, mine, strict=True)
                found = "/".join(self._copy if is_mine else each for each, is_mine in pairs)
            elif uri is not None:
                found = uri
            return self._registered(collection, found, deadline)
        except AccessDeniedError:
            if asked or not named:
                raise
            # Nobody reads this one: without the right, the asset is left to whoever has it.
            return f"{match['before']}{self._name(collection)}/versions/{VERSION}"

    def _uri(self, data_id: str, deadline: Deadline) -> str | None:
        path = quote(data_id.removeprefix("azureml:"))
        body = self._arm.get(path, timeout=deadline.left())
        properties = {} if isinstance(body, Absent) else body.get("properties") or {}
        uri = properties.get("dataUri")
        return uri if isinstance(uri, str) else None

    def _registered(self, collection: str, uri: str, deadline: Deadline) -> str:
        """Register the copy's asset unless it is there; return its ARM id."""
        name, workspace = self._name(collection), self._endpoint.workspace
        path = f"{workspace.path}/data/{quote(name, safe='')}/versions/{VERSION}"
        if isinstance(self._arm.get(path, timeout=deadline.left()), Absent):
            body = {"properties": {"dataType": "uri_folder", "dataUri": uri}}
            self._arm.put(path, body, timeout=deadline.left())
        return f"{workspace.arm_id}/data/{name}/versions/{VERSION}"

    def _name(self, collection: str) -> str:
        return f"{self._endpoint.name}-{self._copy}-{collection}"


def _switch_on(collections: dict[str, Any], live: Live) -> None:
    """Add what the policy needs; what is on keeps its sampling, so that both sides are alike."""
    there = {name.lower(): name for name in collections}
    for wanted in wanted_collections(live):
        name = there.get(wanted.lower(), wanted)
        before = collections.get(name)
        known = dict(before) if isinstance(before, Mapping) else {}
        if str(known.get("dataCollectionMode") or "").lower() != "enabled":
            known |= {"dataCollectionMode": "Enabled", "samplingRate": live.sampling}
        collections[name] = known
