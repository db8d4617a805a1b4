"""A deployment's `dataCollector` over the wire: read, and given back as Azure gives it back.

Fields, defaults and spellings: Azure/azure-rest-api-specs, machineLearningServices, `DataCollector`
and `Collection`; azure-ai-ml 1.35.2 sends the modes in lower case and reads them capitalised.
"""

from collections.abc import Mapping
from typing import Any

from localazure.arm.fields import malformed, object_at, required_object_at, share_at, text_at
from localazure.runtime import RollingRate
from localazure.world import Collection, DataCollector
from localazure.world.errors import bad_request

FIELD = "dataCollector"
_ENABLED, _DISABLED = "Enabled", "Disabled"
_MODES = {mode.lower(): mode for mode in (_ENABLED, _DISABLED)}
_RATES = {rate.lower(): rate for rate in RollingRate}


def parse_data_collector(properties: Mapping[str, Any]) -> DataCollector | None:
    """Return what a deployment's properties ask for; 400 for anything malformed.

    None where there is none: the collector is off.
    """
    if properties.get(FIELD) is None:
        return None
    body = object_at(properties, FIELD)
    collections = {
        name: _collection(name, required_object_at(body["collections"], name))
        for name in required_object_at(body, "collections")
    }
    if len({name.lower() for name in collections}) < len(collections):
        raise bad_request("Two collections have the same name but for the case of its letters.")
    rate = text_at(body, "rollingRate") or RollingRate.HOUR
    if rate.lower() not in _RATES:
        raise bad_request(f"rollingRate must be one of {', '.join(RollingRate)}, not '{rate}'.")
    return DataCollector(collections, _RATES[rate.lower()], _captured(body))


def render_data_collector(collector: DataCollector | None) -> dict[str, Any] | None:
    """Return what a GET shows: every field, null where nothing was said."""
    if collector is None:
        return None
    headers = collector.capture_headers
    return {
        "collections": {
            name: {
                "clientId": each.client_id,
                "dataCollectionMode": _ENABLED if each.enabled else _DISABLED,
                "dataId": each.data_id,
                "samplingRate": each.sampling_rate,
            }
            for name, each in collector.collections.items()
        },
        "requestLogging": None if headers is None else {"captureHeaders": list(headers)},
        "rollingRate": collector.rolling_rate,
    }


def _collection(name: str, body: Mapping[str, Any]) -> Collection:
    mode = text_at(body, "dataCollectionMode") or _DISABLED
    if mode.lower() not in _MODES:
        raise bad_request(
            f"dataCollectionMode of '{name}' must be {' or '.join(_MODES.values())}, not '{mode}'."
        )
    return Collection(
        enabled=_MODES[mode.lower()] == _ENABLED,
        sampling_rate=share_at(body, "samplingRate", 1.0),
        data_id=text_at(body, "dataId"),
        client_id=text_at(body, "clientId"),
    )


def _captured(body: Mapping[str, Any]) -> tuple[str, ...] | None:
    if body.get("requestLogging") is None:
        return None
    headers = object_at(body, "requestLogging").get("captureHeaders") or []
    if not isinstance(headers, list) or not all(isinstance(each, str) for each in headers):
        raise malformed("captureHeaders", "a list of strings", headers)
    return tuple(headers)
