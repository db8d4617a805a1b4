"""An Azure Monitor alert in the common schema -> the endpoint and the signal `AlertFired`.

Samples in Microsoft's documentation differ in casing, in their fields, and in the types of the same
field, so only what a decision needs is read, and everything else may be anything
(learn.microsoft.com, "Common alert schema").
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.core.policy.azure_names import ENDPOINT_NAME
from rollout.core.records.signals import AlertFired
from rollout.errors import InvalidInputError
from rollout.text.moments import read_moment
from rollout.text.plain_text import visible_line

COMMON_SCHEMA = "azureMonitorCommonAlertSchema"
FIRED = "Fired"
RESOLVED = "Resolved"
DEPLOYMENT_DIMENSION = "deployment"
MAX_ID_CHARACTERS = 512
MAX_RULE_CHARACTERS = 260
MAX_TEXT_CHARACTERS = 500
MAX_TARGETS = 50
_ENDPOINT_ID = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourcegroups/[a-z0-9._()-]{1,90}"
    r"/providers/microsoft\.machinelearningservices/workspaces/[a-z0-9_-]{1,64}"
    r"/onlineendpoints/(?P<endpoint>[a-z0-9-]{3,32})"
    r"(?:/deployments/(?P<deployment>[a-z0-9-]{3,32}))?"
)
_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")


@dataclass(frozen=True)
class Ignored:
    """An alert that asks for nothing; `reason` is one sentence."""

    reason: str


@dataclass(frozen=True)
class EndpointAlert:
    """An alert on an online endpoint; `endpoint` is its ARM id in lower case."""

    endpoint: str
    alert: AlertFired


def parse_alert(payload: object) -> EndpointAlert | Ignored:
    """Read one alert.

    An alert whose criteria name several deployments is treated as one that names none; one whose
    targets are several endpoints is ignored.

    Raises:
        InvalidInputError: It is not the common alert schema.
    """
    essentials, context = _parts(payload)
    condition = essentials.get("monitorCondition")
    if condition not in (FIRED, RESOLVED):
        raise InvalidInputError('data.essentials.monitorCondition must be "Fired" or "Resolved".')
    targets = _endpoints(essentials.get("alertTargetIDs"))
    if len({endpoint for endpoint, _ in targets}) != 1:
        return Ignored("The alert's targets are not one Azure ML online endpoint.")
    endpoint = targets[0][0]
    window = _mapping(context.get("condition"))
    rule = _text(essentials.get("alertRule"), MAX_RULE_CHARACTERS) or "unnamed rule"
    alert = AlertFired(
        alert_id=_text(essentials.get("alertId"), MAX_ID_CHARACTERS),
        rule=rule,
        deployment=_deployment(window, {name for _, name in targets if name}),
        window_end=_moment(window.get("windowEndTime")),
        text=_summary(rule, essentials, window),
        resolved=condition == RESOLVED,
    )
    return EndpointAlert(endpoint, alert)


def _parts(payload: object) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if not isinstance(payload, Mapping):
        raise InvalidInputError(f"An alert is a JSON object. {_SWITCH_ON}")
    if payload.get("schemaId") != COMMON_SCHEMA:
        raise InvalidInputError(f'schemaId must be "{COMMON_SCHEMA}". {_SWITCH_ON}')
    data = payload.get("data")
    if not isinstance(data, Mapping) or not isinstance(data.get("essentials"), Mapping):
        raise InvalidInputError("The alert lacks the object data.essentials.")
    return data["essentials"], _mapping(data.get("alertContext"))


_SWITCH_ON = "Switch the common alert schema on for this action in the action group."


def _endpoints(targets: object) -> list[tuple[str, str | None]]:
    if not isinstance(targets, Sequence) or isinstance(targets, str):
        return []
    found = []
    for target in targets[:MAX_TARGETS]:
        text = target.rstrip("/").lower() if isinstance(target, str) else ""
        match = _ENDPOINT_ID.fullmatch(text)
        if match and ENDPOINT_NAME.accepts(match["endpoint"]):
            name = match["deployment"]
            found.append((text.removesuffix(f"/deployments/{name}"), name))
    return found


def _deployment(condition: Mapping[str, Any], targets: set[str]) -> str | None:
    names = targets | {
        value.lower()
        for name, value in _dimensions(condition)
        if name.lower() == DEPLOYMENT_DIMENSION and ENDPOINT_NAME.accepts(value)
    }
    return names.pop() if len(names) == 1 else None


def _dimensions(condition: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = [
        (dimension.get("name"), dimension.get("value"))
        for criterion in _mappings(condition.get("allOf"))
        for dimension in _mappings(criterion.get("dimensions"))
    ]
    return [(n, v) for n, v in pairs if isinstance(n, str) and isinstance(v, str)]


def _summary(rule: str, essentials: Mapping[str, Any], condition: Mapping[str, Any]) -> str:
    measured = [
        f"{criterion.get('metricName', 'value')} {criterion.get('timeAggregation', '')} "
        f"{criterion.get('metricValue')} {criterion.get('operator', '')} "
        f"{criterion.get('threshold', '')}"
        for criterion in _mappings(condition.get("allOf"))
    ]
    severity = _text(essentials.get("severity"), MAX_RULE_CHARACTERS)
    parts = [f"{rule} ({severity})" if severity else rule, *measured]
    return visible_line(
        ": ".join([parts[0], "; ".join(parts[1:])]).rstrip(": "), MAX_TEXT_CHARACTERS
    )


def _moment(value: object) -> datetime | None:
    """Read an ISO time; None without one. Without an offset it is UTC, as the samples are."""
    if not isinstance(value, str):
        return None
    try:
        return read_moment(_FRACTION.sub(r"\1", value))
    except ValueError:
        return None


def _text(value: object, longest: int) -> str:
    return visible_line(value, longest) if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, Mapping)]
