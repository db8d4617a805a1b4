"""An Azure Monitor alert in the common schema -> the endpoint and the signal `AlertFired`.

Samples in Microsoft's documentation differ in casing, in their fields, and in the types of the same
field, so only what a decision needs is read, and everything else may be anything
(learn.microsoft.com, "Common alert schema").
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.core.policy.azure_names import ENDPOINT_NAME
from rollout.core.records.signals import AlertFired, StrayAlert
from rollout.errors import InvalidInputError
from rollout.text.moments import read_moment
from rollout.text.plain_text import visible_line

COMMON_SCHEMA = "azureMonitorCommonAlertSchema"
FIRED = "Fired"
RESOLVED = "Resolved"
DEPLOYMENT_DIMENSIONS = frozenset({"deployment", "deploymentname"})
ENDPOINT_DIMENSIONS = frozenset({"endpoint", "endpointname"})
"""Azure Monitor's names of metric dimensions, and the columns of the traffic log, in lower case."""

MAX_ID_CHARACTERS = 512
MAX_RULE_CHARACTERS = 260
MAX_TEXT_CHARACTERS = 500
_ENDPOINT_ID = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourcegroups/[a-z0-9._()-]{1,90}"
    r"/providers/microsoft\.machinelearningservices/workspaces/[a-z0-9_-]{1,64}"
    r"/onlineendpoints/(?P<endpoint>[a-z0-9-]{3,32})"
    r"(?:/deployments/(?P<deployment>[a-z0-9-]{3,32}))?"
)
_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")


@dataclass(frozen=True)
class EndpointAlert:
    """An alert on an online endpoint; `endpoint` is its ARM id in lower case."""

    endpoint: str
    alert: AlertFired


def parse_alert(payload: object) -> EndpointAlert | StrayAlert:
    """Read one alert. Keys and names of dimensions are compared without case.

    An alert whose criteria name several deployments is treated as one that names none; one whose
    targets are several endpoints, or none, is a stray one.

    Raises:
        InvalidInputError: It is not the common alert schema.
    """
    essentials, context = _parts(payload)
    condition = _get(essentials, "monitorCondition")
    if condition not in (FIRED, RESOLVED):
        raise InvalidInputError('data.essentials.monitorCondition must be "Fired" or "Resolved".')
    targets = _endpoints(_get(essentials, "alertTargetIDs"))
    window = _mapping(_get(context, "condition"))
    rule = _text(_get(essentials, "alertRule"), MAX_RULE_CHARACTERS) or "unnamed rule"
    if len({endpoint for endpoint, _ in targets}) != 1:
        return StrayAlert(
            "The alert's targets are not one Azure ML online endpoint.",
            rule,
            fired=condition == FIRED,
            endpoints=_named(window, ENDPOINT_DIMENSIONS),
            deployments=_named(window, DEPLOYMENT_DIMENSIONS),
        )
    endpoint = targets[0][0]
    alert = AlertFired(
        alert_id=_text(_get(essentials, "alertId"), MAX_ID_CHARACTERS),
        rule=rule,
        deployment=_deployment(window, {name for _, name in targets if name}),
        window_end=_moment(_get(window, "windowEndTime")),
        text=_summary(rule, essentials, window),
        resolved=condition == RESOLVED,
    )
    return EndpointAlert(endpoint, alert)


def _parts(payload: object) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if not isinstance(payload, Mapping):
        raise InvalidInputError(f"An alert is a JSON object. {_SWITCH_ON}")
    if _get(payload, "schemaId") != COMMON_SCHEMA:
        raise InvalidInputError(f'schemaId must be "{COMMON_SCHEMA}". {_SWITCH_ON}')
    data = _mapping(_get(payload, "data"))
    essentials = _get(data, "essentials")
    if not isinstance(essentials, Mapping):
        raise InvalidInputError("The alert lacks the object data.essentials.")
    return essentials, _mapping(_get(data, "alertContext"))


def _get(found: Mapping[str, Any], key: str) -> Any:
    """Return a value by its key in any casing, as senders differ in that; None without one.

    Where two keys differ in casing only, the one that is spelt as documented counts.
    """
    if key in found:
        return found[key]
    wanted = key.lower()
    return next((each for name, each in found.items() if name.lower() == wanted), None)


_SWITCH_ON = "Switch the common alert schema on for this action in the action group."


def _endpoints(targets: object) -> list[tuple[str, str | None]]:
    if not isinstance(targets, Sequence) or isinstance(targets, str):
        return []
    found = []
    # All of them, however many: what is left out could be another endpoint.
    for target in targets:
        # `lower` makes a plain k of the Kelvin sign, which no id has.
        plain = isinstance(target, str) and target.isascii()
        text = target.rstrip("/").lower() if plain else ""
        match = _ENDPOINT_ID.fullmatch(text)
        if match and ENDPOINT_NAME.accepts(match["endpoint"]):
            name = match["deployment"]
            found.append((text.removesuffix(f"/deployments/{name}"), name))
    return found


def _deployment(condition: Mapping[str, Any], targets: set[str]) -> str | None:
    names = targets | set(_named(condition, DEPLOYMENT_DIMENSIONS))
    return names.pop() if len(names) == 1 else None


def _named(condition: Mapping[str, Any], dimensions: Collection[str]) -> tuple[str, ...]:
    """Return the names that these dimensions have, in lower case, each once."""
    names = {
        value.lower()
        for name, value in _dimensions(condition)
        if name.lower() in dimensions and ENDPOINT_NAME.accepts(value)
    }
    return tuple(sorted(names))


def _dimensions(condition: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = [
        (_get(dimension, "name"), _get(dimension, "value"))
        for criterion in _mappings(_get(condition, "allOf"))
        for dimension in _mappings(_get(criterion, "dimensions"))
    ]
    return [(n, v) for n, v in pairs if isinstance(n, str) and isinstance(v, str)]


def _summary(rule: str, essentials: Mapping[str, Any], condition: Mapping[str, Any]) -> str:
    measured = [
        f"{criterion.get('metricName', 'value')} {criterion.get('timeAggregation', '')} "
        f"{criterion.get('metricValue')} {criterion.get('operator', '')} "
        f"{criterion.get('threshold', '')}"
        for criterion in _mappings(_get(condition, "allOf"))
    ]
    severity = _text(_get(essentials, "severity"), MAX_RULE_CHARACTERS)
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
