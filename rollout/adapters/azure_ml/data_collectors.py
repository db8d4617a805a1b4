"""What a deployment's ARM body says of one collection: whether it is on, and where it writes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

DEFAULT_FOLDER = "modelDataCollector"
"""Where azure-ai-ml 1.35.2 lets collections be written: `<this>/<endpoint>/<deployment>/<name>`."""

_ON = "enabled"
_URI = re.compile(
    r"azureml://(?P<workspace>(?:.*/)?)datastores/(?P<datastore>[^/]+)/paths/(?P<path>.+)",
    re.IGNORECASE,
)
_WORKSPACE = re.compile(
    r"subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)"
    r"(?:/providers/Microsoft\.MachineLearningServices)?/workspaces/(?P<workspace>[^/]+)/",
    re.IGNORECASE,
)


class Rolling(StrEnum):
    """How often a new folder begins; the folders' names grow by two digits with each."""

    YEAR = "%Y"
    MONTH = "%Y/%m"
    DAY = "%Y/%m/%d"
    HOUR = "%Y/%m/%d/%H"
    MINUTE = "%Y/%m/%d/%H/%M"


_RATES = {each.name.lower(): each for each in Rolling}


@dataclass(frozen=True)
class Collection:
    """One collection of one deployment.

    `sampling` is the share of requests that it takes. `data_id` is the ARM id of the data asset
    that says where it writes, "" where the body names none.
    """

    on: bool
    sampling: float = 1.0
    rolling: Rolling = Rolling.HOUR
    data_id: str = ""


OFF = Collection(on=False)


@dataclass(frozen=True)
class DataUri:
    """A folder of a datastore. `workspace` is the datastore's, as (subscription, group, name)."""

    datastore: str
    path: str
    workspace: tuple[str, str, str] | None = None


def collection_of(body: Mapping[str, Any], name: str) -> Collection:
    """Return what a deployment's body says of a collection; `OFF` where it has none of that name.

    Names are compared without case: the platform's own file of them has lower-case names.
    """
    collector = _mapping(_mapping(body.get("properties")).get("dataCollector"))
    collections = _mapping(collector.get("collections"))
    found = next((each for key, each in collections.items() if key.lower() == name.lower()), None)
    one = _mapping(found)
    if str(one.get("dataCollectionMode") or "").lower() != _ON:
        return OFF
    sampling, rate = one.get("samplingRate"), str(collector.get("rollingRate") or "")
    data_id = one.get("dataId")
    return Collection(
        on=True,
        sampling=float(sampling) if isinstance(sampling, int | float) else 1.0,
        rolling=_RATES.get(rate.lower(), Rolling.HOUR),
        data_id=data_id if isinstance(data_id, str) else "",
    )


def data_uri(text: object) -> DataUri | None:
    """Return what a data asset's `dataUri` names; None for anything but a datastore's folder."""
    match = _URI.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    path = match["path"].strip("/")
    if not match["workspace"]:
        return DataUri(match["datastore"], path)
    home = _WORKSPACE.fullmatch(match["workspace"])
    if home is None:
        return None
    return DataUri(
        match["datastore"], path, (home["subscription"], home["group"], home["workspace"])
    )


def default_folder(endpoint: str, deployment: str, collection: str) -> str:
    """Return the folder of a collection whose data asset cannot say it."""
    return f"{DEFAULT_FOLDER}/{endpoint}/{deployment}/{collection}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
